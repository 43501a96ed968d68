"""Charts of answers: the kind that fits by rule, or the one a person wishes ("as a pie chart", "bar chart of ...")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents import replies
from agents.builtin.pipelines.columns import name_words
from agents.contract import ChartHint
from spec.base import JsonValue
from tools.documents import OutColumn

if TYPE_CHECKING:
    from agents.contract import DataView
    from tools.values import Rows

MOST_SLICES = 12
MOST_SERIES = 8
MOST_MARKS = 60
"""Bars, or days, of a chart that nobody asked for; more are drawn when a person wishes it."""

_NOUN = r"(?:charts?|graphs?|plots?|diagrams?)"
_KIND = r"(?:(?P<kind>pie|donut|doughnut|bar|column|line|area|stacked(?:\s+bar)?)\s*)"
_AGAIN = r"(?:(?:it|this|that|them|these|the\s+(?:result|answer|table|figures?|numbers?))\b\s*)"
_PLEASE = r"(?:\s*[,.!?]?\s*(?:please|pls|instead|too|now|thanks?|again))*\s*[.!?]*\s*$"
_LEAD = (
    r"^\s*(?:(?:and|now|ok(?:ay)?|please|pls|then|also|but)\b[\s,]*)*"
    r"(?:(?:can|could|would|will)\s+(?:you|i)\s+|i\s+(?:want|need|would\s+like|['’]d\s+like)\s+|let['’]?s\s+)?(?:to\s+)?(?:please\s+)?"
    r"(?:(?:show|draw|plot|make|give|create|see|have|do|get|turn|put|change|display|present|use)\b\s*(?:(?:me|us)\b\s*)?)?"
)
_BEFORE = re.compile(
    rf"{_LEAD}{_AGAIN}?(?:(?:as|in|into|to|with|using)\s+)?(?:(?:an?|the)\s+)?{_KIND}?{_NOUN}"
    rf"(?:\s+(?:of|for|showing|about|with)\s+(?P<rest>\S.*))?{_PLEASE}",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    rf"^\s*(?P<rest>\S.*?)[\s,;]+(?:and\s+)?(?:(?:show|draw|plot|make|display)\s+{_AGAIN})?"
    rf"(?:as\s+(?:an?\s+)?|(?:in|into|with|using)\s+(?:an?\s+|(?=pie|donut|doughnut|bar|column|line|area|stacked)))"
    rf"(?:{_KIND}?{_NOUN}|(?P<round>pie|donut|doughnut)){_PLEASE}",
    re.IGNORECASE,
)
_PIE = re.compile(
    rf"{_LEAD}{_AGAIN}?as\s+(?:an?\s+)?(?P<kind>pie|donut|doughnut|bars?|lines?|columns?)(?P<rest>){_PLEASE}",
    re.IGNORECASE,
)
_DRAW = re.compile(
    rf"^\s*(?:(?:and|now|ok(?:ay)?|please|can\s+you|could\s+you)\b[\s,]*)*(?:chart|plot|graph|draw|visuali[sz]e)\s+{_AGAIN}(?P<rest>){_PLEASE}",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"^(?:\W|\b(?:and|now|ok|okay|please|show|me|us|make|it|this|that|same|the|draw|give|can|could|you|what|about)\b)*$",
    re.IGNORECASE,
)
_KINDS = {"donut": "pie", "doughnut": "pie", "column": "bar"}
_NUMERIC = re.compile(r"^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)")
_DAYS = re.compile(r"^(?:DATE|TIMESTAMP)")


@dataclass(frozen=True)
class Wish:
    """A wish for a chart: its ``kind``, None for whichever fits, and the question; without one the last answer's."""

    kind: str | None
    question: str


def wished(text: str, data: DataView | None) -> Wish | None:
    """The chart that the words wish for; None where they do not, or where the data itself keeps charts or plots."""
    said = " ".join(text.split())
    if data is not None and {"chart", "graph", "plot", "diagram"} & _names(data):
        return None
    for pattern in (_PIE, _DRAW, _BEFORE, _BEHIND):
        found = pattern.search(said)
        if found is None:
            continue
        parts = found.groupdict()
        kind = (parts.get("kind") or parts.get("round") or "").casefold().rstrip("s").split(" ")[0]
        rest = (found["rest"] or "").strip(" ,;")
        return Wish(_KINDS.get(kind, kind) or None, "" if _EMPTY.match(rest) else rest)
    return None


def _names(data: DataView) -> set[str]:
    tables = data.catalog.tables
    return {
        word for table in tables for name in (table.name, *(c.name for c in table.columns)) for word in name_words(name)
    }


