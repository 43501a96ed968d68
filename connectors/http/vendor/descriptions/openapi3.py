"""OpenAPI 3.0 and 3.1, in JSON or YAML."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from connectors.http.vendor.description import Credential, Description, Operation, Parameter
from connectors.http.vendor.documents import METHODS, mapping, opened_by, replies
from connectors.http.vendor.schemas import Reading, Schema


def fits(plain: object) -> bool:
    """A document with ``openapi: 3...``."""
    return isinstance(plain, Mapping) and str(plain.get("openapi", "")).startswith("3")


def read(plain: Mapping[str, Any], paths: Collection[str] | None) -> Description:
    """The description with these paths."""
    reading = Reading(plain)
    info = mapping(plain.get("info"))
    credentials = _credentials(reading, mapping(mapping(plain.get("components")).get("securitySchemes")))
    operations = tuple(_operations(reading, plain, paths, credentials))
    reading.finish()
    return Description(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        base=_base(plain.get("servers")),
        operations=operations,
        definitions=reading.definitions,
        credentials=credentials,
        notes=tuple(reading.notes),
    )


def _base(servers: object) -> str:
    first = mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = str(first.get("url", ""))
    for name, item in mapping(first.get("variables")).items():
        url = url.replace("{" + str(name) + "}", str(mapping(item).get("default", "")))
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _operations(
    reading: Reading, plain: Mapping[str, Any], paths: Collection[str] | None, credentials: Mapping[str, Credential]
) -> Iterator[Operation]:
    for path, written in mapping(plain.get("paths")).items():
        if paths is not None and path not in paths:
            continue
        item = reading.found(written)
        shared = list(_parameters(reading, item.get("parameters")))
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                said = item[method]
                own = list(_parameters(reading, said.get("parameters")))
                named = {(one.place, one.name): one for one in [*shared, *own]}
                body = reading.found(said.get("requestBody"))
                yield Operation(
                    method=method.upper(),
                    path=str(path),
                    parameters=tuple(named.values()),
                    bodies=_content(reading, body),
                    body_required=body.get("required") is True,
                    replies=replies(reading, said.get("responses"), _content),
                    opened_by=opened_by(said.get("security", plain.get("security")), credentials),
                )


def _content(reading: Reading, item: Mapping[str, Any]) -> dict[str, Schema]:
    said = mapping(item.get("content"))
    return {str(media): reading.schema(mapping(one).get("schema")) for media, one in said.items()}


def _parameters(reading: Reading, plain: object) -> Iterator[Parameter]:
    for written in plain if isinstance(plain, list) else ():
        item = reading.found(written)
        name, place = item.get("name"), str(item.get("in"))
        if not isinstance(name, str) or place not in {"query", "header", "path"}:
            if place != "cookie":
                reading.note("A parameter without a name or a place is left out.")
            continue
        content = list(mapping(item.get("content")).values())
        style = str(item.get("style") or ("form" if place == "query" else "simple"))
        explode = item.get("explode")
        yield Parameter(
            name=name,
            place=place,
            schema=reading.schema(item.get("schema", mapping(content[0]).get("schema") if content else None)),
            required=item.get("required") is True or place == "path",
            style="json" if content else style,
            explode=explode if isinstance(explode, bool) else style == "form",
        )


def _credentials(reading: Reading, schemes: Mapping[str, Any]) -> dict[str, Credential]:
    found = {}
    for name, written in schemes.items():
        scheme = reading.found(written)
        kind, way = str(scheme.get("type")), str(scheme.get("scheme", "")).lower()
        if kind == "apiKey" and str(scheme.get("in")) in {"header", "query"}:
            found[str(name)] = Credential(str(scheme["in"]), str(scheme.get("name", "")))
        elif kind == "http" and way == "basic":
            found[str(name)] = Credential("header", "Authorization", "Basic ")
        elif kind in {"http", "oauth2", "openIdConnect"}:
            found[str(name)] = Credential("header", "Authorization", "Bearer ")
    return found
