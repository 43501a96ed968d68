"""The money walk: from what the shop sold to what the bank received, line by line, down to a residual of zero."""

from __future__ import annotations

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, among, name, or_zero, text
from agents.builtin.pipelines.reconcile.steps import Walk
from spec.base import JsonValue


def _sum(*parts: exp.Expr) -> exp.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _total(column: str) -> exp.Expr:
    return exp.Coalesce(this=exp.Sum(this=name(column)), expressions=[exp.Literal.number(0)])


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
        (
            "charged",
            "Charged by the processor",
            "subtotal",
            _sum(name("t_orders"), _minus("t_gift_cards"), _minus("t_other")),
        ),
        ("refunds", "Refunds", "change", name("t_refunds")),
        ("chargebacks", "Chargebacks", "change", name("t_chargebacks")),
        ("fees", "Processor's fees", "change", name("t_fees")),
        ("adjustments", "Other adjustments", "change", name("t_adjustments")),
        ("pending", "Not yet paid out", "change", _minus("t_pending")),
        ("paid_out", "Paid out", "subtotal", name("t_paid_out")),
        ("in_transit", "Paid out, not in the bank", "change", _minus("t_not_arrived")),
        ("bank_charges", "Kept by banks on the way", "change", _minus("t_bank_charges")),
        ("deposits", "Arrived in the bank", "end", name("t_deposits")),
    ]
    explained = [value for _, _, role, value in lines if role in ("start", "change")]
    residual = exp.Sub(this=_sum(*(value.copy() for value in explained)), expression=name("t_deposits"))
    return [*lines, ("residual", "Residual: what nothing explains", "residual", residual)]


def write_walk(draft: Draftsman, walk: Walk) -> None:
    """The steps that make ``money_walk``: line, label, role, amount; and the check that the residual is zero."""
    _one_row(
        draft,
        "order_totals",
        "order_differences",
        {
            "t_orders": text(_total("order_total")),
            "t_gift_cards": text(_total("gift_card_part")),
            "t_other": text(_total("other_part")),
        },
    )

    def of(*kinds: str) -> exp.Expr:
        return among(name("movement"), list(kinds))

    def where(column: str, condition: exp.Expr) -> str:
        chosen = exp.Case(ifs=[exp.If(this=condition, true=name(column))], default=exp.Literal.number(0))
        return text(exp.Coalesce(this=exp.Sum(this=chosen), expressions=[exp.Literal.number(0)]))

    _one_row(
        draft,
        "movement_totals",
        "movements",
        {
            "t_refunds": where("amount", of("refund")),
            "t_chargebacks": where("amount", of("dispute")),
            "t_adjustments": where("amount", of("adjustment")),
            "t_fees": f"{where('amount', of('fee'))} - {text(_total('fee'))}",
            "t_pending": where("net", name("payout").is_(exp.null())),
        },
    )
    _one_row(
        draft,
        "payout_totals",
        "per_payout",
        {
            "t_paid_out": text(_total("paid_out")),
            "t_not_arrived": text(_total("not_arrived")),
            "t_bank_charges": text(_total("bank_charge")),
        },
    )
    _one_row(
        draft,
        "deposit_totals",
        "deposits",
        {"t_deposits": text(_total("deposited"))},
    )
    joined = "order_totals"
    rights = ["movement_totals", "payout_totals", "deposit_totals"]
    if walk.stored:
        rights.append("gift_card_totals")
        _one_row(
            draft,
            "gift_card_totals",
            "gift_cards_sold",
            {"t_gift_cards_sold": text(_total("sold"))},
        )
    for right in rights:
        joined = draft.step(f"with_{right}", "join", joined, right, how="left", on=["whole"], expect="one_to_one")
    lines = lines_of(walk)
    draft.step("revenue", "select", joined, columns=_revenue(walk))
    draft.step(
        "walk_columns",
        "select",
        joined,
        columns={column: text(exp.cast(value, "DECIMAL(18,2)")) for column, _, _, value in lines},
    )
    draft.step(
        "walk_rows", "unpivot", "walk_columns", columns=[column for column, *_ in lines], name="entry", value="amount"
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


def _one_row(draft: Draftsman, id_: str, table: str, measures: dict[str, JsonValue]) -> None:
    """Totals of a whole table as one row, with a column by which such rows join."""
    draft.step(f"{id_}_sums", "aggregate", table, measures=measures)
    draft.step(id_, "derive", f"{id_}_sums", columns={"whole": "1"})


def _revenue(walk: Walk) -> dict[str, JsonValue]:
    """One row: what counts as revenue under the owner's answer, and what gift cards are still owed for."""
    sold: exp.Expr = or_zero("t_gift_cards_sold") if walk.stored else exp.Literal.number(0)
    # As a liability a card's sale is no revenue and its spending is; as revenue when sold it is the other way round.
    left_out = sold if walk.choices.stored_value == "liability" else name("t_gift_cards")
    columns = {
        "revenue": exp.Sub(this=name("t_orders"), expression=left_out.copy()),
        "gift_cards_sold": sold.copy(),
        "gift_cards_spent": name("t_gift_cards"),
        "gift_cards_owed": exp.Sub(this=sold.copy(), expression=name("t_gift_cards")),
    }
    return {column: text(exp.cast(value, "DECIMAL(18,2)")) for column, value in columns.items()}
