"""OpenAPI 3.0 and 3.1, in JSON or YAML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from connectors.drafting.api import Api, Endpoint, In, Parameter
from connectors.drafting.documents import Written
from connectors.drafting.proving import proofs
from connectors.drafting.searches import in_body, is_search, lists_the_same
from connectors.drafting.shapes import Document, Shape, schema_of
from connectors.drafting.words import clean, identifier
from spec.base import JsonValue

_TOLD = 5
_PLACES = {"query", "header", "path"}


def fits(plain: object) -> bool:
    """A document with ``openapi: 3...``."""
    return isinstance(plain, Mapping) and str(plain.get("openapi", "")).startswith("3")


def read(written: Written) -> Api:
    """What the document says of addresses that are read with GET."""
    plain = cast("Mapping[str, Any]", written.plain)
    document = Document(plain)
    info = _object(plain.get("info"))
    base, settings = _server(plain.get("servers"))
    found, is_open = proofs(document, _object(_object(plain.get("components")).get("securitySchemes")), plain)
    return Api(
        kind="OpenAPI 3",
        title=clean(str(info.get("title", ""))),
        version=clean(str(info.get("version", "")), 30),
        text=str(info.get("description", ""))[:20_000],
        docs=str(_object(plain.get("externalDocs")).get("url", "")),
        base=base,
        settings=settings,
        proofs=found,
        open=is_open,
        endpoints=tuple(endpoints(document, plain, _answer)),
        notes=tuple(document.notes),
    )


def _object(plain: object) -> Mapping[str, Any]:
    return plain if isinstance(plain, Mapping) else {}


def _server(servers: object) -> tuple[str, dict[str, dict[str, JsonValue]]]:
    """The first address, its variables as settings that keep their default."""
    first = _object(servers[0]) if isinstance(servers, list) and servers else {}
    url, settings = str(first.get("url", "")), {}
    for name, item in _object(first.get("variables")).items():
        said, own = _object(item), identifier(str(name))
        values = [str(one) for one in said.get("enum", ()) if isinstance(one, str | int)]
        default = str(said.get("default", ""))
        if len(values) == 1 or not own:
            url = url.replace("{" + str(name) + "}", default)
            continue
        url = url.replace("{" + str(name) + "}", "{" + own + "}")
        one: dict[str, JsonValue] = {"title": clean(str(name)), "help": "Part of the system's address."}
        if default:
            # Most defaults of a whole name are placeholders ("your-shop"), so it is an example and asked for.
            one["default" if values else "example"] = default
        if values:
            one["pattern"] = "|".join(re.escape(value) for value in values)
        else:
            one["pattern"] = "[A-Za-z0-9._-]+(:[0-9]{1,5})?"
        settings[own] = one
    return url.rstrip("/"), settings


def endpoints(document: Document, plain: Mapping[str, Any], answer: Any) -> Iterator[Endpoint]:
    """Each GET of a document's paths, and each POST that searches for what no GET lists.

    ``answer`` takes the schema, the example and the headers out of a reply.
    """
    listed: set[str] = set()
    searches: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
    for path, written in _object(plain.get("paths")).items():
        item = document.found(written)
        post = _object(item.get("post"))
        if post.get("deprecated") is not True and is_search(str(path), post):
            searches[str(path)] = (item, post)
        said = item.get("get")
        if not isinstance(said, Mapping) or said.get("deprecated") is True:
            continue
        listed.add(str(path).rstrip("/"))
        yield _endpoint(document, str(path), item, said, answer)
    passed: list[str] = []
    for path, (item, post) in searches.items():
        if lists_the_same(path) & listed:
            passed.append(clean(path))
            continue
        yield replace(_endpoint(document, path, item, post, answer), method="POST")
    if passed:
        more = f" and {len(passed) - _TOLD} more" if len(passed) > _TOLD else ""
        document.note(
            f"Searches with POST are not drafted where a GET lists the same: {', '.join(passed[:_TOLD])}{more}. "
            "They can be written into connector.yaml by hand (method: POST, body)."
        )


def _endpoint(document: Document, path: str, item: Mapping[str, Any], said: Mapping[str, Any], answer: Any) -> Endpoint:
    given = [*_parameters(document, item.get("parameters")), *_parameters(document, said.get("parameters"))]
    given += in_body(document, said)
    shape, headers, samples = _reply(document, said.get("responses"), answer)
    return Endpoint(
        path=path,
        parameters=tuple({(one.place, one.name): one for one in given}.values()),
        answer=shape,
        headers=headers,
        text=f"{said.get('summary') or ''}\n{said.get('description') or ''}"[:4000],
        samples=samples,
    )


def _reply(
    document: Document, replies: object, answer: Any
) -> tuple[Shape | None, Mapping[str, str], tuple[JsonValue, ...]]:
    by_status = {str(status).upper(): item for status, item in _object(replies).items()}
    for status in ("200", "2XX", "206", "DEFAULT"):
        if status in by_status:
            reply = document.found(by_status[status])
            schema, example = answer(document, reply)
            headers = {
                str(name).lower(): str(document.found(one).get("description", ""))
                for name, one in _object(reply.get("headers")).items()
            }
            return _both(document, schema, example), headers, ()
    return None, {}, ()


def _both(document: Document, schema: object, example: JsonValue) -> Shape | None:
    """The schema, with fields of an answer's example that it does not describe."""
    if schema is None and not isinstance(example, dict | list):
        return None
    said = Shape(document, schema or {})
    if not isinstance(example, dict):
        return said if schema is not None else Shape(document, schema_of(example))
    shown = schema_of(example)
    if not said.properties:
        return said if "array" in said.kinds else Shape(document, shown)
    return Shape(document, _completed(said, shown))


