"""Where the next read of a source starts, and which rows at that border were read before.

The cursor's border is inclusive, because rows with an equal cursor may arrive later, and the lookback goes further back
for late ones. A row that was set aside may be mended without a new cursor, so the next run goes back to the earliest of
these, as far as MAX_HELD_ROWS rows, and the run says what it leaves behind. So each run reads some rows again. Those it
has read before, recognised by the hash of the whole row and counted, are taken out; a row that changed since passes, as
the new version that it is. A row without a cursor is always read again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, cast

from connectors.trees import exp, parse_one
from pipelines.digest import EXACT_NUMBERS, call, row_text
from spec.base import JsonValue
from spec.errors import LimitError, SpecError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_BORDER_ROWS = 500_000
MAX_HELD_ROWS = 50_000
"""Rows that are read again at most for the sake of one that was set aside: 500 requests where a page has 100."""


@record(frozen=True)
class Border:
    """The highest cursor read, as text, and how often each row from where the next read starts was read, by hash. No
    row had a cursor where it is empty.
    """

    cursor: str
    seen: Mapping[str, int] = field(default_factory=dict)
    held: str | None = None
    """Earliest cursor of a row that was set aside, as text; empty where all rows are to be read again."""
    swept: str = ""
    """When all keys were last compared, ISO 8601; empty when never."""
    listed: str = ""
    """When the list of what was deleted was last read, or all keys in its place."""

    def to_json(self) -> dict[str, JsonValue]:
        """As kept beside the data."""
        plain: dict[str, JsonValue] = {"cursor": self.cursor, "seen": dict(self.seen)}
        if self.held is not None:
            plain["held"] = self.held
        times = {"swept": self.swept, "listed": self.listed}
        return plain | {name: text for name, text in times.items() if text}


def border_of(plain: Mapping[str, JsonValue]) -> Border:
    """What ``Border.to_json`` gave."""
    seen = cast("dict[str, int]", plain.get("seen") or {})
    held = plain.get("held")
    return Border(
        str(plain["cursor"]),
        seen,
        None if held is None else str(held),
        str(plain.get("swept") or ""),
        str(plain.get("listed") or ""),
    )


@record(frozen=True)
class Settled:
    """Where the next read starts, how many rows were taken out, and before which cursor, as text, rows that were set
    aside are not read again; None where there are none.
    """

    border: Border | None
    repeated: int = 0
    let_go: str | None = None


Borders = Mapping[str, Border]


def dumped(borders: Borders) -> str:
    """The state of all incremental sources as one JSON text."""
    plain = {source: border.to_json() for source, border in borders.items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def loaded(text: str) -> dict[str, Border]:
    """What ``dumped`` wrote."""
    plain = cast("dict[str, dict[str, JsonValue]]", json.loads(text or "{}"))
    return {source: border_of(item) for source, item in plain.items()}


def begin(connection: DuckDBPyConnection, source: Source, before: Border | None) -> str | None:
    """The cursor from which to read after an earlier read; None where all rows are wanted."""
    if before is None or not before.cursor or before.held == "":
        return None
    since = start(connection, source, before.cursor)
    return since if before.held is None else _extreme(connection, "least", _cursor_type(source), since, before.held)


def start(connection: DuckDBPyConnection, source: Source, cursor: str) -> str:
    """The cursor to read from: ``cursor`` less the source's lookback, as text of the cursor's type."""
    if source.lookback is None or source.cursor is None:
        return cursor
    kind = _cursor_type(source)
    numeric = kind.split("(")[0].upper() in EXACT_NUMBERS
    # The cast back gives a DATE from DATE - INTERVAL, which is a TIMESTAMP.
    back = "CAST($lookback AS BIGINT)" if numeric else "CAST($lookback AS INTERVAL)"
    query = parse_one(f"SELECT CAST(CAST(CAST($cursor AS T) - {back} AS T) AS VARCHAR)", dialect="duckdb")
    for cast_node in query.find_all(exp.Cast):
        if cast_node.to.sql() == "T":
            cast_node.set("to", exp.DataType.build(kind, dialect="duckdb"))
    row = connection.execute(query.sql(dialect="duckdb"), {"cursor": cursor, "lookback": source.lookback}).fetchone()
    if row is None or row[0] is None:
        raise SpecError("The lookback cannot be subtracted from the cursor.", where={"field": "lookback"})
    return str(row[0])


def settle(
    connection: DuckDBPyConnection,
    table: exp.Table,
    source: Source,
    before: Border | None,
    *,
    since: str | None = None,
    aside: str | None = None,
) -> Settled:
    """Take rows read before out of a fresh read, and find where the next one starts.

    ``since`` is where the read started, None for all rows; ``aside`` the lowest cursor of rows set aside, empty where
    one does not say, None without any.
    """
    if source.cursor is None:
        return Settled(None)
    cursor = exp.column(source.cursor, quoted=True)
    facts = exp.select(exp.cast(exp.Max(this=cursor), "VARCHAR"), exp.Count(this=exp.Star())).from_(table.copy())
    highest, rows = cast("tuple[str | None, int]", connection.execute(facts.sql(dialect="duckdb")).fetchone())
    if not rows and before is None:
        return Settled(None)
    newest = highest or ""
    if before is not None and before.cursor:
        newest = (
            _extreme(connection, "greatest", _cursor_type(source), newest, before.cursor) if newest else before.cursor
        )
    # A row set aside that does not say where it belongs came after the start of this read, as all others did.
    wanted = (since or "") if aside == "" else aside
    held, let_go = _held(connection, table, source, wanted)
    if not rows:
        return Settled(replace(cast("Border", before), held=held), 0, let_go)
    hashed = call("md5", row_text(list(source.columns.items())))
    border = Border(newest, held=held)
    border = replace(border, seen=_counted(connection, table, source, begin(connection, source, border), hashed))
    return Settled(border, _removed(connection, table, hashed, before.seen) if before else 0, let_go)


def _held(
    connection: DuckDBPyConnection, table: exp.Table, source: Source, wanted: str | None
) -> tuple[str | None, str | None]:
    """How far back the next read goes for rows set aside, and before which cursor they are left past the limit."""
    if wanted is None:
        return None, None
    at = exp.column(cast("str", source.cursor), quoted=True)
    each = exp.select(exp.alias_(at, "at"), exp.alias_(exp.Count(this=exp.Star()), "n")).from_(table.copy())
    each = each.where(_from(source, wanted) if wanted else exp.Not(this=exp.Is(this=at.copy(), expression=exp.null())))
    # From each cursor on: as many rows as have it or a later one.
    later = exp.Window(
        this=exp.Sum(this=exp.column("n")),
        order=exp.Order(expressions=[exp.Ordered(this=exp.column("at"), desc=True)]),
    )
    summed = exp.select("at", exp.alias_(later, "later")).from_(each.group_by("1").subquery("each"))
    fits = exp.LTE(this=exp.column("later"), expression=exp.Literal.number(MAX_HELD_ROWS))
    earliest = exp.Min(this=exp.If(this=fits, true=exp.column("at")))
    facts = exp.select(
        exp.cast(earliest, "VARCHAR"),
        exp.Max(this=exp.column("later")),
        exp.cast(exp.Max(this=exp.column("at")), "VARCHAR"),
    ).from_(summed.subquery("summed"))
    row = connection.execute(facts.sql(dialect="duckdb")).fetchone()
    reach, rows, newest = cast("tuple[str | None, int | None, str | None]", row)
    if (rows or 0) <= MAX_HELD_ROWS:
        return wanted, None
    return reach, reach or newest


def _extreme(connection: DuckDBPyConnection, which: str, kind: str, one: str, other: str) -> str:
    """The ``greatest`` or ``least`` of two cursors."""
    typed = exp.DataType.build(kind, dialect="duckdb")
    found = call(
        which,
        exp.Cast(this=exp.Placeholder(this="one"), to=typed),
        exp.Cast(this=exp.Placeholder(this="other"), to=typed.copy()),
    )
    query = exp.select(exp.cast(found, "VARCHAR"))
    row = connection.execute(query.sql(dialect="duckdb"), {"one": one, "other": other}).fetchone()
    return str(row[0]) if row else one


def _from(source: Source, since: str) -> exp.Expr:
    """The condition that a row's cursor is ``since`` or later."""
    limit = exp.Cast(this=exp.Literal.string(since), to=exp.DataType.build(_cursor_type(source), dialect="duckdb"))
    return exp.GTE(this=exp.column(cast("str", source.cursor), quoted=True), expression=limit)


def _counted(
    connection: DuckDBPyConnection, table: exp.Table, source: Source, since: str | None, hashed: exp.Expr
) -> dict[str, int]:
    """How often each row stands there that the next read brings again."""
    query = (
        exp.select(exp.alias_(hashed.copy(), "h"), exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(table.copy())
        .group_by("1")
        .limit(MAX_BORDER_ROWS + 1)
    )
    if since is not None:
        without = exp.Is(this=exp.column(cast("str", source.cursor), quoted=True), expression=exp.null())
        query = query.where(exp.or_(_from(source, since), without))
    rows: Sequence[tuple[str, int]] = connection.execute(query.sql(dialect="duckdb")).fetchall()
    if len(rows) > MAX_BORDER_ROWS:
        raise LimitError(
            f"More than {MAX_BORDER_ROWS} rows lie within the lookback of the newest one, or have no {source.cursor}.",
            hint="Use a finer cursor (an instant and not a day) that every row has, or a shorter lookback.",
            where={"field": "lookback"},
        )
    return dict(rows)


def _removed(connection: DuckDBPyConnection, table: exp.Table, hashed: exp.Expr, seen: Mapping[str, int]) -> int:
    """Delete, of each row hash, as many rows as were read before; rows alike are interchangeable."""
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
