"""The walk as steps: from the shop's orders through the processor's movements and payouts to the bank's deposits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, among, money, name, or_zero, sum_where, text
from agents.builtin.pipelines.reconcile.roles import Bank, Ledger, Parts, Payouts, Sales, StoredValue
from agents.builtin.pipelines.reconcile.shop import reference_of
from agents.builtin.pipelines.reconcile.words import Movement, is_stored_value

TOLERANCE = "0.01"
DEPOSIT_DAYS = 3
SHORT_DAYS = 7
SHORT_AMOUNT = "50.00"
"""A deposit short by no more than this, days near and from the same sender, is the payout less a bank's charge."""


STEPS = frozenset(
    "shop_orders paid_by_order gift_card_sales gift_cards_sold returned_by_order movements processor_by_order "
    "orders_and_movements orders_and_parts orders_and_returns order_differences order_findings payout_list "
    "movements_by_payout payouts_explained deposits deposit_match payouts_left deposits_left short_match "
    "deposits_without_payout deposits_exact deposits_short deposits_found payouts_and_deposits per_payout exceptions "
    "walk_columns walk_rows money_walk found_chargebacks found_refunds_at_processor found_refunds_in_shop "
    "found_gift_cards found_charges_missing found_charges_without_order found_deposits_short found_deposits_over "
    "found_deposits_missing found_deposits_unknown found_payouts_over_month_end".split()
)
"""Names of the plan's own steps, which no table it reads may have."""


@dataclass(frozen=True)
class Choices:
    """What the owner decided."""

    match_on: Literal["payout", "date"]
    stored_value: Literal["liability", "revenue"]


@dataclass(frozen=True)
class Walk:
    """Everything the steps are made from; all roles were found."""

    ledger: Ledger
    payouts: Payouts
    sales: Sales
    payments: Parts | None
    returns: Parts | None
    bank: Bank
    stored: StoredValue | None
    choices: Choices
    timezone: str
    types: Mapping[str, Mapping[str, str]]
    """DuckDB type of each column by table."""
    origins: Mapping[str, str] = field(default_factory=dict)
    """What a person calls each table that is read in a form of its own."""

    def spoken(self, table: str) -> str:
        """A table as a person knows it."""
        return self.origins.get(table, table)

    @property
    def breaks_down_payouts(self) -> bool:
        """Each payout is broken down into its own movements."""
        return self.choices.match_on == "payout"

    @property
    def stored_value_methods(self) -> list[str]:
        """Payment methods that spend a balance sold earlier: gift cards, vouchers, store credit."""
        others = self.payments.other_methods if self.payments else ()
        return [method for method in others if is_stored_value(method)]


def write_steps(walk: Walk) -> Draftsman:
    """All steps and checks of the reconciliation; ``per_payout``, ``exceptions`` and ``money_walk`` are its results."""
    draft = Draftsman()
    _orders(draft, walk)
    _movements(draft, walk)
    _orders_against_movements(draft, walk)
    _payouts(draft, walk)
    _deposits(draft, walk)
    _per_payout(draft, walk)
    return draft


def _orders(draft: Draftsman, walk: Walk) -> None:
    sales = walk.sales
    counted: list[exp.Expr] = []
    if sales.test_flag:
        counted.append(exp.not_(exp.Coalesce(this=name(sales.test_flag), expressions=[exp.false()])))
    if sales.state and sales.unpaid_states:
        counted.append(exp.not_(among(stated(sales.state), sales.unpaid_states)))
    for column, values in sales.marks:
        counted.append(exp.not_(among(stated(column), values)))
    columns = {"order_ref": text(exp.cast(name(sales.key), "VARCHAR")), "order_id": text(name(sales.id))}
    if sales.created:
        columns["ordered_on"] = text(_business_day(walk, sales.table, sales.created))
    columns["order_total"] = text(name(sales.total))
    if sales.stored_part:
        columns["by_balance"] = text(exp.Abs(this=or_zero(sales.stored_part)))
    if sales.refunded:
        columns["returned_in_order"] = text(exp.Abs(this=or_zero(sales.refunded)))
    elif sales.refunded_states or sales.partly_states:
        columns["refund_state"] = text(_refund_state(sales))
    draft.step("shop_orders", "select", sales.table, columns=dict(columns), where=counted)
    if walk.payments:
        _paid_parts(draft, walk, walk.payments)
    if walk.returns:
        _returned(draft, walk.returns)
    if walk.stored:
        _gift_cards_sold(draft, walk.stored)


