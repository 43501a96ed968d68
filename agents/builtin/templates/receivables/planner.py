"""From "who owes us money" to a draft: the lists, what only the owner knows, and the spec."""

from __future__ import annotations

from typing import Literal

from sqlglot import exp

from agents.builtin.pipelines.columns import listed
from agents.builtin.pipelines.deciding import AskError, left_aside, settled
from agents.builtin.pipelines.draftsteps import Draftsman
from agents.builtin.pipelines.reconcile.evidence import Evidence, any_of, count_if, ref, source
from agents.builtin.pipelines.reconcile.prepare import Prepared
from agents.builtin.pipelines.reconcile.words import PARTLY_WORDS, says
from agents.builtin.pipelines.schedule import Timing, find_timing
from agents.builtin.templates.receivables.find import books_in
from agents.builtin.templates.receivables.plan import Choices, Plan
from agents.builtin.templates.receivables.report import write_report
from agents.builtin.templates.receivables.roles import Books, Documents
from agents.builtin.templates.receivables.steps import write_steps
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.pipeline import Allow, Output, Pipeline


def draft_receivables(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan of what customers owe; a question where something decides its figures that no row says."""
    books, view = books_in(data)
    if not books.documents:
        return None
    try:
        aside = left_aside(request, "list all that customers owe by its age")
        plan, steps = _plan(request, books, view)
        ids = frozenset(step.id.casefold() for step in steps.steps)
        if ids & {name.casefold() for name in data.sources}:
            # A table that is called as a step of the plan is read under another name.
            books, view = books_in(data, ids)
            plan, steps = _plan(request, books, view)
        return _draft(request, view, plan, steps, aside)
    except AskError as stopped:
        return stopped.reply


def _plan(request: Request, books: Books, view: Prepared) -> tuple[Plan, Draftsman]:
    evidence = Evidence(view)
    for one in books.documents:
        _must_say_what_is_paid(request, books, one, view)
    choices = Choices(
        age_from=_age_from(request, books),
        currency_of=_currency_of(request, books, view),
        left_out=_unknown_values(request, books, view),
        once=_once(request, books, view),
        payments_count=_payments_count(request, books, view),
    )
    origins = {table: view.origin(table) for table in _tables(books)}
    references = frozenset(
        one.table for one in books.documents if one.reference and _numbers_its_invoices_once(evidence, one)
    )
    undated = any(_rows_without_a_day(evidence, one) for one in books.documents)
    plan = Plan(books, choices, origins, undated, references)
    return plan, write_steps(plan)


def _tables(books: Books) -> list[str]:
    found = [one.table for one in books.documents] + [one.table for one in books.payments]
    return list(dict.fromkeys([*found, *(one.table for one in books.controls)]))


# What only the owner knows


def _yes_or_no(key: str, text: str, yes: str, no: str) -> Question:
    return Question(key=key, text=text, options=(Option(label=yes, value="yes"), Option(label=no, value="no")))


def _must_say_what_is_paid(request: Request, books: Books, one: Documents, view: Prepared) -> None:
    """Invoices of which nothing says that any was paid are not all open without being asked about."""
    paid = one.is_settled_by_itself or one.kinds_of("payment") or any(p.of == one.table for p in books.payments)
    if paid:
        return
    spoken = view.origin(one.table)
    question = _yes_or_no(
        f"all_open {spoken}",
        f"Nothing in {spoken} says what was paid: there is no open amount, no payment and no state. Is all of it still "
        "open?",
        "Yes, all of it is still open",
        "No, I will add the payments",
    )
    if settled(question, request) == "no":
        raise AskError(
            Refusal(
                message=f"Without payments I cannot say what is still open of {spoken}.",
                hint="Add an export of the payments, or of the invoices with what is open of each, and ask again.",
            )
        )


def _age_from(request: Request, books: Books) -> Literal["due", "issued"]:
    """The day from which an invoice's age counts; asked where the data knows both."""
    has_due = any(one.due for one in books.documents)
    has_issued = any(one.issued for one in books.documents)
    if not (has_due and has_issued):
        return "due" if has_due else "issued"
    given = request.answers.get("age_from")
    said = f"{request.text} {request.context}".casefold()
    named = {word for word, phrases in _AGES.items() if any(phrase in said for phrase in phrases)}
    if given is None and len(named) == 1:
        return "due" if "due" in named else "issued"
    question = Question(
        key="age_from",
        text="Shall an invoice's age count from the day it was due, or from the day it was written?",
        options=(
            Option(label="From the due date: how late each payment is", value="due"),
            Option(label="From the invoice date: how long each invoice has been open", value="issued"),
        ),
        reading=". ".join(proof[0].upper() + proof[1:] for one in books.documents for proof in one.proofs) + ".",
    )
    return "due" if settled(question, request) == "due" else "issued"


_AGES = {"due": ("due date", "from when it was due"), "issued": ("invoice date", "date of the invoice", "issue date")}


def _currency_of(request: Request, books: Books, view: Prepared) -> dict[str, str]:
    """The currency of lists that name none, where others do."""
    known = sorted({code for one in books.documents for code in one.currencies})
    silent = [one for one in books.documents if not one.currency]
    if not known:
        return {}
    if len(known) == 1:
        return {one.table: known[0] for one in silent}
    found = {}
    for one in silent:
        spoken = view.origin(one.table)
        question = Question(
            key=f"currency {spoken}",
            text=f"The amounts are in {' and '.join(known)}, and {spoken} names no currency. Which one is it in?",
            options=tuple(Option(label=f"All of {spoken} is in {code}", value=code) for code in known),
        )
        found[one.table] = settled(question, request)
    return found


def _unknown_values(request: Request, books: Books, view: Prepared) -> frozenset[str]:
    """Kinds and states that are no known words: each is asked about once."""
    out = set()
    for one in books.documents:
        for column, values in ((one.kind, one.kinds), (one.state, one.states)):
            for value in sorted(value for value, meaning in values.items() if meaning is None):
                question = _yes_or_no(
                    f"counts {value}",
                    f"In {view.origin(one.table)}, {column} is {value!r} for some rows. Are they owed to you?",
                    "Yes, it counts",
                    "No, leave them out",
                )
                if settled(question, request) == "no":
                    out.add(value)
    return frozenset(out)


def _once(request: Request, books: Books, view: Prepared) -> bool:
    if not books.twice:
        return True
    newer, older, _ = books.twice[0]
    count = sum(number for *_, number in books.twice)
    question = _yes_or_no(
        "twice",
        f"{count} documents stand in both {view.origin(newer)} and {view.origin(older)}, with the same number, "
        "customer and amount. Shall each count once, as the newer list has it?",
        "Yes, once",
        "No, they are different ones",
    )
    return settled(question, request) == "yes"


def _payments_count(request: Request, books: Books, view: Prepared) -> bool:
    unclear = [paid for paid in books.payments if paid.taken_off is None]
    if not unclear:
        return True
    spoken = listed([view.origin(paid.table) for paid in unclear])
    question = _yes_or_no(
        "payments",
        f"Are the payments in {spoken} still to be taken off the open amounts?",
        "Yes, take them off",
        "No, they are taken off already",
    )
    return settled(question, request) == "yes"


# What the rows say


def _numbers_its_invoices_once(evidence: Evidence, one: Documents) -> bool:
    assert one.number is not None
    if one.by_line:
        return True
    is_invoice = any_of(ref(one.kind), one.kinds_of("invoice")) if one.kind else exp.true()
    counted = exp.Count(this=exp.Distinct(expressions=[ref(one.number)]))
    query = exp.select(exp.Count(this=ref(one.number)), counted).from_(source(one.table)).where(is_invoice)
    whole, different = evidence.numbers(query)
    return whole == different


def _rows_without_a_day(evidence: Evidence, one: Documents) -> bool:
    days = [ref(column) for column in (one.issued, one.due) if column]
    if not days:
        return True
    lacking = exp.and_(*(day.is_(exp.null()) for day in days))
    (count,) = evidence.numbers(exp.select(count_if(lacking)).from_(source(one.table)))
    return bool(count)


def _invoices_without(evidence: Evidence, one: Documents, column: str | None) -> int:
    if column is None:
        return 0
    conditions: list[exp.Expr] = [ref(column).is_(exp.null())]
    if one.kind:
        conditions.append(any_of(ref(one.kind), one.kinds_of("invoice")))
    if one.open:
        conditions.append(exp.NEQ(this=ref(one.open), expression=exp.Literal.number(0)))
    (count,) = evidence.numbers(exp.select(count_if(exp.and_(*conditions))).from_(source(one.table)))
    return int(count or 0)


def _doubtful(plan: Plan, evidence: Evidence, one: Documents, spoken: str) -> list[str]:
    """Where a list says less than is wanted, or two things at once: how its rows are read."""
    said: list[str] = []
    settled_ = one.states_of("settled")
    if one.open:
        zero = exp.Literal.number(0)
        empty = ref(one.open).is_(exp.null())
        paid_yet_open = exp.and_(any_of(ref(one.state or ""), settled_), exp.NEQ(this=ref(one.open), expression=zero))
        counts = (count_if(empty), count_if(paid_yet_open) if settled_ else zero.copy())
        blank, both = evidence.numbers(exp.select(*counts).from_(source(one.table)))
        said += [f"an empty {one.open} counts as nothing open ({blank} rows of {spoken})"] if blank else []
        said += [f"{both} rows of {spoken} are {listed(settled_)}, yet something is open: it counts"] if both else []
    partly = [value for value in one.states_of("open") if says(value, PARTLY_WORDS)]
    if partly and not (one.open or one.paid or any(paid.of == one.table for paid in plan.payments)):
        said.append(f"what is {listed(partly)} in {spoken} counts in full, as nothing says how much of it was paid")
    return said


# The spec


def _draft(request: Request, view: Prepared, plan: Plan, steps: Draftsman, aside: tuple[str, ...]) -> Draft:
    timing = find_timing(request.text, request.timezone)
    reading = _reading(plan, timing)
    said = (*_assumptions(plan, view), *((timing.assumption,) if timing and timing.assumption else ()))
    assumptions = (*said, *(f"not part of this plan, as agreed: {words}" for words in aside))
    spec = Pipeline(
        name="receivables",
        title="Who owes us money",
        request=request.text,
        reading=reading,
        assumptions=assumptions,
        timezone=request.timezone,
        sources=view.sources_of(_used(plan)),
        steps=tuple(steps.steps),
        checks=tuple(steps.checks),
        outputs=(
            Output(file="per_customer.csv", from_="per_customer", order_by=("currency", "customer")),
            Output(file="open_invoices.csv", from_="open_items", order_by=("currency", "customer", "number")),
            Output(file="left_out.csv", from_="left_out", order_by=("source", "number")),
            Output(file="to_review.csv", from_="to_review", order_by=("what desc", "customer", "also_written")),
        ),
        report=write_report(plan),
        schedule=timing.schedule if timing else None,
        allow=Allow(),
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)


def _used(plan: Plan) -> list[str]:
    tables = [one.table for one in plan.books.documents] + [paid.table for paid in plan.payments]
    return list(dict.fromkeys([*tables, *(control.table for control in plan.controls)]))


def _reading(plan: Plan, timing: Timing | None) -> str:
    every = f", {timing.reading}" if timing else ""
    lists = listed([plan.spoken(one.table) for one in plan.books.documents])
    applied = "take credits and payments off the invoices they name, " if plan.applies else ""
    since = "due date" if plan.choices.age_from == "due" else "invoice date"
    codes = [code for code in plan.currencies if code]
    each = f", each of {' and '.join(codes)} by itself" if len(codes) > 1 else ""
    return (
        f"List what customers owe by {lists}{every}: leave out what is void or a draft, count names that differ in "
        f"capitals and punctuation only as one customer, {applied}and sum up what is open for each customer by its age "
        f"from the {since} on the day of the run{each}."
    )


def _assumptions(plan: Plan, view: Prepared) -> list[str]:
    evidence = Evidence(view)
    said: list[str] = []
    for one in plan.books.documents:
        said += _said_of(plan, evidence, one)
    if not any(one.due for one in plan.books.documents):
        said.append("the data has no due date, so an invoice's age counts from its invoice date")
    elif not any(one.issued for one in plan.books.documents):
        said.append("the data has no invoice date, so an invoice's age counts from its due date")
    for newer, older, count in plan.books.twice if plan.choices.once else ():
        said.append(
            f"{count} documents of {plan.spoken(older)} that stand in {plan.spoken(newer)}, too, count once, as there"
        )
    said += [f"payments of {plan.spoken(paid.table)} are taken off the invoices they name" for paid in plan.payments]
    taken = [paid for paid in plan.books.payments if paid not in plan.payments]
    said += [f"payments of {plan.spoken(paid.table)} are taken off the open amounts already" for paid in taken]
    said.append("credits and payments that name no open invoice lower what a customer owes, and no invoice's age")
    codes = [code for code in plan.currencies if code]
    if len(codes) > 1:
        said.append(f"{' and '.join(codes)} are reported apart and never added up, as there is no exchange rate")
    said.append("names that are nearly the same are listed for you to look at, and not brought together")
    if plan.controls:
        said += [f"the total is compared with the books' account {control.name}" for control in plan.controls]
    else:
        said.append("the data has no control account to compare the total with")
    said += [f"{table} is what you owe to others, and is left out" for table in plan.books.others]
    return said


def _said_of(plan: Plan, evidence: Evidence, one: Documents) -> list[str]:
    spoken = plan.spoken(one.table)
    said = []
    if one.open:
        said.append(f"what is open of a document of {spoken} is its {one.open}")
    elif one.paid:
        said.append(f"what is open of a document of {spoken} is {one.total} less {one.paid}")
    elif one.states_of("settled"):
        said.append(f"in {spoken}, what is {listed(one.states_of('settled'))} is paid and all else is open in full")
    for values in (one.states_of("draft"), one.states_of("void")):
        said += [f"documents of {spoken} that are {listed(values)} are left out"] if values else []
    if one.kinds_of("other"):
        said.append(f"{listed(one.kinds_of('other'))} in {spoken} are none of what customers owe, and are left out")
    if one.by_line:
        said.append(f"{spoken} has a row for each line of a document; each document counts once")
    if not one.currency and plan.currencies != ("",):
        said.append(f"all amounts of {spoken} are in {plan.choices.currency_of.get(one.table, plan.currencies[0])}")
    said += _doubtful(plan, evidence, one, spoken)
    first, other = (one.due, one.issued) if plan.choices.age_from == "due" else (one.issued, one.due)
    wanted, instead = ("due date", "invoice date") if plan.choices.age_from == "due" else ("invoice date", "due date")
    lacking = _invoices_without(evidence, one, first)
    if first is None:
        said.append(f"{spoken} has no {wanted}, so its invoices are aged from their {instead}")
    elif lacking and other:
        said.append(f"{lacking} open invoices of {spoken} without a {wanted} are aged from their {instead}, and marked")
    return said
