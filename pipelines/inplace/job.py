"""A job said for PostgreSQL: its tables, steps and checks, each as one statement over the ones before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import CannotSayError
from pipelines.inplace.queries import Queries, fitted, held
from pipelines.inplace.scalars import Typed, collated, constant, quoted
from pipelines.job import CompiledCheck, Field, Relation, Stage
from spec.base import JsonValue
from spec.pipeline import InlineTable

CHECKED: Final = (
    Field("passed", "BOOLEAN"),
    Field("expected", "VARCHAR"),
    Field("found", "VARCHAR"),
    Field("detail", "VARCHAR"),
)


class SaidJob:
    """Says the parts of a job. Every relation is a table or view of the session, under a short name of its own:
    PostgreSQL cuts long ones off, and two could become one.
    """

    def __init__(self, relations: Mapping[str, Relation], parameters: Mapping[str, JsonValue]) -> None:
        self._names = {name.casefold(): f"_dreflow_r{number}" for number, name in enumerate(relations)}
        self._queries = Queries(relations, self.table, parameters)

    def table(self, relation: str) -> exp.Table:
        """Where a relation's rows are."""
        return exp.Table(this=quoted(self._names[relation.casefold()]), db=quoted("pg_temp"))

    def stage(self, stage: Stage) -> exp.Query:
        """A step's rows. Raises CannotSayError."""
        if stage.select is None:
            raise CannotSayError("what SQL cannot say")
        return self._queries.stage(stage.select, stage.relation.fields)

    def check(self, check: CompiledCheck) -> exp.Query:
        """A check's verdict. Raises CannotSayError."""
        return self._queries.stage(check.query, CHECKED)

    def source(self, relation: Relation, table: exp.Table, columns: Mapping[str, exp.Expr]) -> exp.Select:
        """A source's rows, each column cast to what the spec says of it and texts compared by their bytes."""
        picked: list[exp.Expr] = []
        for item in relation.fields:
            kind = held(item.name, item.type)
            tree: exp.Expr = exp.Cast(this=columns[item.name].copy(), to=kind.declared)
            picked.append(exp.Alias(this=collated(tree) if kind.family == "text" else tree, alias=quoted(item.name)))
        return exp.Select(expressions=picked, from_=exp.From(this=table.copy()))

    def inline(self, table: InlineTable) -> exp.Select:
        """The rows of a small table of the spec. Raises CannotSayError."""
        kinds = {name: held(name, type_) for name, type_ in table.columns.items()}
        rows: list[exp.Expr] = []
        for row in table.rows or ((None,) * len(kinds),):
            cells: list[Typed] = []
            for value, kind in zip(row, kinds.values(), strict=True):
                if isinstance(value, list | dict):
                    raise CannotSayError("a list as a value")
                cells.append(constant(value, kind))
            rows.append(exp.Tuple(expressions=[fitted(cell, cell.kind, force=True) for cell in cells]))
        names = [quoted(name) for name in kinds]
        values = exp.Values(expressions=rows, alias=exp.TableAlias(this=quoted("v"), columns=names))
        found = exp.Select(
            expressions=[exp.Column(this=quoted(name), table=quoted("v")) for name in kinds],
            from_=exp.From(this=values),
        )
        if not table.rows:
            found.set("where", exp.Where(this=exp.false()))
        return found


def text(statement: exp.Expr) -> str:
    """The statement as PostgreSQL reads it."""
    return statement.sql(dialect="postgres", comments=False)
