"""What words mean here: numbered, never lost, and written into the specs that rely on them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.session import Message, Session
from memory.workspace import Workspace
from spec.codec import load_spec
from spec.errors import AccessError, SpecError, UsageError
from tools import definitions
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "orders.csv").write_text(
        "id,region,total,refunded\n1,North,10.50,0.50\n2,South,7.25,7.25\n3,South,600.00,0.00\n", encoding="utf-8"
    )
    return Context(Workspace(tmp_path / ".dreflow", NOW), "ada")


def test_a_new_meaning_is_a_new_version_and_the_old_one_stays(context: Context) -> None:
    definitions.add(context, " Net  Revenue", "after refunds", expression="total - refunded", now=NOW)
    definitions.add(context, "net revenue", "before refunds", now=NOW)
    definitions.forget(context, "Net revenue", now=NOW)
    assert definitions.known(context) == []
    told = [(one.version, one.meaning and one.meaning.text) for one in definitions.history(context, "net revenue")]
    assert told == [(1, "after refunds"), (2, "before refunds"), (3, None)]
    trail = [(entry.action, entry.subject, entry.principal) for entry in context.workspace.store.audit_trail()]
    assert trail == [("define", "net revenue", "ada")] * 2 + [("forget definition", "net revenue", "ada")]


def test_a_word_that_was_forgotten_can_be_defined_again(context: Context) -> None:
    definitions.add(context, "revenue", "after refunds", now=NOW)
    definitions.forget(context, "revenue", now=NOW)
    assert definitions.add(context, "revenue", "before refunds", now=NOW).meaning.version == "3"


@pytest.mark.parametrize("expression", ["read_csv('a.csv')", "1; DROP TABLE x", "total -", "(SELECT 1)", "now()"])
def test_an_expression_that_does_more_than_compute_is_no_definition(context: Context, expression: str) -> None:
    with pytest.raises(SpecError):
        definitions.add(context, "revenue", "after refunds", expression=expression, now=NOW)
    assert definitions.known(context) == []


@pytest.mark.parametrize(("name", "text"), [("", "x"), ("2nd", "x"), ("a" * 61, "x"), ("revenue", " "), ("x\ny;", "x")])
def test_what_is_no_word_or_no_meaning_is_refused(context: Context, name: str, text: str) -> None:
    with pytest.raises(UsageError):
        definitions.add(context, name, text, now=NOW)


def test_an_unknown_word_is_met_with_the_likeliest_one(context: Context) -> None:
    definitions.add(context, "revenue", "after refunds", now=NOW)
    with pytest.raises(SpecError, match="revenue"):
        definitions.history(context, "revenu")
    with pytest.raises(SpecError, match="revenue"):
        definitions.forget(context, "revenu", now=NOW)


def test_only_who_may_plan_says_what_words_mean(context: Context) -> None:
    guest = Context(context.workspace, "bo", frozenset({"ask"}))
    with pytest.raises(AccessError):
        definitions.add(guest, "revenue", "after refunds", now=NOW)
    assert definitions.known(guest) == []


def test_an_answer_uses_a_definition_and_says_so(context: Context, tmp_path: Path) -> None:
    definitions.add(context, "revenue", "net of refunds", expression="total - refunded", now=NOW)
    with Session(context, clock=NOW, base=tmp_path) as session:
        answer = session.ask(Message("revenue per region", data=("orders.csv",)))
        assert sorted(answer.rows) == [("North", "10.00"), ("South", "600.00")]
        assert any("version 1 by ada" in text for text in answer.assumptions)
        further = session.ask(Message("and only in South", thread=answer.thread))
    assert "definitions" in (further.spec or {})


def test_a_plan_keeps_the_meaning_it_was_made_with(context: Context, tmp_path: Path) -> None:
    definitions.add(context, "revenue", "net of refunds", expression="total - refunded", now=NOW)
    file = tmp_path / "revenue.yaml"

    def planned() -> str:
        with Session(context, clock=NOW, base=tmp_path) as session:
            said = "revenue per region, save it as revenue.csv"
            return session.plan(Message(said, data=("orders.csv",)), spec_file=file).spec_digest or ""

    first = planned()
    kept = load_spec(file).definitions["revenue"]
    assert (kept.text, kept.version, kept.expression) == ("net of refunds", "1", "total - refunded")
    definitions.add(context, "revenue", "what was paid, net of refunds", expression="total - refunded", now=NOW)
    assert planned() != first
    assert load_spec(file).definitions["revenue"].version == "2"


def test_a_word_that_nobody_said_is_in_no_spec(context: Context, tmp_path: Path) -> None:
    definitions.add(context, "revenue", "net of refunds", expression="total - refunded", now=NOW)
    with Session(context, clock=NOW, base=tmp_path) as session:
        answer = session.ask(Message("how many orders per region", data=("orders.csv",)))
    assert answer.status == "answered"
    assert "definitions" not in (answer.spec or {})
