"""The money walk: from what the shop sold to what the bank received, line by line, down to a residual of zero."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, name, or_zero, text
from agents.builtin.pipelines.reconcile.steps import Walk


def _sum(*parts: exp.Expr) -> exp.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _minus(column: str) -> exp.Expr:
    return exp.Neg(this=name(column))


def lines_of(walk: Walk) -> list[tuple[str, str, str, exp.Expr]]:
    """(column, label, role, value) of each line, in order; values are over the joined totals."""
    gift = "Paid with gift cards (settles what their holders were owed)"
    if walk.choices.stored_value == "revenue":
        gift = "Paid with gift cards (counted as revenue when the cards were sold)"
    lines: list[tuple[str, str, str, exp.Expr]] = [
        ("orders", "Orders in the shop", "start", name("t_orders")),
        ("gift_cards", gift, "change", _minus("t_gift_cards")),
        ("other_means", "Paid by other means", "change", _minus("t_other")),
        ("differences", "Orders and charges that differ (each is an exception)", "change", _minus("t_differences")),
        (
            "charged",
            "Charged by the processor",
            "subtotal",
            _sum(name("t_orders"), _minus("t_gift_cards"), _minus("t_other"), _minus("t_differences")),
        ),
        ("refunds", "Refunds", "change", name("t_refunds")),
        ("chargebacks", "Chargebacks", "change", name("t_chargebacks")),
        ("fees", "Processor's fees", "change", name("t_fees")),
        ("adjustments", "Other adjustments", "change", name("t_adjustments")),
        ("pending", "Not yet paid out", "change", exp.Neg(this=exp.Paren(this=_pending(walk)))),
        ("paid_out", "Paid out", "subtotal", name("t_paid_out")),
        ("in_transit", "Paid out, not in the bank", "change", _minus("t_not_arrived")),
        ("bank_charges", "Kept by banks on the way", "change", _minus("t_bank_charges")),
        (
            "unknown_deposits",
            "Arrived without a payout in this data (each is an exception)",
            "change",
            name("t_unknown_deposits"),
        ),
        ("deposits", "Arrived in the bank", "end", name("t_deposits")),
    ]
    explained = [value for _, _, role, value in lines if role in ("start", "change")]
    residual = exp.Sub(this=_sum(*(value.copy() for value in explained)), expression=name("t_deposits"))
    return [*lines, ("residual", "Residual: what nothing explains", "residual", residual)]


def write_walk(draft: Draftsman, walk: Walk) -> None:
    """The steps that make ``money_walk``: line, label, role, amount; and the check that the residual is zero."""
    lines = lines_of(walk)
    totals, inputs = _totals(walk)
    computed = {**{column: value for column, _, _, value in lines}, **_revenue(walk)}
    shown = [exp.cast(value, "DECIMAL(18,2)").as_(column) for column, value in computed.items()]
    query = exp.select(*shown).from_(totals.subquery("totals"))
    draft.step("walk_columns", "sql", *inputs, query=query.sql(dialect="duckdb"))
    draft.step(
        "walk_rows",
        "unpivot",
        "walk_columns",
        columns=[column for column, *_ in lines],
        name="entry",
        value="amount",
    )
    line, label, role = exp.Case(), exp.Case(), exp.Case()
    for number, (column, words, part, _) in enumerate(lines, 1):
        this = exp.EQ(this=name("entry"), expression=exp.Literal.string(column))
        line = line.when(this, exp.Literal.number(number))
        label = label.when(this.copy(), exp.Literal.string(words))
        role = role.when(this.copy(), exp.Literal.string(part))
    draft.step(
        "money_walk",
        "select",
        "walk_rows",
        columns={"line": text(line), "label": text(label), "role": text(role), "amount": "amount"},
    )
    draft.check(
        "range",
        "walk_columns",
        params={"column": "residual", "min": 0, "max": 0},
        note="Every cent between the shop and the bank is on a line of its own.",
    )


def _pending(walk: Walk) -> exp.Expr:
    """What the processor has not paid out: movements without a payout, or, where none are tied to one, the rest."""
    if walk.breaks_down_payouts:
        return name("t_unsettled")
    return exp.Sub(this=name("t_net"), expression=name("t_paid_out"))


def _totals(walk: Walk) -> tuple[exp.Select, list[str]]:
    """One row of totals, each a sum over a whole step, and the steps they are over."""
    movement = name("movement")

    def of(kind: str) -> exp.Expr:
        return exp.EQ(this=movement.copy(), expression=exp.Literal.string(kind))

    sums: list[tuple[str, str, exp.Expr]] = [
        ("t_orders", "order_differences", name("order_total")),
        ("t_gift_cards", "order_differences", name("gift_card_part")),
        ("t_other", "order_differences", name("other_part")),
        ("t_differences", "order_differences", name("charge_difference")),
        ("t_refunds", "movements", _only(name("amount"), of("refund"))),
        ("t_chargebacks", "movements", _only(name("amount"), of("dispute"))),
        ("t_adjustments", "movements", _only(name("amount"), of("adjustment"))),
        ("t_fees", "movements", exp.Sub(this=_only(name("amount"), of("fee")), expression=name("fee"))),
        ("t_net", "movements", name("net")),
        ("t_unsettled", "movements", _only(name("net"), name("payout").is_(exp.null()))),
        ("t_paid_out", "per_payout", name("paid_out")),
        ("t_not_arrived", "per_payout", name("not_arrived")),
        ("t_bank_charges", "per_payout", name("bank_charge")),
        ("t_unknown_deposits", "deposits_without_payout", name("deposited")),
        ("t_deposits", "deposits", name("deposited")),
    ]
    if walk.stored:
        sums.append(("t_gift_cards_sold", "gift_cards_sold", name("sold")))
    selects = []
    for column, table, value in sums:
        total = exp.select(exp.Coalesce(this=exp.Sum(this=value), expressions=[exp.Literal.number(0)])).from_(table)
        selects.append(total.subquery().as_(column))
    return exp.select(*selects), list(dict.fromkeys(table for _, table, _ in sums))


def _only(value: exp.Expr, condition: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=exp.Literal.number(0))


def _revenue(walk: Walk) -> dict[str, exp.Expr]:
    """What counts as revenue under the owner's answer, and what gift cards are still owed for."""
    sold: exp.Expr = or_zero("t_gift_cards_sold") if walk.stored else exp.Literal.number(0)
    # As a liability a card's sale is no revenue and its spending is; as revenue when sold it is the other way round.
    left_out = sold if walk.choices.stored_value == "liability" else name("t_gift_cards")
    return {
        "revenue": exp.Sub(this=name("t_orders"), expression=left_out.copy()),
        "gift_cards_sold": sold.copy(),
        "gift_cards_spent": name("t_gift_cards"),
        "gift_cards_owed": exp.Sub(this=sold.copy(), expression=name("t_gift_cards")),
    }
