"""A run in a process of its own, followed by its durable events: what a crash or a limit ends is that run alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from memory.owners import owner_pid
from spec.codec import load_spec
from spec.errors import DreflowError
from spec.run import RunEvent, RunResult, StoredRun
from tools import outcomes, runs
from tools.context import Context
from tools.executor import Bounds, Overdue, RunProcess, keep_output, read_output, stopped
from tools.outcomes import Outcome

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class ProcessStart:
    """Starts ``run`` of this product's shell, given as ``command``.

    ``clock`` is the time in UTC; ``sleep`` waits between two looks at its events.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    bounds: Bounds = field(default_factory=Bounds)

    def __call__(
        self, context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]
    ) -> RunResult:
        """Run it and wait for its end. Raises what kept it from beginning; one stopped by force is in the result."""
        context.need("run")
        pipeline = load_spec(spec).name
        folder = context.workspace.folder.absolute()
        output = folder / "worker" / f"{pipeline}-{now:%Y%m%dT%H%M%S%f}.log"
        arguments = ["run", str(spec.absolute()), "--out", str(out.absolute()), "--now", now.isoformat(), "--json"]
        process = RunProcess(
            [*self.command, "--workspace", str(folder), *arguments],
            cwd=spec.absolute().parent,
            environment=self.environment,
            output=output,
            bounds=self.bounds,
        )
        run_id, seen, overdue = None, -1, Overdue(self.bounds, self.monotonic)
        while True:
            code = process.poll()
            run_id = run_id or _run_of(context, pipeline, process.pid)
            if code is not None and run_id is None:
                # A run that was over before the first look is named by the document its process printed.
                run_id = outcomes.run_named(read_output(output))
            if run_id is not None:
                for event in context.workspace.store.events(run_id, after=seen):
                    seen = event.seq
                    told(event)
            if code is not None:
                return _ended(context, outcomes.of_process(code, read_output(output)), output, run_id)
            cancelled = run_id is not None and context.workspace.store.cancel_requested(run_id)
            if (why := overdue.why(cancelled=cancelled)) is not None:
                by_force = stopped(context, process, partial(_known, context, run_id), why, now=self.clock())
                return _ended(context, by_force, output, run_id)
            self.sleep(LOOK_SECONDS)


def _run_of(context: Context, pipeline: str, pid: int) -> str | None:
    """The run that the process holds the pipeline for."""
    holder = context.workspace.store.holder(pipeline)
    return holder[0] if holder is not None and owner_pid(holder[1]) == pid else None


def _known(context: Context, run_id: str | None) -> StoredRun | None:
    return context.workspace.store.get(run_id) if run_id is not None else None


def _ended(context: Context, said: Outcome, output: Path, run_id: str | None) -> RunResult:
    """The run's result as recorded, or what is said of its process as an error."""
    stored = _known(context, run_id)
    if stored is not None:
        keep_output(output, runs.folder_of(context, stored.run_id))
        if stored.result is not None:
            return stored.result
    output.unlink(missing_ok=True)
    raise DreflowError(said.message, hint=said.hint, data={"kind": said.kind, "run": run_id})
