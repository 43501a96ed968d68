"""One table in DuckDB and in Spark, and what each engine makes of the same DuckDB expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pytest
from both_engines import COLUMNS, Row
from sqlglot import exp

from pipelines.engines.spark import Spark, missing
from pipelines.expressions import duckdb_dialect
from pipelines.inplace.queries import Queries
from pipelines.inspark.job import MARK, text
from pipelines.inspark.rules import SPARK
from pipelines.job import Field, Relation

VIEW = "t"

needs_spark = pytest.mark.skipif(missing() is not None, reason="needs Spark with Java, an extra: make spark")
"""For what runs in Spark, an extra that is not in the lock."""


class WithSpark:
    """The table ``t`` in both engines, empty at first."""

    def __init__(self, here: duckdb.DuckDBPyConnection, there: Spark) -> None:
        self.here = here
        self.there = there
        self.rows: Sequence[Row] | None = None
        self.relation = Relation("t", tuple(Field(name, kind) for name, kind in COLUMNS.items()))
        here.execute("SET TimeZone = 'UTC'")
        here.execute("CREATE TABLE t (" + ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items()) + ")")

    def fill(self, rows: Sequence[Row]) -> None:
        """Let both tables have exactly these rows."""
        self.rows = rows
        self.here.execute("DELETE FROM t")
        if rows:
            marks = ", ".join("?" for _ in COLUMNS)
            self.here.executemany(f"INSERT INTO t VALUES ({marks})", [list(row) for row in rows])
        self.there.show(VIEW, self.here.execute("FROM t").to_arrow_table())

    def query(self, statement: str) -> tuple[list[Row], list[Row]]:
        """The rows of a SELECT over ``t`` from DuckDB and from Spark, as DuckDB's types."""
        said, fields = self.said(statement)
        found = self.there.ask(said)
        mine = self.here.execute(statement).fetchall()
        columns = ", ".join(f'CAST("{item.name}" AS {item.type})' for item in fields)
        self.here.register("found", found)
        try:
            theirs = self.here.execute(f"SELECT {columns} FROM found").fetchall()
        finally:
            self.here.unregister("found")
        return [tuple(row) for row in mine], [tuple(row) for row in theirs]

    def said(self, statement: str) -> tuple[str, list[Field]]:
        """A SELECT as Spark is asked it, and its columns. Raises CannotSayError."""
        tree = duckdb_dialect().parser().parse(duckdb_dialect().tokenize(statement), statement)[0]
        assert isinstance(tree, exp.Query)
        described = self.here.execute(f"SELECT * FROM ({statement}) LIMIT 0").description or []
        fields = [Field(str(column[0]), str(column[1])) for column in described]
        relations: Mapping[str, Relation] = {"t": self.relation}
        queries = Queries(relations, lambda _: exp.table_(VIEW), {}, rules=SPARK, mark=MARK)
        return text(queries.stage(tree, fields)), fields
