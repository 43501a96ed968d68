"""A description's file, whatever its kind, as an API."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

from connectors.drafting.api import KINDS, Api, Kind
from connectors.drafting.documents import read_document
from spec.errors import DataError

_MARK = re.compile(
    r"[\"']?\b(?:openapi|swagger)[\"']?\s*:\s*[\"']?[23]\b|<(?:edmx:)?Edmx\b|\"__schema\"\s*:|^\s*type\s+\w*Query\w*\b[^{\n]*\{",
    re.MULTILINE,
)
_BEGINNING = 64 << 10


def from_description(file: Path) -> tuple[Api, dict[str, str | int]]:
    """What a description says, and its file as an error's place. DataError where it is of no known kind."""
    written = read_document(file)
    for name in KINDS.names():
        kind = cast("Kind", KINDS.load(name))
        if kind.fits(written.plain):
            api = kind.read(written)
            return api, written.where(api.base if "{" not in api.base else "")
    raise DataError(
        "The file is no description of an API that can be read.",
        hint="It takes OpenAPI 3, Swagger 2, OData $metadata (EDMX), or a GraphQL schema or introspection.",
        where=written.where(),
    )


def looks_like(file: Path) -> bool:
    """Whether a file begins as a description does; nothing of it is read beyond that."""
    if file.suffix.lower() not in {".json", ".yaml", ".yml", ".xml", ".edmx", ".graphql", ".graphqls", ".gql"}:
        return False
    try:
        with file.open("rb") as opened:
            text = opened.read(_BEGINNING).decode("utf-8", errors="replace")
    except OSError:
        return False
    return _MARK.search(text) is not None
