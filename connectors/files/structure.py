"""What JSON records hold: which values stand where, of which kinds, and which lists make tables of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from connectors.files.pointers import ENTRY, Keys
from spec.base import JsonValue


@dataclass
class Seen:
    """What was seen at one place: kinds of values, and how many entries' or records' worth of them."""

    kinds: set[str] = field(default_factory=set)
    count: int = 0
    largest: int = 0


@dataclass
class Structure:
    """Places in order of first appearance. ``records`` says how many records (or entries, by list) were seen."""

    places: dict[Keys, Seen] = field(default_factory=dict)
    records: dict[Keys, int] = field(default_factory=dict)

    def tables(self) -> list[Keys]:
        """The record itself (``()``) and each list of objects, as keys that end before its ``*``."""
        lists = {place[:end] for place in self.places for end, key in enumerate(place) if key == ENTRY}
        return [(), *(path for path in self.places if path in lists and not self._is_inside_mixture(path, itself=True))]

    def columns(self, table: Keys) -> dict[Keys, Seen]:
        """The values that stand in rows of a table: not those inside a list, nor objects that only lead on."""
        prefix = (*table, ENTRY) if table else ()
        found: dict[Keys, Seen] = {}
        for path, seen in self.places.items():
            rest = path[len(prefix) :]
            if path[: len(prefix)] != prefix or not rest or ENTRY in rest:
                continue
            if self._is_way(path) or self._is_inside_mixture(path):
                continue
            found[path] = seen
        return found

    def _is_way(self, path: Keys) -> bool:
        """Whether a place only leads on: to an object's values or a list's entries."""
        kinds = self.places[path].kinds - {"null"}
        return kinds in ({"object"}, {"list"}) and any(
            place[: len(path)] == path for place in self.places if len(place) > len(path)
        )

    def _is_inside_mixture(self, path: Keys, *, itself: bool = False) -> bool:
        """Whether a place above is sometimes an object and sometimes something else, and so is read as text."""
        ends = range(1, len(path) + itself)
        above = [path[:end] for end in ends if path[end - 1] != ENTRY]
        return any(not self._is_way(place) for place in above)


def structure_of(records: Iterable[Mapping[str, JsonValue]]) -> Structure:
    """Walk all records."""
    found = Structure()
    for record in records:
        found.records[()] = found.records.get((), 0) + 1
        _walk(record, (), found)
    return found


def _walk(entry: Mapping[str, JsonValue], path: Keys, found: Structure) -> None:
    for key, value in entry.items():
        place = (*path, key)
        seen = found.places.setdefault(place, Seen())
        kind = kind_of(value)
        seen.kinds.add(kind)
        seen.count += 1
        if isinstance(value, int) and not isinstance(value, bool):
            seen.largest = max(seen.largest, abs(value))
        if isinstance(value, dict):
            _walk(value, place, found)
        elif isinstance(value, list):
            for item in value:
                if isinstance(item, dict):
                    found.records[place] = found.records.get(place, 0) + 1
                    _walk(item, (*place, ENTRY), found)
                else:
                    seen.kinds.add("list of " + kind_of(item))


def kind_of(value: JsonValue) -> str:
    """The JSON kind of a value, numbers told whole from broken."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    if isinstance(value, str):
        return "str"
    return "list" if isinstance(value, list) else "object"


def problem_of(record: JsonValue, paths: Iterable[Keys]) -> str:
    """Why a record has not the shape that the columns' places need; empty when it has."""
    if not isinstance(record, dict):
        return f"{_noun(record)} where a record is expected"
    ways: set[Keys] = {path[:end] for path in paths for end in range(1, len(path))}
    return next((problem for way in sorted(ways) if (problem := _way_problem(record, way, ways, ()))), "")


def _way_problem(value: JsonValue, way: Keys, ways: set[Keys], gone: Keys) -> str:
    """Objects must stand where a way leads through an object, lists of objects where it leads through entries."""
    if value is None:
        return ""
    shown = ".".join(key for key in gone if key != ENTRY)
    rest = way[len(gone) :]
    is_through_list = (*gone, ENTRY) in ways or (rest and rest[0] == ENTRY)
    if gone and is_through_list:
        if not isinstance(value, list):
            return f"{_noun(value)} where a list is expected: {shown}"
        if not rest:
            return ""
        inside = (_way_problem(item, way, ways, (*gone, ENTRY)) for item in value)
        return next((problem for problem in inside if problem), "")
    if not isinstance(value, dict):
        return f"{_noun(value)} where an object is expected: {shown}"
    return _way_problem(value.get(rest[0]), way, ways, (*gone, rest[0])) if rest else ""


def _noun(value: JsonValue) -> str:
    nouns = {
        "str": "text",
        "int": "a number",
        "float": "a number",
        "bool": "yes or no",
        "list": "a list",
        "null": "null",
    }
    return nouns.get(kind_of(value), "an object")
