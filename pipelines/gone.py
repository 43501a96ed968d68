"""Rows that a source no longer has: told while it is read, kept by their keys, and taken from the tables they went to.

Beside a source's staged rows stand tables of keys. ``<source>__gone`` has those that the source itself calls gone,
``<source>__present`` all that there are, where they were read; ``<source>__together`` those that came for the owners in
``<source>__owners``, all of whose rows were read. A row that came in this very run is never gone: it
was seen, whatever an older list says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors import sql
from connectors.contract import Reading, connector
from connectors.destination import Removal
from connectors.trees import exp
from pipelines.state import Border
from spec.errors import DataError, SpecError
from spec.pipeline import Gone, Load, Pipeline, Source
from spec.records import record
from spec.run import OutputResult

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from pipelines.job import Job, Relation
    from pipelines.staging import Staged
    from pipelines.transform import Workbench

GONE, PRESENT, TOGETHER, OWNERS = "__gone", "__present", "__together", "__owners"
EVERY_RUN = "every run"
ReadKeys = Callable[[Source, "exp.Table"], None]


@record(frozen=True)
class Told:
    """What was found out about a source's rows that are gone: how many keys are listed (None: no list), how many there
    are (None: they were not read), and how many rows were left out of the staged ones.
    """

    gone: int | None = None
    present: int | None = None
    left_out: int = 0


def has_keys_to_read(gone: Gone | None) -> bool:
    """Whether rows that are gone are told, now or in the end, by reading all keys."""
    return gone is not None and (gone.sweep is not None or gone.listed is not None)


def due(gone: Gone | None, before: Border | None, now: datetime | None, *, at_once: bool = False) -> bool:
    """Whether all keys are to be read and compared; never without a time, as when nothing will be published.

    A first read has all rows, so it costs nothing to compare them. ``at_once`` is a person's word.
    """
    if gone is None or now is None or not has_keys_to_read(gone):
        return False
    if before is None or gone.sweep == EVERY_RUN or at_once:
        return True
    too_far = gone.listed is not None and _is_past(before.listed, gone.listed, now)
    return too_far or (gone.sweep is not None and _is_past(before.swept, gone.sweep, now))


def _is_past(since: str, span: str, now: datetime) -> bool:
    number, unit = span.split(" ")
    length = timedelta(**{f"{unit.removesuffix('s')}s": int(number)})
    return not since or now - datetime.fromisoformat(since) >= length


def noted(border: Border, before: Border | None, gone: Gone | None, now: datetime | None, *, swept: bool) -> Border:
    """The border with when rows that are gone were last looked for."""
    if gone is None or now is None:
        return border
    was = before or Border("")
    listed = now.isoformat() if gone.listed is not None else was.listed
    return replace(border, swept=now.isoformat() if swept else was.swept, listed=listed)


def note_together(connection: DuckDBPyConnection, source: Source, table: exp.Table, reading: Reading) -> None:
    """Keep the keys of all rows that came for their owners, before those that came in an earlier run are taken out.

    DataError when rows were set aside, because their keys are not known.
    """
    if not reading.owners:
        return
    if reading.quarantined:
        rows = sum(item.rows for item in reading.quarantined)
        raise DataError(
            f"{rows} rows of {source.stream or source.location!r} cannot be read, so what is gone beside "
            "them cannot be told.",
            hint="Nothing was published. Mend them at the source, or let on_error be 'null'.",
        )
    together = sql.sibling(table, TOGETHER)
    sql.run(connection, sql.drop(together))
    sql.run(connection, sql.create(together, exp.select(*_keys(source)).from_(table).distinct()))


def settle(
    connection: DuckDBPyConnection,
    source: Source,
    table: exp.Table,
    read: ReadKeys,
    *,
    is_sweeping: bool,
    is_whole: bool,
    is_lookup: bool,
) -> Told:
    """Find the keys of rows that are gone and, where they are to be removed, leave such rows out of ``table``.

    ``is_whole`` when ``table`` has all rows of the source, so that no further reading is needed; ``is_lookup`` when
    nothing will be published, so that no list of deleted records is read.
    """
    gone = source.gone
    if gone is None:
        return Told()
    listed = sql.sibling(table, GONE)
    keys = exp.select(*(sql.column(name) for name in source.primary_key))
    is_told = _is_told(gone)
    sql.run(connection, sql.drop(listed))
    sql.run(connection, sql.create(listed, keys.from_(table).where(is_told)))
    left_out = 0
    if gone.then == "remove":
        left_out = sql.count(connection, listed)
        sql.run(connection, exp.delete(table.copy()).where(is_told.copy()))
    if gone.listed is not None and not is_whole and not is_lookup:
        _add(connection, source, read, table, listed)
    present = None
    if is_sweeping:
        present = _present(connection, source, table, read, is_whole=is_whole)
    return Told(sql.count(connection, listed), present, left_out)


def _is_told(gone: Gone) -> exp.Expr:
    """The condition that a row says of itself that it is gone."""
    if gone.column is None:
        return exp.false()
    column = sql.column(gone.column)
    if not gone.values:
        return exp.not_(exp.Is(this=column, expression=exp.null()))
    found = exp.In(this=sql.cast(column, "VARCHAR"), expressions=[sql.value(text) for text in gone.values])
    return sql.template("coalesce(:found, false)", found=found)


def _add(connection: DuckDBPyConnection, source: Source, read: ReadKeys, table: exp.Table, listed: exp.Table) -> None:
    """The system's own list of what was deleted, without what came in this run."""
    beside = sql.sibling(table, "__listed")
    read(keys_only(source, "listed"), beside)
    alive = exp.select(*_keys(source)).from_(table).where(exp.not_(_is_told(_gone(source))))
    known = exp.select(*_keys(source)).from_(listed)
    there = exp.select(*_keys(source)).from_(beside).where(_is_whole_key(source))
    fresh = exp.except_(exp.except_(there, alive), known)
    sql.run(connection, exp.insert(fresh, listed.copy()))
    sql.run(connection, sql.drop(beside))


