"""Rows without a word of what they are: "show all rows", "show me everything", "let me see the table"."""

from __future__ import annotations

import re

from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import spoken
from agents.builtin.schema.graph import Schema

_SHOW = (
    r"(?:please )?(?:(?:can|could|may) (?:i|you|we) )?(?:please )?(?:just )?"
    r"(?:let me see|show|list|see|view|display|print|open|give|look at|read|output)(?: (?:me|us))?(?: out)?"
)
_ALL = r"(?:(?:all|the|my|our|of|whole|entire|full|complete|every|it|them|this|these|raw)\b ?)*"
_ROWS = r"(?:rows?|records?|data|tables?|entries|entry|lines?|everything|contents?|dataset|file|list|sheet|all)"
_EVERYTHING = re.compile(
    rf"^(?:{_SHOW} (?:{_ALL}{_ROWS}|all(?: of)?(?: (?:it|them))?)|(?:all|the|my|our) {_ALL}{_ROWS})"
    r"(?: (?:there (?:is|are)|you have|we have|i have|that (?:is|are) there|in (?:it|there)|"
    r"(?:in|of|from) (?:the |my |our |this )?(?:data|file|table|sheet|list)))?(?:,? please)?[ ?.!]*$",
    re.IGNORECASE,
)


def everything(text: str, schema: Schema, linker: Linker) -> list[str]:
    """All rows of each table that may be meant; nothing where a word of it is one of the data's own."""
    if _EVERYTHING.match(text) is None:
        return []
    own = (word.lower() for word in re.findall(r"[\w-]+", text))
    if any(linker.phrase((word,)) for word in own):
        return []
    return [
        f"show all {spoken(schema, table)} with all columns" for table in schema.tables if table not in schema.roles
    ]
