"""A run's durable events: one line each in the run's folder, and the same in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from spec.base import JsonValue
from spec.run import RunEvent, RunStore

Phase = Literal["start", "extract", "transform", "check", "publish", "report", "finish", "cancel", "error"]
FILE = "events.jsonl"
RESUMED = 1000


class EventLog:
    """Appends a run's events in order, each durable before the next thing happens.

    The store is what is durable; the file is for people and programs that look at the run's folder. After a power cut
    it may have lost its last lines, so a resumed run goes on at the next thousand. ``after`` is called with each event
    once it is durable: a surface shows progress with it, and the fault suite kills the process there.
    """

    def __init__(
        self,
        folder: Path,
        run_id: str,
        store: RunStore,
        clock: Callable[[], datetime],
        after: Callable[[RunEvent], None] = lambda _: None,
    ) -> None:
        self._run_id = run_id
        self._store = store
        self._clock = clock
        self._after = after
        self.path = folder / FILE
        self._next = _mended(self.path)
        self._file = self.path.open("ab")

    def append(
        self,
        phase: Phase,
        name: str = "",
        *,
        rows: int | None = None,
        size: int | None = None,
        data: Mapping[str, JsonValue] | None = None,
    ) -> None:
        """Record one fact; ``size`` is in bytes."""
        event = RunEvent(
            run_id=self._run_id,
            seq=self._next,
            at=self._clock(),
            phase=phase,
            name=name,
            rows=rows,
            bytes=size,
            data=dict(data or {}),
        )
        self._next += 1
        line = event.model_dump(mode="json", exclude_defaults=True)
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
        self._file.flush()
        self._store.append(event)
        self._after(event)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_events(folder: Path) -> list[RunEvent]:
    """The events of a run's folder, in order; a torn last line is left out."""
    path = folder / FILE
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [RunEvent.model_validate_json(line) for line in lines]


def _mended(path: Path) -> int:
    """Cut off the half line that a kill may have left, and give the next event's number."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole != len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
    lines = content[:whole].splitlines()
    last = RunEvent.model_validate_json(lines[-1]).seq if lines else 0
    return (last // RESUMED + 1) * RESUMED