def _present(
    connection: DuckDBPyConnection, source: Source, table: exp.Table, read: ReadKeys, *, is_whole: bool
) -> int:
    """All keys that there are, those that came in this run among them."""
    present = sql.sibling(table, PRESENT)
    # Also where all rows were read: a connector that may not see all of them says so.
    narrow = keys_only(source, "sweep")
    alive = exp.select(*_keys(source)).from_(table)
    if is_whole:
        sql.run(connection, sql.drop(present))
        sql.run(connection, sql.create(present, alive.distinct()))
        return sql.count(connection, present)
    beside = sql.sibling(table, "__swept")
    read(narrow, beside)
    found = sql.count(connection, beside)
    there: exp.Query = exp.select(*_keys(source)).from_(beside).where(_is_whole_key(source))
    if found:
        # A reading that brought nothing is to be seen as such: the rows of this run must not hide it.
        there = exp.union(there, alive, distinct=True)
    sql.run(connection, sql.drop(present))
    sql.run(connection, sql.create(present, exp.select("*").from_(there.subquery("keys")).distinct()))
    sql.run(connection, sql.drop(beside))
    return sql.count(connection, present)


def by_row(gone: Gone | None) -> Gone | None:
    """The part that a row says of itself; None where there is none."""
    if gone is None or gone.column is None:
        return None
    return gone.model_copy(update={"sweep": None, "listed": None, "within": ()})


