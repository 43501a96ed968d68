"""Instants and days spelled as numbers since 1970: seconds, milliseconds, .NET's ``/Date(1541176290160+0000)/``."""

from __future__ import annotations

from collections.abc import Mapping

from connectors import sql
from connectors.trees import exp

FORMS: Mapping[str, tuple[str, str]] = {
    "epoch": (r"-?[0-9]{1,12}(\.[0-9]+)?", "TRY_CAST(:x AS DECIMAL(24, 6)) * 1000000"),
    "epoch_ms": (r"-?[0-9]{1,15}(\.[0-9]+)?", "TRY_CAST(:x AS DECIMAL(24, 6)) * 1000"),
    "dotnet": (
        r"/Date\(-?[0-9]{1,15}([+-][0-9]{4})?\)/",
        r"TRY_CAST(regexp_extract(:x, '\((-?[0-9]+)', 1) AS DECIMAL(24, 6)) * 1000",
    ),
}
"""By name: the pattern of one, and its microseconds."""
# Hours and minutes as one number, +1300: it says where the day is that the instant begins.
_ZONE = r"coalesce(TRY_CAST(regexp_extract(:x, '([+-][0-9]{4})\)', 1) AS BIGINT), 0)"


def instant(text: exp.Expression, form: str) -> exp.Expression:
    """An instant; NULL for a text that is none in this form."""
    pattern, micros = FORMS[form]
    read = sql.template(f"timezone('UTC', make_timestamp(CAST({micros} AS BIGINT)))", x=text)
    return exp.Case().when(sql.call("regexp_full_match", text.copy(), pattern), read)


def day(text: exp.Expression, form: str) -> exp.Expression:
    """The day on which an instant is, in the zone that its text names, else in UTC."""
    pattern, micros = FORMS[form]
    zone = f"({_ZONE} // 100 * 60 + {_ZONE} % 100) * 60000000" if form == "dotnet" else "0"
    read = sql.template(f"CAST(make_timestamp(CAST({micros} AS BIGINT) + {zone}) AS DATE)", x=text)
    return exp.Case().when(sql.call("regexp_full_match", text.copy(), pattern), read)
