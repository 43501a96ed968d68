"""The report of whether cash lasts: the answer, the weeks before and ahead, what is regular, and what was left out."""

from __future__ import annotations

from agents.builtin.templates.cash.plan import Plan
from spec.report import Block, ChartBlock, Figure, Report, Section, TableBlock, TableColumn, Text, Tiles

FILE = "cash"


def write_report(plan: Plan) -> Report:
    """The answer first; the workbook has a sheet for each table."""
    sections = [Section(title="Where you stand", blocks=(*_tiles(plan), _accounts()))]
    if plan.looks_ahead:
        sections.append(Section(title="The next thirteen weeks", blocks=_ahead()))
    sections.append(Section(title="The last thirteen weeks", blocks=(_weeks_chart(), _weeks())))
    sections.append(Section(title="What is regular", blocks=(_regular_out(), _regular_in())))
    if plan.looks_ahead:
        sections.append(Section(title="How good the forecast was", blocks=_tested()))
    beside: tuple[Block, ...] = (_left_out(),)
    if len(plan.accounts) > 1:
        beside = (_transfers(), *beside)
    sections.append(Section(title="Please look", blocks=beside))
    return Report(
        title="Will the money last?",
        subtitle="All accounts together, each movement once",
        file=FILE,
        currency=plan.currency,
        sections=tuple(sections),
    )


def _money(from_: str, value: str, where: str | None = None) -> Figure:
    return Figure(from_=from_, value=value, where=where, format="money")


def _tiles(plan: Plan) -> tuple[Block, ...]:
    held = _money("accounts_proven", "sum(balance)")
    figures = {"Balance now": held}
    if plan.looks_ahead:
        figures |= {
            "Expected in thirteen weeks": _money("forecast", "sum(balance)", "weeks_ahead = 13"),
            "In the low case": _money("forecast", "sum(low)", "weeks_ahead = 13"),
        }
    figures |= {
        "In, last thirteen weeks": _money("weeks", "sum(money_in)"),
        "Out, last thirteen weeks": _money("weeks", "sum(money_out)"),
        "VAT, last thirteen weeks": _money("weeks", "sum(vat)"),
    }
    as_of = Figure(from_="cut", value="max(last_day)", format="date")
    count = Figure(from_="accounts_proven", value="count(*)", format="integer")
    text = (
        "On {as_of} there is {held} on {count} accounts." if len(plan.accounts) > 1 else "On {as_of} there is {held}."
    )
    shown = {"as_of": as_of, "held": held} | ({"count": count} if len(plan.accounts) > 1 else {})
    if plan.looks_ahead:
        text += " {answer} The lowest expected balance is {least}; in the low case it is {least_low}."
        shown |= {
            "answer": Figure(from_="verdict", value="max(answer)", format="text"),
            "least": _money("verdict", "max(least)"),
            "least_low": _money("verdict", "max(least_low)"),
        }
    else:
        text += " There is no forecast: the statements cover too few weeks to make one and to test it."
    return Tiles(figures=figures), Text(text=text, figures=shown)


def _column(name: str, label: str, *, total: bool = False) -> TableColumn:
    return TableColumn(name=name, label=label, format="money", total=total)


def _accounts() -> TableBlock:
    return TableBlock(
        title="Accounts",
        from_="accounts_proven",
        order_by=("account",),
        sheet="Accounts",
        columns=(
            TableColumn(name="account", label="Account"),
            TableColumn(name="last_day", label="Last movement", format="date"),
            _column("opening", "Opening", total=True),
            _column("money_in", "In", total=True),
            _column("money_out", "Out", total=True),
            _column("balance", "Balance now", total=True),
            _column("stated", "As stated"),
            _column("difference", "Difference"),
        ),
    )


def _ahead() -> tuple[Block, ...]:
    chart = ChartBlock(
        title="Expected balance, and the range in which eight of ten came to lie",
        chart="line",
        from_="forecast",
        order_by=("week_to",),
        x="week_to",
        y=("balance", "low", "high"),
        format="money",
        decimals=0,
    )
    how = Text(
        text="How it is made: what the same party paid or was paid at least three times, a week, two weeks, a month or "
        "a quarter apart, is expected again at that distance, with the average of its last three amounts. All other "
        "money is expected at its average of the last thirteen weeks, which is {rest} a week. Seasons, and plans that "
        "no statement shows, are not in it. The range comes from making the same forecast at the end of past weeks: in "
        "eight of ten cases the balance that came lay within it.",
        figures={"rest": _money("forecast", "max(rest)")},
    )
    table = TableBlock(
        title="Week by week",
        from_="forecast",
        order_by=("weeks_ahead",),
        sheet="Forecast",
        columns=(
            TableColumn(name="week_to", label="Week to", format="date"),
            _column("regular", "Regular", total=True),
            _column("vat", "VAT", total=True),
            _column("rest", "All other", total=True),
            _column("net", "Net", total=True),
            _column("balance", "Expected balance"),
            _column("low", "Low"),
            _column("high", "High"),
        ),
    )
    return chart, how, table


