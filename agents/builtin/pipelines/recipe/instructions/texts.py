"""Texts made alike: spaces trimmed, capitals lowered or raised, phone numbers and addresses in one form."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.words import columns_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_LOWER = r"(?:lower[- ]?case|make\s+lower[- ]?case|downcase)"
_UPPER = r"(?:upper[- ]?case|capitali[sz]e\s+fully|make\s+upper[- ]?case)"
_DEED = re.compile(
    rf"(?P<trim>trim|strip(?:\s+(?:the\s+)?(?:spaces?|white\s*space)\s+(?:from|of|in))?|"
    rf"(?:remove|cut)\s+(?:the\s+)?(?:extra\s+|outer\s+|leading\s+and\s+trailing\s+)?(?:spaces?|"
    rf"white\s*space)\s+(?:from|in|of|around))"
    rf"|(?P<lower>{_LOWER})|(?P<upper>{_UPPER})|(?P<mail>(?:normali[sz]e|standardi[sz]e|unify)(?=\s+"
    rf"(?:the\s+)?e?-?mails?\b))"
    rf"|(?P<phone>(?:normali[sz]e|standardi[sz]e|unify|clean(?:\s+up)?)(?=\s+(?:the\s+)?(?:phone|"
    rf"mobile|telephone|fax)))",
    re.IGNORECASE,
)
_INTO = re.compile(
    r"\s+(?:(?:in|to|into|all)\s+)*(?P<lower>lower[- ]?case|small\s+letters)\b|\s+(?:(?:in|to|"
    r"into|all)\s+)*(?P<upper>upper[- ]?case|capitals|capital\s+letters)\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"(?:make|turn|put|convert|change|write|set)\s+", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """One or several things done to the texts of some columns: "trim and lower-case the mails"."""
    rows = work.subject()
    if rows is None:
        return None
    deeds: list[str] = []
    place = at
    while (deed := _DEED.match(text, place)) is not None:
        deeds.append(str(deed.lastgroup))
        glue = re.compile(r"\s*(?:,|and|&|,\s*and)\s*(?=\w)").match(text, deed.end())
        place = deed.end()
        if glue is None or not _DEED.match(text, glue.end()):
            break
        place = glue.end()
    if deeds:
        return _columns_of(text, place, rows, work, deeds)
    turn = _TURN.match(text, at)
    found = columns_at(text, turn.end(), rows) if turn else None
    into = _INTO.match(text, found[0]) if found else None
    if found and into and _texts(found[1], rows):
        return Told(into.end(), lambda: _do(work, rows, found[1], [str(into.lastgroup)]))
    return None


def _columns_of(text: str, at: int, rows: Rows, work: Work, deeds: list[str]) -> Told | None:
    phones = re.compile(r"\s+(?:the\s+)?(phone|mobile|telephone|fax)(?:\s+numbers?|s)?\b", re.IGNORECASE).match(
        text, at
    )
    if "phone" in deeds and phones:
        named = [c for c in rows.columns if re.search(r"phone|mobile|tel|fax", c, re.IGNORECASE)]
        if len(named) == 1:
            return Told(phones.end(), lambda: _do(work, rows, named, deeds))
    space = re.compile(r"\s+").match(text, at)
    every = re.compile(
        r"(?:all\s+)?(?:the\s+)?(?:texts?|names|text\s+(?:columns|fields)|columns|fields|everything|"
        r"spaces?|white\s*space|all)\b(?:\s+(?:in|of)\s+(?:all\s+)?(?:the\s+)?(?:texts?|columns|fields)"
        r")?",
        re.IGNORECASE,
    ).match(text, space.end() if space else at)
    found = columns_at(text, space.end() if space else at, rows)
    names = found[1] if found else []
    end = found[0] if found else 0
    if not found and every:
        names = [column for column, type_ in rows.columns.items() if type_ == "VARCHAR"]
        end = every.end()
    if not names or not _texts(names, rows):
        return None
    where = re.compile(r"\s+(?:in|of|from)\s+", re.IGNORECASE).match(text, end)
    table = table_at(text, where.end(), work.data.catalog) if where else None
    if table and table[1].name in rows.tables:
        end = table[0]
    return Told(end, lambda: _do(work, rows, names, deeds))


def _texts(names: list[str], rows: Rows) -> bool:
    return all(rows.columns[column] == "VARCHAR" for column in names)


def _do(work: Work, rows: Rows, names: list[str], deeds: list[str]) -> Problem:
    columns: dict[str, str] = {}
    for column in names:
        value: exp.Expr = name(column)
        for deed in deeds:
            if deed in ("trim", "mail"):
                value = exp.Nullif(this=exp.Trim(this=value), expression=exp.Literal.string(""))
            if deed in ("lower", "mail"):
                value = exp.Lower(this=value)
            if deed == "upper":
                value = exp.Upper(this=value)
            if deed == "phone":
                digits = [value, exp.Literal.string("[^0-9+]"), exp.Literal.string(""), exp.Literal.string("g")]
                kept = exp.Anonymous(this="regexp_replace", expressions=digits)
                value = exp.Nullif(this=kept, expression=exp.Literal.string(""))
        columns[column] = written(value)
    words = {"trim": "trim", "lower": "lower case", "upper": "upper case", "mail": "trim and lower case",
             "phone": "digits and + only"}  # fmt: skip
    said = f"{' and '.join(words[deed] for deed in deeds)} for {', '.join(names)}"
    if "phone" in deeds:
        work.assumptions.append("phone numbers keep their digits and a +; no country code is added")
    work.step(f"{rows.tables[0]}_texts", "derive", rows, rows.columns, columns=dict(columns), said=said)
    return None
