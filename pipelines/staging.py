"""Reading each source, once, into the run's own DuckDB file: what the run computes from, and what replay reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors import emptied, sql
from connectors.contract import OwnTotal, Place, QuarantinedRows, Reading, Together, connector
from connectors.drift import together
from connectors.trees import exp
from pipelines import gone, state
from pipelines.engines.duckdb import Guard, quoted
from pipelines.folder import read_json, write_json
from pipelines.set_aside import looked_for
from pipelines.state import Border, Settled
from spec.base import JsonValue
from spec.errors import AccessError, DataError, DreflowError, DriftError, TransientError
from spec.pipeline import Load, Send, Source
from spec.records import record
from spec.run import CheckResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Places = Callable[[Source | Load | Send], Place]
STAGING = "staging"
FILE = "staging.duckdb"
MANIFEST = "staged.json"
PAGES = "pages"
"""Folder of a run with the answers of systems as they came."""
BACKOFF_SECONDS = (1.0, 4.0, 16.0)


@record(frozen=True)
class Quarantine:
    """Rows set aside while reading a source; ``table`` stands in the staging database."""

    table: str
    rows: int
    reason: str


@record(frozen=True)
class Staged:
    """One source as this run has it. ``repeated`` rows were read before and taken out; ``border`` is where the next
    read starts.
    """

    rows: int
    repeated: int = 0
    as_of: datetime | None = None
    fingerprint: str = ""
    quarantined: tuple[Quarantine, ...] = ()
    nulled: Mapping[str, int] | None = None
    warnings: tuple[str, ...] = ()
    border: Border | None = None
    totals: tuple[OwnTotal, ...] = ()
    direct: bool = False
    """Read straight into a destination's staging table; nothing of it is kept."""
    gone: int | None = None
    """How many keys are told to be gone; None when none are told."""
    present: int | None = None
    """How many keys there are, where all were read."""
    owners: bool = False
    """Whether it is known whose rows were read."""
    let_go: str | None = None
    """Before which cursor rows that were set aside are not read again; None where none are left."""

    def to_json(self) -> dict[str, JsonValue]:
        """As the manifest holds it."""
        return {
            "rows": self.rows,
            "repeated": self.repeated,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "fingerprint": self.fingerprint,
            "quarantined": [[item.table, item.rows, item.reason] for item in self.quarantined],
            "nulled": dict(self.nulled or {}),
            "warnings": list(self.warnings),
            "border": self.border.to_json() if self.border else None,
            "totals": [[one.column, one.row, one.said, one.summed, one.sheet] for one in self.totals],
            "direct": self.direct,
            "gone": self.gone,
            "present": self.present,
            "owners": self.owners,
            "let_go": self.let_go,
        }


def from_json(plain: Mapping[str, JsonValue]) -> Staged:
    """What ``Staged.to_json`` gave."""
    border = cast("dict[str, JsonValue] | None", plain["border"])
    as_of = plain["as_of"]
    return Staged(
        rows=cast("int", plain["rows"]),
        repeated=cast("int", plain["repeated"]),
        as_of=datetime.fromisoformat(str(as_of)) if as_of else None,
        fingerprint=str(plain["fingerprint"]),
        quarantined=tuple(
            Quarantine(str(table), cast("int", rows), str(reason))
            for table, rows, reason in cast("list[list[JsonValue]]", plain["quarantined"])
        ),
        nulled=cast("dict[str, int]", plain["nulled"]),
        warnings=tuple(cast("list[str]", plain["warnings"])),
        border=state.border_of(border) if border else None,
        totals=tuple(
            OwnTotal(str(column), cast("int", row), str(said), str(summed), str(sheet))
            # A manifest of an earlier version has none.
            for column, row, said, summed, sheet in cast("list[list[JsonValue]]", plain.get("totals", []))
        ),
        direct=bool(plain["direct"]),
        gone=cast("int | None", plain.get("gone")),
        present=cast("int | None", plain.get("present")),
        owners=bool(plain.get("owners")),
        let_go=cast("str | None", plain.get("let_go")),
    )


def attach(connection: DuckDBPyConnection, folder: Path | None, *, read_only: bool = False) -> None:
    """Attach the staging database: the file in ``folder``, or one in memory."""
    target = quoted(str(folder / FILE)) if folder else "':memory:'"
    connection.execute(f"ATTACH {target} AS {STAGING}" + (" (READ_ONLY)" if read_only else ""))


def forget(folder: Path) -> None:
    """Remove staged rows and the answers that they were made of."""
    discard(folder)
    shutil.rmtree(folder / PAGES, ignore_errors=True)


