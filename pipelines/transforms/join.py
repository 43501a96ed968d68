"""Bring two inputs together on equal keys, on a condition, or every row with every row.

``where`` is a condition that a pair must meet, over the columns of both sides under the names they get in the result:
a salary between the bounds of its band, or two stretches of time that overlap.

Columns that are equal by ``on`` under one name appear once. Other columns of the right input that clash get a suffix.
``expect`` is a promise about the data that each run proves: with ``many_to_one``, the default, no left row may match
two right rows, because that would count the left row's money twice. Rows that an inner join leaves out are counted and
told, and so are keys that would match but for spaces, case or zeros in front. Nulls match nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression, ImpliedCheck
from pipelines.expressions import (
    aliased,
    column,
    has_aggregate,
    has_window,
    parse_expression,
    resolve,
    table_of,
)
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.nearly import nearly_equal
from pipelines.scope import StepScope, family
from pipelines.zones import INSTANT, in_business_time
from spec.base import Document, JsonValue
from spec.errors import SpecError
from spec.pipeline import Strings

LEFT, RIGHT = "l", "r"


def as_pairs(value: object) -> object:
    """Columns to pairs of columns: a name stands for itself on both sides."""
    if isinstance(value, str):
        return ((value, value),)
    if isinstance(value, dict):
        return tuple(value.items())
    if isinstance(value, list | tuple):
        return tuple((item, item) if isinstance(item, str) else item for item in value)
    return value


class Params(Document):
    """How two inputs meet; ``from`` names the left one first."""

    how: Literal["inner", "left", "right", "full", "semi", "anti", "cross"] = Field(
        default="inner",
        description="inner: matching rows; left, right, full: also the rows without a match of that side; "
        "semi, anti: left rows with or without a match, left columns only; cross: every row with every row.",
    )
    on: Annotated[tuple[tuple[str, str], ...], BeforeValidator(as_pairs)] = Field(
        default=(),
        description="Columns that must be equal: names found on both sides, or pairs [left, right].",
        json_schema_extra={
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"},
                                                                          "minItems": 2, "maxItems": 2}]}},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ]
        },
    )  # fmt: skip
    where: Expression | None = Field(
        default=None, description="Condition that a pair must meet (as well), e.g. salary between low and high."
    )
    take: Strings = Field(default=(), description="Columns of the right input to add; all of them when empty.")
    suffix: str | None = Field(
        default=None,
        description="Added to a right column whose name the left input has; '_' and the right input's name by default.",
    )
    expect: Literal["one_to_one", "many_to_one", "one_to_many", "many_to_many"] = Field(
        default="many_to_one",
        description="How many rows may match one of the other side, left first; proven on the data by every run. A "
        "cross join that says nothing multiplies rows.",
    )

    @model_validator(mode="after")
    def _matched_somehow(self) -> Params:
        if self.how == "cross" and self.on:
            raise ValueError("a cross join has no keys: leave out 'on', or choose another 'how'")
        if self.how != "cross" and not self.on and self.where is None:
            raise ValueError("say by which columns rows match ('on'), by which condition ('where'), or how: cross")
        return self

    @property
    def promised(self) -> str:
        """How many rows may match; nothing is promised of a cross join that says nothing."""
        silent = self.how == "cross" and "expect" not in self.model_fields_set
        return "many_to_many" if silent else self.expect


arity: Final = (2, 2)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "orders": {"columns": {"id": "INTEGER", "customer_id": "INTEGER", "total": "DECIMAL(18,2)"},
                   "rows": [[1, 7, "10.00"], [2, 9, "4.00"]]},
        "customers": {"columns": {"customer_id": "INTEGER", "name": "VARCHAR"}, "rows": [[7, "Ada"]]},
    },
    "step": {"use": "join", "from": ["orders", "customers"], "how": "left", "on": "customer_id"},
    "rows": {"": [[1, 7, "10.00", "Ada"], [2, 9, "4.00", None]]},
}  # fmt: skip
keywords: Final = (
    "combine two tables, lookup, vlookup, xlookup, merge tables, add columns from another table, match by id, bring "
    "in the customer name, not in the other table, missing in, overlap of dates, between two dates, range lookup, "
    "every combination of two tables, cross join, anti join, without a matching, no match in, which are not in, only "
    "in one of the two, match two lists, attach, enrich, add the price from the price list, look up the category, "
    "combine columns of two files, connect orders with customers, tax brackets, tiered prices, bands, price lists "
    "with from and to, self join, pairs of rows of one table, connecting flights"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The join, with proofs of what it relies on."""
    left, right = inputs
    pairs = _pairs(params, left, right, scope)
    projections = _projections(params, left, right, pairs, scope)
    condition = _condition(params, left, right, pairs, scope)
    near = nearly_equal(scope.name, left, right, pairs, LEFT, RIGHT)
    nearly = (near,) if near is not None else ()
    if params.how in ("semi", "anti"):
        return Built({MAIN: _existence(params.how, left, right, condition)}, order={MAIN: left.order}, checks=nearly)
    query = exp.Select(
        expressions=[aliased(value, name) for name, value in projections],
        from_=exp.From(this=table_of(left.name, LEFT)),
        joins=[_join(params, right, condition)],
    )
    return Built(
        {MAIN: query},
        keys={MAIN: _keys(params, left, right, dict(_placed(projections)))},
        checks=(*_checks(params, left, right, pairs, condition, scope), *nearly),
    )


