"""The vendor's filters, which do leave records out, and the parameter that chooses a record's fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from connectors.http.vendor.dealing import RefusedError, Row, Rows, Turn
from connectors.http.vendor.instants import spelled, understood
from connectors.http.vendor.profile import Filter, Selecting
from connectors.http.vendor.table import Table
from connectors.http.vendor.wire import at

_OPERATORS = {
    ">=": "from", ">": "after", "<=": "until", "<": "before", "=": "equal",
    "ge": "from", "gt": "after", "le": "until", "lt": "before", "eq": "equal",
}  # fmt: skip
_COMPARED = r"(?<![\w.]){name}\s*(>=|<=|>|<|=|\b(?:ge|gt|le|lt|eq)\b)\s*(?:[a-z]*'([^']*)'|([^\s')]+))"
_KEEPS: Mapping[str, Callable[[Any, Any], bool]] = {
    "from": lambda value, border: value >= border,
    "after": lambda value, border: value > border,
    "until": lambda value, border: value <= border,
    "before": lambda value, border: value < border,
    "equal": lambda value, border: value == border,
}


def filtered(table: Table, turn: Turn, headers: Mapping[str, str], rows: Rows, begun: list[datetime]) -> Rows:
    """The rows that the request's filters keep, in their order; RefusedError for a value that is none.

    ``begun`` gets the moments from which on records are asked for.
    """
    for one in table.stream.filters:
        for keeps, border in _borders(one, turn, headers):
            if keeps in {"from", "after"} and isinstance(border, datetime):
                begun.append(border)
            rows = rows.where(partial(_kept, table, one, keeps, border))
    return rows


def refuse_span(table: Table, turn: Turn) -> None:
    """Raise RefusedError for a stretch of time that is longer than the vendor bears, or has no ends."""
    span = table.stream.span
    if span is None:
        return
    moments = [understood(value_of(name, turn), span.form) for name in (span.start, span.end)]
    if moments[0] is None or moments[1] is None:
        raise RefusedError("missing", span.start, "and its end are required")
    if moments[1] - moments[0] > timedelta(days=span.days):
        raise RefusedError("out_of_range", span.end, f"is more than {span.days} days later")


def _borders(one: Filter, turn: Turn, headers: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    if one.place == "text":
        text = str(turn.value(one.text_param) or "")
        for found in re.finditer(_COMPARED.replace("{name}", re.escape(one.param)), text, re.IGNORECASE):
            yield _OPERATORS[found[1].lower()], _border(one, found[3] if found[2] is None else found[2])
        return
    value = headers.get(one.param.lower()) if one.place == "header" else value_of(one.param, turn)
    if value is None:
        return
    keeps: str = one.keeps
    if one.inclusive_param and turn.value(one.inclusive_param) in (True, "true"):
        keeps = {"after": "from", "before": "until"}.get(keeps, keeps)
    yield keeps, _border(one, value)


def value_of(name: str, turn: Turn) -> Any:
    """A parameter's value, ``created[gte]`` as one of an object's."""
    outer, bracket, inner = name.partition("[")
    value = turn.value(outer if bracket else name)
    if bracket:
        return value.get(inner.rstrip("]")) if isinstance(value, dict) else None
    return None if isinstance(value, dict) else value


def _border(one: Filter, value: Any) -> Any:
    if one.form == "plain":
        return str(value)
    moment = understood(value, one.form)
    if moment is None:
        raise RefusedError("wrong_type", one.param, f"is no instant in the form {one.form}")
    return moment


def _kept(table: Table, one: Filter, keeps: str, border: Any, row: Row) -> bool:
    growing = table.stream.growing
    value: Any
    if growing is not None and growing.field == one.field and isinstance(border, datetime):
        # As the record spells it: what it does not tell, a filter cannot see either.
        value = row.moment and understood(_as_told(table, row), growing.form)
    else:
        value = at(table.record(row), one.field)
        if isinstance(border, datetime):
            value = understood(value, one.form)
        elif value is not None:
            value = str(value).lower() if isinstance(value, bool) else str(value)
    return value is not None and _KEEPS[keeps](value, border)


def _as_told(table: Table, row: Row) -> Any:
    growing = table.stream.growing
    assert growing is not None
    assert row.moment is not None
    return spelled(row.moment, growing.form)


def selected(selecting: Selecting | None, turn: Turn, record: dict[str, Any]) -> dict[str, Any]:
    """The record with the fields that are asked for and those that always come."""
    if selecting is None:
        return record
    said = turn.value(selecting.param)
    if said is None and not selecting.default:
        return record
    fields = said if isinstance(said, list) else str(said).split(",") if said is not None else []
    inside: dict[str, list[str]] = {}
    for name in [*selecting.always, *(fields or selecting.default)]:
        outer, _, inner = name.strip().partition(".")
        inside.setdefault(outer, []).append(inner)
    return {name: _part(record[name], inner, selecting) for name, inner in inside.items() if name in record}


def _part(value: Any, fields: list[str], selecting: Selecting) -> Any:
    if isinstance(value, list):
        return [_part(one, fields, selecting) for one in value]
    if not isinstance(value, dict) or "" in fields:
        return value
    wanted = [*selecting.always, *(name.partition(".")[0] for name in fields)]
    return {name: item for name, item in value.items() if name in wanted}
