"""Columns that tell other columns: approximate functional dependencies, found by leaving each row out in turn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import cast

from sqlglot import exp

from connectors import sql
from pipelines.quality.examined import Examined
from spec.records import record

STRICT, LOOSE = 0.85, 0.6
"""Share of rows whose value the others of their group foretell: a rule, and one that is kept badly.

The second needs groups of at least ``LOOSE_GROUP`` rows on average, and values that say much: by chance two rows would
have the same in at most one of ten cases.
"""
LOOSE_GROUP, LOOSE_CHANCE = 5.0, 0.1
SUPPORT = 20
AGAIN, AGAIN_SHARE = 2, 0.1
NATURAL = 0.03
BETTER = 0.5
"""A rule leaves at most this part of the mistakes that guessing the commonest value makes."""


@record(frozen=True)
class Dependency:
    """``determinant`` tells ``dependent`` (both places of columns) for ``confidence`` of ``support`` rows."""

    determinant: int
    dependent: int
    confidence: float
    support: int


@record(frozen=True)
class Prediction:
    """What the other rows with the same ``determinant`` have in a cell: ``value``, for ``share`` of them; ``own_share``
    of them have what stands in the cell.
    """

    determinant: int
    value: str
    share: float
    own_share: float


def find_dependencies(data: Examined) -> list[Dependency]:
    """All pairs of columns of which one tells the other, in the order of the columns."""
    usable = [place for place in range(len(data.names)) if _tells(data, place)]
    told = [place for place in range(len(data.names)) if len(data.counts[place]) > 1]
    pairs = [(a, b) for a in usable for b in told if a != b]
    if not pairs:
        return []
    found: list[Dependency] = []
    measured = _measured(data, pairs)
    missed = {(a, b): 1 - kept / support for a, b, support, kept, _ in measured if support >= SUPPORT}
    for a, b, support, kept, groups in measured:
        if support < SUPPORT:
            continue
        confidence = kept / support
        chance = max(data.counts[b].values()) / data.size
        better = (1 - confidence) <= BETTER * (1 - chance)
        # Where B tells A better, as a shop tells its city, a city has several shops by nature.
        other = missed.get((b, a), 1.0)
        natural = 1 - confidence > NATURAL and 1 - confidence > 2 * other + NATURAL
        strict = confidence >= STRICT and not natural
        loose = confidence >= LOOSE and other > NATURAL and support / groups >= LOOSE_GROUP and chance <= LOOSE_CHANCE
        if better and (strict or loose):
            found.append(Dependency(a, b, round(confidence, 6), support))
    return found


def _tells(data: Examined, place: int) -> bool:
    """Whether rows have anything of the column in common."""
    filled = {text: count for text, count in data.counts[place].items() if text}
    shared = sum(count for count in filled.values() if count > 2)
    return len(filled) > 1 and shared >= SUPPORT


def _measured(data: Examined, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int, int, int, int]]:
    """Of each pair (a, b): rows in groups of at least three by a, those with their group's commonest b, groups."""
    by_a: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        by_a[a].append(b)
    found: list[tuple[int, int, int, int, int]] = []
    for a, others in sorted(by_a.items()):
        query = sql.template(
            """SELECT b, sum(total), sum(most), count(*) FROM (
                SELECT b, a, sum(m) AS total, max(m) AS most FROM (
                    SELECT a, b, v, count(*) AS m FROM (
                        SELECT unnest(:numbers) AS b, :a AS a, unnest(:texts) AS v FROM t WHERE :a <> ''
                    ) AS cells GROUP BY a, b, v
                ) AS pairs GROUP BY b, a HAVING sum(m) >= 3
            ) AS groups GROUP BY b ORDER BY b""",
            a=sql.column(f"c{a}"),
            numbers=sql.value(others),
            texts=exp.Array(expressions=[sql.column(f"c{b}") for b in others]),
        )
        found += [(a, *map(sql.whole, row)) for row in data.ask(cast("exp.Query", query))]  # type: ignore[misc]
    return found


def predictions(data: Examined, rules: Sequence[Dependency]) -> dict[tuple[int, int], list[Prediction]]:
    """For each cell (row, column) that a rule contradicts: what every rule says of it."""
    foretold = {rule: _foretold(data, rule) for rule in rules}
    against: dict[int, set[int]] = defaultdict(set)
    for rule, told in foretold.items():
        a, b = rule.determinant, rule.dependent
        for number, row in enumerate(data.rows):
            value, _ = told.get(row[a], (row[b], 0))
            if value != row[b]:
                against[b].add(number)
    found: dict[tuple[int, int], list[Prediction]] = defaultdict(list)
    for rule, told in foretold.items():
        a, b = rule.determinant, rule.dependent
        for number in against[b]:
            one = _prediction(data, rule, data.rows[number], told)
            if one is not None:
                found[number, b].append(one)
    return found


def _foretold(data: Examined, rule: Dependency) -> dict[str, tuple[str, int]]:
    """Of each text of the determinant: what stands beside it most, in at least two rows, and in how many."""
    found: dict[str, tuple[str, int]] = {}
    for text, counted in data.partners(rule.determinant, rule.dependent).items():
        value, count = min(counted.items(), key=lambda item: (-item[1], item[0]))
        if text and count > 1:
            found[text] = value, count
    return found


def _prediction(
    data: Examined, rule: Dependency, row: Sequence[str], foretold: Mapping[str, tuple[str, int]]
) -> Prediction | None:
    """What the other rows of the group say of a row's cell; None where there are none, or one against one."""
    a, b = rule.determinant, rule.dependent
    text, own = row[a], row[b]
    group = data.partners(a, b)[text]
    others = group.total() - 1
    if others < 1 or text not in foretold:
        return None
    value, count = foretold[text]
    own_count = group[own] - 1
    if value == own:
        count = own_count
    # A value that the group has again and again is meant: some cities have a namesake in another state.
    elsewhere = data.counts[b][own] - group[own]
    meant = own and elsewhere >= AGAIN and own_count >= AGAIN and own_count >= AGAIN_SHARE * others
    return Prediction(a, value, count / others, 1.0 if meant else own_count / others)
