"""Disconnecting an account in a conversation: asked back with what it stops, and forgotten on a yes.

The yes is to what was shown: where more would stop by then, it is asked again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import TYPE_CHECKING, cast

from agents import replies
from agents.builtin.intents import disconnect
from agents.contract import Option, Question
from spec.base import JsonValue
from spec.errors import ApprovalNeededError, SpecError, TransientError
from tools import connecting, connections, conversations, threads
from tools.connections import address, system_of
from tools.context import Context
from tools.documents import Choice
from tools.wording import joined

if TYPE_CHECKING:
    from memory.store import SavedConnection, SavedThread
    from tools.forget import Stops

KEY, WHICH, ANYWAY = "forget connection ", "forget which connection", "forget anyway "
FORGET, KEEP = "forget", "keep"
_YES = re.compile(r"^\s*(?:yes|ok(?:ay)?|forget|disconnect|go\s+ahead|do\s+it)\b[^?]{0,20}$", re.IGNORECASE)
_NO = re.compile(r"^\s*(?:no|keep|leave|cancel|stop|don['’]?t|never\s*mind)\b[^?]{0,20}$", re.IGNORECASE)
_ASKED = "disconnects"


def connected(context: Context) -> Sequence[str]:
    """What somebody may name to disconnect it: connections, and the systems that they lead to."""
    saved = connections.saved(context)
    return tuple(dict.fromkeys([*(one.name for one in saved), *(one.connector for one in saved)]))


def is_about(key: str) -> bool:
    """Whether a question is whether, or which, connection is to be forgotten."""
    return key.startswith((KEY, ANYWAY)) or key == WHICH


def wished(context: Context, thread: SavedThread, text: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Ask whether the connection is to be forgotten that somebody names, or which one is meant."""
    if "connect" not in context.rights and conversations.visible(context, thread.id).surface in conversations.SHARED:
        yield replies.Text(
            text="Write to me directly for that: whose account it is, is between you and me.", tone="note"
        )
        return
    context.need("connect")
    saved = connections.saved(context)
    named = disconnect.names(text, connected(context))
    meant = [one for one in saved if one.name == named] or [one for one in saved if one.connector == named]
    if len(meant) == 1:
        yield _whether(context, thread, meant[0], now)
    elif not saved:
        yield replies.Text(text="There are no saved connections.", tone="note")
    else:
        words = disconnect.wish(text)
        if words and not meant:
            yield replies.Text(text=f"No connection is called “{words}”.", tone="note")
        yield _which(context, thread, meant or saved, now)


def settled(context: Context, thread: SavedThread, said: str, *, now: datetime) -> Iterator[replies.Reply]:
    """Go on after an answer: which one it is, whether it goes."""
    from tools import forget

    question = thread.question or {}
    asked = cast("Mapping[str, JsonValue]", question.get("asked") or {})
    key = str(question.get("key"))
    before = replace(thread, question=_before(question))
    said = threads.answered(thread, said).answers[key]
    if _NO.match(said):
        threads.kept(context, before, now)
        yield replies.Text(text="It stays as it was.", tone="done")
        return
    if key == WHICH:
        yield from _chosen(context, before, said, now)
        return
    if not _YES.match(said):
        yield replies.Text(text="Say 'forget it', or 'keep it' to leave it as it was.", tone="note")
        return
    saved = connections.known(context, key.removeprefix(ANYWAY).removeprefix(KEY))
    if _plain(forget.stops(context, saved.name)) != asked.get(_ASKED):
        yield replies.Text(text="What it would stop has changed meanwhile, so I ask again.", tone="note")
        yield _whether(context, before, saved, now)
        return
    try:
        done = forget.connection(context, saved.name, now=now, anyway=key.startswith(ANYWAY))
    except (ApprovalNeededError, SpecError, TransientError) as error:
        yield _whether_anyway(context, before, saved, error.message, now)
        return
    threads.kept(context, _looks_elsewhere(before, [saved.name]), now)
    said_of = [f"The connection {saved.name} is forgotten, and its secrets are gone from the vault.", done.told]
    said_of += [f"{_listed(done.paused)} {_is(done.paused)} paused." if done.paused else ""]
    yield replies.Text(text=" ".join(one for one in said_of if one), tone="done")


def gone(context: Context, thread: SavedThread) -> Sequence[str]:
    """The connections that a conversation looked at and that are no longer there."""
    saved = {one.name for one in connections.saved(context)}
    named = {item: _name_of(item) for item in thread.data}
    return [name for name in named.values() if name is not None and name not in saved]


def without(context: Context, thread: SavedThread, names: Sequence[str], *, now: datetime) -> SavedThread:
    """The conversation, which does not look at these connections any more."""
    left = _looks_elsewhere(thread, names)
    threads.kept(context, left, now)
    return left


