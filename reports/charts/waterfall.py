"""The way from one amount to another: what comes in, what goes out, what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from reports.chart import Chart, Need, Series, spoken
from reports.drawing import Bar, Drawing, Lane, Segment, bars

if TYPE_CHECKING:
    from xlsxwriter.chart import Chart as NativeChart

    from reports.chart import ChartCells
    from reports.language import Language

needs: frozenset[Need] = frozenset({"bridge"})
most_points = 30
most_series = 1
legend = "none"


def steps(chart: Chart, language: Language) -> list[tuple[str, Decimal, Decimal, str]]:
    """Each bar as (label, from, to, class). Without a row marked as total the sum is added at the end."""
    made: list[tuple[str, Decimal, Decimal, str]] = []
    running = Decimal(0)
    marked = any(chart.standing)
    for at, (name, value) in enumerate(zip(chart.labels, chart.series[0].values, strict=True)):
        amount = value if isinstance(value, Decimal) else Decimal(repr(value or 0))
        stands = chart.standing[at] if marked else at == 0
        start, end = (Decimal(0), amount) if stands else (running, running + amount)
        made.append((name, start, end, "sum" if stands else "up" if amount >= 0 else "down"))
        running = end
    if not marked and made:
        made.append((language.say("total"), Decimal(0), running, "sum"))
    return made


def draw(chart: Chart, width: float, language: Language) -> Drawing:
    """Bars that hang where the one before ended, tied by thin lines."""
    rows = []
    for name, start, end, kind in steps(chart, language):
        text = spoken(chart, end - start, language)
        parts = (Segment(float(start), float(end), kind),)
        rows.append(Bar(name, (Lane(parts, text, f"{name}: {text}"),)))
    return bars(rows, width, language, linked=True)


def workbook_series(chart: Chart, language: Language) -> tuple[tuple[str, ...], tuple[Series, ...]]:
    """Labels and columns from which stacked columns look like a waterfall: an unseen base, what rises, falls, stands.

    A bar that crosses zero has a part on each side, so every colour has one column above zero and one below.
    """
    bars_ = steps(chart, language)
    columns: dict[str, list[Decimal]] = {name: [] for name in ("base", "up", "down", "sum", "up-", "down-", "sum-")}
    for _, start, end, kind in bars_:
        low, high = min(start, end), max(start, end)
        filled = {
            kind: max(high, Decimal(0)) - max(low, Decimal(0)),
            f"{kind}-": min(low, Decimal(0)) - min(high, Decimal(0)),
        }
        base = max(low, Decimal(0)) if high > 0 and low > 0 else min(high, Decimal(0)) if high < 0 else Decimal(0)
        for name, column in columns.items():
            column.append(base if name == "base" else filled.get(name, Decimal(0)))
    return tuple(name for name, *_ in bars_), tuple(Series(name, tuple(values)) for name, values in columns.items())


def native(cells: ChartCells) -> NativeChart:
    """Stacked columns on a base without fill."""
    made = cells.new("column", "stacked")
    colours = {"up": cells.palette["up"], "down": cells.palette["down"], "sum": cells.palette["sum"]}
    for at, series in enumerate(cells.written):
        look = {**cells.series(at), "gap": 40}
        colour = colours.get(series.name.rstrip("-"))
        look["fill"] = {"color": colour} if colour else {"none": True}
        if colour and not series.name.endswith("-"):
            sign = "-" if series.name == "down" else ""
            number = cells.number_format.partition(";")[0]
            # A format's third part is for zero: bars of another colour have none of this one, and no label.
            shown = f"{sign}{number};-{number};;"
            look["data_labels"] = {"value": True, "num_format": shown, "font": {"size": 8, "bold": True}}
        look["border"] = {"none": True}
        if any(series.values):
            made.add_series(look)
    return made
