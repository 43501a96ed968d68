"""Columns asked for by name, in order: "with product and revenue", "bill_no, client, amount and days_late"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.conditions import due_column
from agents.builtin.pipelines.recipe.formulas import formula_at, type_of
from agents.builtin.pipelines.recipe.values import today
from agents.builtin.pipelines.recipe.words import COMMA, DETERMINERS, canonical, column_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Work
from agents.contract import Refusal

_WORD = re.compile(r"[A-Za-z_]\w*")
_NOISE = re.compile(r"(?:how\s+(?:many\s+times|often|many)|the\s+(?:number|count)\s+of\s+times)\b", re.IGNORECASE)
_ALIAS = re.compile(r"\s*\(\s*([A-Za-z_]\w*)\s*\)|\s+(?:as|called|named)\s+([A-Za-z_]\w*)(?!\s*\.\w)", re.IGNORECASE)
_END = re.compile(
    r"\s*(?:$|[.;:!?)]|,?\s*(?:and\s+|then\s+)*(?:as|to|into|in|for|per|save|saved|write|every|"
    r"each|by|sorted?|sort|ordered|order|where|filter|drop|remove|rename|add)\b|,\s*(?:where|then|"
    r"zero)\b)",
    re.IGNORECASE,
)
_NO_ITEM = frozenset(
    "and or as to in it them everything all save saved saving write written export put store keep remove drop then "
    "every each sort sorted order ordered only not with no rest remainder others else".split()
)
_DAYS_LATE = frozenset({"days_late", "days_overdue", "days_past_due", "overdue_days", "late_days"})


@dataclass(frozen=True)
class Item:
    """One column of the result: computed, taken as it is, or a new name for a computed one."""

    name: str
    value: exp.Expr | None
    type: str = ""


def items_at(text: str, at: int, rows: Rows, *, ends: bool = True) -> tuple[int, list[Item]] | None:
    """(end, items) of a list of columns that fits the rows and fills the clause; None when a word fits nothing."""
    start = re.compile(r"(?:only\s+)?(?:the\s+)?(?:columns?|fields?)\s*:?\s*", re.IGNORECASE).match(text, at)
    place = start.end() if start else at
    found: list[Item] = []
    end = place
    while True:
        item = _item(text, place, rows)
        if item is None:
            break
        end = item[0]
        found.append(item[1])
        comma = COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    if not found or (ends and _END.match(text, end) is None) or not _fits(found, rows):
        return None
    return end, found


def _item(text: str, at: int, rows: Rows) -> tuple[int, Item] | None:
    noise = _NOISE.match(text, at)
    if noise and rows.measures:
        alias = _ALIAS.match(text, noise.end())
        last = rows.measures[-1]
        called = (alias[1] or alias[2]) if alias else last
        return (alias.end() if alias else noise.end()), Item(called, name(last), rows.columns[last])
    start = DETERMINERS.match(text, at)
    place = start.end() if start else at
    word = _WORD.match(text, place)
    if word and word[0].casefold() in _DAYS_LATE and word[0] not in rows.columns and due_column(rows):
        late = exp.Sub(this=today(), expression=name(due_column(rows) or ""))
        return word.end(), Item(word[0], late, "BIGINT")
    column = column_at(text, place, rows)
    exact = column is not None and column[1].casefold() == text[place : column[0]].casefold()
    if column is not None and (exact or not (word and "_" in word[0])):
        alias = _ALIAS.match(text, column[0])
        said = text[place : column[0]]
        # What was computed has the name it is asked for by; a column of the data keeps its own.
        own = said if column[1] in rows.measures and _WORD.fullmatch(said) else column[1]
        called = (alias[1] or alias[2]) if alias else own
        return (alias.end() if alias else column[0]), Item(called, name(column[1]), rows.columns[column[1]])
    if word is None or word[0].casefold() in _NO_ITEM:
        return None
    bracket = re.compile(r"\s*\(\s*").match(text, word.end())
    formula = formula_at(text, bracket.end(), rows) if bracket else None
    close = re.compile(r"\s*\)").match(text, formula[0]) if formula else None
    if formula and close:
        return close.end(), Item(word[0], formula[1], type_of(formula[1], rows))
    if bracket:
        return None
    return word.end(), Item(word[0], None)


def _fits(items: list[Item], rows: Rows) -> bool:
    """Names that no column has must be names for what was computed and is left over, as many and in the same order."""
    unknown = [item for item in items if item.value is None]
    return not unknown or len(unknown) == len(_left_over(items, rows))


def _left_over(items: list[Item], rows: Rows) -> list[str]:
    """What was computed and has no name of its own yet; a column of the data has its own."""
    taken = {item.value.name for item in items if isinstance(item.value, exp.Column)}
    return [column for column in rows.measures if column not in taken]


def _gone(item: Item, rows: Rows, work: Work) -> bool:
    """Whether a name that no column has now is that of a column of the data, and so none for something computed."""
    known = [column.name for table in rows.tables for column in work.table(table).columns]
    return item.value is None and any(canonical(item.name) == canonical(column) for column in known)


def project(work: Work, rows: Rows, items: list[Item]) -> Problem:
    """A step with these columns alone; nothing where the rows have them already."""
    gone = next((item.name for item in items if _gone(item, rows, work)), None)
    if gone is not None:
        return Refusal(
            message=f"There is no column {gone!r} any more where it is asked for.",
            hint=f"By then there is: {', '.join(rows.names)}.",
        )
    over = iter(_left_over(items, rows))
    columns: dict[str, str] = {}
    types: dict[str, str] = {}
    measures: list[str] = []
    for item in items:
        value = item.value
        column = value.name if isinstance(value, exp.Column) else ""
        if value is None:
            column = next(over)
            value = name(column)
            work.assumptions.append(f"{item.name} is a name for {column}")
        columns[item.name] = written(value)
        types[item.name] = item.type or rows.columns.get(column, "")
        if column in rows.measures:
            measures.append(item.name)
    if list(columns) == rows.names and all(shown == written(name(column)) for column, shown in columns.items()):
        work.current = rows
        return None
    new = {old.strip('"'): column for column, old in columns.items()}
    order = tuple(
        f"{new[item.removesuffix(' desc')]}{' desc' if item.endswith(' desc') else ''}"
        for item in rows.order
        if item.removesuffix(" desc") in new
    )
    work.step(
        f"{rows.tables[0]}_columns", "select", rows, types, columns=dict(columns), said=f"columns {', '.join(columns)}"
    )
    work.now(measures=tuple(measures), order=order if len(order) == len(rows.order) else ())
    return None
