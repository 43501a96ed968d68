"""Pair rows of two inputs one to one, within tolerances of amount, days and text.

A pair is possible where ``on`` is equal, the amounts differ by no more than ``amount.within``, the days by no more than
``days.within`` and the texts are at least as alike as ``text.at_least``; empty values match nothing. Of all ways to
pair the rows, the one with the most pairs is taken, and among those the one with the least difference: in amount first,
then in time, then in text. The result does not depend on the order of rows.

Each pair says why it was made. ``<step>.left_rest`` and ``<step>.right_rest`` hold every other row, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.matching import closest_pairs
from pipelines.orders import tie_break
from pipelines.scope import StepScope, family, ordered
from pipelines.transforms.join import as_pairs
from pipelines.zones import INSTANT
from spec.base import Document, JsonValue
from spec.errors import LimitError
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = "_n"
MAX_CANDIDATES = 2_000_000
TEXT_STEPS = 1_000_000


def _as_sides(value: object) -> object:
    return {"left": value, "right": value} if isinstance(value, str) else value


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


class Params(Document):
    """What must be equal and what may differ; at least one of on, amount and days."""

    on: Annotated[tuple[tuple[str, str], ...], BeforeValidator(as_pairs)] = Field(
        default=(),
        description="Columns that must be equal: names found on both sides, or pairs [left, right].",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]},
    )
    amount: Annotated[Amount | None, BeforeValidator(_as_sides)] = Field(
        default=None, description="Amounts within a tolerance."
    )
    days: Annotated[Days | None, BeforeValidator(_as_sides)] = Field(
        default=None, description="Dates or times within a number of days."
    )
    text: Annotated[Text | None, BeforeValidator(_as_sides)] = Field(
        default=None, description="Texts that are alike, e.g. names or references."
    )
    suffix: str | None = Field(
        default=None,
        description="Added to a right column whose name the left input has; '_' and the right input's name by default.",
    )

    @model_validator(mode="after")
    def _something_narrows_the_candidates(self) -> Params:
        if not self.on and self.amount is None and self.days is None:
            raise ValueError(
                "give at least one of on, amount and days; texts alone would compare every row with every row. Names "
                "that are nearly the same are brought together in a 'standardise' step (known: [...]) and then joined; "
                "'entities' finds records that are the same thing"
            )
        return self


arity: Final = (2, 2)
outputs: Final[Mapping[str, str]] = {
    "left_rest": "Rows of the left input without a partner, each with the reason.",
    "right_rest": "Rows of the right input without a partner, each with the reason.",
}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "payouts": {"columns": {"payout": "VARCHAR", "net": "DECIMAL(18,2)", "sent": "DATE"}, "primary_key": ["payout"],
                    "rows": [["po_1", "100.00", "2026-07-01"], ["po_2", "50.00", "2026-07-02"],
                             ["po_3", "70.00", "2026-07-03"]]},
        "bank": {"columns": {"entry": "INTEGER", "amount": "DECIMAL(18,2)", "booked": "DATE"}, "primary_key": ["entry"],
                 "rows": [[1, "100.00", "2026-07-02"], [2, "49.99", "2026-07-04"], [3, "15.00", "2026-07-04"]]},
    },
    "step": {"use": "match", "from": ["payouts", "bank"],
             "amount": {"left": "net", "right": "amount", "within": "0.01"},
             "days": {"left": "sent", "right": "booked", "within": 3, "direction": "after"}},
    "rows": {
        "": [["po_1", "100.00", "2026-07-01", 1, "100.00", "2026-07-02", "0.00", 1, "same amount; 1 day later"],
             ["po_2", "50.00", "2026-07-02", 2, "49.99", "2026-07-04", "-0.01", 2,
              "amount differs by -0.01; 2 days later"]],
        "left_rest": [["po_3", "70.00", "2026-07-03", "no row of bank lies within the tolerances"]],
        "right_rest": [[3, "15.00", "2026-07-04", "no row of payouts lies within the tolerances"]],
    },
}  # fmt: skip
keywords: Final = (
    "reconcile, bank statement, pair payments with invoices, payouts to deposits, tolerance, nearly the same "
    "amount, within three days, one to one, unmatched, open items, pair, settle payments, matching payment for an "
    "invoice, which transfers belong to which invoices"
)


@record(frozen=True)
class _Measures:
    """Expressions over a candidate pair (tables l and r): what must hold, how far apart, and why."""

    tests: list[exp.Expr]
    shown: dict[str, exp.Expr]
    costs: dict[str, exp.Expr]
    reasons: list[exp.Expr]


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Candidates and results in SQL; only rows with several candidates pass through ``apply``."""
    left, right = inputs
    if left.name == right.name:
        raise scope.fail("An input is matched with itself.", field="from", hint="Name two inputs.")
    pairs = [(scope.field(a, left, "on"), scope.field(b, right, "on")) for a, b in params.on]
    measures = _measures(params, left, right, pairs, scope)
    own = _Names(scope.name)
    found: dict[str, exp.Query] = {
        "_left": _numbered(left, scope),
        "_right": _numbered(right, scope),
        "_candidates": _candidates(measures, own),
        "_pairs": _counted(measures, own),
        "_unclear": _unclear(measures, own),
        "_size": exp.Select(
            expressions=[aliased(proofs.count_all(), "n")], from_=exp.From(this=table_of(own.candidates))
        ),
        MAIN: _matched(left, right, pairs, measures, own, scope, params.suffix),
        "left_rest": _rest(left, right, own, scope, "l"),
        "right_rest": _rest(right, left, own, scope, "r"),
    }
    numbers = tuple(Column(name, "BIGINT") for name in ("l", "r"))
    placed = {name: name for name in left.names}
    return Built(
        found,
        keys={
            MAIN: frozenset(key for key in left.keys if all(name in placed for name in key)),
            "left_rest": left.keys,
            "right_rest": right.keys,
        },
        checks=(_complete(left, right, own),),
        apply=_Pairing(scope.name, tuple(measures.costs)),
        fields={"_chosen": numbers},
        feeds=("_left", "_right", "_candidates", "_pairs", "_unclear", "_size"),
    )


