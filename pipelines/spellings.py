"""Spellings of one column that mean the same: which ones are alike, and which of them all become.

Deterministic: the result depends on the spellings, how often each stands, and the parameters; not on any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Becomes:
    """What a spelling becomes, and how alike the two are, from 0 to 1."""

    spelling: str
    becomes: str
    alike: float


def grouped(
    counts: Mapping[str, int], pairs: Iterable[tuple[str, str, float]], known: Sequence[str] = ()
) -> list[Becomes]:
    """For each spelling the one that it becomes, in the order of the spellings.

    ``counts`` says how often each stands, ``pairs`` which two are alike enough and how much. With ``known`` each
    spelling becomes the known one that is most like it. Otherwise the most frequent spelling (of equally frequent ones
    the first by its letters) gathers all that are like it, then the most frequent of those that are left, and so on:
    what is like a gathered one only by way of another stays apart, so that no chain drifts away from its beginning.
    """
    alike: dict[str, dict[str, float]] = {}
    for one, other, likeness in pairs:
        alike.setdefault(one, {})[other] = likeness
        alike.setdefault(other, {})[one] = likeness
    if known:
        return _to_known(counts, alike, known)
    found: dict[str, Becomes] = {}
    for leader in sorted(counts, key=lambda spelling: (-counts[spelling], spelling)):
        if leader in found:
            continue
        found[leader] = Becomes(leader, leader, 1.0)
        for other, likeness in alike.get(leader, {}).items():
            # A spelling that is like several goes to the most frequent one, which comes first here.
            if other in counts and other not in found:
                found[other] = Becomes(other, leader, likeness)
    return [found[spelling] for spelling in sorted(found)]


def _to_known(
    counts: Mapping[str, int], alike: Mapping[str, Mapping[str, float]], known: Sequence[str]
) -> list[Becomes]:
    found: list[Becomes] = []
    for spelling in sorted(counts):
        if spelling in known:
            found.append(Becomes(spelling, spelling, 1.0))
            continue
        options = [
            (-likeness, known.index(other)) for other, likeness in alike.get(spelling, {}).items() if other in known
        ]
        if options:
            likeness, place = min(options)
            found.append(Becomes(spelling, known[place], -likeness))
        else:
            found.append(Becomes(spelling, spelling, 1.0))
    return found
