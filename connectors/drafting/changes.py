"""How what has changed is asked for: a parameter for a moment, and the field of a record that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field as made_anew

from connectors.drafting.api import Parameter
from connectors.drafting.lists import Listing
from connectors.drafting.questions import Asking
from connectors.drafting.shapes import Shape
from connectors.drafting.values import form_of
from connectors.drafting.words import words
from spec.base import JsonValue
from spec.records import record

_CHANGED = {
    "updated",
    "update",
    "modified",
    "changed",
    "change",
    "modification",
    "edited",
    "edit",
    "modify",
    "lastmodified",
}
_FROM = {"since", "after", "from", "min", "gte", "gt", "ge", "start", "starting", "begin", "newer", "later", "minimum"}
_UNTIL = {"until", "before", "to", "max", "lte", "lt", "le", "end", "older", "maximum"}
_MADE = {"created", "creation", "create", "date", "placed", "issued", "added", "inserted"}
_NOT_CHANGE = {"by", "status", "user", "count", "reason"}
_FORMS = {"iso": "seconds_iso", "date": "date", "epoch": "epoch", "epoch_ms": "epoch_ms", "dotnet": "seconds_iso"}
_LOOKBACK = {"date": "2 days"}
NEVER = "no"


@record(frozen=True)
class Changes:
    """A stream's cursor: the field, how far back, and what its request holds."""

    field: str
    lookback: str
    params: Mapping[str, JsonValue] = made_anew(default_factory=dict)
    headers: Mapping[str, JsonValue] = made_anew(default_factory=dict)
    body: Mapping[str, JsonValue] = made_anew(default_factory=dict)
    incremental: Mapping[str, JsonValue] = made_anew(default_factory=dict)


def changes_of(listing: Listing, asking: Asking, protocol: str, fixed: Mapping[str, JsonValue]) -> Changes | None:
    """How changes are asked for; None where nothing says how, so that the list is read whole each time.

    A list that can be asked for by when records were made is not read that way unless a person says that they never
    change: what changes later would be missed.
    """
    if protocol.startswith("odata"):
        return _odata(listing, asking, protocol, fixed)
    moments = {name: form for name, shape in listing.record.properties.items() if (form := form_of(name, shape))}
    for parameter in listing.endpoint.parameters:
        name = _name_of_change(parameter)
        if name is None:
            continue
        found = _field_of(parameter, moments, listing, asking)
        if found is not None and parameter.place == "body" and "epoch" in _spelling(parameter, moments[found])[0]:
            # What fills a body is text, and this asks for a number.
            continue
        if found is None:
            asking.decided(
                listing.name, "read whole each time",
                f"{parameter.name} asks for changes, and no field of a record says when it changed", sure=False,
            )  # fmt: skip
            continue
        return _asked_by(parameter, name, found, moments[found], listing, asking)
    return _by_making(listing, moments, asking)


def _name_of_change(parameter: Parameter) -> str | None:
    """The parameter's name as a request spells it, where it asks for what has changed since a moment."""
    said = set(words(parameter.name))
    if parameter.place == "header":
        return parameter.name if parameter.name.lower() == "if-modified-since" else None
    if (
        parameter.place not in {"query", "body"}
        or parameter.name.count("/") > 1
        or said & _UNTIL - {"to"}
        or parameter.shape.is_only("boolean", "array")
    ):
        return None
    if said & _CHANGED and parameter.inner:
        inner = next(
            (one for one in ("gte", "gt", "from", "since", "after", "min", "ge") if one in parameter.inner), None
        )
        return f"{parameter.name}[{inner}]" if inner is not None else None
    if said & _CHANGED and said & _FROM:
        return parameter.name
    told = set(words(parameter.text))
    return parameter.name if said == {"since"} and told & _CHANGED else None


def _field_of(parameter: Parameter, moments: Mapping[str, str], listing: Listing, asking: Asking) -> str | None:
    about = [name for name in moments if set(words(name)) & _CHANGED and not set(words(name)) & _NOT_CHANGE]
    if len(about) > 1:
        own = set(words(parameter.name)) & _CHANGED
        closer = [name for name in about if set(words(name)) & own] or about
        shortest = min(len(words(name)) for name in closer)
        about = [name for name in closer if len(words(name)) == shortest]
    if len(about) <= 1:
        return about[0] if about else None
    said = asking.answer(
        f"{listing.name}.changed", f"Which field of {listing.name} does {parameter.name!r} ask about?",
        [*((name, f"the field {name}") for name in about[:6]), (NEVER, "none: read the whole list each time")],
        stream=listing.name,
    )  # fmt: skip
    return said if said not in {None, NEVER} else None


def _asked_by(parameter: Parameter, name: str, field_name: str, form: str, listing: Listing, asking: Asking) -> Changes:
    spelled, why = _spelling(parameter, form)
    text = f"{{cursor:{spelled}}}"
    evidence = f"{name} asks for changes, {field_name} says when a record changed; {why}; read again an hour back"
    lookback = _LOOKBACK.get("date" if spelled == "date" else form, "1 hour")
    if lookback != "1 hour":
        evidence = evidence.replace("an hour back", "two days back")
    asking.decided(listing.name, f"cursor {field_name}", evidence)
    if parameter.place == "header":
        return Changes(f"/{field_name}", lookback, headers={name: text})
    if parameter.place == "body":
        return Changes(f"/{field_name}", lookback, body={name[1:]: text})
    return Changes(f"/{field_name}", lookback, params={name: text})


