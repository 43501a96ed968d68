"""What a person prefers: small typed choices with defaults, kept for each person in each workspace."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from spec.errors import UsageError, unknown_name
from spec.pipeline import Pipeline
from tools.context import Context

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Preference:
    """One choice. ``read`` gives the value as it is kept, or raises UsageError; ``default`` is what counts without."""

    meaning: str
    default: str
    read: Callable[[str], str]


@dataclass(frozen=True)
class Chosen:
    """A preference as it is for a person; ``own`` is False while the default counts."""

    name: str
    value: str
    own: bool
    meaning: str


def _one_of(noun: str, known: Callable[[], Sequence[str]]) -> Callable[[str], str]:
    def read(text: str) -> str:
        folded = text.strip().casefold()
        if folded not in known():
            raise unknown_name(noun, text, known())
        return folded

    return read


def _currency(text: str) -> str:
    code = text.strip().upper()
    if _CURRENCY.fullmatch(code) is None:
        raise UsageError(f"{text!r} is no currency.", hint="Give its three letters by ISO 4217, such as EUR or USD.")
    return code


def _charts() -> Sequence[str]:
    from reports.chart import CHARTS

    return ("auto", *CHARTS.names())


def _languages() -> Sequence[str]:
    from reports.language import languages

    return languages()


def _formats(text: str) -> str:
    from reports.builder import FORMATS

    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError("No format is named.", hint=f"Name some of {', '.join(FORMATS.names())}, with commas between.")
    for name in names:
        if name not in FORMATS.names():
            raise unknown_name("report format", name, FORMATS.names())
    return ",".join(dict.fromkeys(names))


def _timezone(text: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            f"{text!r} is no time zone.", hint="Give its IANA name, such as Europe/Rome or America/New_York."
        ) from None


PREFERENCES: Mapping[str, Preference] = {
    "chart": Preference(
        "the kind of chart drawn beside an answer; 'auto' goes by the data",
        "auto",
        _one_of("chart", _charts),
    ),
    "currency": Preference("the currency of money in reports whose data names none", "none", _currency),
    "language": Preference(
        "language of a report's fixed words, numbers and dates", "en", _one_of("language", _languages)
    ),
    "report_formats": Preference("what reports are made as", "html,xlsx", _formats),
    "timezone": Preference("the zone of dates and schedules; without it the workspace's", "workspace", _timezone),
}
"""All there are. A preference is small and typed; what a business word means is a definition instead."""


def chosen(context: Context) -> Sequence[Chosen]:
    """All preferences as they are for this person."""
    own = context.workspace.store.preferences(context.principal)
    return [
        Chosen(name, own.get(name, one.default), name in own, one.meaning) for name, one in sorted(PREFERENCES.items())
    ]


def preferred(context: Context, name: str) -> str | None:
    """What this person has chosen, None while the default counts."""
    return context.workspace.store.preferences(context.principal).get(_known(name))


def value_of(context: Context, name: str) -> str:
    """What counts for this person: their choice, else the default."""
    return preferred(context, name) or PREFERENCES[name].default


def prefer(context: Context, name: str, value: str, *, now: datetime) -> Chosen:
    """Choose. Raises SpecError for an unknown name or option, UsageError for a value of the wrong form."""
    context.need("ask")
    one = PREFERENCES[_known(name)]
    kept = one.read(value)
    context.workspace.store.prefer(context.principal, name, kept, now=now)
    return Chosen(name, kept, True, one.meaning)


def reset(context: Context, name: str) -> bool:
    """Go back to the default; False when it counted already."""
    context.need("ask")
    return context.workspace.store.unprefer(context.principal, _known(name))


def applied(context: Context, spec: Pipeline) -> Pipeline:
    """A drafted spec with this person's choices written into what it leaves open.

    They become part of what is proven and approved, and a later change of mind changes no approved plan.
    """
    if spec.report is None:
        return spec
    own = context.workspace.store.preferences(context.principal)
    stated = spec.report.model_fields_set
    found: dict[str, object] = {}
    if "language" in own and "language" not in stated:
        found["language"] = own["language"]
    if "currency" in own and spec.report.currency is None:
        found["currency"] = own["currency"]
    if "report_formats" in own and "formats" not in stated:
        found["formats"] = tuple(own["report_formats"].split(","))
    return spec.model_copy(update={"report": spec.report.model_copy(update=found)}) if found else spec


def timezone_of(context: Context) -> str:
    """The zone this person works in."""
    return preferred(context, "timezone") or context.workspace.timezone


def chart_of(context: Context, kind: str) -> str:
    """The kind of chart this person gets where the data suggests ``kind``."""
    own = preferred(context, "chart")
    return kind if own in {None, "auto"} else str(own)


def _known(name: str) -> str:
    if name not in PREFERENCES:
        raise unknown_name("preference", name, tuple(PREFERENCES))
    return name
