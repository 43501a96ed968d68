"""Rates of what is stored: a "cancellation rate" of rows that say "cancelled" is the percentage of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agents.builtin.language.words import fold
from agents.builtin.schema.graph import Col
from agents.builtin.schema.index import Index

_RATE = re.compile(
    r"\b(?P<said>[a-z][a-z-]{4,}?)[ -](?:rate|share|quota|percentage)s?\b(?! (?:of|code|plan)\b)", re.IGNORECASE
)
_WHOLE = re.compile(r",?\s*\b(?:out )?of all (?:of )?(?:their|its|the|our|his|her) [a-z]+", re.IGNORECASE)
_ENDINGS = ("ation", "ion", "ance", "ence", "ment", "al", "age", "")
_MOST_SORTS = 40


def rates(text: str, index: Index) -> str:
    """The question as one for a percentage of rows, where one column alone stores what the rate is of."""
    found = _RATE.search(text)
    if found is None:
        return text
    held = {(column.ref, value) for column, value in _stored(fold(found["said"]), index)}
    if len(held) != 1:
        return text
    ((table, _), value) = held.pop()
    noun = " ".join(index.schema.tables[table])
    rest = re.sub(r"^ (?:in|as a) (?:percent(?:age)?|per cent|%)", "", _WHOLE.sub("", text[found.end() :]))
    rest = re.sub(r"^ by ", " per ", rest)  # nobody did it
    return f"{text[: found.start()]}percentage of {noun} that were '{value}'{rest}"


def _stored(said: str, index: Index) -> Iterator[tuple[Col, str]]:
    """Stored sorts that a noun speaks of, as itself or as what was done."""
    for word in _deeds(said):
        for hit in index.values.find(word):
            column = index.schema.columns[hit.table, hit.column]
            if hit.table not in index.schema.roles and column.kind == "text" and column.stats.distinct <= _MOST_SORTS:
                yield column, hit.value


def _deeds(said: str) -> Iterator[str]:
    for ending in _ENDINGS:
        bare = said.removesuffix(ending) if ending else said
        if said.endswith(ending) and len(bare) >= 4:
            yield from (bare, f"{bare}ed", f"{bare}d", f"{bare}{bare[-1]}ed", f"{bare}e")
