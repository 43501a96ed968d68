"""A draft tried against the description it was made from: its requests and answers are checked, its paging is played.

How pages are dealt out is played as the draft has understood it, so these cases confirm nothing about the paging but
that the connector can do it. What they do check is independent of the draft: every request against the description's
addresses, parameters and types, every answer as the description shapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from connectors.drafting.api import Endpoint
from connectors.drafting.drafter import Drafted
from connectors.drafting.proving import is_proof_name
from connectors.http.conformance.suite import Verdict, run
from connectors.http.definition import Definition, Stream, Unit
from connectors.http.vendor.description import Description, Parameter, read_description
from connectors.http.vendor.profile import Profile
from spec.errors import DreflowError

CASES = ("as_written", "whole", "last_page_full", "nothing_there", "incremental")
_PAGE = "dreflow_page"
"""The parameter by which a link is told apart at the vendor's side; which one a vendor uses is no business of ours."""
_SMALL = 10
_FORMS = {
    "seconds_iso": "iso",
    "date": "date",
    "epoch": "epoch",
    "epoch_ms": "epoch_ms",
    "http_date": "http_date",
    "local_iso": "local_iso",
    "iso": "iso",
}


def verdicts(drafted: Drafted, file: Path, names: Sequence[str] | None = None) -> Iterator[Verdict]:
    """Each case on each stream, or on some ``names``. A stream that cannot be played is not tried, and says why."""
    definition = drafted.definition
    wanted = list(definition.streams) if names is None else names
    paths = {one.path or "/graphql" for one in drafted.endpoints.values()}
    try:
        description = _opened(read_description(file, paths=paths), drafted.told)
    except DreflowError as error:
        yield from (Verdict(name, "", "not tried", error.message) for name in wanted)
        return
    base = urlsplit(_filled(definition)).path.rstrip("/") if description.title != "GraphQL" else ""
    for name in wanted:
        line = _line(definition, name)
        alone = definition.model_copy(update={"streams": {one: definition.streams[one] for one in line}})
        try:
            profile = _profile(drafted, name, base)
            found = [one for one in run(drafted.name, alone, description, profile, cases=CASES) if one.stream == name]
        except (DreflowError, ValueError, ArithmeticError, LookupError, TypeError, RecursionError) as reason:
            # The vendor's side is made of a stranger's document: what it cannot make tells nothing of the draft.
            yield Verdict(name, "", "not tried", f"it cannot be played: {str(reason)[:200] or type(reason).__name__}")
            continue
        yield from (_ours(one) for one in found)


def _ours(verdict: Verdict) -> Verdict:
    """A case that ended because the vendor's side could not make an answer as described says nothing of the draft."""
    if verdict.result == "broken" and verdict.detail.startswith("not as the vendor says: reply"):
        return replace(verdict, result="not tried", detail=f"no such answer could be made: {verdict.detail[:200]}")
    return verdict


def _line(definition: Definition, name: str) -> list[str]:
    """A stream and those that it stands inside of, the outermost first."""
    line = [name]
    while (parent := definition.streams[line[0]].parent) is not None:
        line.insert(0, parent.stream)
    return line


def _filled(definition: Definition) -> str:
    base = definition.base_url
    for key, setting in definition.settings.items():
        base = base.replace("{" + key + "}", setting.default or setting.example or "example")
    return base


def _opened(description: Description, told: frozenset[str]) -> Description:
    """The description with the parameter of our links and those that a person ``told`` of, and without a key among what
    every request has to hold.
    """
    operations = []
    for one in description.operations:
        kept = tuple(replace(p, required=False) if is_proof_name(p.name) else p for p in one.parameters)
        known = {p.name for p in kept if p.place == "query"}
        asked = [Parameter(name, "query", {"type": ["string", "integer"]}) for name in sorted({_PAGE, *told} - known)]
        operations.append(replace(one, parameters=(*kept, *asked)))
    return replace(description, operations=tuple(operations))


def _profile(drafted: Drafted, name: str, base: str) -> Profile:
    definition = drafted.definition
    streams = {one: _stream(drafted, one) for one in _line(definition, name)}
    return Profile.model_validate({"title": definition.title, "description": "", "base": base, "streams": streams})


def _stream(drafted: Drafted, name: str) -> dict[str, Any]:
    definition, endpoint = drafted.definition, drafted.endpoints[name]
    said = definition.streams[name]
    request = definition.request(name, incremental=False)
    if not said.primary_key:
        raise ValueError("it has no key by which its records could be held against the vendor's")
    made: dict[str, Any] = {
        "path": endpoint.path or "/graphql",
        "method": "POST" if request.query else request.method,
        "records": request.records,
        "key": _key_place(_told_apart_by(said), request.records, request.query),
        "paging": {**_paging(request.paginate, _whole_numbers(endpoint)), "source": "as the draft has understood it"},
    }
    if request.query:
        made["when"] = {"param": "/query", "contains": f"{endpoint.name}("}
    if said.parent is not None:
        made["belongs"] = {"stream": said.parent.stream, "param": _parent_parameter(said, endpoint.path)}
    if said.cursor is not None:
        form = said.times.get(said.cursor.field, "iso")
        text = "date" if said.types.get(said.cursor.field) == "DATE" else form
        made["growing"] = {"field": said.cursor.field, "form": {"utc": "local_iso"}.get(text, text)}
        made["filters"] = list(_filters(said))
    return made


