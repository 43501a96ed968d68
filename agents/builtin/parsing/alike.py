"""Rows that have something in common: "clients with the same email", "who paid twice on the same day".

The words for it become a mark behind the question, ``alike in "clients"."email"`` or ``at least 2 in each day of
"payments"."paid_at"``; the mark is taken off before the rest is read, and taken into the meaning after that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import WHOLE, Meaning, Out, Ref, Shared
from agents.builtin.schema.choose import called
from agents.builtin.schema.graph import Schema

_MARK = re.compile(r' alike in (?P<columns>"[^"]+"\."[^"]+"(?:, "[^"]+"\."[^"]+")*)')
_COLUMN = re.compile(r'"([^"]+)"\."([^"]+)"')
_EACH = re.compile(r' at least (?P<least>\d+) in each (?P<unit>[a-z]+) of "(?P<table>[^"]+)"\."(?P<day>[^"]+)"$')


@dataclass(frozen=True)
class Alike:
    """Rows are kept that have the same in ``columns`` as another one, or ``least`` or more of one ``unit`` of a day."""

    columns: tuple[Ref, ...]
    least: int = 0
    unit: str = ""


def alike_in(rows: str, columns: Iterable[Ref]) -> str:
    """A question for those of the rows that have the same in all of the columns as another one."""
    return f"{rows} alike in " + ", ".join(f'"{table}"."{name}"' for table, name in columns)


def at_least_in_each(groups: str, least: int, unit: str, day: Ref) -> str:
    """A question for those of the groups that have at least so many rows in one unit of the day."""
    return f'{groups} at least {least} in each {unit} of "{day[0]}"."{day[1]}"'


def alike_of(text: str, schema: Schema) -> tuple[str, Alike | None]:
    """The question without its mark, and what the mark says."""
    found = _MARK.search(text)
    if found is not None:
        columns = tuple((table, name) for table, name in _COLUMN.findall(found["columns"]))
        if all(ref in schema.columns for ref in columns):
            return text[: found.start()] + text[found.end() :], Alike(columns)
    found = _EACH.search(text)
    if found is not None and (found["table"], found["day"]) in schema.columns:
        return text[: found.start()], Alike(((found["table"], found["day"]),), int(found["least"]), found["unit"])
    return text, None


def take_alike(meaning: Meaning, alike: Alike, schema: Schema) -> None:
    """Keep those that are alike and show what they share beside who they are; a problem where that cannot be said."""
    measures = [out for out in meaning.outs if out.is_measure]
    if meaning.limit or meaning.having or meaning.within or len(measures) > 1:
        meaning.problems.append("unclear:same")
    elif alike.least:
        _in_one(meaning, measures, alike)
    else:
        _same(meaning, measures, alike.columns, schema)


def _in_one(meaning: Meaning, measures: list[Out], alike: Alike) -> None:
    day = alike.columns[0]
    if len(measures) != 1 or measures[0].kind != "count" or len(meaning.groups) != 1 or measures[0].table != day[0]:
        meaning.problems.append("unclear:same")
        return
    when = Out("grain", column=day, grain=alike.unit, label=day[1])
    meaning.groups.append(when)
    meaning.outs = [*(out for out in meaning.outs if out not in measures), when, *measures]
    meaning.having.append((measures[0], ">=", float(alike.least)))
    meaning.order = [(out, False) for out in meaning.groups]
    meaning.asked_order = False
    meaning.told = (*meaning.told, day)


def _same(meaning: Meaning, measures: list[Out], columns: tuple[Ref, ...], schema: Schema) -> None:
    table = columns[0][0]
    plain = [out for out in meaning.outs if out.kind == "entity" and out.table == table]
    counted = [out for out in measures if out.kind == "count" and not out.column and table in {out.table, ""}]
    if meaning.scope.table != table or meaning.groups or len(meaning.outs) != len(plain or counted):
        meaning.problems.append("unclear:same")
        return
    meaning.scope.conditions.append(Shared(columns))
    if any(schema.columns[ref].kind == "text" for ref in columns):
        meaning.assumptions.append("capitals and blanks around a text make no difference")
    if counted:
        return
    shared = [_shown(ref, schema) for ref in columns]
    if set(called(schema, table)) <= set(columns):
        plain[0].label = WHOLE  # rows of one name are told apart by the rest of them
        meaning.outs = plain
    else:
        meaning.outs = [*shared, *plain]
    meaning.order = [(out, False) for out in shared]
    meaning.distinct = meaning.asked_order = False


def _shown(ref: Ref, schema: Schema) -> Out:
    """What is shared: what a column says, or what it points at."""
    owner = next((join.parent for join in schema.joins if (join.table, join.columns) == (ref[0], ref[1:])), "")
    return Out("entity", table=owner) if owner else Out("column", column=ref)


def shared_by(meaning: Meaning) -> frozenset[Ref]:
    """The columns in which rows are to be alike."""
    return frozenset(ref for c in meaning.scope.conditions if isinstance(c, Shared) for ref in c.columns)


def unshared(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "clients who share a boat", where no column says that two of them did: having one is no sharing."""
    said = [tag for tag in tags if tag.kind != "skip" or tag.text.lower() in _SHARING]
    for tag, noun in pairwise(said):
        if tag.text.lower() in _SHARING and noun.before in _ARTICLES and not shared_by(meaning):
            yield f"who of them '{tag.text} {noun.before} {noun.text}' is not held by what I read"


_SHARING = frozenset("share shares shared sharing".split())
_ARTICLES = frozenset("a an the one their same".split())
