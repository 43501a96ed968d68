"""Duplicates in the words of owners: "clients with the same surname", "is anyone listed twice", "duplicate emails".

What they share has to be a column of the very rows, or what these are called by; anything else stays as it was said.
"""

from __future__ import annotations

import re
from itertools import product

from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import people, public, spoken
from agents.builtin.meaning import Ref
from agents.builtin.parsing.alike import alike_in
from agents.builtin.schema.choose import called
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.references import holds_people

_LEAD = (
    r"^(?:(?:do|does|did|have|has|are|is|were) (?:there )?|(?:please )?(?:list|show(?: me)?|find|give me) |"
    r"which (?:of )?|what |who (?:are|is) )?(?:any |some |all |the |our |my |those |all of |both )*"
)
_SEVERAL = r"(?:two |2 |several |multiple |more than one |pairs? of |different )?"
_COUNT = r"(?P<count>how many )?"
_WHO = r"(?: (?:who|that|which))?(?: (?:all|both|do|have|are|were))*"
_TIED = r"(?: (?:as )?(?:one another|each other|(?:as )?(?:another|someone else|somebody else|others)(?: one)?))?"
_END = r"[ ?.!]*$"
_SHARE = re.compile(
    rf"{_LEAD}{_COUNT}{_SEVERAL}(?P<rows>[\w' -]+?){_WHO} (?:share|shares|shared|sharing) "
    rf"(?:the same |the |an? |one |their |exactly the same )?(?P<what>[\w' -]+?){_TIED}(?: with{_TIED})?{_END}",
    re.IGNORECASE,
)
_SAME = re.compile(
    rf"{_LEAD}{_COUNT}{_SEVERAL}(?P<rows>[\w' -]+?){_WHO} (?:with|have|has|having|had|in|of|at|on|from|made of|by) "
    rf"(?:exactly )?(?:the|an?) (?:same|identical|equal|duplicate|duplicated|matching) (?P<what>[\w' -]+?)"
    rf"{_TIED}{_END}",
    re.IGNORECASE,
)
_WITH_DUPLICATE = re.compile(
    rf"{_LEAD}{_COUNT}(?P<rows>[\w' -]+?){_WHO} (?:with|have|having) (?:duplicate|duplicated|identical|matching) "
    rf"(?P<what>[\w' -]+?){_END}",
    re.IGNORECASE,
)
_DUPLICATE = re.compile(
    rf"{_LEAD}(?:duplicate|duplicated|identical) (?P<what>[\w' -]+?)"
    rf"(?: (?:of|among|amongst|in|for) (?:our |the |my )?(?P<rows>[\w-]+))?(?: (?:are there|do we have))?{_END}",
    re.IGNORECASE,
)
_HELD = (
    r"(?:listed|entered|registered|recorded|saved|stored|on file|on record|on the list|on our list|in the list|"
    r"in the system|in the books|in the database|in here|in there|there|in)"
)
_TWICE = r"(?:twice|two times|double|more than once|several times|multiple times|more than one time)"
_LISTED = re.compile(
    rf"{_LEAD}{_COUNT}(?P<rows>[\w' -]+?)(?: (?:who|that|which))?(?: (?:is|are|been|was|were|do|does|has|have))* ?"
    rf"(?:(?P<held>{_HELD})|appears?|occurs?|shows? up) {_TWICE}(?: (?:in|on) (?:the|our) (?:list|system|books|file))?"
    rf"{_END}",
    re.IGNORECASE,
)
_ANYONE = frozenset("anyone anybody someone somebody who people person persons one".split())
_CONTACTS = frozenset("email mail phone telephone mobile".split())
# As one says what is called otherwise in names of columns.
_SPOKEN = {
    "surname": "last name",
    "family name": "last name",
    "second name": "last name",
    "forename": "first name",
    "given name": "first name",
    "christian name": "first name",
}
_TRAILING = frozenset("address addresses number numbers".split())
_SURE = 0.7
_AS_GOOD = 0.05
_MOST = 3


