"""Which words wish for a chart, of which kind, and of what."""

from __future__ import annotations

import pytest

from agents.contract import ChartHint
from agents.drawing import Wish, fitting, wished
from tools.values import Rows


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("as a pie chart", Wish("pie", "")),
        ("make it a line chart please", Wish("line", "")),
        ("can you plot it?", Wish(None, "")),
        ("show me that as a graph", Wish(None, "")),
        ("bar chart of sales by region", Wish("bar", "sales by region")),
        ("can I see a graph of orders by month?", Wish(None, "orders by month?")),
        ("sales by region as a donut", Wish("pie", "sales by region")),
        ("sales by region in a column chart", Wish("bar", "sales by region")),
        ("how many line charts did we sell", None),
        ("orders with charts", None),
        ("sales by region", None),
        ("draw up the list of orders", None),
    ],
)
def test_a_wish_for_a_chart_is_told_from_other_words(said: str, wish: Wish | None) -> None:
    assert wished(said, None) == wish


def rows(types: tuple[str, ...], *values: tuple[str | int | None, ...]) -> Rows:
    return Rows(tuple("abcd"[: len(types)]), types, values, truncated=False)


def test_an_answer_by_day_and_name_is_a_line_for_each_name() -> None:
    data = rows(("DATE", "VARCHAR", "BIGINT"), ("2026-02-01", "x", 2), ("2026-01-01", "x", 1), ("2026-01-01", "y", 3))
    chart, told = fitting(data, None, None, wanted=False)
    assert chart is not None
    assert (chart.chart, chart.x, chart.y, told) == ("line", "a", ("x", "y"), "")
    assert chart.rows == (("2026-01-01", 1, 3), ("2026-02-01", 2, None))


def test_bars_that_would_stand_on_one_another_are_stacked_instead() -> None:
    data = rows(("VARCHAR", "VARCHAR", "BIGINT"), ("p", "x", 1), ("p", "y", 2), ("q", "x", 3))
    chart, _ = fitting(data, ChartHint(kind="bar", x="a", y=("c",)), None, wanted=False)
    assert chart is not None
    assert (chart.chart, chart.rows) == ("stacked", (("p", 1, 2), ("q", 3, None)))


def test_too_many_slices_are_drawn_side_by_side_and_said_to_be() -> None:
    data = rows(("VARCHAR", "BIGINT"), *((f"n{number}", number) for number in range(30)))
    chart, told = fitting(data, None, "pie", wanted=True)
    assert chart is not None
    assert chart.chart == "bar"
    assert told.startswith("30 slices")


def test_one_figure_is_no_chart_and_only_a_wish_for_one_is_told_so() -> None:
    data = rows(("BIGINT",), (4,))
    assert fitting(data, None, None, wanted=False) == (None, "")
    assert "at least two rows" in fitting(data, None, "pie", wanted=True)[1]
