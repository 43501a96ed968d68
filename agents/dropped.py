"""Data that a message brings: what can be read is looked at from now on, and the rest is told by its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from agents import replies, stages
from spec.errors import DataError, SpecError, UnsupportedError, UsageError
from tools import threads

if TYPE_CHECKING:
    from datetime import datetime

    from agents.desk import Desk
    from agents.exchange import Message
    from memory.store import SavedThread
    from spec.base import JsonValue

_DESCRIPTIONS = frozenset({".yaml", ".yml", ".edmx", ".xml"})
"""Endings of what describes a system and holds no rows; a connector is drafted from it."""


def names_in(message: Message) -> dict[str, JsonValue]:
    """The names of the files that a message brings, as it is kept with them; nothing where it brings none."""
    names: list[JsonValue] = [Path(item.partition("=")[2] or item).name for item in message.data if "://" not in item]
    return {"files": names} if names else {}


def brought(
    desk: Desk, saved: SavedThread, message: Message, otherwise: Sequence[str], *, now: datetime
) -> tuple[SavedThread, list[replies.Failure]]:
    """The thread with what a message brings, or with ``otherwise`` when it has nothing to look at; and a failure for
    each thing that cannot be read.
    """
    from tools.connections import kept
    from tools.uploads import may_look

    wanted = message.data or (() if saved.data else otherwise)
    if not wanted:
        return saved, []
    for item in message.data:
        may_look(desk.context, saved.id, item)
    added = [kept(desk.context, item, base=Path.cwd(), now=now) for item in wanted]
    saved = replace(saved, data=tuple(dict.fromkeys([*saved.data, *added])))
    saved, trouble = _readable(desk, saved, added) if message.data else (saved, [])
    threads.kept(desk.context, saved, now)
    return saved, trouble


def _readable(desk: Desk, saved: SavedThread, added: Sequence[str]) -> tuple[SavedThread, list[replies.Failure]]:
    """The thread, in whose data ``added`` is new, without what of it cannot be read; a failure for each such.

    A file that is broken would otherwise be in the way of every later question.
    """
    new = [item for item in added if Path(item).suffix.casefold() not in _DESCRIPTIONS]
    if not new:
        return saved, []
    try:
        desk.data_of(saved)
    except (DataError, SpecError, UnsupportedError, UsageError):
        trouble = {item: failure for item in new if (failure := _trouble(desk, saved, item)) is not None}
        return replace(saved, data=tuple(item for item in saved.data if item not in trouble)), list(trouble.values())
    return saved, []


def _trouble(desk: Desk, saved: SavedThread, item: str) -> replies.Failure | None:
    """Why one item cannot be read by itself; None where it can."""
    try:
        desk.data_of(replace(saved, data=(item,)))
    except (DataError, SpecError, UnsupportedError, UsageError) as error:
        failed, name = stages.failure(error), Path(item.partition("=")[2] or item).name
        return failed if name in failed.message else failed.model_copy(update={"message": f"{name}: {failed.message}"})
    return None
