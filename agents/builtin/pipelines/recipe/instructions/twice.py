"""What stands more than once: "which invoice numbers are in invoices.csv more than once?"."""

from __future__ import annotations

import re
from functools import partial

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.recipe.words import columns_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work

_WHICH = re.compile(r"(?:(?:which|what|list|show|find|save|give\s+me|get)\s+)(?:all\s+)?(?:the\s+)?", re.IGNORECASE)
_TIMES = re.compile(
    r"\s*(?:that\s+|which\s+|who\s+)?(?:are|is|appears?|occurs?|comes?(?:\s+up)?|stands?|exists?|"
    r"shows?\s+up|repeat(?:s|ed)?|come)?\s*(?:there\s+)?(?P<in>\s*(?:in|on)\s+)?",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\s*(?:more\s+than\s+once|twice(?:\s+or\s+more(?:\s+often)?)?|several\s+times|multiple\s+"
    r"times|repeatedly|at\s+least\s+twice|double)\b",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """Values that more than one row has, and how often."""
    which = _WHICH.match(text, at)
    if which is None:
        return None
    rows_found: list[Rows] = (
        [rows] if (rows := work.subject()) else [work.raw(table) for table in work.data.catalog.tables]
    )
    for rows in rows_found:
        columns = columns_at(text, which.end(), rows)
        times = _TIMES.match(text, columns[0]) if columns else None
        if columns is None or times is None:
            continue
        end = times.end()
        table = table_at(text, end, work.data.catalog) if times["in"] else None
        if times["in"] and (table is None or table[1].name not in rows.tables):
            continue
        more = _MORE.match(text, table[0] if table else end)
        if more:
            return Told(more.end(), partial(_twice, work, rows, columns[1]))
    return None


def _twice(work: Work, rows: Rows, names: list[str]) -> Problem:
    times = "times" if "times" not in names else "how_often"
    columns = {**{column: rows.columns[column] for column in names}, times: "BIGINT"}
    counted = work.step(
        f"{rows.tables[0]}_counted", "aggregate", rows, columns, group_by=list(names), measures={times: "count(*)"}
    )
    condition = exp.GT(this=name(times), expression=exp.Literal.number(1))
    said = f"{', '.join(names)} of {rows.tables[0]} that stand more than once, with how often ({times})"
    work.step(f"{rows.tables[0]}_twice", "filter", counted, columns, where=condition, said=said)
    work.now(measures=(times,), keys=tuple(names))
    return None
