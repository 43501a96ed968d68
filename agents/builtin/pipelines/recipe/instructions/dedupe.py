"""Duplicates that go, and which of several rows stays: "drop duplicates by mail keeping the newest by updated"."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.recipe.conditions import is_empty
from agents.builtin.pipelines.recipe.words import column_at, columns_at, noun_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(
    r"(?:(?:remove|drop|delete|eliminate|get\s+rid\s+of|skip|throw\s+(?:out|away))\s+(?:the\s+|any\s+|all\s+|exact\s+)*"
    r"(?:duplicates?|duplicated|double|repeated|dupes?)(?:\s+(?:rows|records|entries|lines|ones)"
    r")?|de-?dup(?:e|licate)?)",
    re.IGNORECASE,
)
_BY = re.compile(
    r"\s*,?\s*(?:by|on|per|with\s+the\s+same|based\s+on|of\s+the\s+same|for\s+the\s+same|using|for\s+each)\s+",
    re.IGNORECASE,
)
_KEEP = re.compile(
    r"\s*[,;(]?\s*(?:and\s+|but\s+)?(?:keep(?:ing)?|leave|leaving|so\s+that\s+only|take|taking|"
    r"where|only)\s+(?:only\s+)?(?:the\s+)?(?:row\s+|one\s+|record\s+|entry\s+)?"
    r"(?:with\s+the\s+|that\s+has\s+the\s+)?(?P<which>newest|latest|most\s+recent|last|youngest|"
    r"oldest|earliest|first|highest|largest|biggest|lowest|smallest|most|least)\b"
    r"(?:\s+(?:one|row|record|entry|rows|ones|version))?(?:\s+(?P<by>(?:by|according\s+to|judging\s+by)\s+)?)?",
    re.IGNORECASE,
)
_HIGH = {"newest", "latest", "most recent", "last", "youngest", "highest", "largest", "biggest", "most"}
_TIMES = {"newest", "latest", "most recent", "last", "youngest", "oldest", "earliest", "first"}


def read(text: str, at: int, work: Work) -> Told | None:
    """Which rows are the same, and which stays; without the latter, left to the other planner, which asks."""
    verb = _VERB.match(text, at)
    rows = work.subject()
    if verb is None:
        return None
    end = verb.end()
    where = re.compile(r"\s+(?:(?:in|from|of)\s+)?", re.IGNORECASE).match(text, end)
    named = table_at(text, where.end(), work.data.catalog) if where else None
    if named is not None and (rows is None or named[1].name in rows.tables):
        rows, end = work.rows_of(named[1]), named[0]
    if rows is None:
        return None
    by = _BY.match(text, end)
    found = columns_at(text, by.end(), rows) if by else None
    keep = _KEEP.match(text, found[0]) if found else None
    if found is None or keep is None:
        return None
    which = re.sub(r"\s+", " ", keep["which"].casefold())
    space = re.compile(r"\s*").match(text, keep.end())
    order = column_at(text, space.end() if space else keep.end(), rows)
    end = order[0] if order else keep.end()
    if order and which in _TIMES and not keep["by"] and not rows.columns[order[1]].startswith(("DATE", "TIMESTAMP")):
        # "the newest booking" names the rows, and not the column booking_id.
        noun = noun_at(text, keep.end() + 1, work.data.catalog, rows)
        order, end = None, noun[0] if noun else keep.end()
    column = order[1] if order else _the_date(rows) if which in _TIMES else None
    if column is None:
        return None
    known = rows
    return Told(end, lambda: _dedupe(work, known, found[1], column, high=which in _HIGH))


def _the_date(rows: Rows) -> str | None:
    dates = [column for column, type_ in rows.columns.items() if type_.startswith(("DATE", "TIMESTAMP"))]
    return dates[0] if len(dates) == 1 else None


def _dedupe(work: Work, rows: Rows, by: list[str], column: str, *, high: bool) -> Problem:
    filled = exp.and_(*(exp.not_(is_empty(name(one), rows.columns[one])) for one in by))
    known = work.step(f"{rows.tables[0]}_known", "filter", rows, rows.columns, where=filled)
    rest = [other for other in rows.columns if other not in by and other != column]
    order = [f"{column} desc" if high else column, *rest]
    once = work.step(f"{rows.tables[0]}_once", "dedupe", known, rows.columns, by=list(by), keep=list(order))
    nobody = Rows(f"{known.id}.rest", rows.columns, rows.tables)
    which = "highest" if high else "lowest"
    if rows.columns[column].startswith(("DATE", "TIMESTAMP")):
        which = "newest" if high else "oldest"
    work.step(
        f"{rows.tables[0]}_unique", "union", (once, nobody), rows.columns,
        said=f"keep one row for each {', '.join(by)}, the {which} by {column}",
    )  # fmt: skip
    work.assumptions.append(f"rows without {', '.join(by)} are nobody's duplicates and all stay")
    return None