class _Names:
    """The step's own relations by name."""

    def __init__(self, step: str) -> None:
        self.step = step
        self.left, self.right = f"{step}._left", f"{step}._right"
        self.candidates, self.pairs, self.chosen = f"{step}._candidates", f"{step}._pairs", f"{step}._chosen"
        self.left_rest, self.right_rest = f"{step}.left_rest", f"{step}.right_rest"


@record(frozen=True)
class _Pairing:
    """Chooses among the candidates of rows that have several. Inputs: left, right, candidates, pairs, unclear, size."""

    step: str
    costs: tuple[str, ...]

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The chosen (l, r); ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        del seed
        size = inputs[5].read_all().column("n")[0].as_py()
        if size > MAX_CANDIDATES:
            raise LimitError(
                f"More than {MAX_CANDIDATES:,} pairs lie within the tolerances.",
                hint="Add a column that must be equal (on), or narrow the tolerances.",
                where={"step": self.step},
                data={"step": self.step, "limit": MAX_CANDIDATES},
            )
        unclear = inputs[4].read_all()
        lefts, rights = unclear.column("l").to_pylist(), unclear.column("r").to_pylist()
        costs = _whole_costs([unclear.column(name).to_pylist() for name in self.costs], len(lefts))
        candidates: dict[int, list[tuple[int, int]]] = {}
        for left, right, cost in zip(lefts, rights, costs, strict=True):
            candidates.setdefault(left, []).append((right, cost))
        chosen = closest_pairs(candidates)
        whole = pa.int64()
        return {
            "_chosen": pa.table(
                {"l": pa.array(list(chosen), whole), "r": pa.array([chosen[item] for item in chosen], whole)}
            )
        }


def _whole_costs(columns: Sequence[Sequence[Decimal | int]], rows: int) -> list[int]:
    """Several measures as one whole number each, the first deciding before the next over any set of pairs."""
    found = [0] * rows
    for values in columns:
        scaled = [int(value.scaleb(9)) if isinstance(value, Decimal) else int(value) for value in values]
        base = max(scaled, default=0) * max(rows, 1) + 1
        found = [cost * base + value for cost, value in zip(found, scaled, strict=True)]
    return found


