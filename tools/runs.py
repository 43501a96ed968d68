"""Runs: started, listed, stopped, resumed. The runner gets its store, its approvals and its places from here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from memory.owners import is_gone, this_owner
from pipelines import runner
from pipelines.job import Job
from pipelines.leases import ended
from pipelines.run_notes import read_pointer, run_folder
from pipelines.setting import Setting
from spec.base import JsonValue
from spec.codec import load_spec
from spec.errors import DreflowError, SpecError, UsageError, unknown_name
from spec.pipeline import Pipeline, Source
from spec.run import RunEvent, RunResult, StoredRun
from tools import audience, connections
from tools.compiling import ready
from tools.context import Context
from tools.locations import Location

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pipelines.replay import Replayed

LOOKED_AT = 500
"""How many of the newest runs are looked through for those that somebody may see."""


def run(
    context: Context,
    path: Path,
    *,
    now: datetime,
    out: Path,
    data: Sequence[str] = (),
    parameters: Mapping[str, JsonValue] | None = None,
    told: Callable[[RunEvent], None] = lambda _: None,
    spare: DuckDBPyConnection | None = None,
    dry: bool = False,
    sweep: bool = False,
    engine: str | None = None,
) -> RunResult:
    """Run a spec file. ``data`` rebinds sources (``NAME=X``); ``told`` hears each durable event.

    A ``dry`` run writes files alone: its results, and the requests that it would send. With ``sweep`` all keys are read
    now, where the plan says that rows which are gone are told by them; UsageError where it does not. An ``engine`` is
    where it has to be computed; SpecError where the plan computes elsewhere.

    ``spare`` is an empty database in memory that the compile may use up.

    Raises SpecError where it does not compile, ApprovalNeededError and BusyError before anything was done; what goes
    wrong later is in the result.
    """
    return run_spec(
        context,
        load_spec(path),
        path.resolve().parent,
        now=now,
        out=out,
        data=data,
        parameters=parameters,
        told=told,
        spare=spare,
        dry=dry,
        sweep=sweep,
        engine=engine,
    )


def run_spec(
    context: Context,
    spec: Pipeline,
    base: Path,
    *,
    now: datetime,
    out: Path,
    data: Sequence[str] = (),
    parameters: Mapping[str, JsonValue] | None = None,
    told: Callable[[RunEvent], None] = lambda _: None,
    spare: DuckDBPyConnection | None = None,
    dry: bool = False,
    sweep: bool = False,
    engine: str | None = None,
) -> RunResult:
    """The same for a spec whose relative paths start at ``base``. What ``told`` raises ends the run where it stands."""
    context.need("run")
    rebound = _rebound(context, spec, data, now)
    if not rebound:
        # On other data nothing but the output folder is written.
        connections.check_hosts(context, spec)
    if spec.sends and not rebound and not dry:
        from tools.consents import check_rights

        check_rights(context, spec)
    sources = {name: source for name, (source, _) in rebound.items()}
    store = context.workspace.store
    with ready(context, spec, base, parameters=parameters, now=now, rebound=sources, spare=spare) as whole:
        job = _as_asked(whole, dry=dry, sweep=sweep, engine=engine)
        store.save_spec(spec, by=context.principal, now=now)
        result = runner.run(
            job,
            _setting(context, base, told),
            new_id=lambda: f"r{store.next_id('run')}",
            out=out.absolute(),
            now=now,
            rebound={name: item for name, (_, item) in rebound.items()},
            documents=_documents(job, now),
        )
    result = _with_question(context, job, base, result)
    _recorded(context, job, result)
    return result


def _as_asked(job: Job, *, dry: bool, sweep: bool, engine: str | None) -> Job:
    if engine not in {None, job.engine}:
        # What is typed with a run never changes what was approved.
        raise SpecError(
            f"This plan is not computed in {engine}: {job.why_engine}.",
            hint=f"Leave --engine out, or say engine: {engine} in the spec, which is a change to approve.",
            where={"field": "engine"},
        )
    if dry:
        from pipelines.sending import dry as dried

        job = dried(job)
    if sweep:
        from pipelines.sweeping import sweeping

        job = sweeping(job)
    return job


def resume(context: Context, run_id: str, *, told: Callable[[RunEvent], None] = lambda _: None) -> RunResult:
    """Finish a run that did not end well, as the same run. One that succeeded is given back as it is."""
    context.need("run")
    stored = known(context, run_id)
    if not stored.rebound:
        connections.check_hosts(context, stored.spec)
    job = job_of(context, stored)
    result = runner.resume(
        job, _setting(context, Path(stored.base), told), run_id, documents=_documents(job, stored.now)
    )
    result = _with_question(context, job, Path(stored.base), result)
    _recorded(context, job, result)
    return result


def job_of(context: Context, stored: StoredRun) -> Job:
    """A stored run's own spec, compiled again for its own time, parameters and sources."""
    from pipelines.compiler import compile_spec

    base = Path(stored.base)
    items = [f"{name}={item}" for name, item in stored.rebound.items()]
    rebound = _rebound(context, stored.spec, items, stored.now)
    return compile_spec(
        stored.spec,
        base=base,
        parameters=stored.parameters,
        now=stored.now,
        rebound={name: source for name, (source, _) in rebound.items()},
    )


