"""What a run gets from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import datetime, timedelta
from pathlib import Path

from pipelines.engines.duckdb import Limits
from pipelines.retention import KEEP
from pipelines.staging import Places
from spec.records import record
from spec.run import RunEvent, RunStore


@record(frozen=True)
class Setting:
    """What a run gets from outside, the same for every run of a workspace.

    ``clock`` gives aware instants in UTC; ``monotonic`` and ``sleep`` are the machine's. ``owner`` names this process
    to the store's leases. ``after`` is called with every durable event.
    """

    store: RunStore
    workspace: Path
    places: Places
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    owner: str
    limits: Limits = field(default_factory=Limits)
    after: Callable[[RunEvent], None] = lambda _: None
    keep: timedelta = KEEP
    """How long the rows that runs read are kept for replay."""
