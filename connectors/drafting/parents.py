"""Lists inside of other lists' records, ``/orders/{order_id}/lines``, and what else an address has to be given."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field

from connectors.drafting.api import Parameter
from connectors.drafting.lists import Listing, last_of
from connectors.drafting.proving import is_proof
from connectors.drafting.questions import Asking, UnknownError
from connectors.drafting.words import alike, clean, identifier, singular, words
from spec.base import JsonValue
from spec.records import record

DEEPEST = 2
SETTING = "setting"
_OF_RECORD = re.compile(r"\b(name|slug|number|code|key|login|username|handle|uuid)\s+of\b", re.IGNORECASE)
_NAMES = {"login", "username", "user", "handle"}
_ENDS = {"id", "gid", "uuid", "guid", "key", "code", "number", "no", "name", "slug", "path", "identifier"}


@record(frozen=True)
class Filled:
    """How a list's address is filled: its path, its parent if it has one, and settings of the connection."""

    path: str
    parent: Mapping[str, JsonValue] | None = None
    kept: tuple[str, ...] = ()
    """Columns of the parent that stand in each row."""
    params: Mapping[str, JsonValue] = field(default_factory=dict)
    headers: Mapping[str, JsonValue] = field(default_factory=dict)
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, JsonValue]] = field(default_factory=dict)


@record(frozen=True)
class Above:
    """A list that may be another's parent: the list, its key, and the columns that it has of its own parent."""

    listing: Listing
    key: str
    kept: tuple[str, ...] = ()
    depth: int = 0


def filled(listing: Listing, above: Sequence[Above], everywhere: set[str], asking: Asking) -> Filled:
    """The address of a list, filled. UnknownError names what nothing gives."""
    path, settings = listing.endpoint.path, dict[str, Mapping[str, JsonValue]]()
    params, headers, body = dict[str, JsonValue](), dict[str, JsonValue](), dict[str, JsonValue]()
    wanted: list[tuple[str, str]] = []
    for name in listing.needs:
        if name in everywhere:
            own = _setting(name, settings, f"Stands in every address of the system, as {clean(name)}.")
            path = path.replace("{" + name + "}", "{" + own + "}")
            asking.decided(listing.name, f"{name} is a setting", "nothing lists it and most addresses begin with it")
        elif _is_told(name, asking):
            own = _setting(name, settings, f"Stands in addresses of the system, as {clean(name)}.")
            path = path.replace("{" + name + "}", "{" + own + "}")
            asking.decided(listing.name, f"{name} is a setting", "you said so")
        else:
            wanted.append((name, path[: path.index("{" + name + "}")].rstrip("/")))
    queries: list[Parameter] = []
    for parameter in listing.endpoint.parameters:
        if not parameter.required or parameter.place == "path" or is_proof(parameter) or _is_of_pages(parameter):
            continue
        fixed = _fixed(parameter)
        if parameter.place == "body" and fixed is None and _may_be_empty(parameter):
            body[parameter.name[1:]] = {}
            what = f"{parameter.name[1:]} is empty"
            asking.decided(listing.name, what, "it is required, and nothing in it is", sure=False)
        elif fixed is not None:
            if parameter.place == "body":
                body[parameter.name[1:]] = fixed
            else:
                target = params if parameter.place == "query" else headers
                target[parameter.name] = fixed if parameter.place == "query" else str(fixed)
            asking.decided(
                listing.name,
                f"{parameter.name.removeprefix('/')} is {fixed}",
                "it is required, and this is its default",
                sure=False,
            )
        elif parameter.place == "header":
            own = _setting(parameter.name, settings, f"Is sent in the header {clean(parameter.name)}.")
            headers[parameter.name] = "{" + own + "}"
            asking.decided(listing.name, f"{parameter.name} is a setting", "the header is required")
        elif _is_told(parameter.name, asking):
            own = _setting(parameter.name, settings, f"Is sent as {clean(parameter.name)}.")
            target, spelled = (body, parameter.name[1:]) if parameter.place == "body" else (params, parameter.name)
            target[spelled] = "{" + own + "}"
            asking.decided(listing.name, f"{spelled} is a setting", "you said so")
        else:
            queries.append(parameter)
    parent, kept, path = _with_parent(listing, path, wanted, queries, above, (params, body), asking)
    return Filled(path, parent, kept, params, headers, body, settings)


