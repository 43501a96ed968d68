"""DuckDB as the authority on types: every query is bound over empty tables before anything runs.

The database is in memory, holds no rows, has no access outside and its settings are locked, so a compile can neither
read nor change anything; and a type known at compile time cannot differ from the engine's, which gave it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlglot import exp

from pipelines.expressions import Where, quoted, statement, to_sql
from spec.base import JsonValue
from spec.errors import SpecError, nearest

if TYPE_CHECKING:
    import duckdb


TEXT = exp.DataType(this=exp.DType.TEXT)
PROBE = "types of"
"""A name with a space, which no relation has."""


class Binder:
    """Knows the type of every column of every query over the tables it was told of. Close it after use.

    ``spare`` is an empty database in memory that it may use up; without one it opens its own.
    """

    def __init__(
        self,
        timezone: str,
        parameters: Mapping[str, tuple[str, JsonValue]],
        spare: duckdb.DuckDBPyConnection | None = None,
    ) -> None:
        import duckdb

        self._errors = duckdb.Error
        self._connection = spare if spare is not None else duckdb.connect(":memory:")
        self._values = {name: value for name, (_, value) in parameters.items()}
        zone = exp.Set(
            expressions=[exp.SetItem(this=exp.EQ(this=exp.column("TimeZone"), expression=exp.Literal.string(timezone)))]
        )
        self._connection.execute(to_sql(zone))
        for setting in ("enable_external_access = false", "memory_limit = '512MB'", "lock_configuration = true"):
            self._connection.execute(f"SET {setting}")

    def __enter__(self) -> Binder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def declare(self, name: str, columns: Mapping[str, str], where: Where) -> tuple[str, ...]:
        """Make an empty table of stated types; returns them in DuckDB's own spelling."""
        definitions: list[exp.Expr] = []
        for column, type_ in columns.items():
            definitions.append(exp.ColumnDef(this=quoted(column), kind=parse_type(type_, {**where, "column": column})))
        schema = exp.Schema(this=exp.Table(this=quoted(name)), expressions=definitions)
        create = exp.Create(this=schema, kind="TABLE")
        try:
            self._connection.execute(to_sql(create))
        except self._errors as error:
            raise SpecError(f"The columns cannot be declared: {_first_line(error)}.", where=where) from None
        return self._types(name)

    def define(self, name: str, query: exp.Query, where: Where) -> tuple[str, ...]:
        """Bind a query as an empty table of that name; returns the types of its columns in order."""
        sql = statement(query, where)
        try:
            self._connection.execute(f"CREATE TABLE {to_sql(quoted(name))} AS {sql} WITH NO DATA", self._bound(query))
        except self._errors as error:
            raise explained(error, where) from None
        return self._types(name)

    def types(self, query: exp.Query, where: Where) -> tuple[str, ...]:
        """Types of a query's columns, keeping nothing."""
        sql = statement(query, where)
        try:
            self._connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {to_sql(quoted(PROBE))} AS {sql} WITH NO DATA",
                self._bound(query),
            )
        except self._errors as error:
            raise explained(error, where) from None
        return self._types(PROBE)

    def constants(self, values: Sequence[exp.Expr], where: Where) -> None:
        """Evaluate constant expressions, so that a date that is none is found before a run."""
        # As text: Python's own times with a zone would need a further library.
        texts: list[exp.Expr] = [exp.Cast(this=value.copy(), to=TEXT.copy()) for value in values]
        sql = statement(exp.Select(expressions=texts), where)
        try:
            self._connection.execute(sql).fetchall()
        except self._errors as error:
            raise explained(error, where) from None

    def _types(self, name: str) -> tuple[str, ...]:
        query = exp.Select(
            expressions=[exp.Star()],
            from_=exp.From(this=exp.Table(this=quoted(name))),
            limit=exp.Limit(expression=exp.Literal.number(0)),
        )
        description = self._connection.execute(to_sql(query)).description or []
        return tuple(str(column[1]) for column in description)

    def _bound(self, query: exp.Query) -> dict[str, JsonValue]:
        return {node.name: self._values[node.name] for node in query.find_all(exp.Placeholder)}


