"""How often each of something was used: the rows that tell of it are counted, one figure for each."""

from __future__ import annotations

from agents.builtin.language.lexicon import RELATING, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link, is_flag, truth
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Meaning
from agents.builtin.schema.choose import date_columns
from agents.builtin.schema.graph import Schema

_OFTEN = "often"
# What may be done with anything: which rows tell of it is for the data to say.
_ANY_DEED = RELATING | {stem(word) for word in "use used happen occur choose pick take get".split()}


def take_often(tags: list[Tag], schema: Schema) -> None:
    """Put the rows that are counted in place of the deed behind "how often"; an unknown deed stays unknown."""
    said = [tag for tag in tags if tag.kind != "skip" or stem(tag.text.lower()) in _ANY_DEED]
    if len(said) < 4 or said[0].kind != "howmany" or said[0].data != _OFTEN:
        return
    deed, noun = said[1], next((tag for tag in said[2:] if tag.links), None)
    if noun is None or said[2].kind != "group":
        return
    mark = _mark(deed, noun.links[0], schema)
    if mark is not None:
        deed.links = [mark]  # "how often did each worker do overtime": the rows that are marked so
        return
    table = _rows_of(deed, noun.links[0], schema)
    if not table:
        deed.kind, deed.links = "unknown", []
        return
    deed.kind, deed.links = "link", [Link("table", table)]
    if noun.links[0].kind == "column":
        noun.links = [link for link in noun.links if link.kind == "column" and link.table == table] or noun.links


def _mark(deed: Tag, what: Link, schema: Schema) -> Link | None:
    """The mark or the stored word that the deed is, in rows that belong to what is told apart."""
    for link in deed.links:
        if not schema.owns(link.table, what.table) or link.table == what.table:
            continue
        if link.kind == "value":
            return link
        if is_flag(schema.columns[link.ref]) if link.kind == "column" else False:
            return Link("value", *link.ref, value=truth(schema.columns[link.ref], True), how="flag")
    return None


def _rows_of(deed: Tag, what: Link, schema: Schema) -> str:
    """The table whose rows tell of the deed: that of a column, the one below a thing, or that which the verb names."""
    if what.kind == "column":
        return what.table
    below = sorted({join.table for join in schema.joins if join.parent == what.table})
    word = stem(deed.text.lower())
    told = {word, *synonyms(word)}
    named = [
        table
        for table in below
        if told & {stem(part) for part in schema.tables[table]}
        or any(told & {stem(part) for part in column.words} for column in schema.of(table))
    ]
    if len(named) == 1:
        return named[0]
    happen = [table for table in below if date_columns(schema, table) or schema.is_bridge(table)]
    return happen[0] if len(below) == len(happen) == 1 and word in _ANY_DEED else ""


def leave_out_unused(meaning: Meaning, schema: Schema, said: str) -> None:
    """Where a column is counted by, rows in which nothing is written used none of it."""
    if not said.startswith("how often"):
        return
    for group in meaning.groups:
        column = schema.columns.get(group.column) if group.kind == "column" and group.column else None
        if column is not None and column.stats.filled < column.stats.rows:
            meaning.scope.conditions.append(Compare(column.ref, "notnull"))
            meaning.assumptions.append(f"rows without {column.name} are left out")