def _measures(
    params: Params, left: Relation, right: Relation, pairs: Sequence[tuple[Column, Column]], scope: StepScope
) -> _Measures:
    found = _Measures([], {}, {}, [])
    for a, b in pairs:
        if family(a.type) != family(b.type):
            raise scope.fail(
                f"The columns differ in type: {a.name} is {a.type}, {b.name} is {b.type}.",
                field="on", hint="Cast one of them in a 'cast' step first.",
                data={"types": [a.type, b.type]},
            )  # fmt: skip
        found.tests.append(proofs.equals(column(a.name, "l"), column(b.name, "r")))
        found.reasons.append(exp.Literal.string(f"same {a.name}"))
    if params.amount is not None:
        _amount(params.amount, left, right, scope, found)
    if params.days is not None:
        _days(params.days, left, right, scope, found)
    if params.text is not None:
        _text(params.text, left, right, scope, found)
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


def _amount(part: Amount, left: Relation, right: Relation, scope: StepScope, found: _Measures) -> None:
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


def _days(part: Days, left: Relation, right: Relation, scope: StepScope, found: _Measures) -> None:
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


def _text(part: Text, left: Relation, right: Relation, scope: StepScope, found: _Measures) -> None:
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


def _numbered(relation: Relation, scope: StepScope) -> exp.Select:
    """Rows with a number that depends on what they hold alone."""
    scope.distinct([*relation.names, NUMBER], "from")
    order = [ordered(column(name), False) for name in tie_break([], relation)]
    number = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=order), over="OVER")
    return exp.Select(
        expressions=[aliased(number, NUMBER), *(column(name) for name in relation.names)],
        from_=exp.From(this=table_of(relation.name)),
    )


def _candidates(measures: _Measures, own: _Names) -> exp.Select:
    shown = [aliased(value, name) for name, value in measures.shown.items()]
    costs = [aliased(value, f"cost_{name}") for name, value in measures.costs.items()]
    return exp.Select(
        expressions=[aliased(column(NUMBER, "l"), "l"), aliased(column(NUMBER, "r"), "r"), *shown, *costs],
        from_=exp.From(this=table_of(own.left, "l")),
        joins=[exp.Join(this=table_of(own.right, "r"), kind="INNER", on=exp.and_(*measures.tests, copy=False))],
        # One more than may be: then the run stops, whichever rows these are.
        limit=exp.Limit(expression=exp.Literal.number(MAX_CANDIDATES + 1)),
    )


def _counted(measures: _Measures, own: _Names) -> exp.Select:
    """Each candidate with how many its two rows have."""
    names = ["l", "r", *measures.shown, *(f"cost_{name}" for name in measures.costs)]
    counts = [
        aliased(exp.Window(this=proofs.count_all(), partition_by=[column(side)], over="OVER"), f"{side}_options")
        for side in ("l", "r")
    ]
    return exp.Select(
        expressions=[*(column(name) for name in names), *counts], from_=exp.From(this=table_of(own.candidates))
    )


def _clear(table: str | None = None) -> exp.Expr:
    one = exp.Literal.number(1)
    return exp.and_(
        proofs.equals(column("l_options", table), one.copy()), proofs.equals(column("r_options", table), one)
    )


def _unclear(measures: _Measures, own: _Names) -> exp.Select:
    costs = [aliased(column(f"cost_{name}"), name) for name in measures.costs]
    return exp.Select(
        expressions=[column("l"), column("r"), *costs],
        from_=exp.From(this=table_of(own.pairs)),
        where=exp.Where(this=exp.Not(this=exp.Paren(this=_clear()))),
    )


def _decided(own: _Names, side: str | None = None) -> exp.Select:
    """The pairs that are made: those without another choice, and those chosen."""
    both = [column("l", "p"), column("r", "p")]
    chosen = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=table_of(own.chosen, "c")),
        where=exp.Where(
            this=exp.and_(
                proofs.equals(column("l", "c"), column("l", "p")), proofs.equals(column("r", "c"), column("r", "p"))
            )
        ),
    )
    return exp.Select(
        expressions=[item for item in both if side is None or item.name == side],
        from_=exp.From(this=table_of(own.pairs, "p")),
        where=exp.Where(this=exp.or_(_clear("p"), exp.Exists(this=chosen))),
    )


