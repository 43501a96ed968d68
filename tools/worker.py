"""The worker: claims what is due, starts a process for each run, watches it, and says how it went.

Any number of workers may share a workspace. A worker that dies leaves its runs' processes at work; the next one to
claim the due time finds the run noted there and watches it, or goes on with it when its process is gone, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from memory.owners import this_owner
from memory.schedule_store import DueRun, DueStatus, Scheduled
from spec.errors import DreflowError, TransientError
from spec.run import StoredRun
from tools import notices, outcomes, runs, schedules
from tools.context import Context
from tools.due import is_run_of
from tools.executor import Bounds, Overdue, RunProcess, keep_output, read_output, stopped
from tools.outcomes import Outcome

CLAIM_SECONDS = 60.0
LOOK_SECONDS = 5.0
"""How often a worker with nothing to do looks for what is due."""

WATCH_SECONDS = 0.1
"""How often it looks at the processes it has started."""


@dataclass(frozen=True)
class Setting:
    """What a worker gets from outside.

    ``command`` starts this product's shell in a process; ``clock`` is the time by which things come due, ``machine``
    the real one, in UTC; ``wait`` sleeps, and may return early; ``say`` is given a line for a log.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    clock: Callable[[], datetime]
    machine: Callable[[], datetime]
    monotonic: Callable[[], float]
    wait: Callable[[float], object]
    seed: int = 0
    concurrency: int = 2
    bounds: Bounds = field(default_factory=Bounds)
    say: Callable[[str], None] = lambda _: None


@dataclass
class _Task:
    """A due time that this worker has claimed. Without a process it watches one that another worker started."""

    due: DueRun
    process: RunProcess | None
    renewed: float
    overdue: Overdue


