"""Google's discovery documents (``discovery#restDescription``), in JSON.

Paths are told whole, with the service's own path before them, so that the documents of several services of Google stand
beside each other. Its schemas are closed: an answer to a field that is not in them is "Unknown name".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connectors.http.vendor.description import Credential, Description, Operation, Parameter
from connectors.http.vendor.documents import mapping
from connectors.http.vendor.schemas import Reading

_JSON = "application/json"
_FORMATS = {"google-datetime": "date-time", "google-fieldmask": "", "google-duration": ""}
_BEARER = Credential("header", "Authorization", "Bearer ")


def fits(plain: object) -> bool:
    """A document that says of itself that it is one."""
    return isinstance(plain, Mapping) and plain.get("kind") == "discovery#restDescription"


def read(plain: Mapping[str, Any], paths: Collection[str] | None) -> Description:
    """The description with these paths."""
    # The service's name stands in what its definitions are called: two services have a User each.
    service = f"{plain.get('name', '')}.{plain.get('version', '')}"
    schemas = {name: _schema(item, service) for name, item in mapping(plain.get("schemas")).items()}
    reading = Reading({service: schemas})
    credentials = {"oauth2": _BEARER} if "oauth2" in mapping(plain.get("auth")) else {}
    operations = tuple(_operations(reading, plain, plain, service, paths))
    reading.finish()
    return Description(
        title=str(plain.get("title", "")),
        version=f"{plain.get('version', '')}, revision {plain.get('revision', '')}",
        operations=operations,
        definitions=reading.definitions,
        credentials=credentials,
        notes=tuple(reading.notes),
    )


def _operations(
    reading: Reading, plain: Mapping[str, Any], resource: Mapping[str, Any], service: str, paths: Collection[str] | None
) -> Iterator[Operation]:
    shared = mapping(plain.get("parameters"))
    for said in mapping(resource.get("methods")).values():
        path = f"/{plain.get('servicePath', '')}{said.get('flatPath') or said.get('path', '')}"
        if paths is None or path in paths:
            yield Operation(
                method=str(said.get("httpMethod", "GET")),
                path=path,
                parameters=tuple(_parameters(reading, {**shared, **mapping(said.get("parameters"))}, service)),
                bodies=_content(reading, said.get("request"), service),
                # A body without a field is none at all for a call that takes one.
                body_required=False,
                replies={"200": _content(reading, said.get("response"), service)},
                opened_by=("oauth2",) if said.get("scopes") else (),
            )
    for inner in mapping(resource.get("resources")).values():
        yield from _operations(reading, plain, inner, service, paths)


def _content(reading: Reading, said: object, service: str) -> dict[str, dict[str, Any]]:
    found = mapping(said)
    return {_JSON: reading.schema(_schema(found, service))} if found else {}


def _parameters(reading: Reading, said: Mapping[str, Any], service: str) -> Iterator[Parameter]:
    for name, item in said.items():
        schema = _schema(item, service)
        if item.get("repeated"):
            schema = {"type": "array", "items": schema}
        yield Parameter(
            name=str(name),
            place=str(item.get("location", "query")),
            schema=reading.schema(schema),
            required=item.get("required") is True,
        )


def _schema(item: Any, service: str) -> Any:
    """A schema as others spell it: whole references, bounds as numbers, no word for anything."""
    if isinstance(item, list):
        return [_schema(one, service) for one in item]
    if not isinstance(item, Mapping):
        return item
    if isinstance(item.get("$ref"), str):
        return {"$ref": f"#/{service}/{item['$ref']}", "readOnly": item.get("readOnly", False)}
    made = {key: _part(key, value, service) for key, value in item.items() if key not in {"required", "type"}}
    if item.get("type") not in {None, "any"}:
        made["type"] = item["type"]
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    if made.get("format") in {"", "int64", "float", "double"}:
        # As text an int64 is digits; of a float the format says no more than its type.
        del made["format"]
    return made


def _part(key: str, value: Any, service: str) -> Any:
    if key == "properties":
        return {name: _schema(one, service) for name, one in value.items()}
    if key in {"items", "additionalProperties"}:
        return _schema(value, service)
    if key in {"minimum", "maximum"}:
        return float(value) if "." in str(value) else int(value)
    return _FORMATS.get(value, value) if key == "format" else value
