"""Swagger 2 (OpenAPI 2), in JSON or YAML."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connectors.http.vendor.description import Credential, Description, Operation, Parameter
from connectors.http.vendor.documents import METHODS, mapping, opened_by, replies
from connectors.http.vendor.schemas import Reading, Schema

_STYLES = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


def fits(plain: object) -> bool:
    """A document with ``swagger: 2...``."""
    return isinstance(plain, Mapping) and str(plain.get("swagger", "")).startswith("2")


def read(plain: Mapping[str, Any], paths: Collection[str] | None) -> Description:
    """The description with these paths."""
    reading = Reading(plain)
    info = mapping(plain.get("info"))
    credentials = _credentials(mapping(plain.get("securityDefinitions")))
    operations = tuple(_operations(reading, plain, paths, credentials))
    reading.finish()
    return Description(
        title=str(info.get("title", "")),
        version=str(info.get("version", "")),
        base=str(plain.get("basePath") or "").rstrip("/"),
        operations=operations,
        definitions=reading.definitions,
        credentials=credentials,
        notes=tuple(reading.notes),
    )


def _media(said: Mapping[str, Any], plain: Mapping[str, Any], key: str) -> list[str]:
    found = said.get(key) or plain.get(key)
    return [str(one) for one in found] if isinstance(found, list) and found else [_JSON]


def _operations(
    reading: Reading, plain: Mapping[str, Any], paths: Collection[str] | None, credentials: Mapping[str, Credential]
) -> Iterator[Operation]:
    for path, written in mapping(plain.get("paths")).items():
        if paths is not None and path not in paths:
            continue
        item = reading.found(written)
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                said = item[method]
                written_parameters = [
                    reading.found(one)
                    for listed in (item.get("parameters"), said.get("parameters"))
                    for one in (listed if isinstance(listed, list) else ())
                ]
                bodies, required = _body(reading, written_parameters, _media(said, plain, "consumes"))
                media = _media(said, plain, "produces")
                yield Operation(
                    method=method.upper(),
                    path=str(path),
                    parameters=tuple(_parameters(reading, written_parameters)),
                    bodies=bodies,
                    body_required=required,
                    replies=replies(reading, said.get("responses"), _answer(media)),
                    opened_by=opened_by(said.get("security", plain.get("security")), credentials),
                )


def _answer(media: list[str]) -> Any:
    def content(reading: Reading, item: Mapping[str, Any]) -> dict[str, Schema]:
        if "schema" not in item:
            return {}
        schema = reading.schema(item["schema"])
        return dict.fromkeys(media, schema)

    return content


def _body(reading: Reading, parameters: list[Mapping[str, Any]], media: list[str]) -> tuple[dict[str, Schema], bool]:
    for item in parameters:
        if item.get("in") == "body":
            return dict.fromkeys(media, reading.schema(item.get("schema"))), item.get("required") is True
    fields = [item for item in parameters if item.get("in") == "formData"]
    if not fields:
        return {}, False
    required = [str(item.get("name")) for item in fields if item.get("required") is True]
    properties = {str(item.get("name")): reading.schema(_schema(item)) for item in fields}
    schema = {"type": ["object"], "properties": properties, "required": required, "additionalProperties": False}
    return {next((one for one in media if "form" in one), _FORM): schema}, bool(required)


def _schema(item: Mapping[str, Any]) -> dict[str, Any]:
    # What describes a value stands beside the parameter's name here; 'required' there is no list of properties.
    return {key: value for key, value in item.items() if key not in {"required", "in", "name", "description"}}


def _parameters(reading: Reading, written: list[Mapping[str, Any]]) -> Iterator[Parameter]:
    named: dict[tuple[str, str], Parameter] = {}
    for item in written:
        name, place = item.get("name"), str(item.get("in"))
        if place in {"body", "formData"}:
            continue
        if not isinstance(name, str) or place not in {"query", "header", "path"}:
            reading.note("A parameter without a name or a place is left out.")
            continue
        style, explode = _STYLES.get(str(item.get("collectionFormat", "csv")), ("form", False))
        named[place, name] = Parameter(
            name=name,
            place=place,
            schema=reading.schema(_schema(item)),
            required=item.get("required") is True or place == "path",
            style=style,
            explode=explode,
        )
    yield from named.values()


def _credentials(schemes: Mapping[str, Any]) -> dict[str, Credential]:
    found = {}
    for name, written in schemes.items():
        scheme = mapping(written)
        if scheme.get("type") == "apiKey" and str(scheme.get("in")) in {"header", "query"}:
            found[str(name)] = Credential(str(scheme["in"]), str(scheme.get("name", "")))
        elif scheme.get("type") == "basic":
            found[str(name)] = Credential("header", "Authorization", "Basic ")
        elif scheme.get("type") == "oauth2":
            found[str(name)] = Credential("header", "Authorization", "Bearer ")
    return found
