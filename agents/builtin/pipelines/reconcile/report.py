"""The reconciliation's report: the walk, each payout, the exceptions."""

from __future__ import annotations

from agents.builtin.pipelines.reconcile.steps import Walk
from spec.report import ChartBlock, Figure, Report, Section, TableBlock, TableColumn, Text, Tiles


def _spoken(table: str) -> str:
    return table.replace("_", " ")


def _line(column: str, currency: str | None) -> Figure:
    return Figure(from_="walk_columns", value=f"sum({column})", format="money", currency=currency)


def _money(name: str, label: str, *, total: bool = True) -> TableColumn:
    return TableColumn(name=name, label=label, format="money", total=total)


def write_report(walk: Walk, currency: str | None, file: str) -> Report:
    """Summary with tiles, sentences and the walk; then per payout; then the exceptions."""
    tiles = Tiles(
        figures={
            "Orders in the shop": _line("orders", currency),
            "Revenue": Figure(from_="walk_columns", value="sum(revenue)", format="money", currency=currency),
            "Fees": _line("fees", currency),
            "Refunds and chargebacks": Figure(
                from_="walk_columns", value="sum(refunds) + sum(chargebacks)", format="money", currency=currency
            ),
            "Arrived in the bank": _line("deposits", currency),
            "Residual": _line("residual", currency),
            "Exceptions": Figure(from_="exceptions", value="count(*)", format="integer"),
        }
    )
    story = Text(
        text=(
            "The shop sold {sold}. The payment processor charged {charged}, gave back {returned} and kept {fees} in "
            "fees. It paid out {paid_out}, of which {arrived} reached the bank. {pending} is not yet paid out. What "
            "nothing explains is {residual}. Gift cards were sold for {cards_sold} and spent for {cards_spent}."
        ),
        figures={
            "sold": _line("orders", currency),
            "charged": _line("charged", currency),
            "returned": Figure(
                from_="walk_columns", value="-sum(refunds) - sum(chargebacks)", format="money", currency=currency
            ),
            "fees": Figure(from_="walk_columns", value="-sum(fees)", format="money", currency=currency),
            "paid_out": _line("paid_out", currency),
            "arrived": _line("deposits", currency),
            "pending": Figure(from_="walk_columns", value="-sum(pending)", format="money", currency=currency),
            "residual": _line("residual", currency),
            "cards_sold": Figure(from_="walk_columns", value="sum(gift_cards_sold)", format="money", currency=currency),
            "cards_spent": Figure(
                from_="walk_columns", value="sum(gift_cards_spent)", format="money", currency=currency
            ),
        },
    )
    steps = TableBlock(
        title="Where the money goes",
        from_="money_walk",
        order_by=("line",),
        sheet="Where the money goes",
        columns=(
            TableColumn(name="line", label="No.", format="integer"),
            TableColumn(name="label", label="Line"),
            _money("amount", "Amount", total=False),
        ),
    )
    chart = ChartBlock(
        title="From the shop to the bank",
        chart="waterfall",
        from_="money_walk",
        order_by=("line",),
        x="label",
        y=("amount",),
        series="role",
        format="money",
        currency=currency,
    )
    return Report(
        title="Where the money goes",
        subtitle=(
            f"{_spoken(walk.spoken(walk.sales.table))} against {_spoken(walk.spoken(walk.ledger.table))}, "
            f"{_spoken(walk.spoken(walk.payouts.table))} and {_spoken(walk.spoken(walk.bank.table))}"
        ),
        file=file,
        currency=currency,
        sections=(
            Section(title="Summary", blocks=(tiles, story, chart, steps)),
            Section(title="Exceptions", blocks=(_exceptions(),)),
            Section(title="Per payout", blocks=(_per_payout(walk),)),
        ),
    )


def _exceptions() -> TableBlock:
    return TableBlock(
        title="What needs a look",
        from_="exceptions",
        order_by=("exception", "reference"),
        sheet="Exceptions",
        empty="Everything agrees: no exceptions.",
        columns=(
            TableColumn(name="exception", label="Exception"),
            TableColumn(name="reference", label="Order or payout"),
            TableColumn(name="day", label="Day", format="date"),
            _money("amount", "Amount", total=False),
            TableColumn(name="explanation", label="Why"),
        ),
    )


def _per_payout(walk: Walk) -> TableBlock:
    created = (TableColumn(name="created_on", label="Created", format="date"),) if walk.payouts.created else ()
    return TableBlock(
        title="Each payout, down to the cent",
        from_="per_payout",
        order_by=("expected_on", "payout"),
        sheet="Per payout",
        columns=(
            TableColumn(name="payout", label="Payout"),
            *created,
            *_breakdown(walk),
            TableColumn(name="deposited_on", label="In the bank on", format="date"),
            _money("deposited", "Deposited"),
            _money("bank_charge", "Bank's charge"),
            TableColumn(name="status", label="Status"),
        ),
    )


def _breakdown(walk: Walk) -> tuple[TableColumn, ...]:
    if not walk.breaks_down_payouts:
        return (_money("paid_out", "Paid out"),)
    return (
        _money("sales", "Card sales"),
        _money("refunds", "Refunds"),
        _money("chargebacks", "Chargebacks"),
        _money("adjustments", "Adjustments"),
        _money("fees", "Fees"),
        _money("paid_out", "Paid out"),
        _money("unexplained", "Unexplained"),
    )
