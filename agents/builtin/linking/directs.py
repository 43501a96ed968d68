"""Who is under whom: "who reports to Ada", "people working for Ada", "firms that belong to Acme".

Where rows point at others of their own table, such a name is that of the row above, and those below it are asked for.
"""

from __future__ import annotations

from dataclasses import replace

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Schema

_UNDER = {
    stem(word): joints
    for words, joints in (
        ("report answer", {"to"}),
        ("work", {"for", "under"}),
        ("manage supervise lead led head", {"by"}),
        ("belong", {"to"}),
        ("own", {"by"}),
        ("subsidiary branch daughter", {"of"}),
        ("subordinate", {"of", "to"}),
    )
    for word in words.split()
}


def take_directs(tags: list[Tag], schema: Schema) -> None:
    """Let the name behind such a verb be that of the row above. Where no column tells who is, the verb is unknown."""
    _by_role(tags, schema)
    for place, tag in enumerate(tags):
        joint = tags[place + 1] if place + 1 < len(tags) else None
        words = tag.text.lower().split()
        joints = _UNDER.get(stem(words[0])) if words else None
        if joints is None or joint is None or tag.kind not in {"skip", "unknown", "link"}:
            continue
        # "managed by" may already be one span with the column that says so.
        if joint.text.lower() not in joints:
            continue
        names = _names(tags, place + 2)
        if not names or not all(_is_name(one, schema) for one in names):
            continue
        _point_up(tag, names, schema)


def _by_role(tags: list[Tag], schema: Schema) -> None:
    """As in "guides mentored by Ada", "clients referred by Ben", where the column itself is called so."""
    above = {(j.table, j.columns[0]): j.parent for j in schema.joins if j.parent in schema.roles}
    above = {ref: role for ref, role in above.items() if schema.roles[role].own}
    for place, tag in enumerate(tags):
        role = above.get(tag.links[0].ref) if tag.links and tag.links[0].kind == "column" else None
        role = role or _passive_role(tag, above)
        by = next((one for one in tags[place + 1 : place + 2] if one.text.lower() == "by"), None)
        words = tag.text.lower().split()
        if tag.kind != "link" or (tag.links[0].kind != "column" and role is None) or (by is None and words[-1] != "by"):
            continue
        names = _names(tags, place + (2 if by is not None else 1))
        if role is None:
            told = (
                by is not None and words[-1].endswith("ed") and names and tag.links[0].table == names[0].links[0].table
            )
            if told and any(_is_name(one, schema) for one in names):
                tag.kind, tag.links, tag.data = "unknown", [], "claims"  # by whom, no key tells
            continue
        table = schema.roles[role].table
        if not names or not all(_is_name(one, schema) and one.links[0].table == table for one in names):
            continue
        noun = singular(words[0]) != words[0]
        tag.kind, tag.links = ("link", [Link("table", table)]) if noun else ("skip", [])
        if by is not None:
            by.kind, by.data = "skip", ""
        for one in names:
            one.links = [_above(link, role) for link in one.links if link.table == table]


def _passive_role(tag: Tag, above: dict[tuple[str, str], str]) -> str | None:
    """As in "mentored by", where those who mentor are a role of the table's own rows."""
    if tag.kind != "link" or tag.links[0].kind != "table" or not tag.text.lower().endswith("ed"):
        return None
    return tag.links[0].table if tag.links[0].table in above.values() else None


def _names(tags: list[Tag], place: int) -> list[Tag]:
    found: list[Tag] = []
    for tag in tags[place:]:
        if tag.links and tag.links[0].kind == "value":
            found.append(tag)
        elif tag.kind != "skip" or found:
            break
    return found


def _is_name(tag: Tag, schema: Schema) -> bool:
    return tag.links[0].ref in label_columns(schema, tag.links[0].table)


def _point_up(verb: Tag, names: list[Tag], schema: Schema) -> None:
    table = names[0].links[0].table
    roles = [name for name, role in schema.roles.items() if role.own and role.table == table]
    if table in schema.roles or (verb.kind == "link" and verb.links[0].kind == "table"):
        return
    if len(roles) != 1:
        if not any(join.table != table and join.parent == table for join in schema.joins) or roles:
            verb.kind, verb.links, verb.data = "unknown", [], "claims"
        return
    verb.kind, verb.links = "skip", []
    for tag in names:
        tag.links = [_above(link, roles[0]) for link in tag.links if link.table == table]


def _above(link: Link, role: str) -> Link:
    return replace(link, table=role)
