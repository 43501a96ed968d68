"""Records that are the same thing: "find duplicate customers", "match customers of a.csv with b.csv by name and phone".

Three files come of it: one row for each customer, which record became which, and the pairs that a person has to decide.
A match in which keys, amounts or differences are named is another instruction's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from agents.builtin.pipelines.clauses import FILE
from agents.builtin.pipelines.recipe.words import columns_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from pipelines.entities.columns import Kind, kind_by_name, words_of
from pipelines.job import Field
from spec.base import JsonValue
from spec.catalog import Table

_DUPLICATES = re.compile(
    r"(?:find|show|list|detect|identify|look\s+for|spot|merge|unify)\s+(?:me\s+)?"
    r"(?:the\s+|any\s+|all\s+|our\s+|my\s+)*(?:possible\s+|likely\s+|probable\s+|fuzzy\s+)?"
    r"(?:duplicated?|double)\s+(?:(?:records?|entries)\s+(?:in|of|among)\s+)?",
    re.IGNORECASE,
)
_MATCH = re.compile(
    r"(?:match|link|find\s+the\s+same)\s+(?:the\s+|our\s+|all\s+)*(?:\w+\s+(?:of|in|from)\s+)?", re.IGNORECASE
)
_WITH = re.compile(r"\s+(?:with|to|and)\s+(?:those\s+(?:of|in|from)\s+|the\s+\w+\s+(?:of|in|from)\s+)?", re.IGNORECASE)
_PLACE = re.compile(r"\s+(?:in|of|from)\s+", re.IGNORECASE)
_BY = re.compile(r"\s*,?\s*(?:by|on|using|comparing)\s+(?:their\s+|the\s+)?", re.IGNORECASE)
_PERSON: frozenset[Kind] = frozenset({"name", "email", "phone"})
MAPPING: Mapping[str, str] = {
    "entity": "VARCHAR", "source": "VARCHAR", "record": "VARCHAR", "linked_with": "VARCHAR", "score": "DECIMAL(4,3)",
    "reason": "VARCHAR",
}  # fmt: skip


def read(text: str, at: int, work: Work) -> Told | None:
    """One table with duplicates, or two that hold the same things; None where what names a record is not known."""
    found = _two(text, at, work) or _one(text, at, work)
    if found is None:
        return None
    end, tables = found
    rows = tuple(work.rows_of(table) for table in tables)
    by = _BY.match(text, end)
    named = columns_at(text, by.end(), rows[0]) if by else None
    if by and named is None:
        return None
    end = named[0] if named else end
    compared = _compared(rows, named[1] if named else [])
    ids = [_identity(table) for table in tables]
    if compared is None or not all(ids):
        return None
    say_more = re.search(FILE, text[end:], re.IGNORECASE) is None
    return Told(end, partial(_entities, work, rows, [str(one) for one in ids], compared, save=say_more))


def _one(text: str, at: int, work: Work) -> tuple[int, tuple[Table, ...]] | None:
    verb = _DUPLICATES.match(text, at)
    found = table_at(text, verb.end(), work.data.catalog) if verb else None
    if found is None:
        return None
    place = _PLACE.match(text, found[0])
    again = table_at(text, place.end(), work.data.catalog) if place else None
    if again is not None:
        return (again[0], (again[1],)) if again[1].name == found[1].name else None
    return found[0], (found[1],)


def _two(text: str, at: int, work: Work) -> tuple[int, tuple[Table, ...]] | None:
    verb = _MATCH.match(text, at)
    left = table_at(text, verb.end(), work.data.catalog) if verb else None
    glue = _WITH.match(text, left[0]) if left else None
    right = table_at(text, glue.end(), work.data.catalog) if glue else None
    if left is None or right is None or left[1].name == right[1].name:
        return None
    return right[0], (left[1], right[1])


def _identity(table: Table) -> str | None:
    """The column that names a record: the table's key."""
    return table.primary_key[0] if len(table.primary_key) == 1 else None


def _compared(rows: tuple[Rows, ...], named: list[str]) -> dict[str, JsonValue] | None:
    """Columns to their kinds: those that were named, or those all tables have that can tell who a record is.

    Without a name, an e-mail or a telephone among them nothing is compared: rows of sales are no records of a thing.
    One column alone is a key that others join by.
    """
    columns: dict[str, JsonValue] = {}
    kinds: set[Kind] = set()
    for column, type_ in rows[0].columns.items():
        kind = kind_by_name(Field(column, type_))
        if kind is None or (named and column not in named):
            continue
        if any(column not in other.columns for other in rows[1:]):
            continue
        columns[column] = kind
        kinds.add("name" if "name" in words_of(column) else kind)
    if set(named) - set(columns) or len(columns) < 2:
        return None
    return columns if kinds & _PERSON else None


def _entities(
    work: Work, rows: tuple[Rows, ...], ids: list[str], compared: dict[str, JsonValue], *, save: bool
) -> Problem:
    stem = rows[0].tables[0]
    names = [one.tables[0] for one in rows]
    held = {name: type_ for one in reversed(rows) for name, type_ in one.columns.items()}
    twice = {f"{ids[1]}_{names[1]}": rows[1].columns[ids[1]]} if len(rows) > 1 and ids[0] == ids[1] else {}
    columns = {"entity": "VARCHAR", **held, **twice, "records": "BIGINT"}
    said = f"rows of {' and '.join(names)} that are the same, by {', '.join(compared)}, become one"
    made = work.step(f"{stem}_once", "entities", rows, columns, said=said, id_column=list(ids), compare=dict(compared))
    work.now(keys=("entity",))
    assert work.current is not None
    golden = work.current
    keys = ("record",) if len(rows) == 1 else ("source", "record")
    told = {"left_record": "VARCHAR", "right_record": "VARCHAR", "score": "DECIMAL(4,3)", "reason": "VARCHAR"}
    review = {**told, **{f"{side}_{name}": held[name] for name in compared for side in ("left", "right")}}
    asked = ("left_source", "left_record", "right_source", "right_record")
    if save:
        work.outputs.append((f"{stem}_once.csv", golden))
    work.outputs.append((f"{stem}_mapping.csv", Rows(f"{made.id}.mapping", MAPPING, golden.tables, keys=keys)))
    work.outputs.append((f"{stem}_review.csv", Rows(f"{made.id}.review", review, golden.tables, keys=asked)))
    work.said.append(f"pairs that are not sure go to {stem}_review.csv for you to decide, and are left apart")
    work.assumptions.append("names that contradict are never made one without you")
    if len(rows) > 1:
        work.assumptions.append(f"no row stands twice within {' or within '.join(names)}")
    return None
