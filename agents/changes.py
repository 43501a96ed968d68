"""What changed between two plans, as an owner says it: from the diff alone, and never from a model's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spec.base import JsonValue
from tools.wording import spoken_rhythm

if TYPE_CHECKING:
    from pipelines.diff import Change

_SAID_ELSEWHERE = frozenset({"request", "reading", "name", "title"})
"""How a plan is named and worded stands on its card; a change of that alone changes nothing that it does."""


def in_owners_words(changes: Sequence[Change]) -> list[str]:
    """A sentence or more for each change, the effects first."""
    renamed = _renamed(changes)
    computes = _computes(changes)
    told: list[str] = [f"The file is now called {new}; it was {old}." for old, new in renamed.items()]
    for change in sorted(changes, key=lambda one: not one.effect):
        if change.part in _SAID_ELSEWHERE or (change.part == "outputs" and _is_renamed(change, renamed)):
            continue
        told += computes if computes and _is_query(change) else _sentences(change)
    if told:
        return list(dict.fromkeys(told))
    return ["Only how it is worded changed; it does the same."]


def _is_query(change: Change) -> bool:
    return change.part == "steps" and change.field == "query"


def _computes(changes: Sequence[Change]) -> list[str]:
    """What the figures were and are, in the plans' own readings; empty where these tell no difference."""
    for change in changes:
        if change.part == "reading" and change.before and change.after:
            old, new = (str(said).partition(";")[0].rstrip(".") for said in (change.before, change.after))
            return [f"It computes: {new}. Before, it was: {old}."] if old != new else []
    return []


def _sentences(change: Change) -> list[str]:
    if change.part == "schedule":
        return [_schedule(change.before, change.after) or change.text]
    if change.part == "assumptions":
        return _assumptions(change.before, change.after)
    if change.field or change.kind == "changed":
        return [change.text]
    new = change.kind == "added"
    if change.part == "outputs":
        return [f"It also writes {change.name}." if new else f"It no longer writes {change.name}."]
    if change.part == "sources":
        name = change.name.replace("_", " ")
        return [f"It also reads {name}." if new else f"It no longer reads {name}."]
    if change.part == "steps" and new and isinstance(change.after, dict) and change.after.get("note"):
        return [f"A step is new: {str(change.after['note']).rstrip('.')}."]
    return [change.text]


def _schedule(before: JsonValue, after: JsonValue) -> str:
    """When it comes now and came before; empty where that is the same, and something else about it changed."""
    old, new = _rhythm(before), _rhythm(after)
    if old == new:
        return ""
    if not old:
        return f"It now runs by itself {new}; before, only when you asked."
    if not new:
        return f"It no longer runs by itself; before, it did {old}."
    return f"It now runs by itself {new}; before, it did {old}."


def _rhythm(schedule: JsonValue) -> str:
    if not isinstance(schedule, Mapping):
        return ""
    zone = schedule.get("timezone")
    said = schedule.get("cron") or f"every {schedule.get('every')}"
    return spoken_rhythm(str(said)) + (f" ({zone} time)" if zone else "")


def _assumptions(before: JsonValue, after: JsonValue) -> list[str]:
    old = [str(one) for one in before] if isinstance(before, list) else []
    new = [str(one) for one in after] if isinstance(after, list) else []
    gained, lost = [one for one in new if one not in old], [one for one in old if one not in new]
    told = [f"It takes for granted, too: {'; '.join(gained)}."] if gained else []
    return told + ([f"It no longer takes for granted: {'; '.join(lost)}."] if lost else [])


def _renamed(changes: Sequence[Change]) -> dict[str, str]:
    """The old and the new name of a file whose rows are the same, where one goes and one comes."""
    outputs = [change for change in changes if change.part == "outputs" and not change.field]
    gone = [one for one in outputs if one.kind == "removed"]
    come = [one for one in outputs if one.kind == "added"]
    if len(gone) != 1 or len(come) != 1 or _rows(gone[0].before) != _rows(come[0].after):
        return {}
    return {gone[0].name: come[0].name}


def _is_renamed(change: Change, renamed: Mapping[str, str]) -> bool:
    return not change.field and (change.name in renamed or change.name in renamed.values())


def _rows(output: JsonValue) -> JsonValue:
    return output.get("from") if isinstance(output, dict) else None