def _completed(said: Shape, shown: Mapping[str, Any], depth: int = 0) -> Mapping[str, Any]:
    """What is described, and beside it what is only shown; of both, the description's word."""
    made = dict(said.said)
    inner = _object(shown.get("properties"))
    if not inner or not said.properties or depth > 3:
        return made
    properties = dict(_object(made.get("properties")))
    for name, item in inner.items():
        if name not in properties:
            properties[name] = item
        elif item.get("type") in {"object", "string", "integer", "boolean"}:
            below = _completed(said.properties[name], item, depth + 1)
            properties[name] = {**below, "example": item["example"]} if "example" in item else below
    return {**made, "properties": properties}


def _answer(document: Document, reply: Mapping[str, Any]) -> tuple[object, JsonValue]:
    content = _object(reply.get("content"))
    for media, one in content.items():
        kind = str(media).partition(";")[0].strip().lower()
        if kind in {"application/json", "*/*", "application/*", "text/json"} or kind.endswith("+json"):
            said = _object(one)
            example = said.get("example")
            several = list(_object(said.get("examples")).values())
            if example is None and several:
                example = document.found(several[0]).get("value")
            return said.get("schema"), example
    return None, None


def _parameters(document: Document, plain: object) -> Iterator[Parameter]:
    for written in plain if isinstance(plain, list) else ():
        item = document.found(written)
        name, place = item.get("name"), str(item.get("in"))
        if not isinstance(name, str) or place not in _PLACES or item.get("deprecated") is True:
            continue
        # Swagger 2 has no schema here: the parameter is one itself.
        content = [_object(one).get("schema") for one in _object(item.get("content")).values()]
        shape = Shape(document, item.get("schema") or (content[0] if content and content[0] else item))
        example = item.get("example", shape.example)
        inner = tuple(shape.properties) if place == "query" and shape.properties else ()
        yield Parameter(
            name=name,
            place=cast("In", place),
            shape=shape,
            required=item.get("required") is True or place == "path",
            text=str(item.get("description") or shape.text("description"))[:2000],
            example=cast("JsonValue", example),
            inner=inner if item.get("style") == "deepObject" else (),
        )
