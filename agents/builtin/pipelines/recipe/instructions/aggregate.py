"""Figures by group: "total per country and month", "revenue (qty times price) per product from lines.csv"."""

from __future__ import annotations

import re
from functools import partial

from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.groups import PER, Named, formats_at, groups_at, measure_at
from agents.builtin.pipelines.recipe.words import COMMA, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(
    r"(?:(?:compute|calculate|show|list|give|take|save|write|make|build|get|report)\s+)?(?:me\s+)?(?:the\s+)?",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s+(?:from|in|of|for|over)\s+", re.IGNORECASE)
_AS = re.compile(
    r"\s*(?:\(\s*(?P<in>[A-Za-z_]\w*)\s*\)|\s+(?:as|called)\s+(?P<as>[A-Za-z_]\w*)(?![\w.]))", re.IGNORECASE
)


def read(text: str, at: int, work: Work) -> Told | None:
    """Measures, then groups; the table may be named between or after."""
    verb = _VERB.match(text, at)
    place = verb.end() if verb else at
    for rows in _candidates(text, at, work):
        found = _measures(text, place, rows, work)
        if found is None:
            continue
        end, measures = found
        end = _skip_table(text, end, rows, work)
        per = PER.match(text, end)
        groups = groups_at(text, per.end(), rows, work) if per else None
        if groups is None:
            continue
        end = _skip_table(text, groups[0], rows, work)
        return Told(end, partial(aggregate, work, rows, groups[1], measures), plain=True)
    return None


def _measures(text: str, at: int, rows: Rows, work: Work) -> tuple[int, list[Named]] | None:
    found: list[Named] = []
    end = place = at
    while (one := measure_at(text, place, rows, work)) is not None:
        end, measure = one
        alias = _AS.match(text, end)
        if alias:
            end = alias.end()
            measure = Named(alias["in"] or alias["as"], measure.value, measure.type)
        found.append(measure)
        comma = COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    return (end, found) if found else None


def _candidates(text: str, at: int, work: Work) -> list[Rows]:
    current = work.subject()
    if current is not None:
        # After a file of figures the next figures are of the rows before them.
        return [current, work.base] if work.base is not None and work.outputs else [current]
    found: list[Rows] = []
    for word in re.compile(r"\b(?=\w)").finditer(text, at):
        named = table_at(text, word.start(), work.data.catalog)
        if named is not None and all(named[1].name not in rows.tables for rows in found):
            found.append(work.rows_of(named[1]))
    return found


def _skip_table(text: str, end: int, rows: Rows, work: Work) -> int:
    glue = _FROM.match(text, end)
    named = table_at(text, glue.end(), work.data.catalog) if glue else None
    return named[0] if named and named[1].name in rows.tables else end


def aggregate(work: Work, rows: Rows, groups: list[Named], measures: list[Named]) -> Problem:
    """One row a group."""
    taken = [group.name for group in groups]
    named = [Named(f"{one.name}_count" if one.name in taken else one.name, one.value, one.type) for one in measures]
    columns = {one.name: one.type for one in (*groups, *named)}
    said = f"{' and '.join(one.name for one in named)} per {', '.join(taken)}"
    work.step(
        f"{rows.tables[0]}_by_{taken[0]}",
        "aggregate",
        rows,
        columns,
        group_by={group.name: written(group.value) for group in groups},
        measures={one.name: written(one.value) for one in named},
        said=said,
    )
    work.now(measures=tuple(one.name for one in named), keys=tuple(taken))
    return None


__all__ = ["aggregate", "formats_at", "read"]
