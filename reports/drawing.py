"""SVG as text: scales, labels that fit, and the two families most charts belong to, bars and curves.

Widths of text are estimated from character classes, since no font is at hand when a report is written; the estimate is
on the wide side. Colours are classes (``s0`` to ``s7``, ``up``, ``down``, ``sum``), which dark mode and print restyle.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports.language import Language

FONT = 12.0
WIDE, NARROW = 760, 360
SERIES_CLASSES = 8


@dataclass(frozen=True, slots=True)
class Drawing:
    """SVG elements for a box of this size in its own units."""

    width: float
    height: float
    body: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a bar, in the data's numbers."""

    start: float
    end: float
    style: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One bar: its stretches, the number written at it, and the words a pointer shows."""

    segments: tuple[Segment, ...]
    text: str
    tip: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A category with one bar, or several side by side."""

    label: str
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers to a stretch of the drawing, with round steps."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Where a number stands."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def scale(numbers: Sequence[float], start: float, end: float, *, zero: bool = True, steps: int = 5) -> Scale:
    """A scale over the numbers with about that many round steps; zero is on it unless told otherwise."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = low - (abs(low) or 1.0) * 0.5 * (not zero), high + (abs(high) or 1.0) * 0.5
    step = _round_step((high - low) / steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(at * step for at in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], start, end, ticks)


def _round_step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 and math.isfinite(rough) else 1.0
    return next(size * step for step in (1, 2, 2.5, 5, 10) if size * step >= rough * 0.999)


# Text


def text_width(text: str, size: float = FONT) -> float:
    """About how wide a text is at a font size."""
    return sum(_advance(character) for character in text) * size


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    if character in "iljtfrI.,:;'|!()[] ":
        return 0.37
    return 0.76 if character.isupper() or character in "mwMW%@€" else 0.62


def shortened(text: str, room: float, size: float = FONT) -> str:
    """The text, cut with an ellipsis where it is wider than the room."""
    if text_width(text, size) <= room:
        return text
    kept, used = "", text_width("…", size)
    for character in text:
        used += _advance(character) * size
        if used > room:
            break
        kept += character
    return kept.rstrip() + "…"


def lines(text: str, room: float, size: float = FONT) -> list[str]:
    """The text on at most two lines."""
    if text_width(text, size) <= room:
        return [text]
    words, first = text.split(), ""
    while words and text_width(f"{first} {words[0]}".strip(), size) <= room:
        first = f"{first} {words.pop(0)}".strip()
    if not first:
        return [shortened(text, room, size)]
    return [first, shortened(" ".join(words), room, size)] if words else [first]


def lines_needed(text: str, room: float, size: float = FONT) -> int:
    """About how many lines a text takes in that room, its own line ends among them."""
    return sum(max(math.ceil(text_width(line, size) / room), 1) for line in text.split("\n"))


# Elements


def element(name: str, content: str = "", **attributes: str | float) -> str:
    """One element; ``content`` is markup already, attribute values are escaped. ``class_`` is written ``class``."""
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def label(text: str, x: float, y: float, *, anchor: str = "start", style: str = "") -> str:
    """A line of text; whatever it holds, it is text."""
    return element(
        "text", escape(text), x=x, y=y, text_anchor=anchor, class_=f"t {style}".strip(), unicode_bidi="plaintext"
    )


def tip(text: str) -> str:
    """Words shown by a pointer and read by a screen reader."""
    return element("title", escape(text))


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else number(value)


def number(value: float) -> str:
    """A coordinate with one decimal at most."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


# Bars


def bars(
    rows: Sequence[Bar], width: float, speak: Language, *, linked: bool = False, upright: bool | None = None
) -> Drawing:
    """Bars standing where their labels fit below them, else lying with the labels beside or above.

    ``linked`` draws a thin line from each bar's end to the next one's start.
    """
    lanes = max((len(row.lanes) for row in rows), default=1)
    room = (width - 56) / max(len(rows), 1)
    labels_fit = all(
        len(lines(row.label, room - 6)) <= 2 and "…" not in "".join(lines(row.label, room - 6)) for row in rows
    )
    texts_fit = lanes > 1 or all(text_width(lane.text, 11) <= room for row in rows for lane in row.lanes)
    stands = labels_fit and texts_fit and room >= 16 * lanes + 8 if upright is None else upright
    return _standing(rows, width, speak, linked) if stands else _lying(rows, width, linked)


