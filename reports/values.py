"""What a query gives a report, and how a value is to look; independent of any document format."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from pipelines.job import Field
from spec.report import NumberFormat

Value = None | bool | int | float | Decimal | date | datetime | time | timedelta | str
Format = NumberFormat | Literal["code"]

UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that neither HTML nor XML can hold; line ends and tabs are none of them."""

_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$")
_DECIMAL = re.compile(r"(?:DECIMAL|NUMERIC)\((\d+),\s*(\d+)\)$")
_NAMES_A_THING = re.compile(
    r"(^|_)(id|ids|no|nr|num|number|code|key|year|zip|postcode|phone|sku|ean|iban|reference|ref)$"
)


@dataclass(frozen=True, slots=True)
class Look:
    """How a value is shown. ``code`` is a number that names a thing (an order, a year): no thousands are grouped.

    ``digits`` are the decimals agreed for a whole column; ``sign`` is false where the currency stands in the heading.
    """

    format: Format
    currency: str | None = None
    decimals: int | None = None
    scale: int | None = None
    """Decimals that the column's type has, when it is a decimal."""
    sign: bool = True

    @property
    def digits(self) -> int | None:
        """Decimals to show, where they are known before a value is seen."""
        if self.decimals is not None or self.format == "money":
            return self.decimals
        return self.scale

    @property
    def right(self) -> bool:
        """Whether a column of these is aligned at the right, digit under digit."""
        return self.format in {"money", "number", "integer", "percent"}


def look_of(
    field: Field,
    *,
    key: bool,
    asked: NumberFormat | None,
    currency: str | None,
    decimals: int | None,
) -> Look:
    """How a column is shown: as the report says, else as its type suggests."""
    scale = decimal_scale(field.type)
    chosen: Format = asked or _format_of(field, key=key)
    return Look(chosen, currency if chosen == "money" else None, decimals, scale, sign=False)


def _format_of(field: Field, *, key: bool) -> Format:
    kind = field.type.upper()
    if _WHOLE.match(kind):
        return "code" if key or _NAMES_A_THING.search(field.name.casefold()) else "integer"
    if _DECIMAL.match(kind) or kind in {"DOUBLE", "FLOAT", "REAL"}:
        return "number"
    if kind == "DATE":
        return "date"
    return "datetime" if kind.startswith("TIMESTAMP") else "text"


def decimal_scale(kind: str) -> int | None:
    """Decimals of a DECIMAL type, None for any other."""
    found = _DECIMAL.match(kind.upper())
    return int(found[2]) if found else None


def is_number(kind: str) -> bool:
    """Whether a DuckDB type is one that can be added up."""
    upper = kind.upper()
    return bool(_WHOLE.match(upper) or _DECIMAL.match(upper)) or upper in {"DOUBLE", "FLOAT", "REAL"}
