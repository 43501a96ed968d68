"""Columns that are gone or of another kind, as evidence for a question: how many values, which, and what needs them.

Nothing is changed by itself; the answer becomes a change of the plan, as it does for a column that goes by a new name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import conform, sql
from connectors.contract import Place, connector
from connectors.files.options import ReadOptions
from connectors.looking import scratch
from connectors.profile.judging import profile
from connectors.renames import Evidence, in_kind
from connectors.spelling import Spelling
from pipelines.job import Job
from pipelines.staging import Places
from spec.base import JsonValue
from spec.errors import DreflowError
from spec.pipeline import Source
from spec.records import record
from tools.context import Context
from tools.rename_evidence import LOOKED_AT, Stream, before, narrowed, place_of, plain
from tools.wording import joined

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TYPE = re.compile(r"[A-Z][A-Z ]*(\(\d+(, ?\d+)?\))?")
_EXAMPLES, _LONGEST = 3, 40
_TEXT, _VALUE = "VARCHAR", "value"


@record(frozen=True)
class Retyped:
    """A column whose values are of another kind: ``fitting`` of ``values`` are still of the type that it ``was``.

    ``now`` is a type that holds all of them, empty where none was found. ``examples`` do not fit; there are none of a
    column that is personal or secret.
    """

    column: str
    was: str
    now: str
    values: int = 0
    fitting: int = 0
    examples: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    """Tables that keep their rows and have the column as it was."""

    def to_json(self) -> dict[str, JsonValue]:
        """As plain data."""
        return {
            "kind": "retyped",
            "column": self.column,
            "type": self.was,
            "now": self.now,
            "values": self.values,
            "fitting": self.fitting,
            "examples": list(self.examples),
        }

    def in_words(self, where: str) -> str:
        """A sentence for the question."""
        was, lost = in_kind(self.was), self.values - self.fitting
        said = f"{where} has {self.column!r} in another form: "
        if not self.values:
            said += f"it was {was} and is {in_kind(self.now)} now; there is no value in it yet."
        elif lost:
            such = f", such as {joined([repr(one) for one in self.examples])}" if self.examples else ""
            said += f"{lost} of its {self.values} values are not {was} any more{such}."
        else:
            still = f"all {self.values} values are still {was}"
            said += f"the source says {in_kind(self.now)} in place of {was}; {still}."
        if self.tables:
            kept = joined([repr(name) for name in self.tables])
            said += f" It goes into {kept}, whose column has to be changed in the database, too."
        return said


@record(frozen=True)
class Removed:
    """A column that is not there any more. ``filled`` of ``rows`` had a value in it the last time that it was read.

    ``used`` names the tables after the source that have something of it. ``like`` is a new header that may be it and
    cannot be read as it.
    """

    column: str
    type: str
    filled: int = 0
    rows: int = 0
    used: tuple[str, ...] = ()
    like: Evidence | None = None
    is_key: bool = False

    def to_json(self) -> dict[str, JsonValue]:
        """As plain data."""
        return {
            "kind": "removed",
            "column": self.column,
            "type": self.type,
            "filled": self.filled,
            "rows": self.rows,
            "used": list(self.used),
        }

    def in_words(self, where: str) -> str:
        """Sentences for the question."""
        said = f"{where} has no column {self.column!r} any more"
        if self.rows:
            said += f"; {self.filled} of {self.rows} rows had a value there the last time"
        if self.like is not None:
            many = self.like.values
            read = f"none of its {many} values can be read as {in_kind(self.type)}" if many else "nothing stands in it"
            said += f". The new column {self.like.header!r} may be it, but {read}"
        used = joined([repr(name) for name in self.used])
        return f"{said}. It goes into {used}." if used else f"{said}."


def looked_at(
    context: Context,
    job: Job,
    sources: Mapping[str, Source],
    places: Places,
    stream: Stream,
    change: Mapping[str, JsonValue],
) -> Stream:
    """The stream with evidence of its columns that are gone and go by no new name, and of those of another kind."""
    named = {one.column for one in stream.chosen}
    source = sources[stream.name]
    removed = tuple(
        _removed(context, job, source, places, stream, column) for column in stream.missing if column not in named
    )
    types = cast("Mapping[str, Sequence[str]]", change.get("retyped") or {})
    there = place_of(places(source), change)
    retyped = tuple(_retyped(source, there, column, str(now), stream.missing) for column, (_, now) in types.items())
    retyped = tuple(replace(one, tables=_tables(job, stream.name, one.column)) for one in retyped)
    return replace(stream, removed=removed, retyped=retyped)


def _removed(context: Context, job: Job, source: Source, places: Places, stream: Stream, column: str) -> Removed:
    values = plain(before(context, job.spec, stream.name, source, places, column, stream.missing))
    near = [one for one in stream.found if one.column == column and (one.is_alike or one.same_place)]
    gone = source.gone
    keys = {*source.primary_key, source.cursor, *((gone.column, *gone.within) if gone is not None else ())}
    return Removed(
        column=column,
        type=source.columns[column],
        filled=sum(value is not None for value in values),
        rows=len(values),
        used=_users(job, stream.name, column),
        like=near[0] if near else None,
        is_key=column in keys,
    )


def _users(job: Job, source: str, column: str) -> tuple[str, ...]:
    """The tables after the source with a column that comes from this one."""
    return tuple(
        name for name in job.relations if name.casefold() != source.casefold() and _has(job, name, source, column)
    )


def _tables(job: Job, source: str, column: str) -> tuple[str, ...]:
    """The destination tables that keep their rows and have a column of it."""
    return tuple(
        load.table for load in job.spec.loads if load.write != "replace" and _has(job, load.from_, source, column)
    )


def _has(job: Job, name: str, source: str, column: str) -> bool:
    relation = next(one for key, one in job.relations.items() if key.casefold() == name.casefold())
    return any(
        (origin.source.casefold(), origin.column.casefold()) == (source.casefold(), column.casefold())
        for field in relation.fields
        for origin in field.origins
    )


def _retyped(source: Source, place: Place, column: str, said: str, missing: Sequence[str]) -> Retyped:
    """What the column holds now, read as what the source says it is, or as text."""
    was = source.columns[column]
    states = _TYPE.fullmatch(said) is not None
    stated = [said] if states else []
    for type_ in [*stated, _TEXT]:
        values = _read(source, place, column, type_, missing)
        if values is None:
            continue
        texts = [str(value) for value in values if value is not None]
        bad = _unfitting(texts, column, was, Spelling() if states else _spelling(source))
        now = type_ if type_ != _TEXT or states else _narrowest(source, place, column, texts, was, missing)
        hidden = source.sensitive.get(column, "public") != "public"
        examples = () if hidden else tuple(text[:_LONGEST] for text in list(dict.fromkeys(bad))[:_EXAMPLES])
        return Retyped(column, was, now, len(texts), len(texts) - len(bad), examples)
    return Retyped(column, was, "")


def _narrowest(
    source: Source, place: Place, column: str, texts: Sequence[str], was: str, missing: Sequence[str]
) -> str:
    """The type that the values seem to have, where the source reads all of them so; else text."""
    with scratch() as connection:
        raw = _kept(connection, texts)
        found = profile(connection, raw, [_VALUE]).types[_VALUE]
    if found in {_TEXT, was}:
        return _TEXT
    read = _read(source, place, column, found, missing)
    return found if read is not None and sum(value is not None for value in read) == len(texts) else _TEXT


def _read(source: Source, place: Place, column: str, type_: str, missing: Sequence[str]) -> list[object] | None:
    """The first values of the column as that type; None where the source cannot be read so at all."""
    narrow = narrowed(source, column, missing)
    narrow = narrow.model_copy(
        update={"columns": {**narrow.columns, column: type_}, "on_error": "null", "drift": "quarantine"}
    )
    try:
        shown = connector(source.connector).preview(narrow, place, limit=LOOKED_AT)
    except DreflowError:
        # Not readable so is an answer, too.
        return None
    at = list(narrow.columns).index(column)
    return [row[at] for row in shown.rows]


def _kept(connection: DuckDBPyConnection, texts: Sequence[str]) -> exp.Table:
    """The texts as a table of one column, ``value``."""
    import pyarrow as pa

    connection.register("values_now", pa.table({_VALUE: pa.array(texts, pa.string())}))
    return exp.Table(this=sql.identifier("values_now"))


def _unfitting(texts: Sequence[str], column: str, type_: str, rules: Spelling) -> list[str]:
    """The texts that spell no value of the type."""
    with scratch() as connection:
        raw = _kept(connection, texts)
        value = sql.column(_VALUE)
        fits = conform.typed(value.copy(), column, type_, rules)
        if fits == value:
            return []
        empty = exp.Is(this=fits, expression=exp.null())
        return [str(row[0]) for row in sql.rows(connection, exp.select(value.copy()).from_(raw).where(empty))]


def _spelling(source: Source) -> Spelling:
    own = {name: value for name, value in source.options.items() if name in Spelling.model_fields}
    return ReadOptions.model_validate(own)
