"""Amounts side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.chart import Chart, Need, spoken
from reports.drawing import Bar, Drawing, Lane, Segment, bars, style

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"compare"})
most_points = 40
most_series = 6
legend = "series"


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """A bar a category, or one for each series side by side."""
    rows = []
    for at, name in enumerate(chart.labels):
        lanes = []
        for number, series in enumerate(chart.series):
            value = series.values[at]
            text = spoken(chart, value, language)
            parts = () if value is None else (Segment(0.0, float(value), style(number)),)
            lanes.append(Lane(parts, text, f"{name} · {series.name}: {text}"))
        rows.append(Bar(name, tuple(lanes)))
    return bars(rows, width, language)


def native(cells: ChartCells) -> NativeChart:
    """Columns, or bars where there are many or long names."""
    lying = len(cells.chart.labels) > 8 or max((len(name) for name in cells.chart.labels), default=0) > 14
    made = cells.new("bar" if lying else "column")
    told = {"value": True, "position": "outside_end", "num_format": cells.number_format, "font": {"size": 8}}
    few = len(cells.chart.series) == 1 and len(cells.chart.labels) <= 15
    for at in range(len(cells.chart.series)):
        made.add_series({**cells.series(at), "gap": 60, **({"data_labels": told} if few else {})})
    if lying:
        made.set_size({"width": 865, "height": max(380, 110 + 19 * len(cells.chart.labels) * len(cells.chart.series))})
    return made
