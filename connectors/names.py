"""Names that work in SQL: of tables made of file names, and of columns made of headers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

# PostgreSQL cuts identifiers at 63 bytes; longer ones would meet each other there.
_LONGEST = 63


def table_name(*parts: str) -> str:
    """A plain identifier made of words: ``Bank statement (IT).csv``'s stem becomes ``Bank_statement_IT``."""
    words = [_ascii(part) for part in parts]
    name = "_".join(word for word in words if word) or "table"
    return (f"t_{name}" if name[0].isdigit() else name)[:_LONGEST].rstrip("_")


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "_", plain).strip("_")


def column_names(headers: Sequence[str | None]) -> tuple[str, ...]:
    """Headers as they were written, trimmed; a blank one becomes ``column3``, a repeated one gets ``_2``.

    SQL does not tell ``Total`` from ``total``, so neither does this.
    """
    cleaned = [re.sub(r"\s+", " ", (header or "").replace("\x00", "")).strip() for header in headers]
    given = {header.casefold() for header in cleaned if header}
    taken: set[str] = set()
    names: list[str] = []
    for position, header in enumerate(cleaned, start=1):
        name, number = header or f"column{position}", 1
        wanted = name
        while name.casefold() in taken or ((number > 1 or not header) and name.casefold() in given):
            number += 1
            name = f"{wanted}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def joined_headers(levels: Sequence[Sequence[str | None]], *, repeats: bool = False) -> list[str]:
    """Headers of several rows as one: ``Price`` over ``EUR`` is ``Price EUR``.

    Equal neighbours are said once, as a merged cell shows them; with ``repeats``, as often as they stand there.
    """
    width = max((len(level) for level in levels), default=0)
    joined: list[str] = []
    for position in range(width):
        words: list[str] = []
        for level in levels:
            word = ((level[position] if position < len(level) else None) or "").strip()
            if word and (repeats or not words or words[-1].casefold() != word.casefold()):
                words.append(word)
        joined.append(" ".join(words))
    return joined


def filled_right(cells: Sequence[str | None]) -> list[str | None]:
    """A merged header's text repeated over the cells that it spans: a blank takes the text to its left."""
    filled: list[str | None] = []
    last: str | None = None
    for cell in cells:
        last = cell if cell and cell.strip() else last
        filled.append(last)
    return filled


def distinct(name: str, taken: Iterable[str]) -> str:
    """``name``, or with the first free ``_2``, ``_3`` behind it."""
    folded = {other.casefold() for other in taken}
    candidate, number = name, 1
    while candidate.casefold() in folded:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
