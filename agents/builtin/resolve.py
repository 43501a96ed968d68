"""Choosing meanings: of all links of all spans, those that fit together best."""

from __future__ import annotations

from agents.builtin.index import Index
from agents.builtin.links import Link
from agents.builtin.schema import Schema
from agents.builtin.tags import Tag


def resolve(tags: list[Tag], index: Index) -> None:
    """Order each span's links by how well they fit the whole question; scores are kept in the links' order only."""
    schema = index.schema
    spoken = _spoken(tags)
    for _ in range(2):
        for place, tag in enumerate(tags):
            if tag.links:
                scored = [(_fit(link, place, tags, spoken, schema), link) for link in tag.links]
                scored.sort(key=lambda entry: (-entry[0], entry[1].kind != "table", entry[1].table, entry[1].column))
                tag.links = [link for _, link in scored]
        spoken = _spoken(tags)


def _spoken(tags: list[Tag]) -> dict[str, float]:
    """Tables the question speaks of, and how surely."""
    spoken: dict[str, float] = {}
    for tag in tags:
        if not tag.links:
            continue
        top = tag.links[0]
        if top.kind == "table" and top.score >= 0.7:
            spoken[top.table] = max(spoken.get(top.table, 0), top.score)
        elif top.kind == "column" and len({link.table for link in tag.links if link.score >= top.score - 0.05}) == 1:
            spoken[top.table] = max(spoken.get(top.table, 0), 0.6 * top.score)
    return spoken


def _fit(link: Link, place: int, tags: list[Tag], spoken: dict[str, float], schema: Schema) -> float:
    score = link.score
    if link.kind == "table":
        return score + (0.02 if not schema.is_bridge(link.table) else 0.0)
    column = schema.columns[link.ref]
    if link.table in spoken:
        score += 0.2 * spoken[link.table]
    elif any(join.other(link.table) in spoken for join in schema.edges(link.table)):
        score += 0.08
    before, after = _neighbour(tags, place, -1), _neighbour(tags, place, 1)
    if link.kind == "value":
        for near in (before, after):
            if near is not None and any(
                other.kind == "column" and other.ref == link.ref and other.score >= 0.6 for other in near.links
            ):
                score += 0.35
                break
            if near is not None and near.links and near.links[0].kind == "table" and near.links[0].table == link.table:
                score += 0.12
                break
        # The table that keeps a name as its label is the one that the name is about.
        if column.unique:
            score += 0.05
        if link.how == "exact" and not tags[place].data and len(str(link.value)) > 40:
            score -= 0.2
        return score
    for near in (before, after):
        if near is not None and near.links and near.links[0].kind == "table" and near.links[0].table == link.table:
            score += 0.15
            break
    if link.ref in {(join.table, join.columns[0]) for join in schema.joins}:
        score -= 0.04
    if _of_table(tags, place, link.table):
        score += 0.2
    return score


def _of_table(tags: list[Tag], place: int, table: str) -> bool:
    """ "price of the product": the table stands behind "of"."""
    seen_of = False
    for tag in tags[place + 1 : place + 5]:
        if tag.kind == "prep" and tag.data == "":
            seen_of = True
        elif tag.links:
            return seen_of and any(
                link.kind == "table" and link.table == table and link.score >= 0.7 for link in tag.links[:2]
            )
        elif tag.kind not in {"skip", "rel"}:
            return False
    return False


def _neighbour(tags: list[Tag], place: int, step: int) -> Tag | None:
    at = place + step
    while 0 <= at < len(tags) and tags[at].kind in {"skip", "prep"} and tags[at].data in {"", "name", "is"}:
        at += step
    return tags[at] if 0 <= at < len(tags) and tags[at].links else None