def known(context: Context, run_id: str) -> StoredRun:
    """One run; SpecError with the nearest id when there is none, AccessError when it is not theirs to see."""
    context.need("ask")
    stored = context.workspace.store.get(run_id)
    if stored is None:
        raise unknown_name("run", run_id, [run.run_id for run in recent(context, limit=200)])
    audience.need(context, stored)
    return stored


def report_files(run: StoredRun) -> Sequence[str]:
    """Names of the report's files that a run left beside its outputs."""
    report = run.spec.report
    succeeded = run.result is not None and run.result.status == "succeeded"
    return [f"{report.file}.{kind}" for kind in report.formats] if report is not None and succeeded else []


def recent(context: Context, *, limit: int) -> Sequence[StoredRun]:
    """The runs that this principal may see, the newest first."""
    context.need("ask")
    # Those of others take no place in what is listed, and are not listed.
    looked = limit if "admin" in context.rights else max(limit, LOOKED_AT)
    return audience.seen(context, context.workspace.store.recent(looked))[:limit]


def events(context: Context, run_id: str, *, after: int = -1) -> Sequence[RunEvent]:
    """A run's events in order, those after number ``after``."""
    known(context, run_id)
    return context.workspace.store.events(run_id, after=after)


def is_interrupted(context: Context, run: StoredRun) -> bool:
    """True for a run recorded as running whose process is gone; it can be resumed."""
    if run.status != "running":
        return False
    holder = context.workspace.store.holder(run.pipeline)
    return holder is None or holder[0] != run.run_id or is_gone(holder[1])


def replay(context: Context, run_id: str) -> Replayed:
    """Compute a past run again from the rows it kept; the same digests, or which ones differ. Publishes nothing."""
    from pipelines.replay import replay as compute_again

    context.need("run")
    job = job_of(context, known(context, run_id))
    folder = run_folder(context.workspace.folder, run_id)
    return compute_again(job, run_id, folder, monotonic=time.monotonic)


def cancel(context: Context, run_id: str, *, now: datetime) -> None:
    """Ask a run to stop; it publishes nothing. Raises UsageError when it is not running."""
    context.need("run")
    run = known(context, run_id)
    store = context.workspace.store
    if not store.request_cancel(run_id, by=context.principal, now=now):
        raise UsageError(f"{run_id} is not running: it {_ended(run)}.", hint="'dreflow runs list' shows all runs.")
    if is_interrupted(context, run):
        # Nobody is left to hear it, so it is recorded here.
        record_end(context, run, "cancelled", "Cancelled after its process had ended; nothing was published.", now=now)
    store.record(context.principal, "cancel run", run_id, {"pipeline": run.pipeline}, now)


def record_end(
    context: Context, run: StoredRun, status: Literal["failed", "cancelled"], message: str, *, now: datetime
) -> None:
    """Record the end of a run whose process is gone and cannot do so itself."""
    context.workspace.store.finish(run.run_id, ended(run, status, message, now=now))


def folder_of(context: Context, run_id: str) -> Path:
    """Where a run keeps its files."""
    return run_folder(context.workspace.folder, run_id)


def is_publishing(context: Context, run: StoredRun) -> bool:
    """True when a run began to publish, so that it has to be finished rather than given up."""
    return read_pointer(context.workspace.folder, run.pipeline) == run.run_id


def _ended(run: StoredRun) -> str:
    return {"succeeded": "succeeded", "blocked": "was held back", "failed": "failed"}.get(run.status, "was cancelled")


def _setting(context: Context, base: Path, told: Callable[[RunEvent], None]) -> Setting:
    return Setting(
        store=context.workspace.store,
        workspace=context.workspace.folder,
        places=connections.places(context, base),
        clock=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
        sleep=time.sleep,
        owner=this_owner(),
        after=told,
    )


def _documents(job: Job, now: datetime) -> runner.Documents | None:
    """The report's files, made from the run's rows and published in one set with its outputs."""
    if job.spec.report is None:
        return None
    from tools.reports import documents

    return documents(job, now)


