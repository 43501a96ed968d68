"""The report of what customers owe: each currency by itself, then the invoices, then what needs a look."""

from __future__ import annotations

from agents.builtin.templates.receivables.plan import (
    BUCKETS,
    Plan,
    ages_of,
    books_of,
    customers_of,
    invoices_of,
    labels,
)
from spec.report import Block, ChartBlock, Figure, Report, Section, TableBlock, TableColumn, Text, Tiles

FILE = "receivables"


def write_report(plan: Plan) -> Report:
    """Per currency the headline, the ages and the customers; the workbook has a sheet for each table."""
    sections = [_currency(plan, code) for code in plan.currencies]
    since = "due date" if plan.choices.age_from == "due" else "invoice date"
    return Report(
        title="Who owes us money",
        subtitle=f"Open invoices by their age from the {since}, on the day of the run",
        file=FILE,
        currency=plan.currencies[0] or None if len(plan.currencies) == 1 else None,
        sections=(
            *sections,
            Section(title="Open invoices", blocks=tuple(_invoices(plan, code) for code in plan.currencies)),
            Section(title="Please look", blocks=(_names(), _left_out())),
        ),
    )


def _in(plan: Plan, code: str) -> str:
    return f" in {code}" if code and len(plan.currencies) > 1 else ""


def _currency(plan: Plan, code: str) -> Section:
    step = customers_of(code)
    currency = code or None
    over = BUCKETS[-1][0]
    late = "Late" if plan.choices.age_from == "due" else "Over 30 days"
    told = "is late, the longest by" if plan.choices.age_from == "due" else "is over a month old, the oldest is of"

    def money(value: str) -> Figure:
        return Figure(from_=step, value=value, format="money", currency=currency)

    figures = {
        "Owed": money("sum(owed)"),
        late: money("sum(late)"),
        "Over 90 days": money(f"sum({over})"),
        "Customers who owe": Figure(from_=step, value="count(*)", where="owed > 0", format="integer"),
    }
    story = Text(
        text=(
            f"As of {{as_of}}, {{customers}} customers owe {{owed}}. Of their open invoices {{late}} {told} "
            "{longest} days. Credits that name no open invoice lower the sum by {credits}."
            + (" The books' account says {books}; the difference is {apart}." if _control(plan, code) else "")
        ),
        figures={
            "as_of": Figure(from_=step, value="max(as_of)", format="date"),
            "customers": figures["Customers who owe"],
            "owed": figures["Owed"],
            "late": figures[late],
            "credits": money("-sum(on_account)"),
            "longest": Figure(from_=step, value="max(longest)", format="integer"),
            **_books(plan, code, currency),
        },
    )
    chart = ChartBlock(
        title=f"What is owed{_in(plan, code)}, by age",
        chart="bar",
        from_=ages_of(code),
        order_by=("place",),
        x="label",
        y=("amount",),
        format="money",
        currency=currency,
    )
    blocks: tuple[Block, ...] = (Tiles(figures=figures), story, chart, _customers(plan, code))
    return Section(title=f"What is owed{_in(plan, code)}", blocks=blocks)


def _control(plan: Plan, code: str) -> bool:
    return any(control.currency == code for control in plan.controls)


def _books(plan: Plan, code: str, currency: str | None) -> dict[str, Figure]:
    control = next((one for one in plan.controls if one.currency == code), None)
    if control is None:
        return {}
    step = books_of(code)
    return {
        "books": Figure(from_=step, value="sum(books)", format="money", currency=currency),
        "apart": Figure(from_=step, value="sum(apart)", format="money", currency=currency),
    }


def _money(column: str, label: str, code: str) -> TableColumn:
    return TableColumn(name=column, label=label, format="money", currency=code or None, total=True)


def _customers(plan: Plan, code: str) -> TableBlock:
    ages = tuple(_money(column, words, code) for column, words in labels(plan).items())
    return TableBlock(
        title=f"Per customer{_in(plan, code)}",
        from_=customers_of(code),
        order_by=("owed desc", "customer"),
        sheet=f"Per customer{_in(plan, code)}",
        empty="Nobody owes anything.",
        columns=(
            TableColumn(name="customer", label="Customer"),
            _money("owed", "Owed", code),
            *ages,
            TableColumn(name="invoices", label="Open invoices", format="integer", total=True),
            TableColumn(name="longest", label="Days of the longest", format="integer"),
        ),
    )


def _invoices(plan: Plan, code: str) -> TableBlock:
    return TableBlock(
        title=f"Open invoices{_in(plan, code)}",
        from_=invoices_of(code),
        order_by=("customer", "days_late desc", "number"),
        sheet=f"Open invoices{_in(plan, code)}",
        empty="Nothing is open.",
        columns=(
            TableColumn(name="customer", label="Customer"),
            TableColumn(name="number", label="Document"),
            TableColumn(name="kind", label="Kind"),
            TableColumn(name="issued", label="Written", format="date"),
            TableColumn(name="due", label="Due", format="date"),
            TableColumn(name="days_late", label="Days", format="integer"),
            _money("amount", "Open", code),
            TableColumn(name="source", label="List"),
            TableColumn(name="note", label="Note"),
        ),
    )


def _names() -> TableBlock:
    return TableBlock(
        title="Customers' names",
        from_="to_review",
        order_by=("what desc", "customer", "also_written"),
        sheet="Names to look at",
        empty="Every customer is written in one way only, and no two names are nearly the same.",
        columns=(
            TableColumn(name="what", label="What was done"),
            TableColumn(name="customer", label="Customer"),
            TableColumn(name="also_written", label="Other name"),
            TableColumn(name="why", label="Why"),
        ),
    )


def _left_out() -> TableBlock:
    return TableBlock(
        title="Documents that do not count",
        from_="left_out",
        order_by=("left_out", "source", "number"),
        sheet="Left out",
        empty="Every document counts.",
        columns=(
            TableColumn(name="left_out", label="Why"),
            TableColumn(name="number", label="Document"),
            TableColumn(name="customer_as_written", label="Customer"),
            TableColumn(name="issued", label="Written", format="date"),
            TableColumn(name="face_amount", label="Amount", format="number", decimals=2),
            TableColumn(name="currency", label="Currency"),
            TableColumn(name="source", label="List"),
        ),
    )