def _numbers(rows: Sequence[Bar]) -> list[float]:
    return [edge for row in rows for lane in row.lanes for part in lane.segments for edge in (part.start, part.end)]


def _standing(rows: Sequence[Bar], width: float, speak: Language, linked: bool) -> Drawing:
    top, bottom, left = 20.0, 260.0, 48.0
    axis = scale(_numbers(rows), bottom, top)
    body = grid(axis, left, width, speak)
    band = (width - left) / len(rows)
    drawn_ends: list[tuple[float, float]] = []
    for at, row in enumerate(rows):
        thick = min(54.0, band * 0.68) / len(row.lanes)
        begin = left + band * at + (band - thick * len(row.lanes)) / 2
        for number_, lane in enumerate(row.lanes):
            x = begin + thick * number_
            body += _group(
                lane, [_box(x, axis.at(part.end), thick, axis.at(part.start), part) for part in lane.segments]
            )
            if len(row.lanes) == 1 and text_width(lane.text, 11) <= band + 4 and lane.segments:
                edges = [edge for part in lane.segments for edge in (part.start, part.end)]
                below = max(edges) <= 0 and not linked
                y = axis.at(min(edges)) + 14 if below else axis.at(max(edges)) - 6
                body.append(label(lane.text, x + thick / 2, y, anchor="middle", style="v"))
            if lane.segments:
                drawn_ends.append((x + thick, axis.at(lane.segments[-1].end)))
        if linked and at:
            right, height = drawn_ends[at - 1]
            body.append(element("line", x1=right, y1=height, x2=begin, y2=height, class_="link"))
        for line_number, line in enumerate(lines(row.label, band - 4)):
            body.append(label(line, left + band * (at + 0.5), bottom + 18 + 14 * line_number, anchor="middle"))
    body.append(element("line", x1=left, y1=axis.at(0), x2=width, y2=axis.at(0), class_="axis"))
    deepest = max((len(lines(row.label, band - 4)) for row in rows), default=1)
    return Drawing(width, bottom + 10 + 14 * deepest, "".join(body))


def _box(x: float, y_end: float, thick: float, y_start: float, part: Segment) -> str:
    top, height = min(y_end, y_start), abs(y_end - y_start)
    return element("rect", x=x + 0.5, y=top, width=max(thick - 1, 1), height=max(height, 0.5), class_=part.style)


def _lying(rows: Sequence[Bar], width: float, linked: bool) -> Drawing:
    above = width < 500
    texts = [lane.text for row in rows for lane in row.lanes]
    value_room = max((text_width(text, 11) for text in texts), default=0) + 10
    left = 0.0 if above else min(max((text_width(row.label) for row in rows), default=0) + 12, width * 0.36)
    numbers = _numbers(rows)
    lowest = min(numbers, default=0.0)
    axis = scale(numbers, left + (value_room if lowest < 0 else 0), width - value_room)
    thick, y = 16.0, 6.0
    body: list[str] = []
    previous: tuple[float, float] | None = None
    for row in rows:
        full = tip(row.label)
        if above:
            body.append(element("g", full + label(shortened(row.label, width - 4), 0, y + 11)))
            y += 17
        else:
            middle = y + thick * len(row.lanes) / 2 + 4
            body.append(element("g", full + label(shortened(row.label, left - 10), left - 10, middle, anchor="end")))
        for lane in row.lanes:
            if linked and previous:
                x, foot = previous
                body.append(element("line", x1=x, y1=foot, x2=x, y2=y + thick, class_="link"))
            body += _group(lane, [_lying_box(axis, y, thick, part) for part in lane.segments])
            body.append(_lying_text(lane, axis, y + thick / 2 + 4))
            if lane.segments:
                previous = (axis.at(lane.segments[-1].end), y + thick)
            y += thick + 2
        y += 8
    body.append(element("line", x1=axis.at(0), y1=0, x2=axis.at(0), y2=y, class_="axis"))
    return Drawing(width, y + 2, "".join(body))