def duplicates(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question with what they share in a mark, once for each column that may be meant."""
    found = _LISTED.match(text)
    if found is not None and not _names_rows(found["held"], linker):
        named = [
            alike_in(f"{found['count'] or ''}{rows}", columns)
            for rows, table in _rows(found["rows"], schema, linker)
            for columns in _identities(table, schema)
        ]
        return (named or ([] if found["count"] else _duplicate(found["rows"], "", schema, linker)))[:_MOST]
    found = _DUPLICATE.match(text)
    if found is not None:
        return _duplicate(found["what"], found["rows"] or "", schema, linker)[:_MOST]
    found = next((match for pattern in (_SAME, _WITH_DUPLICATE, _SHARE) if (match := pattern.match(text))), None)
    if found is None:
        return []
    return [
        alike_in(f"{found['count'] or ''}{rows}", columns)
        for rows, table in _rows(found["rows"], schema, linker)
        for columns in _columns(found["what"], table, schema, linker)
    ][:_MOST]


def _names_rows(words: str | None, linker: Linker) -> bool:
    """As in "registered twice", where registrations are kept: that happened twice, and nobody is twice in a list."""
    return any(link.score >= _SURE for word in (words or "").lower().split() for link in linker.phrase((word,)))


def _rows(said: str, schema: Schema, linker: Linker) -> list[tuple[str, str]]:
    """The words for the rows, and their table; of "anyone" each table of people that may be meant."""
    words = said.lower().split()
    if set(words) <= _ANYONE:
        return [(spoken(schema, one), one) for one in public(schema) or people(schema)]
    for size in (2, 1):
        for start in range(len(words) - size + 1):
            links = linker.phrase(tuple(words[start : start + size]))
            if links and links[0].kind == "table" and links[0].score >= _SURE and links[0].table not in schema.roles:
                return [(said, links[0].table)]
    return []


def _columns(said: str, table: str, schema: Schema, linker: Linker) -> list[tuple[Ref, ...]]:
    """The columns of the table that the words speak of; several ways where a word fits more than one equally well."""
    shared = re.sub(r"^(first|last) and (first|last) names?$", r"\1 name and \2 name", said.lower().strip())
    parts = [re.sub(r"^(?:the |same |their |an? )+", "", part) for part in re.split(r",? and (?:the )?|, ", shared)]
    ways = [_column(_SPOKEN.get(part, part), table, schema, linker) for part in parts]
    if not all(ways):
        return []
    return [tuple(dict.fromkeys(ref for refs in way for ref in refs)) for way in product(*ways)]


def _column(said: str, table: str, schema: Schema, linker: Linker) -> list[tuple[Ref, ...]]:
    """Ways in which the rows may be alike: in a column, in what they are called by, in what they point at."""
    if said in {"name", "names", "full name"}:
        return [name] if (name := _called(table, schema)) else []
    words = tuple(said.split())
    for one in (words, words[:-1]) if words[-1] in _TRAILING else (words,):
        links = [link for link in (linker.phrase(one) if one else []) if link.kind == "column" and link.table == table]
        found = [link for link in links if link.score >= _SURE and _is_kept(link.ref, schema)]
        best = [link.ref for link in found if link.score >= found[0].score - _AS_GOOD]
        if best:
            return [(ref,) for ref in best]
    owner = linker.table_of(said)
    pointing = [j for j in schema.joins if j.table == table and owner and owner in {j.parent, schema.real(j.parent)}]
    return [((table, pointing[0].columns[0]),)] if len(pointing) == 1 and len(pointing[0].columns) == 1 else []


def _is_kept(ref: Ref, schema: Schema) -> bool:
    return schema.columns[ref].stats.filled > 0 and not schema.columns[ref].made_of


def _called(table: str, schema: Schema) -> tuple[Ref, ...]:
    """What rows are called by, where that is a text and no key."""
    refs = called(schema, table)
    keys = schema.keys.get(table, ())
    texts = all(schema.columns[ref].kind == "text" and ref[1] not in keys for ref in refs)
    return tuple(refs) if texts else ()


def _identities(table: str, schema: Schema) -> list[tuple[Ref, ...]]:
    """By what one would see that two rows are the same thing: how it is called; of people also how to reach them."""
    ways = [name] if (name := _called(table, schema)) else []
    if not ways and not holds_people(schema, table):
        return []
    reached = [
        (column.ref,)
        for column in schema.of(table)
        if column.kind == "text" and column.stats.filled and _CONTACTS & set(column.words)
    ]
    return [*ways, *reached]


def _duplicate(said: str, rows: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "duplicate emails", "duplicate clients"."""
    if rows:
        named = _rows(rows, schema, linker)
        return [alike_in(one, columns) for one, table in named for columns in _columns(said, table, schema, linker)]
    named = _rows(said, schema, linker) if len(said.split()) == 1 else []
    if named:
        return [alike_in(one, columns) for one, table in named for columns in _identities(table, schema)]
    tables = [(spoken(schema, one), one) for one in schema.tables if one not in schema.roles]
    return [alike_in(one, columns) for one, table in tables for columns in _columns(said, table, schema, linker)]