def _spelling(parameter: Parameter, form: str) -> tuple[str, str]:
    """How the parameter spells a moment: as its own format says, else as the field does."""
    said, text = parameter.shape.text("format"), parameter.text.lower()
    own = form_of(parameter.name, parameter.shape)
    if said in {"date-time", "datetime"}:
        return "seconds_iso", "its format is date-time"
    if said == "date":
        return "date", "its format is date"
    if parameter.place == "header":
        return "http_date", "as the header is spelled (RFC 9110)"
    if own in _FORMS:
        return _FORMS[own], f"it is spelled as {own}"
    if parameter.shape.is_only("integer") or "unix" in text or "epoch" in text:
        spelled = "epoch_ms" if "millisecond" in text or form == "epoch_ms" else "epoch"
        return spelled, "it is a number, since 1970"
    if "iso 8601" in text or "iso8601" in text or "rfc 3339" in text or "rfc3339" in text:
        return "seconds_iso", "it is spelled as ISO 8601, in words"
    return _FORMS[form], f"nothing says how it is spelled: as {field_word(form)}, like the field"


def field_word(form: str) -> str:
    """A form in words."""
    return {"iso": "ISO 8601", "date": "a day", "epoch": "seconds since 1970", "epoch_ms": "milliseconds since 1970",
            "dotnet": "ISO 8601"}[form]  # fmt: skip


def _by_making(listing: Listing, moments: Mapping[str, str], asking: Asking) -> Changes | None:
    for parameter in listing.endpoint.takes("query"):
        said = set(words(parameter.name))
        inner = next((one for one in ("gte", "gt", "from", "since", "min") if one in parameter.inner), None)
        about = said - _FROM
        if not about or not about <= _MADE | {"at", "on", "time"} or (inner is None and not said & _FROM):
            continue
        made = [name for name in moments if set(words(name)) & about & _MADE]
        if not made:
            continue
        field_name = min(made, key=len)
        name = f"{parameter.name}[{inner}]" if inner else parameter.name
        key = f"{listing.name}.changes"
        options = [("yes", "yes, or not sure: read the whole list each time"), (NEVER, "no: read only new ones")]
        if asking.offered(key, options) == NEVER:
            return _asked_by(parameter, name, field_name, moments[field_name], listing, asking)
        asking.decided(
            listing.name, "read whole each time",
            f"{name} asks for records by when they were made, which passes over what changes later; "
            f"where they never change, answer {key}={NEVER}", sure=False,
        )  # fmt: skip
        return None
    return None


def _odata(listing: Listing, asking: Asking, protocol: str, fixed: Mapping[str, JsonValue]) -> Changes | None:
    fields = listing.record.properties
    changed = [name for name, shape in fields.items() if _is_moment(shape) and _is_of_change(name)]
    if not changed:
        return None
    shortest = min(changed, key=lambda name: len(words(name)))
    conditions = [_condition(shortest, fields[shortest], protocol)]
    if fields[shortest].is_nullable:
        # Of a record that was never changed it is empty, so its making is asked for too.
        made = [name for name, shape in fields.items() if _is_moment(shape) and set(words(name)) & _MADE
                and set(words(name)) <= {*_MADE, "time", "at", "on", "stamp"}]  # fmt: skip
        if not made:
            asking.decided(
                listing.name, "read whole each time", f"{shortest} may be empty, and nothing else dates a record"
            )
            return None
        first = min(made, key=len)
        if fields[first].said.get("edm") != fields[shortest].said.get("edm"):
            return None
        conditions.append(_condition(first, fields[first], protocol))
    params = fixed.get("params")
    merged: dict[str, JsonValue] = {**(params if isinstance(params, dict) else {}), "$filter": " or ".join(conditions)}
    evidence = f"the property {shortest} says when a record changed; OData's $filter asks for it"
    asking.decided(listing.name, f"cursor {shortest}", evidence)
    # What is a DateTime may be a day without its time.
    lookback = "1 hour" if fields[shortest].said.get("edm") == "Edm.DateTimeOffset" else "2 days"
    return Changes(f"/{shortest}", lookback, incremental={"params": merged})


def _is_moment(shape: Shape) -> bool:
    return shape.said.get("edm") in {"Edm.DateTime", "Edm.DateTimeOffset"}


def _is_of_change(name: str) -> bool:
    said = set(words(name))
    return bool(said & _CHANGED) and not said & _NOT_CHANGE


def _condition(name: str, shape: Shape, protocol: str) -> str:
    if shape.said.get("edm") == "Edm.DateTime":
        return f"{name} ge datetime'{{cursor:local_iso}}'"
    return f"{name} ge datetimeoffset'{{cursor:iso}}'" if protocol == "odata2" else f"{name} ge {{cursor:iso}}"
