"""From "will I run out of cash" to a draft: the statements, what only the owner knows, and the spec."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal

from agents.builtin.pipelines.columns import listed
from agents.builtin.pipelines.deciding import AskError, left_aside, settled
from agents.builtin.pipelines.reconcile.prepare import Prepared
from agents.builtin.pipelines.schedule import Timing, find_timing
from agents.builtin.templates.cash.accounts import Grouped, entries_in, group
from agents.builtin.templates.cash.balances import together
from agents.builtin.templates.cash.find import MOST_ENTRIES, entries_of, statements_in
from agents.builtin.templates.cash.intent import without_the_weeks_ahead
from agents.builtin.templates.cash.links import Links, links_in
from agents.builtin.templates.cash.plan import Plan
from agents.builtin.templates.cash.report import write_report
from agents.builtin.templates.cash.roles import Account, Entry, Statement
from agents.builtin.templates.cash.said import assumptions_of, reading_of
from agents.builtin.templates.cash.steps import said_balances, write_steps
from agents.contract import DataView, Draft, Option, Question, Refusal, Request
from spec.pipeline import Allow, Output, Pipeline


def draft_cash(request: Request, data: DataView) -> Draft | Question | Refusal | None:
    """The plan of the money on all accounts; a question where something decides its figures that no row says."""
    statements, view = statements_in(data)
    if not statements:
        tables = listed([table.name for table in data.catalog.tables])
        return Refusal(
            message="Whether the money lasts can only be told from bank statements, and there is none among "
            f"{tables}: no table has days, amounts that go in and out, and a bank's words or running balances.",
            hint="Add the statements of all your accounts as your bank exports them (CSV or Excel), and ask again.",
        )
    try:
        heard = request.model_copy(update={"text": without_the_weeks_ahead(request.text)})
        aside = left_aside(heard, "show the money on all accounts, week by week, for all days of the statements")
        plan = _plan(request, statements, view)
        steps = write_steps(plan)
        ids = frozenset(step.id.casefold() for step in steps.steps)
        if ids & {name.casefold() for name in data.sources}:
            # A table that is called as a step of the plan is read under another name.
            statements, view = statements_in(data, ids)
            plan = _plan(request, statements, view)
            steps = write_steps(plan)
    except AskError as stopped:
        return stopped.reply
    timing = find_timing(request.text, request.timezone)
    assumptions = (
        *assumptions_of(plan),
        *((timing.assumption,) if timing and timing.assumption else ()),
        *(f"not part of this plan, as agreed: {words}" for words in aside),
    )
    spec = _spec(request, view, plan, timing, assumptions)
    spec = spec.model_copy(update={"steps": tuple(steps.steps), "checks": tuple(steps.checks)})
    return Draft(spec=spec, reading=spec.reading, assumptions=assumptions)


def _spec(
    request: Request, view: Prepared, plan: Plan, timing: Timing | None, assumptions: tuple[str, ...]
) -> Pipeline:
    outputs = [
        Output(file="accounts.csv", from_="accounts_proven", order_by=("account",)),
        Output(file="weeks.csv", from_="weeks", order_by=("week_to",)),
        Output(file="movements.csv", from_="flows", order_by=("day", "account", "amount", "text", "place")),
        Output(file="regular.csv", from_="regular_now", order_by=("next_on", "party", "account")),
        Output(
            file="left_out.csv", from_="left_out", order_by=("left_out", "account", "day", "amount", "text", "place")
        ),
    ]
    if len(plan.accounts) > 1:
        outputs.append(
            Output(file="transfers.csv", from_="transfers", order_by=("day", "account", "net", "text", "place"))
        )
    if plan.looks_ahead:
        outputs.append(Output(file="forecast.csv", from_="forecast", order_by=("weeks_ahead",)))
        outputs.append(Output(file="backtest.csv", from_="tested", order_by=("origin", "weeks_ahead")))
    return Pipeline(
        name="cash",
        title="Will the money last?",
        request=request.text,
        reading=reading_of(plan, timing),
        assumptions=assumptions,
        timezone=request.timezone,
        sources=view.sources_of([one.table for one in plan.statements]),
        tables=said_balances(plan),
        outputs=tuple(outputs),
        report=write_report(plan),
        schedule=timing.schedule if timing else None,
        allow=Allow(),
    )


def _plan(request: Request, statements: Sequence[Statement], view: Prepared) -> Plan:
    origins = {one.table: view.origin(one.table) for one in statements}
    currency = _currency(request, statements)
    entries = {one.table: entries_of(view, one, currency) for one in statements}
    long = next((table for table, found in entries.items() if len(found) >= MOST_ENTRIES), None)
    if long is not None:
        raise AskError(
            Refusal(
                message=f"{origins[long]} has {MOST_ENTRIES:,} movements or more, which is more than I can prove.",
                hint="Give me a shorter period, such as the last three years.",
            )
        )
    if not any(entries.values()):
        raise AskError(Refusal(message="The bank statements have no movements.", hint="Export them again."))
    found = group(statements, entries, origins, request)
    by_account = _by_account(found, statements, entries)
    links = links_in(found.accounts, by_account)
    one_sided = _one_sided(request, links)
    if one_sided:
        links.linked |= {label for sent, got, _ in links.one_sided for label in (sent, got)}
    accounts = _own(request, found.accounts, links)
    once = _once(request, accounts, statements, entries)
    said = {one.label: _said_balance(request, one) for one in accounts if one.opening is None}
    tables = {table for one in accounts for table in one.tables}
    return Plan(
        statements=tuple(one for one in statements if one.table in tables),
        accounts=tuple(accounts),
        texts=found.texts,
        origins=origins,
        currency=currency,
        said=said,
        once=once,
        not_own=frozenset(one.label for one in found.accounts if one.named and one not in accounts),
        one_sided=one_sided,
        said_beside=tuple(found.said),
    )


def _by_account(
    found: Grouped, statements: Sequence[Statement], entries: Mapping[str, Sequence[Entry]]
) -> dict[str, list[Entry]]:
    found_in = {
        one.label: entries_in(
            one.label, [statement for statement in statements if statement.table in one.tables], entries, found.texts
        )
        for one in found.accounts
    }
    return {label: [entry for entry in together(parts) if entry.balance is None] for label, parts in found_in.items()}


# What only the owner knows


def _currency(request: Request, statements: Sequence[Statement]) -> str | None:
    """The one currency there is; asked where there are several, as no rate is known."""
    codes = sorted({code for one in statements for code in one.currencies})
    if len(codes) < 2:
        return codes[0] if codes else None
    question = Question(
        key="currency",
        text=f"The accounts are in {' and '.join(codes)}, and there are no rates. Which one is it about?",
        options=tuple(Option(label=f"The money in {code}", value=code) for code in codes),
    )
    return settled(question, request)


def _own(request: Request, accounts: Sequence[Account], links: Links) -> list[Account]:
    """The accounts that count: those that transfers link to each other; what is linked to none is asked about."""
    if len(accounts) == 1:
        return list(accounts)
    known = links.linked or {max(accounts, key=lambda one: one.movements).label}
    kept = []
    for one in accounts:
        if one.label not in known:
            question = Question(
                key=f"own {one.label}",
                text=f"Is {one.label} an account of your business, too? No transfer links it with the other "
                "accounts, so I cannot tell.",
                options=(
                    Option(label="Yes, its money counts", value="yes"),
                    Option(label="No, leave it out", value="no"),
                ),
            )
            if settled(question, request) == "no":
                continue
        kept.append(one)
    return kept


def _once(
    request: Request,
    accounts: Sequence[Account],
    statements: Sequence[Statement],
    entries: Mapping[str, Sequence[Entry]],
) -> frozenset[str]:
    """Accounts whose equal movements of a day are one: balances prove that they are not, else it is asked."""
    found = set()
    for one in accounts:
        if one.opening is not None:
            continue
        counted: Counter[tuple[object, ...]] = Counter()
        for statement in statements:
            if statement.table in one.tables:
                own = [entry for entry in entries[statement.table] if not one.named or entry.account == one.label]
                counted |= Counter((entry.day, entry.amount, " ".join(filter(None, entry.texts))) for entry in own)
        twice = sorted((key for key, number in counted.items() if number > 1), key=str)
        if not twice:
            continue
        day, amount, words = twice[-1]
        question = Question(
            key=f"twice {one.label}",
            text=f"On {len(twice)} occasions {one.label} has movements that are equal in day, amount and words within "
            f"one export, such as {amount} on {day} ({words}), and no balance proves them. Is each a payment of its "
            "own?",
            options=(
                Option(label="Yes, each counts", value="yes"),
                Option(label="No, they are one", value="no"),
            ),
        )
        if settled(question, request) == "no":
            found.add(one.label)
    return frozenset(found)


def _said_balance(request: Request, account: Account) -> Decimal:
    """What is on an account whose statements do not say it; raises AskError until there is an amount."""
    key = f"balance {account.label}"
    said = request.answers.get(key, "")
    amount = read_amount(said)
    if amount is not None:
        return amount
    doubt = f"{said!r} can be read in two ways or in none: write it with two decimals. " if said else ""
    raise AskError(
        Question(
            key=key,
            text=f"{doubt}The statements of {account.label} show no balance. How much was on it at the end of "
            f"{account.last}? For instance 1234.56",
        )
    )


def read_amount(text: str) -> Decimal | None:
    """An amount as people write it; None where it may mean two things, such as 1.234."""
    found = re.fullmatch(r"(?:[A-Za-z€$£]{1,3}\s*)?(-?)\s*([\d.,' \u00a0]*\d)(?:\s*[A-Za-z€$£]{1,3})?\.?", text.strip())
    if found is None:
        return None
    digits = re.sub(r"[' \u00a0]", "", found[2])
    if re.fullmatch(r"\d+", digits):
        plain = digits
    elif re.fullmatch(r"\d{1,3}(?:,\d{3})*\.\d{1,2}|\d+\.\d{1,2}", digits):
        plain = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3})*,\d{1,2}|\d+,\d{1,2}", digits):
        plain = digits.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:,\d{3}){2,}", digits):
        plain = re.sub(r"[.,]", "", digits)
    else:
        return None
    return Decimal(f"{found[1]}{plain}").quantize(Decimal("0.01"))


def _one_sided(request: Request, links: Links) -> bool:
    if not links.one_sided:
        return False
    label, other, entry = links.one_sided[-1]
    question = Question(
        key="one_sided",
        text=f"{len(links.one_sided)} amounts leave one account and reach another within days, and only one side "
        f"speaks of a transfer, such as {abs(entry.amount)} from {label} to {other} on {entry.day}. Are they transfers "
        "between your accounts?",
        options=(
            Option(label="Yes, transfers", value="yes"),
            Option(label="No, payments of others", value="no"),
        ),
    )
    return settled(question, request) == "yes"
