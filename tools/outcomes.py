"""How a due run ended, whether it is tried again, and how that is said to its owner. Decides; changes nothing."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from memory.notice_store import NoticeKind
from spec.base import JsonValue
from spec.errors import DreflowError
from spec.run import StoredRun

End = Literal["succeeded", "blocked", "failed", "cancelled", "held", "busy"]

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
BUSY_WAIT = timedelta(seconds=15)
MOST_ATTEMPTS = 4
# A process that died may have met a full memory or a restart; everything else that is not "transient" would be the same
# the next time.
_PASSING = frozenset({"transient", "crash"})


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt. ``kind`` is the error's; ``message`` and ``hint`` are sentences for people."""

    end: End
    kind: str = ""
    message: str = ""
    hint: str = ""


def of_run(run: StoredRun) -> Outcome | None:
    """What a run's record says; None while it is recorded as running."""
    if run.status == "running":
        return None
    result = run.result
    error = result.error if result is not None and result.error is not None else {}
    message = str(error.get("message") or (result.message if result is not None else "") or "")
    return Outcome(run.status, str(error.get("kind", "")), _placed(message, error), str(error.get("hint", "")))


def of_process(code: int, output: str) -> Outcome:
    """What a process that left no run says: its error document, or how it ended."""
    error = _error(output)
    if error is not None:
        kind = str(error.get("kind", "error"))
        ends: dict[str, End] = {"approval": "held", "busy": "busy"}
        message = _placed(str(error.get("message", "")), error)
        return Outcome(ends.get(kind, "failed"), kind, message, str(error.get("hint", "")))
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    return Outcome(
        "failed",
        "crash",
        f"Its process ended before the run did ({how}).",
        "If that comes again, give it more memory: 'dreflow worker --memory', or ask for less data at a time.",
    )


def of_error(error: DreflowError) -> Outcome:
    """What kept a process from being started."""
    return Outcome("failed", error.kind, error.message, error.hint)


def next_attempt(outcome: Outcome, *, attempt: int, seed: int, key: str) -> timedelta | None:
    """How long to wait before it is tried again; None when it is not.

    Doubles with each attempt, up to an hour, and up to half as much again by chance (``seed`` and ``key`` decide), so
    that what failed together does not come back together.
    """
    if outcome.end == "busy":
        return BUSY_WAIT
    if outcome.end != "failed" or outcome.kind not in _PASSING or attempt >= MOST_ATTEMPTS:
        return None
    wait = min(FIRST_WAIT * float(2 ** (attempt - 1)), LONGEST_WAIT)
    return wait * (1 + random.Random(f"{seed} {key} {attempt}").random() / 2)  # noqa: S311 - spreads load, hides nothing


def timed_out(seconds: float) -> Outcome:
    """Its time was up."""
    return Outcome(
        "failed",
        "limit",
        f"It took longer than {_span(seconds)} and was stopped.",
        "Ask for less data at a time, or give it more time: 'dreflow worker --minutes'.",
    )


@dataclass(frozen=True)
class Told:
    """A notice's words."""

    kind: NoticeKind
    text: str
    hint: str
    cause: str


def told(outcome: Outcome, *, title: str, due_at: datetime, attempts: int) -> Told | None:
    """What to say about an end that needs somebody; None about one that does not. ``due_at`` is in its own zone."""
    day = f"{due_at:%A} {due_at.day} {due_at:%B} at {due_at:%H:%M}"
    cause = outcome.message or "No reason was given."
    if outcome.end == "blocked":
        text = f"“{title}” of {day} was held back: {_lower(cause)} What was published before is untouched."
        hint = outcome.hint or "Look at the data behind that check; the next run publishes again as soon as it holds."
        return Told("held_back", text, hint, cause)
    if outcome.end == "held":
        return Told("not_run", f"“{title}” did not run on {day}. {cause}", outcome.hint, cause)
    if outcome.end == "failed":
        tried = f" It was tried {attempts} times." if attempts > 1 else ""
        text = f"“{title}” of {day} failed: {_lower(cause)}{tried} What was published before is untouched."
        return Told("failed", text, outcome.hint or "Put that right; it runs again at its next time.", cause)
    return None


def told_recovered(*, title: str, due_at: datetime) -> Told:
    """What to say when it goes well again."""
    day = f"{due_at:%A} {due_at.day} {due_at:%B} at {due_at:%H:%M}"
    return Told("recovered", f"“{title}” runs again: that of {day} went through.", "", "recovered")


def run_named(output: str) -> str | None:
    """The run that the JSON document of a command is about."""
    run_id = _document(output).get("run_id")
    return run_id if isinstance(run_id, str) else None


def _error(output: str) -> dict[str, JsonValue] | None:
    """The error of the JSON document that a failed command prints."""
    error = _document(output).get("error")
    return error if isinstance(error, dict) else None


def _document(output: str) -> dict[str, JsonValue]:
    """The last JSON document of a command's output; empty when it printed none."""
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                document = json.loads(line)
            except ValueError:
                continue
            return document if isinstance(document, dict) else {}
    return {}


def _placed(message: str, error: dict[str, JsonValue]) -> str:
    """The message with the place it names, as errors show themselves."""
    where = error.get("where")
    if not isinstance(where, dict) or not where:
        return message
    place = ", ".join(f"{name} {value!r}" for name, value in where.items())
    return message if f"({place})" in message else f"{message.rstrip('.')} ({place})."


def _lower(sentence: str) -> str:
    """A sentence after a colon; a name or an abbreviation at its start stays as it is."""
    first, second = sentence[:1], sentence[1:2]
    text = first.lower() + sentence[1:] if second.islower() or second == " " else sentence
    return text if text.endswith((".", "!", "?", ")")) else f"{text}."


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