def fitting(rows: Rows, hint: ChartHint | None, kind: str | None, *, wanted: bool) -> tuple[replies.Chart | None, str]:
    """The chart of rows and what has to be said of it. ``hint`` is the planner's, ``kind`` what a person wishes or
    prefers; only what is ``wanted`` is drawn at any cost.
    """
    keys, measures = _shape(rows, hint)
    if len(rows.rows) < 2 or not keys or not measures:
        told = "A chart needs at least two rows, each with a name or a day and a number; this answer has none."
        return None, told if wanted else ""
    wide = _wide(rows, keys, measures) if len(keys) == 2 else None
    if len(keys) > 1 and wide is None:
        return None, "That is too much for one chart: leave out a column, or ask for fewer groups." if wanted else ""
    columns, points, x, y = wide or ((), (), keys[-1], measures)
    columns = columns or tuple(OutColumn(name=n, type=t) for n, t in zip(rows.names, rows.types, strict=True))
    points = points or rows.rows
    if not wanted and (hint is None and len(points) > MOST_MARKS):
        return None, ""
    chosen, told = _chosen(kind, hint, columns, points, x, y)
    return replies.Chart(chart=chosen, x=x, y=y, columns=columns, rows=tuple(points)), told


def _chosen(
    kind: str | None,
    hint: ChartHint | None,
    columns: Sequence[OutColumn],
    points: Sequence[Sequence[JsonValue]],
    x: str,
    y: tuple[str, ...],
) -> tuple[str, str]:
    """The kind that is drawn, and why it is another than was wished."""
    timed = any(column.name == x and _DAYS.match(column.type) for column in columns)
    by_rule = (
        hint.kind
        if hint is not None and x == hint.x and y == hint.y
        else "line"
        if timed
        else "stacked"
        if len(y) > 1
        else "bar"
    )
    if kind != "pie":
        return kind or by_rule, ""
    at = [column.name for column in columns].index(y[0])
    if len(y) > 1:
        return by_rule, "A pie shows one figure's parts, and these are several figures, so they are drawn side by side."
    if any(_below_zero(row[at]) for row in points):
        return by_rule, "A pie cannot show amounts below zero, so they are drawn side by side."
    if len(points) > MOST_SLICES:
        return by_rule, f"{len(points)} slices cannot be told apart in a pie, so they are drawn side by side."
    return "pie", ""


def _below_zero(value: JsonValue) -> bool:
    return str(value).startswith("-")


def _shape(rows: Rows, hint: ChartHint | None) -> tuple[list[str], tuple[str, ...]]:
    """What the rows are told apart by, and their figures."""
    if hint is not None:
        at = rows.names.index(hint.x)
        if len({str(row[at]) for row in rows.rows}) == len(rows.rows):
            return [hint.x], hint.y
    kinds = dict(zip(rows.names, rows.types, strict=True))
    numbers = tuple(name for name in rows.names if _NUMERIC.match(kinds[name]))
    keys = [name for name in rows.names if name not in numbers]
    if not keys and len(numbers) > 1:
        return [numbers[0]], numbers[1:]
    return keys, numbers[:MOST_SERIES]


def _wide(
    rows: Rows, keys: list[str], measures: tuple[str, ...]
) -> tuple[tuple[OutColumn, ...], tuple[tuple[JsonValue, ...], ...], str, tuple[str, ...]] | None:
    """Rows of two keys and a figure as one series for each value of one key; None where there are too many."""
    if len(measures) != 1:
        return None
    places, kinds = {name: at for at, name in enumerate(rows.names)}, dict(zip(rows.names, rows.types, strict=True))
    days = [name for name in keys if _DAYS.match(kinds[name])]
    counted = {name: len({str(row[places[name]]) for row in rows.rows}) for name in keys}
    along = days[0] if days else max(keys, key=lambda name: counted[name])
    apart = next(name for name in keys if name != along)
    if counted[apart] > MOST_SERIES:
        return None
    series = list(dict.fromkeys(_label(row[places[apart]]) for row in rows.rows))
    taken = {along}
    names = {one: one if one not in taken else f"{one} " for one in series}
    cells: dict[str, dict[str, JsonValue]] = {}
    firsts: dict[str, JsonValue] = {}
    for row in rows.rows:
        at, one = str(row[places[along]]), _label(row[places[apart]])
        if one in cells.setdefault(at, {}):
            return None
        firsts.setdefault(at, row[places[along]])
        cells[at][one] = row[places[measures[0]]]
    kind = kinds[measures[0]]
    columns = (OutColumn(name=along, type=kinds[along]), *(OutColumn(name=names[one], type=kind) for one in series))
    order = sorted(cells) if days else list(cells)
    points = tuple((firsts[at], *(cells[at].get(one) for one in series)) for at in order)
    return columns, points, along, tuple(names.values())


def _label(value: JsonValue) -> str:
    return "(empty)" if value is None or value == "" else str(value)
