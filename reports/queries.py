"""Every query a report asks, as SQLGlot trees over the run's relations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipelines.functions import AGGREGATES
from pipelines.job import Field, Relation
from reports.data import RunData
from spec.errors import SpecError, unknown_name
from spec.report import Figure

if TYPE_CHECKING:
    from sqlglot import exp

EXCEL_DIGITS = 15


def parsed(text: str, relation: Relation, *, what: str) -> exp.Expression:
    """One SQL expression whose columns are the relation's; SpecError otherwise."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    where: dict[str, str | int] = {"step": relation.name, "field": what}
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except SqlglotError as error:
        raise SpecError(
            f"{text!r} is not an expression: {str(error).splitlines()[0]}",
            hint="Write one value, such as sum(amount).",
            where=where,
        ) from None
    tree = trees[0] if len(trees) == 1 else None
    if tree is None or not isinstance(tree, exp.Expression) or tree.find(exp.Query, exp.Command, exp.DML, exp.DDL):
        raise SpecError(f"{text!r} is not one expression.", hint="Write one value, such as sum(amount).", where=where)
    for column in tree.find_all(exp.Column):
        field = None if column.table else relation.field(column.name)
        if field is None:
            raise unknown_name("column", column.sql(dialect="duckdb"), relation.names, where=where)
        column.set("this", exp.to_identifier(field.name, quoted=True))
    return tree


def figure_query(figure: Figure, data: RunData) -> tuple[exp.Select, bool]:
    """The query of a figure, as (value, rows that counted), and whether it adds its rows up.

    A value that is no aggregate is a plain column, which the caller takes from the step's single row.
    """
    from sqlglot import exp

    relation = data.relation(figure.from_)
    value = parsed(figure.value, relation, what="value")
    adds_up = value.find(exp.AggFunc) is not None or _names_an_aggregate(value)
    if not adds_up and value.find(exp.Column) is None:
        raise SpecError(
            f"The figure {figure.value!r} is a number written by hand.",
            hint="A figure is computed from rows, e.g. count(*) or sum(amount).",
            where={"step": figure.from_},
        )
    counted: exp.Expression = exp.Count(this=exp.Star()) if adds_up else exp.Literal.number(1)
    query = exp.select(exp.alias_(value, "value"), exp.alias_(counted, "rows")).from_(data.table(figure.from_))
    if figure.where:
        query = query.where(parsed(figure.where, relation, what="where"))
    return query, adds_up


def _names_an_aggregate(tree: exp.Expression) -> bool:
    """Aggregates that SQLGlot has no class of its own for."""
    from sqlglot import exp

    return any(call.name.casefold() in AGGREGATES for call in tree.find_all(exp.Anonymous))


def rows_query(data: RunData, name: str, columns: Sequence[str], order_by: Sequence[str]) -> exp.Select:
    """The named columns of a relation in a total order."""
    from sqlglot import exp

    relation = data.relation(name)
    picked = [_column(field.name) for field in fields(relation, columns)]
    order = [
        exp.Ordered(this=_column(field.name), desc=down, nulls_first=False)
        for field, down in total_order(relation, order_by or data.order(name))
    ]
    return exp.select(*picked).from_(data.table(name)).order_by(*order)


def origins(query: exp.Select, relation: Relation) -> tuple[str, ...]:
    """Source columns behind the columns a query names, sorted."""
    from sqlglot import exp

    used = [relation.field(column.name) for column in query.find_all(exp.Column)]
    return tuple(sorted({f"{origin.source}.{origin.column}" for field in used if field for origin in field.origins}))


def may_be_long(kind: str) -> bool:
    """Whether values of an exact number type can have more digits than a spreadsheet cell keeps."""
    upper = kind.upper()
    if upper in {"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"}:
        return True
    return upper.startswith("DECIMAL(") and int(upper[8:].partition(",")[0]) > EXCEL_DIGITS


def count_query(data: RunData, name: str) -> exp.Select:
    """How many rows a relation has."""
    from sqlglot import exp

    return exp.select(exp.Count(this=exp.Star())).from_(data.table(name))


def long_numbers_query(data: RunData, name: str, suspects: Sequence[Field]) -> exp.Select:
    """For each field, whether some value has more digits than a spreadsheet cell keeps; not asked of short types."""
    from sqlglot import exp

    from reports.values import decimal_scale

    answers = []
    for field in suspects:
        bound = exp.Literal.number("1" + "0" * (EXCEL_DIGITS - (decimal_scale(field.type) or 0)))
        largest = exp.Max(this=exp.Abs(this=_column(field.name)))
        answers.append(exp.Coalesce(this=exp.GTE(this=largest, expression=bound), expressions=[exp.false()]))
    return exp.select(*(exp.alias_(answer, f"c{at}") for at, answer in enumerate(answers))).from_(data.table(name))


def fields(relation: Relation, names: Iterable[str]) -> list[Field]:
    """The relation's fields of those names, all of them when none is named; SpecError for a stranger."""
    found = []
    for name in names:
        field = relation.field(name)
        if field is None:
            raise unknown_name("column", name, relation.names, where={"step": relation.name})
        found.append(field)
    return found or list(relation.fields)


def total_order(relation: Relation, asked: Sequence[str]) -> list[tuple[Field, bool]]:
    """What was asked, then the smallest key, else every column: equal rows may then stand in any order unseen."""
    chosen: list[tuple[Field, bool]] = []
    for text in asked:
        name, _, direction = text.strip().partition(" ")
        if relation.field(text) is not None:
            name, direction = text, ""
        if direction.strip().casefold() not in {"", "asc", "desc"}:
            raise SpecError(
                f"{text!r} is not an order.", hint="Write a column or 'column desc'.", where={"step": relation.name}
            )
        chosen.append((fields(relation, [name])[0], direction.strip().casefold() == "desc"))
    taken = {field.name.casefold() for field, _ in chosen}
    keys = sorted(relation.keys, key=lambda key: (len(key), sorted(key)))
    if keys and {name.casefold() for name in keys[0]} <= taken:
        return chosen
    rest = keys[0] if keys else relation.names
    ties = [field for field in relation.fields if field.name in rest and field.name.casefold() not in taken]
    return [*chosen, *((field, False) for field in ties)]


def _column(name: str) -> exp.Column:
    from sqlglot import exp

    return exp.column(exp.to_identifier(name, quoted=True))
