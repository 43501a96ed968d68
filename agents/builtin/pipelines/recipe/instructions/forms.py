"""How texts are to be read: dates of a stated order, numbers with a decimal comma."""

from __future__ import annotations

import re
from functools import partial

from agents.builtin.pipelines.recipe.words import column_at, columns_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.contract import Refusal

_PART = r"(?:day|month|year|dd?|mm?|yyyy|yy)"
_FORM = re.compile(
    rf"\s+(?:are|is|come|comes|stand)?\s*(?:written\s+|given\s+|in\s+(?:the\s+form\s+)?|as\s+)*"
    rf"(?P<form>{_PART}(?P<sep>[/.\- ]){_PART}[/.\- ]{_PART})\b",
    re.IGNORECASE,
)
_MAKE = re.compile(
    r"(?:make|turn|convert|change|put|read|write|parse|bring|get)\s+(?:them|it|these|those|the\s+"
    r"dates|(?:the\s+)?(?P<column>[\w ]+?))\s+(?:(?:in)?to\s+|as\s+)?(?:an?\s+)?(?:normal|real|"
    r"proper|iso|standard|true|valid)?\s*(?:iso\s+)?(?:dates?|yyyy-mm-dd)\b",
    re.IGNORECASE,
)
_COMMA_NUMBERS = re.compile(
    r"\s*\(?\s*(?:with\s+|it\s+has\s+|has\s+)?(?:a\s+)?(?:decimal\s+commas?|commas?\s+(?:as|for)"
    r"\s+decimals?|european\s+numbers)(?:\s*(?:,|and)\s*(?:with\s+)?(?:points?|dots?)\s+(?:for|"
    r"as|between|to\s+group)\s+(?:the\s+)?thousands?)?\s*\)?",
    re.IGNORECASE,
)
_NORMAL = re.compile(
    r"(?:(?:and\s+)?(?:save|write|make|turn|convert)\s+(?:it|them|the\s+(?:numbers|prices|amounts)"
    r")\s+)?(?:with|into|to)\s+(?:normal|plain|proper|real)\s+(?:numbers|decimals)\b(?!\s*\w+\.)",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """The form of dates, or of numbers; where the data was already read so there is nothing left to do."""
    return _dates(text, at, work) or _made(text, at, work) or _numbers(text, at, work)


def _dates(text: str, at: int, work: Work) -> Told | None:
    for rows in _rows(work):
        columns = columns_at(text, at, rows)
        end = columns[0] if columns else at
        noun = re.compile(r"\s+dates?\b", re.IGNORECASE).match(text, end)
        end = noun.end() if noun else end
        where = re.compile(r"\s+(?:in|of)\s+", re.IGNORECASE).match(text, end)
        table = table_at(text, where.end(), work.data.catalog) if where else None
        if table and table[1].name in rows.tables:
            end = table[0]
        form = _FORM.match(text, end) if columns else None
        if columns and form:
            order = [part[0].casefold() for part in re.findall(_PART, form["form"], re.IGNORECASE)]
            shown = form["sep"].join({"d": "%d", "m": "%m", "y": "%Y"}[part] for part in order)
            return Told(form.end(), partial(_note, work, rows, columns[1], shown))
    return None


def _rows(work: Work) -> list[Rows]:
    rows = work.subject()
    return [rows] if rows else [work.raw(table) for table in work.data.catalog.tables]


def _note(work: Work, rows: Rows, names: list[str], form: str) -> Problem:
    for column in names:
        work.formats[column] = form
    work.current = rows
    return None


def _made(text: str, at: int, work: Work) -> Told | None:
    rows = work.subject()
    made = _MAKE.match(text, at)
    if rows is None or made is None:
        return None
    names = list(work.formats)
    if made["column"]:
        column = column_at(made["column"], 0, rows)
        if column is None:
            return None
        names = [column[1]]
    return Told(made.end(), lambda: _cast(work, rows, names)) if names else None


def _cast(work: Work, rows: Rows, names: list[str]) -> Problem:
    texts = [column for column in names if rows.columns[column] == "VARCHAR"]
    others = [c for c in names if c not in texts and not rows.columns[c].startswith(("DATE", "TIMESTAMP"))]
    if others:
        return Refusal(message=f"{', '.join(others)} holds no dates.", hint="Name the column with the dates.")
    if texts:
        columns = {**rows.columns, **dict.fromkeys(texts, "DATE")}
        forms = {column: work.formats[column] for column in texts if column in work.formats}
        params = {"format": forms} if forms else {}
        work.step(f"{rows.tables[0]}_dated", "cast", rows, columns, columns=dict.fromkeys(texts, "DATE"), more=params)
    else:
        work.current = rows
    work.said.append(f"{', '.join(names)} as dates")
    return None


def _numbers(text: str, at: int, work: Work) -> Told | None:
    rows = work.subject()
    said = _COMMA_NUMBERS.match(text, at) or _NORMAL.match(text, at)
    if rows is None or said is None or not said[0].strip():
        return None
    return Told(said.end(), lambda: _as_numbers(work, rows, said[0].strip(" ,()")))


def _as_numbers(work: Work, rows: Rows, said: str) -> Problem:
    numbers = [c for c, type_ in rows.columns.items() if type_.startswith(("DECIMAL", "DOUBLE")) or "INT" in type_]
    work.current = rows
    if not numbers:
        return Refusal(
            message=f"I find no column of {rows.tables[0]} that reads as numbers that way: {said}.",
            hint="Name the column that holds the numbers.",
        )
    if said not in work.said:
        work.said.append(f"numbers of {rows.tables[0]} as numbers: {', '.join(numbers)}")
    return None
