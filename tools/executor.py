"""A run as a process: started with bounds on memory and time, its output in a file, stopped with all it started.

``Overdue`` says when a process has to be stopped by force, and ``stopped`` does so and records how its run ended.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from spec.run import StoredRun
from tools import bounded, outcomes, runs
from tools.context import Context
from tools.outcomes import Outcome

LARGEST_OUTPUT = 200_000
"""Bytes of output that are kept of one run."""

_PASSWORD = re.compile(r"(://[^\s:/@]+:)[^\s@]+(?=@)")
_NOT_FOR_RUNS = re.compile(r".*_(API_KEY|ACCESS_KEY|SECRET|TOKEN)$")


@dataclass(frozen=True)
class Bounds:
    """What one run may use: bytes of address space, seconds by the clock, and seconds to end when it is asked to."""

    memory: int = 8 << 30
    seconds: float = 3600.0
    grace: float = 10.0


class RunProcess:
    """A command at work in a process group of its own."""

    def __init__(
        self, command: Sequence[str], *, cwd: Path, environment: Mapping[str, str], output: Path, bounds: Bounds
    ) -> None:
        output.parent.mkdir(parents=True, exist_ok=True)
        self.output = output
        # The alarm is for a run whose worker is gone; a worker ends it earlier and in its own way.
        seconds = bounds.seconds + 6 * bounds.grace
        launcher = [sys.executable, "-I", "-S", bounded.__file__, str(bounds.memory), str(seconds)]
        with output.open("wb") as file:
            self._process = subprocess.Popen(
                [*launcher, *command],
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its number, and that of its group."""
        return self._process.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it is at work."""
        return self._process.poll()

    def kill(self) -> int:
        """End it and all it has started, at once; the exit code."""
        # It may have ended by itself meanwhile.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()


class Overdue:
    """When a process has to be stopped by force: its time is up, or it was asked to stop and has not."""

    def __init__(self, bounds: Bounds, monotonic: Callable[[], float]) -> None:
        self._bounds, self._monotonic = bounds, monotonic
        self._began = monotonic()
        self._asked: float | None = None

    def why(self, *, cancelled: bool) -> Outcome | None:
        """The end it comes to; None while it may go on. ``cancelled`` says that somebody asked it to stop."""
        now = self._monotonic()
        if cancelled and self._asked is None:
            self._asked = now
        if self._asked is not None and now - self._asked > self._bounds.grace:
            return Outcome("cancelled", message="It was cancelled.")
        return outcomes.timed_out(now - self._began) if now - self._began > self._bounds.seconds else None


def stopped(
    context: Context, process: RunProcess, run_of: Callable[[], StoredRun | None], why: Outcome, *, now: datetime
) -> Outcome:
    """Stop a process by force; how its run ended. ``run_of`` finds the run, as it is at that time.

    A run that had ended by itself keeps that end. One that had begun to publish has to be finished, so it is left to
    the next attempt.
    """
    code = process.kill()
    run = run_of()
    ended = outcomes.of_run(run) if run is not None else None
    if ended is not None:
        return ended
    if run is not None and runs.is_publishing(context, run):
        return outcomes.of_process(code, "")
    if run is not None:
        status: Literal["cancelled", "failed"] = "cancelled" if why.end == "cancelled" else "failed"
        runs.record_end(context, run, status, f"{why.message} Nothing was published.", now=now)
    return why


def run_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The worker's environment without what no run needs: keys of models and the like."""
    return {name: value for name, value in environment.items() if not _NOT_FOR_RUNS.fullmatch(name)}


def read_output(file: Path) -> str:
    """The end of a process's output, without passwords of addresses."""
    if not file.exists():
        return ""
    with file.open("rb") as handle:
        handle.seek(max(0, file.stat().st_size - LARGEST_OUTPUT))
        text = handle.read().decode("utf-8", errors="replace")
    return _PASSWORD.sub(r"\1***", text)


def keep_output(file: Path, folder: Path) -> None:
    """Move a process's output into the run's folder, bounded and without passwords."""
    text = read_output(file)
    if text.strip() and folder.is_dir():
        (folder / "output.log").write_text(text, encoding="utf-8")
    file.unlink(missing_ok=True)
