"""What becomes of values that a step cannot read: it stops, they become empty, or their rows are set aside.

Each of these is counted and told. A policy is for the odd value: where more than a share of the rows is hit, the policy
(or the format that the step was given) is what is wrong, so nothing is published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope
from pipelines.set_aside import FEW
from pipelines.sqltree import call, number, text
from spec.records import record

OnError = Literal["stop", "null", "quarantine"]
AT_MOST = 5
AT_MOST_MEANS = (
    "For null and quarantine: percent of the rows that it may hit. More than that (and than ten rows, or than half of "
    "them) stops the run."
)
REJECTED = "rejected"
SHOWN = 120
"""Letters of a reason that are told: a value may be a page."""


@record(frozen=True, slots=True)
class Rejects:
    """How a step speaks of rows that it cannot read."""

    check: str
    expected: str
    """What every row does, e.g. ``each value parses``."""
    does: str
    """What a bad row does, with its verb in the plural: ``hold one that does not``."""
    reason: str
    """Why its row is set aside: ``a value does not parse``."""


THEN: Mapping[str, str] = {"stop": "", "null": "; it became null"}


def built(
    rows: exp.Select,
    failure: exp.Expr,
    reason: exp.Expr,
    policy: OnError,
    at_most: int,
    said: Rejects,
    relation: Relation,
    scope: StepScope,
    *,
    order: Sequence[str] = (),
    keys: frozenset[frozenset[str]] = frozenset(),
) -> Built:
    """A step that reads values of a relation's rows, with its policy for rows of which ``failure`` is true.

    ``rows`` selects from the relation; ``reason`` is the text beside a row that is set aside.
    """
    found: dict[str, exp.Query] = {MAIN: rows}
    if policy == "quarantine":
        scope.distinct([*relation.names, "reason"], "on_error")
        kept = exp.Not(this=exp.Paren(this=failure.copy()))
        where = rows.args.get("where")
        rows.set("where", exp.Where(this=exp.and_(where.this, kept, copy=False) if where is not None else kept))
        aside = select_from(relation.name, [*(column(name) for name in relation.names), aliased(reason, "reason")])
        aside.set("where", exp.Where(this=failure.copy()))
        found[REJECTED] = aside
    elif scope.wants(REJECTED):
        raise scope.fail(
            f"{scope.name}.{REJECTED} holds rows only with on_error: quarantine.", field="on_error", hint="Set it."
        )
    checks = [_told(policy, failure, reason, said, relation, scope)]
    if policy != "stop":
        checks.append(_bounded(policy, at_most, failure, said, relation, scope))
    return Built(
        found,
        keys={MAIN: keys},
        order={MAIN: tuple(order)},
        checks=tuple(checks),
        quarantine={REJECTED: said.reason} if policy == "quarantine" else {},
    )


def _bad(relation: Relation, failure: exp.Expr) -> exp.Select:
    bad = select_from(relation.name, [column(name) for name in relation.names])
    bad.set("where", exp.Where(this=failure.copy()))
    return bad


def _told(
    policy: OnError, failure: exp.Expr, reason: exp.Expr, said: Rejects, relation: Relation, scope: StepScope
) -> ImpliedCheck:
    """How many rows were hit, with the first reason and the last; a warning, or what stops the run."""
    does = said.does
    bad = _bad(relation, failure)
    many = THEN.get(policy, f" and are in {scope.name}.{REJECTED}")
    one = THEN.get(policy, f" and is in {scope.name}.{REJECTED}")
    shown = call("substr", reason.copy(), number(1), number(SHOWN))
    first, last = column("first"), column("last")
    counted = select_from(
        relation.name,
        [
            aliased(proofs.count_all(), "n"),
            aliased(exp.Min(this=shown), "first"),
            aliased(exp.Max(this=shown.copy()), "last"),
        ],
    )
    counted.set("where", exp.Where(this=failure.copy()))
    told = exp.Case(
        ifs=[
            exp.If(this=proofs.equals(column("n"), proofs.zero()), true=text(f"0 rows {does}{many}")),
            exp.If(
                this=proofs.equals(first.copy(), last.copy()),
                true=proofs.say(
                    proofs.number_of(column("n"), f" rows {does}{many}", f" row {_one(does)}{one}"), ": ", first
                ),
            ),
        ],
        default=proofs.say(column("n"), f" rows {does}{many}, such as: ", first.copy(), "; ", last.copy()),
    )
    query = proofs.verdict(
        proofs.equals(column("n"), proofs.zero()),
        text(said.expected),
        told,
        text(""),
        proofs.subquery(counted, "counted"),
    )
    return ImpliedCheck(
        said.check, scope.name, "block" if policy == "stop" else "warn", query, (relation.name,), evidence=bad
    )


def _one(does: str) -> str:
    verb, _, rest = does.partition(" ")
    return f"{ {'hold': 'holds', 'have': 'has', 'do': 'does', 'are': 'is'}.get(verb, verb + 's') } {rest}"


def _bounded(
    policy: OnError, at_most: int, failure: exp.Expr, said: Rejects, relation: Relation, scope: StepScope
) -> ImpliedCheck:
    """Not so many rows were hit that the policy itself must be wrong."""
    hit = exp.Cast(this=failure.copy(), to=exp.DataType.build("BIGINT"))
    counted = select_from(
        relation.name,
        [
            aliased(proofs.count_all(), "n"),
            aliased(exp.Coalesce(this=exp.Sum(this=hit), expressions=[proofs.zero()]), "bad"),
        ],
    )

    def times(name: str, by: int) -> exp.Expr:
        return exp.Mul(this=column(name), expression=exp.Literal.number(by))

    share = exp.GT(this=times("bad", 100), expression=times("n", at_most))
    several = exp.GT(this=column("bad"), expression=exp.Literal.number(FEW))
    half = exp.and_(
        exp.GT(this=column("bad"), expression=exp.Literal.number(2)),
        exp.GT(this=times("bad", 2), expression=column("n")),
    )
    too_many = exp.and_(share, exp.Paren(this=exp.or_(several, half)))
    advice = (
        "a format, pattern or type that fits so few rows is likely the wrong one; if it is right, raise at_most of "
        f"the step {scope.name!r}"
    )
    query = proofs.verdict(
        exp.Not(this=exp.Paren(this=too_many)),
        exp.Literal.string(f"at most {at_most} percent of the rows are hit by on_error: {policy}"),
        proofs.say(column("bad"), " of ", column("n"), f" rows {said.does}"),
        exp.Case(ifs=[exp.If(this=too_many.copy(), true=exp.Literal.string(advice))], default=exp.Literal.string("")),
        proofs.subquery(counted, "counted"),
    )
    shown = _bad(relation, failure)
    whole = exp.Select(
        expressions=[exp.Literal.number(1)],
        from_=exp.From(this=proofs.subquery(counted.copy(), "counted")),
        where=exp.Where(this=too_many.copy()),
    )
    shown.set("where", exp.Where(this=exp.and_(shown.args["where"].this, exp.Exists(this=whole), copy=False)))
    return ImpliedCheck("few_rejects", scope.name, "block", query, (relation.name,), evidence=shown)
