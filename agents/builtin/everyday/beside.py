"""What is shown beside: "the last 5 bookings with member name and class", "top 3 members by spend, with their city".

Such a list at the end of a question says nothing of which rows are meant. It is taken out of the words, the question
is read and accounted for without it, and what it names is shown with each row of the answer, as far as each row has
one of it.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.builtin.language.lexicon import SUPERLATIVES
from agents.builtin.language.words import fold, singular
from agents.builtin.meaning import Meaning, Out
from agents.builtin.schema.choose import date_columns, label_columns

if TYPE_CHECKING:
    from agents.builtin.linking.links import Link, Linker
    from agents.builtin.schema.graph import Schema

_TIME = (
    r"(?:the )?(?:this|last|past|previous|january|february|march|april|may|june|july|august|september|october|november|"
    r"december|(?:19|20)\d\d|q[1-4])\b"
)
_REST = rf"(?P<rest>(?:,? (?:(?:in|for|from|during|since) {_TIME}|(?:sorted|ordered) by )[^?]*)?)[ ?.!]*$"
_JOINT = re.compile(r"(?: -|,)? (?:(?:together|along) )?(?:with|plus|incl\.?|including) ", re.IGNORECASE)
_LISTED = re.compile(rf"(?P<mine>(?:(?:the|their|its|his|her) )?)(?P<list>[^?]*?){_REST}", re.IGNORECASE)
_SPLIT = re.compile(r",? (?:and|&|plus) |, ", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|their|its|his|her) ", re.IGNORECASE)
_NAME_OF = re.compile(r"^(?:(?P<a>.+?)(?:'s|s')? names?|names? of (?:the |their )?(?P<b>.+))$", re.IGNORECASE)
_RANKED = re.compile(
    rf"\b(?:{'|'.join(sorted(SUPERLATIVES))}|last|latest|first|newest|oldest)\b|^(?:list|show|give|name)\b",
    re.IGNORECASE,
)
_SURE = 0.74
# What is longer is a clause.
_LONGEST = 4
_NAMES = frozenset({"name", "names"})
_KEYS = frozenset({"id", "ids", "key", "code", "codes", "number", "numbers", "no", "nr"})
_DAYS = frozenset({"date", "day", "when"})


@dataclass(frozen=True)
class Beside:
    """One thing shown beside: the words, and what in the data they may name."""

    said: str
    links: tuple[Link, ...] = ()


def beside_of(text: str, linker: Linker) -> tuple[str, tuple[Beside, ...]]:
    """The question without the list of what is shown beside, and that; the question as it is where there is none."""
    for joint in _JOINT.finditer(text):
        found = _LISTED.match(text, joint.end())
        main = text[: joint.start()]
        if found is None or not main.strip() or re.search(r"\b(?:and|or|but|vs\.?)\s*$", main, re.IGNORECASE):
            continue
        parts = [_part(said, linker) for said in _SPLIT.split(found["list"]) if said.strip()]
        if not parts or any(part is None for part in parts):
            continue
        known = tuple(part for part in parts if part is not None)
        if not _plain(known, main, mine=bool(found["mine"]), linker=linker):
            continue
        return f"{main}{found['rest']}", known
    return text, ()


def _part(said: str, linker: Linker) -> Beside | None:
    """What a part of the list names; None where it is no column, no name and no kind of thing."""
    words = tuple(fold(word) for word in re.findall(r"[\w'-]+", _ARTICLE.sub("", said.strip())))
    if not words or len(words) > _LONGEST or any(word in SUPERLATIVES for word in words):
        return None
    links = tuple(link for link in linker.phrase(words) if link.score >= _SURE and link.how != "synonym")
    if links or (len(words) == 1 and words[0] in _NAMES | _DAYS):
        return Beside(" ".join(words), links)
    named = _NAME_OF.match(" ".join(words))
    inner = tuple(fold(word) for word in (named["a"] or named["b"]).split()) if named is not None else ()
    tables = (
        tuple(link for link in linker.phrase(inner) if link.kind == "table" and link.score >= _SURE) if inner else ()
    )
    return Beside(" ".join(words), tables) if tables else None


def _plain(parts: tuple[Beside, ...], main: str, *, mine: bool, linker: Linker) -> bool:
    """Whether what the parts name is only shown: it is there for each row, and is no condition as "with email" may be.

    Where something is not there for each row, a list of all rows and one of those that have it are two things.
    """
    schema, own = linker.schema, {linker.table_of(fold(word)) for word in re.findall(r"[\w'-]+", main)}
    for part in parts:
        link = part.links[0] if part.links else None
        if link is None:
            continue
        elsewhere = link.table not in own and not any(one.table in own for one in part.links if one.kind == "column")
        if link.table in schema.roles or (elsewhere and not _all_have(link.table, schema)):
            return False
        if mine or _RANKED.search(main):
            continue
        column = schema.columns[link.ref] if link.kind == "column" else None
        if column is not None and (column.kind == "bool" or column.stats.filled < column.stats.rows):
            return False
        several = singular(part.said) != part.said  # "clients with hires" are those that have some
        if column is None and several and not _NAMES & set(part.said.split()):
            return False
    return True


def _all_have(table: str, schema: Schema) -> bool:
    """Whether each row that may belong to one of the table does: "invoices with client" leaves none out."""
    keys = [(join.table, name) for join in schema.joins if join.parent == table for name in join.columns]
    return bool(keys) and all(schema.columns[ref].stats.filled == schema.columns[ref].stats.rows for ref in keys)


def with_beside(meaning: Meaning, parts: tuple[Beside, ...], schema: Schema) -> tuple[Meaning, list[str]]:
    """The meaning with these shown too, and problems: what rows of the answer have none or several of."""
    told = [out for out in [*meaning.groups, *meaning.outs] if out.kind == "entity"]
    measured = any(out.is_measure for out in [*meaning.outs, *(o for o, _ in meaning.order)])
    bases = list(dict.fromkeys(out.table for out in told)) or ([] if measured else [meaning.scope.table])
    wider, problems = deepcopy(meaning), []
    for part in parts:
        out = _shown(part, bases, schema)
        if out is None:
            problems.append(f"lost:'{part.said}'")
            continue
        if any(_same(out, one, schema) for one in wider.outs):
            continue
        wider.outs.append(out)
        if measured:
            wider.groups.append(out)
    return wider, problems


def _shown(part: Beside, bases: list[str], schema: Schema) -> Out | None:
    """What the part is of the rows that are told: their own, or of the one thing that each of them belongs to."""
    if part.said in _NAMES and not any(link.table in bases for link in part.links):
        people = [base for base in bases if label_columns(schema, base)]
        owners = [link.table for link in part.links if any(schema.owns(base, link.table) for base in bases)]
        return (
            Out("entity", table=owners[0])
            if len(set(owners)) == 1
            else Out("entity", table=people[0])
            if people
            else None
        )
    if part.said in _DAYS:
        days = [day.ref for base in bases for day in date_columns(schema, base)[:1]]
        return Out("column", column=days[0]) if len(days) == 1 else None
    own = [link for link in part.links if link.kind == "column" and link.table in bases]
    if own:
        return _of_their_own(own[0], part, schema)
    near = [link for link in part.links if link.table not in schema.roles and _belongs(bases, link.table, schema)]
    top = [link for link in near if link.score >= near[0].score]
    if len({(link.kind, link.table, link.column) for link in top}) != 1:
        return None
    link = top[0]
    return Out("entity", table=link.table) if link.kind == "table" else Out("column", column=link.ref)


def _of_their_own(link: Link, part: Beside, schema: Schema) -> Out:
    """A column of the rows themselves; of one that only points elsewhere, what it points at, unless its key is said."""
    parents = [join.parent for join in schema.joins if (join.table, join.columns) == (link.table, (link.column,))]
    if len(parents) == 1 and not _KEYS & set(part.said.split()):
        return Out("entity", table=parents[0])
    return Out("column", column=link.ref)


def _belongs(bases: list[str], table: str, schema: Schema) -> bool:
    """Whether each row of what is told belongs to one row of the table, in one way."""
    ways = {(join.table, join.columns) for join in schema.joins if join.table in bases and join.parent == table}
    return len(ways) <= 1 and any(base != table and schema.owns(base, table) for base in bases)


def _same(out: Out, other: Out, schema: Schema) -> bool:
    if (out.kind, out.table, out.column) == (other.kind, other.table, other.column):
        return True
    return other.kind == "entity" and out.column is not None and out.column in label_columns(schema, other.table)
