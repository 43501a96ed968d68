"""From "do customers come back" to a draft: the orders, who is the same customer, and the spec."""

from __future__ import annotations

from typing import cast

from agents.builtin.pipelines.columns import listed
from agents.builtin.pipelines.deciding import AskError, left_aside, settled
from agents.builtin.pipelines.schedule import Timing, find_timing
from agents.builtin.templates.cohorts.find import orders_in
from agents.builtin.templates.cohorts.report import write_report
from agents.builtin.templates.cohorts.roles import Orders
from agents.builtin.templates.cohorts.steps import Identity, Plan, write_steps
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.pipeline import Allow, Output, Pipeline


def draft_cohorts(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan of who comes back; a question about who is the same customer, where the data knows several ways."""
    orders, view = orders_in(data)
    if orders is None:
        return None
    if not orders.email and not orders.person:
        return Refusal(
            message=f"{view.origin(orders.table)} has orders, but neither an email nor a customer's number to tell "
            "customers apart.",
            hint="Add an export of the orders with one of them and ask again.",
        )
    try:
        aside = left_aside(request, "show for all orders of this data who comes back")
        plan = _plan(request, orders, view.origin(orders.table))
        steps = write_steps(plan)
        ids = frozenset(step.id.casefold() for step in steps.steps)
        if ids & {name.casefold() for name in data.sources}:
            # A table that is called as a step of the plan is read under another name.
            orders, view = orders_in(data, ids)
            assert orders is not None
            plan = _plan(request, orders, view.origin(orders.table))
            steps = write_steps(plan)
    except AskError as stopped:
        return stopped.reply
    timing = find_timing(request.text, request.timezone)
    reading = _reading(plan, timing)
    said = (*_assumptions(plan), *((timing.assumption,) if timing and timing.assumption else ()))
    assumptions = (*said, *(f"not part of this plan, as agreed: {words}" for words in aside))
    spec = Pipeline(
        name="customers_who_return",
        title="Do customers come back?",
        request=request.text,
        reading=reading,
        assumptions=assumptions,
        timezone=request.timezone,
        sources=view.sources_of([orders.table]),
        steps=tuple(steps.steps),
        checks=tuple(steps.checks),
        outputs=(
            Output(file="cohorts.csv", from_="cohorts", order_by=("first_month",)),
            Output(file="retention.csv", from_="retention", order_by=("first_month", "months_since")),
            Output(file="left_out.csv", from_="left_out", order_by=("left_out", "order_ref")),
        ),
        report=write_report(plan),
        schedule=timing.schedule if timing else None,
        allow=Allow(),
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)


def _plan(request: Request, orders: Orders, spoken: str) -> Plan:
    return Plan(orders, _identity(request, orders), request.timezone, spoken, _unknown_states(request, orders, spoken))


def _identity(request: Request, orders: Orders) -> Identity:
    """Who is the same customer; asked where the data has both an email and a number."""
    if not (orders.email and orders.person):
        return "email" if orders.email else "id"
    guests = f"; {orders.guest_rows} orders of guests are left out" if orders.guest_rows else ""
    mails = f"; {orders.mail_rows_missing} orders without one are left out" if orders.mail_rows_missing else ""
    question = Question(
        key="identity",
        text="Which orders are of the same customer: those with the same email, with the same customer number, "
        "or with either?",
        options=(
            Option(label=f"The same email ({orders.email}), in capitals or not{mails}", value="email"),
            Option(label=f"The same customer number ({orders.person}){guests}", value="id"),
            Option(label="Both: either of the two makes orders one customer's", value="both"),
        ),
        reading=". ".join(proof[0].upper() + proof[1:] for proof in orders.proofs) + ".",
    )
    return cast("Identity", settled(question, request))


def _unknown_states(request: Request, orders: Orders, spoken: str) -> frozenset[str]:
    """States that are no known words: each is asked about once."""
    out = set()
    for value in sorted(value for value, counts in orders.states.items() if counts is None):
        question = Question(
            key=f"counts {value}",
            text=f"In {spoken}, {orders.state} is {value!r} for some orders. Were they bought?",
            options=(
                Option(label="Yes, they count", value="yes"),
                Option(label="No, leave them out", value="no"),
            ),
        )
        if settled(question, request) == "no":
            out.add(value)
    return frozenset(out)


_SAME = {
    "email": "orders with the same email are of one customer",
    "id": "orders with the same customer number are of one customer",
    "both": "orders with the same email or the same customer number are of one customer",
}


def _reading(plan: Plan, timing: Timing | None) -> str:
    every = f", {timing.reading}" if timing else ""
    return (
        f"Show who comes back by {plan.spoken}{every}: {_SAME[plan.identity]}; put each customer into the month of the "
        "first order, and count how many of each month bought again in every month after it."
    )


def _assumptions(plan: Plan) -> list[str]:
    orders = plan.orders
    said = []
    if plan.identity != "id":
        said.append("emails that differ in capitals or outer spaces only are the same")
    if plan.identity == "id" and orders.guest_rows:
        said.append(f"{orders.guest_rows} orders of guests, who have no {orders.person}, are left out")
    if orders.guests and plan.identity != "email" and set(orders.guests) - {""}:
        said.append(f"{orders.person} {listed([one for one in orders.guests if one])} stands for guests and for nobody")
    if orders.person is None:
        said.append("the data has no customer number, so the email alone tells customers apart")
    if orders.email is None:
        said.append("the data has no email, so the customer number alone tells customers apart")
    if orders.state:
        for values, words in (
            (orders.states_of("unpaid"), "never paid"),
            (orders.states_of("refunded"), "given back in full"),
        ):
            said += [f"orders that are {listed(values)} were {words} and are left out"] if values else []
    else:
        said.append("every order counts, as the data gives no state of an order")
    if orders.kind or orders.amount:
        said.append("refunds that stand in rows of their own are no orders")
    if orders.day_type == "TIMESTAMP":
        said.append(f"times of {orders.day} are the business's own")
    said.append("the month of the last order may still be going on, so its figures may grow")
    return said
