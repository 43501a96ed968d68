"""A word for money that names no column is asked about where several tables hold money."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from tools.context import context_of
from tools.data import open_data

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
FILES = {
    "orders": "order_id,placed_on,total_price\n1,2026-07-01,10.00\n2,2026-08-01,20.50\n",
    "bank": "entry,booked_on,amount\n1,2026-07-02,9.50\n2,2026-08-02,-3.25\n",
    "refunds": "refund_id,paid_on,amount\n1,2026-08-03,5.00\n",
}


def said(folder: Path, text: str, tables: tuple[str, ...], **answers: str) -> Draft | Question | Refusal:
    """One question over some of the tables."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    for name in tables:
        (data / f"{name}.csv").write_text(FILES[name], encoding="utf-8")
    with open_data([str(data)], context_of(Workspace(folder / "workspace", NOW), "marta")) as view:
        return draft(Request(text=text, now=NOW, answers=answers), view)


@pytest.mark.parametrize("text", ["revenue by month", "total revenue"])
def test_revenue_over_several_tables_with_amounts_is_asked_about(tmp_path: Path, text: str) -> None:
    asked = said(tmp_path, text, ("orders", "bank", "refunds"))
    assert isinstance(asked, Question)
    assert asked.options[0].value == "orders.total_price"
    assert {option.value for option in asked.options} == {"orders.total_price", "bank.amount", "refunds.amount"}


def test_the_answer_decides_which_money_is_summed(tmp_path: Path) -> None:
    asked = said(tmp_path, "revenue by month", ("orders", "bank", "refunds"))
    assert isinstance(asked, Question)
    found = said(tmp_path, "revenue by month", ("orders", "bank", "refunds"), **{asked.key: "orders.total_price"})
    assert isinstance(found, Draft)
    assert "orders.total_price" in found.reading
    assert list(found.spec.sources) == ["orders"]


def test_one_table_with_one_amount_is_plain(tmp_path: Path) -> None:
    found = said(tmp_path, "revenue by month", ("bank",))
    assert isinstance(found, Draft)
    assert "bank.amount" in found.reading


def test_a_column_called_by_its_own_name_is_plain(tmp_path: Path) -> None:
    found = said(tmp_path, "sum of total price by month", ("orders", "bank", "refunds"))
    assert isinstance(found, Draft)
    assert "orders.total_price" in found.reading


def test_counting_asks_for_no_money(tmp_path: Path) -> None:
    assert isinstance(said(tmp_path, "how many orders", ("orders", "bank", "refunds")), Draft)
