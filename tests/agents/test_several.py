"""Several questions in one message."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from talk import Talk, texts

from agents import replies
from agents.several import each
from tools.context import Context


def _tables(found: list[replies.Reply]) -> list[object]:
    return [reply.rows for reply in found if isinstance(reply, replies.Table)]


def test_each_question_of_a_message_is_answered_below_its_words(context: Context, orders: Path) -> None:
    found = Talk(context, orders).say("How many orders are there? Which region has the highest total amount?")
    assert _tables(found) == [((4,),), (("North",),)]
    assert "“How many orders are there?”" in texts(found)
    assert "“Which region has the highest total amount?”" in texts(found)


def test_a_question_that_the_data_cannot_answer_is_in_nobodys_way(context: Context, orders: Path) -> None:
    found = Talk(context, orders).say("What is our profit? How many orders are there?")
    assert _tables(found) == [((4,),)]
    assert "profit" in texts(found).partition("“How many orders are there?”")[0].partition("”")[2]


def test_the_next_follow_up_goes_on_from_the_last_of_them(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("How many orders are there? What is the total amount?")
    assert _tables(talk.say("and by region?")) == [(("North", "110.50"), ("South", "21.25"))]


def test_where_one_asks_back_those_behind_it_wait() -> None:
    def ask(question: str) -> Iterator[replies.Reply]:
        yield replies.Question(key="which", text=f"Which? {question}")

    found = list(each(["How much?", "How many?", "Who?"], ask))
    assert [reply.kind for reply in found] == ["text", "question", "text"]
    assert texts(found).endswith("Then ask me again: “How many?” “Who?”")
