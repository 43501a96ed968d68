"""What the two rows of a pair may differ by, as a spec states it, and as what must hold, how far apart, and why."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from sqlglot import exp

from pipelines import proofs
from pipelines.expressions import column
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.zones import INSTANT
from spec.base import Document
from spec.records import record

TEXT_STEPS = 1_000_000
"""Likeness is counted in whole millionths."""


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


class Amount(Document):
    """Amounts that may differ a little."""

    left: str = Field(description="Column of the left input.")
    right: str = Field(default="", description="Column of the right input; the same name when empty.")
    within: Annotated[str, BeforeValidator(_as_text)] = Field(
        default="0", pattern=r"^\d+(\.\d+)?$", description="Greatest difference, e.g. 0.01."
    )


class Days(Document):
    """Dates or times that may lie apart."""

    left: str = Field(description="Column of the left input.")
    right: str = Field(default="", description="Column of the right input; the same name when empty.")
    within: int = Field(default=0, ge=0, description="Greatest number of days between them.")
    direction: Literal["either", "after", "before"] = Field(
        default="either", description="The right one lies on either side of the left one, after it or before it."
    )


class Text(Document):
    """Texts that may be written differently; case, accents and punctuation never count."""

    left: str = Field(description="Column of the left input.")
    right: str = Field(default="", description="Column of the right input; the same name when empty.")
    at_least: Annotated[str, BeforeValidator(_as_text)] = Field(
        default="0.9", pattern=r"^(0(\.\d+)?|1(\.0+)?)$", description="Least Jaro-Winkler similarity, from 0 to 1."
    )
    contains: bool = Field(default=False, description="It is enough that one text contains the other.")


@record(frozen=True)
class Measures:
    """Expressions over a candidate pair (tables l and r): what must hold, how far apart, and why."""

    tests: list[exp.Expr]
    shown: dict[str, exp.Expr]
    costs: dict[str, exp.Expr]
    reasons: list[exp.Expr]


def measures_of(
    pairs: Sequence[tuple[Column, Column]],
    left: Relation,
    right: Relation,
    scope: StepScope,
    *,
    amount: Amount | None,
    days: Days | None,
    text: Text | None,
) -> Measures:
    """What equal columns (``pairs``) and tolerances mean for a pair; SpecError where a column cannot be meant."""
    found = Measures([], {}, {}, [])
    for a, b in pairs:
        if family(a.type) != family(b.type):
            raise scope.fail(
                f"The columns differ in type: {a.name} is {a.type}, {b.name} is {b.type}.",
                field="on", hint="Cast one of them in a 'cast' step first.",
                data={"types": [a.type, b.type]},
            )  # fmt: skip
        found.tests.append(proofs.equals(column(a.name, "l"), column(b.name, "r")))
        found.reasons.append(exp.Literal.string(f"same {a.name}"))
    if amount is not None:
        _amount(amount, left, right, scope, found)
    if days is not None:
        _days(days, left, right, scope, found)
    if text is not None:
        _text(text, left, right, scope, found)
    return found


def _sides(
    part: Amount | Days | Text, what: str, kind: str, left: Relation, right: Relation, scope: StepScope
) -> tuple[Column, Column]:
    a = scope.field(part.left, left, f"{what}.left")
    b = scope.field(part.right or part.left, right, f"{what}.right")
    for item in (a, b):
        if family(item.type) != kind:
            raise scope.fail(
                f"{item.name} is {item.type}; {what} needs a {kind}.",
                field=what,
                hint="Cast it in a 'cast' step first.",
            )
    if a.type != b.type and kind == "date":
        raise scope.fail(
            f"{a.name} is {a.type} and {b.name} is {b.type}.", field=what, hint="Cast both to DATE first.",
            data={"types": [a.type, b.type]},
        )  # fmt: skip
    return a, b


def _amount(part: Amount, left: Relation, right: Relation, scope: StepScope, found: Measures) -> None:
    a, b = _sides(part, "amount", "number", left, right, scope)
    l_value, r_value = column(a.name, "l"), column(b.name, "r")
    difference = exp.Sub(this=r_value, expression=l_value)
    within = Decimal(part.within)
    if within == 0:
        found.tests.append(proofs.equals(l_value.copy(), r_value.copy()))
    else:
        limit = exp.Literal.number(format(within, "f"))
        found.tests.append(
            exp.GTE(this=r_value.copy(), expression=exp.Sub(this=l_value.copy(), expression=limit.copy()))
        )
        found.tests.append(exp.LTE(this=r_value.copy(), expression=exp.Add(this=l_value.copy(), expression=limit)))
    found.shown["amount_difference"] = difference
    found.costs["amount"] = exp.Cast(
        this=exp.Abs(this=difference.copy()), to=exp.DataType.build("DECIMAL(38,9)", dialect="duckdb")
    )
    same = proofs.equals(column("amount_difference"), proofs.zero())
    found.reasons.append(
        exp.Case(
            ifs=[exp.If(this=same, true=exp.Literal.string("same amount"))],
            default=proofs.say("amount differs by ", column("amount_difference")),
        )
    )


def _days(part: Days, left: Relation, right: Relation, scope: StepScope, found: Measures) -> None:
    a, b = _sides(part, "days", "date", left, right, scope)
    l_value, r_value = column(a.name, "l"), column(b.name, "r")
    length: exp.Expr = exp.Literal.number(part.within)
    if a.type != "DATE":
        length = exp.Interval(this=exp.Literal.string(str(part.within)), unit=exp.Var(this="DAY"))
    none: exp.Expr = l_value.copy()
    earliest = none if part.direction == "after" else exp.Sub(this=l_value.copy(), expression=length.copy())
    latest = none.copy() if part.direction == "before" else exp.Add(this=l_value.copy(), expression=length)
    found.tests.append(exp.GTE(this=r_value.copy(), expression=earliest))
    found.tests.append(exp.LTE(this=r_value.copy(), expression=latest))
    apart = exp.DateDiff(this=_local(r_value, b, scope), expression=_local(l_value, a, scope), unit=exp.Var(this="DAY"))
    found.shown["days_apart"] = apart
    finer = exp.DateDiff(this=r_value.copy(), expression=l_value.copy(), unit=exp.Var(this="SECOND"))
    found.costs["days"] = exp.Abs(this=apart.copy() if a.type == "DATE" else finer)
    days = column("days_apart")
    number = exp.Abs(this=days.copy())
    unit = exp.Case(
        ifs=[exp.If(this=proofs.equals(number.copy(), exp.Literal.number(1)), true=exp.Literal.string(" day "))],
        default=exp.Literal.string(" days "),
    )
    side = exp.Case(
        ifs=[exp.If(this=exp.GT(this=days.copy(), expression=proofs.zero()), true=exp.Literal.string("later"))],
        default=exp.Literal.string("earlier"),
    )
    found.reasons.append(
        exp.Case(
            ifs=[exp.If(this=proofs.equals(days, proofs.zero()), true=exp.Literal.string("same day"))],
            default=proofs.say(number, unit, side),
        )
    )


def _local(value: exp.Expr, item: Column, scope: StepScope) -> exp.Expr:
    """An instant as the business's clock shows it, because days are counted from its midnight."""
    if item.type != INSTANT:
        return value.copy()
    return exp.AtTimeZone(this=value.copy(), zone=exp.Literal.string(scope.timezone))


