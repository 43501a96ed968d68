"""The steps from orders to cohorts: who is one customer, the month of the first order, and who bought in later ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman, among, name, text
from agents.builtin.pipelines.reconcile.evidence import count_if
from agents.builtin.templates.cohorts.roles import Orders
from spec.base import JsonValue

Identity = Literal["email", "id", "both"]
MONTHS = 12
"""Months after the first one that have a column of their own; later ones share one."""
ROUNDS = 3
"""How often persons that share an email or a number are brought together; a check proves that it was enough."""
SHARE = "DECIMAL(9,4)"


@dataclass(frozen=True)
class Plan:
    """Everything the steps are made from."""

    orders: Orders
    identity: Identity
    timezone: str
    spoken: str
    left_out: frozenset[str] = frozenset()
    """States that nobody knows and that do not count."""


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _null(type_: str) -> exp.Expr:
    return exp.cast(exp.null(), type_)


def month(number: int) -> str:
    """The column of the customers who bought so many months after their first order."""
    return f"month_{number}"


def share(number: int) -> str:
    """The column of their share."""
    return f"share_{number}"


def write_steps(plan: Plan) -> Draftsman:
    """All steps and checks; ``cohorts``, ``retention`` and ``left_out`` are their results."""
    draft = Draftsman()
    _orders(draft, plan)
    _persons(draft, plan)
    _cohorts(draft)
    return draft


def _orders(draft: Draftsman, plan: Plan) -> None:
    orders = plan.orders
    columns: dict[str, JsonValue] = {
        "order_ref": text(exp.cast(name(orders.key), "VARCHAR") if orders.key else _null("VARCHAR")),
        "ordered_on": text(_business_day(plan)),
        "email": text(_email(orders)),
        "customer_number": text(_customer_number(orders)),
        "left_out": text(_left_out(plan)),
    }
    for column, values in ((orders.state, sorted(orders.states)), (orders.kind, sorted(orders.kinds))):
        if column:
            known: list[JsonValue] = list(values)
            draft.check(
                "accepted_values",
                orders.table,
                params={"column": column, "values": known},
                note=f"No {column} is new: whether it counts would have to be decided first.",
            )
    draft.step("orders_read", "select", orders.table, columns=columns)
    draft.step("orders_counted", "filter", "orders_read", where=[name("left_out").is_(exp.null())])
    kept: list[JsonValue] = ["order_ref", "ordered_on", "email", "customer_number", "left_out"]
    draft.step("left_out", "select", "orders_counted.rest", columns=kept)
    draft.check(
        "conserve",
        "orders_counted",
        params={"measure": "count(*)", "from": "orders_read", "plus": "orders_counted.rest"},
        note="Each row either counts or stands among those left out, with the reason.",
    )


def _email(orders: Orders) -> exp.Expr:
    if orders.email is None:
        return _null("VARCHAR")
    return exp.Nullif(this=exp.Lower(this=exp.Trim(this=name(orders.email))), expression=_text(""))


def _customer_number(orders: Orders) -> exp.Expr:
    if orders.person is None:
        return _null("VARCHAR")
    value = exp.Trim(this=exp.cast(name(orders.person), "VARCHAR"))
    guests = among(value.copy(), sorted({"", *orders.guests}))
    return exp.Case(ifs=[exp.If(this=guests, true=_null("VARCHAR"))], default=value)


def _business_day(plan: Plan) -> exp.Expr:
    """The calendar day of the business; a time without a zone is the business's own, unless its name says UTC."""
    day: exp.Expr = name(plan.orders.day)
    kind = plan.orders.day_type
    if kind == "DATE":
        return day
    if kind == "TIMESTAMP":
        if not {"gmt", "utc"} & set(plan.orders.day.casefold().replace("_", " ").split()):
            return exp.cast(day, "DATE")
        day = exp.AtTimeZone(this=day, zone=_text("UTC"))
    return exp.cast(exp.AtTimeZone(this=day, zone=_text(plan.timezone)), "DATE")


def _left_out(plan: Plan) -> exp.Expr:
    """Why a row is no order of a known customer; empty for those that are."""
    orders = plan.orders
    told = exp.Case().when(name(orders.day).is_(exp.null()), _text("no date"))
    if orders.kind:
        told = told.when(among(name(orders.kind), orders.refund_kinds), _text("a refund, no order"))
    if orders.amount:
        told = told.when(exp.LT(this=name(orders.amount), expression=_number(0)), _text("a refund, no order"))
    unknown = sorted(value for value, counts in orders.states.items() if counts is None and value in plan.left_out)
    for values, reason in (
        (orders.states_of("refunded"), "given back in full"),
        (orders.states_of("unpaid"), "never paid"),
        (unknown, "left out as you said"),
    ):
        if orders.state and values:
            told = told.when(among(name(orders.state), values), _text(reason))
    no_mail, no_number = (_email(orders).is_(exp.null()), exp.Paren(this=_customer_number(orders)).is_(exp.null()))
    if plan.identity == "email":
        return told.when(no_mail, _text("no email")).else_(_null("VARCHAR"))
    if plan.identity == "id":
        return told.when(no_number, _text("a guest without a customer number")).else_(_null("VARCHAR"))
    return told.when(exp.and_(no_mail, no_number), _text("neither email nor customer number")).else_(_null("VARCHAR"))


