"""The day of rows that are named: "give title and date" and "last job date" ask for the day of the rows themselves."""

from __future__ import annotations

from itertools import pairwise

from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import date_columns, due_days, says_when
from agents.builtin.schema.graph import Schema

_DAYS = frozenset("date dates day time times datetime".split())
_LISTS = frozenset({"show", "conj"})


def take_listed_days(tags: list[Tag], schema: Schema) -> None:
    """Let "date" and "time" in a list of columns mean the day of the first rows spoken of that have one."""
    tables = [tag.links[0].table for tag in tags if tag.links and tag.links[0].kind == "table"]
    days = [found[0] for table in dict.fromkeys(tables) if (found := date_columns(schema, schema.real(table)))]
    said = [tag for tag in tags if tag.kind != "skip"]
    for before, tag, after in zip(said, said[1:], [*said[2:], None], strict=False):
        if tag.kind not in {"unit", "times"} or tag.text.lower() not in _DAYS or before.kind not in _LISTS or not days:
            continue
        ends = after is None or after.kind in {"end", "conj"}
        if ends and _is_list(said, before) and not any(one.kind in {"howmany", "agg", "sum", "sup"} for one in said):
            tag.kind, tag.links = "link", [Link("column", *days[0].ref)]


def take_own_days(tags: list[Tag], schema: Schema) -> None:
    """Let the "date" of "last job date" be one of the jobs' own, and never that of rows that happen to have a date."""
    for noun, tag in pairwise(tags):
        table = next((link.table for link in noun.links[:2] if link.kind == "table"), "")
        if tag.text.lower() not in _DAYS or tag.kind != "link" or not table or noun.end != tag.start:
            continue
        own = date_columns(schema, schema.real(table))
        if own and tag.links[0].table != table:
            due = due_days(schema, table)
            begun = [column for column in own if says_when(schema, column) and (due is None or column != due[1])]
            tag.links = [Link("column", table, column.name) for column in (begun if len(begun) == 1 else own)]


def _is_list(said: list[Tag], joint: Tag) -> bool:
    """Whether a column stands before the joint, or nothing else since the sentence began."""
    place = said.index(joint)
    before = said[place - 1] if place else None
    if before is None or before.kind in {"end", "show"} or joint.kind == "show":
        return True
    return bool(before.links) and before.links[0].kind in {"column", "table"}
