"""A run in a process of its own, followed by its durable events: what a crash or a limit ends is that run alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from memory.owners import owner_pid
from spec.codec import load_spec
from spec.errors import DreflowError, LimitError
from spec.run import RunEvent, RunResult
from tools import outcomes, runs
from tools.context import Context
from tools.executor import Bounds, RunProcess, keep_output, read_output

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class ProcessStart:
    """Starts ``run`` of this product's shell, given as ``command``; ``sleep`` waits between two looks at its events."""

    command: Sequence[str]
    environment: Mapping[str, str]
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    bounds: Bounds = field(default_factory=Bounds)

    def __call__(
        self, context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]
    ) -> RunResult:
        """Run it and wait for its end. Raises what kept it from beginning, LimitError when its time was over."""
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
        run_id, seen, began = None, -1, self.monotonic()
        while True:
            code = process.poll()
            run_id = run_id or _run_of(context, pipeline, process.pid)
            if run_id is not None:
                for event in runs.events(context, run_id, after=seen):
                    seen = event.seq
                    told(event)
            if code is not None:
                break
            if self.monotonic() - began > self.bounds.seconds:
                process.kill()
                raise LimitError(
                    f"The run took longer than {self.bounds.seconds / 60:.0f} minutes and was stopped.",
                    hint="Nothing was published. Ask for less, or run it where it has more time.",
                )
            self.sleep(LOOK_SECONDS)
        return _ended(context, code, output, run_id)


def _run_of(context: Context, pipeline: str, pid: int) -> str | None:
    """The run that the process holds the pipeline for."""
    holder = context.workspace.store.holder(pipeline)
    return holder[0] if holder is not None and owner_pid(holder[1]) == pid else None


def _ended(context: Context, code: int, output: Path, run_id: str | None) -> RunResult:
    """The run's result as recorded, or the error that its process told."""
    text = read_output(output)
    # A run that was over before the first look is named by the document its process printed.
    run_id = run_id or outcomes.run_named(text)
    stored = runs.known(context, run_id) if run_id is not None else None
    if stored is not None:
        keep_output(output, runs.folder_of(context, stored.run_id))
        if stored.result is not None:
            return stored.result
    output.unlink(missing_ok=True)
    said = outcomes.of_process(code, text)
    raise DreflowError(said.message, hint=said.hint, data={"kind": said.kind, "run": run_id})
