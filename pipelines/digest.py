r"""The table digest: equal for equal tables on every engine, whatever the order of the rows or the number of threads.

``t1:`` and the first 32 hex digits of the SHA-256 over this JSON (UTF-8, sorted keys, no spaces):
``{"columns": [[name, type], ...], "rows": count, "sum": total}``. ``type`` is DuckDB's spelling of the declared type
and
``total`` (decimal text) is the sum modulo 2^128, over all rows, of the MD5 of the row's canonical text, read as a
little-endian integer. The canonical text joins the cells of the exact columns, in column order, with ``|``. A cell is

* ``-`` where the value is NULL (so NULL and the empty text, ``0:``, differ);
* for text, ENUM and JSON: the length in UTF-8 bytes, ``:``, the text as it is (so no content can imitate a border);
* for lists, structs, maps and unions: the same with their JSON; for INTERVAL: the same with DuckDB's text;
* for integers: the digits; for DECIMAL: plain digits with as many decimals as the declared scale; BOOLEAN:
``true``/``false``;
* for TIMESTAMP and TIMESTAMP WITH TIME ZONE: microseconds since 1970-01-01T00:00:00Z (the wall clock, or the instant),
  nanoseconds for TIMESTAMP_NS, and ``infinity``/``-infinity``; DATE and TIME: ISO 8601 text;
* for UUID: lower-case text with hyphens; BLOB: upper-case hex; BIT: its digits.

FLOAT and DOUBLE, alone or nested, and columns the compiler marked inexact are left out of the text (their name and type
stay in). They are summed up beside it, count, sum, minimum and maximum, and compared to a relative 1e-9; of days and
times these are seconds since 1970, of text and whatever else is no number the count alone.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from connectors.trees import exp
from pipelines.job import Field
from spec.base import JsonValue
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOLERANCE = 1e-9
EXACT_NUMBERS = (
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
"""DuckDB's number types in which each value is the one that was written; DECIMAL stands for its every size."""
_FLOATING = re.compile(r"\b(FLOAT|FLOAT4|FLOAT8|REAL|DOUBLE)\b", re.IGNORECASE)
_NESTED = re.compile(r"(\]$)|^(STRUCT|MAP|UNION|LIST)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|INT|DECIMAL.*|NUMERIC.*|FLOAT\d?|REAL|DOUBLE|BOOLEAN)$", re.IGNORECASE
)
_MOMENT = re.compile(r"^(DATE|TIMESTAMP.*)$", re.IGNORECASE)
_MASK = 2**64 - 1


@record(frozen=True)
class Inexact:
    """What is known of a floating-point column: how many values, and their sum, minimum and maximum (NULL when
    none).
    """

    count: int
    sum: float | None = None
    minimum: float | None = None
    maximum: float | None = None

    def like(self, other: Inexact) -> bool:
        """Equal to a relative 1e-9."""
        return self.count == other.count and all(
            _close(mine, theirs)
            for mine, theirs in (
                (self.sum, other.sum),
                (self.minimum, other.minimum),
                (self.maximum, other.maximum),
            )
        )


@record(frozen=True)
class TableDigest:
    """``text`` is the digest; ``inexact`` holds what it leaves out."""

    text: str
    rows: int
    inexact: Mapping[str, Inexact] = field(default_factory=dict)

    def like(self, other: TableDigest) -> bool:
        """The same table: equal digests, and inexact columns alike."""
        return (
            self.text == other.text
            and self.inexact.keys() == other.inexact.keys()
            and all(mine.like(other.inexact[column]) for column, mine in self.inexact.items())
        )

    def to_json(self) -> dict[str, JsonValue]:
        """As stored with a run."""
        return {
            "digest": self.text,
            "rows": self.rows,
            "inexact": {
                column: [item.count, _plain(item.sum), _plain(item.minimum), _plain(item.maximum)]
                for column, item in self.inexact.items()
            },
        }


def table_digest(
    connection: DuckDBPyConnection,
    relation: exp.Table,
    fields: Sequence[Field],
    actual: Sequence[str] = (),
) -> TableDigest:
    """Digest ``relation`` (a table, a view, or a table of an attached database) as having ``fields``.

    ``actual`` are the column types the relation has where they differ from the declared ones, as in an attached
    database that has no decimals; values are cast to the declared type first, and one that cannot be is an error.
    """
    exact = [item for item in fields if is_exact(item)]
    inexact = [item for item in fields if not is_exact(item)]
    cells = [cell(_declared(item, actual[fields.index(item)] if actual else item.type), item.type) for item in exact]
    hashed = exp.select(_as(call("md5_number", _row(cells)), "h"), *(_column(item) for item in inexact)).from_(
        relation.copy()
    )
    high = exp.BitwiseRightShift(this=exp.column("h"), expression=exp.Literal.number(64))
    low = exp.BitwiseAnd(this=exp.column("h"), expression=exp.Literal.number(_MASK))
    # Two sums of halves: the sum of whole 128-bit numbers would be a DOUBLE.
    measures: list[exp.Expr] = [
        exp.Count(this=exp.Star()),
        exp.Sum(this=_cast(exp.Paren(this=high), "UBIGINT")),
        exp.Sum(this=_cast(exp.Paren(this=low), "UBIGINT")),
    ]
    for item in inexact:
        measures += _measures(item)
    query = exp.select(*measures).from_(hashed.subquery("rows"))
    row = connection.execute(query.sql(dialect="duckdb")).fetchone()
    if row is None:
        raise RuntimeError("an aggregate gave no row")
    count, total = int(row[0]), (int(row[2] or 0) + (int(row[1] or 0) << 64)) % 2**128
    found: dict[str, Inexact] = {}
    position = 3
    for item in inexact:
        size = len(_measures(item))
        found[item.name] = Inexact(*row[position : position + size])
        position += size
    return TableDigest(digest_text(fields, count, total), count, found)


