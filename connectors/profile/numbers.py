"""Amounts and whole numbers: the decimal mark, thousands, currency and minus of a file, and each column's type.

Money becomes DECIMAL; codes that only look like numbers (leading zeros, phone numbers, postal codes, long ids) stay
text.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.profile.findings import TOLERATED, DecimalMark, Profile, read_as_text, tolerates
from connectors.profile.shapes import Shape, Shapes

_LONG_ID = 16
_CODE_WORDS = re.compile(
    r"(?:^|[_\W]|(?<=[a-z])(?=[A-Z]))(?:phone|tel|telephone|telefono|mobile|cell|fax|zip|zipcode|postal|postcode|postleitzahl|plz|"
    r"cap|vat|vatno|iban|bic|swift|ean|gtin|upc|isbn|barcode|sku|code|codice|codigo|ssn|serial)(?:$|[_\W]|(?=[A-Z]))",
    re.IGNORECASE,
)
_CODES = (
    "AED AUD BGN BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS INR JPY KRW MXN NOK NZD PLN RON SAR SEK SGD THB TRY USD "
    "ZAR"
)
_CURRENCY = rf"(?:[€$£¥₹₽₺₩₫฿]|{_CODES.replace(' ', '|')}|kr|zł|Kč|Fr\.)"
_MONEY = re.compile(
    rf"^(?P<lead>{_CURRENCY})? ?(?P<sign>[+-]?) ?(?P<more>{_CURRENCY})? ?"
    rf"(?P<body>9[9.,' \u00a0\u202f]*|[.,]9+) ?(?P<tail>{_CURRENCY})?$"
)
_INTEGER = re.compile(r"[+-]?9+")
_SCIENCE = re.compile(r"[+-]?9+(\.9+)?[eE][+-]?9+")


def is_money(shape: str) -> bool:
    """Whether a form is one of a number or an amount, without parentheses and a minus behind."""
    return bool(_MONEY.match(shape))


def _amount(shape: str) -> str | None:
    """The digits and marks of an amount's shape, without currency and sign; None if it is no amount."""
    bare = shape
    if bare.startswith("(") and bare.endswith(")"):
        bare = bare[1:-1]
    elif re.fullmatch(r".*9 ?-", bare):
        bare = bare[:-1].rstrip()
    found = _MONEY.match(bare)
    if found is None or (found["lead"] and found["tail"]):
        return None
    return found["body"].rstrip()


def _marks(body: str) -> tuple[set[str], str]:
    """Which decimal marks an amount's digits allow, and its separator of thousands if it certainly has one."""
    allowed: set[str] = set()
    group = ""
    for mark, other in ((".", ","), (",", ".")):
        whole, _, rest = body.partition(mark)
        if rest and not re.fullmatch("9+", rest):
            continue
        groups = re.fullmatch(rf"9{{1,3}}(?P<sep>[{re.escape(other)}' \u00a0\u202f])999((?P=sep)999)*", whole)
        if re.fullmatch("9*", whole) or groups:
            allowed.add(mark)
            group = groups["sep"] if groups and len(allowed) == 1 else group
    return allowed, group


def decide_number_style(columns: Sequence[Shapes], found: Profile, likely: DecimalMark | None) -> None:
    """Decide the file's decimal mark, thousands, currency signs and minus from the amounts in all columns."""
    votes: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    for column in columns:
        bodies = [(shape, _amount(shape.text)) for shape in column.shapes]
        amounts = sum(shape.count for shape, body in bodies if body)
        if not amounts or amounts < (1 - TOLERATED) * column.values:
            continue
        for shape, body in bodies:
            if body is None:
                continue
            allowed, group = _marks(body)
            if len(allowed) == 1 and not re.fullmatch("9+", body):
                votes[allowed.pop()] += shape.count
            if group:
                groups[group] += shape.count
            _signs(shape, found)
    if votes["."] and votes[","]:
        found.warnings.append(
            "Amounts in this file are written with a decimal point and with a decimal comma; "
            "columns that use the rarer one are read as text."
        )
    if votes:
        found.decimal = "," if votes[","] > votes["."] else "."
    else:
        found.decimal = likely or "."
    usable = {mark: number for mark, number in groups.items() if mark != found.decimal}
    if usable:
        found.thousands = max(sorted(usable), key=lambda mark: usable[mark])
    elif found.decimal == "," and votes:
        found.thousands = "."


def _currencies(shape: str) -> set[str]:
    """Currency signs of an amount's shape."""
    bare = shape.strip("()")
    matched = _MONEY.match(bare) or _MONEY.match(bare.rstrip("-").rstrip())
    return {matched[part] for part in ("lead", "more", "tail") if matched[part]} if matched else set()


