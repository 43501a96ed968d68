"""A grid of amounts, the larger the darker: a row for each category, a column for each series."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.chart import Chart, Need, spoken
from reports.drawing import Drawing, element, label, shortened, text_width, tip

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"grid"})
most_points = 60
most_series = 24
legend = "none"
ROW = 26.0
MOST_LINES = 4
DARKEST_CELL = "#7FA9BF"
"""In a workbook, where the numbers stand in black."""
FAINTEST, STRONGEST = 0.05, 0.7
"""How far a cell is filled: words stay readable on the darkest."""


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """The numbers in their cells; where there is none, the cell is empty. Below zero the colour is another one."""
    left = min(max(text_width(name) for name in chart.labels) + 12, width * 0.3)
    room = (width - left) / len(chart.series)
    largest = max((abs(number) for number in chart.numbers), default=0.0) or 1.0
    body = []
    for at, series in enumerate(chart.series):
        body.append(label(shortened(series.name, room - 4), left + room * (at + 0.5), 14, anchor="middle"))
    for row, name in enumerate(chart.labels):
        y = 22 + ROW * row
        body.append(element("g", tip(name) + label(shortened(name, left - 10), left - 10, y + 17, anchor="end")))
        for at, series in enumerate(chart.series):
            value = series.values[row]
            if value is None:
                continue
            text, amount = spoken(chart, value, language), float(value)
            # By the root: beside one cell of all of them, the differences among the small ones would not be seen.
            strength = FAINTEST + (STRONGEST - FAINTEST) * math.sqrt(abs(amount) / largest)
            cell = element("rect", x=left + room * at + 1, y=y + 1, width=max(room - 2, 1), height=ROW - 2,
                           class_="down" if amount < 0 else "s0", fill_opacity=f"{strength:.2f}")  # fmt: skip
            body.append(element("g", tip(f"{name}, {series.name}: {text}") + cell))
            if text_width(text, 11) <= room:
                body.append(label(text, left + room * (at + 0.5), y + 17, anchor="middle", style="v"))
    return Drawing(width, 26 + ROW * len(chart.labels), "".join(body))


def native(cells: ChartCells) -> NativeChart:
    """The cells of the figures are coloured, the larger the darker; the chart shows the course of the first columns.

    A column that is the same in every row, such as the whole that all others are shares of, has no course.
    """
    sheet = cells.workbook.get_worksheet_by_name(cells.sheet)
    if sheet is not None:
        scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": DARKEST_CELL}
        sheet.conditional_format(cells.first_row, 1, cells.last_row, len(cells.written), scale)
    made = cells.new("line")
    varying = [at for at, series in enumerate(cells.written) if len({*series.values} - {None}) > 1]
    for at in (varying or range(len(cells.written)))[:MOST_LINES]:
        made.add_series({**cells.series(at, line=True), "marker": {"type": "circle", "size": 4}})
    made.show_blanks_as("gap")
    return made
