"""Those that are kept too: "show those without a genre too" adds rows, and leaves none out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Meaning, Nested, Out
from agents.builtin.schema.graph import Schema
from agents.builtin.walk import conditions_of

if TYPE_CHECKING:
    from sqlglot import exp

_WHOM = r"(?:the )?(?:those|ones|any|all|[\w-]+)(?: ones)?"
_LACK = r"(?:without|with no|with none|that have no|who have no|that have none|who have none|having no|lacking)"
_CLAUSE = re.compile(
    rf"(?<=\S)\s*[.;,(]?\s*\b(?:and |but )?(?P<first>also )?(?P<verb>show|list|count|add|keep|give|display|return|"
    rf"include|have|put)(?: me)?(?P<also> also)? {_WHOM} {_LACK}(?P<what>[^,.;?!()]*?)"
    rf"(?P<last>,? (?:too|also|as well))?[)]?(?=\s*[?.!]*\s*$|\s*[,;])",
    re.IGNORECASE,
)


def including_those(text: str) -> str:
    """The text with "show those without any too" in the wording "including those without any"."""
    found = _CLAUSE.search(text)
    if found is None:
        return text
    kept = found["verb"].lower() == "include" or found["first"] or found["also"] or found["last"]
    if not kept:
        return text
    return f"{text[: found.start()]}, including those without{found['what']}{text[found.end() :]}"


def spared_words(text: str, left: str) -> tuple[str, ...]:
    """What those that are included do not have, in stems: words of the text that were taken out of it."""
    said = re.search(rf"\binc\w*\.? {_WHOM} {_LACK}(?P<what>[^,.;?!()]*)", text, re.IGNORECASE)
    return (
        () if said is None or said[0] in left else tuple(stem(w) for w in re.findall(r"[a-z]+", said["what"].lower()))
    )


def spares_groups(words: tuple[str, ...], meaning: Meaning, schema: Schema) -> bool:
    """Whether those included are rows without what they are grouped by, and not groups without rows."""
    measured = {t for out in meaning.outs if out.is_measure for t in out.tables() if t in schema.tables}
    own = {stem(word) for table in measured for word in schema.tables[table]}
    return bool(set(words) & {word for out in meaning.groups for word in _called(out, schema)} - own)


def _called(out: Out, schema: Schema) -> set[str]:
    if out.column is not None:
        return {stem(word) for word in schema.columns[out.column].core}
    return {stem(word) for word in schema.tables.get(out.table, ())}


def keep_all_beside(tags: list[Tag], meaning: Meaning, schema: Schema) -> None:
    """As in "drivers and their bosses": whose boss it is for each of them, and those without one too."""
    tables = list(dict.fromkeys(table for out in meaning.outs for table in sorted(out.tables())))
    if not tables[1:] or meaning.everyone or any(out.is_measure for out in meaning.outs):
        return
    theirs = any(
        tag.text.lower() in {"and their", "and its"} or (tag.kind == "show" and after.before in {"their", "its"})
        for tag, after in pairwise([tag for tag in tags if tag.kind != "skip"])
    )
    root = meaning.outs[0].table
    if theirs and root in schema.tables and all(t in schema.tables and schema.owns(root, t) for t in tables[1:]):
        meaning.everyone = root


def unspared(
    tags: list[Tag], meaning: Meaning, schema: Schema, query: exp.Query, words: tuple[str, ...]
) -> Iterator[str]:
    """Sentences about those that were to be kept too and would be left out. ``words``: what they do not have."""
    from sqlglot import exp

    inner = any(join.side.upper() != "LEFT" for join in query.find_all(exp.Join))
    rows = not meaning.groups or spares_groups(words, meaning, schema)
    if words and rows and inner:
        yield "those to be included too would not be shown"
    joined = list(query.find_all(exp.Join))
    if meaning.everyone and meaning.groups and joined and not any(join.side.upper() == "LEFT" for join in joined):
        yield f"those of {meaning.everyone} without any would not be shown"
    if _said_too(tags) and any(_lacks(condition) for condition in conditions_of(meaning)):
        yield "only those would be kept that were to be included too"


def _said_too(tags: list[Tag]) -> bool:
    """As in "also those without a genre", "include the ones with no genre"."""
    for place, tag in enumerate(tags):
        if tag.kind != "neg":
            continue
        near = [one.text.lower() for one in tags[max(0, place - 5) : place] if one.kind in {"skip", "show", "conj"}]
        behind = [one.text.lower() for one in tags[place + 1 : place + 6]]
        also = {word for text in near for word in text.split()} & {"also", "include", "including", "too"}
        if also and set(near) & {"those", "ones", "any", "all"}:
            return True
        if {"too", "also"} & set(behind) or ("well" in behind and "as" in behind):
            return True
    return False


def _lacks(condition: object) -> bool:
    if isinstance(condition, Nested):
        return condition.kind == "none"
    return isinstance(condition, Compare) and condition.op == "null" and not condition.negated