def _lying_box(axis: Scale, y: float, thick: float, part: Segment) -> str:
    left, right = sorted((axis.at(part.start), axis.at(part.end)))
    return element("rect", x=left, y=y, width=max(right - left, 0.5), height=thick, class_=part.style)


def _lying_text(lane: Lane, axis: Scale, y: float) -> str:
    if not lane.segments:
        return label("–", axis.at(0) + 5, y, style="v")
    right = max(max(part.start, part.end) for part in lane.segments)
    left = min(min(part.start, part.end) for part in lane.segments)
    if right <= 0 and left < 0 and not any(part.style in {"down", "sum"} for part in lane.segments):
        return label(lane.text, axis.at(left) - 5, y, anchor="end", style="v")
    return label(lane.text, axis.at(right) + 5, y, style="v")


def _group(lane: Lane, boxes: list[str]) -> list[str]:
    return [element("g", tip(lane.tip) + "".join(boxes))] if boxes else []


def grid(axis: Scale, left: float, right: float, speak: Language) -> list[str]:
    """Thin lines at the steps of an upright scale, with their numbers at the left."""
    made = []
    for value in axis.ticks:
        y = axis.at(value)
        made.append(element("line", x1=left, y1=y, x2=right, y2=y, class_="grid"))
        made.append(label(speak.compact(value), left - 8, y + 4, anchor="end"))
    return made


# Curves


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one series in the data's numbers; None breaks the line."""

    name: str
    points: tuple[tuple[float, float] | None, ...]
    style: str


def curves(
    drawn: Sequence[Curve], marks: Sequence[tuple[float, str]], width: float, speak: Language, *, filled: bool = False
) -> Drawing:
    """Lines over a common scale; ``marks`` are places on the flat axis with their words."""
    top, bottom, left, right = 14.0, 240.0, 48.0, width - 10
    ys = [point[1] for curve in drawn for point in curve.points if point]
    xs = [point[0] for curve in drawn for point in curve.points if point]
    axis = scale(ys, bottom, top, zero=filled or 0 <= min(ys) < max(ys) * 0.6)
    low, high = min(xs), max(xs)
    across = Scale(low, high, left + 6, right - 6, ()) if high > low else Scale(low - 1, low + 1, left, right, ())
    body = grid(axis, left, right, speak)
    free = -1.0
    for place, words in marks:
        x, half = across.at(place), text_width(words) / 2
        centre = min(max(x, half), width - half)
        if centre - half > free:
            body.append(label(words, centre, bottom + 20, anchor="middle"))
            body.append(element("line", x1=x, y1=bottom, x2=x, y2=bottom + 5, class_="axis"))
            free = centre + half + 14
    for curve in drawn:
        for run in _runs(curve):
            placed = _thinned([(across.at(x), axis.at(y)) for x, y in run])
            path = "M" + "L".join(f"{number(x)} {number(y)}" for x, y in placed)
            if filled and len(placed) > 1:
                base = number(axis.at(max(axis.low, 0.0)))
                area = f"{path}L{number(placed[-1][0])} {base}L{number(placed[0][0])} {base}Z"
                body.append(element("path", d=area, class_=f"area {curve.style}"))
            if len(placed) > 1:
                body.append(element("path", tip(curve.name), d=path, class_=f"line {curve.style}"))
            if len(run) == 1 or len(run) <= 31:
                body += [element("circle", cx=x, cy=y, r=2.6, class_=curve.style) for x, y in placed]
    if axis.low <= 0 <= axis.high:
        body.append(element("line", x1=left, y1=axis.at(0), x2=right, y2=axis.at(0), class_="axis"))
    return Drawing(width, bottom + 32, "".join(body))


def _runs(curve: Curve) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in curve.points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """First, last, highest and lowest of each unit of width: the picture of all points, in bounded size (M4)."""
    if len(points) <= 800:
        return points
    columns: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        columns.setdefault(int(point[0]), []).append(point)
    kept: list[tuple[float, float]] = []
    for column in columns.values():
        inner = {column[0], column[-1], min(column, key=lambda p: p[1]), max(column, key=lambda p: p[1])}
        kept += [point for point in dict.fromkeys(column) if point in inner]
    return kept


def style(at: int) -> str:
    """The colour class of the series at this place."""
    return f"s{at % SERIES_CLASSES}"
