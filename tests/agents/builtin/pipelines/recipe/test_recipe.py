"""A request is read word for word or not at all; what was read is what the plan does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.builtin.decide import decide
from agents.builtin.pipelines.recipe.planner import read_recipe
from agents.builtin.planner import draft
from agents.contract import Draft, Question, Refusal, Request
from memory.workspace import Workspace
from tools.context import context_of
from tools.data import OpenData, open_data

NOW = datetime(2026, 10, 6, 6, 0, tzinfo=UTC)
BILLS = """bill,client,due,net,vat,paid,channel
B1,1,2026-07-31,100.00,22.00,true,wholesale
B2,2,2026-08-14,50.00,11.00,false,web
B3,1,2026-11-30,80.00,17.60,false,Web
"""
CLIENTS = """client,client_name,mail
1,Alpha,a@x.com
2,Beta,
"""


@pytest.fixture
def data(tmp_path: Path) -> Iterator[OpenData]:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "bills.csv").write_text(BILLS, encoding="utf-8")
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    with open_data([str(folder)], context_of(Workspace(tmp_path / "workspace", NOW), "ada")) as opened:
        yield opened


def said(text: str) -> Request:
    return Request(text=text, now=NOW, timezone="Europe/Rome", want="pipeline")


def steps(text: str, data: OpenData) -> list[tuple[str, dict[str, object]]]:
    """Units and parameters of the steps of a recipe."""
    found = read_recipe(said(text), data, decide)
    assert found is not None
    assert isinstance(found.reply, Draft), found.reply
    return [(step.use, dict(step.params)) for step in found.reply.spec.steps]


@pytest.mark.parametrize(
    "text",
    [
        "remove paid bills, translate the channels, and save as open.csv",
        "mask the mails and save clients as masked.csv",
        "remove bills and save as open.csv",
        "rename net to amount please save bills as a.csv and tell nobody",
        "every bill has a client; save bills",
    ],
)
def test_a_request_with_a_word_that_fits_nothing_is_no_recipe(data: OpenData, text: str) -> None:
    assert read_recipe(said(text), data, decide) is None


def test_what_was_done_after_the_last_file_would_be_lost_and_makes_no_recipe(data: OpenData) -> None:
    assert read_recipe(said("save bills as all.csv, then rename net to amount"), data, decide) is None


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("keep bills with net over 60 and save as a.csv", "net > 60"),
        ("bills where net is at least 60 or channel is wholesale, save as a.csv", "net >= 60 OR channel = 'wholesale'"),
        ("unpaid bills that are past due, saved as a.csv", "NOT COALESCE((paid), FALSE) AND due < $today"),
        ("remove web bills and save as a.csv", "NOT COALESCE((LOWER(TRIM(channel)) = 'web'), FALSE)"),
        ("bills with a net of more than 60 due in August 2026, save as a.csv",
         "net > 60 AND (due >= CAST('2026-08-01' AS DATE) AND due < CAST('2026-09-01' AS DATE))"),
    ],
)  # fmt: skip
def test_conditions_mean_what_they_say(data: OpenData, text: str, where: str) -> None:
    assert steps(text, data) == [("filter", {"where": where})]


def test_a_scheduled_delay_is_counted_to_the_day_of_the_run(data: OpenData) -> None:
    shown = steps("every day at 7: unpaid bills with bill and days_late, saved as late.csv", data)
    assert shown[-1] == ("select", {"columns": {"bill": "bill", "days_late": "$today - due"}})


def test_names_of_new_columns_go_to_what_was_computed(data: OpenData) -> None:
    shown = steps("gross (net plus vat) per channel from bills, save as g.csv with channel and turnover", data)
    assert shown == [
        ("aggregate", {"group_by": {"channel": "channel"}, "measures": {"gross": "SUM(net + vat)"}}),
        ("select", {"columns": {"channel": "channel", "turnover": "gross"}}),
    ]


def test_two_columns_for_one_word_are_asked_about(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("job,net_fee,gross_fee\nJ1,1.00,1.22\n", encoding="utf-8")
    with open_data([str(tmp_path / "jobs.csv")], context_of(Workspace(tmp_path / "w", NOW), "ada")) as opened:
        found = draft(said("total fee of jobs.csv into total.csv"), opened)
    assert isinstance(found, Question)
    assert (found.key, [option.value for option in found.options]) == ("measure", ["net_fee", "gross_fee"])


def test_a_currency_that_the_data_does_not_know_is_refused(data: OpenData) -> None:
    found = draft(said("total net per channel in dollars, save as usd.csv"), data)
    assert isinstance(found, Refusal)
    assert "no rates" in found.message
