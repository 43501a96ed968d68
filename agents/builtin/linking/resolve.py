"""Choosing meanings: of all links of all spans, those that fit together best."""

from __future__ import annotations

from dataclasses import replace

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.index import Index


def resolve(tags: list[Tag], index: Index) -> None:
    """Order each span's links by how well they fit the whole question; scores are kept in the links' order only."""
    schema = index.schema
    _prefer_covered(tags, schema)
    spoken = _spoken(tags)
    for _ in range(2):
        for place, tag in enumerate(tags):
            if tag.links:
                scored = [(_fit(link, place, tags, spoken, schema), link) for link in tag.links]
                scored.sort(key=lambda entry: (-entry[0], entry[1].kind != "table", entry[1].table, entry[1].column))
                tag.links = [link for _, link in scored]
        spoken = _spoken(tags)


_LIGHT = frozenset(stem(word) for word in "date day time id name number at on by of in the is has was code no".split())
_WHOLE = 0.96
_FAINT = 0.5


def _prefer_covered(tags: list[Tag], schema: Schema) -> None:
    """As in "how many bottles did we open": of several columns of bottles that whose other word was said as well.

    Only among columns of which the span says a part; what is named in full, or a table, needs no other words.
    """
    said = {stem(word) for tag in tags for word in tag.text.lower().split()}
    for tag in tags:
        columns = [link for link in tag.links if link.kind == "column"]
        if tag.kind != "link" or len(columns) < 2 or tag.links[0].kind != "column" or tag.links[0].how == "exact":
            continue
        own = {stem(word) for word in tag.text.lower().split()}
        whole = [link for link in columns if _covers(link, own, said, schema)]
        top = tag.links[0]
        if not whole or top in whole or len({link.ref for link in whole}) > 1:
            continue
        rest = [link for link in tag.links if link is not whole[0]]
        tag.links = [
            replace(whole[0], score=_WHOLE, how="lemma"),
            *(replace(one, score=0.5 * one.score) for one in rest),
        ]


def _covers(link: Link, own: set[str], said: set[str], schema: Schema) -> bool:
    core = {stem(word) for word in schema.columns[link.ref].core} - _LIGHT
    return len(core) > 1 and bool(core & own) and core <= said and not core <= own


def runners_up(tags: list[Tag], index: Index, near: float) -> list[tuple[int, Link]]:
    """Second meanings that fit nearly as well as the first, nearest first: (place of the span, link)."""
    schema = index.schema
    spoken = _spoken(tags)
    found = []
    for place, tag in enumerate(tags):
        if tag.kind != "link" or len(tag.links) < 2:
            continue
        top = tag.links[0]
        best = _fit(top, place, tags, spoken, schema)
        for link in tag.links[1:4]:
            if (link.kind, link.table, link.column, link.value) == (top.kind, top.table, top.column, top.value):
                continue
            if top.kind == link.kind == "table" and top.how == "exact" and link.how == "part":
                continue  # a table called "box" is meant by "boxes", and not one of boxes in vans
            if top.kind == "table" and link.kind == "column" and schema.columns[link.ref].is_id:
                continue
            behind = best - _fit(link, place, tags, spoken, schema)
            if behind <= near and not _one_place(top, link, schema):
                found.append((behind, place, link))
    found.sort(key=lambda entry: (entry[0], entry[1], entry[2].table, entry[2].column))
    return [(place, link) for _, place, link in found]


def _one_place(a: Link, b: Link, schema: Schema) -> bool:
    """A reference and the key it points at hold the same thing."""
    return any({a.ref, b.ref} == {(j.table, j.columns[0]), (j.parent, j.keys[0])} for j in schema.joins)


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
    if link.kind == "table":
        said = {stem(part) for tag in tags for part in tag.text.lower().split()}
        rest = sum(
            1 for word in schema.tables[link.table] if stem(word) in said and word not in tags[place].text.lower()
        )
        return (
            link.score
            + (0.02 if not schema.is_bridge(link.table) else 0.0)
            + (0.12 * rest if link.score < 0.9 else 0.0)
        )
    score = link.score
    if score < _FAINT and any(one.kind == "table" and one.how == "exact" for one in tags[place].links):
        return score  # "the hires" are what a table is called so, and no day on which somebody was hired
    if link.table in schema.roles and not any(one.kind == "table" and one.how == "exact" for one in tags[place].links):
        score += 0.15  # the role was said
    if link.table in spoken:
        score += 0.2 * spoken[link.table]
    elif any(join.other(link.table) in spoken for join in schema.edges(link.table)):
        score += 0.08
    score += 0.12 * _company(link, place, tags, schema)
    score -= 0.13 * _farness(link.table, spoken, schema)
    return score + (
        _fit_value(link, place, tags, schema)
        if link.kind == "value"
        else _fit_column(link, place, tags, spoken, schema)
    )