def _with_parent(
    listing: Listing,
    path: str,
    wanted: list[tuple[str, str]],
    queries: list[Parameter],
    above: Sequence[Above],
    given: tuple[dict[str, JsonValue], dict[str, JsonValue]],
    asking: Asking,
) -> tuple[Mapping[str, JsonValue] | None, tuple[str, ...], str]:
    if not wanted and not queries:
        return None, (), path
    if len(queries) > 1 or (wanted and queries):
        needs = [name for name, _ in wanted] + [one.name.removeprefix("/") for one in queries]
        raise UnknownError(f"its address needs {', '.join(needs)}")
    # The innermost name is the parent's own; those before it are the parent's parents', whose columns it has.
    name, start = wanted[-1] if wanted else (queries[0].name, "")
    found = next((one for one in above if wanted and one.listing.endpoint.path.rstrip("/") == start), None)
    found = found or next((one for one in above if _names(name, one) and one.depth < DEEPEST), None)
    if found is None or not found.key:
        raise UnknownError(
            f"its address needs {name.removeprefix('/')}, and no list gives that "
            f"(answer {_key_of_setting(name)}={SETTING} to say it when you connect)"
        )
    if found.depth >= DEEPEST:
        raise UnknownError("it stands too deep inside of other lists")
    said = next((one for one in listing.endpoint.parameters if one.name == name), None)
    value = _value(name, said, found) or _asked_value(name, found, listing.name, asking)
    places = {name: f"/{value}"}
    for outer, _ in wanted[:-1]:
        column = next((one for one in found.kept if alike(one, outer)), None)
        places[outer] = f"/{column}" if column is not None else _inner(outer, found, listing.name, asking)
    keep, ask = dict[str, JsonValue](), dict[str, JsonValue]()
    for asked, place in places.items():
        own = identifier(asked)
        path = path.replace("{" + asked + "}", "{parent." + own + "}")
        (ask if own in listing.record.properties else keep)[own] = place
    if queries:
        params, body = given
        target, spelled = (body, name[1:]) if queries[0].place == "body" else (params, name)
        target[spelled] = "{parent." + identifier(name) + "}"
    parent: dict[str, JsonValue] = {
        "stream": found.listing.name,
        **({"keep": keep} if keep else {}),
        **({"ask": ask} if ask else {}),
    }
    asking.decided(listing.name, f"parent {found.listing.name}", f"{name} is {value} of each of its records")
    inner = tuple(keep) + tuple(one for one in ask if one in listing.record.properties)
    return parent, inner, path


def _may_be_empty(parameter: Parameter) -> bool:
    """Whether a part of a search's body is an object of which nothing is required, as a filter for everything is."""
    return parameter.shape.is_only("object") and not parameter.shape.said.get("required")


def _is_of_pages(parameter: Parameter) -> bool:
    """Whether a search's body has to say where its page begins or how long it is, which its paging does."""
    from connectors.drafting.seen import SIZES

    said = set(words(parameter.name))
    return parameter.place == "body" and (said in SIZES or said in ({"page"}, {"offset"}, {"page", "number"}))


def _names(name: str, above: Above) -> bool:
    """Whether a name to be filled is one of a list's records: ``project_gid`` and projects, ``channel``, channels."""
    parts = [word for word in words(name) if word not in _ENDS and word not in {"path", "global"}]
    noun = "".join(singular(word) for word in parts)
    end = above.listing.records.rpartition("/")[2]
    own = {
        "".join(singular(word) for word in words(one))
        for one in (above.listing.name, end, last_of(above.listing.endpoint.path))
        if one
    }
    return bool(noun) and noun in own


