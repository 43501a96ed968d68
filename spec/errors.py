"""Errors, grouped by who can fix them.

Each error says what happened, where, and what to do next, and carries the same as data (``to_json``), so that a
person reads a sentence and a planner acts on fields.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import ClassVar


class DreflowError(Exception):
    """The root: a sentence, the place, and the next step.

    ``where`` names the place in terms a person knows: ``step``, ``source``, ``file``, ``line``, ``column``, ``sheet``,
    ``field``, ``table``. ``data`` holds what a program needs to act, such as ``{"unknown": "totl", "known": [...]}``.
    No secret may be put in any of them.
    """

    kind: ClassVar[str] = "error"
    who: ClassVar[str] = "nobody"
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        where: Mapping[str, str | int] | None = None,
        data: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where: dict[str, str | int] = dict(where or {})
        self.data: dict[str, object] = dict(data or {})

    def __str__(self) -> str:
        place = ", ".join(f"{key} {value!r}" for key, value in self.where.items())
        text = f"{self.message} ({place})" if place else self.message
        return f"{text} {self.hint}" if self.hint else text

    def to_json(self) -> dict[str, object]:
        """The error as the ``error`` field of every JSON document: kind, who can fix it, where, hint, data."""
        return {
            "kind": self.kind,
            "who": self.who,
            "message": self.message,
            "where": self.where,
            "hint": self.hint,
            "data": self.data,
        }


class UsageError(DreflowError):
    """The command was called wrongly; the caller types it again."""

    kind = "usage"
    who = "caller"
    exit_code = 2


class SpecError(DreflowError):
    """The spec does not say something runnable; whoever planned it changes it."""

    kind = "spec"
    who = "planner"


class DataError(DreflowError):
    """The source's data is not what it must be; whoever supplies it mends it, or the spec states a policy."""

    kind = "data"
    who = "data owner"


class DriftError(DataError):
    """The source's shape is no longer the one the spec was compiled against."""

    kind = "drift"


class AccessError(DreflowError):
    """A system refused us: the person renews the credentials or the rights."""

    kind = "access"
    who = "account owner"


class TransientError(DreflowError):
    """It may go through later; the runner waits and tries again."""

    kind = "transient"
    who = "time"


class UnsupportedError(DreflowError):
    """A unit was asked for what it does not declare."""

    kind = "unsupported"
    who = "another unit"


class ApprovalNeededError(DreflowError):
    """An effect beyond the output folder without a person's approval of exactly this spec."""

    kind = "approval"
    who = "approver"
    exit_code = 4


class BusyError(DreflowError):
    """Another run holds what this one needs."""

    kind = "busy"
    who = "time"


class CancelledError(DreflowError):
    """A person cancelled the run; nothing was published."""

    kind = "cancelled"
    who = "nobody"


class LimitError(DreflowError):
    """The work is larger than its bound in memory, time or size; raise the bound or ask for less."""

    kind = "limit"
    who = "caller"


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name most like ``name``, if any is alike; case does not count."""
    folded = {candidate.casefold(): candidate for candidate in known}
    near = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def unknown_name(
    what: str, name: str, known: Collection[str], *, where: Mapping[str, str | int] | None = None
) -> SpecError:
    """Say what was asked for, what exists, and the likeliest fix."""
    near = nearest(name, known)
    listed = ", ".join(sorted(known)[:30]) or "nothing"
    hint = f"Did you mean {near!r}?" if near else f"There is: {listed}."
    return SpecError(
        f"There is no {what} {name!r}.",
        hint=hint,
        where=where,
        data={"what": what, "unknown": name, "known": sorted(known), "nearest": near},
    )