def keys_only(source: Source, form: str) -> Source:
    """The source as it is read for its keys alone, ``form`` ``sweep`` or ``listed``; SpecError where it cannot be."""
    unit = connector(source.connector)
    columns = {name: source.columns[name] for name in source.primary_key}
    plain = source.model_copy(
        update={
            "columns": columns,
            "read": "full_refresh",
            "cursor": None,
            "lookback": None,
            "gone": None,
            "foreign_keys": (),
            "empty": (),
            # A key that cannot be read is not one that is gone.
            "on_error": "stop",
            "drift": "evolve",
        }
    )
    own = getattr(unit, "keys_only", None)
    if own is not None:
        found: Source = own(plain, form)
        return found
    if form == "listed":
        raise SpecError(
            f"The connector {source.connector!r} has no list of what was deleted.",
            hint="Use gone.sweep, or gone.column where the rows themselves tell.",
            where={"field": "gone.listed"},
        )
    return plain


def _gone(source: Source) -> Gone:
    assert source.gone is not None
    return source.gone


def _keys(source: Source) -> list[exp.Expr]:
    return [sql.column(name) for name in source.primary_key]


def _is_whole_key(source: Source) -> exp.Expr:
    return exp.and_(*(exp.not_(exp.Is(this=key, expression=exp.null())) for key in _keys(source)))


# Which table a source's rows go to by their key


def key_columns(spec: Pipeline, relation: Relation, load: Load) -> tuple[str, dict[str, str]] | None:
    """The source with rows that may be gone of which the load's key is the key, and its columns by the load's."""
    for name, source in spec.sources.items():
        if source.gone is None:
            continue
        found: dict[str, str] = {}
        for column in load.primary_key:
            field = relation.field(column)
            own = [one for one in field.origins if one.source.casefold() == name.casefold()] if field else []
            if field is not None and len(own) == len(field.origins) == 1:
                found[field.name] = own[0].column
        if len(found) == len(load.primary_key) and {*found.values()} == {*source.primary_key}:
            return name, found
    return None


def owner_columns(relation: Relation, name: str, source: Source) -> dict[str, str] | None:
    """The columns that say whose a row is, by the relation's; None where it lacks one."""
    found: dict[str, str] = {}
    for own in _gone(source).within:
        fields = [
            field
            for field in relation.fields
            if {(one.source.casefold(), one.column.casefold()) for one in field.origins}
            == {(name.casefold(), own.casefold())}
        ]
        if not fields:
            return None
        found[fields[0].name] = own
    return found


def refuse_unreachable(spec: Pipeline, relations: Mapping[str, Relation]) -> None:
    """Raise SpecError for a source whose gone rows could not be told, or not be taken out of a table that has them."""
    for name, source in spec.sources.items():
        if source.gone is None:
            continue
        _refuse_source(spec, name, source, relations)
    for load in spec.loads:
        relation = relations[load.from_.casefold()]
        names = {origin.source.casefold() for field in relation.fields for origin in field.origins}
        for name, source in spec.sources.items():
            if source.gone is None or name.casefold() not in names:
                continue
            whole = load.write == "replace"
            keyed = key_columns(spec, relation, load) if load.write == "merge" else None
            if not whole and keyed is None:
                raise SpecError(
                    f"Rows gone in {name!r} could not be found in {load.table!r}: it is not merged by their key.",
                    hint=f"Merge by {', '.join(source.primary_key)} as it is, or replace it, or leave 'gone' out.",
                    where={"load": load.table, "field": "primary_key"},
                    data={"source": name, "primary_key": list(source.primary_key)},
                )
            _refuse_mark(load, relation, source.gone)
            if keyed is not None and owner_columns(relation, name, source) is None:
                raise SpecError(
                    f"{load.table!r} does not have {' and '.join(source.gone.within)} of {name!r}, by which it "
                    "is told whose rows are gone.",
                    hint="Keep these columns, or leave gone.within out.",
                    where={"load": load.table, "field": "gone.within"},
                )