def _farness(table: str, spoken: dict[str, float], schema: Schema) -> float:
    """How many joins beyond one lie between a table and the farthest that is spoken of."""
    costs = []
    for other, sure in spoken.items():
        if sure >= 0.7 and other != table:
            found = schema.path(table, other)
            costs.append(min(found[0], 4.0) if found is not None else 4.0)
    return max(0.0, max(costs, default=0.0) - 1.05)


def _company(link: Link, place: int, tags: list[Tag], schema: Schema) -> float:
    """A column and a value of one table speak of one row, as in "the area of Lyon"; most when the value names it."""
    best = 0.0
    other_kind = "column" if link.kind == "value" else "value"
    for at, tag in enumerate(tags):
        if at == place or not any(one.kind == other_kind for one in tag.links):
            continue
        for one in tag.links:
            if one.kind == other_kind and one.table == link.table and one.ref != link.ref and one.score >= 0.85:
                value = link if link.kind == "value" else one
                chosen = 1.0 if one is tag.links[0] else 0.7
                best = max(best, chosen * (1.6 if value.ref in label_columns(schema, link.table) else 0.8))
    return best


def _fit_value(link: Link, place: int, tags: list[Tag], schema: Schema) -> float:  # noqa: C901 - one short branch a kind of phrase
    score = 0.0
    before, after = _neighbour(tags, place, -1), _neighbour(tags, place, 1)
    told = next((t for t in reversed(tags[:place]) if t.kind != "skip"), None)
    if (
        told is not None
        and told.kind == "rel"
        and told.data != "with"
        and after is not None
        and after.links[0].kind == "column"
    ):
        # "states that the Rhine flows through": it does the flowing.
        after = None
        score += 0.2 if link.ref in label_columns(schema, link.table) else 0.0
    if (
        told is not None
        and told.kind in {"sup", "howmany", "num"}
        and any(one.kind == "table" and one.how == "exact" and one.table != link.table for one in tags[place].links)
    ):
        score -= 0.6  # "the most projects" counts these, though a department is called so too
    for near in (before, after):
        if near is not None and any(
            other.kind == "column" and other.ref == link.ref and other.score >= 0.6 for other in near.links
        ):
            score += 0.35
            break
        if near is not None and near.links and near.links[0].kind == "table" and near.links[0].table == link.table:
            score += 0.3 if near is after or _touching(tags, place, near) else 0.2
            if _touching(tags, place, near) and link.ref in label_columns(schema, link.table):
                score += 0.1
            break
    column = schema.columns[link.ref]
    if _is_key_of_others(schema, link.ref):
        score += 0.06
    if column.unique:
        score += 0.03
    if link.how == "exact" and not tags[place].data and len(str(link.value)) > 40:
        score -= 0.2
    own_label = link.ref in label_columns(schema, link.table)
    joint = tags[place - 1] if place else None
    if (
        joint is not None
        and own_label
        and before is not None
        and before.links
        and before.links[0].kind == "table"
        and before.links[0].table == link.table
    ):
        noun = before.text.lower().split()[-1]
        if joint.kind == "prep" and (joint.data == "name" or (joint.text.lower() == "of" and singular(noun) == noun)):
            return score + 0.4
    # "the capital of Norway" asks for a capital and says of what, not which.
    if (
        place >= 2
        and tags[place - 1].text.lower() == "of"
        and tags[place - 2].links
        and tags[place - 2].links[0].ref == link.ref
        and not any(t.links for t in tags[: place - 2])
    ):
        score -= 0.6
    # A thing is not in itself: "lakes in Norway" are not called Norway.
    if (
        before is not None
        and before.links
        and before.links[0].kind == "table"
        and before.links[0].table == link.table
        and not _touching(tags, place, before)
        and link.ref in label_columns(schema, link.table)
    ):
        score -= 0.4
    return score


