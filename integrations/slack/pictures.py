"""Charts as pictures: drawn as reports draw them, and turned into PNG without a browser."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from html import escape
from typing import TYPE_CHECKING

from agents import replies
from spec.base import JsonValue

if TYPE_CHECKING:
    from reports.chart import Chart
    from reports.values import Value

WIDTH, MARGIN, HEAD = 760, 20, 44
COLOURS = ("#2a6f97", "#d08c2e", "#3f8f83", "#8a5a94", "#b5523f", "#7a8b3c", "#5d6b7a", "#a57c52")
STYLE = """
text { font: 12px Inter, 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif; fill: #565e68 }
.v { font-size: 11px; fill: #1d2733; font-weight: 600 } .big { font-size: 20px; fill: #1d2733; font-weight: 600 }
.name { font-size: 14px; fill: #1d2733 } .head { font-size: 14px; fill: #1d2733; font-weight: 600 }
.grid { stroke: #e2dfd8 } .axis { stroke: #c9c5bb } .link { stroke: #565e68; stroke-dasharray: 2 2 }
.track { fill: #e2dfd8 } .up { fill: #3f8f83 } .down { fill: #b5523f } .sum { fill: #5d6b7a }
.line { stroke-width: 2; stroke-linejoin: round; stroke-linecap: round } .area { fill-opacity: .16 }
.slice { stroke: #ffffff; stroke-width: 2 }
""" + "".join(
    f".s{at} {{ fill: {colour} }} .line.s{at} {{ fill: none; stroke: {colour} }}\n" for at, colour in enumerate(COLOURS)
)


def png(reply: replies.Chart) -> tuple[bytes, str]:
    """The chart as a PNG, and what somebody who cannot see it is told. Empty bytes where there is nothing to draw."""
    from reports.chart import description, unit
    from reports.language import language
    from reports.values import UNWRITABLE

    chart = _chart(reply)
    speak = language("en")
    told = description(chart, speak)
    if chart.empty:
        return b"", told
    import vl_convert

    drawing = unit(chart.kind).draw(chart, WIDTH, speak)
    width, height = WIDTH + 2 * MARGIN, drawing.height + HEAD + 2 * MARGIN
    names = _legend(chart)
    # Characters that XML cannot hold would spoil the whole picture.
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}"><style>{STYLE}</style>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text class="head" x="{MARGIN}" y="{MARGIN + 12}">{escape(chart.title[:100])}</text>'
        f'{names}<g transform="translate({MARGIN},{MARGIN + HEAD})">{drawing.body}</g></svg>'
    )
    return bytes(vl_convert.svg_to_png(UNWRITABLE.sub("\ufffd", svg), scale=2)), told


def _legend(chart: Chart) -> str:
    """Which colour is what, where there is more than one."""
    from reports.chart import unit
    from reports.drawing import style

    kind = unit(chart.kind).legend
    names = chart.labels if kind == "points" else tuple(one.name for one in chart.series) if kind == "series" else ()
    if len(names) < 2:
        return ""
    parts, x = [], float(MARGIN)
    for at, name in enumerate(names):
        short = name if len(name) <= 24 else f"{name[:23]}…"
        if x + 24 + 7 * len(short) > WIDTH + MARGIN:
            break
        parts.append(f'<rect class="{style(at)}" x="{x}" y="{MARGIN + 24}" width="10" height="10" rx="2"/>')
        parts.append(f'<text x="{x + 15}" y="{MARGIN + 33}">{escape(short)}</text>')
        x += 30 + 7 * len(short)
    return "".join(parts)


def _chart(reply: replies.Chart) -> Chart:
    from reports.chart import CHARTS, Chart, Series, unit
    from reports.values import Look

    kind = reply.chart if reply.chart in CHARTS.names() else "bar"
    made = unit(kind)
    types = {column.name: column.type for column in reply.columns}
    at = {column.name: number for number, column in enumerate(reply.columns)}
    rows = reply.rows[: made.most_points]
    shown = reply.y[: made.most_series]
    series = tuple(Series(_words(name), tuple(_number(row[at[name]]) for row in rows)) for name in shown)
    whole = all(isinstance(value, int) for one in series for value in one.values if value is not None)
    return Chart(
        kind=kind,
        title=reply.title or _words(", ".join(shown)),
        x_label=_words(reply.x),
        labels=tuple(_label(row[at[reply.x]]) for row in rows),
        points=tuple(_point(row[at[reply.x]], types[reply.x]) for row in rows),
        series=series,
        look=Look("integer" if whole else "number"),
        standing=tuple(False for _ in rows),
        cut=len(rows) < len(reply.rows) or len(shown) < len(reply.y),
    )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _label(value: JsonValue) -> str:
    return "–" if value is None else str(value)


def _number(value: JsonValue) -> Decimal | int | float | None:
    """Decimals come as text, so that nothing is lost on the way."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _point(value: JsonValue, kind: str) -> Value:
    """The value itself, so that days stand at their distance in time."""
    if isinstance(value, str) and kind == "DATE":
        return date.fromisoformat(value)
    if isinstance(value, str) and kind.startswith("TIMESTAMP"):
        return datetime.fromisoformat(value)
    return value if isinstance(value, str | int | float) else None
