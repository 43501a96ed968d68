"""Units beside numbers: what is said in per cent or in a currency is compared with columns of that unit alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from agents.builtin.language.words import split_name
from agents.builtin.meaning import Compare, Condition, Either, Meaning, Nested, Out, Scope
from agents.builtin.schema.choose import MONEY
from agents.contract import DataView, Refusal
from spec.catalog import Column, Table

PERCENT = "per cent"
_NUMBER = r"\d[\d,]*(?:\.\d+)?[km]?"
_UNITS = r"%|€|\$|£|per\s?cent\b|eur\b|euros?\b|usd\b|dollars?\b|gbp\b|pounds?\b|chf\b|francs?\b"
_SAID = re.compile(
    rf"(?P<sign>[€$£])\s?(?P<after>{_NUMBER})|(?<![\w.])(?P<before>{_NUMBER})\s?(?P<unit>{_UNITS})", re.IGNORECASE
)
CODES = {"€": "eur", "$": "usd", "£": "gbp", "dollar": "usd", "dollars": "usd", "euro": "eur", "euros": "eur",
         "pound": "gbp", "pounds": "gbp", "franc": "chf", "francs": "chf"}  # fmt: skip
_CURRENCIES = frozenset(CODES.values()) | {"jpy", "cad", "aud", "sek", "nok", "dkk", "pln", "czk"}
_NAMES_CURRENCY = frozenset({"currency", "ccy", "curr", "valuta", "devise", "divisa"})
_OF_A_HUNDRED = frozenset({"percent", "percentage", "pct", "perc"})
_OF_A_WHOLE = frozenset({"rate", "share", "ratio"})


def units_said(text: str) -> dict[float, str]:
    """Numbers of a text that have a unit, each with it: PERCENT, or a currency's code in lower case."""
    found: dict[float, str] = {}
    for said in _SAID.finditer(text):
        number = (said["after"] or said["before"]).replace(",", "").lower()
        factor = {"k": 1e3, "m": 1e6}.get(number[-1], 1.0)
        found[float(number.rstrip("km")) * factor] = unit_named(said["sign"] or said["unit"])
    return found


def unit_named(word: str) -> str:
    """The unit that a sign or a word stands for."""
    plain = word.strip().casefold()
    return PERCENT if plain == "%" or plain.startswith("per") else CODES.get(plain, plain)


def misfit(unit: str, column: Column, table: Table, data: DataView) -> str:
    """Why numbers of this unit cannot be compared with the column; empty where they can."""
    words = set(split_name(column.name))
    if unit == PERCENT:
        return _no_percentage(column, words, table, data)
    if words & _OF_A_HUNDRED or column.name in table.primary_key or "id" in words:
        return f"{column.name} holds no money"
    if "INT" in column.type and not words & set(MONEY):
        return f"{column.name} holds no money"
    known = _currencies(words, table, data)
    if known and known != {unit}:
        return f"{column.name} is in {' and '.join(sorted(one.upper() for one in known))}, not in {unit.upper()} alone"
    return ""


def _no_percentage(column: Column, words: set[str], table: Table, data: DataView) -> str:
    if not words & (_OF_A_HUNDRED | _OF_A_WHOLE):
        return f"it is not plain that {column.name} is in per cent"
    value = exp.column(column.name, quoted=True)
    most = exp.Max(this=exp.Abs(this=value))
    found = data.scalars(exp.select(exp.cast(most, "DOUBLE")).from_(exp.table_(table.name, quoted=True)))
    highest = found[0] if found else None
    if isinstance(highest, int | float) and highest <= 1:
        return f"{column.name} holds parts of one (at most {highest:g}), not per cent"
    return ""


def _currencies(words: set[str], table: Table, data: DataView) -> set[str]:
    """The currencies that a column's name or a column beside it names; empty where nothing does."""
    named = {CODES.get(word, word) for word in words} & _CURRENCIES
    if named:
        return named
    found: set[str] = set()
    for column in table.columns:
        if column.type == "VARCHAR" and set(split_name(column.name)) & _NAMES_CURRENCY:
            value = exp.column(column.name, quoted=True)
            query = exp.select(value).distinct().from_(exp.table_(table.name, quoted=True))
            rows = data.rows(query.order_by(exp.Literal.number(1)), limit=200)
            found |= {CODES.get(str(row[0]).casefold(), str(row[0]).casefold()) for row in rows if row[0]}
    return found


def refused_units(text: str, meaning: Meaning, data: DataView) -> Refusal | None:
    """The refusal of a number whose unit is not that of the column it is compared with."""
    said = units_said(text)
    if not said:
        return None
    tables = {table.name: table for table in data.catalog.tables}
    for compared, numbers in _compared(meaning):
        units = {said[number] for number in numbers if number in said}
        table = tables.get(compared.column[0]) if compared.column else None
        column = table.column(compared.column[1]) if table and compared.column else None
        for unit in sorted(units):
            reason = misfit(unit, column, table, data) if table and column else ""
            if compared.kind == "count":
                reason = f"a number of rows is not in {unit.upper() if unit != PERCENT else unit}"
            if reason:
                return Refusal(
                    message=f"I cannot compare these: {reason}.",
                    hint="Say the number as the column holds it, without a sign, or name another column.",
                )
    return None


def _compared(meaning: Meaning) -> Iterator[tuple[Out, tuple[float, ...]]]:
    """What is compared with numbers anywhere in a question."""
    for out, _, number in meaning.having:
        yield out, (float(number),)
    yield from _in_scope(meaning.scope)


def _in_scope(scope: Scope) -> Iterator[tuple[Out, tuple[float, ...]]]:
    for condition in scope.conditions:
        yield from _in_condition(condition)


def _in_condition(condition: Condition) -> Iterator[tuple[Out, tuple[float, ...]]]:
    if isinstance(condition, Compare):
        numbers = (value for value in condition.values if isinstance(value, int | float))
        yield Out("column", column=condition.column), tuple(float(number) for number in numbers)
    elif isinstance(condition, Either):
        for option in condition.options:
            yield from _in_condition(option)
    elif isinstance(condition, Nested):
        if condition.out is not None:
            yield condition.out, (float(condition.value),)
        yield from _in_scope(condition.scope)
