"""The parts of one whole, as a ring."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING

from reports.chart import Chart, Need, spoken
from reports.drawing import Drawing, element, label, number, style, tip

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"share"})
most_points = 8
most_series = 1
legend = "points"


def instead(chart: Chart) -> tuple[str, str] | None:
    """The kind that draws what a ring cannot, and the phrase that says why: amounts below zero, or too many parts."""
    if min(chart.numbers) < 0 or max(chart.numbers) == 0:
        return "bar", "chart_negative"
    return ("bar", "chart_parts") if chart.cut else None


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """A ring with the whole in its middle."""
    values = chart.series[0].values
    total = sum((value for value in values if value is not None), start=Decimal(0) if _exact(chart) else 0)
    size, middle, outer, inner = 240.0, 120.0, 112.0, 70.0
    shift = (width - size) / 2
    body, angle = [], -math.pi / 2
    for at, value in enumerate(values):
        if not value:
            continue
        share = float(value) / float(total)
        words = f"{chart.labels[at]}: {spoken(chart, value, language)} ({language.percent(share)})"
        path = _ring(angle, angle + share * 2 * math.pi, (middle + shift, middle), (outer, inner))
        body.append(element("path", tip(words), d=path, class_=f"slice {style(at)}", fill_rule="evenodd"))
        angle += share * 2 * math.pi
    body.append(label(language.say("total"), middle + shift, middle - 8, anchor="middle"))
    body.append(label(spoken(chart, total, language), middle + shift, middle + 14, anchor="middle", style="big"))
    return Drawing(width, size, "".join(body))


def _exact(chart: Chart) -> bool:
    return not any(isinstance(value, float) for value in chart.series[0].values)


def _ring(start: float, end: float, middle: tuple[float, float], radii: tuple[float, float]) -> str:
    if end - start > 2 * math.pi - 1e-6:
        return "".join(_circle(middle, radius) for radius in radii)
    outer, inner = radii
    long = int(end - start > math.pi)

    def at(angle: float, radius: float) -> str:
        return f"{number(middle[0] + radius * math.cos(angle))} {number(middle[1] + radius * math.sin(angle))}"

    return (
        f"M{at(start, outer)}A{number(outer)} {number(outer)} 0 {long} 1 {at(end, outer)}"
        f"L{at(end, inner)}A{number(inner)} {number(inner)} 0 {long} 0 {at(start, inner)}Z"
    )


def _circle(middle: tuple[float, float], radius: float) -> str:
    r, across = number(radius), number(2 * radius)
    return f"M{number(middle[0] - radius)} {number(middle[1])}a{r} {r} 0 1 0 {across} 0a{r} {r} 0 1 0 -{across} 0Z"


def native(cells: ChartCells) -> NativeChart:
    """A doughnut with percentages."""
    made = cells.new("doughnut")
    points = [{"fill": {"color": cells.colour(at)}} for at in range(len(cells.chart.labels))]
    made.add_series(
        {**cells.series(0), "points": points, "data_labels": {"percentage": True, "font": {"color": "#FFFFFF"}}}
    )
    made.set_hole_size(58)
    made.set_legend({"position": "right"})
    return made