def _join(params: Params, right: Relation, condition: exp.Expr | None) -> exp.Join:
    table = table_of(right.name, RIGHT)
    if condition is None:
        return exp.Join(this=table, kind="CROSS")
    if params.how in ("inner", "cross"):
        return exp.Join(this=table, kind="INNER", on=condition.copy())
    return exp.Join(this=table, side=params.how.upper(), on=condition.copy())


def _condition(
    params: Params,
    left: Relation,
    right: Relation,
    pairs: Sequence[tuple[Column, Column]],
    scope: StepScope,
) -> exp.Expr | None:
    """What a pair of rows must meet, over both sides; None where every pair is one."""
    found: list[exp.Expr] = [_equal(pairs)] if pairs else []
    if params.where is not None:
        # The right side's own columns are there whatever becomes of them in the result.
        whole = params.model_copy(update={"how": "inner", "take": ()})
        named = dict(_projections(whole, left, right, pairs, scope))
        found.append(exp.Paren(this=pair_condition(params.where, named, left, right, scope)))
    return exp.and_(*found, copy=False) if found else None


def pair_condition(
    text: str, named: Mapping[str, exp.Expr], left: Relation, right: Relation, scope: StepScope
) -> exp.Expr:
    """A condition over columns of both sides, by the names that ``named`` gives them."""
    where = scope.where("where")
    types = {(LEFT, item.name): item for item in left.fields} | {(RIGHT, item.name): item for item in right.fields}
    placed = {name: value for name, value in named.items() if isinstance(value, exp.Column)}
    fields = tuple(replace(types[value.table, value.name], name=name) for name, value in placed.items())
    both = Relation(f"{left.name} and {right.name}", fields)
    tree = resolve(parse_expression(text, where, scope.parameters), both, where)
    if has_aggregate(tree) or has_window(tree):
        raise scope.fail("A condition looks at one pair of rows.", field="where", hint="Aggregate in a step before.")
    scope.check_literals(tree, both, "where")
    holder = exp.Paren(this=tree)
    for node in list(holder.find_all(exp.Column)):
        node.replace(placed[node.name].copy())

    def types_of(node: exp.Expr) -> str:
        query = exp.Select(
            expressions=[aliased(node.copy(), "v")],
            from_=exp.From(this=table_of(left.name, LEFT)),
            joins=[exp.Join(this=table_of(right.name, RIGHT), kind="CROSS")],
        )
        return scope.binder.types(query, where)[0]

    def type_of(node: exp.Expr) -> str | None:
        if isinstance(node, exp.Column):
            return types[node.table, node.name].type
        if isinstance(node, exp.Literal | exp.Interval | exp.Var | exp.Null):
            return None
        try:
            return types_of(node)
        except SpecError:
            # What does not bind is refused as a whole, with its own message.
            return None

    found: exp.Expr = holder.this
    if scope.timezone != "UTC" and any(item.type == INSTANT for item in fields):
        found = in_business_time(found, scope.timezone, type_of)
    if (kind := types_of(found)) != "BOOLEAN":
        raise scope.fail(
            f"A condition must be true or false; {text!r} is {kind}.",
            field="where",
            hint="Compare columns of both sides: =, <, BETWEEN.",
            data={"type": kind},
        )
    return found


def _pairs(params: Params, left: Relation, right: Relation, scope: StepScope) -> list[tuple[Column, Column]]:
    if left.name == right.name:
        raise scope.fail("An input is joined with itself.", field="from", hint="Use the 'sql' step for a self-join.")
    pairs = [(scope.field(a, left, "on"), scope.field(b, right, "on")) for a, b in params.on]
    for a, b in pairs:
        # A date equals an instant at midnight only, so rows would be lost unseen.
        if family(a.type) != family(b.type) or (family(a.type) == "date" and a.type != b.type):
            raise scope.fail(
                f"The keys differ in type: {left.name}.{a.name} is {a.type}, {right.name}.{b.name} is {b.type}.",
                field="on",
                hint="Cast one of them in a 'cast' step first.",
                data={"left": a.name, "right": b.name, "types": [a.type, b.type]},
            )
    floats = [f"{a.name} = {b.name}" for a, b in pairs if _floating(a) or _floating(b)]
    if floats:
        scope.notes.append(
            f"{scope.name}: {', '.join(floats)} compares floating-point numbers, which differ by rounding; "
            "cast both to DECIMAL or BIGINT to be sure."
        )
    return pairs


