"""A job's loads as their destinations see them: which go where, what is known there, and the rows each one takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connectors.contract import Place
from connectors.destination import Session, StateRow, TableLoad, destination
from connectors.trees import exp
from pipelines import gone, state
from pipelines.job import Job
from pipelines.newest import newest_column
from pipelines.staging import Places
from pipelines.state import Border
from spec.errors import SpecError
from spec.pipeline import Load
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@record(frozen=True)
class Target:
    """One destination of a job and the loads that go there."""

    place: Place
    loads: tuple[Load, ...]


def label(load: Load) -> str:
    """The key of a load's state: what goes where."""
    return f"{load.from_}:{load.table}"


def targets(job: Job, places: Places) -> list[Target]:
    """The job's loads by destination, in order of their first load."""
    grouped: dict[tuple[str, str], list[Load]] = {}
    found: dict[tuple[str, str], Place] = {}
    for load in job.loads:
        place = places(load)
        key = (place.connector, place.url or str(place.path))
        grouped.setdefault(key, []).append(load)
        found[key] = place
    return [Target(found[key], tuple(loads)) for key, loads in grouped.items()]


def schema_of(load: Load) -> str | None:
    """The schema that a load's table names, if any."""
    before, dot, _ = load.table.rpartition(".")
    return before if dot else None


def destination_states(target: Target, pipeline: str, engine: DuckDBPyConnection) -> dict[str, StateRow | None]:
    """The state of each load of a target, by label; None for one that was never loaded."""
    session = destination(target.place.connector).open_session(target.place, engine)
    try:
        return session_states(session, target, pipeline)
    finally:
        session.close()


def session_states(session: Session, target: Target, pipeline: str) -> dict[str, StateRow | None]:
    """The same over an open session. The state of a table that someone has dropped is not believed: its rows are
    gone.
    """
    found: dict[str, StateRow | None] = {}
    for load in target.loads:
        schema, table = schema_of(load), load.table.rpartition(".")[2]
        known = session.states(pipeline, schema).get(label(load))
        found[label(load)] = known if session.holds_table(schema, table) else None
    return found


def borders_of(job: Job, states: Mapping[str, StateRow | None]) -> dict[str, Border]:
    """Where an incremental job goes on, from the states of its loads; SpecError when they disagree and one appends."""
    rows = list(states.values())
    cursors = {row.cursor if row else "" for row in rows}
    if len(cursors) > 1:
        if any(load.write == "append" for load in job.loads):
            raise SpecError(
                "The tables of this pipeline are not at the same point, so rows would be appended twice.",
                hint="Finish the interrupted run ('dreflow runs list', 'dreflow runs resume RUN_ID'), or load a new "
                "table with a pipeline of its own.",
                data={"states": {key: row.run_id if row else None for key, row in states.items()}},
            )
        # Merging again what is there already changes nothing, so everything is read again.
        return {}
    cursor = cursors.pop() if cursors else ""
    return state.loaded(cursor) if cursor else {}


def planned(job: Job, load: Load, run_id: str, cursor: str, committed_at: str, previous_run: str | None) -> TableLoad:
    """One load of a job as its destination sees it."""
    return TableLoad(
        pipeline=job.spec.name,
        label=label(load),
        run_id=run_id,
        spec_digest=job.digest,
        table=load.table,
        write=load.write,
        primary_key=load.primary_key,
        columns=tuple((item.name, item.type) for item in job.relation(load.from_).fields) + _marks(job, load),
        cursor=cursor,
        committed_at=committed_at,
        previous_run=previous_run,
    )


def _marks(job: Job, load: Load) -> tuple[tuple[str, str], ...]:
    mark = gone.mark_of(job, load)
    return ((mark, "BOOLEAN"),) if mark is not None else ()


def rows_of(job: Job, load: Load) -> exp.Query:
    """A load's rows, from its relation; for a merge only the latest of each key, where a cursor says which one that
    is.
    """
    fields = job.relation(load.from_).fields
    rows = exp.select(*(exp.column(item.name, quoted=True) for item in fields)).from_(
        exp.table_(load.from_, quoted=True)
    )
    mark = gone.mark_of(job, load)
    if mark is not None:
        rows = rows.select(exp.alias_(gone.marked(job, load), mark, quoted=True))
    newest = newest_column(job.relation(load.from_), job.sources)
    if load.write != "merge" or newest is None:
        return rows
    latest = exp.Ordered(this=exp.column(newest, quoted=True), desc=True, nulls_first=False)
    # Every other column settles a tie, so that which row wins does not depend on the order of reading.
    rest = [
        exp.Ordered(this=exp.column(item.name, quoted=True), desc=True, nulls_first=False)
        for item in fields
        if item.name != newest
    ]
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[exp.column(key, quoted=True) for key in load.primary_key],
        order=exp.Order(expressions=[latest, *rest]),
    )
    return rows.qualify(exp.EQ(this=number, expression=exp.Literal.number(1)))
