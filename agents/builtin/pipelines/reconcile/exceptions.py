"""What needs a person: one row a finding, with its reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, money, name, text
from agents.builtin.pipelines.reconcile.steps import Walk


@dataclass(frozen=True)
class Finding:
    """A kind of exception: the rows of ``table`` where ``where`` holds, with the amount at stake."""

    id: str
    table: str
    where: exp.Expr
    title: str
    reference: str
    day: exp.Expr
    amount: exp.Expr
    why: str


def _positive(column: str) -> exp.Expr:
    return exp.GT(this=name(column), expression=exp.Literal.number(0))


def _plus(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.Add(this=left, expression=right)


def findings_of(walk: Walk) -> list[Finding]:
    """All kinds that these roles can have, most serious first."""
    moved: exp.Expr = name("last_moved_on") if walk.ledger.created else exp.cast(exp.null(), "DATE")
    ordered: exp.Expr = name("ordered_on") if walk.sales.created else exp.cast(exp.null(), "DATE")
    found = [
        Finding(
            "chargebacks",
            "order_findings",
            _positive("dispute_unknown_to_shop"),
            "Chargeback the shop does not know",
            "order_ref",
            moved,
            _plus(name("dispute_unknown_to_shop"), exp.Coalesce(this=name("dispute_fee"), expressions=[money()])),
            "The customer's bank took the payment back and a fee was charged; the shop still shows the order as paid.",
        ),
        Finding(
            "refunds_at_processor",
            "order_findings",
            _positive("refund_only_at_processor"),
            "Refund made at the processor only",
            "order_ref",
            moved,
            name("refund_only_at_processor"),
            "Money was given back at the payment processor, but the shop has no refund for it.",
        ),
        Finding(
            "refunds_in_shop",
            "order_findings",
            _positive("refund_only_in_shop"),
            "Refund recorded in the shop only",
            "order_ref",
            ordered,
            name("refund_only_in_shop"),
            "The shop shows a refund that the payment processor never paid.",
        ),
        Finding(
            "gift_cards",
            "order_findings",
            _positive("gift_card_part"),
            "Order paid in part with a gift card",
            "order_ref",
            ordered,
            name("gift_card_part"),
            "This part was paid with a gift card sold earlier, so the processor charged less than the order's total.",
        ),
        Finding(
            "charges_missing",
            "order_findings",
            exp.and_(
                exp.NEQ(this=name("charge_difference"), expression=exp.Literal.number(0)),
                name("order_id").is_(exp.null()).not_(),
            ),
            "Order and card charge differ",
            "order_ref",
            ordered,
            name("charge_difference"),
            "The order's total and what the processor charged for it are not the same, and nothing explains it.",
        ),
        Finding(
            "charges_without_order",
            "order_findings",
            exp.and_(
                name("order_id").is_(exp.null()),
                exp.NEQ(this=name("charge_difference"), expression=exp.Literal.number(0)),
            ),
            "Card charge without an order",
            "order_ref",
            moved,
            name("charge_difference"),
            "The processor charged a customer for an order that is not among the shop's orders that count.",
        ),
    ]
    return found + _payout_findings(walk)


def _payout_findings(walk: Walk) -> list[Finding]:
    arrived = name("deposited_on")
    found = [
        Finding(
            "deposits_short",
            "per_payout",
            _positive("bank_charge"),
            "Bank deposit short of its payout",
            "payout",
            arrived,
            name("bank_charge"),
            "A bank kept a charge on the way (a wire fee), so less arrived than was paid out.",
        ),
        Finding(
            "deposits_over",
            "per_payout",
            exp.LT(this=name("bank_charge"), expression=exp.Literal.number(0)),
            "Bank deposit larger than its payout",
            "payout",
            arrived.copy(),
            name("bank_charge"),
            "More arrived than was paid out; look at the bank's text for what else is in it.",
        ),
        Finding(
            "deposits_missing",
            "per_payout",
            _positive("not_arrived"),
            "Payout not in the bank",
            "payout",
            name("expected_on"),
            name("not_arrived"),
            "The processor paid this out, but the bank statement does not show it.",
        ),
    ]
    found.append(
        Finding(
            "deposits_unknown",
            "deposits_without_payout",
            exp.true(),
            "Deposit without a payout",
            "bank_text",
            arrived.copy(),
            name("deposited"),
            "The bank received this from the processor, but no payout in this data explains it; it may belong to an "
            "earlier period.",
        )
    )
    if walk.payouts.created:
        month = exp.Literal.string("month")
        crosses = exp.NEQ(
            this=exp.Anonymous(this="date_trunc", expressions=[month, name("created_on")]),
            expression=exp.Anonymous(this="date_trunc", expressions=[month.copy(), arrived.copy()]),
        )
        found.append(
            Finding(
                "payouts_over_month_end",
                "per_payout",
                crosses,
                "Payout straddles the month",
                "payout",
                arrived.copy(),
                name("paid_out"),
                "Paid out in one month and deposited in the next: it belongs to two months' books.",
            )
        )
    return found


def write_exceptions(draft: Draftsman, walk: Walk) -> None:
    """The steps that make ``exceptions``: every finding's rows, one under the other."""
    draft.step("exceptions", "union", *[_listed(draft, finding) for finding in findings_of(walk)])


def _listed(draft: Draftsman, finding: Finding) -> str:
    return draft.step(
        f"found_{finding.id}",
        "select",
        finding.table,
        columns={
            "exception": text(exp.Literal.string(finding.title)),
            "reference": text(exp.cast(name(finding.reference), "VARCHAR")),
            "day": text(finding.day),
            "amount": text(exp.cast(finding.amount, "DECIMAL(18,2)")),
            "explanation": text(exp.Literal.string(finding.why)),
        },
        where=[finding.where],
    )