def _refuse_source(spec: Pipeline, name: str, source: Source, relations: Mapping[str, Relation]) -> None:
    gone, where = source.gone, {"source": name, "field": "gone"}
    if gone is None:
        return
    if not source.primary_key:
        raise SpecError(
            f"The source {name!r} has no key by which a row that is gone could be told.",
            hint="State its primary_key.",
            where=where,
        )
    if gone.column is not None and relations[name.casefold()].field(gone.column) is None:
        raise SpecError(
            f"The source {name!r} has no column {gone.column!r}.",
            hint=f"Its columns: {', '.join(source.columns)}.",
            where=where,
            data={"unknown": gone.column, "known": list(source.columns)},
        )
    unknown = [one for one in gone.within if relations[name.casefold()].field(one) is None]
    if unknown:
        raise SpecError(
            f"The source {name!r} has no column {unknown[0]!r}.",
            hint=f"Its columns: {', '.join(source.columns)}.",
            where=where,
            data={"unknown": unknown[0], "known": list(source.columns)},
        )
    merged = any(load.write == "merge" for load in spec.loads)
    if (gone.sweep is not None or gone.listed is not None or gone.within) and not merged:
        raise SpecError(
            f"The keys of {name!r} would be compared with no table: the plan merges into none.",
            hint="A table that is replaced, and a file, have what the source has: leave sweep, listed and within out.",
            where=where,
        )


def _refuse_mark(load: Load, relation: Relation, gone: Gone) -> None:
    if gone.then == "mark" and load.write == "merge" and relation.field(gone.mark) is not None:
        raise SpecError(
            f"{load.table!r} has a column {gone.mark!r} already, which was to mark rows that are gone.",
            hint="Name another one in gone.mark.",
            where={"load": load.table, "field": "gone.mark"},
        )


def mark_of(job: Job, load: Load) -> str | None:
    """The column by which the load's table marks rows that are gone, if it does."""
    found = _source_of(job, load)
    if found is None or found[1].gone is None or found[1].gone.then != "mark":
        return None
    return found[1].gone.mark


def marked(job: Job, load: Load) -> exp.Expr:
    """Whether a row of the load's relation is told to be gone, as an expression over its key columns."""
    from pipelines.staging import staged_table

    found = _source_of(job, load)
    assert found is not None
    name, _, columns = found
    listed = sql.sibling(staged_table(name), GONE)
    pairs = [
        exp.EQ(
            this=exp.column(own, table="told", quoted=True),
            expression=exp.column(column, table=load.from_, quoted=True),
        )
        for column, own in columns.items()
    ]
    told = exp.alias_(listed, "told", table=True)
    return exp.Exists(this=exp.select(exp.Literal.number(1)).from_(told).where(exp.and_(*pairs)))


def removals(bench: Workbench, load: Load, staged: Mapping[str, Staged], rows: exp.Table) -> tuple[Removal, ...]:
    """What goes from the load's table after ``rows`` were merged, its keys as tables of the engine.

    Raises DataError when the load has a key that its source did not give in this run: then it is not the source's key,
    and what it lacks is not gone.
    """
    found = _source_of(bench.job, load)
    if found is None:
        return ()
    name, source, columns = found
    told, gone = staged[name], _gone(source)
    mark = gone.mark if gone.then == "mark" else None
    if told.gone is None and told.present is None and not told.owners:
        return ()
    _refuse_other_keys(bench, load, rows, name, columns)
    made: list[Removal] = []
    for kind, suffix, count in (("listed", GONE, told.gone), ("missing", PRESENT, told.present)):
        if count is None or (kind == "listed" and not count):
            continue
        table = _renamed(bench, load, name, suffix, columns)
        at_most = gone.at_most if kind == "missing" else 100
        made.append(Removal("listed" if kind == "listed" else "missing", table, mark, at_most))
    if told.owners:
        relation = bench.job.relation(load.from_)
        owned = owner_columns(relation, name, source) or {}
        keys = _renamed(bench, load, name, TOGETHER, columns)
        whose = _renamed(bench, load, name, OWNERS, owned)
        made.append(Removal("within", keys, mark, owners=whose, owned_by=tuple(owned)))
    return tuple(made)


