"""Groups and measures in words: "total per country and month (month like 2024-05)", "revenue (qty times price)"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import name
from agents.builtin.pipelines.recipe.formulas import formula_at, type_of
from agents.builtin.pipelines.recipe.words import COMMA, canonical, column_at, columns_at, noun_at, table_at
from agents.builtin.pipelines.recipe.work import Rows, Work
from spec.catalog import Table

GRAINS = ("year", "quarter", "month", "week", "day")
PER = re.compile(
    r"\s*,?\s*(?:and\s+)?(?:per|by|for\s+(?:each|every)|in\s+each|of\s+each|grouped\s+by|group(?:ed)?\s+"
    r"by|broken\s+down\s+by)\s+(?:each\s+|every\s+|the\s+)?",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"(?:the\s+)?(?:sum(?:med)?\s+(?:of\s+|up\s+)?|total(?:s)?\s+(?:of\s+)?|add\s+up\s+)(?:the\s+|all\s+)*",
    re.IGNORECASE,
)
_OTHER = (
    (re.compile(r"(?:the\s+)?(?:average|mean|avg)\s+(?:of\s+)?(?:the\s+)?", re.IGNORECASE), exp.Avg, "average"),
    (
        re.compile(r"(?:the\s+)?(?:highest|maximum|max|largest|latest|newest|last)\s+(?:of\s+)?", re.IGNORECASE),
        exp.Max,
        "highest",
    ),
    (
        re.compile(r"(?:the\s+)?(?:lowest|minimum|min|smallest|earliest|oldest|first)\s+(?:of\s+)?", re.IGNORECASE),
        exp.Min,
        "lowest",
    ),
)
_COUNT = re.compile(
    r"(?:the\s+)?(?:(?:number|count)\s+of\s+|count(?:ing)?\s+(?:of\s+)?(?:the\s+|all\s+)?|how\s+many\s+)(?:the\s+)?",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"\s+counts?\b", re.IGNORECASE)
_LIKE = re.compile(
    r"\s*\(\s*(?:the\s+)?(?P<grain>\w+)\s+(?:like|as|in\s+the\s+form|written\s+as|e\.?g\.?)\s+"
    r"[\"']?(?P<form>[\w\-/. ]+?)[\"']?\s*(?P<end>\)|,)",
    re.IGNORECASE,
)
_FORMS = (
    (re.compile(r"(?:19|20)\d\d-(?:0[1-9]|1[0-2])|yyyy-mm", re.IGNORECASE), "%Y-%m"),
    (re.compile(r"(?:0[1-9]|1[0-2])/(?:19|20)\d\d|mm/yyyy", re.IGNORECASE), "%m/%Y"),
    (re.compile(r"(?:19|20)\d\d/(?:0[1-9]|1[0-2])|yyyy/mm", re.IGNORECASE), "%Y/%m"),
    (re.compile(r"(?:19|20)\d\d|yyyy", re.IGNORECASE), "%Y"),
)


@dataclass(frozen=True)
class Named:
    """A group or a measure with the name and type of its column."""

    name: str
    value: exp.Expr
    type: str


def measure_at(text: str, at: int, rows: Rows, work: Work) -> tuple[int, Named] | None:
    """(end, measure) of a sum, a count, an average, or a named formula that is summed."""
    counted = _count_at(text, at, rows, work)
    if counted is not None:
        return counted
    for pattern, node, word in _OTHER:
        lead = pattern.match(text, at)
        column = column_at(text, lead.end(), rows) if lead else None
        if column and (node is not exp.Avg or _is_number(rows.columns[column[1]])):
            type_ = "DOUBLE" if node is exp.Avg else rows.columns[column[1]]
            return column[0], Named(f"{word}_{column[1]}", node(this=name(column[1])), type_)
    summed = _SUM.match(text, at)
    if summed:
        formula = formula_at(text, summed.end(), rows)
        if formula:
            return formula[0], Named("total", exp.Sum(this=formula[1]), type_of(formula[1], rows))
        column = column_at(text, summed.end(), rows)
        if column and _is_number(rows.columns[column[1]]):
            called = column[1] if "total" in canonical(column[1]) else f"total_{column[1]}"
            return column[0], Named(called, exp.Sum(this=name(column[1])), rows.columns[column[1]])
    return _formula_called(text, at, rows) or _column_alone(text, at, rows)


def _count_at(text: str, at: int, rows: Rows, work: Work) -> tuple[int, Named] | None:
    lead = _COUNT.match(text, at)
    noun = noun_at(text, lead.end() if lead else at, work.data.catalog, rows)
    tail = _COUNTED.match(text, noun[0]) if noun and lead is None else None
    counted = _count_of(noun[1], rows) if noun and (lead or tail) else None
    if noun is None or counted is None:
        return None
    called = noun[1].name if noun[1] else "rows"
    return tail.end() if tail else noun[0], Named(called, counted, "BIGINT")


def _count_of(table: Table | None, rows: Rows) -> exp.Expr | None:
    """All rows, or the different ones of a table whose rows may stand here more than once; None where none tells."""
    if table is None or table.name == rows.one_each:
        return exp.Count(this=exp.Star())
    key = rows.identified.get(table.name)
    return exp.Count(this=exp.Distinct(expressions=[name(key)])) if key else None


def _formula_called(text: str, at: int, rows: Rows) -> tuple[int, Named] | None:
    called = re.compile(r"(?:the\s+)?([A-Za-z]\w*)\s*(?:\(\s*|=\s*|as\s+)", re.IGNORECASE).match(text, at)
    formula = formula_at(text, called.end(), rows) if called else None
    if called is None or formula is None:
        return None
    close = re.compile(r"\s*\)").match(text, formula[0]) if "(" in called[0] else None
    if "(" in called[0] and close is None:
        return None
    end = close.end() if close else formula[0]
    return end, Named(called[1], exp.Sum(this=formula[1]), type_of(formula[1], rows))


def _column_alone(text: str, at: int, rows: Rows) -> tuple[int, Named] | None:
    column = column_at(text, at, rows)
    if column is None or not _is_number(rows.columns[column[1]]) or PER.match(text, column[0]) is None:
        return None
    return column[0], Named(column[1], exp.Sum(this=name(column[1])), rows.columns[column[1]])


def _is_number(type_: str) -> bool:
    return type_.startswith(("DECIMAL", "DOUBLE", "FLOAT", "HUGEINT")) or "INT" in type_


def groups_at(text: str, at: int, rows: Rows, work: Work) -> tuple[int, list[Named]] | None:
    """(end, groups) of columns and of grains of the one date."""
    found: list[Named] = []
    end = place = at
    while True:
        one = _grain_at(text, place, rows, work) or _column_group(text, place, rows)
        if one is None:
            break
        end = one[0]
        found.append(one[1])
        comma = COMMA.match(text, end)
        if comma is None:
            break
        place = comma.end()
    if not found:
        return None
    formats, end = formats_at(text, end)
    return end, [formatted(group, formats) for group in found]


def _column_group(text: str, at: int, rows: Rows) -> tuple[int, Named] | None:
    column = column_at(text, at, rows)
    return (column[0], Named(column[1], name(column[1]), rows.columns[column[1]])) if column else None


def _grain_at(text: str, at: int, rows: Rows, work: Work) -> tuple[int, Named] | None:
    del work
    grain = re.compile(rf"(?:calendar\s+)?({'|'.join(GRAINS)})s?\b", re.IGNORECASE).match(text, at)
    if grain is None or grain[1].casefold() in (column.casefold() for column in rows.columns):
        return None
    of = re.compile(r"\s+of\s+(?:the\s+)?", re.IGNORECASE).match(text, grain.end())
    chosen = column_at(text, of.end(), rows) if of else None
    dates = [column for column, type_ in rows.columns.items() if type_.startswith(("DATE", "TIMESTAMP"))]
    if chosen is not None and chosen[1] in dates:
        end, column = chosen
    elif len(dates) == 1:
        end, column = grain.end(), dates[0]
    else:
        return None
    unit = grain[1].casefold()
    value: exp.Expr = name(column)
    if unit != "day" or rows.columns[column] != "DATE":
        cut = exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(unit), value])
        value = exp.cast(cut, "DATE")
    return end, Named(unit, value, "DATE")


def formats_at(text: str, at: int) -> tuple[dict[str, str], int]:
    """How grains are to be written: "(month like 2024-05, sum of amount)"; the rest of the brackets is left open."""
    like = _LIKE.match(text, at)
    form = next((shown for pattern, shown in _FORMS if like and pattern.fullmatch(like["form"].strip())), None)
    if like is None or form is None:
        return {}, at
    return {like["grain"].casefold(): form}, like.end() if like["end"] == ")" else like.end() - 1


def formatted(group: Named, formats: dict[str, str]) -> Named:
    """The group, written in the form that was asked for."""
    form = formats.get(group.name)
    if form is None:
        return group
    shown = exp.Anonymous(this="strftime", expressions=[group.value, exp.Literal.string(form)])
    return Named(group.name, shown, "VARCHAR")


__all__ = ["GRAINS", "PER", "Named", "columns_at", "formats_at", "formatted", "groups_at", "measure_at", "table_at"]
