"""The rows that no file before has: "the paid ones to paid.csv and the rest to other.csv"."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp

from agents.builtin.pipelines.clauses import FILE
from agents.builtin.pipelines.recipe.conditions import negated
from agents.builtin.pipelines.recipe.words import noun_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.contract import Refusal

_REST = re.compile(
    r"(?:(?:save|write|export|store|put|move|send|give)\s+)?"
    r"(?:(?:all\s+)?(?:of\s+)?(?:the\s+)?(?:rest|remainder|(?P<some>others|(?:other|remaining)(?=\s+\w)))"
    r"|(?:everything|all)\s+(?:else|other|that\s+is\s+left|left\s+over))\b",
    re.IGNORECASE,
)
_OF = re.compile(r"\s+of\s+", re.IGNORECASE)
_INTO = re.compile(
    rf"\s*(?:,\s*)?(?:(?:goes|go|are\s+saved|is\s+saved)\s+)?(?:(?:as|to|into|in|under)\s+)+(?:an?\s+|the\s+)?"
    rf"(?:new\s+)?(?:file\s+)?(?:called\s+|named\s+)?{FILE}",
    re.IGNORECASE,
)


def read(text: str, at: int, work: Work) -> Told | None:
    """A file with all rows that are in none of the files before."""
    rows = work.subject()
    rest = _REST.match(text, at)
    if rows is None or rest is None:
        return None
    end = rest.end()
    of = _OF.match(text, end) or re.compile(r"\s+").match(text, end)
    noun = noun_at(text, of.end(), work.data.catalog, rows) if of else None
    end = noun[0] if noun else end
    into = _INTO.match(text, end)
    if into is None:
        return None
    return Told(into.end(), lambda: _save(work, rows, into["quoted"] or into["plain"]))


def _save(work: Work, rows: Rows, file: str) -> Problem:
    taken = [_chosen_from(work, saved) for _, saved in work.outputs]
    if not taken and not rows.chosen and rows.id not in rows.tables:
        # Something was left out, and this is what is left.
        return _write(work, rows, file)
    roots = {found[0] for found in taken if found is not None}
    parts = [found[1] for found in taken if found is not None and found[1] is not None]
    saved = {rows.id for _, rows in work.outputs}
    start = work.base if rows.id in saved else rows
    here = _chosen_from(work, start) if start is not None else None
    if start is None or here is None or len(parts) != len(taken) or roots != {here[0]} or not parts:
        return Refusal(
            message="I cannot tell which rows 'the rest' are.",
            hint="Say which rows go to each file, such as 'the paid orders to paid.csv and the rest to other.csv'.",
        )
    others = negated(exp.or_(*parts))
    left = work.step(f"{start.tables[0]}_rest", "filter", start, start.columns, where=others, said="the rest of them")
    return _write(work, left, file)


def _write(work: Work, rows: Rows, file: str) -> Problem:
    work.current = rows
    work.outputs.append((file, rows))
    work.said.append(f"save as {file}")
    return None


def _chosen_from(work: Work, rows: Rows) -> tuple[str, exp.Expr | None] | None:
    """The relation that rows were chosen from and the condition; None where more was done to them than choosing."""
    steps = {step.id: step for step in work.draftsman.steps}
    conditions: list[exp.Expr] = []
    relation = rows.id
    while (step := steps.get(relation)) is not None and step.use in ("filter", "sort", "select"):
        if step.use == "filter":
            conditions.append(sqlglot.parse_one(str(step.params["where"]), dialect="duckdb"))
        elif step.use == "select" and conditions:
            # The condition may speak of a column by its new name.
            return None
        relation = step.from_[0]
    return relation, exp.and_(*conditions) if conditions else None