def _told_apart_by(said: Stream) -> str:
    """One column of the key: the vendor's side has one. Of several that of a text or a number, the last first."""
    kept = said.parent.keep if said.parent is not None else {}
    own = [one for one in said.primary_key if one not in kept]
    plain = [one for one in own if f"/{one}" not in said.times and said.types.get(f"/{one}") != "BOOLEAN"]
    return (plain or own)[-1]


def _key_place(column: str, records: str, query: str) -> str:
    if query and records.endswith("/edges"):
        return f"/node/{column.removeprefix('node_')}"
    return f"/{column}"


def _parent_parameter(said: Stream, path: str) -> str:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    held = [key for key, item in {**said.params, **_in_body(said)}.items() if "{parent." in str(item)]
    given = [*(said.parent.keep if said.parent else ()), *(said.parent.ask if said.parent else ())]
    if len(given) != 1 or len([*names, *held]) < 1:
        raise ValueError("it stands inside of several lists, which is not played")
    return (held or names)[-1]


def _in_body(said: Stream) -> dict[str, Any]:
    """What a search's body holds, by its places."""
    is_search = isinstance(said.body, dict) and not said.query
    return {f"/{name}": item for name, item in cast("dict[str, Any]", said.body).items()} if is_search else {}


def _filters(said: Stream) -> Iterator[dict[str, Any]]:
    assert said.cursor is not None
    source = "as the draft has understood it"
    for place, given in (("query", said.params), ("header", said.headers), ("body", _in_body(said))):
        for name, text in dict[str, Any](given).items():
            form = str(text).removeprefix("{cursor:").removesuffix("}") if str(text).startswith("{cursor:") else ""
            if form in _FORMS:
                yield {
                    "param": name,
                    "place": place,
                    "field": said.cursor.field,
                    "keeps": "from",
                    "form": _FORMS[form],
                    "source": source,
                }
    condition = str(dict(said.incremental.get("params", {})).get("$filter", ""))
    if condition:
        yield {
            "param": said.cursor.field[1:],
            "place": "text",
            "text_param": "$filter",
            "field": said.cursor.field,
            "keeps": "from",
            "form": "local_iso" if "local_iso" in condition else "iso",
            "source": source,
        }


def _whole_numbers(endpoint: Endpoint) -> set[str]:
    """Parameters that take nothing but whole numbers."""
    return {one.name for one in endpoint.parameters if one.shape.is_only("integer", "number")}


def _paging(unit: Unit | None, numbers: set[str]) -> dict[str, Any]:
    """The vendor's side of a way of paging. A mark that a parameter for ``numbers`` takes is the next page's number."""
    if unit is None or unit.use == "none":
        return {"use": "whole"}
    said: Mapping[str, Any] = unit.params
    size = {"param": str(said.get("size_param", "")), "default": _SMALL, "most": int(said.get("size", 1000) or 1000)}
    if unit.use == "cursor" and said["param"] in numbers:
        at, header = said.get("next", ""), said.get("next_header", "")
        return {"use": "page", "number": said["param"], "next_at": at, "next_header": header, "size": size}
    if unit.use == "cursor":
        return {
            "use": "cursor",
            "param": said["param"],
            "next_at": said.get("next", ""),
            "next_header": said.get("next_header", ""),
            "size": size,
            "last": "absent",
            "more_at": said.get("more", ""),
        }
    if unit.use == "next_link":
        at, header = said.get("next", ""), said.get("next_header", "")
        return {"use": "next_link", "next_at": at, "next_header": header, "param": _PAGE, "size": size}
    if unit.use == "link_header":
        return {"use": "link_header", "param": _PAGE, "size": size}
    if unit.use == "keyset":
        return {"use": "keyset", "after": said["after"], "more_at": said.get("more", ""), "size": size}
    if unit.use == "page":
        return {
            "use": "page",
            "number": said["number"],
            "first": said.get("start", 1),
            "size": size,
            "pages_at": said.get("pages", ""),
            "pages_header": said.get("pages_header", ""),
            "more_at": said.get("more", ""),
        }
    if unit.use == "offset":
        return {
            "use": "offset",
            "offset": said["offset"],
            "first": said.get("start", 0),
            "size": {**size, "param": said.get("limit", "limit")},
            "total_at": said.get("total", ""),
            "more_at": said.get("more", ""),
        }
    if unit.use == "odata":
        return {"use": "odata", "version": 2 if "/d/" in str(said.get("total", "/d/")) else 4}
    if unit.use == "graphql":
        return {"use": "graphql", "connection": str(said["info"]).removesuffix("/pageInfo"), "most": 250}
    raise ValueError(f"{unit.use} is not played")
