"""Pairing rows one to one: as many pairs as there can be, and among those the closest.

Deterministic and exact: costs are integers, compared in full, so neither the order of rows nor rounding decides.
Shortest augmenting paths with potentials (the Hungarian method over the candidates alone, never the full square).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush

Candidates = Mapping[int, Sequence[tuple[int, int]]]
"""Left number to (right number, cost); costs are not negative."""


def closest_pairs(candidates: Candidates) -> dict[int, int]:
    """Left number to right number: the most pairs possible, of least total cost, alike for any order of the input.

    Groups of rows that share no candidate are solved apart. Each left row is added with one search over its group, so
    a group of n rows and m candidates costs at most n * m * log n.
    """
    edges = {left: sorted(candidates[left]) for left in sorted(candidates)}
    pairs: dict[int, int] = {}
    for group in _groups(edges):
        pairs.update(_solve({left: edges[left] for left in group}))
    return pairs


def _groups(edges: Mapping[int, Sequence[tuple[int, int]]]) -> list[list[int]]:
    """Left rows that are linked through shared candidates, each group sorted."""
    parent: dict[int, int] = {left: left for left in edges}

    def find(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    first: dict[int, int] = {}
    for left, options in edges.items():
        for right, _ in options:
            other = first.setdefault(right, left)
            a, b = find(left), find(other)
            if a != b:
                parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for left in edges:
        groups.setdefault(find(left), []).append(left)
    return list(groups.values())


def _solve(edges: Mapping[int, Sequence[tuple[int, int]]]) -> dict[int, int]:
    """One group. Staying without a partner costs more than any set of pairs, so the most pairs come first."""
    alone = 1 + sum(max((cost for _, cost in options), default=0) for options in edges.values())
    at_left: dict[int, int] = {}
    at_right: dict[int, int] = {}
    price: dict[int, int] = {}
    for start in edges:
        _add(start, edges, at_left, at_right, price, alone)
    return at_left


def _add(
    start: int,
    edges: Mapping[int, Sequence[tuple[int, int]]],
    at_left: dict[int, int],
    at_right: dict[int, int],
    price: dict[int, int],
    alone: int,
) -> None:
    """Find the cheapest way to seat ``start``: a free partner at the end of a chain of moves, or someone left alone.

    ``price`` are the potentials of right rows (not positive): a row that is wanted grows dearer, which keeps all
    reduced costs non-negative and Dijkstra's search valid.
    """
    worth = {start: 0}
    distance: dict[int, int] = {}
    came_from: dict[int, int] = {}
    settled: set[int] = set()
    queue: list[tuple[int, int]] = []

    def reach(left: int, at: int) -> None:
        # The reduced cost of a pair that stands is zero, so what the left row pays now is the measure of the others.
        pays = _pays(left, edges, at_left, price)
        for right, cost in edges[left]:
            if right in settled:
                continue
            total = at + cost - price.get(right, 0) - (pays if left != start else 0)
            if right not in distance or total < distance[right]:
                distance[right] = total
                came_from[right] = left
                heappush(queue, (total, right))

    best_end: tuple[int, int] = (alone, start)
    end_is_alone = True
    reach(start, 0)
    while queue:
        total, right = heappop(queue)
        if right in settled or total > distance[right]:
            continue
        if total >= best_end[0]:
            break
        settled.add(right)
        holder = at_right.get(right)
        if holder is None:
            best_end, end_is_alone = (total, right), False
            break
        worth[holder] = total
        pays = _pays(holder, edges, at_left, price)
        if total + alone - pays < best_end[0]:
            best_end, end_is_alone = (total + alone - pays, holder), True
        reach(holder, total)
    for right in settled:
        if distance[right] < best_end[0]:
            price[right] = price.get(right, 0) + distance[right] - best_end[0]
    _move(start, best_end[1], end_is_alone, came_from, at_left, at_right)


def _pays(
    left: int, edges: Mapping[int, Sequence[tuple[int, int]]], at_left: Mapping[int, int], price: Mapping[int, int]
) -> int:
    right = at_left.get(left)
    if right is None:
        return 0
    return next(cost for option, cost in edges[left] if option == right) - price.get(right, 0)


def _move(
    start: int,
    end: int,
    end_is_alone: bool,
    came_from: Mapping[int, int],
    at_left: dict[int, int],
    at_right: dict[int, int],
) -> None:
    if end_is_alone:
        if end == start:
            return
        right = at_left.pop(end)
    else:
        right = end
    while True:
        left = came_from[right]
        before = at_left.get(left)
        at_left[left], at_right[right] = right, left
        if left == start:
            return
        assert before is not None
        right = before
