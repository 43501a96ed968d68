"""Parameter values of a run: those given, else the defaults, each proven to be what the spec permits."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from spec.base import JsonValue
from spec.errors import SpecError, UsageError, unknown_name
from spec.pipeline import Parameter, Pipeline

BUILT_IN = {"now": "TIMESTAMP WITH TIME ZONE", "today": "DATE"}


def zone_of(name: str) -> ZoneInfo:
    """The time zone by its IANA name; SpecError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SpecError(
            f"There is no time zone {name!r}.",
            hint="Use an IANA name such as Europe/Rome or America/New_York.",
            where={"field": "timezone"},
            data={"what": "time zone", "unknown": name},
        ) from None


def parameter_values(spec: Pipeline, given: Mapping[str, JsonValue], now: datetime) -> dict[str, tuple[str, JsonValue]]:
    """Name to (DuckDB type, value), with ``now`` and ``today`` of the run in the spec's time zone."""
    if now.tzinfo is None:
        raise UsageError("The instant of a run needs a time zone.", hint="For instance 2026-07-01T09:00:00+02:00.")
    zone = zone_of(spec.timezone)
    for name in given:
        if name not in spec.parameters:
            raise unknown_name("parameter", name, list(spec.parameters), where={"field": "parameters"})
    values: dict[str, tuple[str, JsonValue]] = {
        "now": (BUILT_IN["now"], now.isoformat()),
        "today": (BUILT_IN["today"], now.astimezone(zone).date().isoformat()),
    }
    for name, parameter in spec.parameters.items():
        if name in BUILT_IN:
            raise SpecError(
                f"The parameter {name!r} is built in.", hint="Give yours another name.", where={"parameter": name}
            )
        value = given.get(name, parameter.default)
        _check(name, parameter, value, asked=name in given)
        values[name] = (parameter.type, value)
    return values


def _check(name: str, parameter: Parameter, value: JsonValue, *, asked: bool) -> None:
    where: dict[str, str | int] = {"parameter": name}
    if value is None:
        if asked and not parameter.values and parameter.min is None and parameter.max is None:
            return
        raise SpecError(
            f"The parameter {name!r} has no value.",
            hint=f"Give one: --param {name}=...",
            where=where,
            data={"parameter": name, "permitted": list(parameter.values)},
        )
    if isinstance(value, list | dict):
        raise SpecError(f"The value of {name!r} is not a single value.", where=where)
    if parameter.values and not any(_same(value, permitted) for permitted in parameter.values):
        shown = ", ".join(str(item) for item in parameter.values[:20])
        raise SpecError(
            f"{value!r} is not a permitted value of {name!r}.",
            hint=f"Permitted: {shown}.",
            where=where,
            data={"parameter": name, "value": value, "permitted": list(parameter.values)},
        )
    for bound, text in ((parameter.min, "least"), (parameter.max, "greatest")):
        if bound is not None and _outside(value, bound, least=text == "least"):
            raise SpecError(
                f"{value!r} is outside what {name!r} permits: the {text} is {bound!r}.",
                where=where,
                data={"parameter": name, "value": value, "min": parameter.min, "max": parameter.max},
            )


def _same(a: JsonValue, b: JsonValue) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return str(a).lower() == str(b).lower()
    return a == b or str(a) == str(b)


def _outside(value: JsonValue, bound: JsonValue, *, least: bool) -> bool:
    try:
        a, b = Decimal(str(value)), Decimal(str(bound))
        return a < b if least else a > b
    except InvalidOperation:
        pass
    with suppress(ValueError):
        one, other = _instant(str(value)), _instant(str(bound))
        return one < other if least else one > other
    return str(value) < str(bound) if least else str(value) > str(bound)


def _instant(text: str) -> datetime:
    """A date or an instant as one that compares; without a zone it is taken as UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
