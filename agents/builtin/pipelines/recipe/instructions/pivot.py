"""Values of a column as columns: "pivot sales by month with one column per region (sum of amount)"."""

from __future__ import annotations

import re

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import text as written
from agents.builtin.pipelines.recipe.groups import PER, Named, formats_at, formatted, groups_at, measure_at
from agents.builtin.pipelines.recipe.words import column_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from agents.builtin.pipelines.reconcile.evidence import source
from agents.contract import Refusal
from spec.base import JsonValue

_VERB = re.compile(
    r"(?:make\s+|build\s+|create\s+)?(?:a\s+)?(?:pivot(?:\s+table)?|cross-?tab(?:le)?|matrix)\s+"
    r"(?:(?:of|from|with|for)\s+)?",
    re.IGNORECASE,
)
_COLUMNS = re.compile(
    r"\s*,?\s*(?:and\s+|with\s+)*(?:(?:one|a|a\s+separate|an\s+own)\s+)?columns?\s+(?:per|for\s+"
    r"(?:each|every)|by|for)\s+",
    re.IGNORECASE,
)
_WHAT = re.compile(r"\s*(?:[(,]\s*)(?:the\s+)?(?:(?:values?|cells?)\s+(?:are|is|=)\s+)?", re.IGNORECASE)
MOST = 60


def read(text: str, at: int, work: Work) -> Told | None:
    """Rows by groups, one column for each value, a measure in the cells."""
    verb = _VERB.match(text, at)
    place = verb.end() if verb else at
    table = table_at(text, place, work.data.catalog)
    rows = work.rows_of(table[1]) if table else work.subject()
    if rows is None:
        return None
    measure = measure_at(text, place, rows, work)
    if table and (measure is None or PER.match(text, table[0])):
        place, measure = table[0], None
    elif measure:
        place = measure[0]
    per = PER.match(text, place)
    groups = groups_at(text, per.end(), rows, work) if per else None
    across = _COLUMNS.match(text, groups[0]) if groups else None
    column = column_at(text, across.end(), rows) if across else None
    spread = column[1] if column else ""
    end = column[0] if column else 0
    by = groups[1] if groups else []
    if verb and groups and column is None and len(by) == 2 and isinstance(by[1].value, exp.Column):
        # "by city and status": rows by the first, columns by the second.
        spread, by, end = by[1].name, by[:1], groups[0]
    if not spread or groups is None:
        return None
    formats, end = formats_at(text, end)
    by = [formatted(group, formats) for group in by]
    what = _WHAT.match(text, end) if measure is None else None
    inside = measure_at(text, what.end(), rows, work) if what else None
    close = re.compile(r"\s*\)").match(text, inside[0]) if inside else None
    if inside is not None:
        measure = inside
        end = close.end() if close else inside[0]
    elif formats and text[end : end + 1] == ",":
        return None
    if measure is None:
        return None
    found = measure[1]
    return Told(end, lambda: _pivot(work, rows, by, spread, found))


def _pivot(work: Work, rows: Rows, by: list[Named], spread: str, measure: Named) -> Problem:
    traces = rows.traces.get(spread, {})
    if not traces:
        return Refusal(
            message=f"I cannot see the values of {spread} before it is computed.", hint="Name another column."
        )
    found: set[JsonValue] = set()
    for table, value in traces.items():
        query = exp.select(value.copy()).distinct().from_(source(table)).order_by(exp.Literal.number(1))
        found |= {value for (value,) in work.data.rows(query, limit=MOST + 1) if value is not None}
    values: list[JsonValue] = sorted(found, key=lambda value: (str(type(value)), value))
    if not values or len(values) > MOST:
        return Refusal(
            message=f"{spread} has {len(values)} different values, too many for columns.", hint="Group by it."
        )
    computed = {group.name: written(group.value) for group in by if not isinstance(group.value, exp.Column)}
    if computed:
        types = {**rows.columns, **{group.name: group.type for group in by}}
        rows = work.step(f"{rows.tables[0]}_grouped", "derive", rows, types, columns=dict(computed))
    columns = {**{group.name: group.type for group in by}, **{str(value): measure.type for value in values}}
    work.step(
        f"{rows.tables[0]}_pivot",
        "pivot",
        rows,
        columns,
        by=[group.name for group in by],
        column=spread,
        values=values,
        measure=written(measure.value),
        said=f"{written(measure.value)} by {', '.join(group.name for group in by)}, one column for each {spread}",
    )
    work.now(keys=tuple(group.name for group in by))
    return None