def told_gone(names: Sequence[str]) -> replies.Text:
    """What a conversation says whose data was disconnected elsewhere."""
    which = "connection" if len(names) == 1 else "connections"
    return replies.Text(
        text=f"The {which} {_listed(names)} {_is(names)} forgotten, so I do not look there any more.", tone="note"
    )


def _chosen(context: Context, before: SavedThread, said: str, now: datetime) -> Iterator[replies.Reply]:
    meant = next((one for one in connections.saved(context) if one.name.casefold() == said.strip().casefold()), None)
    if meant is None:
        yield replies.Text(text=f"No connection is called “{said.strip()}”.", tone="note")
        return
    yield _whether(context, before, meant, now)


def _whether(context: Context, thread: SavedThread, saved: SavedConnection, now: datetime) -> replies.Question:
    from tools import forget

    stops = forget.stops(context, saved.name)
    named = f"{saved.name} ({_title(saved)}, {address(saved)})"
    left = "its secrets leave the vault, and nothing is read or sent through it any more."
    sentences = [f"Forget the connection {named}? That cannot be undone: {left}"]
    if stops.paused:
        run = "runs by itself" if len(stops.paused) == 1 else "run by themselves"
        sentences.append(f"It pauses {_listed(stops.paused)}, which {run}.")
    if stops.others:
        sentences.append(f"{_listed(stops.others)} cannot run any more.")
    if not (stops.paused or stops.others):
        sentences.append("No approved pipeline uses it.")
    sentences.append(stops.elsewhere)
    options = ((FORGET, "Forget it"), (KEEP, "Keep it"))
    text = " ".join(one for one in sentences if one)
    return _asked(context, thread, f"{KEY}{saved.name}", text, options, {_ASKED: _plain(stops)}, now)


def _whether_anyway(
    context: Context, thread: SavedThread, saved: SavedConnection, why: str, now: datetime
) -> replies.Question:
    """Whether it is to go although its system could not be asked to end the consent."""
    from tools import forget

    text = (
        f"{why} So its consent was not ended, and nothing was deleted. If the system is gone for good, I can forget "
        f"the connection {saved.name} all the same; otherwise try again later. Forget it?"
    )
    options = ((FORGET, "Forget it all the same"), (KEEP, "Keep it"))
    asked: dict[str, JsonValue] = {_ASKED: _plain(forget.stops(context, saved.name))}
    return _asked(context, thread, f"{ANYWAY}{saved.name}", text, options, asked, now)


def _which(context: Context, thread: SavedThread, found: Sequence[SavedConnection], now: datetime) -> replies.Question:
    options = tuple((one.name, f"{one.name} ({_title(one)}, {address(one)})") for one in found)
    return _asked(context, thread, WHICH, "Which connection shall I forget?", options, {}, now)


def _asked(
    context: Context,
    thread: SavedThread,
    key: str,
    text: str,
    options: Sequence[tuple[str, str]],
    more: Mapping[str, JsonValue],
    now: datetime,
) -> replies.Question:
    """Open the question; one that was open before comes back once this is settled."""
    question = Question(key=key, text=text, options=tuple(Option(label=label, value=value) for value, label in options))
    before = thread.question
    if before is not None and is_about(str(before.get("key"))):
        before = _before(before)
    asked: dict[str, JsonValue] = {**thread.request, "want": "answer", **more}
    if before is not None:
        asked["before"] = dict(before)
    threads.kept(context, replace(thread, question={**question.model_dump(mode="json"), "asked": asked}), now)
    return replies.Question(
        key=key, text=text, options=tuple(Choice(label=label, value=value) for value, label in options)
    )


def _before(question: Mapping[str, JsonValue]) -> Mapping[str, JsonValue] | None:
    """What was open before a question of ours."""
    asked = question.get("asked")
    before = asked.get("before") if isinstance(asked, dict) else None
    return before if isinstance(before, dict) else None


def _looks_elsewhere(thread: SavedThread, names: Sequence[str]) -> SavedThread:
    return replace(thread, data=tuple(item for item in thread.data if _name_of(item) not in names))


def _name_of(item: str) -> str | None:
    """The connection that an item of a conversation's data names; None for a file, whose path is whole, or a URL."""
    found = re.fullmatch(rf"(?:[A-Za-z_]\w*=)?({connections.NAME})", item)
    return found[1] if found is not None else None


def _plain(stops: Stops) -> JsonValue:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(stops).items()}


def _title(saved: SavedConnection) -> str:
    return system_of(saved.connector).definition.title if saved.connector in connecting.systems() else saved.connector


def _listed(names: Sequence[str]) -> str:
    return joined([name.replace("_", " ") for name in names])


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
