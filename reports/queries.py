"""Every query a report asks, as SQLGlot trees over the run's relations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipelines.expressions import column, has_aggregate, parse_expression, resolve
from pipelines.job import Field, Relation
from reports.data import RunData
from reports.values import decimal_scale, is_number
from spec.errors import SpecError, unknown_name
from spec.report import ChartBlock, Figure

if TYPE_CHECKING:
    from sqlglot import exp

EXCEL_DIGITS = 15


def figure_query(figure: Figure, data: RunData) -> tuple[exp.Select, bool]:
    """The query of a figure, as (value, rows that counted), and whether it adds its rows up.

    The expressions pass the compiler's allow-list again, so a report edited after its run can read nothing else. A
    value that is no aggregate is a plain column, which the caller takes from the step's single row.
    """
    from sqlglot import exp

    relation = data.relation(figure.from_)
    value = expression(figure.value, relation, data, field="value")
    adds_up = has_aggregate(value)
    if not adds_up and value.find(exp.Column) is None:
        raise SpecError(
            f"The figure {figure.value!r} is a number written by hand.",
            hint="A figure is computed from rows, e.g. count(*) or sum(amount).",
            where={"step": figure.from_},
        )
    counted: exp.Expr = exp.Count(this=exp.Star()) if adds_up else exp.Literal.number(1)
    query = exp.select(exp.alias_(value, "value"), exp.alias_(counted, "rows")).from_(data.table(figure.from_))
    if figure.where:
        query = query.where(expression(figure.where, relation, data, field="where"))
    return query, adds_up


def expression(text: str, relation: Relation, data: RunData, *, field: str) -> exp.Expr:
    """An admitted expression over the relation's columns, parameters replaced by the run's values."""
    from sqlglot import exp

    where: dict[str, str | int] = {"step": relation.name, "field": field}
    types = {name: kind for name, (kind, _) in data.parameters.items()}
    tree = resolve(parse_expression(text, where, types), relation, where)
    for blank in list(tree.find_all(exp.Placeholder)):
        value = data.parameters[blank.name][1]
        literal: exp.Expr = exp.null() if value is None else exp.Literal.string(str(value))
        if blank is tree:
            return literal
        blank.replace(literal)
    return tree


def rows_query(data: RunData, name: str, columns: Sequence[str], order_by: Sequence[str]) -> exp.Select:
    """The named columns of a relation in a total order."""
    from sqlglot import exp

    relation = data.relation(name)
    picked = [column(field.name) for field in fields(relation, columns)]
    order = [
        exp.Ordered(this=column(field.name), desc=down, nulls_first=False)
        for field, down in total_order(relation, order_by or relation.order)
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

    answers = []
    for field in suspects:
        bound = exp.Literal.number("1" + "0" * (EXCEL_DIGITS - (decimal_scale(field.type) or 0)))
        largest = exp.Max(this=exp.Abs(this=column(field.name)))
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


def chart_fields(block: ChartBlock, data: RunData) -> list[Field]:
    """The fields a chart reads: x, each y, and the one that splits them, if any; SpecError where it cannot be drawn."""
    relation = data.relation(block.from_)
    found = fields(relation, [block.x, *block.y, *([block.series] if block.series else [])])
    for field in found[1 : 1 + len(block.y)]:
        if not is_number(field.type):
            raise SpecError(
                f"The chart needs numbers, and {field.name!r} is {field.type}.",
                where={"step": block.from_, "column": field.name},
            )
    if block.series and len(block.y) != 1:
        raise SpecError("A chart split by a column shows one number column.", where={"step": block.from_})
    return found


def not_summable(field: Field, step: str) -> SpecError:
    """Say that a column has no total."""
    return SpecError(
        f"The column {field.name!r} is {field.type} and cannot be added up.",
        hint="Leave its total out.",
        where={"step": step, "column": field.name},
    )


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
