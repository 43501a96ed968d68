"""A course over time whose height matters: the ground below the line is filled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.chart import Chart, Need, courses
from reports.drawing import Drawing, curves

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"trend"})
most_points = 20_000
most_series = 3
legend = "series"


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """A filled line a series, from zero."""
    drawn, marks = courses(chart)
    return curves(drawn, marks, width, language, filled=True)


def native(cells: ChartCells) -> NativeChart:
    """Areas, half transparent so that none hides another."""
    made = cells.new("area")
    for at in range(len(cells.chart.series)):
        made.add_series(cells.series(at, transparency=55))
    return made
