"""Rights in a workspace: given, taken, never lost to everyone, and enforced by the tools."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.workspace import Workspace
from spec.errors import AccessError, SpecError, UsageError
from tools import connections, people
from tools.context import ALL_RIGHTS, Context, context_of

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def ada(tmp_path: Path) -> Context:
    return context_of(Workspace(tmp_path / ".dreflow", NOW), "ada")


def test_whoever_gives_the_first_right_is_not_locked_out(ada: Context) -> None:
    granted = people.grant(ada, "bo", ["ask", "plan"], now=NOW)
    assert granted.principal.rights == {"ask", "plan"}
    assert granted.founder == "ada"
    assert context_of(ada.workspace, "ada").rights == ALL_RIGHTS
    assert context_of(ada.workspace, "bo").rights == {"ask", "plan"}
    assert context_of(ada.workspace, "eve").rights == frozenset()


def test_rights_add_up_and_are_taken_one_by_one(ada: Context) -> None:
    people.grant(ada, "nightly", ["run"], kind="service", now=NOW)
    again = people.grant(ada, "nightly", ["ask"], now=NOW).principal
    assert again.rights == {"ask", "run"}
    assert again.kind == "service"
    assert people.revoke(ada, "nightly", ["run"], now=NOW).rights == {"ask"}
    assert people.revoke(ada, "nightly", [], now=NOW).rights == frozenset()
    with pytest.raises(AccessError, match="nightly may not"):
        connections.discover(context_of(ada.workspace, "nightly"), "x.csv", base=Path())


def test_all_stands_for_every_right(ada: Context) -> None:
    assert people.grant(ada, "bo", ["all"], now=NOW).principal.rights == ALL_RIGHTS


def test_the_last_who_can_give_rights_keeps_that_right(ada: Context) -> None:
    people.grant(ada, "bo", ["ask"], now=NOW)
    for rights in (["admin"], []):
        with pytest.raises(UsageError, match="last"):
            people.revoke(ada, "ada", rights, now=NOW)
    people.grant(ada, "bo", ["admin"], now=NOW)
    assert people.revoke(ada, "ada", [], now=NOW).rights == frozenset()


def test_who_may_not_administer_can_neither_give_nor_take(ada: Context) -> None:
    people.grant(ada, "bo", ["ask"], now=NOW)
    bo = context_of(ada.workspace, "bo")
    with pytest.raises(AccessError):
        people.grant(bo, "bo", ["admin"], now=NOW)
    with pytest.raises(AccessError):
        people.revoke(bo, "ada", [], now=NOW)


def test_every_change_is_on_the_trail(ada: Context) -> None:
    people.grant(ada, "bo", ["ask"], now=NOW)
    people.revoke(ada, "bo", [], now=NOW)
    trail = [(entry.principal, entry.action, entry.subject) for entry in ada.workspace.store.audit_trail()]
    assert trail == [("ada", "give rights", "ada"), ("ada", "give rights", "bo"), ("ada", "give rights", "bo")]
    assert ada.workspace.store.first_broken_entry() is None


def test_a_right_or_a_name_that_is_none_is_refused(ada: Context) -> None:
    with pytest.raises(SpecError, match="approve"):
        people.grant(ada, "bo", ["aprove"], now=NOW)
    with pytest.raises(UsageError):
        people.grant(ada, "  ", ["ask"], now=NOW)
    with pytest.raises(SpecError, match="bo"):
        people.revoke(ada, "bo", [], now=NOW)
    assert people.known(ada) == []
