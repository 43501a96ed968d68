"""Workers and their runs as real processes that kill themselves where they are told to.

``working.py worker FOLDER BEGAN CONCURRENCY`` works until nothing is left to do; with ``--workspace DIR worker --due``
it is what that starts for each run. DREFLOW_KILL names one moment: ``worker:claimed``, ``worker:started``,
``worker:settling``, ``worker:delay:S``, or ``run:begin``, ``run:event:K``, ``run:end``, ``run:delay:S``. Whoever comes
to it first takes the marker file of that name and dies of SIGKILL; after that the moment is past.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from memory.workspace import Workspace
from spec.errors import DreflowError
from spec.run import RunEvent
from tools import due, schedules
from tools.context import Context
from tools.executor import Bounds
from tools.worker import Setting, Worker

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
SPEED = 600
"""Seconds of the schedule's clock in a second of the test, so that waiting between attempts is short."""


def die(folder: Path, moment: str) -> None:
    """End this process if it is its turn."""
    if os.environ.get("DREFLOW_KILL") != moment:
        return
    try:
        (folder / moment.replace(":", "-")).open("x").close()
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def die_later(folder: Path, who: str) -> None:
    """The same after a while, in the middle of whatever is being done then."""
    moment = os.environ.get("DREFLOW_KILL", "")
    if moment.startswith(f"{who}:delay:"):
        timer = threading.Timer(float(moment.rpartition(":")[2]), die, (folder, moment))
        timer.daemon = True
        timer.start()


def context_of(folder: Path) -> Context:
    """The workspace of a folder, in the store that the environment names."""
    return Context(Workspace(folder / ".dreflow", START, os.environ.get("DREFLOW_DATABASE_URL")), "worker")


def work(folder: Path, began: float, concurrency: int) -> None:
    """Work until all that came due up to six hours after START has ended."""
    context = context_of(folder)
    for name, moment in (("_begin", "claimed"), ("_settle", "settling")):
        setattr(Worker, name, _after_dying(getattr(Worker, name), folder, f"worker:{moment}"))
    setattr(Worker, "_start", _before_dying(Worker._start, folder, "worker:started"))  # noqa: B010 - mypy knows methods
    setting = Setting(
        command=(sys.executable, __file__),
        environment=os.environ,
        clock=lambda: min(START + timedelta(seconds=(time.time() - began) * SPEED), START + timedelta(days=300)),
        machine=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        wait=lambda seconds: time.sleep(min(seconds, 0.05)),
        concurrency=concurrency,
        bounds=Bounds(seconds=60),
        say=lambda text: print(f"{os.getpid()} {text}", flush=True),
    )
    die_later(folder, "worker")
    Worker(context, setting).run(lambda: finished(context))


def finished(context: Context) -> bool:
    """Whether every due time has ended."""
    dues = schedules.store_of(context).recent("totals", 50)
    return bool(dues) and all(one.status not in {"waiting", "running"} for one in dues)


def perform(folder: Path, arguments: list[str]) -> int:
    """What ``dreflow worker --due`` does, dying where it is told to."""
    name, at, fence = arguments[1], arguments[2], int(arguments[4])
    seen = 0

    def told(_: RunEvent) -> None:
        nonlocal seen
        seen += 1
        die(folder, f"run:event:{seen}")

    die_later(folder, "run")
    die(folder, "run:begin")
    try:
        result = due.perform(context_of(folder), name, datetime.fromisoformat(at), fence=fence, told=told)
    except DreflowError as error:
        print(json.dumps({"status": "failed", "error": error.to_json()}, default=str))
        return 1
    die(folder, "run:end")
    return 0 if result.status == "succeeded" else 1


def _after_dying(method: Callable[..., Any], folder: Path, moment: str) -> Callable[..., Any]:
    def first(*arguments: Any) -> Any:
        die(folder, moment)
        return method(*arguments)

    return first


def _before_dying(method: Callable[..., Any], folder: Path, moment: str) -> Callable[..., Any]:
    def then(*arguments: Any) -> Any:
        method(*arguments)
        die(folder, moment)

    return then


if __name__ == "__main__":
    if sys.argv[1] == "--workspace":
        place = Path(sys.argv[2]).parent
        assert sys.argv[3:5] == ["worker", "--due"]
        sys.exit(perform(place, sys.argv[4:]))
    work(Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
