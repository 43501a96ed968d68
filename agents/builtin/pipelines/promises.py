"""Promises in words ("order_id is never empty") become checks; one that is not understood is said, never dropped."""

from __future__ import annotations

import re
from decimal import Decimal

from agents.builtin.pipelines.columns import find_column, find_columns
from spec.base import JsonValue
from spec.catalog import Table

_NUMBER = r"(-?\d+(?:[.,]\d+)?)"
_FILLED = re.compile(
    r"^(?:no\s+(?P<none>.+?)\s+(?:is|are|be)\s+(?:missing|empty|blank|null)"
    r"|(?P<column>.+?)\s+(?:is|are|be)\s+(?:never|not)\s+(?:empty|missing|null|blank)"
    r"|(?P<always>.+?)\s+(?:is|are|be)\s+(?:always\s+)?(?:filled|present|there|set|given)"
    r"|(?:every|each|all)\s+(?:\w+\s+)?(?:row|record|entry|order|customer|line|item)s?\s+(?:has|"
    r"have)\s+(?:an?\s+)?(?P<has>.+))$",
    re.IGNORECASE,
)
_UNIQUE = re.compile(
    r"^(?:(?P<column>.+?)\s+(?:is|are|be)\s+(?:always\s+)?(?:unique|distinct)|no\s+(?P<none>.+?)"
    r"\s+(?:appears?|occurs?|comes?|is)\s+(?:twice|repeated|more\s+than\s+once)"
    r"|(?:there\s+are\s+)?no\s+(?:duplicates?|duplicated|double)\s+(?:in\s+|of\s+)?(?P<dup>.+)"
    r"|(?:each|every)\s+(?P<once>.+?)\s+(?:appears?|occurs?|is\s+there)\s+(?:only\s+)?once)$",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    rf"^(?P<column>.+?)\s+(?:is|are|be|lies?|stays?)\s+(?:always\s+)?between\s+{_NUMBER}\s+and\s+{_NUMBER}$",
    re.IGNORECASE,
)
_SIGN = re.compile(
    r"^(?:no\s+(?P<none>.+?)\s+(?:is|are)\s+negative|(?P<column>.+?)\s+(?:is|are|be)\s+(?:(?:never|"
    r"not)\s+negative|(?:always\s+)?(?P<positive>positive)))$",
    re.IGNORECASE,
)
_LEAST = re.compile(
    rf"^(?P<column>.+?)\s+(?:is|are|be)\s+(?:always\s+)?(?P<op>at\s+least|at\s+most|no\s+more\s+"
    rf"than|not\s+less\s+than)\s+{_NUMBER}$",
    re.IGNORECASE,
)
_ROWS = re.compile(
    rf"^(?:there\s+(?:is|are)\s+|it\s+has\s+|we\s+have\s+)?at\s+least\s+{_NUMBER}\s+(?:rows?|records?|lines?|entries)$",
    re.IGNORECASE,
)
_ANY = re.compile(r"^(?:it|the\s+(?:file|table|result|data))\s+(?:is|are)\s+(?:never|not)\s+empty$", re.IGNORECASE)
_ONE_OF = re.compile(
    r"^(?P<column>.+?)\s+(?:is|are|be)\s+(?:always\s+)?(?:one\s+of|either)\s+(?P<values>.+)$", re.IGNORECASE
)

Found = tuple[str, dict[str, JsonValue]]


def read_promise(text: str, table: Table) -> Found | None:
    """(check, its parameters) for a promise about a table, or None when it is not understood or names no column."""
    said = text.strip().rstrip(".!")
    for read in (_rows, _filled, _unique, _limits, _one_of):
        found = read(said, table)
        if found:
            return found
    return None


def _rows(said: str, table: Table) -> Found | None:
    del table
    found = _ROWS.match(said)
    if found:
        return "row_count", {"min": int(found[1])}
    return ("row_count", {"min": 1}) if _ANY.match(said) else None


def _filled(said: str, table: Table) -> Found | None:
    found = _FILLED.match(said)
    columns = find_columns(next(g for g in found.groups() if g), table) if found else None
    return ("not_null", {"columns": [column.name for column in columns]}) if columns else None


def _unique(said: str, table: Table) -> Found | None:
    found = _UNIQUE.match(said)
    columns = find_columns(next(g for g in found.groups() if g), table) if found else None
    return ("unique", {"columns": [column.name for column in columns]}) if columns else None


def _limits(said: str, table: Table) -> Found | None:
    between, sign, least = _BETWEEN.match(said), _SIGN.match(said), _LEAST.match(said)
    bounds: dict[str, JsonValue] = {}
    if between:
        bounds = {"min": _number(between[2]), "max": _number(between[3])}
        words = between["column"]
    elif sign:
        words = sign["none"] or sign["column"]
        bounds = {"min": 0}
    elif least:
        words = least["column"]
        below = re.sub(r"\s+", " ", least["op"].lower()) in ("at most", "no more than")
        bounds = {"max" if below else "min": _number(least[3])}
    else:
        return None
    column = find_column(words, table)
    if column is not None and sign and sign["positive"]:
        least_positive = _least_positive(column.type)
        bounds = {"min": least_positive}
        if least_positive is None:
            return None
    return ("range", {"column": column.name, **bounds}) if column else None


def _least_positive(type_: str) -> str | None:
    """The smallest value above zero that a type can hold; None for floating point, where there is none to name."""
    decimal = re.fullmatch(r"DECIMAL\(\d+,\s*(\d+)\)", type_)
    if decimal:
        return str(Decimal(1).scaleb(-int(decimal[1])))
    return "1" if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", type_) else None


def _one_of(said: str, table: Table) -> Found | None:
    found = _ONE_OF.match(said)
    column = find_column(found["column"], table) if found else None
    if found is None or column is None:
        return None
    values: list[JsonValue] = [
        value.strip(" '\"“”") for value in re.split(r"\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+", found["values"])
    ]
    return "accepted_values", {"column": column.name, "values": values}


def _number(text: str) -> str:
    return text.replace(",", ".")
