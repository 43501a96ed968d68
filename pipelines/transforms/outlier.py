"""Tell which numbers lie far outside the others of their column, or of their group.

``mad`` (the default) measures from the median in robust spreads, 1.4826 times the median absolute deviation; 3.5 of
them are the usual bound (Iglewicz and Hoaglin, 1993). ``iqr`` measures from the lower and the upper quartile in
distances between the two; 1.5 of them are the usual bound (Tukey, 1977). Where more than half of the numbers are equal,
``mad`` takes the distance between the quartiles over 1.349; where that is nothing as well, nothing is told. On a
``log`` scale amounts of very different sizes are compared by their ratio; numbers that are not above zero are then not
judged, and neither are groups of fewer than ``least`` numbers.

Each row gets the lowest and the highest number that is usual, and whether its own is an outlier; no row is removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


USUAL: Final[Mapping[str, str]] = {"mad": "3.5", "iqr": "1.5"}
ADDED: Final = ("usual_from", "usual_to", "is_outlier")
QUARTERS: Final = ("0.25", "0.5", "0.75")
CONSISTENT, NORMAL_IQR = "1.4826", "1.349"
"""What makes a median absolute deviation, and a distance between quartiles, a normal distribution's standard one."""


class Params(Document):
    """Which numbers are judged, among which others, and how."""

    column: str = Field(description="Column of numbers to judge.")
    per: Strings = Field(default=(), description="Columns whose equal rows make a group; numbers are judged in theirs.")
    method: Literal["mad", "iqr"] = Field(
        default="mad", description="mad: from the median, by the median distance; iqr: from the quartiles."
    )
    bound: Annotated[str, BeforeValidator(_as_text)] = Field(
        default="",
        pattern=r"^(\d+(\.\d+)?)?$",
        description="How many spreads are too many; 3.5 for mad and 1.5 for iqr when empty.",
    )
    scale: Literal["plain", "log"] = Field(
        default="plain", description="log: compare by ratio, for amounts above zero."
    )
    least: int = Field(default=8, ge=4, description="Groups of fewer numbers are not judged.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"outliers": "The rows whose number is an outlier.", "usual": "All other rows."}
_TOTALS: Final = ("21.00", "22.00", "23.00", "24.00", "25.00", "26.00", "27.00", "28.00", "29.00", "900.00")
_ORDERS: Final[list[JsonValue]] = [[place, total] for place, total in enumerate(_TOTALS, 1)]
keywords: Final = (
    "numbers that are far too high or too low, typing mistakes in amounts, extreme values in a column, prices "
    "that cannot be right, flag what lies far outside its group"
)
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "total": "DECIMAL(18,2)"}, "primary_key": ["id"],
                          "rows": _ORDERS}},
    "step": {"use": "outlier", "from": "orders", "column": "total"},
    "rows": {"outliers": [[10, "900.00", 12.52725, 38.47275, True]]},
    "columns": {"": ["id", "total", *ADDED]},
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Each row beside the quartiles and the spread of its group."""
    (relation,) = inputs
    item = scope.field(params.column, relation, "column")
    if family(item.type) != "number":
        raise scope.fail(
            f"{item.name!r} is {item.type}, not a number.", field="column", hint="Cast it in a 'cast' step first."
        )
    per = [field.name for field in scope.fields(params.per, relation, "per")]
    if item.name in per:
        raise scope.fail("The number cannot make its own group.", field="per", hint="Leave the column out of per.")
    scope.distinct([*relation.names, *ADDED, "_x"], "column")
    judged = _judged(params, item.name, per, relation)
    found: dict[str, exp.Query] = {MAIN: judged}
    for name, wanted in (("outliers", True), ("usual", False)):
        if scope.wants(name):
            found[name] = _part(judged.copy(), [*relation.names, *ADDED], wanted)
    return Built(found, keys=dict.fromkeys(found, relation.keys), order={MAIN: relation.order})


def _part(judged: exp.Select, names: Sequence[str], wanted: bool) -> exp.Select:
    test: exp.Expr = column("is_outlier")
    return exp.Select(
        expressions=[column(name) for name in names],
        from_=exp.From(this=proofs.subquery(judged, "judged")),
        where=exp.Where(this=test if wanted else exp.Not(this=test)),
    )


def _number(name: str, log: bool, table: str | None = None) -> exp.Expr:
    """The number as it is measured; nothing where it is none, or not above zero on a log scale."""
    plain = exp.Cast(this=column(name, table), to=exp.DataType.build("DOUBLE", dialect="duckdb"))
    finite = exp.Anonymous(this="isfinite", expressions=[plain.copy()])
    if not log:
        return exp.Case(ifs=[exp.If(this=finite, true=plain)])
    positive = exp.and_(finite, exp.GT(this=plain.copy(), expression=proofs.zero()))
    return exp.Case(ifs=[exp.If(this=positive, true=exp.Anonymous(this="ln", expressions=[plain]))])


def _of(function: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=function, expressions=list(arguments))


def _decimal(text: str) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType.build("DOUBLE", dialect="duckdb"))


def _limits(params: Params, name: str, per: Sequence[str], relation: Relation) -> exp.Select:
    """Each group's lowest and highest usual number, on the scale it is measured on; nothing where none is judged."""
    groups = [column(one) for one in per]
    numbers = exp.Select(
        expressions=[*groups, aliased(_number(name, params.scale == "log"), "_x")],
        from_=exp.From(this=table_of(relation.name)),
    )
    stats = _quartiles(numbers, per)
    if params.method == "mad":
        stats = _with_distance(stats, numbers, per)
    bound = _decimal(params.bound or USUAL[params.method])
    between = exp.Paren(this=exp.Sub(this=column("_q3"), expression=column("_q1")))
    if params.method == "iqr":
        spread: exp.Expr = exp.Mul(this=bound, expression=between)
        low, high = column("_q1"), column("_q3")
    else:
        robust = exp.Mul(this=column("_mad"), expression=_decimal(CONSISTENT))
        other = exp.Div(this=between, expression=_decimal(NORMAL_IQR))
        some = exp.GT(this=column("_mad"), expression=proofs.zero())
        spread = exp.Mul(this=bound, expression=exp.Case(ifs=[exp.If(this=some, true=robust)], default=other))
        low = high = column("_q2")
    varies = exp.GT(this=exp.Paren(this=spread.copy()), expression=proofs.zero())
    enough = exp.GTE(this=column("_m"), expression=exp.Literal.number(params.least))
    sides = {"_low": exp.Sub(this=low, expression=exp.Paren(this=spread.copy())),
             "_high": exp.Add(this=high.copy(), expression=exp.Paren(this=spread))}  # fmt: skip
    judged = exp.and_(enough, varies)
    return exp.Select(
        expressions=[
            *(column(one) for one in per),
            *(aliased(exp.Case(ifs=[exp.If(this=judged.copy(), true=side)]), mark) for mark, side in sides.items()),
        ],
        from_=exp.From(this=proofs.subquery(stats, "stats")),
    )


