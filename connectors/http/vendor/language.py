"""A GraphQL schema in its own language, as what an introspection of it would answer."""

from __future__ import annotations

import re
from typing import Any

_DEFINES = re.compile(r"^\s*(?:extend\s+)?(?:type\s+\w+[^{\n]*\{|schema\b[^{\n]*\{)", re.MULTILINE)
_COMMENT = re.compile(r'\A(?:\s+|#[^\n]*\n|"""(?:[^"]|"(?!""))*"""|"[^"\n]*")+')


def is_schema(text: str) -> bool:
    """Whether a text begins with a definition of the schema language and defines types."""
    start = _COMMENT.sub("", text[:200_000], count=1)
    begins = re.match(r"(?:extend|schema|type|directive|scalar|enum|interface|union|input)\b", start)
    return begins is not None and _DEFINES.search(text) is not None


def introspection(text: str) -> dict[str, Any]:
    """``{"__schema": ...}``; ValueError with the line where the text is wrong."""
    from graphql import GraphQLError, build_ast_schema, introspection_from_schema, parse

    try:
        # Vendors leave out directives of their own servers and deprecate what an interface does not: nothing of that
        # matters to a query.
        return dict(introspection_from_schema(build_ast_schema(parse(text), assume_valid=True, assume_valid_sdl=True)))
    except GraphQLError as error:
        line = f" (line {error.locations[0].line})" if error.locations else ""
        raise ValueError(f"{error.message}{line}") from None
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(str(error)[:200]) from None
