"""Cells that break a rule which the rest of the table keeps: one postal code has one city.

The rules are found in the data: for two columns A and B, how often rows with the same A have the same B, measured by
leaving each row out in turn. For a cell, all columns that tell its value are asked; it is suspected where together
they agree on another value and next to none has the one that stands there. The proposal is that other value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from pipelines.quality.dependencies import Dependency, predictions
from pipelines.quality.examined import Examined, Suspect

AGREED, OWN = 0.5, 0.2
SURE = 0.9
GROUP, ALL = 5, 0.9
EITHER = 0.6


def find(data: Examined) -> Iterable[Suspect]:
    """Cells on whose value the other columns agree otherwise."""
    told: dict[tuple[int, int], tuple[Suspect, frozenset[int]]] = {}
    for suspect, by in _contradicted(data):
        told[suspect.row, suspect.column] = suspect, by
    for column in sorted({column for _, column in told}):
        exempt = _groups_apart(data, column, {row for row, place in told if place == column})
        for place in [place for place in told if place[1] == column and place[0] in exempt]:
            del told[place]
    for (row, _), (suspect, by) in sorted(told.items()):
        # Two columns that contradict each other alone: one of them is wrong, and nothing says which.
        mutual = all((row, determinant) in told for determinant in by)
        yield replace(suspect, confidence=round(suspect.confidence * EITHER, 3)) if mutual else suspect


def _groups_apart(data: Examined, column: int, rows: set[int]) -> set[int]:
    """Rows that break a rule because they are of another group: next to all rows of some value elsewhere do.

    The one shop in another country has prices of its own; those are no mistakes.
    """
    found: set[int] = set()
    for other, counted in enumerate(data.counts):
        if other == column:
            continue
        texts = data.cells(other)
        breaking = Counter(texts[row] for row in rows)
        apart = {text for text, n in breaking.items() if text and n >= GROUP and n >= ALL * counted[text]}
        found |= {row for row in rows if texts[row] in apart}
    return found


def _contradicted(data: Examined) -> Iterable[tuple[Suspect, frozenset[int]]]:
    """Each suspect, and the columns that speak against it."""
    rules = data.dependencies
    if not rules:
        return
    weight: dict[tuple[int, int], float] = {(rule.determinant, rule.dependent): rule.confidence for rule in rules}
    by_dependent: dict[int, list[Dependency]] = defaultdict(list)
    for rule in rules:
        by_dependent[rule.dependent].append(rule)
    for (row, column), told in sorted(predictions(data, rules).items()):
        asked = sum(weight[one.determinant, column] for one in told)
        votes: dict[str, float] = defaultdict(float)
        own = 0.0
        for one in told:
            votes[one.value] += weight[one.determinant, column] * one.share
            own += weight[one.determinant, column] * one.own_share
        standing = data.rows[row][column]
        votes.pop(standing, None)
        votes.pop("", None)
        if not votes:
            continue
        best = min(votes, key=lambda value: (-votes[value], value))
        share, own_share = votes[best] / asked, own / asked
        if share < AGREED or own_share > OWN:
            continue
        by = [one.determinant for one in told if one.value == best]
        names = " or ".join(data.names[place] for place in by[:3])
        sure = round(SURE * min(1.0, share + 0.1) * (1 - own_share), 3)
        yield Suspect(row, column, f"rows with the same {names} have {best!r}", sure, best), frozenset(by)
