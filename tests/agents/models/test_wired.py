"""Models in a conversation beside the planner's: pairs of columns, a result in words, where a message belongs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from model_desk import NOW, Desk, urls
from model_server import Fail, Say

from agents import replies
from agents.session import Message, Session
from spec.run import RunResult
from tools.models import change

LOCAL, REMOTE = "ollama:llama3", "openai:scripted-1"
JOIN = "Join orders with customers, save as both.csv"


def start(*_: object, **__: object) -> RunResult:
    raise AssertionError("nothing is run here")


class Talk:
    """One conversation over the business's files, in a workspace whose routes name models at the local server."""

    def __init__(self, desk: Desk, folder: Path, **settings: Any) -> None:
        change(desk.context, {"urls": urls(desk.server), **settings}, now=NOW)
        self.session = Session(desk.context, clock=NOW)
        self.data = tuple(str(file) for file in sorted(folder.glob("*.csv")))
        self.thread = self.session.begin("sales", surface="page")

    def say(self, text: str = "", **more: Any) -> list[replies.Reply]:
        message = Message(text=text, thread=self.thread, now=NOW, **more)
        return list(self.session.talk(message, start=start, data=self.data))


def texts(said: list[replies.Reply]) -> str:
    return "\n".join(reply.text for reply in said if isinstance(reply, replies.Text))


def asked(said: list[replies.Reply]) -> replies.Question:
    (found,) = [reply for reply in said if isinstance(reply, replies.Question)]
    return found


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two tables whose columns for the same thing have other names."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "customers.csv").write_text("client,full_name,tier\n1,Anna Bianchi,2\n2,Bo Larsen,1\n", encoding="utf-8")
    (folder / "orders.csv").write_text("order_no,buyer,total\n10,1,5.50\n11,2,6.25\n12,1,1.00\n", encoding="utf-8")
    return folder


def pairs(*found: tuple[str, str]) -> Say:
    return Say(json.dumps({"pairs": [{"ours": ours, "theirs": theirs} for ours, theirs in found]}))


def test_a_models_pair_of_columns_is_asked_about_and_joined_only_once_chosen(desk: Desk, files: Path) -> None:
    talk = Talk(desk, files, routes={"extract": [REMOTE]})
    desk.server.play(pairs(("buyer", "client"), ("order_no", "tier"), ("total", "full_name")))
    question = asked(talk.say(JOIN, wish="plan"))
    assert "nothing is joined" in question.text
    assert [option.value for option in question.options] == ["buyer = client", "none"], "the data bears out one alone"
    assert "3 of 3 rows" in question.options[0].label
    assert "Larsen" not in desk.server.seen[0].text
    desk.server.play(Fail(500))
    said = talk.say(answer="buyer = client")
    (card,) = [reply for reply in said if isinstance(reply, replies.PlanCard)]
    assert card.reading.startswith("Join orders with customers by buyer")
    assert desk.server.seen == [], "a choice is kept"


def test_none_of_the_pairs_leaves_the_builtin_planners_refusal(desk: Desk, files: Path) -> None:
    plain = texts(Talk(desk, files, routes={}).say(JOIN, wish="plan"))
    talk = Talk(desk, files, routes={"extract": [REMOTE]})
    desk.server.play(pairs(("buyer", "client")))
    asked(talk.say(JOIN, wish="plan"))
    assert texts(talk.say(answer="none")) == plain
    assert len(desk.server.seen) == 1


def test_pairs_that_the_data_does_not_bear_out_are_no_question(desk: Desk, files: Path) -> None:
    plain = texts(Talk(desk, files, routes={}).say(JOIN, wish="plan"))
    talk = Talk(desk, files, routes={"extract": [REMOTE]})
    desk.server.play(pairs(("order_no", "client"), ("total", "tier")))
    assert texts(talk.say(JOIN, wish="plan")) == plain
    desk.server.play(Fail(401))
    said = texts(talk.say(JOIN, wish="plan"))
    assert said.startswith(plain)
    assert "the key for OpenAI" in said


