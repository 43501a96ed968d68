"""SQL as trees: constant templates in which columns and values enter as nodes, never as text."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING
from typing import cast as cast_type

from connectors.trees import exp, noted, parse_one

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Plain = None | bool | int | str | Sequence["Plain"] | Mapping[str, "Plain"]
Row = tuple[object, ...]


def value(plain: Plain | exp.Expression) -> exp.Expression:
    """A literal; lists and mappings become DuckDB lists and structs."""
    if isinstance(plain, exp.Expression):
        return plain
    if plain is None:
        return exp.null()
    if isinstance(plain, bool):
        return exp.true() if plain else exp.false()
    if isinstance(plain, int):
        return exp.Literal.number(plain)
    if isinstance(plain, str):
        return exp.Literal.string(plain)
    if isinstance(plain, Mapping):
        entries = [exp.PropertyEQ(this=identifier(key), expression=value(item)) for key, item in plain.items()]
        return exp.Struct(expressions=entries)
    return exp.Array(expressions=[value(item) for item in plain])


def identifier(name: str) -> exp.Identifier:
    """A name, always quoted."""
    return exp.to_identifier(name, quoted=True)


def quoted(text: str) -> str:
    """A text as SQL spells it, for the statements (SET, ATTACH, COPY) that take no parameters."""
    # A path may be another in every run, so that of its statement no text would be known.
    return "'" + text.replace("'", "''") + "'"


def column(name: str) -> exp.Column:
    """A column of the one table in scope."""
    return exp.Column(this=identifier(name))


def call(function: str, *arguments: Plain | exp.Expression, **named: Plain | exp.Expression) -> exp.Anonymous:
    """A call of a DuckDB function, with named arguments as its table functions take them."""
    keywords = [exp.Kwarg(this=exp.var(key), expression=value(item)) for key, item in named.items()]
    return exp.Anonymous(this=function, expressions=[*(value(item) for item in arguments), *keywords])


def template(text: str, **nodes: Plain | exp.Expression) -> exp.Expression:
    """A constant piece of DuckDB SQL with its ``:name`` placeholders filled."""
    tree = parse_one(text, dialect="duckdb")
    filled = exp.replace_placeholders(tree, **{name: value(node) for name, node in nodes.items()})
    return cast_type(exp.Expression, filled)


def cast(node: exp.Expression, type_: str) -> exp.Expression:
    """A strict cast to a DuckDB type."""
    return exp.Cast(this=node, to=exp.DataType.build(type_, dialect="duckdb"))


def try_cast(node: exp.Expression, type_: str) -> exp.Expression:
    """A cast that gives NULL where it fails."""
    return exp.TryCast(this=node, to=exp.DataType.build(type_, dialect="duckdb"))


def is_number(text: exp.Expression) -> exp.Expression:
    """Whether a text is a number to its last sign.

    DuckDB casts a lone sign or exponent before a blank to whole numbers and decimals: ``'- '`` becomes 0, ``'20E '``
    20. Its cast to DOUBLE takes neither.
    """
    return exp.Not(this=exp.Is(this=try_cast(text.copy(), "DOUBLE"), expression=exp.null()))


def any_of(conditions: Sequence[exp.Expression]) -> exp.Expression:
    """True where one condition is; FALSE for none."""
    return cast_type(exp.Expression, exp.or_(*conditions)) if conditions else exp.false()


def create(table: exp.Table, query: exp.Query, *, temporary: bool = False) -> exp.Create:
    """``CREATE TABLE ... AS`` a query."""
    properties = exp.Properties(expressions=[exp.TemporaryProperty()]) if temporary else None
    return exp.Create(this=table.copy(), kind="TABLE", expression=query, properties=properties)


def drop(table: exp.Table) -> exp.Drop:
    """Drop a table if it is there."""
    return exp.Drop(tables=[table.copy()], kind="TABLE", exists=True)


@noted
def sibling(table: exp.Table, suffix: str) -> exp.Table:
    """A table in the same schema, named like ``table`` with a suffix."""
    return exp.Table(this=identifier(table.name + suffix), db=table.args.get("db"), catalog=table.args.get("catalog"))


def text(statement: exp.Expression) -> str:
    """The statement as DuckDB reads it."""
    return statement.sql(dialect="duckdb")


def run(connection: DuckDBPyConnection, statement: exp.Expression) -> None:
    """Execute a statement for its effect."""
    connection.execute(text(statement))


def rows(connection: DuckDBPyConnection, query: exp.Expression) -> list[Row]:
    """All rows of a small result."""
    return connection.execute(text(query)).fetchall()


def row(connection: DuckDBPyConnection, query: exp.Expression) -> Row:
    """The one row of an aggregate."""
    found = connection.execute(text(query)).fetchone()
    return tuple(found or ())


@contextlib.contextmanager
def order_not_kept(connection: DuckDBPyConnection) -> Iterator[None]:
    """Rows of a table have no order; keeping a source's costs a fifth of the reading."""
    kept = row(connection, exp.select(call("current_setting", "preserve_insertion_order")))[0]
    if not kept:
        yield
        return
    connection.execute("SET preserve_insertion_order = false")
    try:
        yield
    finally:
        connection.execute("SET preserve_insertion_order = true")


def count(connection: DuckDBPyConnection, table: exp.Table) -> int:
    """How many rows a table has."""
    return whole(row(connection, exp.select(exp.Count(this=exp.Star())).from_(table))[0])


def exact_sum(connection: DuckDBPyConnection, table: exp.Table, name: str) -> Decimal | None:
    """The sum of a DECIMAL column, 0 when it is empty; None when 38 digits do not hold it."""
    import duckdb

    try:
        return Decimal(str(row(connection, exp.select(exp.Sum(this=column(name))).from_(table))[0] or 0))
    except duckdb.OutOfRangeException:
        return None


def next_row(connection: DuckDBPyConnection, table: exp.Table) -> int:
    """The ``rowid`` that the next row gets at least; ids of deleted rows are not given again, so a count is less."""
    return whole(row(connection, exp.select(template("max(rowid) + 1")).from_(table))[0])


def whole(found: object) -> int:
    """A count or sum of whole numbers as DuckDB's Python client gives it; NULL is 0."""
    return int(str(found or 0))
