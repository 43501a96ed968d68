"""Bank statements, looked for in every table: days, amounts that go both ways, words, and what says it is a bank's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from weakref import WeakKeyDictionary

from sqlglot import exp

from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, count_if, ref, source
from agents.builtin.pipelines.reconcile.forms import currencies
from agents.builtin.pipelines.reconcile.prepare import Prepared, Reading
from agents.builtin.pipelines.reconcile.words import (
    FEE_WORDS,
    IN_WORDS,
    MONEY_WORDS,
    NO_MONEY_WORDS,
    OUT_WORDS,
    says,
    words_of,
)
from agents.builtin.templates.cash import words
from agents.builtin.templates.cash.balances import best_opening
from agents.builtin.templates.cash.reading import account_of, amount_of, left_out_of
from agents.builtin.templates.cash.roles import Entry, Statement
from agents.contract import DataView

FILLED = 0.98
MOST_STATED = 4
"""Rows of a balance, which have no amount, that an export may have."""
MOST_LABELS = 12
MOST_ACCOUNTS = 12
MOST_ENTRIES = 200_000
CHAINED = 0.9
"""Share of days whose stated balance must follow from the movements to prove a table without a bank's words."""
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_FOUND: WeakKeyDictionary[DataView, dict[frozenset[str], tuple[tuple[Statement, ...], Prepared]]] = WeakKeyDictionary()


def statements_in(data: DataView, taken: frozenset[str] = frozenset()) -> tuple[tuple[Statement, ...], Prepared]:
    """The statements in these tables; looked for once a view.

    Tables called as in ``taken`` are read under another name.
    """
    known = _FOUND.setdefault(data, {})
    aliases = [Reading(table.name, f"{table.name}_as_given", {}, alias=True)
               for table in data.catalog.tables if table.name.casefold() in taken]  # fmt: skip
    key = frozenset(reading.table for reading in aliases)
    if key not in known:
        evidence = Evidence(Prepared(data, aliases))
        found = [one for profile in evidence.profiles if (one := _statement(evidence, profile))]
        known[key] = tuple(found), evidence.view
    return known[key]


def entries_of(view: Prepared, statement: Statement, currency: str | None = None) -> list[Entry]:
    """The movements of a statement, as far as they count."""
    shown = [
        account_of(statement, ""),
        exp.cast(ref(statement.day), "DATE"),
        amount_of(statement),
        ref(statement.balance) if statement.balance else exp.null(),
        *(exp.Coalesce(this=ref(column), expressions=[exp.Literal.string("")]) for column in statement.texts),
    ]
    query = exp.select(*(value.as_(f"c{place}") for place, value in enumerate(shown))).from_(source(statement.table))
    query = query.where(left_out_of(statement, currency).is_(exp.null()))
    found = []
    for account, day, amount, balance, *texts in view.rows(query, limit=MOST_ENTRIES):
        held = None if balance is None else Decimal(str(balance)).quantize(Decimal("0.01"))
        when = date.fromisoformat(str(day)[:10])
        found.append(Entry(str(account), when, Decimal(str(amount)), held, tuple(str(text) for text in texts)))
    return found


def _statement(evidence: Evidence, profile: Profile) -> Statement | None:
    """The table as a statement; None where nothing says that it is one."""
    day = _day(profile)
    if day is None or not profile.rows:
        return None
    balance = _balance(profile)
    money = [name for name in _money(profile) if name != balance]
    amount, into, out, direction, values = _amount(evidence, profile, money)
    if amount is None and into is None:
        return None
    account, accounts = _account(evidence, profile)
    currency, codes = currencies(evidence, profile.name)
    states = _states(evidence, profile, direction)
    known = {name for name in (account, currency, direction, states[0]) if name}
    texts = [
        column.name
        for column in profile.texts
        if column.name not in known and not says(column.name, words.NO_TEXT_WORDS) and profile.filled[column.name]
    ]
    if not texts:
        return None
    statement = Statement(
        table=profile.name,
        day=day,
        amount=amount,
        into=into,
        out=out,
        direction=direction,
        outgoing=tuple(value for value in values if words.direction_of(value) == "out"),
        directions=values,
        balance=balance,
        fee=None,
        texts=tuple(texts),
        account=account,
        accounts=accounts,
        currency=currency or None,
        currencies=tuple(sorted({code.strip().upper() for code in codes})),
        state=states[0],
        states=states[1],
        open_states=tuple(value for value in states[1] if words.state_of(value) == "open"),
        shape=tuple(sorted(column.name for column in profile.table.columns)),
    )
    statement = _with_fees(evidence, statement, money)
    return statement if _is_a_banks(evidence, profile, statement) else None


def _with_fees(evidence: Evidence, statement: Statement, money: Sequence[str]) -> Statement:
    """The statement with its column of fees where the balances follow with it and not without."""
    fees = [name for name in money if says(name, FEE_WORDS) and name not in (statement.amount, statement.out)]
    if not statement.balance or not fees or _chains(entries_of(evidence.view, statement)):
        return statement
    with_fees = replace(statement, fee=fees[0])
    return with_fees if _chains(entries_of(evidence.view, with_fees)) else statement