def _weeks_chart() -> ChartBlock:
    return ChartBlock(
        title="In, out and VAT by week",
        chart="bar",
        from_="weeks",
        order_by=("week_to",),
        x="week_ends",
        y=("money_in", "money_out", "vat"),
        format="money",
        decimals=0,
    )


def _weeks() -> TableBlock:
    return TableBlock(
        title="Week by week",
        from_="weeks",
        order_by=("week_to desc",),
        sheet="Weeks",
        columns=(
            TableColumn(name="week_to", label="Week to", format="date"),
            _column("money_in", "In", total=True),
            _column("money_out", "Out", total=True),
            _column("vat", "VAT", total=True),
            _column("moved_elsewhere", "Moved elsewhere", total=True),
            _column("under_way", "Under way between accounts", total=True),
            _column("net", "Net", total=True),
            _column("balance", "Balance at its end"),
        ),
    )


def _regular(title: str, from_: str, order: str, sheet: str) -> TableBlock:
    return TableBlock(
        title=title,
        from_=from_,
        order_by=(order, "party", "account"),
        sheet=sheet,
        empty="Nothing comes again and again.",
        columns=(
            TableColumn(name="shown", label="As last written"),
            TableColumn(name="rhythm", label="Every"),
            _column("expected", "Usual amount"),
            _column("a_quarter", "In a quarter", total=True),
            TableColumn(name="last_on", label="Last", format="date"),
            TableColumn(name="next_on", label="Next", format="date"),
            TableColumn(name="account", label="Account"),
        ),
    )


def _regular_out() -> TableBlock:
    return _regular("The largest regular outgoings", "regular_out", "a_quarter", "Regular out")


def _regular_in() -> TableBlock:
    return _regular("Regular money in", "regular_in", "a_quarter desc", "Regular in")


def _tested() -> tuple[Block, ...]:
    figures = {
        "four": Figure(from_="errors", value="sum(mape)", where="weeks_ahead = 4", format="percent", decimals=1),
        "all": Figure(from_="errors", value="sum(mape)", where="weeks_ahead = 13", format="percent", decimals=1),
        "same": Figure(
            from_="errors", value="sum(mape_unchanged)", where="weeks_ahead = 13", format="percent", decimals=1
        ),
        "worth": Figure(from_="verdict", value="max(worth)", format="text"),
        "tests": Figure(from_="tested", value="count(*)", format="integer"),
    }
    text = Text(
        text="The same forecast, made at the end of past weeks with nothing but what was known then and held to what "
        "came, in {tests} comparisons: four weeks ahead the balance was off by {four} on average (MAPE), thirteen "
        "weeks ahead by {all}. The guess that nothing changes was off by {same} after thirteen weeks: {worth}.",
        figures=figures,
    )
    table = TableBlock(
        title="By weeks ahead",
        from_="errors",
        order_by=("weeks_ahead",),
        sheet="Back-test",
        columns=(
            TableColumn(name="weeks_ahead", label="Weeks ahead", format="integer"),
            TableColumn(name="tests", label="Tests", format="integer"),
            TableColumn(name="mape", label="Off by (MAPE)", format="percent", decimals=1),
            TableColumn(name="mape_unchanged", label="If nothing changed", format="percent", decimals=1),
            _column("low_error", "Low end of the range"),
            _column("high_error", "High end of the range"),
        ),
    )
    return text, table


def _transfers() -> TableBlock:
    return TableBlock(
        title="Transfers without a partner in these statements",
        from_="transfers_alone",
        order_by=("day desc", "account", "net", "text", "place"),
        sheet="Transfers alone",
        empty="Every transfer has both its sides.",
        columns=(
            TableColumn(name="day", label="Day", format="date"),
            TableColumn(name="account", label="Account"),
            _column("net", "Amount", total=True),
            TableColumn(name="text", label="Words"),
        ),
    )


def _left_out() -> TableBlock:
    return TableBlock(
        title="Rows that do not count",
        from_="left_out",
        order_by=("left_out", "account", "day desc", "amount", "text", "place"),
        sheet="Left out",
        empty="Every row counts.",
        columns=(
            TableColumn(name="left_out", label="Why"),
            TableColumn(name="account", label="Account"),
            TableColumn(name="day", label="Day", format="date"),
            _column("amount", "Amount"),
            TableColumn(name="text", label="Words"),
            TableColumn(name="file", label="Export"),
        ),
    )