def _persons(draft: Draftsman, plan: Plan) -> None:
    """``placed``: each order with its person."""
    if plan.identity != "both":
        column = "email" if plan.identity == "email" else "customer_number"
        draft.step("placed", "derive", "orders_counted", columns={"person": column})
        return
    first = exp.Coalesce(
        this=name("email"), expressions=[exp.DPipe(this=_text("#"), expression=name("customer_number"))]
    )
    before = draft.step("persons_0", "derive", "orders_counted", columns={"person": text(first)})
    for number in range(1, ROUNDS + 1):
        for column in ("customer_number", "email"):
            before = _together(draft, before, f"persons_{number}_{column}", column)
    draft.step("placed", "derive", before, columns={"person": "person"})
    for column in ("email", "customer_number"):
        found = draft.step(
            f"persons_of_{column}",
            "aggregate",
            "placed",
            group_by=[column],
            where=[exp.not_(name(column).is_(exp.null()))],
            measures={"persons": text(exp.Count(this=exp.Distinct(expressions=[name("person")])))},
        )
        draft.check(
            "range",
            found,
            params={"column": "persons", "min": 1, "max": 1},
            note=f"Each {column.replace('_', ' ')} is that of one person.",
        )


def _together(draft: Draftsman, before: str, step: str, column: str) -> str:
    """All orders with the same value in the column get the first of their persons."""
    same = exp.Window(this=exp.Min(this=name("person")), partition_by=[name(column)])
    person = exp.Case(ifs=[exp.If(this=name(column).is_(exp.null()), true=name("person"))], default=same)
    kept = ("order_ref", "ordered_on", "email", "customer_number", "left_out")
    query = exp.select(*(name(one) for one in kept), person.as_("person")).from_(before)
    return draft.step(step, "sql", before, query=query.sql(dialect="duckdb"))


def _cohorts(draft: Draftsman) -> None:
    month_of = exp.cast(exp.Anonymous(this="date_trunc", expressions=[_text("month"), name("ordered_on")]), "DATE")
    first, last = exp.Min(this=month_of.copy()), exp.Max(this=month_of.copy())
    days = exp.Count(this=exp.Distinct(expressions=[name("ordered_on")]))
    measures: dict[str, JsonValue] = {"first_month": text(first), "order_days": text(days)}
    draft.step("first_orders", "aggregate", "placed", group_by=["person"], measures=measures)
    draft.step("last_order", "aggregate", "placed", measures={"last_month": text(last)})
    groups: dict[str, JsonValue] = {"person": "person", "bought_month": text(month_of)}
    draft.step("bought_in", "aggregate", "placed", group_by=groups, measures={"orders": "count(*)"})
    draft.step("bought_since", "join", "bought_in", "first_orders", on="person", take=["first_month"])
    since = exp.cast(_months(name("first_month"), name("bought_month")), "BIGINT")
    draft.step("bought_after", "derive", "bought_since", columns={"months_since": text(since)})
    # A person has one row a month, so rows are persons but for the months that share a column.
    persons = exp.Count(this=exp.Distinct(expressions=[name("person")]))

    def after(number: int) -> exp.Expr:
        return exp.GT(this=name("months_since"), expression=_number(number))

    measures = {
        f"bought_{number}": text(count_if(exp.EQ(this=name("months_since"), expression=_number(number))))
        for number in range(MONTHS + 1)
    }
    measures |= {
        "customers": text(persons),
        "later": text(exp.Filter(this=persons.copy(), expression=exp.Where(this=after(MONTHS)))),
        "came_back": text(exp.Filter(this=persons.copy(), expression=exp.Where(this=after(0)))),
    }
    draft.step("cohorts_counted", "aggregate", "bought_after", group_by=["first_month"], measures=measures)
    query = exp.select(*_cells()).from_("cohorts_counted").join("last_order", join_type="cross")
    draft.step("cohorts", "sql", "cohorts_counted", "last_order", query=query.sql(dialect="duckdb"))
    shares: list[JsonValue] = [share(number) for number in range(MONTHS + 1)]
    draft.step("shares", "unpivot", "cohorts", columns=shares, name="entry", value="share")
    months = exp.cast(exp.RegexpExtract(this=name("entry"), expression=_text("[0-9]+$")), "BIGINT")
    columns: dict[str, JsonValue] = {"first_month": "first_month", "months_since": text(months), "share": "share"}
    draft.step("retention", "select", "shares", columns=columns)
    draft.check(
        "conserve",
        "cohorts",
        params={"measure": "sum(customers)", "from": "placed", "from_measure": "count(DISTINCT person)"},
        note="The cohorts' sizes add up to all customers, each counted once.",
    )
    draft.check(
        "range",
        "cohorts",
        params={"column": share(0), "min": 1, "max": 1},
        note="In the month of their first order all customers of a cohort bought.",
    )


def _months(first: exp.Expr, later: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="date_diff", expressions=[_text("month"), first, later])


def _cells() -> list[exp.Expr]:
    """A cohort's row: a month that has not come yet is empty, not zero."""
    spoken = exp.Anonymous(this="strftime", expressions=[name("first_month"), _text("%Y-%m")])
    shown: list[exp.Expr] = [name("first_month"), spoken.as_("cohort"), name("customers"), name("came_back")]
    count: Mapping[int, exp.Expr] = {number: name(f"bought_{number}") for number in range(MONTHS + 1)}
    for number, value in count.items():
        shown.append(_if_over(number, value).as_(month(number)))
    shown.append(name("later"))
    for number, value in count.items():
        part = exp.Div(this=exp.cast(value.copy(), "DECIMAL(18,6)"), expression=name("customers"))
        shown.append(exp.cast(_if_over(number, part), SHARE).as_(share(number)))
    return shown


def _if_over(number: int, value: exp.Expr) -> exp.Expr:
    """The value where the data reaches so many months beyond the first one."""
    reached = _months(name("first_month"), name("last_month"))
    return exp.Case(ifs=[exp.If(this=exp.GTE(this=reached, expression=_number(number)), true=value.copy())])
