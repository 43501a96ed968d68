"""The report of who comes back: the headline, a heatmap of the cohorts, and their numbers."""

from __future__ import annotations

from agents.builtin.templates.cohorts.steps import MONTHS, Plan, month, share
from spec.report import ChartBlock, Figure, Report, Section, TableBlock, TableColumn, Text, Tiles

FILE = "customers_who_return"


def write_report(plan: Plan) -> Report:
    """Headline, heatmap, shares, counts and what was left out."""
    customers = Figure(from_="first_orders", value="count(*)", format="integer")
    back = Figure(from_="first_orders", value="count_if(order_days > 1) / count(*)", format="percent", decimals=1)
    later = Figure(from_="cohorts", value="sum(came_back)", format="integer")
    tiles = Tiles(
        figures={
            "Customers": customers,
            "Bought again": back,
            "Back the month after": _weighted(1),
            "Back after three months": _weighted(3),
            "Orders left out": Figure(from_="left_out", value="count(*)", format="integer"),
        }
    )
    story = Text(
        text=(
            "Of {customers} customers {back} bought on another day, too, and {later} came back in a later month than "
            "that of the first order. In the month after the first order {next} of them bought again."
        ),
        figures={"customers": customers, "back": back, "later": later, "next": _weighted(1)},
    )
    return Report(
        title="Do customers come back?",
        subtitle=f"{plan.spoken.replace('_', ' ')}, by the month of each customer's first order",
        file=FILE,
        sections=(
            Section(title="Who comes back", blocks=(tiles, story, _heatmap(), _shares())),
            Section(title="In numbers", blocks=(_counts(),)),
            Section(title="Left out", blocks=(_left_out(),)),
        ),
    )


def _weighted(number: int) -> Figure:
    """The share over all cohorts that the data reaches so far."""
    return Figure(
        from_="cohorts",
        value=f"sum({month(number)}) / sum(customers)",
        where=f"{month(number)} IS NOT NULL",
        format="percent",
        decimals=1,
    )


def _heatmap() -> ChartBlock:
    return ChartBlock(
        title="Share of each month's new customers who bought again, by months since",
        chart="heatmap",
        from_="retention",
        order_by=("first_month", "months_since"),
        x="first_month",
        y=("share",),
        series="months_since",
        format="percent",
        decimals=0,
    )


def _shares() -> TableBlock:
    return TableBlock(
        title="Share who bought again",
        from_="cohorts",
        order_by=("first_month",),
        sheet="Shares",
        empty="There are no orders.",
        columns=(
            TableColumn(name="cohort", label="First order in"),
            TableColumn(name="customers", label="Customers", format="integer"),
            *(
                TableColumn(name=share(number), label=str(number), format="percent", decimals=0)
                for number in range(MONTHS + 1)
            ),
        ),
    )


def _counts() -> TableBlock:
    return TableBlock(
        title="Customers who bought, by months since the first order",
        from_="cohorts",
        order_by=("first_month",),
        sheet="Customers",
        empty="There are no orders.",
        columns=(
            TableColumn(name="cohort", label="First order in"),
            TableColumn(name="customers", label="Customers", format="integer", total=True),
            TableColumn(name="came_back", label="Came back", format="integer", total=True),
            *(TableColumn(name=month(number), label=str(number), format="integer") for number in range(MONTHS + 1)),
            TableColumn(name="later", label="Later", format="integer", total=True),
        ),
    )


def _left_out() -> TableBlock:
    return TableBlock(
        title="Orders that do not count",
        from_="left_out",
        order_by=("left_out", "ordered_on", "order_ref"),
        sheet="Left out",
        empty="Every order counts.",
        columns=(
            TableColumn(name="left_out", label="Why"),
            TableColumn(name="order_ref", label="Order"),
            TableColumn(name="ordered_on", label="Day", format="date"),
            TableColumn(name="email", label="Email"),
            TableColumn(name="customer_number", label="Customer"),
        ),
    )