def _with_question(context: Context, job: Job, base: Path, result: RunResult) -> RunResult:
    """The result of a run that met other columns with the question that would settle it, kept so with the run."""
    if (result.error or {}).get("kind") != "drift":
        return result
    from pipelines.compiler import compile_spec
    from tools.renames import with_question

    stored = context.workspace.store.get(result.run_id)
    parameters = stored.parameters if stored is not None else {}

    def refused(spec: Pipeline) -> str:
        try:
            compile_spec(spec, base=base, parameters=parameters, now=result.started)
        except DreflowError as error:
            return error.message
        return ""

    places = connections.places(context, base)
    asked = with_question(context, job, job.sources, places, result, refused=refused)
    context.workspace.store.finish(result.run_id, asked)
    return asked


def _recorded(context: Context, job: Job, result: RunResult) -> None:
    detail: dict[str, JsonValue] = {"pipeline": job.spec.name, "spec_digest": job.digest, "status": result.status}
    context.workspace.store.record(context.principal, "run", result.run_id, detail, datetime.now(UTC))
    if result.status == "failed" and (result.error or {}).get("kind") == "access":
        from tools import lapses

        lapses.noticed(context, result.error, now=datetime.now(UTC))


def _rebound(context: Context, spec: Pipeline, data: Sequence[str], now: datetime) -> dict[str, tuple[Source, str]]:
    """For each source that is read from elsewhere: how, and the item as it can be stored."""
    found: dict[str, tuple[Source, str]] = {}
    for item in data:
        location = connections.located(context, item, base=Path.cwd())
        stored = connections.kept(context, item, base=Path.cwd(), now=now)
        if location.name is not None:
            own = {name.casefold(): name for name in spec.sources}.get(location.name.casefold())
            if own is None:
                raise unknown_name("source", location.name, list(spec.sources), where={"field": "--data"})
            found[own] = (_elsewhere(context, spec.sources[own], location, stored), stored.partition("=")[2])
        else:
            found |= _by_file_name(context, spec, location, stored)
    return found


def _by_file_name(context: Context, spec: Pipeline, location: Location, item: str) -> dict[str, tuple[Source, str]]:
    """Without a name: the only source, or all sheets of the only file, or in a folder each source by its file name."""
    is_folder = location.location is not None and Path(location.location).is_dir()
    places = {(source.connector, source.location, source.connection) for source in spec.sources.values()}
    if len(places) == 1 and is_folder:
        location = _only_file(location, next(iter(spec.sources.values())))
        is_folder = location.location is not None and Path(location.location).is_dir()
    if not is_folder and (len(spec.sources) == 1 or (len(places) == 1 and location.location is not None)):
        stored = location.location or item
        return {name: (_elsewhere(context, one, location, item), stored) for name, one in spec.sources.items()}
    if location.location is None or not Path(location.location).is_dir():
        raise UsageError(f"Which source is {item!r}?", hint=f"Write NAME=X; the sources are {', '.join(spec.sources)}.")
    found: dict[str, tuple[Source, str]] = {}
    for name, source in spec.sources.items():
        there = Path(location.location) / Path(source.location or "?").name
        if there.is_file():
            one = replace(location, connector=source.connector, location=str(there))
            found[name] = (_elsewhere(context, source, one, str(there)), str(there))
    if not found:
        raise UsageError(
            "No file of this folder is named like one of the spec's.",
            hint=f"Write NAME=X; the sources are {', '.join(spec.sources)}.",
            where={"file": location.location},
        )
    return found


def _only_file(location: Location, source: Source) -> Location:
    """The one file of a folder that is of the source's kind, where no file there is named like the source's."""
    folder = Path(location.location or ".")
    if source.connector != "files" or (folder / Path(source.location or "?").name).exists():
        return location
    there = [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith((".", "~$"))]
    alike = [path for path in there if _same_format(source, replace(location, location=str(path)))]
    return replace(location, location=str(alike[0])) if len(alike) == 1 else location


def _elsewhere(context: Context, source: Source, location: Location, stored: str) -> Source:
    """The source read from another place by the spec's own rules; rules of its own only for another kind of place."""
    at = connections.place(context, location, base=Path.cwd())
    connection = stored.rpartition("=")[2] if location.url is not None else location.connection
    if at.connector == source.connector and _same_format(source, location):
        return source.model_copy(update={"location": location.location, "connection": connection})
    offered = connections.discover(context, stored, base=Path.cwd())
    if len(offered) != 1:
        raise UsageError(
            f"{stored!r} holds {len(offered)} tables; a source is one.",
            hint=f"It has: {', '.join(one.name for one in offered[:20])}. Name one file.",
        )
    return offered[0].source.model_copy(update={"connection": connection})


def _same_format(source: Source, location: Location) -> bool:
    if source.connector != "files" or location.location is None:
        return True
    from connectors.files.connector import format_of

    stated = source.options.get("format")
    before = stated or format_of(Path(source.location or ""))
    return before == format_of(Path(location.location))
