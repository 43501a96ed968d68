"""Put cells right that a list of repairs names: row, column, what stands there, and what shall.

The first input is the table, the second the list, as ``dreflow clean`` writes it: the columns of ``key`` that find the
row, and ``column``, ``value`` and ``proposed``. A cell is changed only while ``value`` stands in it; a list that names
a cell twice, a column that ``columns`` does not have, or a text that the column's type cannot hold stops the run. What
did not fit any more is counted, and ``<step>.unused`` holds it with the reason. Nothing is ever guessed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family, split_order
from spec.base import Document, JsonValue
from spec.pipeline import Strings

COLUMN, VALUE, PROPOSED = "column", "value", "proposed"


class Params(Document):
    """How rows are found, and which columns may change."""

    key: Strings = Field(min_length=1, description="Columns that find the row; the list of repairs has them as well.")
    columns: Strings = Field(
        default=(), description="Columns that may be changed; all but those of the key when none is named."
    )


arity: Final = (2, 2)
outputs: Final[Mapping[str, str]] = {"unused": "Repairs whose row is gone or whose cell holds another value by now."}
keywords: Final = (
    "put listed cells right, apply approved corrections, fix single wrong values by a list, correct cells that "
    "were checked by hand, overwrite a value in one row"
)
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "customers": {"columns": {"id": "INTEGER", "city": "VARCHAR", "state": "VARCHAR"}, "primary_key": ["id"],
                      "rows": [[1, "Portland OR", None], [2, "Bend", "OR"], [3, "Gray", "IN"]]},
        "repairs": {"columns": {"id": "INTEGER", "column": "VARCHAR", "value": "VARCHAR", "proposed": "VARCHAR"},
                    "rows": [[1, "city", "Portland OR", "Portland"], [1, "state", None, "OR"],
                             [3, "city", "Grey", "Gary"]]},
    },
    "step": {"use": "repair", "from": ["customers", "repairs"], "key": "id"},
    "rows": {"": [[1, "Portland", "OR"], [2, "Bend", "OR"], [3, "Gray", "IN"]],
             "unused": [[3, "city", "Grey", "Gary", "the cell holds another value"]]},
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The rows, each joined to its repairs laid side by side."""
    table, repairs = inputs
    if table.name == repairs.name:
        raise scope.fail("A table is repaired by itself.", field="from", hint="Name the table and the list of repairs.")
    key = scope.fields(params.key, table, "key")
    _check_list(key, repairs, scope)
    names = [item.name for item in key]
    changed = scope.fields(params.columns, table, "columns") or [item for item in table.fields if item not in key]
    if not changed:
        raise scope.fail("All columns are in the key, so none may be changed.", field="columns", hint="Name them.")
    marks = {item.name: f"_{place}" for place, item in enumerate(changed)}
    for mark in marks.values():
        scope.distinct([*table.names, f"{mark}v", f"{mark}p", f"{mark}n"], "from")
    projections = [
        aliased(_repaired(item, marks[item.name]), item.name)
        if item.name in marks
        else aliased(column(item.name, "t"), item.name)
        for item in table.fields
    ]
    same = exp.and_(*(_same(name, "t", "r") for name in names))
    rows = exp.Select(
        expressions=projections,
        from_=exp.From(this=table_of(table.name, "t")),
        joins=[exp.Join(this=proofs.subquery(_side_by_side(names, marks, repairs), "r"), side="LEFT", on=same)],
    )
    kept = frozenset(one for one in table.keys if not one & set(marks))
    untouched = all(split_order(item)[0] not in marks for item in table.order)
    found: dict[str, exp.Query] = {MAIN: rows}
    if scope.wants("unused"):
        found["unused"] = _unused(names, changed, table, repairs)
    return Built(
        found,
        keys={MAIN: kept},
        order={MAIN: table.order if untouched else ()},
        checks=(
            _once(names, repairs, scope),
            _sound(changed, repairs, scope),
            _applied(names, changed, table, repairs, scope),
        ),
    )


def _check_list(key: Sequence[Column], repairs: Relation, scope: StepScope) -> None:
    for item in key:
        theirs = scope.field(item.name, repairs, "key")
        if family(theirs.type) != family(item.type):
            raise scope.fail(
                f"{item.name} is {item.type}, and {theirs.type} in {repairs.name}.",
                field="key",
                hint=f"Declare the column {theirs.name} of {repairs.name} as {item.type}.",
            )
    for name in (COLUMN, VALUE, PROPOSED):
        item = scope.field(name, repairs, "from")
        if family(item.type) != "text":
            raise scope.fail(
                f"{name} of {repairs.name} is {item.type}; repairs are written as text.",
                field="from",
                hint=f"Declare it as VARCHAR in {repairs.name}.",
            )


def _same(name: str, left: str, right: str) -> exp.Expr:
    return exp.NullSafeEQ(this=column(name, left), expression=column(name, right))


def _bare(value: exp.Expr) -> exp.Expr:
    """A text, or nothing where it is empty."""
    return exp.Nullif(this=value, expression=exp.Literal.string(""))


def _about(name: str) -> exp.Expr:
    return exp.EQ(this=exp.Lower(this=column(COLUMN)), expression=exp.Literal.string(name.lower()))


def _side_by_side(names: Sequence[str], marks: Mapping[str, str], repairs: Relation) -> exp.Select:
    """One row a repaired row: for each column what should stand there, what is proposed, and whether it is repaired."""
    wanted: list[exp.Expr] = [aliased(column(name), name) for name in names]
    for name, mark in marks.items():
        for part, source in (("v", VALUE), ("p", PROPOSED)):
            wanted.append(aliased(_where(exp.Max(this=_bare(column(source))), name), mark + part))
        wanted.append(aliased(_where(proofs.count_all(), name), f"{mark}n"))
    return exp.Select(
        expressions=wanted,
        from_=exp.From(this=table_of(repairs.name)),
        group=exp.Group(expressions=[column(name) for name in names]),
    )


