"""What one database says otherwise than another: its catalog, and a column so that it arrives unchanged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import conform, sql
from connectors.attached.stored import Relation, Stored
from connectors.contract import Place

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Dialect(ABC):
    """What a database has to say of itself to be read."""

    name: str
    default_schema: str
    text_type = "VARCHAR"
    """What it calls a text without a size."""

    @abstractmethod
    def attach(self, connection: DuckDBPyConnection, place: Place, alias: str) -> None:
        """Attach read-only under ``alias``; raises AccessError or TransientError without any password."""

    @abstractmethod
    def relations(self, connection: DuckDBPyConnection, alias: str) -> Sequence[Relation]:
        """Tables and views with keys, without the system's own."""

    @abstractmethod
    def columns(self, connection: DuckDBPyConnection, alias: str, relation: Relation) -> Sequence[Stored]:
        """Columns in order."""

    @abstractmethod
    def push(self, alias: str, query: exp.Query) -> exp.Expression:
        """A table expression: the rows of a query that the database itself runs."""

    @abstractmethod
    def moment(self, connection: DuckDBPyConnection, alias: str, place: Place) -> datetime:
        """The instant that the open transaction sees."""

    def detach(self, connection: DuckDBPyConnection, alias: str) -> None:
        """Let go of the database."""
        connection.execute(f"DETACH {alias}")

    def asked(self, connection: DuckDBPyConnection, alias: str, query: exp.Select) -> sql.Row:
        """The one row of a query that the database itself runs."""
        # DuckDB wants distinct names from a pushed query.
        named = [exp.alias_(item, f"a{number}") for number, item in enumerate(query.expressions, start=1)]
        query.set("expressions", named)
        return sql.row(connection, exp.select("*").from_(self.push(alias, query)))

    def measured(self, column: str) -> tuple[exp.Expression, exp.Expression]:
        """Most digits before the point and most decimals, as the database computes them."""
        raise NotImplementedError(column)

    def fitted(self, column: Stored, declared: str) -> exp.Expression:
        """The database's own expression for a column that DuckDB would not read exactly."""
        node = sql.template(column.pushed, x=sql.column(column.name))
        if not column.unsized:
            return node
        return sql.cast(node, self.text_type if declared.upper() == "VARCHAR" else declared)

    def exactly(self, column: Stored, declared: str) -> exp.Expression:
        """The column as the database itself gives it to us, exact in the declared type."""
        return self.fitted(column, declared) if column.pushed else self.carried(column)

    def carried(self, column: Stored) -> exp.Expression:
        """A column that needs no cast, as a pushed query states it."""
        return sql.column(column.name)

    def unfitting(self, column: Stored, declared: str) -> exp.Expression | None:
        """A condition that finds values which the declared type would change; None where none can."""
        if not column.unsized or not declared.upper().startswith("DECIMAL"):
            return None
        precision, scale = conform.decimal_size(declared)
        return sql.template(
            "(round(:x, :scale) <> :x OR abs(:x) >= :bound)",
            x=sql.column(column.name),
            scale=scale,
            bound=exp.Literal.number("1" + "0" * (precision - scale)),
        )

    def since(self, column: Stored, since: str, type_: str) -> exp.Expression:
        """The condition that a row is not older than the cursor."""
        return exp.GTE(this=sql.column(column.name), expression=sql.cast(sql.value(since), type_))

    def summable(
        self, connection: DuckDBPyConnection, alias: str, relation: Relation, columns: Mapping[str, str]
    ) -> list[str]:
        """Those of the DECIMAL columns (name in the spec to name in the table) whose sum the database can say."""
        del connection, alias, relation
        return list(columns)

    def arrives_empty(self, column: Stored) -> exp.Expression | None:
        """A condition that finds values of which nothing arrives; they are counted and told."""
        del column
        return None

    def arrives_changed(self, column: Stored) -> exp.Expression | None:
        """A condition that finds values which arrive as others, so that the table cannot be read."""
        del column
        return None


def from_epoch(seconds: object) -> datetime:
    """An instant in UTC."""
    return datetime.fromtimestamp(float(str(seconds)), tz=UTC)
