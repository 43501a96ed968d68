"""Numbers, money, dates and the report's fixed words in the reader's language.

A file for each language instead of a locale library: a report needs separators, the place of the currency sign, month
names and some fifty words, and the same spec must give the same bytes whatever version of a locale database is there.
To add a language, add its file to ``reports/languages``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from reports.values import Look, Value

_NO_BREAK = "\u00a0"
_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)

_SIGNS = {
    "AUD": "A$", "BRL": "R$", "CAD": "CA$", "CNY": "CN¥", "CZK": "Kč", "EUR": "€", "GBP": "£", "ILS": "₪", "INR": "₹",
    "JPY": "¥", "KRW": "₩", "MXN": "MX$", "NZD": "NZ$", "PLN": "zł", "TRY": "₺", "UAH": "₴", "USD": "$", "VND": "₫",
}  # fmt: skip
_MINOR_UNITS = {
    **dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # ISO 4217; every other currency has two


@dataclass(frozen=True)
class Language:
    """How one language writes; ``excel_date`` is a number format, in which Excel writes its user's separators."""

    code: str
    point: str
    group: str
    sign_first: bool
    percent_gap: str
    months: tuple[str, ...]
    day: str
    excel_date: str
    words: dict[str, str]

    def say(self, key: str, **values: str) -> str:
        """A fixed phrase with its blanks filled."""
        return self.words[key].format(**values)

    def number(self, value: Decimal | float, decimals: int) -> str:
        """Rounded half away from zero, as a spreadsheet shows it, with thousands grouped."""
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        if not exact.is_finite():
            return "–" if exact.is_nan() else ("∞" if exact > 0 else "-∞")
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), context=_EXACT)
        text = f"{rounded or abs(rounded):,f}"
        return text.translate({ord(","): self.group, ord("."): self.point})

    def money(self, value: Decimal | float, currency: str | None, decimals: int | None = None) -> str:
        """With the currency's sign where this language puts it; without a currency a plain number of two decimals."""
        amount = self.number(value, minor_units(currency) if decimals is None else decimals)
        if currency is None:
            return amount
        sign = currency_sign(currency)
        if not self.sign_first:
            return f"{amount}{_NO_BREAK}{sign}"
        gap = _NO_BREAK if sign[-1].isalpha() else ""
        minus, digits = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
        return f"{minus}{sign}{gap}{digits}"

    def percent(self, value: Decimal | float, decimals: int | None = None) -> str:
        """A fraction as percent, with one decimal unless told otherwise."""
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        scaled = exact.scaleb(2) if exact.is_finite() else exact
        return f"{self.number(scaled, 1 if decimals is None else decimals)}{self.percent_gap}%"

    def day_in_words(self, value: date) -> str:
        """A day, the month in words where digits could be read two ways."""
        month = self.months[value.month - 1]
        return self.day.format(
            day=value.day, day2=f"{value.day:02}", month=month, month2=f"{value.month:02}", year=value.year
        )

    def month(self, value: date) -> str:
        """The month that a day is in."""
        return f"{self.months[value.month - 1]} {value.year}"

    def instant(self, value: datetime) -> str:
        """Day and time as they stand in ``value``; the caller has put it into the business's time zone."""
        seconds = f":{value.second:02}" if value.second else ""
        return f"{self.day_in_words(value)}, {value.hour:02}:{value.minute:02}{seconds}"

    def compact(self, value: float) -> str:
        """A short form for axes: 1.2M, 40k."""
        for size, suffix in ((1e12, "T"), (1e9, "B" if self.code == "en" else "G"), (1e6, "M"), (1e3, "k")):
            if abs(value) >= size:
                scaled = value / size
                return self.number(scaled, 0 if scaled == round(scaled) else 1) + suffix
        return self.number(value, 0 if value == round(value) else 1 if abs(value) >= 1 else 2)

    def show(self, value: Value, look: Look, zone: ZoneInfo) -> str:
        """A value as a reader sees it; nothing at all for null."""
        match value:
            case None:
                return ""
            case bool():
                return self.words["yes" if value else "no"]
            case int() | float() | Decimal():
                return self._amount(value, look)
            case datetime():
                local = value.astimezone(zone) if value.tzinfo else value
                return self.day_in_words(local) if look.format == "date" else self.instant(local)
            case date():
                return self.day_in_words(value)
            case time():
                return value.isoformat("minutes" if not value.second else "seconds")
            case timedelta():
                return str(value)
        return value

    def _amount(self, value: Decimal | float, look: Look) -> str:
        match look.format:
            case "money":
                return self.money(value, look.currency if look.sign else None, look.digits)
            case "percent":
                return self.percent(value, look.decimals)
            case "integer":
                return self.number(value, look.decimals or 0)
            case "code" | "text":
                return f"{value:f}" if isinstance(value, Decimal) else str(value)
        return self.number(value, look.digits if look.digits is not None else natural_decimals(value))


def natural_decimals(value: Decimal | float) -> int:
    """Decimals shown where nobody chose: a decimal's own scale, none for an integer, two for a float."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return min(max(-exponent, 0), 12) if isinstance(exponent, int) else 0
    return 0 if isinstance(value, int) else 2


def minor_units(currency: str | None) -> int:
    """Decimals of a currency's smallest coin."""
    return _MINOR_UNITS.get((currency or "").upper(), 2)


def currency_sign(currency: str) -> str:
    """The sign a reader knows, or the code itself where signs would be mistaken."""
    return _SIGNS.get(currency.upper(), currency.upper())


_FOLDER = Path(__file__).with_name("languages")


def languages() -> tuple[str, ...]:
    """Codes of the languages that are there, sorted."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.json")))


@cache
def language(code: str) -> Language:
    """The language of a code such as ``de`` or ``de-AT``; English for one that is not there."""
    folder = _FOLDER
    path = folder / f"{code.replace('_', '-').partition('-')[0].casefold()}.json"
    known = path if path.stem in {found.stem for found in folder.glob("*.json")} else folder / "en.json"
    plain = json.loads(known.read_text(encoding="utf-8"))
    return Language(code=known.stem, **{**plain, "months": tuple(plain["months"])})
