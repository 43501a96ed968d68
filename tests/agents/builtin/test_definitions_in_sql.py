"""Definitions whose expression is SQL over many rows are computed exactly as it says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from spec.pipeline import Definition
from tools.context import Context, context_of
from tools.data import OpenData, open_data
from tools.questions import answer

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ORDERS = """order_no,region,total,refunded,status
10,North,5.50,0.50,paid
11,South,6.25,0.00,paid
12,North,1.00,0.00,open
13,South,9.00,1.00,
"""


def figures(tmp_path: Path, expression: str, text: str) -> list[tuple[object, ...]] | Question | Refusal:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    context = context_of(Workspace(tmp_path / "workspace", NOW), "ada")
    with open_data([str(tmp_path / "orders.csv")], context) as data:
        data.definitions = {"revenue": Definition(text="as agreed", expression=expression)}
        reply = draft(Request(text=text, now=NOW), data)
        return reply if not isinstance(reply, Draft) else _rows(context, reply, data)


def _rows(context: Context, reply: Draft, data: OpenData) -> list[tuple[object, ...]]:
    found = answer(context, reply.spec, reply.answer, data, now=NOW, limit=10)
    return [tuple(row) for row in found.rows.rows]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sum(total - refunded) FILTER (WHERE status = 'paid')", "11.25"),
        ("sum(orders.total) FILTER (WHERE status IS NULL)", "9.00"),
        ("sum(total) FILTER (WHERE NOT status IS NULL AND total >= 5.5)", "11.75"),
        ("sum(total) FILTER (WHERE status IN ('paid', 'open'))", "12.75"),
        ("sum(total) FILTER (WHERE status NOT IN ('paid'))", "1.00"),
        ("sum(total) - sum(refunded)", "20.25"),
        ("sum(total) / count(*)", 5.4375),
        ("count(DISTINCT region) + 1", 3),
    ],
)
def test_sql_of_a_definition_is_computed_as_it_says(tmp_path: Path, expression: str, expected: object) -> None:
    assert figures(tmp_path, expression, "What is the revenue?") == [(expected,)]


def test_a_defined_figure_is_grouped_and_ordered_like_any_measure(tmp_path: Path) -> None:
    net = "sum(total - refunded) FILTER (WHERE status = 'paid')"
    assert figures(tmp_path, net, "revenue by region") == [("South", "6.25"), ("North", "5.00")]


@pytest.mark.parametrize(
    "expression", ["sum(total - discount)", "sum(abs(total) - 1)", "sum(total - 1) FILTER (WHERE total > refunded)"]
)
def test_sql_that_cannot_be_computed_exactly_is_refused(tmp_path: Path, expression: str) -> None:
    assert isinstance(figures(tmp_path, expression, "What is the revenue?"), Refusal)


def test_the_average_of_a_defined_figure_is_no_total(tmp_path: Path) -> None:
    found = figures(tmp_path, "sum(total - refunded)", "What is the average revenue?")
    assert isinstance(found, Question | Refusal)