class Worker:
    """Runs what is due in one workspace, one ``tick`` after the other, all in the calling thread."""

    def __init__(self, context: Context, setting: Setting) -> None:
        context.need("run")
        self._context = context
        self._setting = setting
        self._owner = this_owner()
        self._store = schedules.store_of(context)
        self._tasks: list[_Task] = []
        self._left = False

    @property
    def busy(self) -> bool:
        """True while a claimed run is at work."""
        return bool(self._tasks)

    def once(self) -> None:
        """Run all that is due now, and return when nothing of it is at work any more."""
        while self.tick(claim=True) or self._tasks:
            self._setting.wait(WATCH_SECONDS)

    def run(self, stop: Callable[[], bool]) -> None:
        """Go on until ``stop`` says so; then claim nothing more, and return when what is at work has ended."""
        while (self._tasks and not self._left) or not stop():
            try:
                self.tick(claim=not stop())
            except _passing_errors(self._context) as error:
                # The store may be away for a while; what was claimed is still ours when it comes back, or another's.
                self._setting.say(f"Could not look: {error}")
                self._setting.wait(LOOK_SECONDS)
            self._setting.wait(WATCH_SECONDS if self._tasks else LOOK_SECONDS)

    def leave(self) -> None:
        """Let go of what is at work without waiting: its processes go on, and another worker will see to them."""
        self._left = True

    def tick(self, *, claim: bool) -> bool:
        """Look after what is at work, then claim what is due; True when something was claimed."""
        self._tasks = [task for task in self._tasks if self._safely(task, self._goes_on)]
        if not claim or len(self._tasks) >= self._setting.concurrency:
            return False
        now = self._setting.clock()
        schedules.come_due(self._context, now=now, unreadable=self._set_aside)
        claimed = False
        for due in self._store.claimable(owner=self._owner, now=now):
            if len(self._tasks) >= self._setting.concurrency:
                break
            mine = self._store.claim(due, owner=self._owner, until=self._until(), now=now, machine=self._machine())
            if mine is not None:
                claimed = True
                self._begin(mine)
        return claimed

    def _set_aside(self, schedule: Scheduled, error: DreflowError) -> None:
        """Pause a schedule that cannot come due, and say so once, so that it holds up no other."""
        self._store.pause(schedule.pipeline, paused=True, next_at=None)
        self._setting.say(f"Paused {schedule.pipeline}: {error.message}")
        notices.add(
            self._context,
            pipeline=schedule.pipeline,
            kind="not_run",
            text=f"“{schedule.pipeline}” does not run by itself any more. {error.message}",
            hint=error.hint,
            cause=error.message,
            run_id=None,
            thread=schedule.thread,
            now=self._setting.clock(),
        )

    # One due time

    def _safely(self, task: _Task, step: Callable[[_Task], bool]) -> bool:
        """Take a step with one task; False when it is over for this worker. What goes wrong ends that task alone."""
        try:
            return step(task)
        except DreflowError as error:
            if task.process is not None and task.process.poll() is None:
                # What is at work may be publishing, so it is let be; its own alarm bounds it.
                return True
            # Not even its run may be readable, so nothing of that is asked for.
            self._settle(task, outcomes.of_error(error), None)
            return False

    def _begin(self, due: DueRun) -> None:
        setting = self._setting
        task = _Task(due, None, setting.monotonic(), Overdue(setting.bounds, setting.monotonic))
        if self._safely(task, self._taken_up):
            self._tasks.append(task)

    def _taken_up(self, task: _Task) -> bool:
        due = task.due
        if self._linked(task) is None or not self._is_held(due):
            self._start(task)
        else:
            self._setting.say(f"Watching {due.run_id} of {due.pipeline}, which another worker started.")
        return True

    def _start(self, task: _Task) -> None:
        due, setting = task.due, self._setting
        run = self._linked(task)
        if run is not None and outcomes.of_run(run) is not None:
            # It ended while nobody was looking; the next look settles it.
            return
        at = due.due_at.isoformat()
        arguments = ["worker", "--due", due.pipeline, at, "--fence", str(due.fence), "--json"]
        folder = self._context.workspace.folder.absolute()
        output = folder / "worker" / f"{due.pipeline}-{due.due_at:%Y%m%dT%H%M%S}-{due.fence}.log"
        schedule = schedules.known(self._context, due.pipeline)
        base = Path(schedule.base)
        try:
            task.process = RunProcess(
                [*setting.command, "--workspace", str(folder), *arguments],
                cwd=base if base.is_dir() else folder,
                environment=setting.environment,
                output=output,
                bounds=setting.bounds,
            )
        except OSError as error:
            # No memory, no room or no process to be had just now; that passes.
            raise TransientError(f"Its process could not be started: {error.strerror}.") from error
        setting.say(f"Started {due.pipeline}, due {at} (process {task.process.pid}).")

    def _goes_on(self, task: _Task) -> bool:
        """Look at one task; False when it is over for this worker."""
        if not self._renewed(task):
            self._setting.say(f"{task.due.pipeline} was taken over by another worker.")
            return False
        if task.process is None:
            return self._watched(task)
        code = task.process.poll()
        if code is None:
            ended = self._stopped(task)
            if ended is None:
                return True
        else:
            ended = self._outcome(task, code)
        run = self._linked(task)
        if run is not None:
            keep_output(task.process.output, runs.folder_of(self._context, run.run_id))
        elif ended.kind != "crash":
            # What it said is in the outcome; after a crash it may be all there is.
            task.process.output.unlink(missing_ok=True)
        self._settle(task, ended, run)
        return False

    def _watched(self, task: _Task) -> bool:
        run = self._linked(task)
        ended = outcomes.of_run(run) if run is not None else None
        if ended is not None:
            self._settle(task, ended, run)
            return False
        if not self._is_held(task.due):
            self._start(task)
        return True

    def _outcome(self, task: _Task, code: int) -> Outcome:
        """How a process ended, by the run it left, else by what it said."""
        run = self._linked(task)
        recorded = outcomes.of_run(run) if run is not None else None
        if recorded is not None:
            return recorded
        assert task.process is not None
        return outcomes.of_process(code, read_output(task.process.output))

    def _stopped(self, task: _Task) -> Outcome | None:
        """Stop a process whose time is up, or that was asked to stop and has not; how it ended, if it was stopped."""
        assert task.process is not None
        run = self._linked(task)
        cancelled = run is not None and self._context.workspace.store.cancel_requested(run.run_id)
        why = task.overdue.why(cancelled=cancelled)
        if why is None:
            return None
        return stopped(self._context, task.process, lambda: self._linked(task), why, now=self._machine())

    # How it ended

    def _settle(self, task: _Task, outcome: Outcome, run: StoredRun | None) -> None:
        due = task.due
        attempt = due.attempt + (outcome.end != "busy")
        key = f"{due.pipeline} {due.due_at.isoformat()}"
        wait = outcomes.next_attempt(outcome, attempt=due.attempt, seed=self._setting.seed, key=key)
        if wait is not None:
            kept = run.run_id if run is not None and run.status == "running" else None
            not_before = self._setting.clock() + wait
            self._store.retry(due, attempt=attempt, not_before=not_before, message=outcome.message, run_id=kept)
            self._setting.say(f"{due.pipeline} waits {wait.total_seconds():.0f} s: {outcome.message}")
            return
        if run is not None and run.status == "running" and not runs.is_publishing(self._context, run):
            runs.record_end(self._context, run, "failed", outcome.message, now=self._machine())
        statuses: dict[str, DueStatus] = {"held": "held", "blocked": "blocked", "cancelled": "cancelled"}
        status: DueStatus = "succeeded" if outcome.end == "succeeded" else statuses.get(outcome.end, "failed")
        recovered = status == "succeeded" and self._was_bad(due)
        if self._store.settle(due, status, message=outcome.message or None, at=self._machine()):
            self._setting.say(f"{due.pipeline}, due {due.due_at.isoformat()}: {status}.")
            self._tell(due, outcome, recovered=recovered)

    def _was_bad(self, due: DueRun) -> bool:
        """True when the pipeline's last end before this one was one that had been told as trouble."""
        before = [one for one in self._store.recent(due.pipeline, 5) if one.due_at != due.due_at]
        ended = [one for one in before if one.status not in {"running", "waiting", "cancelled", "missed"}]
        return bool(ended) and ended[0].status in {"failed", "blocked", "held"}

    def _tell(self, due: DueRun, outcome: Outcome, *, recovered: bool) -> None:
        schedule = self._store.schedule(due.pipeline)
        if schedule is not None and schedule.paused_for is not None and outcome.kind == "access":
            # The run itself has told why, and what to do.
            return
        title, due_at = self._titled(schedule, due)
        if recovered:
            said = outcomes.told_recovered(title=title, due_at=due_at)
        else:
            told = outcomes.told(outcome, title=title, due_at=due_at, attempts=due.attempt)
            if told is None:
                return
            said = told
        current = self._store.due(due.pipeline, due.due_at)
        notices.add(
            self._context,
            pipeline=due.pipeline,
            kind=said.kind,
            text=said.text,
            hint=said.hint,
            cause=said.cause,
            run_id=current.run_id if current is not None else None,
            thread=schedule.thread if schedule is not None else None,
            now=self._setting.clock(),
        )

    def _titled(self, schedule: Scheduled | None, due: DueRun) -> tuple[str, datetime]:
        """What its owner calls it, and when it was due in its own zone; what is known of a plan that is gone."""
        try:
            spec = schedules.spec_of(self._context, schedule) if schedule is not None else None
        except DreflowError:
            spec = None
        if spec is None or spec.schedule is None:
            return due.pipeline, due.due_at
        return spec.title or spec.name, due.due_at.astimezone(ZoneInfo(spec.schedule.timezone))

    # Claims

    def _renewed(self, task: _Task) -> bool:
        if self._setting.monotonic() - task.renewed < CLAIM_SECONDS / 4:
            return True
        task.renewed = self._setting.monotonic()
        return self._store.renew(task.due, until=self._until())

    def _linked(self, task: _Task) -> StoredRun | None:
        """The run noted at the due time, as it is now."""
        current = self._store.due(task.due.pipeline, task.due.due_at)
        if current is None or current.run_id is None:
            return None
        task.due = replace(task.due, run_id=current.run_id)
        run = self._context.workspace.store.get(current.run_id)
        return run if run is not None and is_run_of(run, task.due) else None

    def _is_held(self, due: DueRun) -> bool:
        return due.run_id is not None and self._store.is_held(due.pipeline, due.run_id, machine=self._machine())

    def _until(self) -> datetime:
        return self._machine() + timedelta(seconds=CLAIM_SECONDS)

    def _machine(self) -> datetime:
        return self._setting.machine()


def _passing_errors(context: Context) -> tuple[type[Exception], ...]:
    """What the store and the disk may raise while they are away."""
    errors: tuple[type[Exception], ...] = (DreflowError, OSError, sqlite3.Error)
    if context.workspace.database_url is None:
        return errors
    from sqlalchemy.exc import SQLAlchemyError

    return (*errors, SQLAlchemyError)
