"""What is out: "still out on hire", "not yet brought back" of rows that keep the day of coming back."""

from __future__ import annotations

import re

from agents.builtin.language.words import stem
from agents.builtin.schema.graph import Schema

_BACK = frozenset({stem("returned"), "back"})
_LENT = r"(?:hire|loan|rent|rental|lease)"
_OUT = re.compile(
    rf"\b(?P<be>are|is|were|was)(?: (?:still|currently|now))*(?: out(?: on {_LENT})?| on {_LENT})(?: still)?"
    r"(?= right now| at the moment| today| now|\s*[?.,]|\s*$)",
    re.IGNORECASE,
)
_NOT_BACK = re.compile(
    r"\bnot (?:yet )?(?:been |come |came |given |brought |handed |sent )*(?:it |them )?back(?: yet)?\b|"
    r"\b(?:yet|still) to (?:be returned|come back)\b",
    re.IGNORECASE,
)


def returned(text: str, schema: Schema) -> str:
    """The question in words of returning, where one day alone tells of it and not all rows have it."""
    days = [
        column
        for column in schema.columns.values()
        if column.kind == "date" and column.table not in schema.roles and _BACK & {stem(word) for word in column.words}
    ]
    if len(days) != 1 or days[0].stats.filled == days[0].stats.rows:
        return text
    return _NOT_BACK.sub("not returned", _OUT.sub(lambda m: f"{m['be']} not returned", text))