def parse_type(text: str, where: Where) -> exp.DataType:
    """A DuckDB type by its spelling; SpecError when there is none such."""
    from sqlglot.errors import SqlglotError

    type_: exp.DataType | None = None
    if _is_one_type(text):
        with suppress(SqlglotError, ValueError):
            type_ = exp.DataType.build(text, dialect="duckdb")
    if type_ is None or type_.this == exp.DType.USERDEFINED:
        known = (
            "BOOLEAN",
            "INTEGER",
            "BIGINT",
            "DECIMAL(18,2)",
            "DOUBLE",
            "VARCHAR",
            "DATE",
            "TIMESTAMP",
            "TIMESTAMPTZ",
        )
        near = nearest(text, known)
        raise SpecError(
            f"{text!r} is not a type.",
            hint=f"Did you mean {near!r}?" if near else f"Types are DuckDB's, for instance {', '.join(known)}.",
            where=where,
            data={**where, "what": "type", "unknown": text, "known": list(known), "nearest": near},
        )
    return type_


_WORDS = re.compile(r"\b(with time zone|without time zone|double precision|character varying)\b", re.IGNORECASE)


def _is_one_type(text: str) -> bool:
    """Whether all of the text can be one type: SQLGlot reads a type and would leave what follows it unread."""
    outside, depth = "", 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth < 0 or character == ";":
            return False
        if depth == 0:
            outside += character
    return depth == 0 and len(_WORDS.sub("", outside).replace(")", " ").split()) <= 1 + outside.count("[")


def _first_line(error: Exception) -> str:
    line = str(error).splitlines()[0].rstrip(".")
    return re.sub(r"^[A-Z][A-Za-z ]* Error: ", "", line)


_MISMATCH = r"No function matches the given name and argument types '(\w+|[^\w\s(]+)\((.*)\)'\."
_COMPARE = r"Cannot (?:compare|mix|combine)(?: values of)? types?(?: of)? (.+?) and (?:type )?(.+?)(?: in |, | - |$)"


def explained(error: Exception, where: Where) -> SpecError:
    """A binder error as a sentence about the spec: what does not fit, and what would."""
    text = _first_line(error)
    data: dict[str, object] = {**where}
    mismatch = re.search(_MISMATCH, text)
    if mismatch:
        name, types = mismatch[1], mismatch[2].replace("_LITERAL", "")
        data |= {"function": name, "types": types}
        what = f"{name}({types})" if name[0].isalpha() else f"{types.replace(', ', f' {name} ', 1)}"
        return SpecError(
            f"The types do not fit: {what} is not defined.",
            hint="Cast a column first ('cast' step), or write CAST(column AS type).",
            where=where,
            data=data,
        )
    compared = re.search(_COMPARE, text)
    if compared:
        left, right = compared[1].replace("_LITERAL", ""), compared[2].replace("_LITERAL", "")
        data["types"] = [left, right]
        return SpecError(
            f"{left} and {right} cannot be compared or combined.",
            hint="Cast one of them: CAST(column AS type).",
            where=where,
            data=data,
        )
    if "must appear in the GROUP BY clause" in text:
        return SpecError(
            f"{text.split(' must appear')[0].removeprefix('column ')} is neither grouped by nor inside an aggregate.",
            hint="Add it to group_by, or write an aggregate such as sum(...) or max(...).",
            where=where,
            data=data,
        )
    if "aggregate" in text and "cannot contain" in text:
        return SpecError(
            "An aggregate such as sum(...) cannot stand in a condition on rows.",
            hint="Use an 'aggregate' step, then a 'filter' step.",
            where=where,
            data=data,
        )
    hint = "Check the types of the columns it uses."
    if "Conversion" in type(error).__name__:
        hint = "Write the value as the column's type needs it, for instance '2026-07-01' for a date."
    return SpecError(f"{text}.", hint=hint, where=where, data=data)
