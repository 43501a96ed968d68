"""What a database counts and sums up of the rows that were read, for a copy to be compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.attached.copying import from_cursor
from connectors.attached.dialect import Dialect
from connectors.attached.stored import Relation, Stored
from spec.errors import DataError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SUMMED = 8
"""Most DECIMAL columns whose sums are compared after a load; of a large table, two: each is a scan's worth of work."""
_SUMMED_OF_LARGE = 2
_LARGE = 1_000_000


@record(frozen=True)
class Totals:
    """What a database says of the rows that were read: count, exact sums, values of which nothing arrives."""

    rows: int
    sums: Mapping[str, str]
    emptied: Mapping[str, int]


def totals(
    dialect: Dialect,
    connection: DuckDBPyConnection,
    alias: str,
    relation: Relation,
    source: Source,
    stored: Mapping[str, Stored],
    since: str | None,
) -> Totals:
    """What the database itself counts and sums up, in one pass over the rows that were read."""
    most = _SUMMED_OF_LARGE if (relation.rows or 0) > _LARGE else _SUMMED
    columns = {name: stored[name.casefold()] for name in source.columns}
    names = [name for name, type_ in source.columns.items() if type_.upper().startswith("DECIMAL")][:most]
    names = dialect.summable(connection, alias, relation, {name: columns[name].name for name in names})
    sums = [
        sql.cast(exp.Sum(this=dialect.exactly(columns[name], source.columns[name])), dialect.text_type)
        for name in names
    ]
    # A sum shows a value that became another by itself.
    changed = {
        name: condition
        for name, column in columns.items()
        if name not in names and (condition := dialect.arrives_changed(column)) is not None
    }
    empty = {
        name: condition for name, column in columns.items() if (condition := dialect.arrives_empty(column)) is not None
    }
    counts = [
        sql.template("count(CASE WHEN :met THEN 1 END)", met=condition)
        for condition in (*changed.values(), *empty.values())
    ]
    query = exp.select(exp.Count(this=exp.Star()), *sums, *counts).from_(relation.remote())
    expected, *found = dialect.asked(connection, alias, from_cursor(dialect, query, source, stored, since))
    summed = dict(zip(names, found, strict=False))
    counted = dict(zip((*changed, *empty), map(sql.whole, found[len(names) :]), strict=True))
    wrong = next((name for name in changed if counted[name]), None)
    wrong = wrong or next((name for name, total in summed.items() if str(total) == "NaN"), None)
    if wrong is not None:
        raise DataError(
            f"{wrong!r} holds NaN, which is no number and cannot be told from one as a decimal.",
            hint="Empty these values in the database, or read a view that leaves them out.",
            where={"table": relation.dotted, "column": wrong},
        )
    return Totals(
        rows=sql.whole(expected),
        sums={name: _plain(total) for name, total in summed.items()},
        emptied={name: counted[name] for name in empty if counted[name]},
    )


def as_loaded(
    connection: DuckDBPyConnection, table: exp.Table, at_source: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """The database's sums, each beside that of the copy; one beyond 38 digits is left out, as DuckDB cannot say it."""
    loaded = {name: sql.exact_sum(connection, table, name) for name in at_source}
    return {name: (at_source[name], _plain(total)) for name, total in loaded.items() if total is not None}


def _plain(found: object) -> str:
    """A sum as decimal text without needless zeros, so that two of different scale can be compared."""
    text = str(found or 0)
    return text.rstrip("0").rstrip(".") if "." in text else text