def _renamed(bench: Workbench, load: Load, name: str, suffix: str, columns: Mapping[str, str]) -> exp.Table:
    """A table of keys under the load's names for them."""
    from pipelines.staging import staged_table

    picked = [exp.alias_(sql.column(own), sql.identifier(column)) for column, own in columns.items()]
    table = exp.table_(f"_dreflow_keys_{bench.job.loads.index(load)}{suffix}", db="main", catalog="memory", quoted=True)
    sql.run(bench.connection, sql.drop(table))
    bench.materialise(table.name, exp.select(*picked).from_(sql.sibling(staged_table(name), suffix)), ())
    return table


def _refuse_other_keys(bench: Workbench, load: Load, rows: exp.Table, name: str, columns: Mapping[str, str]) -> None:
    from pipelines.staging import staged_table

    there = exp.select(*(sql.column(own) for own in columns.values())).from_(staged_table(name))
    loaded = exp.select(*(sql.column(column) for column in columns)).from_(rows.copy())
    others = exp.except_(loaded, there).subquery("others")
    found = sql.row(bench.connection, exp.select(exp.Count(this=exp.Star())).from_(others))
    if sql.whole(found[0]):
        raise DataError(
            f"{load.table!r} would get {found[0]} keys that {name!r} does not have; they do not tell what is gone.",
            hint="Nothing was published. Merge by the source's key as it is, or leave 'gone' out.",
            where={"load": load.table, "field": "primary_key"},
        )


def _source_of(job: Job, load: Load) -> tuple[str, Source, dict[str, str]] | None:
    if load.write != "merge" or all(source.gone is None for source in job.sources.values()):
        return None
    found = key_columns(job.spec, job.relation(load.from_), load)
    return (found[0], job.sources[found[0]], found[1]) if found is not None else None


# In words


def in_words(gone: Gone) -> str:
    """What becomes of rows that are gone, and how they are told, for a plan."""
    told: list[str] = []
    if gone.column is not None:
        told.append(f"{gone.column} is {_or(gone.values)}" if gone.values else f"something stands in {gone.column}")
    if gone.listed is not None:
        told.append(f"the system lists them as deleted, for {gone.listed}")
    if gone.sweep is not None:
        often = "in every run" if gone.sweep == EVERY_RUN else f"every {gone.sweep}"
        told.append(f"their key is not there any more, for which all keys are read {often}")
    if gone.within:
        told.append(f"they did not come with the others of their {' and '.join(gone.within)}")
    does = "removed" if gone.then == "remove" else f"marked in {gone.mark}"
    return f"rows that are gone are {does} ({'; or '.join(told)})"


def effect_of(spec: Pipeline, relation: Relation, load: Load) -> str:
    """What a load takes from its table beside what it writes, for an approval; empty when nothing."""
    found = key_columns(spec, relation, load) if load.write == "merge" else None
    if found is None:
        return ""
    return f"; {in_words(_gone(spec.sources[found[0]]))}"


def notes(job: Job, outputs: Sequence[OutputResult]) -> list[str]:
    """What was taken out of tables, as a run tells it."""
    said: list[str] = []
    for output in outputs:
        if output.table is None or not output.gone:
            continue
        load = next((one for one in job.loads if (one.table, one.from_) == (output.table, output.name)), None)
        mark = mark_of(job, load) if load is not None else None
        rows = "1 row" if output.gone == 1 else f"{output.gone:,} rows"
        does = f"marked in {mark!r}" if mark is not None else "removed"
        said.append(
            f"{output.table}: {rows} that the source has no more {'was' if output.gone == 1 else 'were'} {does}."
        )
    return said


def _or(values: Sequence[str]) -> str:
    return " or ".join(values)
