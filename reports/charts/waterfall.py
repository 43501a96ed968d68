"""The way from one amount to another: what comes in, what goes out, what is left."""

from __future__ import annotations

from collections.abc import Sequence
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

    A bar that crosses zero has a part on each side, so every colour has one column above zero and one below. ``top`` is
    where a bar's number is written, ``amount`` the number.
    """
    zero, bars_ = Decimal(0), steps(chart, language)
    columns: dict[str, list[Decimal]] = {name: [] for name in _COLUMNS}
    for _, start, end, kind in bars_:
        low, high = min(start, end), max(start, end)
        filled = {
            "base": low if low > 0 else min(high, zero),
            kind: max(high, zero) - max(low, zero),
            f"{kind}-": min(low, zero) - min(high, zero),
            "top": high,
            "amount": end - start,
        }
        for name, column in columns.items():
            column.append(filled.get(name, zero))
    labels = [name for name, *_ in bars_]
    if _lies(labels):
        amounts = [spoken(chart, amount, language) for amount in columns["amount"]]
        labels = [f"{name}  {amount}" for name, amount in zip(labels, amounts, strict=True)]
    return tuple(labels), tuple(Series(name, tuple(values)) for name, values in columns.items())


_COLUMNS = ("amount", "base", "up", "up-", "down", "down-", "sum", "sum-", "top")


def native(cells: ChartCells) -> NativeChart:
    """Stacked columns on a base without fill; an unseen line over them carries the numbers.

    Many or long names lie, with their numbers beside them, for lying bars take no line.
    """
    lying = _lies(cells.chart.labels)
    made = cells.new("bar" if lying else "column", "stacked")
    tops = cells.new("line")
    amounts = cells.written[0].values
    for at, series in enumerate(cells.written):
        colour = cells.palette.get(series.name.rstrip("-"))
        if series.name == "top" and not lying:
            words = [{"value": cells.words(amount)} for amount in amounts]
            told = {"value": True, "position": "above", "custom": words, "font": {"size": 8, "bold": True}}
            tops.add_series({**cells.series(at, line=True), "line": {"none": True}, "data_labels": told})
        elif series.name == "base" or (colour and any(series.values)):
            fill = {"color": colour} if colour else {"none": True}
            made.add_series({**cells.series(at), "gap": 40, "fill": fill})
    if lying:
        made.set_size({"width": 865, "height": 110 + 24 * len(amounts)})
    else:
        made.combine(tops)
    return made


def _lies(labels: Sequence[str]) -> bool:
    return len(labels) > 10 or max((len(name) for name in labels), default=0) > 18
