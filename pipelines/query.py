"""A job's results as SQL: one relation with everything it needs, as one tree with a CTE a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlglot import exp

from pipelines.expressions import aliased, column, duckdb_dialect, quoted, select_from, table_of
from pipelines.job import Job, Relation, Stage
from pipelines.scope import constant, ordered, split_order
from spec.base import JsonValue
from spec.errors import UnsupportedError, unknown_name
from spec.pipeline import InlineTable


def relation_of(job: Job, name: str) -> Relation:
    """A relation of the job by name, without regard to case."""
    found = next((item for key, item in job.relations.items() if key.casefold() == name.casefold()), None)
    if found is None:
        raise unknown_name("source, table or step", name, list(job.relations))
    return found


def read_query(relation: Relation, order_by: Sequence[str] = (), limit: int | None = None) -> exp.Select:
    """All columns of a relation in the order asked for, else in its own; ties and no order at all stay open."""
    query = select_from(relation.name, [column(name) for name in relation.names])
    items = []
    for item in order_by or relation.order:
        text, descending = split_order(item)
        known = relation.field(text)
        items.append(ordered(column(known.name if known else text), descending))
    if items:
        query.set("order", exp.Order(expressions=items))
    if limit is not None:
        query.set("limit", exp.Limit(expression=exp.Literal.number(limit)))
    return query


def inline_query(table: InlineTable) -> exp.Select:
    """A small table of the spec as a SELECT of constants, each of its declared type."""
    types = [exp.DataType.build(type_, dialect="duckdb") for type_ in table.columns.values()]
    names = list(table.columns)
    if not table.rows:
        empty = [aliased(exp.Cast(this=exp.Null(), to=type_), name) for name, type_ in zip(names, types, strict=True)]
        return exp.Select(expressions=empty, where=exp.Where(this=exp.false()))
    rows = [exp.Tuple(expressions=[_cell(value) for value in row]) for row in table.rows]
    values = exp.Values(
        expressions=rows, alias=exp.TableAlias(this=quoted("v"), columns=[quoted(name) for name in names])
    )
    projections = [
        aliased(exp.Cast(this=column(name), to=type_), name) for name, type_ in zip(names, types, strict=True)
    ]
    return exp.Select(expressions=projections, from_=exp.From(this=values))


def _cell(value: JsonValue) -> exp.Expr:
    # Text, whatever it is: a number through a literal of DuckDB's would be a DECIMAL or DOUBLE of its own choice.
    return constant(value if value is None or isinstance(value, bool) else str(value))


def job_sql(job: Job, target: str, dialect: str = "duckdb") -> exp.Select:
    """One SELECT giving ``target``, with a CTE for each step and inline table it needs; sources are its tables.

    ``dialect`` names the engine it is meant for, which decides how steps' outputs are named (not every engine knows a
    dot in a name). Raises UnsupportedError where a step cannot be said in SQL.
    """
    relation = relation_of(job, target)
    stages = {stage.relation.name: stage for stage in job.stages}
    inline = job.spec.tables
    names: dict[str, str] = {}
    ctes: list[exp.CTE] = []
    for name in _needed(stages, relation.name):
        stage = stages.get(name)
        if stage is None:
            if name in inline:
                ctes.append(exp.CTE(this=inline_query(inline[name]), alias=exp.TableAlias(this=quoted(name))))
            continue
        if stage.select is None:
            raise UnsupportedError(
                f"The step {stage.step!r} cannot be said in SQL.",
                hint="Run the pipeline here; its result can be read from the output.",
                where={"step": stage.step},
            )
        if "." in name and dialect != "duckdb":
            names[name] = name.replace(".", "__")
        query = _renamed_tables(stage.select.copy(), names)
        ctes.append(exp.CTE(this=query, alias=exp.TableAlias(this=quoted(names.get(name, name)))))
    final = _renamed_tables(read_query(relation), names)
    if ctes:
        final.set("with_", exp.With(expressions=ctes))
    assert isinstance(final, exp.Select)
    return final


def to_text(query: exp.Query, dialect: str = "duckdb", *, pretty: bool = True) -> str:
    """The query as text for people or for another engine."""
    if dialect == "duckdb":
        return duckdb_dialect().generate(query, pretty=pretty, comments=False)
    return query.sql(dialect=dialect, pretty=pretty, comments=False)


def _needed(stages: Mapping[str, Stage], target: str) -> Iterator[str]:
    seen: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in seen:
            return
        seen.add(name)
        stage = stages.get(name)
        for item in stage.inputs if stage is not None else ():
            yield from visit(item)
        yield name

    yield from visit(target)


def _renamed_tables(query: exp.Query, names: Mapping[str, str]) -> exp.Query:
    for table in query.find_all(exp.Table) if names else ():
        if table.name in names:
            new = names[table.name]
            if not table.alias:
                table.set("alias", exp.TableAlias(this=quoted(table.name)))
            table.set("this", quoted(new))
    return query


__all__ = ["inline_query", "job_sql", "read_query", "relation_of", "table_of", "to_text"]
