"""The forms in which a column's values are written: digits reduced to 9, so that a million are a handful."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SHAPES = 400


@record(frozen=True)
class Shape:
    """A form of values: how many have it, whether one has a needless leading zero, the first of them and the last."""

    text: str
    count: int
    leading_zero: bool
    example: str
    last: str


@record(frozen=True)
class Shapes:
    """The forms of a column's values; ``other`` values have rarer forms."""

    name: str
    shapes: Sequence[Shape]
    values: int
    other: int


def shapes_of(connection: DuckDBPyConnection, raw: exp.Table, name: str, text: exp.Expression) -> Shapes:
    """The commonest forms of a column's values."""
    shape = sql.template(
        """CASE WHEN length(:x) <= 40 AND regexp_matches(:x, '[0-9]')
        THEN translate(trim(:x), '0123456789', '9999999999')
        WHEN length(:x) <= 10 THEN trim(:x) ELSE '~' END""",
        x=text,
    )
    inner = (
        exp.select(
            exp.alias_(shape, "shape"),
            exp.alias_(sql.template("regexp_matches(:x, '^ *[+-]?0[0-9]')", x=text), "zero"),
            exp.alias_(text.copy(), "x"),
        )
        .from_(raw)
        .where(sql.template(":x IS NOT NULL AND trim(:x) <> ''", x=text))
    )
    grouped = sql.template(
        """SELECT shape, count(*), bool_or(zero), min(x), max(trim(x)), sum(count(*)) OVER () FROM t
        GROUP BY shape ORDER BY 2 DESC, 1 LIMIT :most""",
        most=_SHAPES,
    )
    grouped.set("from_", exp.From(this=inner.subquery("t")))
    rows = sql.rows(connection, grouped)
    total = int(str(rows[0][5])) if rows else 0
    shapes = [Shape(str(row[0]), int(str(row[1])), bool(row[2]), str(row[3]), str(row[4])) for row in rows]
    return Shapes(name, shapes, total, total - sum(shape.count for shape in shapes))


def fitting(column: Shapes, fits: Callable[[str], bool]) -> int:
    """How many of a column's values have a form that fits."""
    return sum(shape.count for shape in column.shapes if fits(shape.text))