def _value(name: str, parameter: Parameter | None, above: Above) -> str:
    """The field of the parent's record that fills a name; empty where that is not clear.

    One called so, or as its last word (``team_slug`` and ``slug``), or as is said of the parameter ('The name of the
    repository'); else its key, where that is of the parameter's kind or the name is that of an id.
    """
    fields = above.listing.record.properties
    last = words(name)[-1] if words(name) else ""
    said = _OF_RECORD.search(parameter.text if parameter is not None else "")
    for wanted in (name, last if last in _ENDS - {"id"} else "", said[1] if said is not None else ""):
        same = next((one for one in fields if wanted and alike(one, wanted) and not fields[one].properties), None)
        if same is not None:
            return same
    key = fields.get(above.key)
    is_other = (
        key is not None and parameter is not None and key.is_only("integer") and parameter.shape.is_only("string")
    )
    return "" if is_other and last not in _ENDS else above.key


def _asked_value(name: str, above: Above, stream: str, asking: Asking) -> str:
    """The same, said by a person: the key is a number, and the address takes a text."""
    fields = {one: shape for one, shape in above.listing.record.properties.items() if shape.is_only("string")}
    named = [one for one in fields if words(one) and words(one)[-1] in _NAMES | _ENDS]
    options = [(one, f"the field {one}") for one in [*named[:7], above.key]]
    text = f"Which field of {above.listing.name} stands for {name} in addresses such as {stream}'s?"
    return asking.needed(f"{above.listing.name}.{identifier(name)}", text, options, stream=stream)


def _inner(name: str, above: Above, stream: str, asking: Asking) -> str:
    """Where a parent's record has what an outer name of an address is filled with; asked where that is not clear."""
    fields = above.listing.record.properties
    for field_name, shape in fields.items():
        if not alike(field_name, name):
            continue
        if not shape.properties:
            return f"/{field_name}"
        inner = [one for one, below in shape.properties.items() if below.is_only("string", "integer")]
        named = [one for one in inner if words(one) and words(one)[-1] in _NAMES | _ENDS][:8]
        options = [(f"/{field_name}/{one}", f"the field {field_name}.{one}") for one in named or inner[:8]]
        return asking.needed(
            f"{above.listing.name}.{identifier(name)}",
            f"Which value of {above.listing.name} stands for {name} in addresses such as {stream}'s?",
            options,
            stream=stream,
        )
    raise UnknownError(f"its address needs {name}, which {above.listing.name} does not have")


def _key_of_setting(name: str) -> str:
    return f"address.{identifier(name)}"


def _is_told(name: str, asking: Asking) -> bool:
    """Whether a person said that what an address needs is said when the account is connected."""
    return asking.offered(_key_of_setting(name), [(SETTING, "it is said when the account is connected")]) == SETTING


def _fixed(parameter: Parameter) -> str | int | bool | None:
    """What a required parameter is given where only one thing or its default makes sense."""
    default, values = parameter.shape.said.get("default"), parameter.shape.said.get("enum")
    if isinstance(default, str | int | bool):
        return _literal(default)
    if isinstance(values, list) and len(values) == 1 and isinstance(values[0], str | int):
        return _literal(values[0])
    return None


def _literal(value: str | int | bool) -> str | int | bool:
    return re.sub(r"([{}])", r"\1\1", value) if isinstance(value, str) else value


def _setting(name: str, settings: dict[str, Mapping[str, JsonValue]], help_text: str) -> str:
    own = identifier(name)
    if not own or own in {"cursor", "parent"}:
        own = f"own_{own}"
    settings[own] = {
        "title": clean(name.replace("_", " ").replace("-", " ")),
        "help": help_text,
        "pattern": "[A-Za-z0-9._~@:+-]{1,200}",
    }
    return own