def _is_a_banks(evidence: Evidence, profile: Profile, statement: Statement) -> bool:
    """Its balances follow from its movements, or its names speak of a bank."""
    entries = entries_of(evidence.view, statement)
    if statement.balance and _chains(entries):
        return True
    if not any(entry.amount < 0 for entry in entries):
        # Money that only comes in may be sales, or amounts that lost their sign.
        return False
    named = [evidence.view.origin(profile.name), *(column.name for column in profile.table.columns)]
    spoken = {word for name in named for word in words_of(name)} & words.BANK_WORDS
    # "Payee" or "account" alone stands in many lists; with a balance column, or two such words, it is a bank's.
    return len(spoken) >= 2 or bool(spoken and statement.balance)


def _chains(entries: Sequence[Entry]) -> bool:
    by_account: dict[str, list[Entry]] = {}
    for entry in entries:
        by_account.setdefault(entry.account, []).append(entry)
    right = whole = 0
    for own in by_account.values():
        found = best_opening(own)
        right += found.right if found else 0
        whole += found.days if found else 0
    return whole >= 2 and right >= CHAINED * whole


def _day(profile: Profile) -> str | None:
    """When a movement was booked: filled in every row, by its name among several."""
    days = [column.name for column in profile.dates if profile.filled[column.name] >= FILLED * profile.rows]
    return max(
        days,
        key=lambda name: (not says(name, words.VALUE_WORDS), says(name, words.BOOKED_WORDS), -days.index(name)),
        default=None,
    )


def _money(profile: Profile) -> list[str]:
    whole = [
        column.name
        for column in profile.table.columns
        if column.type in WHOLE
        and says(column.name, MONEY_WORDS | words.AMOUNT_WORDS | words.BALANCE_WORDS)
        and not says(column.name, NO_MONEY_WORDS)
        and profile.filled.get(column.name)
    ]
    return [column.name for column in profile.money] + whole


def _balance(profile: Profile) -> str | None:
    money = [name for name in _money(profile) if says(name, words.BALANCE_WORDS)]
    return max(money, key=lambda name: profile.filled[name], default=None)


def _amount(
    evidence: Evidence, profile: Profile, money: Sequence[str]
) -> tuple[str | None, str | None, str | None, str | None, tuple[str, ...]]:
    """(amount, in, out, direction, its values): money in two columns, with a word for its way, or with a sign."""
    pairs = [(i, o) for i in money for o in money if i != o and _says_any(i, IN_WORDS) and _says_any(o, OUT_WORDS)]
    for into, out in pairs:
        if _one_sided(evidence, profile, into, out):
            return None, into, out, None, ()
    zero = exp.Literal.number(0)
    signed: list[str] = []
    unsigned: list[str] = []
    for name in money:
        if profile.filled[name] < min(FILLED * profile.rows, profile.rows - MOST_STATED):
            continue
        counts = (
            count_if(exp.LT(this=ref(name), expression=zero.copy())),
            count_if(exp.GT(this=ref(name), expression=zero.copy())),
        )
        below, above = evidence.numbers(exp.select(*counts).from_(source(profile.name)))
        way = _direction(evidence, profile) if above and not below else None
        if way:
            return name, None, None, way[0], way[1]
        (signed if below else unsigned).append(name)
    best = max(signed or unsigned, key=lambda name: (says(name, words.AMOUNT_WORDS), -money.index(name)), default=None)
    return best, None, None, None, ()


def _says_any(column: str, phrases: Sequence[tuple[str, ...]]) -> bool:
    found = words_of(column)
    return any(found[at : at + len(phrase)] == phrase for phrase in phrases for at in range(len(found)))


def _one_sided(evidence: Evidence, profile: Profile, into: str, out: str) -> bool:
    zero = exp.Literal.number(0)

    def there(column: str) -> exp.Expr:
        return exp.NEQ(this=exp.Coalesce(this=ref(column), expressions=[zero.copy()]), expression=zero.copy())

    counts = (count_if(exp.and_(there(into), there(out))), count_if(there(into)), count_if(there(out)))
    both, ins, outs = evidence.numbers(exp.select(*counts).from_(source(profile.name)))
    return not both and bool(ins or outs)


def _direction(evidence: Evidence, profile: Profile) -> tuple[str, tuple[str, ...]] | None:
    for column in profile.texts:
        if profile.distinct[column.name] != 2 or profile.filled[column.name] < profile.rows:
            continue
        values = tuple(sorted(evidence.labels(profile.name, column.name)))
        if {words.direction_of(value) for value in values} == {"in", "out"}:
            return column.name, values
    return None


def _account(evidence: Evidence, profile: Profile) -> tuple[str | None, tuple[str, ...]]:
    """A column that names the account of each row, which few do; that of the other side has many values."""
    for column in profile.keys:
        if not says(column.name, words.ACCOUNT_WORDS) or says(column.name, words.OTHER_WORDS):
            continue
        few = profile.distinct[column.name] <= MOST_ACCOUNTS and profile.distinct[column.name] * 5 <= profile.rows
        if few and profile.filled[column.name] == profile.rows:
            return column.name, tuple(sorted(evidence.labels(profile.name, column.name)))
    return None, ()


def _states(evidence: Evidence, profile: Profile, direction: str | None) -> tuple[str | None, tuple[str, ...]]:
    """A column of whether a movement is booked, all of whose values are known words."""
    for column in profile.texts:
        if column.name == direction or not 1 <= profile.distinct[column.name] <= MOST_LABELS:
            continue
        values = tuple(sorted(evidence.labels(profile.name, column.name)))
        if profile.filled[column.name] == profile.rows and all(words.state_of(value) for value in values):
            return column.name, values
    return None, ()
