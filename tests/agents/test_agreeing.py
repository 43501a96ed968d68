"""Words that are agreed on and preferences that are said in a conversation, without any model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents import replies
from agents.builtin.intents.preferring import preferred_in
from agents.builtin.language.agreed import said_of_words
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.run import RunResult
from tools import definitions, preferences
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
ORDERS = """id,customer,region,status,amount,refunds,day
1,Ann,North,paid,10.50,0.50,2026-09-01
2,Bob,South,open,20.00,0.00,2026-09-02
3,Ann,North,shipped,100.00,25.00,2026-09-03
4,Ann,South,cancelled,1.25,0.00,2026-09-04
"""


def never(*_: object, **__: object) -> RunResult:
    raise AssertionError("nothing runs here")


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


@pytest.fixture
def orders(tmp_path: Path) -> str:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return str(tmp_path / "orders.csv")


class Talk:
    """One conversation over the orders."""

    def __init__(self, context: Context, *data: str) -> None:
        self.context, self.data = context, data
        with Session(context, clock=NOW) as session:
            self.thread = session.begin("orders", surface="page")

    def say(self, text: str) -> list[replies.Reply]:
        with Session(self.context, clock=NOW) as session:
            message = Message(text=text, thread=self.thread)
            return [one for one in session.talk(message, start=never, data=self.data) if one.kind != "progress"]

    def told(self, text: str) -> str:
        return "\n".join(one.text for one in self.say(text) if isinstance(one, replies.Text | replies.Question))


def figures(said: list[replies.Reply]) -> list[list[object]]:
    return [list(row) for one in said if isinstance(one, replies.Table) for row in one.rows]


@pytest.mark.parametrize(
    ("said", "word", "question", "figure"),
    [
        ("revenue means amount minus refunds", "revenue", "what is the revenue?", "106.25"),
        ("revenue is amount net of refunds", "revenue", "what is the revenue?", "106.25"),
        ("turnover = sum(amount)", "turnover", "what is the turnover?", "131.75"),
        ("when I say turnover I mean the sum of amount", "turnover", "what is the turnover?", "131.75"),
        ("our revenue excludes cancelled orders", "revenue", "what is the revenue?", "130.50"),
        ("by active I mean status is paid or shipped", "active", "how many active orders are there?", 2),
        ("remember that active means paid", "active", "how many active orders?", 1),
        ("a big order is one above 15", "big order", "how many big orders are there?", 2),
        ("let's call orders above 15 big orders", "big orders", "how many big orders are there?", 2),
        ("Umsatz bedeutet amount abzüglich refunds", "umsatz", "Wie hoch ist der Umsatz?", "106.25"),
    ],
)
def test_a_meaning_is_read_over_the_data_and_kept_on_a_yes(
    said: str, word: str, question: str, figure: object, context: Context, orders: str
) -> None:
    talk = Talk(context, orders)
    (asked,) = talk.say(said)
    assert isinstance(asked, replies.Question)
    assert f"gives {figure} now" in asked.text
    assert definitions.known(context) == []
    assert "Kept" in talk.told("yes")
    (kept,) = definitions.known(context)
    assert (kept.name, kept.meaning.author, kept.meaning.version) == (word, "anna", "1")
    answered = talk.say(question)
    assert figures(answered) == [[figure]]
    assert f"'{word}' means" in "\n".join(one.text for one in answered if isinstance(one, replies.Text))


def test_nothing_is_kept_before_a_yes_or_after_a_no(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    talk.say("revenue means amount minus refunds")
    assert talk.told("no") == "Nothing was kept."
    assert definitions.known(context) == []
    assert figures(talk.say("what is the revenue?")) == [["131.75"]]


def test_what_the_data_does_not_have_is_no_meaning_and_says_so(context: Context, orders: str) -> None:
    told = Talk(context, orders).told("revenue means profit times luck")
    assert "Not every part of “profit times luck” is in the data." in told
    assert "Nothing was kept." in told
    assert definitions.known(context) == []


def test_a_new_meaning_takes_the_place_of_the_old_one_and_answers_say_which_they_used(
    context: Context, orders: str
) -> None:
    talk = Talk(context, orders)
    for said in ("revenue means amount minus refunds", "yes", "what is the revenue?"):
        talk.say(said)
    assert "takes the place of version 1: amount minus refunds" in talk.told("revenue means sum of amount")
    talk.say("yes")
    told = talk.told("what is the revenue?")
    assert "version 2" in told
    assert "version 1" not in told
    assert "version 2" in talk.told("and by region?")
    assert "'revenue'" not in talk.told("how many orders are there?")


def test_a_meaning_that_was_forgotten_is_said_of_no_answer(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    for said in ("revenue means amount minus refunds", "yes", "what is the revenue?"):
        talk.say(said)
    assert "version 1 by anna" in talk.told("what does revenue mean here?")
    assert isinstance(talk.say("forget what revenue means")[0], replies.Question)
    assert [one.name for one in definitions.known(context)] == ["revenue"]
    talk.say("forget it")
    assert definitions.known(context) == []
    answered = talk.say("what is the revenue?")
    assert figures(answered) == [["131.75"]]
    assert not any("as defined here" in one.text for one in answered if isinstance(one, replies.Text))


def test_a_meaning_may_be_forgotten_with_all_its_versions(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    for said in ("Umsatz bedeutet amount minus refunds", "ja", "vergiss was Umsatz bedeutet", "2"):
        talk.say(said)
    assert context.workspace.store.definition_versions("umsatz") == []


def test_the_last_answer_can_be_given_a_name(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    assert "no answer in this conversation" in talk.told("call it turnover")
    talk.say("sum of amount where status is paid")
    assert "gives 10.50 now" in talk.told("call it turnover")
    talk.say("yes")
    assert figures(talk.say("turnover by region")) == [["North", "10.50"]]


def test_a_plan_writes_the_meaning_with_its_version_into_its_spec(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    for said in ("revenue means amount minus refunds", "yes"):
        talk.say(said)
    planned = talk.say("revenue by region, save it as revenue.csv")
    (card,) = (one for one in planned if isinstance(one, replies.PlanCard))
    spec = context.workspace.store.spec(card.spec_digest)
    assert spec is not None
    meaning = spec.definitions["revenue"]
    assert (meaning.text, meaning.version, meaning.author) == ("amount minus refunds", "1", "anna")


def test_agreed_words_are_listed_and_one_that_is_not_is_read_aloud(context: Context, orders: str) -> None:
    talk = Talk(context, orders)
    assert "Nothing was agreed on yet" in talk.told("list my definitions")
    assert "I read it as: Sum of orders.amount" in talk.told("what does revenue mean here?")
    for said in ("revenue means amount minus refunds", "yes"):
        talk.say(said)
    assert figures(talk.say("which words have I defined?")) == [["revenue", "amount minus refunds", "1", "anna"]]


def test_whoever_may_only_ask_keeps_and_forgets_nothing(context: Context, orders: str) -> None:
    talk = Talk(Context(context.workspace, "anna", frozenset({"ask"})), orders)
    for said in ("revenue means amount minus refunds", "forget what revenue means"):
        assert any(isinstance(one, replies.Failure) for one in talk.say(said))


@pytest.mark.parametrize(
    ("said", "name", "value"),
    [
        ("use German for reports", "language", "de"),
        ("Berichte bitte auf Deutsch", "language", "de"),
        ("I prefer euros", "currency", "EUR"),
        ("our currency is CHF", "currency", "CHF"),
        ("my time zone is New York", "timezone", "America/New_York"),
        ("only Excel reports please", "report_formats", "xlsx"),
        ("I like pie charts better", "chart", "pie"),
    ],
)
def test_a_preference_that_can_be_met_is_kept_and_taken_back_by_a_word(
    said: str, name: str, value: str, context: Context, orders: str
) -> None:
    talk = Talk(context, orders)
    assert f"{value}." in talk.told(said)
    assert preferences.preferred(context, name) == value
    talk.say(f"reset my {name.replace('_', ' ').replace('timezone', 'time zone')}")
    assert preferences.preferred(context, name) is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("always show me amounts with two decimals", "with the decimals that the data has"),
        ("show dates as day.month.year", "as the report's language has them"),
        ("weeks start on Sunday", "Weeks begin on Monday"),
        ("our fiscal year starts in April", "Years and quarters in answers are those of the calendar"),
        ("make reports as PDF", "There is: html, xlsx"),
        ("I want reports in Dutch", "There is: de, en, es, fr, it"),
    ],
)
def test_a_preference_that_cannot_be_met_is_refused_with_why(
    said: str, why: str, context: Context, orders: str
) -> None:
    assert why in Talk(context, orders).told(said)
    assert not any(one.own for one in preferences.chosen(context))


@pytest.mark.parametrize(
    "said",
    [
        "what is the revenue by region",
        "orders with amount above 100",
        "which customers have more than 3 orders",
        "revenue by region, where revenue means amount minus refunds",
        "is revenue amount minus refunds?",
        "average amount is above 100 per region",
        "show amounts in euros by region",
        "draw a bar chart of amount by region",
        "amount rounded to 2 decimals",
        "orders in euros",
    ],
)
def test_a_question_to_the_data_is_taken_for_neither(said: str) -> None:
    assert said_of_words(said) is None
    assert preferred_in(said) is None


def test_a_condition_on_a_column_is_no_meaning_of_its_name(context: Context, orders: str) -> None:
    said = Talk(context, orders).say("status = paid")
    assert not any(isinstance(one, replies.Question) and one.key.startswith("definition") for one in said)


def test_beside_a_plan_only_what_is_to_hold_always_is_a_preference() -> None:
    assert preferred_in("make reports in German", about_a_plan=True) is None
    assert preferred_in("always make reports in German", about_a_plan=True) is not None