def _text(part: Text, left: Relation, right: Relation, scope: StepScope, found: Measures) -> None:
    a, b = _sides(part, "text", "text", left, right, scope)
    l_value, r_value = _bare(column(a.name, "l")), _bare(column(b.name, "r"))
    alike: exp.Expr = exp.Anonymous(this="jaro_winkler_similarity", expressions=[l_value, r_value])
    if part.contains:
        filled = exp.and_(
            *(exp.NEQ(this=item.copy(), expression=exp.Literal.string("")) for item in (l_value, r_value))
        )
        inside = exp.or_(
            exp.Contains(this=l_value.copy(), expression=r_value.copy()),
            exp.Contains(this=r_value.copy(), expression=l_value.copy()),
        )
        whole = exp.If(this=exp.and_(filled, inside), true=exp.Literal.number("1.0"))
        alike = exp.Case(ifs=[whole], default=alike)
    # As whole millionths, so that what is compared and shown is exact.
    scaled = exp.Round(this=exp.Mul(this=exp.Paren(this=alike), expression=exp.Literal.number(TEXT_STEPS)))
    likeness = exp.Cast(this=scaled, to=exp.DataType.build("BIGINT"))
    least = exp.Literal.number(int(Decimal(part.at_least) * TEXT_STEPS))
    found.tests.append(exp.GTE(this=likeness, expression=least))
    found.shown["similarity"] = exp.Cast(
        this=exp.Mul(
            this=exp.Cast(this=likeness.copy(), to=exp.DataType.build("DECIMAL(9,0)", dialect="duckdb")),
            expression=exp.Literal.number("0.000001"),
        ),
        to=exp.DataType.build("DECIMAL(7,6)", dialect="duckdb"),
    )
    found.costs["text"] = exp.Sub(this=exp.Literal.number(TEXT_STEPS), expression=likeness.copy())
    found.reasons.append(proofs.say("texts alike by ", column("similarity")))


def _bare(value: exp.Expr) -> exp.Expr:
    plain = exp.Anonymous(this="strip_accents", expressions=[exp.Lower(this=value)])
    spaced = exp.RegexpReplace(
        this=plain,
        expression=exp.Literal.string("[^a-z0-9]+"),
        replacement=exp.Literal.string(" "),
        modifiers=exp.Literal.string("g"),
    )
    return exp.Trim(this=spaced)
