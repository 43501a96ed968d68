"""Placeholders in a connector's texts: ``{name}``, or ``{name:form}`` for another spelling of an instant or a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import quote

from spec.base import JsonValue
from spec.errors import SpecError

Values = Mapping[str, str | None]
_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_.]*)(?::([a-z0-9_]+))?\}")
_SECOND = timedelta(seconds=1)
_DOCUMENT = re.compile(r"/d/([A-Za-z0-9_-]+)")
_LIST = re.compile(r"\{([a-z_][a-z0-9_.]*):list\}")


class MissingError(Exception):
    """A placeholder has no value, so the part of the request that holds it is left out."""


def _instant(text: str) -> datetime:
    """A cursor's text as an instant; one without a zone is in UTC, as cursors are kept."""
    found = datetime.fromisoformat(text.replace(" ", "T", 1))
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _iso(text: str) -> str:
    moment = _instant(text).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{moment.microsecond:06d}" if moment.microsecond else "") + "Z"


FORMS: Mapping[str, Callable[[str], str]] = {
    "iso": _iso,
    "seconds_iso": lambda text: _instant(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    # For a filter that leaves its border out, or may: what was changed in that very moment is asked for too.
    "second_before": lambda text: (_instant(text).astimezone(UTC) - _SECOND).strftime("%Y-%m-%dT%H:%M:%SZ"),
    "local_iso": lambda text: _instant(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    "date": lambda text: _instant(text).astimezone(UTC).strftime("%Y-%m-%d"),
    # Whole seconds below: a cursor's border is inclusive, and the next whole second would leave its own second out.
    "epoch": lambda text: str(int(_instant(text).timestamp() // 1)),
    "epoch_ms": lambda text: str(round(_instant(text).timestamp() * 1000)),
    "http_date": lambda text: format_datetime(_instant(text).astimezone(UTC).replace(microsecond=0), usegmt=True),
    # Google's documents have their id behind /d/ in the address that a browser shows.
    "document": lambda text: found[1] if (found := _DOCUMENT.search(text)) else text.strip(),
    "url": lambda text: quote(text, safe=""),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}


def filled(text: str, values: Values) -> str:
    """The text with its placeholders' values; MissingError when one has none, SpecError when there is no such one."""

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        if match[1] not in values:
            raise SpecError(
                f"There is no value {{{match[1]}}}.",
                hint=f"There is: {', '.join(sorted(values)) or 'none'}.",
                data={"unknown": match[1], "known": sorted(values)},
            )
        found = values[match[1]]
        if found is None:
            raise MissingError(match[1])
        form = match[2]
        if form is None:
            return found
        if form not in FORMS:
            raise SpecError(f"There is no form {form!r}.", hint=f"There is: {', '.join(sorted(FORMS))}.")
        return FORMS[form](found)

    return _PLACEHOLDER.sub(value, text)


def names(text: str) -> list[str]:
    """The placeholders that stand in a text."""
    return [match[1] for match in _PLACEHOLDER.finditer(text) if match[1] is not None]


def filled_all(item: JsonValue, values: Values) -> JsonValue:
    """A body with its placeholders' values; entries of objects and lists without one are left out.

    A text that is ``{name:list}`` and no more becomes the list of what commas part in the value.
    """
    if isinstance(item, str):
        whole = _LIST.fullmatch(item)
        if whole is None:
            return filled(item, values)
        return [part.strip() for part in filled(f"{{{whole[1]}}}", values).split(",") if part.strip()]
    if isinstance(item, list):
        return [part for entry in item if (part := _or_nothing(entry, values)) is not _NOTHING]
    if isinstance(item, dict):
        return {key: part for key, entry in item.items() if (part := _or_nothing(entry, values)) is not _NOTHING}
    return item


_NOTHING: JsonValue = "\x00nothing"


def _or_nothing(item: JsonValue, values: Values) -> JsonValue:
    try:
        return filled_all(item, values)
    except MissingError:
        return _NOTHING
