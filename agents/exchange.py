"""One exchange of a thread: a message becomes a request with all that the thread holds, and what came of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

from agents.contract import Draft, Question, Refusal, Request, Turn
from agents.pasted import refuse_keys
from memory.store import SavedThread
from spec.base import JsonValue
from spec.codec import to_plain
from spec.errors import UsageError
from tools import preferences, threads
from tools.connections import kept as kept_item
from tools.context import Context

LONGEST_HISTORY = 20
Want = Literal["answer", "pipeline"]


@dataclass(frozen=True)
class Message:
    """What somebody says. ``now`` has a zone; without it a thread's own clock goes on, and the clock starts a new one.

    ``thread`` goes on with a conversation; with ``answer`` it settles its open question and needs no ``text``.
    ``question`` is the key of the question that ``answer`` belongs to, where a button says so; another one that is open
    stays open. ``wish`` says outright what is wanted, where words need not tell. ``context`` holds instructions that
    belong to the request. ``decision`` settles the plan of exactly that ``digest``; with ``again`` it was said before
    to a process that ended meanwhile, and is carried on where it was left.
    """

    text: str = ""
    data: tuple[str, ...] = ()
    thread: str | None = None
    answer: str | None = None
    question: str | None = None
    wish: Literal["plan", "run"] | None = None
    context: str = ""
    now: datetime | None = None
    timezone: str | None = None
    decision: Literal["approve", "reject"] | None = None
    digest: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Replied:
    """How an open question was answered: by one of its options, or in the person's own words."""

    question: str
    words: str
    is_option: bool


@dataclass(frozen=True)
class Exchange:
    """One turn at work: the request as the planner gets it, its thread, and how it answers a question if it does."""

    request: Request
    thread: SavedThread
    replied: Replied | None = None


def begun(context: Context, message: Message, want: Want, *, clock: datetime, base: Path) -> Exchange:
    """The request that a message makes of its thread. Raises UsageError where it says nothing we can go on with."""
    refuse_keys(f"{message.text} {message.context} {message.answer or ''}")
    added = tuple(kept_item(context, item, base=base, now=clock) for item in message.data)
    if message.thread is None:
        return _first(context, message, want, added, clock)
    thread = threads.opened(context, message.thread)
    before = Request.model_validate(thread.request)
    replied = _replied(thread, message.answer) if message.answer is not None and thread.question is not None else None
    if message.answer is not None:
        thread, request, want = _answered(thread, message, want)
    elif message.text:
        request = before.model_copy(
            update={
                "text": message.text,
                "now": message.now or clock,
                "context": message.context or before.context,
                "history": _history(thread),
                "answers": dict(thread.answers),
            }
        )
        # A question in between leaves the open question of a plan open; a new plan takes its place.
        aside = want == "answer" and thread.question is not None and _asked_for(thread.question)[1] == "pipeline"
        thread = thread if aside else replace(thread, question=None)
    else:
        request = before.model_copy(update={"now": message.now or before.now})
        thread = replace(thread, question=None)
    request = request.model_copy(update={"want": want, "timezone": message.timezone or request.timezone})
    data = tuple(dict.fromkeys([*thread.data, *added]))
    return Exchange(request, replace(thread, want=want, request=_plain(request), data=data), replied)


def _replied(thread: SavedThread, answer: str) -> Replied:
    question = Question.model_validate({key: value for key, value in (thread.question or {}).items() if key != "asked"})
    said = threads.answered(thread, _meant(thread, answer)).answers[question.key]
    return Replied(question.text, said, any(option.value == said for option in question.options))


def _first(context: Context, message: Message, want: Want, added: tuple[str, ...], clock: datetime) -> Exchange:
    if message.answer is not None:
        raise UsageError("An answer needs its conversation.", hint="Name it with --thread.")
    if not message.text.strip():
        raise UsageError("There is no request.", hint='Say what you want to know, for instance "how many orders".')
    if not message.data:
        raise UsageError(
            "There is no data to look at.",
            hint="Name it with --data: a file, a folder, a database or a saved connection.",
        )
    request = Request(
        text=message.text,
        now=message.now or clock,
        timezone=message.timezone or preferences.timezone_of(context),
        context=message.context,
        want=want,
    )
    return Exchange(request, threads.started(context, want, _plain(request), added))


def _answered(thread: SavedThread, message: Message, want: Want) -> tuple[SavedThread, Request, Want]:
    if message.text:
        raise UsageError("Give either an answer or a new request.", hint="Leave out the text, or --answer.", where={})
    asked, asked_want = _asked_for(thread.question or {})
    before = Request.model_validate(asked or thread.request)
    due = asked_want or thread.want
    if due != want:
        right = "plan" if due == "pipeline" else "ask"
        raise UsageError(
            f"The question open in {thread.id} is about a {'plan' if right == 'plan' else 'question'}.",
            hint=f"Answer it with 'dreflow {right} --thread {thread.id} --answer ...'.",
        )
    thread = threads.answered(thread, _meant(thread, message.answer or ""))
    history = _history(thread) if asked else before.history
    update = {"answers": dict(thread.answers), "now": message.now or before.now, "history": history}
    return thread, before.model_copy(update=update), want


def _meant(thread: SavedThread, answer: str) -> str:
    """The option that words fit where the question is how to read the data, which knows its options alone."""
    from agents.builtin.pipelines.answers import resolve_answer
    from tools.data import READING

    question = thread.question or {}
    if not str(question.get("key", "")).startswith(READING):
        return answer
    asked = Question.model_validate({key: value for key, value in question.items() if key != "asked"})
    return resolve_answer(asked, answer) or answer


def _asked_for(question: Mapping[str, JsonValue]) -> tuple[Mapping[str, JsonValue] | None, Want | None]:
    """The request that an open question belongs to."""
    asked = question.get("asked")
    if not isinstance(asked, dict):
        return None, None
    return cast("Mapping[str, JsonValue]", asked), "pipeline" if asked.get("want") == "pipeline" else "answer"


def open_want(thread: SavedThread) -> Want | None:
    """What the thread's open question is about; None when none is open."""
    if thread.question is None:
        return None
    return _asked_for(thread.question)[1] or thread.want


def _history(thread: SavedThread) -> tuple[Turn, ...]:
    return tuple(Turn.model_validate(turn) for turn in thread.history)


def _plain(request: Request) -> dict[str, JsonValue]:
    return request.model_dump(mode="json", exclude={"answers", "history"})


def with_reply(exchange: Exchange, reply: Draft | Question | Refusal) -> SavedThread:
    """The thread with what came of the exchange: a question that is open now, or a further turn of its history."""
    thread = exchange.thread
    if isinstance(reply, Question):
        question = {**reply.model_dump(mode="json"), "asked": _plain(exchange.request)}
        return replace(thread, question=cast("Mapping[str, JsonValue]", question))
    if isinstance(reply, Draft):
        said: JsonValue = Turn(
            request=exchange.request.text, reading=reply.reading, answer=reply.answer, chart=reply.chart
        ).model_dump(mode="json")
        if isinstance(said, dict):
            said["spec"] = cast("JsonValue", to_plain(reply.spec))
        return replace(thread, history=(*thread.history, said)[-LONGEST_HISTORY:])
    return thread


def keep(context: Context, exchange: Exchange, reply: Draft | Question | Refusal, clock: datetime) -> None:
    """Keep the thread with what came of the exchange."""
    threads.kept(context, with_reply(exchange, reply), clock)
