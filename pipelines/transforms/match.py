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
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.matching.closest import closest_pairs
from pipelines.matching.tolerances import Amount, Days, Measures, Text, measures_of
from pipelines.orders import tie_break
from pipelines.scope import StepScope, ordered
from pipelines.transforms.join import as_pairs
from spec.base import Document, JsonValue
from spec.errors import LimitError
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER = "_n"
MAX_CANDIDATES = 2_000_000


def _as_sides(value: object) -> object:
    return {"left": value, "right": value} if isinstance(value, str) else value


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


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Candidates and results in SQL; only rows with several candidates pass through ``apply``."""
    left, right = inputs
    if left.name == right.name:
        raise scope.fail("An input is matched with itself.", field="from", hint="Name two inputs.")
    pairs = [(scope.field(a, left, "on"), scope.field(b, right, "on")) for a, b in params.on]
    measures = measures_of(pairs, left, right, scope, amount=params.amount, days=params.days, text=params.text)
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


def _numbered(relation: Relation, scope: StepScope) -> exp.Select:
    """Rows with a number that depends on what they hold alone."""
    scope.distinct([*relation.names, NUMBER], "from")
    order = [ordered(column(name), False) for name in tie_break([], relation)]
    number = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=order), over="OVER")
    return exp.Select(
        expressions=[aliased(number, NUMBER), *(column(name) for name in relation.names)],
        from_=exp.From(this=table_of(relation.name)),
    )


def _candidates(measures: Measures, own: _Names) -> exp.Select:
    shown = [aliased(value, name) for name, value in measures.shown.items()]
    costs = [aliased(value, f"cost_{name}") for name, value in measures.costs.items()]
    return exp.Select(
        expressions=[aliased(column(NUMBER, "l"), "l"), aliased(column(NUMBER, "r"), "r"), *shown, *costs],
        from_=exp.From(this=table_of(own.left, "l")),
        joins=[exp.Join(this=table_of(own.right, "r"), kind="INNER", on=exp.and_(*measures.tests, copy=False))],
        # One more than may be: then the run stops, whichever rows these are.
        limit=exp.Limit(expression=exp.Literal.number(MAX_CANDIDATES + 1)),
    )


def _counted(measures: Measures, own: _Names) -> exp.Select:
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


def _unclear(measures: Measures, own: _Names) -> exp.Select:
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
    measures: Measures,
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
