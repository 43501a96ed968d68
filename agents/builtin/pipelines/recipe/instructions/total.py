"""One figure over all rows: "total amount of jobs.csv"; which column is meant is asked where several could be."""

from __future__ import annotations

import re
from functools import partial

from agents.builtin.pipelines.answers import resolve_answer
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.groups import PER, measure_at
from agents.builtin.pipelines.recipe.words import canonical, spans, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.contract import Option, Question

_SUM = re.compile(
    r"(?:(?:save|write|compute|calculate)\s+)?(?:the\s+)?(?:sum\s+of|total(?:\s+of)?)\s+(?:the\s+"
    r"|all\s+)*",
    re.IGNORECASE,
)
_FROM = re.compile(r"\s+(?:from|in|of|for|over)\s+", re.IGNORECASE)
_VERB = re.compile(r"(?:(?:save|write|compute|calculate|show)\s+)?", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """A sum, count or average without groups."""
    tables = work.data.catalog.tables
    rows_found = [rows] if (rows := work.subject()) else [work.rows_of(table) for table in tables]
    summed = _SUM.match(text, at)
    for rows in rows_found:
        several = _several(text, summed.end(), rows, work) if summed else None
        if several:
            return several
        verb = _VERB.match(text, at)
        found = measure_at(text, verb.end() if verb else at, rows, work)
        if found is None or PER.match(text, found[0]):
            continue
        end, named = _skip(text, found[0], rows, work)
        if rows.measures or PER.match(text, end) or (len(rows_found) > 1 and not named):
            continue
        measure = found[1]
        return Told(end, partial(_total, work, rows, measure.name, written(measure.value), measure.type), plain=True)
    return None


def _skip(text: str, end: int, rows: Rows, work: Work) -> tuple[int, bool]:
    glue = _FROM.match(text, end)
    named = table_at(text, glue.end(), work.data.catalog) if glue else None
    return (named[0], True) if named and named[1].name in rows.tables else (end, False)


def _several(text: str, at: int, rows: Rows, work: Work) -> Told | None:
    """A word that several columns of numbers share: which of them is meant is asked, and kept."""
    for end, words in spans(text, at, 3):
        asked = set(canonical(words))
        fits = [
            column
            for column, type_ in rows.columns.items()
            if asked and asked <= set(canonical(column)) and (type_.startswith(("DECIMAL", "DOUBLE")) or "INT" in type_)
        ]
        if len(fits) < 2 or any(set(canonical(column)) == asked for column in fits):
            continue
        stop, _ = _skip(text, end, rows, work)
        question = Question(
            key="measure",
            text=f"Which one is {words!r}?",
            options=tuple(Option(label=column, value=column) for column in fits),
        )
        answer = resolve_answer(question, work.request.answers.get(question.key, ""))
        if answer is None:
            return Told(stop, partial(_question, question))
        return Told(stop, partial(_total, work, rows, f"total_{answer}", f"sum({answer})", rows.columns[answer]))
    return None


def _question(question: Question) -> Problem:
    return question


def _total(work: Work, rows: Rows, name: str, measure: str, type_: str) -> Problem:
    said = f"{measure} of {rows.tables[0]}"
    work.step(f"{rows.tables[0]}_total", "aggregate", rows, {name: type_}, measures={name: measure}, said=said)
    work.now(measures=(name,))
    return None
