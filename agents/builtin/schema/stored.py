"""What columns hold beyond their type: numbers or days written as text, yes and no under whatever signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date

from agents.builtin.language.words import fold
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.values import ValueIndex

_CODES = frozenset(
    "id key code zip postal postcode phone telephone fax number no sku ean isbn iban vat account mobile version".split()
)
_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.(\d{1,6}))?")
_DAY = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})")
# Days in other forms too: with a time, a month's name, two digits for the year or none between its parts.
_LIKE_A_DAY = re.compile(
    r"^\D{0,12}(?:\d{1,4}[./ -]\d{1,2}[./ -]\d{2,4}\b|\d{1,2}[. -]+[^\W\d]{3,10}[., -]+\d{2,4}\b|"
    r"[^\W\d]{3,10}\.? \d{1,2},? \d{4}\b|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$)"
)
_MOSTLY = 0.5
_ORDERS = {"dmy": "%d{0}%m{0}%Y", "mdy": "%m{0}%d{0}%Y", "ymd": "%Y{0}%m{0}%d"}
# Signs for yes and no; a column that holds no others is a flag.
_YES = ("y", "yes", "true", "t", "j", "ja", "s", "si", "o", "oui")
_NO = ("n", "no", "false", "f", "n", "nein", "n", "no", "n", "non")


def read_kinds(schema: Schema, values: ValueIndex) -> None:
    """Columns of text that hold nothing but numbers or days become such; columns of yes and no become flags."""
    texts = {
        ref: held
        for ref, column in schema.columns.items()
        if column.kind == "text"
        and (held := values.by_column.get(ref))
        and ref not in values.partial
        and not column.is_id
    }
    _days(schema, values, texts)
    for ref, column in list(schema.columns.items()):
        yes_and_no = _signs(column, texts.get(ref, frozenset()))
        if yes_and_no is not None:
            schema.columns[ref] = replace(column, signs=yes_and_no)
        elif column.kind == "text" and ref in texts and not _CODES & set(column.words):
            _numbers(schema, values, column, texts[ref])


def _numbers(schema: Schema, values: ValueIndex, column: Col, held: Collection[str]) -> None:
    found = [_PLAIN_NUMBER.fullmatch(value.strip()) for value in held]
    if not all(found):
        return
    digits = max(len(match[1] or "") for match in found if match)
    cast = f"DECIMAL(21, {digits})" if digits else "BIGINT"
    schema.columns[column.ref] = replace(column, kind="number", cast=cast)
    values.forget(column.ref)


def _days(schema: Schema, values: ValueIndex, texts: dict[tuple[str, str], frozenset[str]]) -> None:
    """Days as text. Where the days of one column leave day and month open, another column of the data settles it."""
    open_: list[tuple[str, str]] = []
    settled: set[str] = set()
    orders: dict[tuple[str, str], str] = {}
    for ref, held in texts.items():
        fits = _orders(value for value in held if value.strip())
        if len(fits) == 1:
            orders[ref] = fits[0]
            settled.update(fits)
        elif fits:
            open_.append(ref)
    said = settled & {"dmy", "mdy"}
    orders.update({ref: min(said) for ref in open_ if len(said) == 1})
    for column in list(schema.columns.values()):
        if column.ref not in orders and _holds_days(column, texts.get(column.ref, frozenset())):
            schema.columns[column.ref] = replace(column, unread=True)
    for ref, order in orders.items():
        filled = [value.strip() for value in texts[ref] if value.strip()]
        sign = next(match[2] for match in [_DAY.fullmatch(filled[0])] if match)
        read = sorted(day for value in filled if (day := _day(value, order)) is not None)
        column = schema.columns[ref]
        blank = len(filled) < len(texts[ref])
        known = min(column.stats.filled, column.stats.rows - 1) if blank else column.stats.filled
        stats = replace(column.stats, filled=known, low=read[0], high=read[-1])
        schema.columns[ref] = replace(column, kind="date", pattern=_ORDERS[order].format(sign), stats=stats)
        values.forget(ref)


def _holds_days(column: Col, held: Collection[str]) -> bool:
    """Whether a column of text or whole numbers holds days, by its values or by its name."""
    if column.kind == "number":
        return all(_LIKE_A_DAY.search(str(bound)) is not None for bound in (column.stats.low, column.stats.high))
    filled = [value for value in held if value.strip()]
    looks = sum(1 for value in filled if _LIKE_A_DAY.search(value))
    return bool(filled) and (looks >= _MOSTLY * len(filled) or column.words[-1] == "date")


def _orders(held: Iterable[str]) -> list[str]:
    """In which orders of day, month and year all of the values are days."""
    left = list(_ORDERS)
    empty = True
    signs: set[str] = set()
    for value in held:
        empty = False
        found = _DAY.fullmatch(value.strip())
        if found is None:
            return []
        signs.add(found[2])
        left = [order for order in left if _day(value.strip(), order) is not None]
        if not left or len(signs) > 1:
            return []
    return [] if empty else left


def _day(value: str, order: str) -> date | None:
    found = _DAY.fullmatch(value)
    if found is None:
        return None
    parts = dict(zip(order, (found[1], found[3], found[4]), strict=True))
    if len(parts["y"]) != 4:
        return None
    try:
        return date(int(parts["y"]), int(parts["m"]), int(parts["d"]))
    except ValueError:
        return None


def _signs(column: Col, held: Collection[str]) -> tuple[str | int | bool, str | int | bool] | None:
    """What stands for yes and what for no in a column that holds only these."""
    if column.kind == "bool":
        return True, False
    if column.kind == "number":
        whole = re.match(r"U?(?:TINY|SMALL|BIG|HUGE)?INT", column.type.upper()) is not None
        both = column.stats.distinct == 2 or column.words[:1] in {("is",), ("has",)}
        bounds = str(column.stats.low), str(column.stats.high)
        return (1, 0) if whole and both and not column.is_id and set(bounds) <= {"0", "1"} else None
    if column.kind != "text" or not 1 <= len(held) <= 2:
        return None
    by_fold = {fold(value.strip()): value for value in held}
    for yes, no in zip(_YES, _NO, strict=True):
        if set(by_fold) == {yes, no}:
            return by_fold[yes], by_fold[no]
    return None
