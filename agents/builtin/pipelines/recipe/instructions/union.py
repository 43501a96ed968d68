"""Tables one below the other: "put the two exports together", "combine jan.csv, feb.csv and mar.csv"."""

from __future__ import annotations

import re

from agents.builtin.pipelines.recipe.words import COMMA, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from spec.catalog import Table

_VERB = re.compile(
    r"(?:put|combine|merge|stack|append|bring|join|concatenate|unite|union(?:\s+of)?|collect|gather|take)\s+",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"(?:(?:the|all|both|these)\s+)*(?:(?:two|three|four|five|\d)\s+|both\s+|all\s+)?(?:(?:of\s+"
    r")?the\s+)?(?:exports?|files|tables|lists|sheets|statements|months|exports)\b",
    re.IGNORECASE,
)
_TOGETHER = re.compile(
    r"\s*(?:together|below\s+each\s+other|one\s+(?:below|under|after)\s+(?:the\s+other|another)"
    r"|on\s+top\s+of\s+each\s+other|(?:in)?to\s+(?:one|a\s+single)(?:\s+(?:table|list|file|export)"
    r")?|up)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"\s*(?:,?\s*(?:and\s+|with\s+)(?:add\s+)?a\s+column\s+(?:called\s+|named\s+)?(?P<name>\w+"
    r")\s+(?:that\s+says|saying|with|for|holding)\s+(?:which|the|what)\s+(?:name\s+of\s+the\s+"
    r")?(?:file|table|export|source)(?:\s+(?:it|they|the\s+row)\s+(?:came|comes?|is|are)\s+from)?)",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """All tables of one form, or those named."""
    verb = _VERB.match(text, at)
    if verb is None:
        return None
    tables: list[Table] = []
    every = _ALL.match(text, verb.end())
    end = every.end() if every else verb.end()
    if every and table_at(text, verb.end(), work.data.catalog) is None:
        tables = list(work.data.catalog.tables)
    else:
        place = verb.end()
        while (named := table_at(text, place, work.data.catalog)) is not None:
            tables.append(named[1])
            end = named[0]
            comma = COMMA.match(text, end) or re.compile(r"\s+(?:to|onto|with)\s+").match(text, end)
            if comma is None:
                break
            place = comma.end()
    together = _TOGETHER.match(text, end)
    if len(tables) < 2 or together is None or not _alike(tables):
        return None
    label = _LABEL.match(text, together.end())
    called = label["name"] if label else ""
    return Told(label.end() if label else together.end(), lambda: _union(work, tables, called))


def _alike(tables: list[Table]) -> bool:
    first = {column.name.casefold() for column in tables[0].columns}
    return all({column.name.casefold() for column in table.columns} == first for table in tables)


def _union(work: Work, tables: list[Table], label: str) -> Problem:
    inputs: tuple[Rows, ...] = tuple(work.raw(table) for table in tables)
    columns = dict(inputs[0].columns)
    said = f"{', '.join(table.name for table in tables)} one below the other"
    params = {"label": label} if label else {}
    if label:
        columns = {label: "VARCHAR", **columns}
    work.step("together", "union", inputs, columns, said=said, more=params)
    work.base = work.current
    return None