def _where(aggregate: exp.Expr, name: str) -> exp.Expr:
    return exp.Filter(this=aggregate, expression=exp.Where(this=_about(name)))


def _repaired(item: Column, mark: str) -> exp.Expr:
    stands = _bare(proofs.text(column(item.name, "t")))
    fits = exp.and_(
        exp.GT(this=column(f"{mark}n", "r"), expression=proofs.zero()),
        exp.NullSafeEQ(this=stands, expression=column(f"{mark}v", "r")),
    )
    new = exp.TryCast(this=column(f"{mark}p", "r"), to=exp.DataType.build(item.type, dialect="duckdb"))
    return exp.Case(ifs=[exp.If(this=fits, true=new)], default=column(item.name, "t"))


def _once(names: Sequence[str], repairs: Relation, scope: StepScope) -> ImpliedCheck:
    """No cell is named twice: which of the two is meant could not be told."""

    def twice() -> exp.Select:
        keys = [*(column(name) for name in names), exp.Lower(this=column(COLUMN))]
        return exp.Select(
            expressions=[
                *(column(name) for name in names),
                aliased(keys[-1].copy(), COLUMN),
                aliased(proofs.count_all(), "rows"),
            ],
            from_=exp.From(this=table_of(repairs.name)),
            group=exp.Group(expressions=keys),
            having=exp.Having(this=exp.GT(this=proofs.count_all(), expression=exp.Literal.number(1))),
        )  # fmt: skip

    query = proofs.no_rows(
        twice(), "each cell is repaired once", " cells are named more than once", " cell is named more than once"
    )
    return ImpliedCheck("repairs_once", scope.name, "block", query, (repairs.name,), evidence=twice())


def _is_read(type_: exp.DataType) -> exp.Expr:
    """Whether what is proposed can be cast to the type."""
    return exp.Not(this=exp.Is(this=exp.TryCast(this=column(PROPOSED), to=type_), expression=exp.Null()))


def _sound(changed: Sequence[Column], repairs: Relation, scope: StepScope) -> ImpliedCheck:
    """Each repair names a column that may change, and proposes what its type can hold."""

    def bad() -> exp.Select:
        fitting = []
        for item in changed:
            type_ = exp.DataType.build(item.type, dialect="duckdb")
            holds = _is_read(type_)
            if family(item.type) == "number":
                # DuckDB reads "- " as 0 and "20E " as 20, unless it reads a DOUBLE.
                holds = exp.and_(holds, _is_read(exp.DataType(this=exp.DType.DOUBLE)))
            empty = exp.Is(this=_bare(column(PROPOSED)), expression=exp.Null())
            fitting.append(exp.and_(_about(item.name), exp.Paren(this=exp.or_(empty, holds))))
        good = exp.Coalesce(this=exp.Paren(this=exp.or_(*fitting)), expressions=[exp.false()])
        return exp.Select(
            expressions=[column(name) for name in repairs.names],
            from_=exp.From(this=table_of(repairs.name)),
            where=exp.Where(this=exp.Not(this=good)),
        )

    listed = ", ".join(item.name for item in changed)
    query = proofs.no_rows(
        bad(),
        f"repairs are of {listed}, with values of their types",
        " repairs are of another column or do not fit its type",
        " repair is of another column or does not fit its type",
    )
    return ImpliedCheck("repairs_sound", scope.name, "block", query, (repairs.name,), evidence=bad())


def _unused(names: Sequence[str], changed: Sequence[Column], table: Relation, repairs: Relation) -> exp.Select:
    """Repairs without a cell that holds their value, with the reason."""
    shown = [aliased(column(name, "r"), name) for name in repairs.names]
    there = exp.Exists(this=_rows(names, table, None))
    reason = exp.Case(
        ifs=[exp.If(this=there, true=exp.Literal.string("the cell holds another value"))],
        default=exp.Literal.string("no such row"),
    )
    return exp.Select(
        expressions=[*shown, aliased(reason, "reason")],
        from_=exp.From(this=table_of(repairs.name, "r")),
        where=exp.Where(this=exp.Not(this=exp.Exists(this=_rows(names, table, changed)))),
    )


def _rows(names: Sequence[str], table: Relation, changed: Sequence[Column] | None) -> exp.Select:
    """The rows of a repair; with ``changed`` those whose cell still holds its value."""
    tests: list[exp.Expr] = [_same(name, "t", "r") for name in names]
    if changed is not None:
        stands = []
        for item in changed:
            about = exp.EQ(this=exp.Lower(this=column(COLUMN, "r")), expression=exp.Literal.string(item.name.lower()))
            held = exp.NullSafeEQ(this=_bare(proofs.text(column(item.name, "t"))), expression=_bare(column(VALUE, "r")))
            stands.append(exp.and_(about, held))
        tests.append(exp.Paren(this=exp.or_(*stands)))
    return exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=table_of(table.name, "t")),
        where=exp.Where(this=exp.and_(*tests, copy=False)),
    )


def _applied(
    names: Sequence[str], changed: Sequence[Column], table: Relation, repairs: Relation, scope: StepScope
) -> ImpliedCheck:
    query = proofs.no_rows(
        _unused(names, changed, table, repairs),
        "each repair finds its cell",
        " repairs found their cell gone or changed",
        " repair found its cell gone or changed",
    )
    evidence = _unused(names, changed, table, repairs)
    return ImpliedCheck("repairs_applied", scope.name, "warn", query, (table.name, repairs.name), evidence=evidence)