def _refund_state(sales: Sales) -> exp.Expr:
    """What the order's state says of a refund: all of it, a part of unknown size, or nothing."""
    state = stated(sales.state or "")
    case = exp.Case(default=exp.Literal.string("none"))
    for values, word in ((sales.refunded_states, "all"), (sales.partly_states, "part")):
        if values:
            case = case.when(among(state.copy(), values), exp.Literal.string(word))
    return case


def stated(column: str) -> exp.Expr:
    """A state as text; an order without one counts."""
    return exp.Coalesce(this=exp.cast(name(column), "VARCHAR"), expressions=[exp.Literal.string("")])


def _paid_parts(draft: Draftsman, walk: Walk, parts: Parts) -> None:
    conditions: list[exp.Expr] = []
    if parts.kind and parts.sale_kinds:
        conditions.append(among(name(parts.kind), parts.sale_kinds))
    if parts.state and parts.failed_states:
        conditions.append(exp.not_(among(name(parts.state), parts.failed_states)))
    stored = walk.stored_value_methods
    other = [method for method in parts.other_methods if method not in stored]
    method = name(parts.method or "")
    draft.step(
        "paid_by_order",
        "aggregate",
        parts.table,
        group_by={"order_id": text(name(parts.order_ref))},
        measures={
            "by_gift_card": text(sum_where(name(parts.amount), among(method, stored))),
            "by_other_means": text(sum_where(name(parts.amount), among(method.copy(), other))),
        },
        where=conditions,
    )


def _gift_cards_sold(draft: Draftsman, stored: StoredValue) -> None:
    value: exp.Expr = name(stored.price)
    if stored.quantity:
        value = exp.Mul(this=value, expression=name(stored.quantity))
    draft.step(
        "gift_card_sales",
        "select",
        stored.table,
        columns={"order_id": text(name(stored.order_ref)), "sold": text(exp.cast(value, "DECIMAL(18,2)"))},
        where=[name(stored.flag)],
    )
    draft.step("gift_cards_sold", "join", "gift_card_sales", "shop_orders", how="semi", on=["order_id"])


def _returned(draft: Draftsman, parts: Parts) -> None:
    conditions: list[exp.Expr] = []
    if parts.state and parts.failed_states:
        conditions.append(exp.not_(among(name(parts.state), parts.failed_states)))
    draft.step(
        "returned_by_order",
        "aggregate",
        parts.table,
        group_by={"order_id": text(name(parts.order_ref))},
        measures={"returned_in_shop": text(exp.Sum(this=exp.Abs(this=name(parts.amount))))},
        where=conditions,
    )


def _movements(draft: Draftsman, walk: Walk) -> None:
    ledger, sales = walk.ledger, walk.sales
    own = ledger.values("payout")
    columns: dict[str, str] = {
        "movement": text(_kind_of_movement(ledger)),
        "movement_id": text(exp.cast(name(ledger.key), "VARCHAR")),
        "order_ref": text(exp.cast(reference_of(sales.reference, sales.pattern), "VARCHAR")),
        "payout": text(exp.cast(name(ledger.payout_ref) if ledger.payout_ref else exp.null(), "VARCHAR")),
        "amount": text(name(ledger.amount)),
        "fee": text(name(ledger.fee)),
        "net": text(name(ledger.net)),
    }
    if ledger.created:
        columns["moved_on"] = text(_business_day(walk, ledger.table, ledger.created))
    draft.step(
        "movements",
        "select",
        ledger.table,
        columns=dict(columns),
        note="The processor's own payout rows are left out: they repeat what the payouts table says.",
        where=[exp.not_(among(name(ledger.kind), own))] if own else [],
    )


def _kind_of_movement(ledger: Ledger) -> exp.Expr:
    if not ledger.kind:
        # Without words for it, what comes in is a sale and what goes out was given back.
        incoming = exp.GTE(this=name(ledger.amount), expression=exp.Literal.number(0))
        return exp.Case(
            ifs=[exp.If(this=incoming, true=exp.Literal.string("sale"))], default=exp.Literal.string("refund")
        )
    movement = exp.Case(default=exp.Literal.string("adjustment"))
    kinds: tuple[Movement, ...] = ("sale", "refund", "dispute", "fee")
    for kind in kinds:
        if values := ledger.values(kind):
            movement = movement.when(among(name(ledger.kind), values), exp.Literal.string(kind))
    return movement


