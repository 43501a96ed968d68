"""Turns of conversations: one after the other, stopped, left by a process that is gone, and beside those of others."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talk import NOW, Talk, one, planned, start, texts

from agents import replies, stages
from agents.session import Message, Session
from memory.workspace import Workspace
from spec.run import RunEvent, RunResult
from tools import conversations
from tools.context import Context

ROOT = Path(__file__).resolve().parents[2]


def test_what_was_said_is_there_after_a_restart(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    said = talk.say("total amount by region")
    context.workspace.store.close()
    again = Context(Workspace(context.workspace.folder, NOW), "anna")
    kept = [
        replies.REPLY.validate_python(one.body["reply"])
        for one in conversations.messages(again, talk.thread)
        if "reply" in one.body
    ]
    assert kept == said
    again.workspace.store.close()


def test_two_messages_at_once_are_answered_one_after_the_other(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    threads = [
        threading.Thread(target=talk.say, args=(text,))
        for text in ("how many orders", "total amount", "average amount")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = [message.turn for message in conversations.messages(context, talk.thread)]
    assert turns == sorted(turns)
    assert set(turns) == {1, 2, 3}


def test_a_turn_whose_process_is_gone_holds_nobody_up(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    gone = subprocess.run(
        [sys.executable, "-c", "from memory.owners import this_owner; print(this_owner())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    conversations.of(context).queue_turn(talk.thread, by="anna", owner=gone.stdout.strip(), now=NOW)
    assert one(talk.say("how many orders"), replies.Table).rows == ((4,),)


def test_a_stopped_turn_leaves_the_thread_as_it_was(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    talk.say("how many orders")
    before = context.workspace.store.thread(talk.thread)
    with Session(context, clock=NOW) as session:
        stream = session.talk(Message(text="total amount by region", thread=talk.thread), start=start)
        next(stream)
        session.stop(talk.thread)
        rest = list(stream)
    assert texts(rest) == "Stopped. Nothing was changed."
    after = context.workspace.store.thread(talk.thread)
    assert before is not None
    assert after is not None
    assert after.history == before.history


def test_conversations_that_plan_the_same_at_once_get_pipelines_of_their_own(context: Context, orders: Path) -> None:
    talks = [Talk(context, orders) for _ in range(4)]
    cards: list[replies.PlanCard] = []
    threads = [threading.Thread(target=lambda talk=talk: cards.append(planned(talk))) for talk in talks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(card.name for card in cards) == ["totals", "totals_2", "totals_3", "totals_4"]


def test_a_plan_that_waits_for_the_proof_of_another_can_be_stopped(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    found: list[list[replies.Reply]] = []
    with stages._PROVING:
        asking = threading.Thread(
            target=lambda: found.append(talk.say("total amount by region, save it as totals.csv"))
        )
        asking.start()
        while conversations.of(context).turn_status(talk.thread, 1) != "cancelled":
            conversations.cancel_running(context, talk.thread, now=NOW)
            asking.join(0.2)
            assert asking.is_alive() or found
        asking.join()
    assert texts(found[0]).endswith("Stopped. Nothing was changed.")
    assert conversations.plans(context, talk.thread) == []


def test_a_run_that_was_done_before_it_could_be_stopped_is_not_said_to_have_changed_nothing(
    context: Context, orders: Path
) -> None:
    talk = Talk(context, orders)
    digest = planned(talk).spec_digest

    def stopped_late(context: Context, spec: Path, **more: Any) -> RunResult:
        result = start(context, spec, **more)
        with Session(context, clock=NOW) as other:
            other.stop(talk.thread)
        return result

    with Session(context, clock=NOW) as session:
        message = Message(thread=talk.thread, decision="approve", digest=digest)
        found = list(session.talk(message, start=stopped_late, data=talk.data))
    assert "The run was done before it could be stopped. It wrote totals.csv." in texts(found)


def test_stopping_a_conversation_asks_its_run_to_stop_at_once(context: Context, orders: Path) -> None:
    talk = Talk(context, orders)
    digest = planned(talk).spec_digest
    heard: list[bool] = []

    def at_work(context: Context, spec: Path, *, told: Callable[[RunEvent], None], **more: Any) -> RunResult:
        def hears(event: RunEvent) -> None:
            if event.phase == "start":
                with Session(context, clock=NOW) as other:
                    other.stop(talk.thread)
                heard.append(context.workspace.store.cancel_requested(event.run_id))
            told(event)

        return start(context, spec, told=hears, **more)

    with Session(context, clock=NOW) as session:
        message = Message(thread=talk.thread, decision="approve", digest=digest)
        found = list(session.talk(message, start=at_work, data=talk.data))
    assert heard == [True]
    assert "Stopped; the run published nothing. The plan stays approved" in texts(found)