def _touching(tags: list[Tag], place: int, near: Tag) -> bool:
    return near.end == tags[place].start or tags[place].end == near.start


def _is_key_of_others(schema: Schema, ref: tuple[str, str]) -> bool:
    return any((join.parent, join.keys[0]) == ref for join in schema.joins)


def _fit_column(  # noqa: C901 - a sum of independent signs
    link: Link, place: int, tags: list[Tag], spoken: dict[str, float], schema: Schema
) -> float:
    score = 0.0
    column = schema.columns[link.ref]
    for near in (_neighbour(tags, place, -1), _neighbour(tags, place, 1)):
        if near is not None and near.links and near.links[0].kind == "table" and near.links[0].table == link.table:
            score += 0.15
            break
    for join in schema.joins:
        if link.ref == (join.table, join.columns[0]) and join.parent in spoken and column.is_id:
            score -= 0.15
            break
    if _wants_number(tags, place) and column.kind != "number" and not column.is_id:
        score -= 0.25
    if _of_table(tags, place, link.table):
        score += 0.2
    if column.kind == "date" and place + 1 < len(tags) and tags[place + 1].kind == "period":
        score += 0.4  # "delivered in May" is when, not in which state
    if tags[place].before in {"their", "its", "his", "her"} or (
        place and tags[place - 1].text.lower().endswith(("their", "its"))
    ):
        score += 0.25 if link.table == _subject(tags) else 0.0
    said = {stem(part) for tag in tags for part in tag.text.lower().split()} | {stem(tag.before) for tag in tags}
    own = {stem(w) for w in tags[place].text.lower().split()}
    if len(schema.tables[link.table]) > 1:
        # "payments received": of two tables of payments, the one whose other word was said too.
        score += 0.08 * sum(1 for word in schema.tables[link.table] if stem(word) in said - own)
    noun = _noun_before(tags, place)
    if noun is not None and noun == link.table:
        score += 0.3 if tags[place].before == "whose" else 0.12
    for step in (-1, 1):
        near = _listed(tags, place, step)
        if near is not None and any(
            one.kind == "column" and one.table == link.table and one.score >= 0.9 for one in near.links
        ):
            score += 0.12
    return score


def _subject(tags: list[Tag]) -> str | None:
    """The table that "their" refers to: what is taken one by one or ranked, else what is spoken of first."""
    first = None
    for place, tag in enumerate(tags):
        if tag.links and tag.links[0].kind == "table":
            first = first or tag.links[0].table
            before = next((t for t in reversed(tags[:place]) if t.kind != "skip"), None)
            if before is not None and (
                before.kind == "sup" or (before.kind == "group" and before.text.lower() != "by")
            ):
                return tag.links[0].table
    return first


def _noun_before(tags: list[Tag], place: int) -> str | None:
    """The table last spoken of before this span."""
    for tag in reversed(tags[:place]):
        if tag.links and tag.links[0].kind == "table":
            return tag.links[0].table
        if tag.kind == "end":
            return None
    return None


def _listed(tags: list[Tag], place: int, step: int) -> Tag | None:
    """The neighbour in a list such as "id, first name and last name"."""
    at = place + step
    seen = False
    while 0 <= at < len(tags) and (tags[at].kind in {"skip", "conj"}):
        seen = seen or tags[at].kind == "conj"
        at += step
    return tags[at] if seen and 0 <= at < len(tags) and tags[at].links else None


def _wants_number(tags: list[Tag], place: int) -> bool:
    """After "average", "total", "number of": a column of text is the less likely meaning."""
    at = place - 1
    while at >= 0 and tags[at].kind == "skip":
        at -= 1
    return at >= 0 and (
        tags[at].kind in {"sum", "howmany"} or (tags[at].kind == "agg" and tags[at].data in {"avg", "sum", "median"})
    )


def _of_table(tags: list[Tag], place: int, table: str) -> bool:
    """As in "price of the product": the table stands behind "of"."""
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
