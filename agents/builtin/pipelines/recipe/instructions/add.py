"""A column computed from others: "add a departure column (arrival plus nights)", "compute total as qty times price"."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.formulas import formula_at, type_of
from agents.builtin.pipelines.recipe.words import table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_ADD = re.compile(
    r"(?:add|compute|calculate|create|make|include|append|with)\s+(?:a\s+|an\s+|the\s+|another\s+"
    r"|one\s+)?(?:new\s+|further\s+)?(?:column\s+)?(?:called\s+|named\s+)?"
    r"""["'“‘]?(?P<name>[A-Za-z]\w*)["'”’]?(?:\s+column)?\s*(?:\(|:|=|,)?\s*(?:(?:that\s+is|which\s+is|as|being|for|from|of|equal\s+to|with)\s+)?(?:the\s+)?""",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """A new column with its formula."""
    rows = work.subject()
    found = _ADD.match(text, at)
    if rows is None or found is None:
        return None
    formula = formula_at(text, found.end(), rows)
    if formula is None:
        return None
    close = re.compile(r"\s*\)").match(text, formula[0]) if "(" in found[0] else None
    if "(" in found[0] and close is None:
        return None
    end = close.end() if close else formula[0]
    to = re.compile(r"\s+(?:to|in|for)\s+", re.IGNORECASE).match(text, end)
    table = table_at(text, to.end(), work.data.catalog) if to else None
    end = table[0] if table and table[1].name in rows.tables else end
    return Told(end, lambda: _add(work, rows, found["name"], formula[1]))


def _add(work: Work, rows: Rows, column: str, formula: exp.Expr) -> Problem:
    columns = {**rows.columns, column: type_of(formula, rows)}
    shown = written(formula)
    work.step(
        f"{rows.tables[0]}_with_{column}", "derive", rows, columns, columns={column: shown}, said=f"{column} is {shown}"
    )
    return None
