"""An account is disconnected by plain words and a yes to exactly what it stops; nothing else opens that door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bakehouse
import pytest
from bakehouse import KEY, Bakery

from agents import replies
from agents.builtin.intents import disconnect
from agents.session import Message, Session
from spec.base import JsonValue
from spec.codec import load_spec
from spec.errors import TransientError
from spec.run import RunResult
from tools import approvals, connecting, connections, consents, schedules, threads
from tools.context import Context, Right

NOW = datetime.now(UTC)
KNOWN = ("till", "bakehouse", "shop_db", "postgres", "stripe", "google_sheets")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    with bakehouse.workplace(tmp_path, monkeypatch, NOW) as anna:
        yield anna


@pytest.fixture
def bakery() -> Iterator[Bakery]:
    with bakehouse.serving() as running:
        yield running


def start(*_: Any, **__: Any) -> RunResult:
    raise AssertionError("nothing is run here")


class Talk:
    """One conversation."""

    def __init__(self, context: Context) -> None:
        self.context = context
        with Session(context, clock=NOW) as session:
            self.thread = session.begin("accounts", surface="page")

    def say(self, text: str = "", *, answer: str | None = None, data: tuple[str, ...] = ()) -> list[replies.Reply]:
        with Session(self.context, clock=NOW) as session:
            message = Message(text=text, thread=self.thread, answer=answer, data=data, timezone="UTC")
            found = list(session.talk(message, start=start))
        return [reply for reply in found if not isinstance(reply, replies.Progress)]

    @property
    def open(self) -> str | None:
        question = threads.opened(self.context, self.thread).question
        return str(question["key"]) if question is not None else None


def connect(context: Context, bakery: Bakery, name: str = "till") -> None:
    at = {"address": bakery.base, "shop": "s1"}
    connecting.with_key(context, "bakehouse", name, at, {"token": KEY}, now=NOW, way="bearer")


def weekly(context: Context, name: str = "weekly", connection: str = "till") -> None:
    """An approved plan that comes every Monday and reads the bakery's orders."""
    columns = {"id": "BIGINT", "total": "DECIMAL(18,2)"}
    source = {"connector": "bakehouse", "connection": connection, "stream": "orders", "columns": columns}
    spec = {
        "version": 1,
        "name": name,
        "sources": {"orders": source},
        "steps": [{"id": "all", "use": "aggregate", "from": "orders", "measures": {"total": "sum(total)"}}],
        "outputs": [{"file": f"{name}.csv", "from": "all", "order_by": "total"}],
        "schedule": {"cron": "0 8 * * 1", "timezone": "UTC"},
    }
    file = context.workspace.folder / f"{name}.json"
    file.write_text(json.dumps(spec), encoding="utf-8")
    approvals.approve(context, load_spec(file), (), approved_by="Anna", now=NOW)
    schedules.add(context, file, now=NOW, out=context.workspace.folder / "out")


def names(context: Context) -> list[str]:
    return [one.name for one in connections.saved(context)]


def texts(found: list[replies.Reply]) -> str:
    return "\n".join(reply.text for reply in found if isinstance(reply, replies.Text | replies.Question))


@pytest.mark.parametrize("words", ["disconnect Bakehouse", "forget the Bakehouse connection", "please disconnect till"])
def test_plain_words_are_asked_back_with_what_stops_and_a_yes_forgets(
    context: Context, bakery: Bakery, words: str
) -> None:
    connect(context, bakery)
    weekly(context)
    talk = Talk(context)
    (asked,) = talk.say(words)
    assert isinstance(asked, replies.Question)
    assert asked.text.startswith(f"Forget the connection till (Bakehouse, {bakery.base}/v1)?")
    assert "It pauses weekly, which runs by itself." in asked.text
    assert "still good at Bakehouse" in asked.text
    assert names(context) == ["till"]
    (done,) = talk.say(answer=asked.options[0].value)
    assert isinstance(done, replies.Text)
    assert done.text.startswith("The connection till is forgotten, and its secrets are gone from the vault.")
    assert "weekly is paused" in done.text
    assert names(context) == []
    assert connections.vault().names() == ()
    assert [one.paused for one in schedules.listed(context, now=NOW)] == [True]
    assert [entry.action for entry in context.workspace.store.audit_trail()][-2:] == [
        "pause schedule", "forget connection",
    ]  # fmt: skip


@pytest.mark.parametrize("goes", [True, False])
def test_a_system_that_cannot_be_asked_is_forgotten_after_a_second_yes(
    context: Context, bakery: Bakery, monkeypatch: pytest.MonkeyPatch, goes: bool
) -> None:
    def gone(_: object) -> str:
        raise TransientError("Bakehouse cannot be reached.", hint="Try again in a moment.")

    connect(context, bakery)
    monkeypatch.setattr(consents, "_given_back", gone)
    talk = Talk(context)
    (first,) = talk.say("disconnect till")
    assert isinstance(first, replies.Question)
    (second,) = talk.say(answer=first.options[0].value)
    assert isinstance(second, replies.Question)
    assert "Bakehouse cannot be reached." in second.text
    assert "gone for good" in second.text
    assert names(context) == ["till"]
    (done,) = talk.say(answer=second.options[0 if goes else 1].value)
    assert isinstance(done, replies.Text)
    assert names(context) == ([] if goes else ["till"])
    assert ("was not asked" in done.text) == goes
    assert talk.open is None