def discard(folder: Path) -> None:
    """Remove staged rows: the file, and the log beside it that a kill leaves. Answers of systems stay for the next
    attempt.
    """
    for file in (FILE, f"{FILE}.wal"):
        (folder / file).unlink(missing_ok=True)


def staged_table(source: str) -> exp.Table:
    """Where a source's rows are."""
    return exp.table_(source, db="main", catalog=STAGING, quoted=True)


def extract(
    connection: DuckDBPyConnection,
    sources: Mapping[str, Source],
    places: Places,
    guard: Guard,
    *,
    borders: Mapping[str, Border],
    into: Callable[[str], exp.Table],
    direct: Callable[[str], bool],
    sleep: Callable[[float], None],
    told: Callable[[str, Staged], None],
    pages: Path | None,
    now: datetime | None = None,
    sweep: bool = False,
) -> dict[str, Staged]:
    """Read every source. A TransientError is tried again, three times, after 1, 4 and 16 seconds.

    ``pages`` is the folder in which a connector may keep what it fetched, so that a run which goes on asks for the rest
    alone. ``now`` is the run's time, by which it is told whether all keys are due to be read; None when nothing will be
    published; ``sweep`` reads them though they are not due. Drift is raised when all sources were looked at, so that it
    is told, and asked about, once.
    """
    staged: dict[str, Staged] = {}
    readings: dict[str, Reading] = {}
    drift: dict[str, DriftError] = {}
    for source_name, source in sources.items():
        guard.check()
        table = into(source_name)
        before = borders.get(source_name) if source.read == "incremental" else None
        if source_name not in readings:
            since = state.begin(connection, source, before)
            place = places(source) if pages is None else replace(places(source), pages=pages)
            beside = [other for other in sources if other not in readings and _is_beside(source, sources[other])]
            wanted = {other: (sources[other], into(other)) for other in beside or [source_name]}
            try:
                readings |= _read(connection, source_name, wanted, place, since, guard, sleep)
            except DriftError as error:
                drift[source_name] = error
                continue
            except AccessError as error:
                # Which account refused us is which one has to be connected again.
                if source.connection is not None:
                    error.data.setdefault("connection", source.connection)
                raise
        reading = readings[source_name]
        _compare(connection, source_name, table, reading)
        gone.note_together(connection, source, table, reading)
        settled = Settled(None)
        if source.read == "incremental":
            since = state.begin(connection, source, before)
            aside = reading.set_aside_from
            settled = guard.call(
                connection, partial(state.settle, connection, table, source, before, since=since, aside=aside)
            )
        border = settled.border
        is_sweeping = gone.due(source.gone, before, now, at_once=sweep)

        def keys(narrow: Source, beside: exp.Table) -> None:
            place = places(narrow) if pages is None else replace(places(narrow), pages=pages)
            only = {source_name: (narrow, beside)}  # noqa: B023 - called before the next source
            _read(connection, source_name, only, place, None, guard, sleep)  # noqa: B023 - as above

        found = gone.settle(
            connection,
            source,
            table,
            keys,
            is_sweeping=is_sweeping,
            # A row that was set aside is there, so the staged rows do not tell all keys.
            is_whole=before is None and not reading.quarantined,
            is_lookup=now is None,
        )
        if border is not None:
            border = gone.noted(border, before, source.gone, now, swept=is_sweeping)
        staged[source_name] = Staged(
            rows=reading.rows - settled.repeated - found.left_out,
            repeated=settled.repeated,
            as_of=reading.as_of,
            fingerprint=reading.fingerprint,
            quarantined=tuple(
                _kept(connection, table, staged_table(source_name), item) for item in reading.quarantined
            ),
            nulled=dict(reading.nulled),
            warnings=(*reading.warnings, *looked_for(source, settled)),
            let_go=settled.let_go,
            totals=tuple(reading.totals),
            border=border,
            direct=direct(source_name),
            gone=found.gone,
            present=found.present,
            owners=reading.owners,
        )
        told(source_name, staged[source_name])
    if drift:
        raise together(drift)
    return staged


def _kept(connection: DuckDBPyConnection, table: exp.Table, own: exp.Table, aside: QuarantinedRows) -> Quarantine:
    """Rows set aside, in the staging database also where the others were read straight into a destination."""
    if table == own:
        return Quarantine(aside.table, aside.rows, aside.reason)
    suffix = aside.table.removeprefix(table.name)
    there, here = sql.sibling(table, suffix), sql.sibling(own, suffix)
    sql.run(connection, sql.create(here, exp.select("*").from_(there.copy())))
    sql.run(connection, sql.drop(there))
    return Quarantine(here.name, aside.rows, aside.reason)


