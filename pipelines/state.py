"""Where the next read of a source starts, and which rows at that border were read before.

The cursor's border is inclusive, because rows with an equal cursor may arrive later, and the lookback goes further
back for
late ones. So each run reads some rows again. Those it has read before, recognised by the hash of the whole row and
counted, are taken out; a row that changed since passes, as the new version that it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, cast

from pipelines.digest import call, row_text
from spec.base import JsonValue
from spec.errors import LimitError, SpecError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp


MAX_BORDER_ROWS = 500_000
_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "DECIMAL",
)


@record(frozen=True)
class Border:
    """The highest cursor read, as text, and how often each row at or within the lookback of it was read, by hash."""

    cursor: str
    seen: Mapping[str, int] = field(default_factory=dict)
    swept: str = ""
    """When all keys were last compared, ISO 8601; empty when never."""
    listed: str = ""
    """When the list of what was deleted was last read, or all keys in its place."""

    def to_json(self) -> dict[str, JsonValue]:
        """As kept beside the data."""
        plain: dict[str, JsonValue] = {"cursor": self.cursor, "seen": dict(self.seen)}
        times = {"swept": self.swept, "listed": self.listed}
        return plain | {name: text for name, text in times.items() if text}


def border_of(plain: Mapping[str, JsonValue]) -> Border:
    """What ``Border.to_json`` gave."""
    seen = cast("dict[str, int]", plain.get("seen") or {})
    return Border(str(plain["cursor"]), seen, str(plain.get("swept") or ""), str(plain.get("listed") or ""))


Borders = Mapping[str, Border]


def dumped(borders: Borders) -> str:
    """The state of all incremental sources as one JSON text."""
    plain = {source: border.to_json() for source, border in borders.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def loaded(text: str) -> dict[str, Border]:
    """What ``dumped`` wrote."""
    plain = cast("dict[str, dict[str, JsonValue]]", json.loads(text or "{}"))
    return {source: border_of(item) for source, item in plain.items()}


def start(connection: DuckDBPyConnection, source: Source, cursor: str) -> str:
    """The cursor to read from: ``cursor`` less the source's lookback, as text of the cursor's type."""
    if source.lookback is None or source.cursor is None:
        return cursor
    kind = _cursor_type(source)
    numeric = kind.split("(")[0].upper() in _NUMBERS
    # The cast back gives a DATE from DATE - INTERVAL, which is a TIMESTAMP.
    back = "CAST($lookback AS BIGINT)" if numeric else "CAST($lookback AS INTERVAL)"
    from sqlglot import exp, parse_one

    query = parse_one(f"SELECT CAST(CAST(CAST($cursor AS T) - {back} AS T) AS VARCHAR)", dialect="duckdb")
    for cast_node in query.find_all(exp.Cast):
        if cast_node.to.sql() == "T":
            cast_node.set("to", exp.DataType.build(kind, dialect="duckdb"))
    row = connection.execute(query.sql(dialect="duckdb"), {"cursor": cursor, "lookback": source.lookback}).fetchone()
    if row is None or row[0] is None:
        raise SpecError("The lookback cannot be subtracted from the cursor.", where={"field": "lookback"})
    return str(row[0])


def settle(
    connection: DuckDBPyConnection, table: exp.Table, source: Source, before: Border | None
) -> tuple[Border | None, int]:
    """Take rows read before out of a fresh read; give the new border and how many were taken out."""
    from sqlglot import exp

    if source.cursor is None:
        return None, 0
    cursor = exp.column(source.cursor, quoted=True)
    highest = exp.select(exp.cast(exp.Max(this=cursor), "VARCHAR")).from_(table.copy())
    row = connection.execute(highest.sql(dialect="duckdb")).fetchone()
    newest = str(row[0]) if row and row[0] is not None else None
    if newest is None:
        return before, 0
    if before is not None:
        newest = _later(connection, _cursor_type(source), newest, before.cursor)
    hashed = call("md5", row_text(list(source.columns.items())))
    border = Border(newest, _counted(connection, table, source, start(connection, source, newest), hashed))
    return border, _removed(connection, table, hashed, before.seen) if before else 0


def _later(connection: DuckDBPyConnection, kind: str, one: str, other: str) -> str:
    from sqlglot import exp

    typed = exp.DataType.build(kind, dialect="duckdb")
    greatest = call(
        "greatest",
        exp.Cast(this=exp.Placeholder(this="one"), to=typed),
        exp.Cast(this=exp.Placeholder(this="other"), to=typed.copy()),
    )
    query = exp.select(exp.cast(greatest, "VARCHAR"))
    row = connection.execute(query.sql(dialect="duckdb"), {"one": one, "other": other}).fetchone()
    return str(row[0]) if row else one


def _counted(
    connection: DuckDBPyConnection, table: exp.Table, source: Source, since: str, hashed: exp.Expr
) -> dict[str, int]:
    from sqlglot import exp

    if source.cursor is None:
        return {}
    limit = exp.Cast(this=exp.Placeholder(this="since"), to=exp.DataType.build(_cursor_type(source), dialect="duckdb"))
    query = (
        exp.select(exp.alias_(hashed.copy(), "h"), exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(table.copy())
        .where(exp.GTE(this=exp.column(source.cursor, quoted=True), expression=limit))
        .group_by("1")
        .limit(MAX_BORDER_ROWS + 1)
    )
    rows: Sequence[tuple[str, int]] = connection.execute(query.sql(dialect="duckdb"), {"since": since}).fetchall()
    if len(rows) > MAX_BORDER_ROWS:
        raise LimitError(
            f"More than {MAX_BORDER_ROWS} rows lie within the lookback of the newest one.",
            hint="Use a finer cursor (an instant and not a day), or a shorter lookback.",
            where={"field": "lookback"},
        )
    return dict(rows)


def _removed(connection: DuckDBPyConnection, table: exp.Table, hashed: exp.Expr, seen: Mapping[str, int]) -> int:
    """Delete, of each row hash, as many rows as were read before; rows alike are interchangeable."""
    from sqlglot import exp

    if not seen:
        return 0
    known = exp.select(
        exp.alias_(exp.Unnest(expressions=[exp.Placeholder(this="hashes")]), "h"),
        exp.alias_(exp.Unnest(expressions=[exp.Placeholder(this="counts")]), "n"),
    )
    number = exp.Window(
        this=exp.RowNumber(),
        partition_by=[hashed.copy()],
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("rowid"))]),
    )
    numbered = exp.select(
        exp.alias_(exp.column("rowid"), "row"), exp.alias_(hashed.copy(), "h"), exp.alias_(number, "k")
    ).from_(table.copy())
    again = (
        exp.select("rows.row")
        .from_(numbered.subquery("rows"))
        .join(known.subquery("known"), on="rows.h = known.h AND rows.k <= known.n")
    )
    delete = exp.Delete(
        this=table.copy(), where=exp.Where(this=exp.In(this=exp.column("rowid"), query=again.subquery()))
    )
    row = connection.execute(
        delete.sql(dialect="duckdb"), {"hashes": list(seen), "counts": list(seen.values())}
    ).fetchone()
    return int(row[0]) if row else 0


def _cursor_type(source: Source) -> str:
    folded = {column.casefold(): kind for column, kind in source.columns.items()}
    kind = folded.get((source.cursor or "").casefold())
    if kind is None:
        raise SpecError(
            f"The cursor {source.cursor!r} is not a column of the source.",
            hint="Name one of its columns.",
            where={"field": "cursor"},
            data={"known": sorted(source.columns)},
        )
    return kind
