"""Records that came twice, because a list moved while its pages were read: each stays once, in its newest form.

They are found by a hash of their key, eight bytes a record, and taken out of the kept pages, so that every table made
of the pages, also those of the lists inside a record, sees each record once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import cast

from connectors.files.pointers import parse
from connectors.http import exact
from connectors.http.asking import at
from connectors.http.staged import Pages, lines
from spec.base import JsonValue

_PARTS = 64


class Keys:
    """Hashes of the keys of all records read. ``places`` are where a record's key stands, by name; a name that the
    parent's values have is theirs. No places: nothing identifies a record.
    """

    def __init__(self, places: Mapping[str, str]) -> None:
        self._places = {name: parse(place) for name, place in places.items()}
        only = [keys[0] for keys in self._places.values() if len(keys) == 1]
        self._only = only[0] if len(self._places) == 1 and only else None
        # Signed, as Python's own hashes are; they differ between processes, and these live in one.
        self.hashes = array("q")

    def extend(self, records: Sequence[JsonValue], parent: Mapping[str, JsonValue]) -> None:
        """Take note of the records of a page."""
        if self._only is not None and not parent:
            only = self._only
            values = [record.get(only) if isinstance(record, dict) else None for record in records]
            self.hashes.extend([hash(str(value)) for value in values if value is not None])
        elif self._places:
            found = (self.of(record, parent) for record in records)
            self.hashes.extend([one for one in found if one is not None])

    def of(self, record: JsonValue, parent: Mapping[str, JsonValue]) -> int | None:
        """The hash of a record's key; None where a part is missing."""
        parts = [parent[name] if name in parent else _at(record, keys) for name, keys in self._places.items()]
        if not parts or any(part is None for part in parts):
            return None
        if self._only is not None and not parent:
            return hash(str(parts[0]))
        return hash(tuple(map(str, parts)))

    def repeated(self) -> set[int]:
        """Hashes that were seen more than once; a part of them at a time, so that memory stays small."""
        if len(self.hashes) < 1 << 20:
            return _twice(self.hashes)
        parts: list[array[int]] = [array("q") for _ in range(_PARTS)]
        for one in self.hashes:
            parts[one % _PARTS].append(one)
        return set().union(*(_twice(part) for part in parts))


def _at(record: JsonValue, keys: Sequence[str]) -> JsonValue:
    found: JsonValue = record
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _twice(hashes: Sequence[int]) -> set[int]:
    seen: set[int] = set()
    again: set[int] = set()
    if len(set(hashes)) == len(hashes):
        return again
    for one in hashes:
        (again if one in seen else seen).add(one)
    return again


def take_out(pages: Pages, keys: Keys, records: str, cursor: str | None) -> int:
    """Leave the newest of each repeated record in the pages; how many were taken out.

    The newest has the highest value at ``cursor``; of equal ones the last read stays.
    """
    again = keys.repeated()
    if not again:
        return 0
    best: dict[int, tuple[tuple[int, Decimal | str], int]] = {}
    number = -1
    for _, line in lines(pages.files()):
        for _, record, found in _records(line, records, keys):
            number += 1
            if found in again:
                rank = _rank(at(record, cursor) if cursor else None)
                if found not in best or rank >= best[found][0]:
                    best[found] = rank, number
    staying = {number for _, number in best.values()}
    taken, number = 0, -1

    def change(line: bytes) -> tuple[bytes, int]:
        nonlocal taken, number
        kept: list[JsonValue] = []
        there = 0
        for _, record, found in _records(line, records, keys):
            number += 1
            there += 1
            if found not in again or number in staying:
                kept.append(record)
        taken += there - len(kept)
        return (line if len(kept) == there else _without(line, records, kept)), len(kept)

    pages.rewritten(change)
    return taken


def _records(line: bytes, place: str, keys: Keys) -> Iterator[tuple[dict[str, JsonValue], JsonValue, int | None]]:
    kept = cast("dict[str, JsonValue]", exact.parsed(line))
    parent = cast("dict[str, JsonValue]", kept["parent"])
    found = at(kept["page"], place)
    for record in found if isinstance(found, list) else []:
        yield parent, record, keys.of(record, parent)


def _without(line: bytes, place: str, kept: list[JsonValue]) -> bytes:
    document = cast("dict[str, JsonValue]", exact.parsed(line))
    if place:
        holder = at(document["page"], place.rpartition("/")[0])
        cast("dict[str, JsonValue]", holder)[place.rpartition("/")[2].replace("~1", "/").replace("~0", "~")] = kept
    else:
        document["page"] = kept
    return exact.spelled(document).encode("utf-8", "surrogatepass") + b"\n"


def _rank(value: JsonValue) -> tuple[int, Decimal | str]:
    """Numbers by size, texts (ISO instants) by letters; nothing is the oldest."""
    if value is None or isinstance(value, dict | list):
        return 0, ""
    try:
        return 1, Decimal(str(value))
    except InvalidOperation:
        return 2, str(value)