def _matched(
    left: Relation,
    right: Relation,
    pairs: Sequence[tuple[Column, Column]],
    measures: _Measures,
    own: _Names,
    scope: StepScope,
    suffix: str | None,
) -> exp.Select:
    merged = {b.name for a, b in pairs if a.name.casefold() == b.name.casefold()}
    taken = {name.casefold() for name in left.names}
    rows = _decided(own)
    rows.set("expressions", [*rows.expressions, *(column(name, "p") for name in measures.shown)])
    added = f"_{right.name.replace('.', '_')}" if suffix is None else suffix
    projections = [aliased(column(name, "a"), name) for name in left.names]
    projections += [
        aliased(column(name, "b"), name + added if name.casefold() in taken else name)
        for name in right.names
        if name not in merged
    ]
    projections += [column(name, "d") for name in measures.shown]
    reason = exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string("; "), *measures.reasons])
    for node in list(reason.find_all(exp.Column)):
        node.set("table", exp.to_identifier("d", quoted=True))
    projections.append(aliased(reason, "reason"))
    scope.distinct([item.alias_or_name for item in projections], "suffix")
    return exp.Select(
        expressions=projections,
        from_=exp.From(this=proofs.subquery(rows, "d")),
        joins=[
            exp.Join(
                this=table_of(own.left, "a"), kind="INNER", on=proofs.equals(column(NUMBER, "a"), column("l", "d"))
            ),
            exp.Join(
                this=table_of(own.right, "b"), kind="INNER", on=proofs.equals(column(NUMBER, "b"), column("r", "d"))
            ),
        ],
    )


def _rest(relation: Relation, other: Relation, own: _Names, scope: StepScope, side: str) -> exp.Select:
    scope.distinct([*relation.names, "reason"], "from")
    had = exp.Select(expressions=[column(side)], from_=exp.From(this=table_of(own.pairs)))
    reason = exp.Case(
        ifs=[
            exp.If(
                this=exp.In(this=column(NUMBER), query=exp.Subquery(this=had)),
                true=exp.Literal.string(f"the rows of {other.name} within the tolerances have closer partners"),
            )
        ],
        default=exp.Literal.string(f"no row of {other.name} lies within the tolerances"),
    )
    made = exp.In(this=column(NUMBER), query=exp.Subquery(this=_decided(own, side)))
    return exp.Select(
        expressions=[*(column(name) for name in relation.names), aliased(reason, "reason")],
        from_=exp.From(this=table_of(own.left if side == "l" else own.right)),
        where=exp.Where(this=exp.Not(this=made)),
    )


def _complete(left: Relation, right: Relation, own: _Names) -> ImpliedCheck:
    """Every row is in a pair or in a rest, once."""

    def rows(name: str) -> exp.Subquery:
        return exp.Subquery(this=exp.Select(expressions=[proofs.count_all()], from_=exp.From(this=table_of(name))))

    counted = exp.Select(
        expressions=[
            aliased(rows(left.name), "a"),
            aliased(rows(right.name), "b"),
            aliased(rows(own.step), "n"),
            aliased(rows(own.left_rest), "x"),
            aliased(rows(own.right_rest), "y"),
        ]
    )
    passed = exp.and_(
        proofs.equals(column("a"), exp.Add(this=column("n"), expression=column("x"))),
        proofs.equals(column("b"), exp.Add(this=column("n"), expression=column("y"))),
    )
    query = proofs.verdict(
        passed,
        proofs.say(column("a"), f" rows of {left.name}, ", column("b"), f" of {right.name}"),
        proofs.say(column("n"), " pairs, ", column("x"), f" left of {left.name}, ", column("y"), f" of {right.name}"),
        exp.Literal.string(""),
        proofs.subquery(counted, "counted"),
    )
    names = (left.name, right.name, own.step, own.left_rest, own.right_rest)
    return ImpliedCheck("match_complete", own.step, "block", query, names)
