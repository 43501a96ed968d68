"""A part of a table's rows, as a phrase: "the cancelled orders", "rows where the client is test", "ones above 10"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.recipe.conditions import LEAD, condition_at, negated
from agents.builtin.pipelines.recipe.words import DETERMINERS, noun_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Work
from spec.catalog import Table


@dataclass(frozen=True)
class Part:
    """Rows that a phrase names: those of ``rows`` for which ``condition`` holds."""

    end: int
    rows: Rows
    condition: exp.Expr | None
    said: str

    def keep(self, work: Work) -> Problem:
        """Go on with these rows alone."""
        if self.condition is None:
            work.current = self.rows
        else:
            work.step(
                f"{self.rows.tables[0]}_kept", "filter", self.rows, self.rows.columns, where=self.condition,
                said=f"keep {self.said}",
            )  # fmt: skip
            work.now(chosen=True)
        work.base = work.base or self.rows
        return None

    def drop(self, work: Work) -> Problem:
        """Go on without these rows; rows that cannot say stay."""
        assert self.condition is not None
        work.step(
            f"{self.rows.tables[0]}_kept", "filter", self.rows, self.rows.columns, where=negated(self.condition),
            said=f"leave out {self.said}",
        )  # fmt: skip
        work.now(chosen=False)
        return None


def part_of_rows(text: str, at: int, work: Work, *, bare: bool = False) -> Part | None:
    """A noun with a condition before or after it; with ``bare`` a condition alone will do."""
    start = DETERMINERS.match(text, at)
    place = start.end() if start else at
    for rows, table in _candidates(text, place, work):
        found = _read(text, place, at, rows, table, work, bare=bare)
        if found is not None:
            return found
    return None


def _candidates(text: str, at: int, work: Work) -> list[tuple[Rows, Table | None]]:
    """The rows that may be meant: a table that is named soon, else the current ones."""
    current = work.subject()
    found: list[tuple[Rows, Table | None]] = []
    place = at
    for _ in range(8):
        named = table_at(text, place, work.data.catalog)
        if named is not None:
            rows = work.rows_of(named[1])
            if current is None or named[1].name not in current.tables:
                found.append((rows, named[1]))
            break
        word = re.compile(r"[^\s,;.]+\s+").match(text, place)
        if word is None:
            break
        place = word.end()
    return [(current, None), *found] if current is not None else found


def _read(
    text: str, at: int, said_from: int, rows: Rows, table: Table | None, work: Work, *, bare: bool
) -> Part | None:
    noun = noun_at(text, at, work.data.catalog, rows)
    before = None
    end = at
    if noun is None or (noun[1] is not None and noun[1].name not in rows.tables):
        before = condition_at(text, at, rows, work)
        if before is None:
            return None
        space = re.compile(r"\s*").match(text, before[0])
        place = space.end() if space else before[0]
        noun = noun_at(text, place, work.data.catalog, rows)
        end = before[0]
        if noun is None and not bare:
            return None
    if noun is not None:
        if noun[1] is not None and noun[1].name not in rows.tables:
            return None
        end = noun[0]
    where = re.compile(r"\s+(?:of|in|from)\s+").match(text, end)
    named = table_at(text, where.end(), work.data.catalog) if where else None
    if named is not None and named[1].name in rows.tables:
        end = named[0]
    lead = LEAD.match(text, end)
    after = condition_at(text, lead.end(), rows, work) if lead else None
    if after is not None:
        end = after[0]
    conditions = [found[1] for found in (before, after) if found is not None]
    if not conditions and table is None and (noun is None or noun[1] is None):
        return None
    condition = exp.and_(*conditions) if conditions else None
    return Part(end, rows, condition, text[said_from:end].strip())
