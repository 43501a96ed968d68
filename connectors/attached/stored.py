"""A database's tables and columns as its own catalog has them, and what each becomes here."""

from __future__ import annotations

from sqlglot import exp

from connectors import conform, sql
from spec.records import record

UNCOUNTED = -1
"""Row count of a table that the database has no estimate of."""
_WIDER = {
    "TINYINT": ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    "SMALLINT": ("INTEGER", "BIGINT", "HUGEINT"),
    "INTEGER": ("BIGINT", "HUGEINT"),
    "BIGINT": ("HUGEINT",),
    "UTINYINT": ("SMALLINT", "INTEGER", "BIGINT", "HUGEINT"),
    "USMALLINT": ("INTEGER", "BIGINT", "HUGEINT"),
    "UINTEGER": ("BIGINT", "HUGEINT"),
    "UBIGINT": ("HUGEINT",),
    "FLOAT": ("DOUBLE",),
}


@record(frozen=True)
class Stored:
    """A column as the database has it.

    ``type`` is what it becomes here. ``pushed`` is the expression that the database itself must compute for that, empty
    where DuckDB's own reading is exact. ``unsized`` numbers get their scale by a measurement.
    """

    name: str
    type: str
    nullable: bool = True
    description: str = ""
    pushed: str = ""
    arrives: str = ""
    """What DuckDB makes of the pushed value, where that is not yet of the type."""
    unsized: bool = False
    may_be_boolean: bool = False


@record(frozen=True)
class Relation:
    """A table or view with its keys; ``schema`` may be empty."""

    schema: str
    name: str
    description: str = ""
    rows: int | None = None
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[tuple[tuple[str, ...], str, str, tuple[str, ...]], ...] = ()
    """(columns, schema, table, referenced columns)."""

    @property
    def dotted(self) -> str:
        """Its name as a source's ``stream`` has it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name

    def remote(self) -> exp.Table:
        """It as the database itself knows it."""
        schema = sql.identifier(self.schema) if self.schema else None
        return exp.Table(this=sql.identifier(self.name), db=schema)

    def local(self, alias: str) -> exp.Table:
        """It as DuckDB knows it."""
        schema = sql.identifier(self.schema) if self.schema else None
        return exp.Table(this=sql.identifier(self.name), db=schema, catalog=sql.identifier(alias))


def fits(stored: Stored, declared: str) -> bool:
    """Whether every value of the stored type is one of the declared type, unchanged."""
    have, want = stored.type.upper(), declared.upper()
    if have == want or want in _WIDER.get(have, ()):
        return True
    if stored.unsized:
        return want.startswith("DECIMAL") or want == "VARCHAR"
    if have.startswith("DECIMAL") and want.startswith("DECIMAL"):
        (digits, scale), (room, decimals) = conform.decimal_size(have), conform.decimal_size(want)
        return decimals >= scale and room - decimals >= digits - scale
    return have == "TINYINT" and want == "BOOLEAN"
