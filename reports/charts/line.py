"""A course over time."""

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
most_series = 6
legend = "series"


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """A line a series; a gap where a value is missing, a dot where a point stands alone."""
    drawn, marks = courses(chart)
    return curves(drawn, marks, width, language)


def native(cells: ChartCells) -> NativeChart:
    """Lines; a gap stays a gap."""
    made = cells.new("line")
    few = len(cells.chart.labels) <= 31  # a point that stands alone has no line to be seen by
    for at in range(len(cells.chart.series)):
        dot = {"type": "circle", "size": 5, "border": {"none": True}, "fill": {"color": cells.colour(at)}}
        made.add_series({**cells.series(at, line=True), "marker": dot if few else {"type": "none"}})
    made.show_blanks_as("gap")
    return made