def digest_text(fields: Sequence[Field], rows: int, total: int) -> str:
    """The digest of a table with these columns, this many rows and this sum of hashes."""
    facts = {"columns": [[item.name, spelled(item.type)] for item in fields], "rows": rows, "sum": str(total)}
    plain = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "t1:" + hashlib.sha256(plain.encode()).hexdigest()[:32]


def is_exact(item: Field) -> bool:
    """False where floating point touched the column, or its type holds it."""
    return item.exact and not _FLOATING.search(item.type)


def spelled(type_text: str) -> str:
    """One spelling for one type: upper case, no superfluous spaces, DuckDB's long names."""
    text = re.sub(r"\s*([(),])\s*", r"\1", type_text.strip())
    known = {
        "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
        "TEXT": "VARCHAR",
        "STRING": "VARCHAR",
        "INT": "INTEGER",
        "INT4": "INTEGER",
        "INT8": "BIGINT",
        "BOOL": "BOOLEAN",
        "DECIMAL": "DECIMAL(18,3)",
        "NUMERIC": "DECIMAL(18,3)",
    }
    upper = text.upper()
    if upper.startswith("NUMERIC("):
        upper = "DECIMAL" + upper.removeprefix("NUMERIC")
    # Field and member names keep their case: they are part of what a nested type is.
    return text if _NESTED.search(text) or upper.startswith("ENUM") else known.get(upper, upper)


def row_text(names_and_types: Sequence[tuple[str, str]]) -> exp.Expr:
    """The canonical text of a row over columns in scope, floating-point ones included as text: for finding equal
    rows.
    """
    return _row([cell(exp.column(name, quoted=True), type_text) for name, type_text in names_and_types])


def cell(value: exp.Expr, type_text: str) -> exp.Expr:
    """The canonical text of one value of that type."""
    kind = spelled(type_text)
    text = _cast(value, "VARCHAR")
    if _NESTED.search(kind):
        text = _sized(_cast(call("to_json", value), "VARCHAR"))
    elif kind.startswith(("VARCHAR", "CHAR", "BPCHAR", "ENUM", "JSON", "INTERVAL")):
        text = _sized(text)
    elif kind == "BLOB":
        text = call("hex", value)
    elif kind == "TIMESTAMP_NS":
        text = exp.Coalesce(this=_cast(call("epoch_ns", value), "VARCHAR"), expressions=[text])
    elif kind.startswith("TIMESTAMP"):
        # epoch_us of an infinity is NULL; its text stands in.
        text = exp.Coalesce(this=_cast(call("epoch_us", value), "VARCHAR"), expressions=[text])
    return exp.Coalesce(this=text, expressions=[exp.Literal.string("-")])


def call(function: str, *arguments: exp.Expr | int) -> exp.Expr:
    """A DuckDB function by exactly this name."""
    return exp.Anonymous(
        this=function, expressions=[item if isinstance(item, exp.Expr) else exp.convert(item) for item in arguments]
    )


def _row(cells: Sequence[exp.Expr]) -> exp.Expr:
    return call("concat_ws", exp.Literal.string("|"), *cells) if cells else exp.Literal.string("")


def _sized(text: exp.Expr) -> exp.Expr:
    # '||' and not concat(): concat() would make '' of a NULL.
    length = _cast(call("strlen", text.copy()), "VARCHAR")
    return exp.DPipe(this=exp.DPipe(this=length, expression=exp.Literal.string(":")), expression=text.copy())


def _declared(item: Field, actual: str) -> exp.Expr:
    column = _column(item)
    return column if spelled(actual) == spelled(item.type) else _cast(column, item.type)


def _column(item: Field) -> exp.Expr:
    return exp.column(item.name, quoted=True)


def _cast(value: exp.Expr, type_text: str) -> exp.Expr:
    return exp.Cast(this=value.copy(), to=exp.DataType.build(type_text, dialect="duckdb"))


def _as(value: exp.Expr, alias: str) -> exp.Expr:
    return exp.alias_(value, alias)


def _measures(item: Field) -> list[exp.Expr]:
    column = _column(item)
    counted: list[exp.Expr] = [exp.Count(this=column)]
    if _MOMENT.match(item.type):
        number: exp.Expr = call("epoch", column.copy())
    elif _NUMBER.match(item.type):
        number = _cast(column, "DOUBLE")
    else:
        return counted
    # fsum (Kahan): a plain sum depends on the order of the rows by more than the tolerance on long columns.
    return [*counted, call("fsum", number), exp.Min(this=number.copy()), exp.Max(this=number.copy())]


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


def _plain(value: float | None) -> JsonValue:
    # JSON has no NaN or infinity, and a stored result must be readable by anything.
    return value if value is None or math.isfinite(value) else str(value)
