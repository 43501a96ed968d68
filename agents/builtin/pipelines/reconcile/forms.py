"""How tables would have to be read before roles are looked for: money in and out, whole cents, one currency."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.reconcile.evidence import Evidence, Profile, count_if, ref, source
from agents.builtin.pipelines.reconcile.prepare import AMOUNT, Reading
from agents.builtin.pipelines.reconcile.words import (
    CURRENCY_WORDS,
    IN_WORDS,
    MONEY_WORDS,
    NO_MONEY_WORDS,
    OUT_WORDS,
    says,
    words_of,
)

ONE_SIDED = 0.98


def in_and_out(evidence: Evidence) -> list[Reading]:
    """Statements with a column for money in and one for money out, read with one signed amount."""
    found = []
    for profile in evidence.profiles:
        money = [column.name for column in profile.money]
        pairs = [(i, o) for i in money for o in money if i != o and _is(i, IN_WORDS) and _is(o, OUT_WORDS)]
        one = next(((i, o) for i, o in pairs if _one_sided(evidence, profile, i, o)), None)
        if one is None:
            continue
        into, out = one
        taken = {column.name.casefold() for column in profile.table.columns}
        amount = next(word for word in ("amount", "signed_amount", "amount_in_less_out") if word not in taken)
        value = exp.Sub(
            this=exp.Coalesce(this=name(into), expressions=[exp.Literal.number(0)]),
            expression=exp.Abs(this=exp.Coalesce(this=name(out), expressions=[exp.Literal.number(0)])),
        )
        found.append(
            Reading(
                profile.name,
                free_name(evidence, profile.name),
                {amount: (exp.cast(value, AMOUNT), AMOUNT)},
                said=f"in {profile.name}, {into} counts as money in and {out} as money out",
            )
        )
    return found


def whole_numbers(evidence: Evidence, *, cents: bool) -> list[Reading]:
    """Tables whose amounts are whole numbers, read as hundredths or as units."""
    found = []
    for profile in evidence.profiles:
        if profile.money:
            continue
        whole = [
            column.name
            for column in profile.table.columns
            if column.type in ("INTEGER", "BIGINT", "HUGEINT", "SMALLINT")
            and says(column.name, MONEY_WORDS)
            and not says(column.name, NO_MONEY_WORDS)
        ]
        if not whole:
            continue
        columns: dict[str, tuple[exp.Expr, str]] = {}
        for column in whole:
            value = exp.cast(name(column), "DECIMAL(16,0)")
            scaled = exp.Mul(this=value, expression=exp.Literal.number("0.01")) if cents else value
            columns[column] = (exp.cast(scaled, AMOUNT), AMOUNT)
        listed = " and ".join(whole)
        found.append(
            Reading(
                profile.name,
                free_name(evidence, profile.name),
                columns,
                said=f"{listed} of {profile.name} are in {'cents' if cents else 'whole units'}",
            )
        )
    return found


def currencies(evidence: Evidence, table: str) -> tuple[str, list[str]]:
    """The column that names the currency of a table's rows, if there is one, and the currencies in it."""
    profile = evidence.profile(table)
    for column in profile.labels(most=200) + [c for c in profile.texts if profile.distinct[c.name] == 1]:
        if says(column.name, CURRENCY_WORDS):
            values = [value for value in evidence.labels(table, column.name) if len(value.strip()) == 3]
            if values:
                return column.name, sorted(values)
    return "", []


def of_one_currency(evidence: Evidence, currency: str) -> list[Reading]:
    """Every table that says a currency in each row, read in that one alone."""
    found = []
    for profile in evidence.profiles:
        column, values = currencies(evidence, profile.name)
        if len({value.upper() for value in values}) < 2:
            continue
        alike = exp.EQ(this=exp.Upper(this=name(column)), expression=exp.Literal.string(currency.upper()))
        found.append(
            Reading(
                profile.name,
                free_name(evidence, profile.name),
                {},
                (alike,),
                said=f"only rows of {profile.name} in {currency.upper()} count",
            )
        )
    return found


def free_name(evidence: Evidence, table: str, ending: str = "read") -> str:
    """A step's name for a table read in another way."""
    taken = {profile.name.casefold() for profile in evidence.profiles}
    tried = f"{table}_{ending}"
    while tried.casefold() in taken:
        tried += "_too"
    return tried


def _is(column: str, phrases: Sequence[tuple[str, ...]]) -> bool:
    words = words_of(column)
    return any(words[start : start + len(phrase)] == phrase for phrase in phrases for start in range(len(words)))


def _one_sided(evidence: Evidence, profile: Profile, into: str, out: str) -> bool:
    zero = exp.Literal.number(0)

    def there(column: str) -> exp.Expr:
        filled = exp.Coalesce(this=ref(column), expressions=[zero.copy()])
        return exp.NEQ(this=filled, expression=zero.copy())

    both = exp.and_(there(into), there(out))
    one = exp.or_(there(into), there(out))
    twice, once = evidence.numbers(exp.select(count_if(both), count_if(one)).from_(source(profile.name)))
    return bool(once) and (twice or 0) <= (1 - ONE_SIDED) * float(once or 0)
