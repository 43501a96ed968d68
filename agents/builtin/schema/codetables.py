"""Code tables: a table that says what the codes of other columns mean, though no key points at it.

A word that such a table has ("refunded") then means the code of the column ("R"), in whichever tables use it.
"""

from __future__ import annotations

from collections.abc import Iterator

from agents.builtin.language.words import fold, stem
from agents.builtin.meaning import Compare, Condition, Either, Meaning, Nested
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.values import ValueIndex

_MOST_ROWS = 300
_MOST_COLUMNS = 6
_MOST_CODES = 60
_CODE = frozenset(stem(word) for word in "code key abbreviation abbr letter short symbol id value".split())
_LABEL = frozenset(stem(word) for word in "label name description meaning text title long word".split())
_DOMAIN = frozenset(
    stem(word)
    for word in "applies domain table entity scope group kind type category list set field column for".split()
)

Codes = dict[str, str]


def read_codes(schema: Schema, values: ValueIndex, rows: dict[str, list[tuple[str, ...]]]) -> None:
    """Let the words of code tables be found as codes of the columns that use them. ``rows``: as ``code_rows`` asks."""
    for table, (domain, _, label) in list(code_columns(schema).items()):
        held = _by_domain(rows.get(table, []), domain is not None)
        used: list[tuple[tuple[str, str], Codes]] = []
        for said, codes in held.items():
            column = _user(schema, values, table, said, codes)
            if column is None:
                continue
            schema.codes[column.ref] = codes
            used.append((column.ref, codes))
        if used:
            values.forget(label.ref)
            if domain is not None:
                values.forget(domain.ref)
        for ref, codes in used:
            for code, word in codes.items():
                values.mean(ref, code, word)


def code_columns(schema: Schema) -> dict[str, tuple[Col | None, Col, Col]]:
    """Tables that may say what codes mean, with their columns: for what (None for all), the code, its meaning."""
    pointed = {join.parent for join in schema.joins} | {join.table for join in schema.joins}
    found: dict[str, tuple[Col | None, Col, Col]] = {}
    for table in schema.tables:
        columns = schema.of(table)
        if table in pointed or table in schema.roles or not 2 <= len(columns) <= _MOST_COLUMNS:
            continue
        if not 2 <= schema.rows.get(table, columns[0].stats.rows) <= _MOST_ROWS:
            continue
        texts = [column for column in columns if column.kind == "text"]
        code = next((c for c in texts if _CODE & _stems(c)), None)
        label = next((c for c in texts if c is not code and _LABEL & _stems(c)), None)
        if code is None or label is None:
            continue
        rest = [c for c in texts if c is not code and c is not label and c.stats.distinct < c.stats.rows]
        domain = next((c for c in rest if _DOMAIN & _stems(c)), None)
        if domain is not None or code.unique:
            found[table] = (domain, code, label)
    return found


def _stems(column: Col) -> set[str]:
    return {stem(word) for word in column.words}


def _by_domain(rows: list[tuple[str, ...]], apart: bool) -> dict[str, Codes]:
    found: dict[str, Codes] = {}
    for row in rows:
        said, code, label = row if apart else ("", *row)
        found.setdefault(said, {})[code] = label
    return found


def _user(schema: Schema, values: ValueIndex, table: str, said: str, codes: Codes) -> Col | None:
    """The one column whose values are these codes, in the table that the domain or the code table's name speaks of."""
    words = {stem(word) for word in fold(said).replace("_", " ").replace(".", " ").split()}
    about = {stem(word) for word in schema.tables[table]} - {stem("code"), stem("list")}
    fits = []
    for column in schema.columns.values():
        held = values.by_column.get(column.ref)
        if column.table in {table, *schema.roles} or not held or len(held) > _MOST_CODES:
            continue
        if not held <= set(codes) or any(
            join.table == column.table and column.name in join.columns for join in schema.joins
        ):
            continue
        own = {stem(word) for word in schema.tables[column.table]}
        named = _stems(column)
        if words and not words & (own | named):
            continue
        if not words and not about & (own | named):
            continue
        fits.append((len((words | about) & own) + len((words | about) & named), len(held), column))
    if not fits:
        return None
    fits.sort(key=lambda one: (one[0], one[1]), reverse=True)
    if len(fits) > 1 and fits[0][:2] == fits[1][:2]:
        return None
    return fits[0][2]


def said_codes(meaning: Meaning, schema: Schema) -> list[str]:
    """Which code each condition stands for, in the code table's words."""
    if not schema.codes:
        return []
    return [
        f"{condition.column[1]} {value} is '{schema.codes[condition.column][str(value)]}'"
        for condition in _conditions(meaning)
        if condition.column in schema.codes
        for value in condition.values
        if str(value) in schema.codes[condition.column]
    ]


def _conditions(meaning: Meaning) -> Iterator[Compare]:
    yield from _compared(meaning.scope.conditions)
    for out in meaning.outs:
        yield from _compared(out.conditions)
        for part in out.parts:
            yield from _compared(part.conditions)


def _compared(conditions: list[Condition]) -> Iterator[Compare]:
    for condition in conditions:
        if isinstance(condition, Compare):
            yield condition
        elif isinstance(condition, Either):
            yield from _compared(condition.options)
        elif isinstance(condition, Nested):
            yield from _compared(condition.scope.conditions)
