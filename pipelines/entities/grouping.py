"""From pairs and their chances to groups: whole numbers in, the same groups out for any order of the input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spec.records import record

ENOUGH = 10
"""So many links between two groups join them, however large they are: each record is compared with a few dozen only."""


@record(frozen=True, slots=True)
class Pair:
    """Two records by number (``a < b``), what speaks for them, their chance in thousandths, and why."""

    a: int
    b: int
    evidence: int
    chance: int
    reason: str


@record(frozen=True)
class Groups:
    """``links`` joined records, ``first`` is the least number of each record's group; ``review`` is for a person."""

    first: dict[int, int]
    links: tuple[Pair, ...]
    review: tuple[Pair, ...]


def one_to_one(pairs: Iterable[Pair], *, automatic: int, review: int) -> Groups:
    """Each record with one partner at most, the likeliest pairs first; the rest from ``review`` on is for a person."""
    first: dict[int, int] = {}
    links: list[Pair] = []
    left: list[Pair] = []
    for pair in _likeliest(pairs):
        if pair.chance >= automatic and pair.a not in first and pair.b not in first:
            first[pair.a] = first[pair.b] = pair.a
            links.append(pair)
        elif pair.chance >= review:
            left.append(pair)
    return Groups(first, tuple(links), tuple(left))


def any_number(pairs: Iterable[Pair], *, automatic: int, review: int) -> Groups:
    """Groups of any size, the likeliest pairs first.

    Two groups are joined by an automatic pair when more than half of the pairs between them (or ``ENOUGH``) have at
    least the chance ``review``. So A and C, which are not alike, do not become one because B is like both: that pair
    goes to a person.
    """
    ordered = _likeliest(pairs)
    near: dict[int, set[int]] = {}
    for pair in ordered:
        if pair.chance >= review:
            near.setdefault(pair.a, set()).add(pair.b)
            near.setdefault(pair.b, set()).add(pair.a)
    first: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    links: list[Pair] = []
    left: list[Pair] = []
    for pair in ordered:
        one, other = first.get(pair.a, pair.a), first.get(pair.b, pair.b)
        if one == other:
            links.append(pair)
            continue
        if pair.chance < automatic:
            if pair.chance >= review:
                left.append(pair)
            continue
        ones, others = members.get(one, [one]), members.get(other, [other])
        if not _belong(ones, others, near):
            left.append(_chained(pair))
            continue
        kept, gone = min(one, other), max(one, other)
        joined = ones + others
        members.pop(gone, None)
        members[kept] = joined
        for item in joined:
            first[item] = kept
        links.append(pair)
    return Groups(first, tuple(links), tuple(pair for pair in left if _apart(pair, first)))


def _likeliest(pairs: Iterable[Pair]) -> list[Pair]:
    return sorted(pairs, key=lambda pair: (-pair.chance, -pair.evidence, pair.a, pair.b))


def _belong(ones: Sequence[int], others: Sequence[int], near: dict[int, set[int]]) -> bool:
    fewer, more = sorted((ones, others), key=len)
    wanted = set(more)
    found = 0
    for item in fewer:
        found += len(near.get(item, set()) & wanted)
        if found >= ENOUGH:
            return True
    return 2 * found > len(ones) * len(others)


def _chained(pair: Pair) -> Pair:
    why = f"{pair.reason}; joining them would join records that are not alike"
    return Pair(pair.a, pair.b, pair.evidence, pair.chance, why)


def _apart(pair: Pair, first: dict[int, int]) -> bool:
    return first.get(pair.a, pair.a) != first.get(pair.b, pair.b)