def _orders_against_movements(draft: Draftsman, walk: Walk) -> None:
    amount, fee = name("amount"), name("fee")

    def of(kind: str) -> exp.Expr:
        return exp.EQ(this=name("movement"), expression=exp.Literal.string(kind))

    # A movement of a sale that names no order stands under its own id, so that it is found and not passed over.
    reference = exp.Coalesce(this=name("order_ref"), expressions=[name("movement_id")])
    draft.step(
        "processor_by_order",
        "aggregate",
        "movements",
        group_by={"order_ref": text(reference)},
        measures={
            "charged": text(sum_where(amount, of("sale"))),
            "refunded": text(exp.Neg(this=sum_where(amount, of("refund")))),
            "disputed": text(exp.Neg(this=sum_where(amount, of("dispute")))),
            "dispute_fee": text(sum_where(fee, of("dispute"))),
            "last_moved_on": text(exp.Max(this=name("moved_on"))) if walk.ledger.created else "NULL",
        },
        where=[among(name("movement"), ["sale", "refund", "dispute"])],
    )
    joined = draft.step(
        "orders_and_movements",
        "join",
        "shop_orders",
        "processor_by_order",
        how="full",
        on=["order_ref"],
        expect="one_to_one",
    )
    if walk.payments:
        joined = draft.step("orders_and_parts", "join", joined, "paid_by_order", how="left", on=["order_id"])
    if walk.returns:
        joined = draft.step("orders_and_returns", "join", joined, "returned_by_order", how="left", on=["order_id"])
    by_gift = or_zero("by_gift_card") if walk.payments else exp.Literal.number(0)
    if walk.sales.stored_part:
        by_gift = or_zero("by_balance")
    by_other = or_zero("by_other_means") if walk.payments else exp.Literal.number(0)
    returned = _returned_by_the_shop(walk)
    expected = exp.Sub(this=exp.Sub(this=or_zero("order_total"), expression=by_gift), expression=by_other)
    draft.step(
        "order_differences",
        "derive",
        joined,
        columns={
            "gift_card_part": text(by_gift),
            "other_part": text(by_other),
            "returned": text(returned),
            "charge_difference": text(exp.Sub(this=expected, expression=or_zero("charged"))),
        },
    )
    draft.step(
        "order_findings",
        "derive",
        "order_differences",
        columns={
            "refund_only_at_processor": text(
                exp.Greatest(this=exp.Sub(this=or_zero("refunded"), expression=name("returned")), expressions=[money()])
            ),
            "refund_only_in_shop": text(
                exp.Greatest(
                    this=exp.Sub(
                        this=exp.Sub(this=name("returned"), expression=or_zero("refunded")),
                        expression=or_zero("disputed"),
                    ),
                    expressions=[money()],
                )
            ),
            "dispute_unknown_to_shop": text(
                exp.Greatest(
                    this=exp.Sub(
                        this=or_zero("disputed"),
                        expression=exp.Greatest(
                            this=exp.Sub(this=name("returned"), expression=or_zero("refunded")), expressions=[money()]
                        ),
                    ),
                    expressions=[money()],
                )
            ),
        },
    )


def _returned_by_the_shop(walk: Walk) -> exp.Expr:
    """What the shop says was given back: its refunds, a column of the order, or what the order's state says."""
    if walk.returns:
        return or_zero("returned_in_shop")
    if walk.sales.refunded:
        return or_zero("returned_in_order")
    if not (walk.sales.refunded_states or walk.sales.partly_states):
        return exp.Literal.number(0)

    def is_(word: str) -> exp.Expr:
        return exp.EQ(this=name("refund_state"), expression=exp.Literal.string(word))

    # A part of unknown size is taken to be what the processor gave back.
    return exp.Case(
        ifs=[exp.If(this=is_("all"), true=or_zero("order_total")), exp.If(this=is_("part"), true=or_zero("refunded"))],
        default=money(),
    )


def _payouts(draft: Draftsman, walk: Walk) -> None:
    payouts = walk.payouts
    columns = {
        "payout": text(exp.cast(name(payouts.key), "VARCHAR")),
        "paid_out": text(name(payouts.amount)),
        "expected_on": text(exp.cast(name(payouts.arrival), "DATE")),
    }
    if payouts.created:
        columns["created_on"] = text(_business_day(walk, payouts.table, payouts.created))
    draft.step("payout_list", "select", payouts.table, columns=dict(columns))
    if walk.breaks_down_payouts:
        _payouts_explained(draft)


