"""Views over the little tables that the evaluation cases use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import drafted
import pytest

from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from evals.dataview import FolderView
from evals.harness import OWN_CASES

Ask = Callable[..., Draft | Question | Refusal]


# A small ferry line: crossings with a captain and a cook, ticket sales, meals served, clients. No key is declared.
_FERRY = {
    "officer": (
        "officer_id,full_name,hired_on\n1,Ann,2015-01-01\n2,Bo,2015-02-01\n3,Cy,2015-03-01\n4,Di,2015-04-01\n"
        "5,Ed,2015-05-01\n6,Flo,2015-06-01\n"
    ),
    "client": (
        "client_id,full_name,town,email,newsletter_joined_on\n1,Ida,Cork,i@x.example,2023-01-05\n"
        "2,Jon,Cork,,2023-02-05\n3,Kay,Bantry,k@x.example,\n4,Lea,Bantry,,\n5,Moe,Cork,m@x.example,\n6,Nia,Youghal,,\n"
    ),
    "crossing": (
        "crossing_id,route,departs_on,arrives_on,captain_id,cleaner_id,state\n"
        "1,North,2024-05-01,2024-05-02,1,2,sailed\n2,North,2024-05-08,2024-05-12,2,2,sailed\n"
        "3,South,2024-05-20,2024-05-21,3,1,cancelled\n4,South,2024-06-20,2024-06-22,1,4,planned\n"
        "5,North,2024-07-10,2024-07-11,4,3,planned\n6,South,2024-05-25,,3,3,sailed\n"
    ),
    "ticket_sale": (
        "sale_id,crossing_id,client_id,sold_on,quantity,total_price,channel,coupon_code\n"
        "1,1,1,2024-04-01,2,40.50,web,SPRING\n2,1,2,2024-04-02,1,20.25,desk,\n3,2,1,2024-05-02,4,81.00,web,\n"
        "4,3,,2024-05-03,1,20.25,desk,SPRING\n5,4,3,2024-06-01,3,60.75,web,FRIEND\n6,4,5,2024-06-02,2,40.50,phone,\n"
    ),
    "meal": "meal_id,label,unit_price,stock_units\n1,soup,4.50,10\n2,fish pie,9.50,4\n3,bread,1.50,30\n",
    "crossing_meal": "crossing_id,meal_id,portions_served\n1,1,5\n1,2,2\n2,1,7\n2,3,9\n6,2,4\n",
}


@pytest.fixture(scope="session")
def shop() -> FolderView:
    return FolderView(OWN_CASES / "shop" / "tables")


@pytest.fixture
def ask(shop: FolderView) -> Ask:
    def run(text: str, view: FolderView | None = None, **fields: object) -> Draft | Question | Refusal:
        now = datetime(2024, 6, 15, 12, tzinfo=UTC)
        return draft(Request.model_validate({"text": text, "now": now, **fields}), view or shop)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str]], FolderView]:
    """Make a view from tables written as CSV text."""

    def make(tables: dict[str, str]) -> FolderView:
        for name, text in tables.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return FolderView(tmp_path)

    return make


@pytest.fixture
def ferry(folder: Callable[[dict[str, str]], FolderView]) -> FolderView:
    """The tables of a small ferry line."""
    return folder(_FERRY)


@pytest.fixture
def rows_of(ask: Ask, ferry: FolderView) -> Callable[[str], list[list[object]]]:
    """The rows that answer a question to the ferry line; it has to be answered."""

    def run(text: str) -> list[list[object]]:
        return drafted.rows_of(ferry, ask(text, ferry))

    return run
