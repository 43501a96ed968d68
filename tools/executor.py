"""A run as a process: started with bounds on memory and time, its output in a file, stopped with all it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools import bounded

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
