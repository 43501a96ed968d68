"""A drafted connector is nothing until a person approves exactly it; then it is used like any other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors import own
from connectors.contract import DECLARED, connector, has
from connectors.drafting.played import verdicts
from memory.workspace import Workspace
from spec.errors import AccessError, ApprovalNeededError, SpecError, UnsupportedError, UsageError
from tools import connections, drafting
from tools.context import Context
from tools.drafting import Wanted

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
FILES = Path(__file__).parents[1] / "connectors" / "drafting" / "files"
BAKERY = Wanted("bakery", FILES / "bakery.yaml")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(own, "_FOLDERS", {})
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def test_nothing_is_written_and_nothing_can_be_used_before_an_approval(context: Context) -> None:
    found = drafting.draft(context, BAKERY, tried=1)
    assert not context.workspace.connectors.exists()
    assert not DECLARED.has("bakery")
    assert not has("bakery")
    assert found.broken == ()
    assert "nothing independent" in found.proof
    with pytest.raises(SpecError, match="no system"):
        connections.connect(context, "mine", "bakery", {}, {"token": "sentinel-token"}, now=NOW)


def test_an_approval_is_given_to_exactly_what_was_shown(context: Context) -> None:
    found = drafting.draft(context, BAKERY, tried=0)
    with pytest.raises(ApprovalNeededError, match="not the one that was shown"):
        drafting.approve(context, replace(BAKERY, about="orders"), found.digest, by="Ada", now=NOW)
    assert not context.workspace.connectors.exists()
    folder = drafting.approve(context, BAKERY, found.digest, by="Ada", now=NOW)
    assert own.digest((folder / "connector.yaml").read_bytes()) == found.digest
    assert connector("bakery").can == frozenset({"discover", "read", "incremental"})
    assert "bakery" in [one.name for one in connections.units()]
    entry = context.workspace.store.audit_trail()[-1]
    assert (entry.action, entry.subject, entry.detail) == (
        "approve connector",
        "bakery",
        {"digest": found.digest, "by": "Ada"},
    )


def test_the_page_beside_it_says_what_rests_on_what(context: Context) -> None:
    folder = drafting.approve(context, BAKERY, drafting.draft(context, BAKERY, tried=0).digest, by="Ada", now=NOW)
    page = (folder / "README.md").read_text(encoding="utf-8")
    assert "## To be decided by a person" in page
    assert "`stock.paging`" in page
    assert "/meta/total_pages in the answer says how many" in page
    assert "gnore all previous" not in page
    assert connections.page(context, "bakery") == page.rstrip()


def test_a_connector_that_was_changed_after_its_approval_is_not_used(context: Context) -> None:
    folder = drafting.approve(context, BAKERY, drafting.draft(context, BAKERY, tried=0).digest, by="Ada", now=NOW)
    connections.connect(context, "mine", "bakery", {}, {"token": "sentinel-token"}, now=NOW)
    file = folder / "connector.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("api.bakery.example", "elsewhere.example"), encoding="utf-8"
    )
    for use in (lambda: connector("bakery"), lambda: connections.check(context, "mine")):
        with pytest.raises(ApprovalNeededError, match="changed since it was approved"):
            use()
    drafting.approve_own(context, "bakery", by="Ada", now=NOW)
    assert connections.address(connections.known(context, "mine")) == "https://elsewhere.example/v1"


def test_a_connector_that_somebody_wrote_is_found_and_used_once_it_is_approved(context: Context) -> None:
    context.workspace.store.principals()
    folder = context.workspace.connectors / "till"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text(
        "title: Till\nproof: {grade: E, tried_on: nothing}\nbase_url: https://till.example\n"
        "streams: {sales: {path: /sales}}\n",
        encoding="utf-8",
    )
    assert DECLARED.has("till")
    with pytest.raises(ApprovalNeededError, match="is not approved"):
        connections.connect(context, "mine", "till", {}, {}, now=NOW)
    drafting.approve_own(context, "till", by="Ada", now=NOW)
    assert connections.connect(context, "mine", "till", {}, {}, now=NOW).connector == "till"


def test_what_somebody_wrote_is_not_written_over(context: Context) -> None:
    folder = context.workspace.connectors / "bakery"
    folder.mkdir(parents=True)
    (folder / "connector.yaml").write_text("title: mine\n", encoding="utf-8")
    found = drafting.draft(context, BAKERY, tried=0)
    with pytest.raises(SpecError, match="somebody wrote or changed"):
        drafting.approve(context, BAKERY, found.digest, by="Ada", now=NOW)
    assert (folder / "connector.yaml").read_text(encoding="utf-8") == "title: mine\n"


def test_a_draft_may_take_the_place_of_the_one_before(context: Context) -> None:
    drafting.approve(context, BAKERY, drafting.draft(context, BAKERY, tried=0).digest, by="Ada", now=NOW)
    more = replace(BAKERY, answers={"stock.paging": "whole"})
    drafting.approve(context, more, drafting.draft(context, more, tried=0).digest, by="Ada", now=NOW)
    assert "stock" in connections.system_of("bakery").definition.streams


@pytest.mark.parametrize("name", ["Bakery", "../bakery", "b", "1x", "a b", "", "x" * 61])
def test_a_name_that_cannot_be_one_is_refused(name: str, context: Context) -> None:
    if name == "b":
        assert drafting.draft(context, replace(BAKERY, name=name), tried=0).drafted.name == "b"
        return
    with pytest.raises(UsageError, match="cannot be the name"):
        drafting.draft(context, replace(BAKERY, name=name))


def test_a_connector_of_the_product_is_not_replaced(context: Context) -> None:
    for name in ("stripe", "postgres"):
        with pytest.raises(UnsupportedError, match="already"):
            drafting.draft(context, replace(BAKERY, name=name))


def test_whoever_may_not_connect_drafts_nothing(context: Context) -> None:
    with pytest.raises(AccessError, match="connections"):
        drafting.draft(replace(context, rights=frozenset({"ask", "plan", "approve"})), BAKERY)
    may_not = replace(context, rights=frozenset({"connect"}))
    with pytest.raises(AccessError, match="approve"):
        drafting.approve(may_not, BAKERY, drafting.draft(may_not, BAKERY, tried=0).digest, by="Ada", now=NOW)


def test_two_workspaces_with_different_connectors_of_one_name_are_not_mixed_up(
    context: Context, tmp_path: Path
) -> None:
    drafting.approve(context, BAKERY, drafting.draft(context, BAKERY, tried=0).digest, by="Ada", now=NOW)
    other = Context(Workspace(tmp_path / "other", NOW), "bea")
    fleet = Wanted("bakery", FILES / "fleet.json")
    drafting.approve(other, fleet, drafting.draft(other, fleet, tried=0).digest, by="Bea", now=NOW)
    with pytest.raises(SpecError, match="different connectors"):
        connector("bakery")


def test_what_the_draft_says_of_paging_is_not_called_confirmed(context: Context) -> None:
    found = drafting.draft(context, BAKERY, tried=1)
    assert found.drafted.definition.proof.grade == "D"
    assert found.untried == ("orders",)
    assert {one.stream for one in verdicts(found.drafted, FILES / "bakery.yaml", ["shops"])} == {"shops"}