def _floating(item: Column) -> bool:
    return item.type in ("FLOAT", "DOUBLE")


def _equal(pairs: Sequence[tuple[Column, Column]]) -> exp.Expr:
    return exp.and_(
        *(exp.EQ(this=column(a.name, LEFT), expression=column(b.name, RIGHT)) for a, b in pairs), copy=False
    )


def _existence(how: str, left: Relation, right: Relation, condition: exp.Expr | None) -> exp.Select:
    partner = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=table_of(right.name, RIGHT)),
        where=exp.Where(this=condition or exp.true()),
    )
    exists: exp.Expr = exp.Exists(this=partner)
    return exp.Select(
        expressions=[aliased(column(name, LEFT), name) for name in left.names],
        from_=exp.From(this=table_of(left.name, LEFT)),
        where=exp.Where(this=exists if how == "semi" else exp.Not(this=exists)),
    )


def _projections(
    params: Params, left: Relation, right: Relation, pairs: Sequence[tuple[Column, Column]], scope: StepScope
) -> list[tuple[str, exp.Expr]]:
    merged = {a.name: b.name for a, b in pairs if a.name.casefold() == b.name.casefold()}
    found: list[tuple[str, exp.Expr]] = []
    for name in left.names:
        value: exp.Expr = column(name, LEFT)
        if name in merged and params.how == "right":
            value = column(merged[name], RIGHT)
        elif name in merged and params.how == "full":
            value = exp.Coalesce(this=value, expressions=[column(merged[name], RIGHT)])
        found.append((name, value))
    taken = {name.casefold() for name in left.names}
    wanted = {field.name for field in scope.fields(params.take, right, "take")} or set(right.names)
    suffix = f"_{right.name.replace('.', '_')}" if params.suffix is None else params.suffix
    for name in right.names:
        if name not in wanted or name in merged.values():
            continue
        new = name + suffix if name.casefold() in taken else name
        found.append((new, column(name, RIGHT)))
    scope.distinct([name for name, _ in found], "suffix")
    return found


def _placed(projections: Sequence[tuple[str, exp.Expr]]) -> list[tuple[tuple[str, str], str]]:
    return [((value.table, value.name), name) for name, value in projections if isinstance(value, exp.Column)]


def _keys(
    params: Params, left: Relation, right: Relation, placed: Mapping[tuple[str, str], str]
) -> frozenset[frozenset[str]]:
    """A side's keys survive where each of its rows is matched at most once and no row has that side empty."""
    found: set[frozenset[str]] = set()
    sides = (
        (LEFT, left, params.promised in ("one_to_one", "many_to_one") and params.how in ("inner", "left", "cross")),
        (RIGHT, right, params.promised in ("one_to_one", "one_to_many") and params.how in ("inner", "right", "cross")),
    )
    for side, relation, once in sides:
        for key in relation.keys if once else ():
            if all((side, name) in placed for name in key):
                found.add(frozenset(placed[side, name] for name in key))
    return frozenset(found)


def _checks(
    params: Params,
    left: Relation,
    right: Relation,
    pairs: Sequence[tuple[Column, Column]],
    condition: exp.Expr | None,
    scope: StepScope,
) -> list[ImpliedCheck]:
    checks: list[ImpliedCheck] = []
    on_left, on_right = [a.name for a, _ in pairs], [b.name for _, b in pairs]
    one_right = params.promised in ("one_to_one", "many_to_one")
    one_left = params.promised in ("one_to_one", "one_to_many")
    by_keys = params.where is None and bool(pairs)
    sides = ((RIGHT, right, on_right, left, one_right), (LEFT, left, on_left, right, one_left))
    for side, relation, columns, other, proven in sides:
        if proven and by_keys:
            checks.append(proofs.fan_out(scope.name, relation, columns, other))
        elif proven:
            beside = LEFT if side == RIGHT else RIGHT
            checks.append(proofs.one_partner(scope.name, relation, side, other, beside, condition))
    if params.how in ("inner", "right") and condition is not None:
        checks.append(proofs.lost_rows(scope.name, left, right, condition, LEFT, RIGHT))
    if params.how == "inner" and params.promised != "many_to_one" and condition is not None:
        checks.append(proofs.lost_rows(scope.name, right, left, condition, RIGHT, LEFT))
    return checks
