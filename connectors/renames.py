"""Whether a new header is a missing column under another name: told from names, places and values, never assumed.

What is found here is evidence for a question; only a person's answer makes it a rename.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from spec.base import JsonValue
from spec.records import record

LIKE, READS, SHARED = 0.5, 0.8, 0.5
"""From here on names are alike, a column's values are of a type, and two columns hold the same values."""
_ABBREVIATED, _BEGUN = 0.8, 0.9


@record(frozen=True)
class Evidence:
    """What speaks for ``header`` being ``column`` under another name.

    ``readable`` of ``values`` fit the column's type. ``low`` to ``high`` is their span now, ``before`` the span they
    had, as text. ``shared`` of ``distinct`` values were there before; of ``paired`` rows with a key of before,
    ``same`` have the value of before.
    """

    column: str
    header: str
    type: str
    likeness: float
    same_place: bool
    values: int = 0
    readable: int = 0
    low: str = ""
    high: str = ""
    before: tuple[str, str] | None = None
    shared: int = 0
    distinct: int = 0
    paired: int = 0
    same: int = 0

    @property
    def weight(self) -> float:
        """How much speaks for it, to tell candidates apart."""
        overlap = self.shared / self.distinct if self.distinct else 0.0
        return self.likeness + 0.5 * self.same_place + overlap + (self.readable / self.values if self.values else 0.0)

    @property
    def is_alike(self) -> bool:
        """Whether the names are alike."""
        return self.likeness >= LIKE

    @property
    def is_plausible(self) -> bool:
        """Whether it is worth a question: its values fit, and name, place or values speak for it."""
        if not self.values or self.readable < READS * self.values:
            return False
        overlap = self.shared / self.distinct if self.distinct else 0.0
        return self.is_alike or self.same_place or overlap >= SHARED

    def to_json(self) -> dict[str, JsonValue]:
        """As plain data."""
        return {
            "column": self.column,
            "header": self.header,
            "type": self.type,
            "likeness": round(self.likeness, 2),
            "same_place": self.same_place,
            "values": self.values,
            "readable": self.readable,
            "low": self.low,
            "high": self.high,
            "before": list(self.before) if self.before else None,
            "shared": self.shared,
            "distinct": self.distinct,
            "paired": self.paired,
            "same": self.same,
        }

    def in_words(self) -> str:
        """The evidence as half sentences, the strongest kind of each."""
        said = []
        if self.same_place:
            said.append("it stands in the same place")
        if self.is_alike:
            said.append("its name is alike")
        kind = in_kind(self.type)
        said.append(
            f"all {self.values} of its values are {kind}"
            if self.readable == self.values
            else f"{self.readable} of its {self.values} values are {kind}"
        )
        if self.before and self.before[0] and self.low:
            said.append(f"from {self.low} to {self.high}, where they were from {self.before[0]} to {self.before[1]}")
        if self.paired:
            said.append(f"{self.same} of the {self.paired} rows that were there before have the same value")
        elif self.distinct and self.before:
            said.append(f"{self.shared} of its {self.distinct} different values were there before")
        return ", ".join(said)


def likeness(one: str, other: str) -> float:
    """How alike two headers are, from 0 to 1; a short form (``Qty`` of ``Quantity``) counts as most of its word."""
    left, right = _words(one), _words(other)
    if not left or not right:
        return 0.0
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    by_word = sum(max(_alike(word, candidate) for candidate in many) for word in few) / len(few)
    return max(by_word, SequenceMatcher(None, "".join(left), "".join(right)).ratio())


def same_place(column: str, header: str, declared: Sequence[str], present: Sequence[str]) -> bool:
    """Whether the header stands where the column stood: at the same number, or between the same neighbours."""
    if column not in declared or header not in present:
        return False
    was, now = declared.index(column), present.index(header)
    return was == now or _neighbours(declared, was) == _neighbours(present, now)


def weighed(
    column: str,
    header: str,
    type_: str,
    *,
    order: tuple[Sequence[str], Sequence[str]],
    now: Mapping[tuple[object, ...], object] | Sequence[object],
    unreadable: int,
    then: Mapping[tuple[object, ...], object] | Sequence[object],
) -> Evidence:
    """Evidence of the values read as the column's type: ``now`` under the header, ``then`` under the column's name.

    Values by their row's key where rows have one, else in any order; None is an empty value.
    """
    filled = [value for value in _listed(now) if value is not None]
    past = [value for value in _listed(then) if value is not None]
    pairs: list[tuple[object, object]] = []
    if isinstance(now, Mapping) and isinstance(then, Mapping):
        pairs = [(now[key], then[key]) for key in now if key in then]
    texts, before = {_text(value) for value in filled}, {_text(value) for value in past}
    low, high = _span(filled)
    return Evidence(
        column=column,
        header=header,
        type=type_,
        likeness=likeness(column, header),
        same_place=same_place(column, header, *order),
        values=len(filled) + unreadable,
        readable=len(filled),
        low=low,
        high=high,
        before=_span(past) if past else None,
        shared=len(texts & before),
        distinct=len(texts),
        paired=len(pairs),
        same=sum(one == other for one, other in pairs),
    )


def assigned(candidates: Sequence[Evidence]) -> list[Evidence]:
    """The plausible ones, the weightiest first, each column and each header once."""
    chosen: list[Evidence] = []
    for one in sorted(candidates, key=lambda item: (-item.weight, item.column, item.header)):
        taken = any(one.column == other.column or one.header == other.header for other in chosen)
        if one.is_plausible and not taken:
            chosen.append(one)
    return chosen


def _listed(values: Mapping[tuple[object, ...], object] | Sequence[object]) -> list[object]:
    return list(values.values()) if isinstance(values, Mapping) else list(values)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    # "Q.tà" and "Best.-Nr." are short forms whose full stops part no words.
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=\w)\.(?=\w)", "", plain))


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    short, long = sorted((one, other), key=len)
    if len(short) >= 3 and long.startswith(short):
        return _BEGUN
    if len(short) >= 2 and short[0] == long[0] and _is_within(short, long):
        return _ABBREVIATED
    return SequenceMatcher(None, one, other).ratio()


def _is_within(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def _neighbours(names: Sequence[str], at: int) -> tuple[str, str]:
    folded = [name.casefold() for name in names]
    return (folded[at - 1] if at else "", folded[at + 1] if at + 1 < len(folded) else "")


def _span(values: Sequence[object]) -> tuple[str, str]:
    """The least and the greatest; of texts nothing, since their order says little."""
    if not values or any(isinstance(value, str | bool | bytes | list | dict) for value in values):
        return "", ""
    ordered = sorted(values)  # type: ignore[type-var]  # values of one column are of one type
    return _text(ordered[0]), _text(ordered[-1])


def _text(value: object) -> str:
    return str(value)


def in_kind(type_: str) -> str:
    """What the values of a type are, in words."""
    kind = type_.upper().split("(", 1)[0].strip()
    if kind.endswith("INT") or kind == "INTEGER":
        return "whole numbers"
    words = {
        "DECIMAL": "numbers",
        "DOUBLE": "numbers",
        "FLOAT": "numbers",
        "DATE": "dates",
        "TIMESTAMP": "dates with a time",
        "TIMESTAMP WITH TIME ZONE": "dates with a time",
        "TIMESTAMPTZ": "dates with a time",
        "TIME": "times of day",
        "BOOLEAN": "yes or no",
        "VARCHAR": "texts",
    }
    return words.get(kind, f"of the type {type_}")
