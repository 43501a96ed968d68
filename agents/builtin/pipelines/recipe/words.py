"""Phrases of a request at a place in its text: tables, columns, values, lists of them; the longest that fits wins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import PurePath

from agents.builtin.pipelines.columns import name_words
from agents.builtin.pipelines.recipe.work import Rows
from spec.catalog import Catalog, Table

DETERMINERS = re.compile(
    r"(?:(?:the|all|any|each|every|my|our|your|their|its|these|those|this|that|a|an)\s+)*", re.IGNORECASE
)
COMMA = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s*&\s*|\s+plus\s+", re.IGNORECASE)
# Glue between instructions: it asks for nothing by itself.
GLUE = re.compile(
    r"(?:[\s,;:.!?]|(?:and|then|also|please|pls|next|finally|afterwards|first|now|so|but|after\s+"
    r"that|kindly|thanks|thank"
    r"\s+you|can\s+you|could\s+you|would\s+you|i\s+(?:want|need|would\s+like)(?:\s+you)?(?:\s+"
    r"to)?|i'd\s+like(?:\s+to)?|"
    r"we\s+(?:want|need)(?:\s+to)?|let'?s|for\s+me|give\s+me|show\s+me|hi|hello|hey)\b)*",
    re.IGNORECASE,
)
NOUNS = frozenset(
    "row rows record records entry entries line lines one ones item items everything data result results them it those "
    "these that file table list export exports".split()
)
_TOKEN = re.compile(r"[\w#]+(?:[-'][\w]+)*|\S")
_SAME = {"number": "no", "num": "no", "nr": "no", "nbr": "no", "email": "mail", "e": "", "mail": "mail", "qty": "qty",
         "quantity": "qty", "amt": "amount", "id": "id", "identifier": "id", "cust": "customer"}  # fmt: skip
_STOP = frozenset(
    "and or with by is are was were where that which who the to in on of as for per from into "
    "not no then than save write put "
    "keep remove drop if when".split()
)


def spans(text: str, at: int, most: int = 5) -> Iterator[tuple[int, str]]:
    """(end, words) of the phrases that start here, longest first."""
    ends: list[int] = []
    place = at
    while len(ends) < most:
        found = _TOKEN.match(text, place)
        if found is None or not re.match(r"[\w#]", found[0]):
            break
        ends.append(found.end())
        space = re.compile(r"[ \t]+").match(text, found.end())
        if space is None:
            break
        place = space.end()
    for end in reversed(ends):
        yield end, text[at:end]


@lru_cache(maxsize=4096)
def canonical(words: str) -> tuple[str, ...]:
    """Words of a name with the usual abbreviations written out alike."""
    return tuple(same for word in name_words(words) if (same := _SAME.get(word, word)))


def column_at(text: str, at: int, rows: Rows, *, loose: bool = True) -> tuple[int, str] | None:
    """(end, column) of the column named here: the same words, else words that only one column has all of."""
    start = DETERMINERS.match(text, at)
    at = start.end() if start else at
    known = {name: canonical(name) for name in rows.columns}
    for end, words in spans(text, at):
        same = [name for name in known if name.casefold() == words.casefold()]
        asked = canonical(words)
        same = same or [name for name, its in known.items() if asked and its == asked]
        if len(same) == 1:
            return _with_noun(text, end), same[0]
    for end, words in spans(text, at) if loose else ():
        if {word.casefold() for word in words.split()} & _STOP:
            continue
        asked = canonical(words)
        holding = [name for name, its in known.items() if asked and set(asked) <= set(its)]
        if len(holding) == 1:
            return _with_noun(text, end), holding[0]
    return None


def _with_noun(text: str, end: int) -> int:
    noun = re.compile(r"\s+(?:columns?|fields?|values?|cells?)\b", re.IGNORECASE).match(text, end)
    return noun.end() if noun else end


def columns_at(text: str, at: int, rows: Rows) -> tuple[int, list[str]] | None:
    """(end, columns) of a list of columns."""
    first = column_at(text, at, rows)
    if first is None:
        return None
    end, names = first[0], [first[1]]
    while (comma := COMMA.match(text, end)) is not None:
        more = column_at(text, comma.end(), rows)
        if more is None:
            break
        end = more[0]
        names.append(more[1])
    return end, names


def table_at(text: str, at: int, catalog: Catalog) -> tuple[int, Table] | None:
    """(end, table) of the table or file named here."""
    start = re.compile(DETERMINERS.pattern + r"(?:(?:file|table|sheet|list)\s+)?", re.IGNORECASE).match(text, at)
    at = start.end() if start else at
    quoted = re.compile(r"""["'“‘]([\w .\-]+)["'”’]""").match(text, at)
    file = quoted or re.compile(
        r"([\w\-]+(?:\.[\w\-]+)*\.(?:csv|tsv|json|ndjson|parquet|xlsx))\b", re.IGNORECASE
    ).match(text, at)
    if file:
        found = _named(PurePath(file[1]).stem if "." in file[1] else file[1], catalog)
        return (_table_noun(text, file.end()), found) if found else None
    for end, words in spans(text, at, 4):
        if words.casefold().split()[-1] in _STOP or (text[end : end + 1] == "." and re.match(r"\.\w", text[end:])):
            continue
        found = _named(words, catalog)
        if found is not None:
            return _table_noun(text, end), found
    return None


def _table_noun(text: str, end: int) -> int:
    noun = re.compile(r"\s+(?:file|table|export|list|sheet|data)s?\b(?!\s*\.\w)", re.IGNORECASE).match(text, end)
    return noun.end() if noun else end


def _named(words: str, catalog: Catalog) -> Table | None:
    asked = canonical(words)
    same = [table for table in catalog.tables if table.name.casefold() == words.casefold()]
    same = same or [table for table in catalog.tables if asked and canonical(table.name) == asked]
    if len(same) == 1:
        return same[0]
    holding = [table for table in catalog.tables if asked and set(asked) <= set(canonical(table.name))]
    return holding[0] if len(holding) == 1 and not same else None


def noun_at(text: str, at: int, catalog: Catalog, rows: Rows | None) -> tuple[int, Table | None] | None:
    """(end, table) of a noun for rows: a table's own word, or rows, ones, entries and the like (then no table)."""
    found = table_at(text, at, catalog)
    if found is not None:
        return found
    start = DETERMINERS.match(text, at)
    place = start.end() if start else at
    word = re.compile(r"[A-Za-z]+").match(text, place)
    if word and (word[0].casefold() in NOUNS or (rows and _speaks_of(word[0], rows))):
        return word.end(), None
    return None


def _speaks_of(word: str, rows: Rows) -> bool:
    asked = canonical(word)
    return any(asked and set(asked) <= set(canonical(table)) for table in rows.tables)


def _is_column(words: str, tables: set[str], catalog: Catalog) -> bool:
    asked = canonical(words)
    return any(
        canonical(column.name) == asked for table in catalog.tables if table.name in tables for column in table.columns
    )


def only_table(text: str, catalog: Catalog) -> str:
    """The one table that a request can mean: the only one, the only one it names, or the only one with its columns."""
    if len(catalog.tables) == 1:
        return catalog.tables[0].name
    said = [
        (text[word.start() : found[0]], found[1].name)
        for word in re.finditer(r"\b(?=\w)", text)
        if (found := table_at(text, word.start(), catalog)) is not None
    ]
    named = {table for _, table in said}
    # A word that is a column of another table that is named may be that column.
    sure = {table for words, table in said if not _is_column(words, named - {table}, catalog)}
    if len(named) == 1 or len(sure) == 1:
        return (named if len(named) == 1 else sure).pop()
    if named:
        return ""
    words = {part for word in re.findall(r"\w+", text) for part in canonical(word)}
    known = {
        table.name: {p for column in table.columns for p in canonical(column.name)} & words for table in catalog.tables
    }
    best = max(known.values(), key=len, default=set())
    fits = [table for table, its in known.items() if its and its >= set().union(*known.values())]
    return fits[0] if best and len(fits) == 1 else ""
