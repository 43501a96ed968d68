"""Conversations as kept: begun with a request, going on with answers or further requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from memory.store import SavedThread
from spec.base import JsonValue
from spec.errors import UsageError
from tools.context import Context


def started(
    context: Context,
    want: Literal["answer", "pipeline"],
    request: Mapping[str, JsonValue],
    data: tuple[str, ...],
    *,
    thread_id: str | None = None,
) -> SavedThread:
    """A new conversation under the next short id, or a reserved one, not yet kept. ``data`` holds no passwords."""
    return SavedThread(thread_id or f"t{context.workspace.store.next_id('thread')}", want, dict(request), data)


def opened(context: Context, thread_id: str) -> SavedThread:
    """The conversation of that id; UsageError when there is none."""
    thread = context.workspace.store.thread(thread_id)
    if thread is None:
        raise UsageError(
            f"There is no conversation {thread_id!r} in this workspace.",
            hint="Its id was shown with the question; --workspace names another workspace.",
        )
    return thread


def answered(thread: SavedThread, text: str) -> SavedThread:
    """The conversation with its open question settled. ``text`` is an option's value or label, or free text."""
    if thread.question is None:
        raise UsageError(
            f"No question is open in {thread.id}.", hint=f'Go on with it by: --thread {thread.id} "your request".'
        )
    said = text.strip()
    if not said:
        raise UsageError("The answer is empty.", hint="Give one of the options, or say it in your own words.")
    key = str(thread.question["key"])
    return replace(thread, question=None, answers={**thread.answers, key: _chosen(thread.question, said)})


def kept(context: Context, thread: SavedThread, now: datetime) -> None:
    """Keep the conversation as it is now."""
    context.workspace.store.save_thread(thread, by=context.principal, now=now)


_YES_OR_NO = {
    **dict.fromkeys(("ja", "sì", "si", "sí", "oui", "y", "yep", "yeah"), "yes"),
    **dict.fromkeys(("nein", "non", "n", "nope"), "no"),
}
"""The same in other words and languages."""


def _chosen(question: Mapping[str, JsonValue], said: str) -> str:
    """The value of the option that was meant: by value, by label, by the label's yes or no, by its place in the list;
    else the text itself.
    """
    options = question.get("options")
    listed = [option for option in options if isinstance(option, dict)] if isinstance(options, list) else []
    folded = said.casefold()
    for field in ("value", "label"):
        for option in listed:
            if str(option[field]).casefold() == folded:
                return str(option["value"])
    bare = _YES_OR_NO.get(folded.rstrip(".!"), folded.rstrip(".!"))
    so = [option for option in listed if str(option["label"]).casefold().partition(",")[0] == bare]
    if bare in {"yes", "no"} and len(so) == 1:
        return str(so[0]["value"])
    if re.fullmatch(r"[0-9]{1,3}", said) and 1 <= int(said) <= len(listed):
        return str(listed[int(said) - 1]["value"])
    return said