def _payouts_explained(draft: Draftsman) -> None:
    def of(kind: str) -> exp.Expr:
        return exp.EQ(this=name("movement"), expression=exp.Literal.string(kind))

    draft.step(
        "movements_by_payout",
        "aggregate",
        "movements",
        group_by=["payout"],
        measures={
            "sales": text(sum_where(name("amount"), of("sale"))),
            "refunds": text(sum_where(name("amount"), of("refund"))),
            "chargebacks": text(sum_where(name("amount"), of("dispute"))),
            "adjustments": text(sum_where(name("amount"), of("adjustment"))),
            "fees": text(exp.Sub(this=sum_where(name("amount"), of("fee")), expression=exp.Sum(this=name("fee")))),
            "net": text(exp.Sum(this=name("net"))),
        },
        where=[name("payout").is_(exp.null()).not_()],
    )
    draft.step(
        "payouts_explained",
        "join",
        "payout_list",
        "movements_by_payout",
        how="full",
        on=["payout"],
        expect="one_to_one",
    )
    draft.check(
        "reconcile",
        "payouts_explained",
        params={"value": "sum(paid_out)", "to": "payouts_explained", "to_value": "sum(net)"},
        note="What the processor says it paid out is what its movements add up to.",
    )


def _deposits(draft: Draftsman, walk: Walk) -> None:
    bank = walk.bank
    incoming = exp.GT(this=name(bank.amount), expression=exp.Literal.number(0))
    from_processor = exp.Anonymous(
        this="contains", expressions=[exp.Lower(this=name(bank.text)), exp.Literal.string(bank.token)]
    )
    draft.step(
        "deposits",
        "select",
        bank.table,
        columns={
            "deposited_on": text(exp.cast(name(bank.date), "DATE")),
            "deposited": text(name(bank.amount)),
            "bank_text": text(name(bank.text)),
        },
        where=[incoming, from_processor],
    )
    near = {"left": "expected_on", "right": "deposited_on"}
    amounts = {"left": "paid_out", "right": "deposited"}
    draft.step(
        "deposit_match",
        "match",
        "payout_list",
        "deposits",
        amount={**amounts, "within": TOLERANCE},
        days={**near, "within": DEPOSIT_DAYS},
    )
    draft.step("payouts_left", "select", "deposit_match.left_rest", drop=["reason"])
    draft.step("deposits_left", "select", "deposit_match.right_rest", drop=["reason"])
    draft.step(
        "short_match",
        "match",
        "payouts_left",
        "deposits_left",
        amount={**amounts, "within": SHORT_AMOUNT},
        days={**near, "within": SHORT_DAYS},
        note="A bank on the way may have kept a charge, and a weekend may lie between.",
    )
    draft.step("deposits_without_payout", "select", "short_match.right_rest", drop=["reason"])


def _per_payout(draft: Draftsman, walk: Walk) -> None:
    found = {"payout": "payout", "deposited_on": "deposited_on", "deposited": "deposited"}
    draft.step("deposits_exact", "select", "deposit_match", columns=dict(found))
    draft.step("deposits_short", "select", "short_match", columns=dict(found))
    draft.step("deposits_found", "union", "deposits_exact", "deposits_short")
    draft.step(
        "payouts_and_deposits",
        "join",
        "payouts_explained" if walk.breaks_down_payouts else "payout_list",
        "deposits_found",
        how="left",
        on=["payout"],
        expect="one_to_one",
    )
    status = exp.Case(default=exp.Literal.string("arrived in full"))
    status = status.when(name("paid_out").is_(exp.null()), exp.Literal.string("no payout"))
    status = status.when(name("deposited").is_(exp.null()), exp.Literal.string("not in the bank"))
    short = exp.GT(this=name("paid_out"), expression=name("deposited"))
    status = status.when(short, exp.Literal.string("arrived short"))
    columns = {
        "bank_charge": text(
            exp.Case(
                ifs=[exp.If(this=name("deposited").is_(exp.null()), true=money())],
                default=exp.Sub(this=name("paid_out"), expression=name("deposited")),
            )
        ),
        "not_arrived": text(
            exp.Case(ifs=[exp.If(this=name("deposited").is_(exp.null()), true=or_zero("paid_out"))], default=money())
        ),
        "status": text(status),
    }
    if walk.breaks_down_payouts:
        columns["unexplained"] = text(exp.Sub(this=or_zero("paid_out"), expression=or_zero("net")))
    draft.step("per_payout", "derive", "payouts_and_deposits", columns=dict(columns))
    if walk.breaks_down_payouts:
        draft.check(
            "range",
            "per_payout",
            params={"column": "unexplained", "min": 0, "max": 0},
            note="Each payout is exactly its sales less refunds, chargebacks and fees.",
        )


def _business_day(walk: Walk, table: str, column: str) -> exp.Expr:
    """The calendar day in the business's time zone. A date stays what it is; a time without a zone is taken as UTC."""
    kind = walk.types[table][column]
    day: exp.Expr = name(column)
    if kind == "DATE":
        return day
    if kind == "TIMESTAMP":
        day = exp.AtTimeZone(this=day, zone=exp.Literal.string("UTC"))
    return exp.cast(exp.AtTimeZone(this=day, zone=exp.Literal.string(walk.timezone)), "DATE")
