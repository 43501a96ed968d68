"""The last answer again: as a chart of another kind, or the one before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from agents import replies
from agents.builtin.parsing.followup import is_fragment
from agents.contract import Draft, Request, Turn
from agents.drawing import Wish, wished
from agents.exchange import Exchange
from tools import conversations, threads

if TYPE_CHECKING:
    from agents.desk import Desk
    from memory.store import SavedThread


_OF_THE_PLAN = re.compile(
    r"\b(?:the|this|that)\s+(?:plan|pipeline|schedule|automation)\b|\binstead\W*$"
    r"|^\W*(?:(?:and|but|now|please|ok(?:ay)?)\W+)*(?:run|schedule|repeat)\s+(?:it|this|that)\b",
    re.IGNORECASE,
)
_GROUPS = re.compile(r"^\W*(?:and\W+)?(?:by|per|for\s+each)\b", re.IGNORECASE)
"""“By month instead” is said of an answer."""
_FILE = re.compile(r"\.\w{2,7}\b")


def is_of_the_plan(text: str, saved: SavedThread) -> bool:
    """Whether words are about the plan of the conversation although questions came after it."""
    if not _OF_THE_PLAN.search(text) or _FILE.search(text) or _GROUPS.search(text):
        return False
    return any(_is_plan(Turn.model_validate(turn)) for turn in saved.history)


def with_its_plan_last(exchange: Exchange) -> Exchange:
    """The exchange as if the conversation's last plan had been spoken of last, where its words are about that."""
    request = exchange.request
    if not is_of_the_plan(request.text, exchange.thread) or _is_plan(request.history[-1]):
        return exchange
    at = max(place for place, turn in enumerate(request.history) if _is_plan(turn))
    history = (*request.history[:at], *request.history[at + 1 :], request.history[at])
    return replace(exchange, request=request.model_copy(update={"history": history}))


def _is_plan(turn: Turn) -> bool:
    return turn.spec is not None and bool(turn.spec.outputs or turn.spec.loads or turn.spec.report)


def wish_of(desk: Desk, saved: SavedThread) -> Wish | None:
    """The wish for a chart that the request of a question that is open now was said with."""
    if not saved.data:
        return None
    asked, data = str(saved.request.get("text", "")), desk.data_of(saved)
    said = (str(one.body.get("text", "")) for one in reversed(conversations.of(desk.context).messages(saved.id)))
    wishes = (wished(text, data) for text in said)
    return next((one for one in wishes if one is not None and one.question == asked), None)


def answers(saved: SavedThread) -> list[Turn]:
    """The plain questions that were answered last, oldest first, up to the last plan."""
    found: list[Turn] = []
    for kept in reversed(saved.history):
        turn = Turn.model_validate(kept)
        if turn.spec is None or _is_plan(turn):
            break
        found.append(turn)
    return found[::-1]


def can_go_back(saved: SavedThread) -> bool:
    """Whether the last answer was to a question that went on with the one before."""
    found = answers(saved)
    return len(found) > 1 and is_fragment(found[-1].request)


def gone_back(desk: Desk, saved: SavedThread, *, now: datetime) -> Iterator[replies.Reply]:
    """The answer before the last one, from which the conversation goes on."""
    before = replace(saved, history=saved.history[:-1])
    yield from _answered(desk, before, answers(before)[-1], None)
    threads.kept(desk.context, before, now)


def drawn(desk: Desk, saved: SavedThread, wish: Wish) -> Iterator[replies.Reply]:
    """The last answer's chart, of the kind that is wished."""
    found = answers(saved)
    if not found:
        yield replies.Text(text="There is no answer here yet to draw. Ask for figures first.", tone="note")
        return
    yield from _answered(desk, saved, found[-1], wish)


def _answered(desk: Desk, saved: SavedThread, turn: Turn, wish: Wish | None) -> Iterator[replies.Reply]:
    from agents.answering import answer

    assert turn.spec is not None
    draft = Draft(
        spec=turn.spec, reading=turn.reading, assumptions=turn.spec.assumptions, answer=turn.answer, chart=turn.chart
    )
    exchange = Exchange(Request.model_validate(saved.request), saved)
    yield from answer(desk.context, exchange, desk.data_of(saved), draft, wish=wish)
