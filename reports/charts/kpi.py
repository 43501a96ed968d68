"""A few numbers to be read as such: a line each, with a bar that gives the proportion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.chart import Chart, Need, spoken
from reports.charts import bar
from reports.drawing import Drawing, element, label, shortened, text_width, tip

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"headline"})
most_points = 20
most_series = 1
legend = "none"


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """Name at the left, number at the right, a thin bar below both."""
    largest = max((abs(number) for number in chart.numbers), default=0.0) or 1.0
    body, y = [], 0.0
    for name, value in zip(chart.labels, chart.series[0].values, strict=True):
        text = spoken(chart, value, language)
        room = width - text_width(text, 20) - 20
        share = 0.0 if value is None else abs(float(value)) / largest
        body.append(element("g", tip(f"{name}: {text}") + label(shortened(name, room, 14), 0, y + 24, style="name")))
        body.append(label(text, width, y + 24, anchor="end", style="big"))
        body.append(element("rect", x=0, y=y + 34, width=width, height=3, class_="track"))
        body.append(element("rect", x=0, y=y + 34, width=max(width * share, 0.5), height=3, class_="s0"))
        y += 50
    return Drawing(width, y, "".join(body))


def native(cells: ChartCells) -> NativeChart:
    """A workbook has no such chart; bars say the same."""
    return bar.native(cells)