def test_without_a_route_no_model_is_asked_which_columns_correspond(desk: Desk, files: Path) -> None:
    desk.server.play(pairs(("buyer", "client")))
    talk = Talk(desk, files)
    assert not any(isinstance(reply, replies.Question) for reply in talk.say(JOIN, wish="plan"))
    assert desk.server.seen == []


SPENT = "What is the total per buyer?"


def test_a_result_is_told_in_a_models_words_with_its_own_figures_alone(desk: Desk, files: Path) -> None:
    talk = Talk(desk, files, routes={"explain": [LOCAL]})
    talk.say(SPENT)
    wrong, right = "Buyer 1 spent 6.50, twice 3.25.", "Buyer 1 spent 6.50 and buyer 2 spent 6.25."
    desk.server.play(*(Say(json.dumps({"sentences": [words]})) for words in (wrong, right)))
    said = talk.say("explain the result")
    assert "It reads" in texts(said), "what the spec says comes first"
    assert right in texts(said)
    assert LOCAL in texts(said)
    assert len(desk.server.seen) == 2, "a figure that is not in the result was sent back"
    assert "3.25" in desk.server.seen[1].text


def test_a_result_is_not_told_where_no_model_may_see_it(desk: Desk, files: Path) -> None:
    plain = Talk(desk, files, routes={})
    plain.say(SPENT)
    usual = texts(plain.say("why?"))
    talk = Talk(desk, files, routes={"explain": [REMOTE]})
    talk.say(SPENT)
    desk.server.play(Say(json.dumps({"sentences": ["Much."]})))
    said = texts(talk.say("why?"))
    assert said.startswith(usual)
    assert "shows it no rows" in said
    assert desk.server.seen == []


def test_a_plan_is_explained_by_its_spec_alone(desk: Desk, files: Path) -> None:
    talk = Talk(desk, files, routes={"explain": [LOCAL]})
    talk.say("Save the total per buyer as totals.csv", wish="plan")
    desk.server.play(Say(json.dumps({"sentences": ["Much."]})))
    assert "It reads" in texts(talk.say("why?"))
    assert desk.server.seen == []


LOST = "I wonder about the automations of Anna Bianchi around here"


def test_a_message_that_is_no_question_is_sent_where_a_model_says_it_belongs(desk: Desk, files: Path) -> None:
    usual = texts(Talk(desk, files, routes={}).say(LOST))
    desk.server.play(Say(json.dumps({"route": "pipelines"})))
    talk = Talk(desk, files, routes={"route": [REMOTE]}, without_tools=[REMOTE])
    assert "There are no approved pipelines yet." in texts(talk.say(LOST))
    assert "Bianchi" not in desk.server.seen[0].text
    desk.server.play(Say(json.dumps({"route": "answer"})))
    assert texts(talk.say(LOST)) == usual
    desk.server.play(Say(json.dumps({"route": "approve"})))
    assert texts(talk.say(LOST)) == usual, "what takes a person's own words is no route of a model's"


def test_a_question_that_is_answered_is_not_sent_to_be_routed(desk: Desk, files: Path) -> None:
    talk = Talk(desk, files, routes={"route": [REMOTE]})
    assert not any(isinstance(reply, replies.Failure) for reply in talk.say(SPENT))
    assert desk.server.seen == []


def test_help_from_the_documents_masks_who_is_in_the_data(desk: Desk, files: Path) -> None:
    talk = Talk(desk, files, routes={"explain": [REMOTE]}, without_tools=[REMOTE])
    desk.server.play(Say(json.dumps({"text": "", "cites": []})))
    talk.say("How do I connect to the bank of Anna Bianchi?")
    assert len(desk.server.seen) == 1
    assert "Bianchi" not in desk.server.seen[0].text
