"""Compile a small spec and run it on rows written in the test, without the runner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import cast

import duckdb
from sqlglot import exp

from pipelines.compiler import compile_spec
from pipelines.expressions import quoted, to_sql
from pipelines.job import Job
from pipelines.query import read_query, relation_of
from spec.base import JsonValue
from spec.codec import from_plain
from spec.pipeline import Pipeline

NOW = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)

Plain = Mapping[str, object]
Tables = Mapping[str, Plain]


def compile_steps(
    tables: Tables,
    steps: Sequence[object] = (),
    *,
    parameters: object = None,
    spec_parameters: object = None,
    inline: object = None,
    **rest: object,
) -> Job:
    """A job over sources given as ``{name: {"columns": ..., "rows": ..., "primary_key": ...}}``.

    ``select`` in place of ``rows`` is a query that makes them, for a ``Bench``.
    """
    sources = {
        name: {
            "location": f"{name}.csv",
            **{key: table[key] for key in table if key not in ("rows", "select")},
        }
        for name, table in tables.items()
    }
    plain: dict[str, JsonValue] = {"version": 1, "name": "test"}
    plain["sources"] = cast("JsonValue", sources)
    plain["steps"] = cast("JsonValue", list(steps))
    if spec_parameters is not None:
        plain["parameters"] = cast("JsonValue", spec_parameters)
    if inline is not None:
        plain["tables"] = cast("JsonValue", inline)
    given = cast("Mapping[str, JsonValue] | None", parameters)
    return compile_spec(spec_of({**plain, **rest}), base=Path(), parameters=given, now=NOW)


def spec_of(plain: Plain) -> Pipeline:
    """A spec from plain data of a test."""
    return from_plain(cast("Mapping[str, JsonValue]", plain))


class Bench:
    """A job's relations in an in-memory database, made from rows of the test."""

    def __init__(self, job: Job, tables: Tables) -> None:
        self.job = job
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        for name, table in tables.items():
            if "select" in table:
                self.connection.execute(f"CREATE TABLE {to_sql(quoted(name))} AS {table['select']}")
                continue
            self._fill(name, cast("Mapping[str, str]", table["columns"]), cast("list[list[JsonValue]]", table["rows"]))
        for stage in job.stages:
            if stage.select is not None:
                create = f"CREATE TABLE {to_sql(quoted(stage.relation.name))} AS "
                self.connection.execute(create + to_sql(stage.select), self._values(stage.select))
            elif not self._exists(stage.relation.name):
                self._apply(stage.step)

    def rows(self, name: str) -> list[list[JsonValue]]:
        """A relation's rows as plain JSON values, in its own order."""
        query = read_query(relation_of(self.job, name))
        found = self.connection.execute(to_sql(query)).fetchall()
        return [[plain(value) for value in row] for row in found]

    def types(self, name: str) -> list[str]:
        """Types of a relation's columns as the engine has them."""
        query = read_query(relation_of(self.job, name), limit=0)
        return [str(column[1]) for column in self.connection.execute(to_sql(query)).description or []]

    def columns(self, name: str) -> list[str]:
        """Names of a relation's columns as the engine spells them."""
        query = read_query(relation_of(self.job, name), limit=0)
        return [str(column[0]) for column in self.connection.execute(to_sql(query)).description or []]

    def checks(self) -> dict[tuple[str, str], tuple[bool, str, str, str]]:
        """(check, on) to (passed, expected, found, detail)."""
        found: dict[tuple[str, str], tuple[bool, str, str, str]] = {}
        for check in self.job.checks:
            rows = self.connection.execute(to_sql(check.query), self._values(check.query)).fetchall()
            assert len(rows) == 1, check.check
            assert [str(c[1]) for c in self.connection.description or []] == [
                "BOOLEAN",
                "VARCHAR",
                "VARCHAR",
                "VARCHAR",
            ]
            found[check.check, check.on] = rows[0]
            if check.evidence is not None:
                evidence = self.connection.execute(to_sql(check.evidence), self._values(check.evidence)).fetchall()
                assert bool(evidence) == (not rows[0][0]), check.check
        return found

    def value(self, query: exp.Query) -> object:
        """The one value of a query."""
        row = self.connection.execute(to_sql(query), self._values(query)).fetchone()
        assert row is not None
        return row[0]

    def _fill(self, name: str, columns: Mapping[str, str], rows: list[list[JsonValue]]) -> None:
        spelled = ", ".join(f"{to_sql(quoted(column))} {type_}" for column, type_ in columns.items())
        self.connection.execute(f"CREATE TABLE {to_sql(quoted(name))} ({spelled})")
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            self.connection.execute(f"INSERT INTO {to_sql(quoted(name))} VALUES ({marks})", row)

    def _values(self, query: exp.Query) -> dict[str, JsonValue]:
        return {node.name: self.job.parameters[node.name] for node in query.find_all(exp.Placeholder)}

    def _exists(self, name: str) -> bool:
        found = self.connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone()
        return found is not None and found[0] > 0

    def _apply(self, step: str) -> None:
        stages = [stage for stage in self.job.stages if stage.step == step and stage.apply is not None]
        readers = [
            self.connection.cursor().execute(to_sql(read_query(relation_of(self.job, name)))).to_arrow_reader()
            for name in stages[0].inputs
        ]
        assert stages[0].apply is not None
        made = stages[0].apply(readers, 0)
        for stage in stages:
            self.connection.register("arrow", made[stage.apply_output])
            casts = ", ".join(
                f"CAST({to_sql(quoted(f.name))} AS {f.type}) AS {to_sql(quoted(f.name))}" for f in stage.relation.fields
            )
            self.connection.execute(f"CREATE TABLE {to_sql(quoted(stage.relation.name))} AS SELECT {casts} FROM arrow")
            self.connection.unregister("arrow")


def plain(value: object) -> JsonValue:
    """A Python value as the documents show it."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    assert value is None or isinstance(value, str | int | float | bool), type(value)
    return value
