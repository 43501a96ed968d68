"""From "the deposits don't match" to a draft: roles, two questions at most, and the spec."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot import exp

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.beside import narrowed, rhythms, sends
from agents.builtin.pipelines.draftsteps import Draftsman
from agents.builtin.pipelines.reconcile.evidence import Evidence, ref, source
from agents.builtin.pipelines.reconcile.exceptions import write_exceptions
from agents.builtin.pipelines.reconcile.find import roles_in
from agents.builtin.pipelines.reconcile.forms import currencies
from agents.builtin.pipelines.reconcile.intent import Side, asks_to_reconcile, proper_names, unknown_names
from agents.builtin.pipelines.reconcile.prepare import Prepared
from agents.builtin.pipelines.reconcile.report import write_report
from agents.builtin.pipelines.reconcile.roles import Roles
from agents.builtin.pipelines.reconcile.steps import SHORT_AMOUNT, SHORT_DAYS, Choices, Walk, write_steps
from agents.builtin.pipelines.reconcile.walk import write_walk
from agents.builtin.pipelines.reconcile.words import is_stored_value, own_words, words_of
from agents.builtin.pipelines.schedule import Timing, find_timing
from agents.builtin.schema.index import index_of
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.pipeline import Allow, Output, Pipeline

FILE = "reconciliation"


def draft_reconciliation(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """A draft when the request asks why money does not agree; None when it asks for something else."""
    names = own_words((table.name for table in data.catalog.tables), data.sources)
    if not asks_to_reconcile(request.text, _all_sides(names), names_held(request.text, data, names)):
        return None
    found = _roles(request, data)
    if not isinstance(found, tuple):
        return found
    roles, view = found
    assert roles.sales is not None
    assert roles.bank is not None
    strangers = unknown_names(request.text, _known_words(view, roles))
    if strangers:
        question = _about_strangers(strangers, roles, view)
        answered = resolve_answer(question, request.answers.get(question.key, ""))
        if answered is None:
            return question
        if answered == "no":
            return Refusal(
                message=f"Without the data of {' and '.join(strangers)} I cannot follow that money.",
                hint="Add its export with --data and ask again.",
            )
    aside = [*sends(request.text), *rhythms(request.text), *narrowed(request.text)]
    if aside:
        question = _about_what_is_left_aside(aside)
        answered = resolve_answer(question, request.answers.get(question.key, ""))
        if answered is None:
            return question
        if answered == "no":
            return Refusal(
                message=f"I cannot follow the money in the way you say: {'; '.join(aside)}.",
                hint="Ask without that, or give me data that holds only what should count.",
            )
    choices = _choices(request, roles, view)
    if isinstance(choices, Question):
        return choices
    types = {table.name: {column.name: column.type for column in table.columns} for table in view.catalog.tables}
    walk = Walk(
        roles.ledger,
        roles.payouts,
        roles.sales,
        roles.payments,
        roles.returns,
        roles.bank,
        roles.stored,
        choices,
        request.timezone,
        types,
        roles_origins(view, roles),
    )
    return _draft(request, view, walk, aside)


def names_held(text: str, data: DataView, own: Collection[str]) -> set[str]:
    """Names in a request that are no ``own`` words of the data, and that a column holds as values."""
    strange = [name for name in proper_names(text) if not set(words_of(name)) & set(own)]
    if not strange:
        return set()
    values = index_of(data).values
    return {name for name in strange if any(hit.how == "exact" for hit in values.find(name))}


def roles_origins(view: Prepared, roles: Roles) -> dict[str, str]:
    """The names that a person knows of the tables in the roles."""
    return {table: view.origin(table) for table in _tables_of(roles)}


def _tables_of(roles: Roles) -> list[str]:
    found = [roles.sales, roles.payments, roles.returns, roles.stored, roles.ledger, roles.payouts, roles.bank]
    return list(dict.fromkeys(role.table for role in found if role))


def _missing(roles: Roles | None, view: Prepared) -> str:
    """The role that no table plays, in words; empty when all are found."""
    if roles is None:
        return "a payment processor's movements (an amount, a fee and a net) with the payouts they add up to"
    if roles.sales is None:
        return f"the shop's orders that the movements in {view.origin(roles.ledger.table)} belong to"
    if roles.bank is None:
        return f"a bank statement in which the payouts of {view.origin(roles.payouts.table)} arrive"
    return ""


def _mixed(roles: Roles, view: Prepared) -> tuple[str, ...]:
    """The currencies of the money, where it is in more than one: they cannot be added up."""
    evidence = Evidence(view)
    found: set[str] = set()
    for role in (roles.ledger, roles.sales, roles.payouts):
        if role is not None:
            _, values = currencies(evidence, role.table)
            found |= {value.upper() for value in values} if len(values) > 1 else set()
    return tuple(sorted(found)) if len(found) > 1 else ()


def _about_currencies(found: tuple[str, ...]) -> Question:
    return Question(
        key="currency",
        text=f"The money is in {' and '.join(found)}, which cannot be added up. Which one shall I follow?",
        options=tuple(Option(label=f"Only {currency}", value=currency) for currency in found),
    )


def _roles(request: Request, data: DataView) -> tuple[Roles, Prepared] | Question | Refusal:
    """All roles in money of one currency, which is asked for where there are several."""
    roles, view = roles_in(data)
    missing = _missing(roles, view)
    if roles is None or missing:
        return _refusal(missing)
    mixed = _mixed(roles, view)
    if not mixed:
        return roles, view
    question = _about_currencies(mixed)
    answered = resolve_answer(question, request.answers.get(question.key, ""))
    if answered is None:
        return question
    roles, view = roles_in(data, answered)
    missing = _missing(roles, view)
    if roles is None or missing:
        return Refusal(
            message=f"With {answered} alone the money does not add up: I would need {missing}.",
            hint="Add an export of that currency alone with --data and ask again.",
        )
    return roles, view


def _all_sides(names: set[str]) -> dict[Side, set[str]]:
    # Before the roles are known, any word of a table's name may stand for a side; the two sides then differ by word.
    return {"sales": names, "processor": names}


def _refusal(missing: str) -> Refusal:
    return Refusal(
        message=f"To follow the money I need {missing}; I find no such table in this data.",
        hint="Add the missing export with --data and ask again.",
    )


def _known_words(data: Prepared, roles: Roles) -> set[str]:
    words = own_words((table.name for table in data.catalog.tables), data.sources)
    words |= {word for table in data.catalog.tables for column in table.columns for word in words_of(column.name)}
    if roles.payments:
        words |= {w for m in (*roles.payments.processor_methods, *roles.payments.other_methods) for w in words_of(m)}
    if roles.bank:
        words.add(roles.bank.token)
        texts = data.rows(_texts(roles.bank.table, roles.bank.text), limit=2000)
        words |= {word for (text,) in texts for word in words_of(str(text))}
    return words


def _texts(table: str, column: str) -> exp.Select:
    return exp.select(ref(column)).from_(source(table)).order_by(exp.Literal.number(1))


def _about_strangers(strangers: list[str], roles: Roles, view: Prepared) -> Question:
    named = " or ".join(strangers)
    through = [view.origin(role.table) for role in (roles.sales, roles.ledger, roles.payouts, roles.bank) if role]
    listed = ", ".join(dict.fromkeys(through[:-1]))
    return Question(
        key="names",
        text=(
            f"I find nothing called {named} in this data. Shall I follow the money through {listed} and {through[-1]} "
            "instead?"
        ),
        options=(Option(label="Yes, use these", value="yes"), Option(label="No, I will add the data", value="no")),
    )


def _about_what_is_left_aside(aside: list[str]) -> Question:
    quoted = " and ".join(f"'{words}'" for words in aside)
    return Question(
        key="beside",
        text=(
            "I can follow all the money of this data from the shop to the bank, but this I would leave aside: "
            f"{quoted}. Shall I go on without it?"
        ),
        options=(Option(label="Yes, go on without it", value="yes"), Option(label="No, leave it", value="no")),
    )


def _choices(request: Request, roles: Roles, view: Prepared) -> Choices | Question:
    on: str | None = "date"
    if roles.ledger.payout_ref:
        match_on = _match_question(roles, view.origin(roles.ledger.table))
        on = _answer(match_on, request)
        if on is None:
            return match_on
    stored = _stored_value(roles)
    if not stored:
        return Choices(match_on="payout" if on == "payout" else "date", stored_value="liability")
    gift = _gift_question(stored)
    treated = _answer(gift, request)
    if treated is None:
        return gift
    return Choices(
        match_on="payout" if on == "payout" else "date",
        stored_value="liability" if treated == "liability" else "revenue",
    )


def _answer(question: Question, request: Request) -> str | None:
    """What was answered, or said in the request itself or its context."""
    given = request.answers.get(question.key)
    if given is not None:
        return resolve_answer(question, given)
    said = f"{request.text} {request.context}".lower()
    if question.key == "match_on" and "payout id" in said:
        return "payout"
    if question.key == "gift_cards" and "gift card" in said:
        return next((value for value in ("liability", "revenue") if value in said), None)
    return None


def _match_question(roles: Roles, spoken: str) -> Question:
    return Question(
        key="match_on",
        text=(
            f"How shall I tie the bank deposits to the sales: by the payout id that {spoken} gives each "
            "movement, or by date and amount alone?"
        ),
        options=(
            Option(
                label="By payout id: each deposit is broken down into its own sales, fees and refunds", value="payout"
            ),
            Option(label="By date and amount: deposits are found, but not broken down any further", value="date"),
        ),
        reading=". ".join(proof[0].upper() + proof[1:] for proof in roles.proofs) + ".",
    )


def _stored_value(roles: Roles) -> list[str]:
    if roles.sales and roles.sales.stored_part:
        return [" ".join(words_of(roles.sales.stored_part))]
    methods = roles.payments.other_methods if roles.payments else ()
    return [method for method in methods if is_stored_value(method)]


def _gift_question(methods: list[str]) -> Question:
    named = " and ".join(method.replace("_", " ") for method in methods)
    return Question(
        key="gift_cards",
        text=(
            f"Some orders were paid with a {named}. Shall I treat gift cards as a liability (revenue when the card is "
            "spent), or as revenue already when the card is sold?"
        ),
        options=(
            Option(
                label="Liability: a card sold is owed to its holder and becomes revenue when spent", value="liability"
            ),
            Option(label="Revenue when sold: what is bought with a card later is not counted again", value="revenue"),
        ),
    )


def _draft(request: Request, data: Prepared, walk: Walk, aside: list[str]) -> Draft:
    used = _used(walk)
    read = Draftsman()
    data.write(read, used)
    steps = write_steps(walk)
    write_exceptions(steps, walk)
    write_walk(steps, walk)
    timing = find_timing(request.text, request.timezone)
    reading = _reading(walk, timing)
    assumptions = (
        *data.said(used),
        *_assumptions(walk, timing),
        *(f"not part of this plan, as agreed: {words}" for words in aside),
    )
    spec = Pipeline(
        name="reconcile_payouts",
        title="Where the money goes",
        request=request.text,
        reading=reading,
        assumptions=assumptions,
        timezone=request.timezone,
        sources=data.sources_of(used),
        steps=(*read.steps, *steps.steps),
        checks=tuple(steps.checks),
        outputs=(
            Output(file="exceptions.csv", from_="exceptions", order_by=("exception", "reference")),
            Output(file="per_payout.csv", from_="per_payout", order_by=("payout",)),
            Output(file="money_walk.csv", from_="money_walk", order_by=("line",)),
        ),
        report=write_report(walk, _currency(data, walk), FILE),
        schedule=timing.schedule if timing else None,
        allow=Allow(),
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)


def _used(walk: Walk) -> list[str]:
    found = [walk.sales, walk.payments, walk.returns, walk.stored, walk.ledger, walk.payouts, walk.bank]
    return list(dict.fromkeys(role.table for role in found if role))


def _reading(walk: Walk, timing: Timing | None) -> str:
    every = f", {timing.reading}" if timing else ""
    broken_down = "break each payout down into its movements, " if walk.breaks_down_payouts else ""
    through = " and ".join(dict.fromkeys(walk.spoken(table) for table in (walk.ledger.table, walk.payouts.table)))
    return (
        f"Follow the money from {walk.spoken(walk.sales.table)} through {through} to "
        f"{walk.spoken(walk.bank.table)}{every}: {broken_down}compare each order with its charge and "
        "refunds, find each payout in the bank (to the cent, at most 3 days late), and list what does not agree."
    )


def _assumptions(walk: Walk, timing: Timing | None) -> tuple[str, ...]:
    said = []
    if walk.sales.test_flag:
        said.append(f"orders marked as {walk.sales.test_flag} are left out")
    if walk.sales.unpaid_states:
        said.append(f"orders that are {', '.join(walk.sales.unpaid_states)} are left out")
    said += [f"orders whose {column} is {', '.join(values)} are left out" for column, values in walk.sales.marks]
    if walk.returns is None and walk.sales.refunded is None and walk.sales.refunded_states:
        said.append(f"the shop knows a refund when an order is {', '.join(walk.sales.refunded_states)}")
    if not walk.ledger.kind:
        said.append("money that goes out at the processor is a refund, as nothing says what it is")
    said.append(f"bank entries count as deposits when money comes in and the text says '{walk.bank.token}'")
    said.append(
        f"a deposit at most {SHORT_AMOUNT} short of a payout and {SHORT_DAYS} days late is that payout less a charge "
        "of the bank"
    )
    if not walk.breaks_down_payouts:
        said.append(
            "what is not yet paid out is taken as what is left of all movements, as they are not tied to payouts"
        )
    if timing and timing.assumption:
        said.append(timing.assumption)
    return tuple(said)


def _currency(data: Prepared, walk: Walk) -> str | None:
    """The one currency of the ledger, when it names exactly one."""
    columns = walk.types[walk.ledger.table]
    column = next((name for name in columns if "currency" in words_of(name)), None)
    if column is None:
        return None
    query = exp.select(ref(column)).distinct().from_(source(walk.ledger.table)).order_by(exp.Literal.number(1))
    values = [str(value).upper() for (value,) in data.rows(query, limit=3) if value]
    return values[0] if len(values) == 1 and len(values[0]) == 3 else None
