"""Empty values filled, values replaced: "write other where the category is empty"."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.conditions import is_empty
from agents.builtin.pipelines.recipe.values import date_at, is_value, number_at, spelled_as, text_at
from agents.builtin.pipelines.recipe.words import column_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_PUT = re.compile(r"(?:write|put|set|use|enter|insert|fill\s+in|fill)\s+", re.IGNORECASE)
_WHERE = re.compile(r"\s+(?:where(?:ver)?|when(?:ever)?|if|in|for)\s+(?:there\s+is\s+no\s+)?", re.IGNORECASE)
_EMPTY = re.compile(r"\s+(?:is|are)\s+(?:left\s+)?(?:empty|missing|blank|null)\b", re.IGNORECASE)
_FILL = re.compile(
    r"(?:fill(?:\s+(?:in|up))?|replace|set|change)\s+(?:the\s+|all\s+|any\s+)*(?:empty|missing|"
    r"blank|null)\s+(?:values?\s+(?:in|of)\s+)?",
    re.IGNORECASE,
)
_WITH = re.compile(r"\s+(?:with|by|to|as|into)\s+(?:the\s+(?:word|text|value)\s+)?", re.IGNORECASE)
_REPLACE = re.compile(r"(?:replace|change|turn)\s+(?:the\s+(?:value|word)\s+)?", re.IGNORECASE)
_IN = re.compile(r"\s+(?:in|of)\s+", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """A value for empty cells, or for cells of another value."""
    rows = work.subject()
    if rows is None:
        return None
    return _put(text, at, rows, work) or _fill(text, at, rows, work) or _replace(text, at, rows, work)


def _put(text: str, at: int, rows: Rows, work: Work) -> Told | None:
    verb = _PUT.match(text, at)
    value = text_at(text, verb.end()) if verb else None
    where = _WHERE.match(text, value[0]) if value else None
    column = column_at(text, where.end(), rows) if where else None
    if value is None or where is None or column is None:
        return None
    lacking = "no" in where[0].casefold().split()
    empty = _EMPTY.match(text, column[0])
    if empty is None and not lacking:
        return None
    return _told(empty.end() if empty else column[0], rows, work, column[1], text, verb.end() if verb else at)


def _fill(text: str, at: int, rows: Rows, work: Work) -> Told | None:
    verb = _FILL.match(text, at)
    column = column_at(text, verb.end(), rows) if verb else None
    glue = _WITH.match(text, column[0]) if column else None
    value = text_at(text, glue.end()) if glue else None
    if column is None or glue is None or value is None:
        return None
    return _told(value[0], rows, work, column[1], text, glue.end())


def _told(end: int, rows: Rows, work: Work, column: str, text: str, at: int) -> Told | None:
    type_ = rows.columns[column]
    value: exp.Expr | None = None
    if type_ == "VARCHAR":
        said = text_at(text, at)
        value = exp.Literal.string(said[1]) if said else None
    elif type_.startswith(("DATE", "TIMESTAMP")):
        found = date_at(text, at)
        value = found[1] if found else None
    else:
        found = number_at(text, at)
        value = found[1] if found else None
    if value is None:
        return None
    return Told(end, lambda: _do(work, rows, column, is_empty(name(column), type_), value, f"fill empty {column}"))


def _replace(text: str, at: int, rows: Rows, work: Work) -> Told | None:
    verb = _REPLACE.match(text, at)
    old = text_at(text, verb.end()) if verb else None
    glue = _WITH.match(text, old[0]) if old else None
    new = text_at(text, glue.end()) if glue else None
    where = _IN.match(text, new[0]) if new else None
    column = column_at(text, where.end(), rows) if where else None
    if old is None or new is None or column is None or rows.columns[column[1]] != "VARCHAR":
        return None
    spelled = spelled_as(old[1], column[1], rows, work)
    if not spelled:
        return None
    condition = is_value(column[1], spelled)
    said = f"{old[1]} becomes {new[1]} in {column[1]}"
    return Told(column[0], lambda: _do(work, rows, column[1], condition, exp.Literal.string(new[1]), said))


def _do(work: Work, rows: Rows, column: str, condition: exp.Expr, value: exp.Expr, said: str) -> Problem:
    case = exp.Case(ifs=[exp.If(this=condition, true=value)], default=name(column))
    work.step(f"{rows.tables[0]}_filled", "derive", rows, rows.columns, columns={column: written(case)}, said=said)
    return None
