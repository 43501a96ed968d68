"""The parts of each amount, one on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.chart import Chart, Need, spoken
from reports.drawing import Bar, Drawing, Lane, Segment, bars, style

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"composition"})
most_points = 40
most_series = 8
legend = "series"


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """Amounts above zero grow up, those below grow down; the number at a bar is their sum."""
    return bars([_bar(chart, at, language) for at in range(len(chart.labels))], width, language)


def _bar(chart: Chart, at: int, language: Language) -> Bar:
    above = below = 0.0
    parts, words = [], []
    values = [series.values[at] for series in chart.series]
    for number, (series, value) in enumerate(zip(chart.series, values, strict=True)):
        if not value:
            continue
        amount = float(value)
        start = above if amount > 0 else below
        parts.append(Segment(start, start + amount, style(number)))
        above, below = (start + amount, below) if amount > 0 else (above, start + amount)
        words.append(f"{series.name} {spoken(chart, value, language)}")
    known = [value for value in values if value is not None]
    exact = sum(known) if known else None
    return Bar(
        chart.labels[at],
        (Lane(tuple(parts), spoken(chart, exact, language), f"{chart.labels[at]}: {', '.join(words)}"),),
    )


def native(cells: ChartCells) -> NativeChart:
    """Stacked columns."""
    made = cells.new("column", "stacked")
    for at in range(len(cells.chart.series)):
        made.add_series({**cells.series(at), "gap": 60})
    return made