def _quartiles(numbers: exp.Select, per: Sequence[str]) -> exp.Select:
    """Each group's quartiles and how many numbers it has."""
    # One list of all three takes the sorting of one.
    found = aliased(
        _of("quantile_cont", column("_x"), exp.Array(expressions=[*map(exp.Literal.number, QUARTERS)])), "_q"
    )
    lists = _of_each_group(
        per,
        "n",
        exp.Select(
            expressions=[found, aliased(exp.Count(this=column("_x"), big_int=True), "_m")],
            from_=exp.From(this=proofs.subquery(numbers.copy(), "n")),
        ),
    )
    marks = [
        aliased(_of("list_extract", column("_q"), exp.Literal.number(place)), f"_q{place}")
        for place, _ in enumerate(QUARTERS, 1)
    ]
    return exp.Select(
        expressions=[*(column(one) for one in per), *marks, column("_m")],
        from_=exp.From(this=proofs.subquery(lists, "lists")),
    )


def _with_distance(stats: exp.Select, numbers: exp.Select, per: Sequence[str]) -> exp.Select:
    """The same with the median distance from the median."""
    apart = exp.Abs(this=exp.Sub(this=column("_x", "n"), expression=column("_q2", "q")))
    same = [exp.NullSafeEQ(this=column(one, "n"), expression=column(one, "q")) for one in per]
    on = exp.and_(*same, copy=False) if same else exp.true()
    # All of these are the same within a group.
    kept = [aliased(exp.Min(this=column(mark, "q")), mark) for mark in ("_q1", "_q2", "_q3", "_m")]
    query = exp.Select(
        expressions=[*kept, aliased(_of("median", apart), "_mad")],
        from_=exp.From(this=proofs.subquery(numbers, "n")),
        joins=[exp.Join(this=proofs.subquery(stats, "q"), kind="INNER", on=on)],
    )
    return _of_each_group(per, "n", query)


def _of_each_group(per: Sequence[str], table: str, totals: exp.Select) -> exp.Select:
    """Totals beside the columns whose equal rows make a group."""
    if per:
        totals.set("expressions", [*(aliased(column(one, table), one) for one in per), *totals.expressions])
        totals.set("group", exp.Group(expressions=[column(one, table) for one in per]))
    return totals


def _judged(params: Params, name: str, per: Sequence[str], relation: Relation) -> exp.Select:
    log = params.scale == "log"
    value = _number(name, log, "t")
    same = [exp.NullSafeEQ(this=column(one, "t"), expression=column(one, "u")) for one in per]
    join = exp.Join(
        this=proofs.subquery(_limits(params, name, per, relation), "u"),
        side="LEFT",
        on=exp.and_(*same, copy=False) if same else exp.true(),
    )
    shown = [_of("exp", column(mark, "u")) if log else column(mark, "u") for mark in ("_low", "_high")]
    outside = exp.or_(
        exp.LT(this=value, expression=column("_low", "u")), exp.GT(this=value.copy(), expression=column("_high", "u"))
    )
    is_outlier = exp.Coalesce(this=exp.Paren(this=outside), expressions=[exp.false()])
    return exp.Select(
        expressions=[
            *(aliased(column(one, "t"), one) for one in relation.names),
            *(aliased(side, added) for side, added in zip([*shown, is_outlier], ADDED, strict=True)),
        ],
        from_=exp.From(this=table_of(relation.name, "t")),
        joins=[join],
    )
