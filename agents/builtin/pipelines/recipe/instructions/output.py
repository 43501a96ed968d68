"""Where the rows go: "save it as clean.csv", "the paid ones to paid.csv"."""

from __future__ import annotations

import re
from functools import partial

from agents.builtin.pipelines.clauses import FILE
from agents.builtin.pipelines.recipe.items import Item, items_at, project
from agents.builtin.pipelines.recipe.phrases import Part, part_of_rows
from agents.builtin.pipelines.recipe.words import noun_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_VERB = re.compile(
    r"(?:save|saved|saving|write|written|export(?:ed)?|stored?|put|output|dump|deliver|list|show|"
    r"send|give|produce|create|make|move|split)\s+",
    re.IGNORECASE,
)
_IT = re.compile(
    r"(?:it\s+all|it|them|that|this|everything|all(?:\s+of\s+(?:it|them))?|both|the\s+(?:result|"
    r"results|rows|table|output|list|data|file)|a\s+file|what\s+is\s+left)\s+",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"(?:it|them|that|this)\s+$", re.IGNORECASE)
_INTO = re.compile(
    rf"\s*(?:,\s*)?(?:(?:as|to|into|in|under|called|named)\s+)*(?:an?\s+|the\s+)?(?:new\s+)?(?:file\s+"
    rf")?(?:called\s+|named\s+)?{FILE}",
    re.IGNORECASE,
)
_WITH = re.compile(
    r"\s*,?\s*(?:\(\s*)?(?:with|showing|having|holding|containing|and|that\s+has)\s+(?:only\s+"
    r")?(?:the\s+)?(?:columns?\s+|fields?\s+)?",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"\s*,?\s*(?:with\s+)?(?:all|every)\s+(?:the\s+)?(?:columns?|fields?)(?:\s+of\s+(?:the\s+)?\w+)?\b", re.IGNORECASE
)


def read(text: str, at: int, work: Work) -> Told | None:
    """A file, with the columns or the part of the rows that it shall hold."""
    verb = _VERB.match(text, at)
    place = verb.end() if verb else at
    rows = work.subject()
    it = (_own_noun(text, place, rows, work) if verb and rows else None) or _IT.match(text, place)
    into = _INTO.match(text, it.end() if it else place) if (verb or it or _says_into(text, place)) else None
    if into is not None and rows is not None:
        return _after(text, into, _just_saved(work, rows) if it is None or _PRONOUN.match(it[0]) else rows, work)
    if rows is not None and verb:
        listed = items_at(text, place, rows)
        into = _INTO.match(text, _for_all(text, listed[0], work)) if listed else None
        if listed and into:
            return Told(_noise(text, into.end()), partial(_save, work, rows, listed[1], _file(into)))
    part = _part(text, place, work)
    into = _INTO.match(text, part.end) if part else None
    if part and into and _says_into(text, part.end):
        return Told(_noise(text, into.end()), partial(_save_part, work, part, _file(into)))
    return None


def _just_saved(work: Work, rows: Rows) -> Rows:
    """What "and as b.xlsx" or "it" speaks of: the rows of the file before, where nothing was done to others since."""
    branched = work.outputs and work.base is not None and rows.id == work.base.id
    return work.outputs[-1][1] if branched else rows


def _own_noun(text: str, at: int, rows: Rows, work: Work) -> re.Match[str] | None:
    """What "save bookings as ..." speaks of: the table's own word stands for the rows as they are by now."""
    table = table_at(text, at, work.data.catalog)
    if table is None or table[1].name not in rows.tables or rows.measures:
        return None
    return re.compile(rf"[^;]{{{table[0] - at}}}\s*").match(text, at)


def _part(text: str, at: int, work: Work) -> Part | None:
    now = work.current
    if work.base is not None and work.outputs:
        work.current = work.base
    part = part_of_rows(text, at, work, bare=True)
    work.current = now
    return part if part and part.condition is not None else None


def _says_into(text: str, at: int) -> bool:
    return bool(re.compile(r"\s*,?\s*(?:as|to|into|in)\s", re.IGNORECASE).match(text, at))


def _for_all(text: str, at: int, work: Work) -> int:
    whole = re.compile(r"\s+(?:for|of)\s+(?:all|every|each)\s+", re.IGNORECASE).match(text, at)
    noun = noun_at(text, whole.end(), work.data.catalog, work.current) if whole else None
    return noun[0] if noun else at


def _after(text: str, into: re.Match[str], rows: Rows, work: Work) -> Told | None:
    file = _file(into)
    every = _ALL.match(text, into.end())
    if every:
        return Told(every.end(), lambda: _save(work, rows, [], file), plain=False)
    given = _WITH.match(text, into.end())
    listed = items_at(text, given.end(), rows) if given else None
    if (
        listed
        and given
        and ("with" in given[0] or "column" in given[0] or len(listed[1]) > 1 or listed[1][0].value is not None)
    ):
        close = re.compile(r"\s*\)").match(text, listed[0]) if "(" in given[0] else None
        return Told(close.end() if close else listed[0], lambda: _save(work, rows, listed[1], file))
    return Told(_noise(text, into.end()), lambda: _save(work, rows, [], file), plain=True)


def _noise(text: str, at: int) -> int:
    noise = re.compile(r"\s*,?\s*(?:please|thanks|thank\s+you)\b", re.IGNORECASE).match(text, at)
    return noise.end() if noise else at


def _file(into: re.Match[str]) -> str:
    return into["quoted"] or into["plain"]


def _save(work: Work, rows: Rows, items: list[Item], file: str) -> Problem:
    work.base = work.base or rows
    if items:
        problem = project(work, rows, items)
        if problem is not None:
            return problem
    else:
        work.current = rows
    assert work.current is not None
    work.outputs.append((file, work.current))
    work.said.append(f"save as {file}")
    return None


def _save_part(work: Work, part: Part, file: str) -> Problem:
    work.base = part.rows
    part.keep(work)
    assert work.current is not None
    work.outputs.append((file, work.current))
    work.said.append(f"save as {file}")
    work.current = part.rows
    return None
