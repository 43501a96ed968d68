"""A plain question inside a recipe: what no other instruction reads is put to the planner of questions."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sqlglot
from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name as written_name
from agents.builtin.pipelines.recipe.lineage import Traces
from agents.builtin.pipelines.recipe.words import canonical, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.contract import Draft

_LEAD = re.compile(
    r"(?:save|write|export|put|store|give\s+me|show(?:\s+me)?|list|compute|calculate|get|make)\s+(?!(?:it|them)\b)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\s*,?\s*(?:\b(?:and|then)\s+)*\b(?:save|write|export|put|store)\s+(?:it|them|the\s+result|"
    r"everything|as|to|into)\b"
    r"|\s*,?\s*\b(?:as|into|to|in)\s+(?:a\s+file\s+)?(?:called\s+)?[\"\'\w][\w.\-]*\.(?:csv|tsv|"
    r"json|ndjson|parquet|xlsx)\b"
    r"|\s*,?\s*\bwith\s+(?:the\s+)?(?:columns?\s+)|\s*;",
    re.IGNORECASE,
)
SHORTEST = 2
# A statement about the data is a promise and no question.
_STATED = re.compile(r"(?:every|each|all|no)\s+\w+\s+(?:has|have|is|are|may|must|should|can)\b", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """The words up to where something is saved, when they are a question about the tables as they are."""
    if work.ask is None or (work.current is not None and work.current.id not in work.current.tables):
        return None
    lead = _LEAD.match(text, at)
    place = lead.end() if lead else at
    stop = _END.search(text, place)
    words = text[place : stop.start()] if stop else ""
    if len(words.split()) < SHORTEST:
        return None
    assert stop is not None
    words = _counts_spelled_out(words, work)
    answer = work.ask(work.request.model_copy(update={"text": words}), work.data)
    if not isinstance(answer, Draft) or _STATED.match(words) or not _reads_what_is_named(words, answer, work):
        return None
    return Told(stop.start(), lambda: _take(work, answer), plain=True)


def _counts_spelled_out(words: str, work: Work) -> str:
    """Counts written out: "the order count" is "number of orders", which speaks of the table."""

    def spelled(found: re.Match[str]) -> str:
        table = table_at(found["noun"], 0, work.data.catalog)
        return f"number of {table[1].name}" if table else found[0]

    return re.sub(r"\b(?:the\s+)?(?P<noun>\w+)\s+counts?\b", spelled, words, flags=re.IGNORECASE)


def _reads_what_is_named(words: str, answer: Draft, work: Work) -> bool:
    """Whether the answer reads every table whose own word is said: "the order count" is a count of orders."""
    said = {part for word in re.findall(r"\w+", words) for part in canonical(word)}
    read = {relation for step in answer.spec.steps for relation in step.from_}
    return all(table.name in read or not set(canonical(table.name)) <= said for table in work.data.catalog.tables)


def _take(work: Work, answer: Draft) -> Problem:
    columns: dict[str, str] = {}
    shown: list[exp.Expr] = []
    for step in answer.spec.steps:
        work.draftsman.steps.append(step)
        query = step.params.get("query")
        tree = sqlglot.parse_one(query, dialect="duckdb") if isinstance(query, str) else None
        if isinstance(tree, exp.Query):
            columns = {name: _type(name, work, tuple(answer.spec.sources)) for name in tree.named_selects}
            shown = tree.selects
    work.used += [table for table in answer.spec.sources if table not in work.used]
    tables = tuple(answer.spec.sources)
    computed = tuple(name for name in columns if not any(work.table(table).column(name) for table in tables))
    work.current = Rows(
        answer.answer or answer.spec.steps[-1].id, columns, tables, computed, traces=_traces(shown, tables, work)
    )
    work.said.append(answer.reading.rstrip("."))
    work.assumptions += answer.assumptions
    return None


def _traces(shown: list[exp.Expr], tables: tuple[str, ...], work: Work) -> Traces:
    """Columns that the question shows as one table has them."""
    found: dict[str, Mapping[str, exp.Expr]] = {}
    for item in shown:
        holding = [table for table in tables if work.table(table).column(item.alias_or_name)]
        if isinstance(item.unalias(), exp.Column) and item.unalias().name == item.alias_or_name and len(holding) == 1:
            found[item.alias_or_name] = {holding[0]: written_name(item.alias_or_name)}
    return found


def _type(column: str, work: Work, tables: tuple[str, ...]) -> str:
    for table in tables:
        known = work.table(table).column(column)
        if known is not None:
            return known.type
    return ""
