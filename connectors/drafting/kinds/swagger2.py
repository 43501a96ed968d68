"""Swagger 2.0, in JSON or YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from connectors.drafting.api import Api
from connectors.drafting.documents import Written
from connectors.drafting.kinds.openapi3 import endpoints
from connectors.drafting.proving import proofs
from connectors.drafting.shapes import Document
from connectors.drafting.words import clean
from spec.base import JsonValue


def fits(plain: object) -> bool:
    """A document with ``swagger: 2...``."""
    return isinstance(plain, Mapping) and str(plain.get("swagger", "")).startswith("2")


def read(written: Written) -> Api:
    """What the document says of addresses that are read with GET."""
    plain = cast("Mapping[str, Any]", written.plain)
    document = Document(plain)
    info = plain.get("info") if isinstance(plain.get("info"), Mapping) else {}
    schemes = plain.get("securityDefinitions")
    found, is_open = proofs(document, schemes if isinstance(schemes, Mapping) else {}, plain)
    outer = plain.get("externalDocs")
    return Api(
        kind="Swagger 2",
        title=clean(str(cast("Any", info).get("title", ""))),
        version=clean(str(cast("Any", info).get("version", "")), 30),
        text=str(cast("Any", info).get("description", ""))[:20_000],
        docs=str(outer.get("url", "")) if isinstance(outer, Mapping) else "",
        base=_base(plain),
        proofs=found,
        open=is_open,
        endpoints=tuple(endpoints(document, plain, _answer)),
        notes=tuple(document.notes),
    )


def _base(plain: Mapping[str, Any]) -> str:
    host, path = str(plain.get("host", "")), str(plain.get("basePath", "")).rstrip("/")
    said = plain.get("schemes")
    schemes = [str(one) for one in said] if isinstance(said, list) else []
    scheme = "https" if "https" in schemes or not schemes else schemes[0]
    return f"{scheme}://{host}{path}" if host else path


def _answer(document: Document, reply: Mapping[str, Any]) -> tuple[object, JsonValue]:
    del document
    examples = reply.get("examples")
    shown = examples.get("application/json") if isinstance(examples, Mapping) else None
    return reply.get("schema"), cast("JsonValue", shown)