def _signs(shape: Shape, found: Profile) -> None:
    if shape.text.startswith("("):
        found.negative = "parentheses"
    elif shape.text.endswith("-"):
        found.negative = "trailing"
    found.currency = tuple(sorted({*found.currency, *_currencies(shape.text)}))


def number_type(column: Shapes, found: Profile, is_quoted: bool) -> str | None:
    """The type of a column of numbers, None where it is none; ``is_quoted`` says that they came as JSON strings."""
    currencies = {sign for shape in column.shapes for sign in _currencies(shape.text)}
    if len(currencies) > 1:
        found.warnings.append(
            f"Column {column.name!r} holds amounts in several currencies ({', '.join(sorted(currencies))}); "
            "it is read as text."
        )
        return None
    seen = _digits_of(column, found)
    if seen.good + seen.science == 0:
        return None
    if seen.science and seen.good + seen.science == column.values:
        why = _no_science(column)
        if why:
            read_as_text(column, found, why)
            return "VARCHAR"
        return "DOUBLE"
    if seen.whole == seen.good:
        return _integer_type(column, seen.good, seen.digits, is_quoted, found)
    if not tolerates(column, seen.good, found, "numbers"):
        return None
    return _decimal_type(seen.digits, seen.scale)


def _no_science(column: Shapes) -> str:
    """Why values with an exponent are none to compute with; empty where they are.

    Programs write an exponent with a sign or behind a decimal point; without either it is a code's letter. Excel shows
    a number of twelve digits and more by its first few, and so writes it into a CSV file.
    """
    signs = [shape for shape in column.shapes if _SCIENCE.fullmatch(shape.text)]
    code = next((shape for shape in signs if re.fullmatch(r"9+[eE]9+", shape.text)), None)
    if code:
        return f"holds values such as {code.example.strip()!r}, which may be codes"
    if all(_is_cut_short(shape.example) and _is_cut_short(shape.last) for shape in signs):
        return (
            f"holds values such as {signs[0].example.strip()!r}, of which a spreadsheet program kept the first digits "
            "only: export the column anew as text or as whole numbers"
        )
    return ""


def _is_cut_short(value: str) -> bool:
    """Whether this is how Excel shows a whole number too long for its cell."""
    found = re.fullmatch(r"\d(?:\.(\d+))?E\+(\d+)", value.strip())
    return found is not None and 11 <= int(found[2]) <= 30 and len(found[1] or "") < int(found[2])


def _decimal_type(digits: int, scale: int) -> str | None:
    if scale > 10 and digits + scale <= 18:
        return "DOUBLE"  # a binary fraction written out, e.g. 0.30000000000000004
    if digits + scale > 38:
        return None
    scale = max(scale, 2)
    return f"DECIMAL({18 if digits + scale <= 16 else 38},{scale})"


@dataclass
class _Digits:
    """Of a column's numbers: how many, how many of them whole, most digits before and after the mark."""

    good: int = 0
    whole: int = 0
    science: int = 0
    digits: int = 0
    scale: int = 0


def _digits_of(column: Shapes, found: Profile) -> _Digits:
    seen = _Digits()
    for shape in column.shapes:
        body = _amount(shape.text)
        if body is None:
            seen.science += shape.count if _SCIENCE.fullmatch(shape.text) else 0
            continue
        before, _, after = body.partition(found.decimal)
        is_grouped = "9" * len(before) != before
        if found.decimal not in _marks(body)[0] or (is_grouped and not found.thousands):
            continue
        seen.good += shape.count
        seen.whole += shape.count if _INTEGER.fullmatch(shape.text) else 0
        seen.digits = max(seen.digits, before.count("9"))
        seen.scale = max(seen.scale, len(after))
    return seen


def _integer_type(column: Shapes, good: int, digits: int, is_quoted: bool, found: Profile) -> str | None:
    signs = {shape.text[0] for shape in column.shapes}
    if any(shape.leading_zero for shape in column.shapes) or digits >= _LONG_ID or is_quoted:
        return "VARCHAR"
    if signs == {"+"} or _CODE_WORDS.search(column.name):
        return "VARCHAR"
    if good == column.values:
        return "BIGINT"
    # Letters among whole numbers are codes as a rule; only words without any digit may be taken for mistakes.
    strays = [shape for shape in column.shapes if not _INTEGER.fullmatch(shape.text)]
    wordy = all(not re.search("9", shape.text) for shape in strays) and not column.other
    return "BIGINT" if wordy and tolerates(column, good, found, "whole numbers") else "VARCHAR"