@pytest.mark.parametrize("no", ["keep it", "no", "2", "cancel"])
def test_a_no_leaves_everything_as_it_was(context: Context, bakery: Bakery, no: str) -> None:
    connect(context, bakery)
    talk = Talk(context)
    talk.say("disconnect till")
    assert "It stays as it was." in texts(talk.say(no))
    assert names(context) == ["till"]
    assert talk.open is None


def test_what_would_stop_more_by_now_is_asked_again(context: Context, bakery: Bakery) -> None:
    connect(context, bakery)
    talk = Talk(context)
    (asked,) = talk.say("disconnect till")
    assert "No approved pipeline uses it." in texts([asked])
    weekly(context)
    again = texts(talk.say("yes"))
    assert "has changed meanwhile" in again
    assert "It pauses weekly" in again
    assert names(context) == ["till"]
    talk.say("yes, forget it")
    assert names(context) == []


def test_which_of_several_is_asked(context: Context, bakery: Bakery) -> None:
    connect(context, bakery)
    connect(context, bakery, "market")
    talk = Talk(context)
    (which,) = talk.say("disconnect my Bakehouse account")
    assert isinstance(which, replies.Question)
    assert [one.value for one in which.options] == ["market", "till"]
    (asked,) = talk.say(answer="market")
    assert "Forget the connection market" in texts([asked])
    talk.say("yes")
    assert names(context) == ["till"]


def test_a_conversation_goes_on_after_what_it_looked_at_was_forgotten(
    context: Context, bakery: Bakery, tmp_path: Path
) -> None:
    connect(context, bakery)
    (tmp_path / "costs.csv").write_text("id,amount\n1,2.50\n2,4.00\n", encoding="utf-8")
    here, there = Talk(context), Talk(context)
    for talk in (here, there):
        talk.say("how many orders", data=("till", str(tmp_path / "costs.csv")))
    here.say("disconnect till")
    here.say("yes")
    found = here.say("sum of amount")
    assert [type(one) for one in found if isinstance(one, replies.Failure)] == []
    assert "6.5" in str(found)
    told = there.say("sum of amount")
    assert "The connection till is forgotten" in texts(told)
    assert "6.5" in str(told)
    assert "is forgotten" not in texts(there.say("sum of amount"))


def test_a_question_that_was_open_is_open_again(context: Context, bakery: Bakery, tmp_path: Path) -> None:
    connect(context, bakery)
    talk = Talk(context)
    saved = threads.opened(context, talk.thread)
    asked: dict[str, JsonValue] = {**saved.request, "want": "pipeline"}
    before: dict[str, JsonValue] = {"key": "year", "text": "Which year?", "options": [], "asked": asked}
    threads.kept(context, replace(saved, question=before), NOW)
    talk.say("disconnect till")
    talk.say("forget the till connection")
    talk.say("no")
    assert talk.open == "year"


def test_who_may_not_connect_is_asked_nothing(context: Context, bakery: Bakery) -> None:
    connect(context, bakery)
    rights: frozenset[Right] = frozenset({"ask", "plan", "approve", "run"})
    (failure,) = Talk(Context(context.workspace, "ben", rights)).say("disconnect till")
    assert isinstance(failure, replies.Failure)
    assert failure.error == "access"
    assert names(context) == ["till"]


def test_what_is_not_connected_is_told(context: Context, bakery: Bakery) -> None:
    assert "There are no saved connections." in texts(Talk(context).say("disconnect Stripe"))
    connect(context, bakery)
    assert "No connection is called “stripe”." in texts(Talk(context).say("disconnect Stripe"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("disconnect Stripe", "stripe"),
        ("please disconnect my Stripe account", "stripe"),
        ("can you disconnect stripe?", "stripe"),
        ("I want to disconnect from Stripe now", "stripe"),
        ("forget the Stripe connection", "stripe"),
        ("forget Stripe", "stripe"),
        ("delete the connection shop_db", "shop_db"),
        ("remove the connection to Google Sheets", "google_sheets"),
        ("revoke Stripe's access", "stripe"),
        ("unlink till", "till"),
        ("scollega Stripe", "stripe"),
        ("dimentica la connessione a Stripe", "stripe"),
        ("Stripe trennen", "stripe"),
        ("bitte die Verbindung zu Stripe löschen", "stripe"),
        ("entferne die Stripe-Verbindung", "stripe"),
        ("desconecta mi cuenta de Stripe", "stripe"),
        ("elimina la conexión de Stripe", "stripe"),
        ("déconnecte mon compte Stripe", "stripe"),
        ("oublie la connexion Stripe", "stripe"),
    ],
)
def test_a_wish_to_disconnect_is_told_from_plain_words(said: str, meant: str) -> None:
    assert disconnect.names(said, KNOWN) == meant


@pytest.mark.parametrize(
    "said",
    [
        "forget it",
        "forget the plan",
        "remove stripe",
        "remove the till column",
        "delete rows of stripe and shop",
        "remove duplicates by key",
        "what happens if I disconnect Stripe",
        "how do I disconnect Stripe?",
        "connect Stripe",
        "drop the key",
        "which orders are not connected to Stripe",
    ],
)
def test_other_words_are_no_wish_to_disconnect(said: str) -> None:
    assert disconnect.names(said, KNOWN) is None
    assert disconnect.wish(said) is None