def own_totals(staged: Mapping[str, Staged]) -> list[CheckResult]:
    """The sources' own total rows, each held against what the column's values add up to."""
    return [
        CheckResult(
            check="own_total",
            on=name,
            severity="block",
            passed=one.said == one.summed,
            expected=f"{one.said} in row {one.row}{f' of {one.sheet}' if one.sheet else ''}",
            found=f"{one.summed} in the rows above",
            note=f"The total that {one.sheet or name} itself gives for {one.column} is what its rows add up to.",
        )
        for name, item in staged.items()
        for one in item.totals
    ]


def write_manifest(folder: Path, staged: Mapping[str, Staged]) -> None:
    """Say that every source has been read; from here on a retry computes from the same rows."""
    write_json(folder / MANIFEST, {source: item.to_json() for source, item in staged.items()}, durable=False)


def read_manifest(folder: Path) -> dict[str, Staged] | None:
    """What an earlier attempt of this run staged completely, if it did and the rows are still there."""
    plain = read_json(folder / MANIFEST)
    if plain is None or not (folder / FILE).exists():
        return None
    return {source: from_json(cast("dict[str, JsonValue]", item)) for source, item in plain.items()}


def _is_beside(one: Source, other: Source) -> bool:
    """Whether two sources are made of the same answers of a system, so that one reading gives both."""
    if not hasattr(connector(one.connector), "read_together"):
        return False
    if one.read != "full_refresh" or other.read != "full_refresh":
        return False
    return _origin(one) == _origin(other)


def _origin(source: Source) -> tuple[str | None, ...]:
    return source.connector, source.connection, source.location, source.stream


def _read(
    connection: DuckDBPyConnection,
    source_name: str,
    wanted: Mapping[str, tuple[Source, exp.Table]],
    place: Place,
    since: str | None,
    guard: Guard,
    sleep: Callable[[float], None],
) -> dict[str, Reading]:
    """The source's rows, and those of others that come with them."""
    source, table = wanted[source_name]
    unit = connector(source.connector)

    def once() -> list[Reading]:
        if len(wanted) == 1:
            found = [unit.read(emptied.without(source), place, connection, table, since=since)]
        else:
            asked = [(emptied.without(one), there) for one, there in wanted.values()]
            found = cast("Together", unit).read_together(asked, place, connection, since=since)
        for one, there in wanted.values():
            emptied.filled_up(one, connection, there)
        told = [emptied.told(one) for one, _ in wanted.values()]
        return [replace(item, warnings=(*item.warnings, *more)) for item, more in zip(found, told, strict=True)]

    for wait in (*BACKOFF_SECONDS, None):
        for _, one in wanted.values():
            sql.run(connection, sql.drop(one))
        try:
            return dict(zip(wanted, guard.call(connection, once), strict=True))
        except TransientError as error:
            if wait is None:
                raise _located(error, source_name) from error
            sleep(wait)
            guard.check()
        except DreflowError as error:
            raise _located(error, source_name) from error
    raise AssertionError("the last wait is None")


def _located(error: DreflowError, source_name: str) -> DreflowError:
    error.where.setdefault("source", source_name)
    return error


def _compare(connection: DuckDBPyConnection, source_name: str, table: exp.Table, reading: Reading) -> None:
    """The read's own counts and sums must agree with what is there now."""
    arrived = sql.count(connection, table)
    aside = sum(item.rows for item in reading.quarantined)
    expected = reading.rows if reading.expected_rows is None else reading.expected_rows - aside
    if arrived != reading.rows or arrived != expected:
        raise DataError(
            f"{arrived} rows arrived and {aside} were set aside, of {expected + aside} in the source.",
            hint="Nothing was published. Was the source changed while it was read? Run it again.",
            where={"source": source_name},
            data={"arrived": arrived, "set_aside": aside, "expected": expected + aside},
        )
    for column, (there, here) in reading.sums.items():
        if there != here:
            raise DataError(
                f"The sum of {column!r} is {there} in the source and {here} as it arrived.",
                hint="Nothing was published. Was the source changed while it was read? Run it again.",
                where={"source": source_name, "column": column},
                data={"source_sum": there, "arrived_sum": here},
            )


def as_source(connection: DuckDBPyConnection, source_name: str, table: exp.Table) -> None:
    """Let the spec's name of the source stand for its staged rows."""
    rows = exp.select("*").from_(table.copy())
    sql.run(connection, exp.Create(this=exp.table_(source_name, quoted=True), kind="VIEW", expression=rows))
