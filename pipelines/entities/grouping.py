"""From pairs and their chances to groups: whole numbers in, the same groups out for any order of the input."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spec.records import record

ENOUGH = 10
"""So many links between two groups join them, however large they are: each record is compared with a few dozen only."""


@record(frozen=True, slots=True)
class Pair:
    """Two records by number (``a < b``), what speaks for them, their chance in thousandths, and why.

    ``against`` says that they contradict each other, whatever else they share.
    """

    a: int
    b: int
    evidence: int
    chance: int
    reason: str
    against: bool = False


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
    least the chance ``review``, and none of them contradicts. So A and C, which are not alike, do not become one
    because B is like both: that pair goes to a person.
    """
    ordered = _likeliest(pairs)
    near: dict[int, set[int]] = {}
    opposed: dict[int, set[int]] = {}
    for pair in ordered:
        if pair.against:
            opposed.setdefault(pair.a, set()).add(pair.b)
            opposed.setdefault(pair.b, set()).add(pair.a)
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
        if any(opposed.get(item, set()) & set(others) for item in ones):
            left.append(_held(pair, "joining them would join records that contradict each other"))
            continue
        if not _belong(ones, others, near):
            left.append(_held(pair, "joining them would join records that are not alike"))
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


def _held(pair: Pair, why: str) -> Pair:
    return Pair(pair.a, pair.b, pair.evidence, pair.chance, f"{pair.reason}; {why}", pair.against)


def _apart(pair: Pair, first: dict[int, int]) -> bool:
    return first.get(pair.a, pair.a) != first.get(pair.b, pair.b)
