"""Values that a spec or a command line writes down, taken by their type exactly or not at all.

The engine's casts are kinder: ``7.5`` becomes 8 as INTEGER, ``1.239`` becomes 1.24 as DECIMAL(18,2), and a DATE drops
the time of day. A rate or a parameter is money, so it is written as its type spells it.
"""

from __future__ import annotations

import math
import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING

from pipelines.digest import spelled
from spec.base import JsonValue
from spec.errors import SpecError

if TYPE_CHECKING:
    from sqlglot import exp

    from pipelines.expressions import Where

_AS_WRITTEN = Context(prec=100)
_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?"
_ZONE = r"(Z|[+-]\d{2}(:?\d{2})?)"


def check_exact(value: JsonValue, type_: exp.DataType, where: Where) -> None:
    """Raise SpecError for a value that the type would change; one it cannot hold at all is left to the engine."""
    wanted = _wanted(str(value).strip(), type_)
    if value is not None and wanted:
        shown = spelled(type_.sql(dialect="duckdb"))
        raise SpecError(
            f"{value!r} cannot be {shown} without being changed.",
            hint=f"Write {wanted}.",
            where=where,
            data={
                **where,
                "value": value if isinstance(value, int | float | str | bool) else str(value),
                "type": shown,
            },
        )


def _wanted(text: str, type_: exp.DataType) -> str:
    """What the type spells, where ``text`` is something else; empty where it is that."""
    from sqlglot import exp

    if type_.this in exp.DataType.INTEGER_TYPES:
        return "" if _decimals(text) <= 0 else "a whole number, such as 12"
    if type_.this == exp.DType.DECIMAL:
        parts = [int(item.name) for item in type_.expressions]
        scale = parts[1] if len(parts) > 1 else 0 if parts else 3
        return "" if _decimals(text) <= scale else f"a plain number of at most {scale} decimals"
    if type_.this in {exp.DType.DOUBLE, exp.DType.FLOAT}:
        return "" if _number(text) is not None else "a number"
    form, example = {
        exp.DType.DATE: (_DAY, "a date such as 2026-07-01"),
        exp.DType.TIMESTAMPNTZ: (
            rf"{_DAY}([ T]{_CLOCK})?",
            "a date and time without a zone, such as 2026-07-01T09:00:00",
        ),
        exp.DType.TIMESTAMPTZ: (rf"{_DAY}[ T]{_CLOCK}{_ZONE}", "an instant such as 2026-07-01T09:00:00+02:00"),
        exp.DType.TIME: (_CLOCK, "a time of day such as 09:00:00"),
        exp.DType.BOOLEAN: ("(?i:true|false)", "true or false"),
    }.get(type_.this, ("", ""))
    return example if form and re.fullmatch(form, text) is None else ""


def _decimals(text: str) -> float:
    """How many decimals a number needs; more than any type has where it is none."""
    number = _number(text)
    if number is None:
        return math.inf
    exponent = number.normalize(_AS_WRITTEN).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else math.inf


def _number(text: str) -> Decimal | None:
    # Python takes 1_000 and Arabic digits too, the engine does not.
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", text) is None:
        return None
    return Decimal(text)
