"""A compiled job becomes a run: extract, transform, check, publish. The only place with effects.

Order of things, and why: an approval is looked for before anything is read; the lease is taken before anything is
written; sources are read into the run's own folder, then the connection is locked, and only then does anything the
spec says run in it; every check runs; only a run that no blocking check held back stages, compares and publishes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors.destination import Session, StateRow, destination
from connectors.files import destination as files
from pipelines import events, gone, journal, loads, publish, staging
from pipelines.approval import permitted
from pipelines.computing import benches
from pipelines.engines.duckdb import Guard, explained, lock, open_engine
from pipelines.events import EventLog
from pipelines.extracting import Extraction, tell
from pipelines.folder import read_json, write_json
from pipelines.job import THERE, Job
from pipelines.leases import COMMIT_SECONDS, LEASE_SECONDS, abandon, claim, given, interrupted, jsonable
from pipelines.loads import Target
from pipelines.publish import Publisher
from pipelines.retention import forget_staged
from pipelines.run_notes import RUN_FILE, conclude, events_file, run_folder
from pipelines.sending import Sending, dry
from pipelines.set_aside import emptied, few_set_aside
from pipelines.setting import Setting
from pipelines.staging import Staged
from pipelines.transform import Workbench
from spec.base import JsonValue
from spec.errors import (
    AccessError,
    BusyError,
    CancelledError,
    DreflowError,
    SpecError,
    TransientError,
)
from spec.run import CheckResult, RunResult, RunStatus, StoredRun

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Documents = Callable[[Workbench, RunResult], Mapping[str, bytes]]
"""Makes further files of the run (a report): file name to content, published in one set with the outputs."""


def run(
    job: Job,
    setting: Setting,
    *,
    new_id: Callable[[], str],
    out: Path,
    now: datetime,
    rebound: Mapping[str, str] | None = None,
    seed: int = 0,
    digests: bool = True,
    documents: Documents | None = None,
) -> RunResult:
    """Run a job once, or finish the run of the same spec, parameters and folders that was interrupted.

    A failure after the run began is a result (``failed``, with its ``error``), as are ``blocked`` and ``cancelled``.
    Raised are only ApprovalNeededError and BusyError, before anything was read or written, and what is a bug of ours.
    """
    permitted(job, setting.store, rebound or {})
    adopted, going_on = interrupted(job, setting, out, rebound or {})
    run_id = adopted or new_id()
    claim(job, setting, run_id)
    attempt = _Attempt(job, setting, run_id, out, now, rebound or {}, seed, digests, documents)
    try:
        abandon(job, setting, keep=run_id)
        return attempt.perform(going_on=going_on)
    finally:
        setting.store.release(job.spec.name, run_id)


def resume(job: Job, setting: Setting, run_id: str, *, documents: Documents | None = None) -> RunResult:
    """Go on with a run that did not end well: from its staged rows where they are complete, else from the start.

    ``job`` is the run's own spec, compiled. A run that ended well is given back as it is.
    """
    stored = setting.store.get(run_id)
    if stored is None:
        raise SpecError(
            f"There is no run {run_id!r}.", hint="'dreflow runs list' shows them.", data={"unknown": run_id}
        )
    if stored.status == "succeeded" and stored.result is not None:
        return stored.result
    if stored.spec_digest != job.digest:
        raise SpecError("The run is of another spec.", data={"run": stored.spec_digest, "given": job.digest})
    permitted(job, setting.store, stored.rebound)
    claim(job, setting, run_id)
    try:
        attempt = _Attempt(job, setting, run_id, Path(stored.out), stored.now, stored.rebound, 0, True, documents)
        return attempt.perform(going_on=True)
    finally:
        setting.store.release(job.spec.name, run_id)


class _Attempt:
    """One attempt at one run, by this process."""

    def __init__(
        self,
        job: Job,
        setting: Setting,
        run_id: str,
        out: Path,
        now: datetime,
        rebound: Mapping[str, str],
        seed: int,
        digests: bool,
        documents: Documents | None,
    ) -> None:
        self._job = job
        self._setting = setting
        self._run_id = run_id
        self._out = out.absolute()
        self._now = now
        self._rebound = rebound
        self._seed = seed
        self._digests = digests
        self._documents = documents
        self._folder = run_folder(setting.workspace, run_id)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._beat_at = setting.monotonic()
        self._started = setting.clock()
        self._checks: tuple[CheckResult, ...] = ()
        self._staged: Mapping[str, Staged] = {}
        self._guard = Guard(
            monotonic=setting.monotonic,
            seconds=setting.limits.seconds,
            cancelled=lambda: setting.store.cancel_requested(run_id),
            beat=self._beat,
        )

    def perform(self, *, going_on: bool) -> RunResult:
        """Do it. ``going_on`` keeps what an earlier attempt staged and its parameters; without it the run starts
        afresh.
        """
        self._record(going_on=going_on)
        log = EventLog(self._folder, self._run_id, self._setting.store, self._setting.clock, self._setting.after)
        try:
            log.append("start", self._job.spec.name, data={"spec_digest": self._job.digest, "going_on": going_on})
            try:
                result = self._steps(log, going_on=going_on)
            except CancelledError as error:
                log.append("cancel")
                result = self._result("cancelled", message=str(error))
            except KeyboardInterrupt:
                log.append("cancel")
                result = self._result("cancelled", message="The run was interrupted; nothing was published.")
            except Exception as error:
                known = explained(error)
                result = self._failed(log, known)
                if not isinstance(known, DreflowError):
                    # A mistake of ours: recorded, and shown with its trace.
                    self._setting.store.finish(self._run_id, result)
                    raise
            with suppress(OSError):
                # A full disk must not hide why the run failed; the store says how it ended.
                log.append("finish", result.status)
            self._setting.store.finish(self._run_id, result)
            if result.status == "succeeded":
                # Last of all: while the note stands, the next run looks whether everything is out.
                conclude(self._setting.workspace, self._job.spec.name)
                forget_staged(self._setting.workspace, now=self._setting.clock(), keep=self._setting.keep)
            return result
        finally:
            log.close()
            self._tidy()

    def _failed(self, log: EventLog, error: BaseException) -> RunResult:
        plain: dict[str, JsonValue] = {"kind": "error", "message": f"{type(error).__name__}: {error}"}
        if isinstance(error, DreflowError):
            plain = cast("dict[str, JsonValue]", jsonable(error.to_json()))
        with suppress(OSError):
            log.append("error", str(plain["kind"]), data=plain)
        return self._result("failed", message=str(error), error=plain)

    def _record(self, *, going_on: bool) -> None:
        job, saved = self._job, read_json(self._folder / RUN_FILE)
        if going_on and saved is not None:
            # "now" and every parameter stay those of the first attempt, or the rest would not fit what is out already.
            self._job = replace(
                dry(job) if saved.get("dry") else job,
                parameters=cast("dict[str, JsonValue]", saved["parameters"]),
                sweep=bool(saved.get("sweep")),
            )
            self._now = datetime.fromisoformat(str(saved["now"]))
        else:
            _emptied(self._folder)
            write_json(
                self._folder / RUN_FILE,
                {
                    "run_id": self._run_id,
                    "spec_digest": job.digest,
                    "parameters": jsonable(dict(job.parameters)),
                    "seed": self._seed,
                    "now": self._now.isoformat(),
                    "dry": job.dry,
                    "sweep": job.sweep,
                },
                durable=False,
            )
        self._setting.store.begin(
            StoredRun(
                run_id=self._run_id,
                pipeline=job.spec.name,
                spec_digest=job.digest,
                spec=job.spec,
                base=str(job.base),
                parameters=given(job),
                rebound=dict(self._rebound),
                out=str(self._out),
                now=self._now,
                status="running",
                started=self._started,
            )
        )

    def _steps(self, log: EventLog, *, going_on: bool) -> RunResult:
        if going_on:
            out_already = journal.settled(self._out, self._folder, self._guard.check, self._setting.sleep)
            if out_already is not None:
                self._clear()
                return self._conclude(log, out_already)
        if self._job.engine == THERE:
            return self._steps_there(log, going_on=going_on)
        with ExitStack() as stack:
            make = stack.enter_context(benches(self._job, self._setting.limits, self._folder))
            connection = open_engine(self._setting.limits, self._folder / "spill")
            stack.callback(connection.close)
            sessions: list[tuple[Target, Session]] = []
            stack.callback(_close, sessions)
            targets = loads.targets(self._job, self._setting.places)
            extraction = Extraction(
                connection, self._job, self._setting, self._guard, run_id=self._run_id, targets=targets, now=self._now
            )
            previous, borders = extraction.where_to_start()
            self._staged = extraction.read(borders, sessions, log)
            extraction.offer(self._staged)
            self._open_sessions(connection, targets, sessions)
            files.prepare(connection, [output.file for output in self._job.outputs])
            lock(connection, [self._folder, self._out / journal.HIDDEN / self._run_id])
            bench = make(connection, self._job, self._guard, seed=self._seed)
            bench.run_stages(lambda stage, rows: log.append("transform", stage.relation.name, rows=rows))
            if not self._passed(bench, log):
                return self._blocked()
            return self._publish(Publisher, bench, log, sessions, previous)

    def _steps_there(self, log: EventLog, *, going_on: bool) -> RunResult:
        """The same where the database computes it: nothing is read, so there are no rows to stage or to go on from."""
        from pipelines.engines.postgres import PlacedBench, session_of
        from pipelines.inplace.publishing import PlacedPublisher, is_out

        with ExitStack() as stack:
            connection = open_engine(self._setting.limits, None)
            stack.callback(connection.close)
            (target,) = loads.targets(self._job, self._setting.places)
            session = session_of(self._job, self._setting.places, connection)
            sessions: list[tuple[Target, Session]] = [(target, session)]
            stack.callback(_close, sessions)
            session.hold(self._job.spec.name)
            is_done = going_on and is_out(self._job, target, session, self._run_id, self._folder)
            session.begin()
            stack.callback(session.forget)
            bench = PlacedBench(session, connection, self._job, self._guard)
            if not is_done:
                self._staged = bench.read_sources(lambda source, item: tell(log, source, item))
                bench.run_stages(lambda stage, rows: log.append("transform", stage.relation.name, rows=rows))
                if not self._passed(bench, log):
                    return self._blocked()
            return self._publish(PlacedPublisher, bench, log, sessions, {})

    def _blocked(self) -> RunResult:
        failed = [check for check in self._checks if not check.passed and check.severity == "block"]
        return self._result("blocked", message=_blocked(failed))

    def _clear(self) -> None:
        """Drop what the killed attempt left staged after it had committed."""
        with closing(open_engine(self._setting.limits, None)) as connection:
            for target in loads.targets(self._job, self._setting.places):
                # A destination that cannot be reached now is swept by the pipeline's next run.
                with suppress(AccessError, BusyError, TransientError):
                    session = destination(target.place.connector).open_session(target.place, connection)
                    try:
                        session.hold(self._job.spec.name)
                    finally:
                        session.close()

    def _open_sessions(
        self, connection: DuckDBPyConnection, targets: Sequence[Target], sessions: list[tuple[Target, Session]]
    ) -> None:
        opened = {id(target) for target, _ in sessions}
        for target in targets:
            if id(target) in opened:
                continue
            session = destination(target.place.connector).open_session(target.place, connection)
            sessions.append((target, session))

    def _passed(self, bench: Workbench, log: EventLog) -> bool:
        """Run every check, also after one has failed."""
        results = [*staging.own_totals(self._staged), *few_set_aside(self._job.sources, self._staged)]
        for result in results:
            data = cast("dict[str, JsonValue]", result.model_dump(mode="json"))
            log.append("check", f"{result.check}:{result.on}", data=data)
        for check in self._job.checks:
            self._guard.check()
            result = bench.run_check(check)
            results.append(result)
            data = cast("dict[str, JsonValue]", result.model_dump(mode="json"))
            log.append("check", f"{check.check}:{check.on}", data=data)
        self._checks = tuple(results)
        return all(result.passed or result.severity != "block" for result in results)

    def _publish(
        self,
        kind: type[Publisher],
        bench: Workbench,
        log: EventLog,
        sessions: Sequence[tuple[Target, Session]],
        previous: Mapping[str, StateRow | None],
    ) -> RunResult:
        documents = self._documents(bench, self._result("succeeded")) if self._documents else {}
        if documents:
            log.append("report", ", ".join(sorted(documents)), size=sum(len(item) for item in documents.values()))
        publisher = kind(
            bench,
            run_id=self._run_id,
            folder=self._folder,
            out=self._out,
            workspace=self._setting.workspace,
            staged=self._staged,
            sessions=sessions,
            previous=previous,
            committed_at=self._setting.clock().isoformat(),
            digests=self._digests,
            sleep=self._setting.sleep,
            sending=Sending(bench, self._setting.places, self._setting.workspace) if self._job.sends else None,
        )
        try:
            publisher.prepare(documents)
            log.append("publish", "staged")
            publisher.announce()
            claim(self._job, self._setting, self._run_id, seconds=COMMIT_SECONDS)
            borders = {source: item.border for source, item in self._staged.items() if item.border}
            facts = publisher.commit(borders, lambda what: log.append("publish", what))
        finally:
            publisher.close()
        return self._conclude(log, facts | {"checks": [item.model_dump(mode="json") for item in self._checks]})

    def _conclude(self, log: EventLog, facts: Mapping[str, JsonValue]) -> RunResult:
        """Everything is out: keep the cursors of a pipeline without tables."""
        outputs, quarantined = publish.result_parts(facts)
        if not self._job.loads and not self._job.dry and facts.get("borders", "{}") != "{}":
            self._setting.store.save_state(self._job.spec.name, self._run_id, {"borders": facts["borders"]})
        for output in outputs:
            log.append(
                "publish", output.file or output.table or output.name, rows=output.rows, data={"digest": output.digest}
            )
        if not self._staged:
            self._staged = staging.read_manifest(self._folder) or {}
        result = self._result("succeeded")
        sent = cast("list[str]", facts.get("notes", []))
        notes = (*result.notes, *gone.notes(self._job, outputs), *sent)
        return result.model_copy(update={"outputs": outputs, "quarantined": quarantined, "notes": notes})

    def _result(
        self, status: RunStatus, *, message: str | None = None, error: dict[str, JsonValue] | None = None
    ) -> RunResult:
        known = [item.as_of for item in self._staged.values() if item.as_of is not None]
        return RunResult(
            run_id=self._run_id,
            status=status,
            spec_digest=self._job.digest,
            started=self._started,
            finished=self._setting.clock(),
            # All data is at least as recent as its oldest part.
            data_as_of=min(known) if known else None,
            checks=self._checks,
            notes=(
                *(f"{name}: {text}" for name, item in self._staged.items() for text in item.warnings),
                *emptied(self._staged),
            ),
            events=events_file(self._run_id),
            message=message,
            error=error,
        )

    def _beat(self) -> None:
        if self._setting.monotonic() - self._beat_at < LEASE_SECONDS / 4:
            return
        self._beat_at = self._setting.monotonic()
        claim(self._job, self._setting, self._run_id)

    def _tidy(self) -> None:
        shutil.rmtree(self._folder / "spill", ignore_errors=True)


def _emptied(folder: Path) -> None:
    """Begin afresh, but keep the events: they are what happened."""
    for path in folder.iterdir():
        if path.name != events.FILE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _blocked(failed: Sequence[CheckResult]) -> str:
    first = failed[0]
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    found = f": expected {first.expected}, found {first.found}" if first.expected or first.found else ""
    advice = f" {first.detail[:1].upper()}{first.detail[1:]}." if first.detail else ""
    return f"Nothing was published, because the check {first.check!r} on {first.on!r} failed{found}{more}.{advice}"


def _close(sessions: Sequence[tuple[Target, Session]]) -> None:
    for _, session in sessions:
        session.close()
