"""Words an owner uses for tables and columns, resolved against the catalog without guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from spec.catalog import Catalog, Column, Table

_FILLERS = frozenset(
    "the a an all each every any of in my our column columns field fields file table values value".split()
)


def name_words(text: str) -> tuple[str, ...]:
    """Words of a name in lower case and singular, without fillers: ``Order IDs`` and ``order_id`` are the same."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    found = re.findall(r"[^\W_]+", spaced.casefold())
    return tuple(_singular(word) for word in found if word not in _FILLERS)


def find_table(words: str, catalog: Catalog) -> Table | None:
    """The one table meant by a file or table name, or None."""
    stem = PurePath(words).stem if re.search(r"\.\w{2,7}$", words) else words
    asked = name_words(stem)
    exact = [table for table in catalog.tables if name_words(table.name) == asked]
    if len(exact) == 1:
        return exact[0]
    near = [table for table in catalog.tables if asked and set(asked) <= set(name_words(table.name))]
    return near[0] if len(near) == 1 else None


def find_column(words: str, table: Table) -> Column | None:
    """The one column meant, or None when none or several fit: the same words, else all words of it."""
    asked = name_words(words)
    if not asked:
        return None
    same = [column for column in table.columns if name_words(column.name) == asked]
    if len(same) == 1:
        return same[0]
    holding = [column for column in table.columns if set(asked) <= set(name_words(column.name))]
    return holding[0] if len(holding) == 1 else None


def find_columns(words: str, table: Table) -> list[Column] | None:
    """Columns of a list such as "name and email"; None when one of them is not found."""
    found: list[Column] = []
    for part in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*", words.strip()):
        column = find_column(part, table)
        if column is None:
            return None
        found.append(column)
    return found


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names for a sentence, cut when there are many."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
