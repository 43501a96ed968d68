"""A process that dies in the middle of a decision: what was decided is carried out, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from agents import replies, stages
from agents.session import Message, Session
from memory.conversations import Conversations
from memory.threads import checkpoints
from memory.workspace import Workspace
from spec.run import RunEvent, RunResult
from tools import conversations, runs, schedules
from tools.context import Context

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
WISH = "total amount by region, save it as totals.csv, every Monday at 7"
Kill = Callable[[pytest.MonkeyPatch], None]


class Killed(BaseException):
    """The end of the process."""


def start(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
    return runs.run(context, spec, now=now, out=out, told=told)


def killed(*_: object, **__: object) -> Any:
    raise Killed


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    (tmp_path / "orders.csv").write_text("id,region,amount\n1,North,10.50\n2,South,1.25\n", encoding="utf-8")
    workspace = Workspace(tmp_path / ".dreflow", NOW)
    yield Context(workspace, "anna")
    workspace.store.close()


@pytest.fixture
def thread(context: Context) -> str:
    with Session(context, clock=NOW) as session:
        return session.begin("orders", surface="page")


def say(context: Context, thread: str, *, start: stages.Start = start, **said: Any) -> list[replies.Reply]:
    data = (str(context.workspace.folder.parent / "orders.csv"),)
    with Session(context, clock=NOW) as session:
        message = Message(thread=thread, timezone="UTC", **said)
        found = list(session.talk(message, start=start, data=data))
    return [reply for reply in found if not isinstance(reply, replies.Progress)]


def texts(found: list[replies.Reply]) -> str:
    return "\n".join(reply.text for reply in found if isinstance(reply, replies.Text))


def planned(context: Context, thread: str) -> str:
    (card,) = [one for one in say(context, thread, text=WISH) if isinstance(one, replies.PlanCard)]
    return card.spec_digest


def before_it_is_applied(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stages, "apply", killed)


def before_its_checkpoint(patch: pytest.MonkeyPatch) -> None:
    """The decision is among the writes of its step, and the step's checkpoint is not there."""

    @contextmanager
    def without(workspace: Workspace) -> Iterator[BaseCheckpointSaver[str]]:
        with checkpoints(workspace) as saver:
            patch.setattr(saver, "put", killed)
            yield saver

    patch.setattr("agents.supervisor.checkpoints", without)


@pytest.mark.parametrize("kill", [before_it_is_applied, before_its_checkpoint])
@pytest.mark.parametrize(("first", "second"), [("approve", "reject"), ("reject", "approve")])
def test_a_decision_that_was_not_recorded_gives_way_to_the_next_one(
    context: Context, thread: str, kill: Kill, first: str, second: str
) -> None:
    digest = planned(context, thread)
    with pytest.MonkeyPatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            say(context, thread, decision=first, digest=digest)
    found = say(context, thread, decision=second, digest=digest)
    (plan,) = conversations.plans(context, thread)
    if second == "reject":
        assert "this plan was not approved" in texts(found)
        assert plan.status == "rejected"
        assert runs.recent(context, limit=9) == []
    else:
        assert "approved this plan" in texts(found)
        assert plan.status == "approved"
        assert len(runs.recent(context, limit=9)) == 1


def test_an_approval_that_was_interrupted_is_carried_out_when_it_is_said_again(context: Context, thread: str) -> None:
    digest = planned(context, thread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "_scheduled", killed)
        with pytest.raises(Killed):
            say(context, thread, decision="approve", digest=digest)
    found = say(context, thread, decision="approve", digest=digest, again=True)
    assert "It runs by itself" in texts(found)
    assert [one.name for one in found if isinstance(one, replies.File)] == ["totals.csv"]
    assert [one.pipeline for one in schedules.store_of(context).schedules()]
    assert len(runs.recent(context, limit=9)) == 1


def test_an_approval_killed_during_its_run_runs_when_it_is_said_again(context: Context, thread: str) -> None:
    digest = planned(context, thread)
    with pytest.raises(Killed):
        say(context, thread, decision="approve", digest=digest, start=killed)
    found = say(context, thread, decision="approve", digest=digest, again=True)
    assert [one.name for one in found if isinstance(one, replies.File)] == ["totals.csv"]
    assert (
        texts(say(context, thread, decision="approve", digest=digest, again=True))
        == "No plan is waiting for a decision."
    )
    assert len(runs.recent(context, limit=9)) == 1


def test_what_was_said_before_the_process_ended_is_said_again_and_nothing_is_done_again(
    context: Context, thread: str
) -> None:
    digest = planned(context, thread)
    whole = Conversations.end_turn

    def dying(self: Conversations, thread: str, number: int, _: str, *, now: datetime) -> None:
        whole(self, thread, number, "failed", now=now)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Conversations, "end_turn", dying)
        with pytest.raises(Killed):
            say(context, thread, decision="approve", digest=digest)
    found = say(context, thread, decision="approve", digest=digest, again=True)
    assert [one.name for one in found if isinstance(one, replies.File)] == ["totals.csv"]
    assert len(runs.recent(context, limit=9)) == 1


def test_an_approval_that_was_said_twice_runs_once_also_when_the_second_was_interrupted(
    context: Context, thread: str
) -> None:
    digest = planned(context, thread)
    with pytest.raises(Killed):
        say(context, thread, decision="approve", digest=digest, start=killed)
    assert texts(say(context, thread, decision="approve", digest=digest)) == "No plan is waiting for a decision."
    found = say(context, thread, decision="approve", digest=digest, again=True)
    assert texts(found) == "No plan is waiting for a decision."
    assert runs.recent(context, limit=9) == []


def test_no_other_decision_and_nobody_else_carries_it_on(context: Context, thread: str) -> None:
    digest = planned(context, thread)
    with pytest.raises(Killed):
        say(context, thread, decision="approve", digest=digest, start=killed)
    ben = replace(context, principal="ben")
    for who, decision in ((context, "reject"), (ben, "approve"), (ben, "reject")):
        found = say(who, thread, decision=decision, digest=digest, again=True)
        assert texts(found) == "No plan is waiting for a decision."
    assert runs.recent(context, limit=9) == []


def test_what_somebody_stopped_is_not_carried_on(context: Context, thread: str) -> None:
    digest = planned(context, thread)

    def stopped(*_: object, **__: object) -> Any:
        conversations.cancel_running(context, thread, now=NOW)
        raise Killed

    with pytest.raises(Killed):
        say(context, thread, decision="approve", digest=digest, start=stopped)
    found = say(context, thread, decision="approve", digest=digest, again=True)
    assert texts(found) == "No plan is waiting for a decision."
    assert runs.recent(context, limit=9) == []
