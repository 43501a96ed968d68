"""A table of a database file to write: "write confirmed bookings into table confirmed of hotel.sqlite"."""

from __future__ import annotations

import re
from functools import partial

from agents.builtin.pipelines.clauses import LoadInto
from agents.builtin.pipelines.loads import load_into
from agents.builtin.pipelines.recipe.phrases import Part, part_of_rows
from agents.builtin.pipelines.recipe.words import noun_at
from agents.builtin.pipelines.recipe.work import Problem, Told, Work
from agents.contract import Refusal

_VERB = re.compile(
    r"(?P<verb>load|copy|append|add|merge|upsert|sync|write|save|put|store|insert|replace)\s+", re.IGNORECASE
)
_IT = re.compile(r"(?:it|this|that|them|everything|the\s+(?:result|results|rows|data))\s+", re.IGNORECASE)
_INTO = re.compile(
    r"""\s*(?:in|to|into|as)\s+(?:the\s+|a\s+)?(?:table\s+)["'“”`]?(?P<table>[\w.]+)["'“”`]?
        \s+(?:of|in|on|at)\s+(?:the\s+)?(?:database\s+)?["'“”`]?(?P<place>[\w\-./]+\w)["'“”`]?
        (?:\s+(?:by|on|using)\s+(?P<key>\w+(?:\s*(?:,|and)\s*\w+)*?))?(?=\s*(?:[,;!?]|\.(?!\w)|$|\band\b|\bthen\b|\bevery\b))""",
    re.IGNORECASE | re.VERBOSE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """The current rows, or a part of a table, into a table."""
    verb = _VERB.match(text, at)
    if verb is None:
        return None
    it = _IT.match(text, verb.end())
    rows = work.subject()
    into = _INTO.match(text, it.end()) if it else None
    if into is not None and rows is not None:
        return Told(into.end(), partial(_load, work, verb["verb"], into), plain=True)
    part = part_of_rows(text, verb.end(), work)
    into = _INTO.match(text, part.end) if part else None
    if part is not None and into is not None and noun_at(text, verb.end(), work.data.catalog, part.rows) is None:
        return Told(into.end(), partial(_load_part, work, part, verb["verb"], into))
    return None


def _load_part(work: Work, part: Part, verb: str, into: re.Match[str]) -> Problem:
    return part.keep(work) or _load(work, verb, into)


def _load(work: Work, verb: str, into: re.Match[str]) -> Problem:
    rows = work.subject()
    assert rows is not None
    write = {
        "append": "append",
        "add": "append",
        "insert": "append",
        "merge": "merge",
        "upsert": "merge",
        "sync": "merge",
    }
    chosen = write.get(verb.casefold(), "replace")
    load = load_into(LoadInto(into["table"], into["place"], chosen, (into["key"] or "").strip()), rows.id)  # type: ignore[arg-type]
    if isinstance(load, Refusal):
        return load
    work.current = rows
    work.loads.append(load)
    work.results.append(rows)
    work.said.append(f"{chosen} the table {into['table']} of {into['place']}")
    return None
