"""Arithmetic that was said or defined, as an output over the data: "margin is (revenue - cost) / revenue"."""

from __future__ import annotations

from datetime import date

from agents.builtin.context import Context, formula_of
from agents.builtin.language.normalise import normalise
from agents.builtin.linking.links import Linker
from agents.builtin.linking.resolve import resolve
from agents.builtin.linking.tags import tag
from agents.builtin.meaning import Out
from agents.builtin.parsing.formulas import parse_formula
from agents.builtin.parsing.parse import Reader
from agents.builtin.schema.index import Index
from agents.builtin.sql.terms import measure_of


def formula_named(word: str, context: Context, linker: Linker, index: Index, today: date) -> Out | None:
    """What a word of the question stands for that was defined as arithmetic; None where it is not, or means nothing."""
    body = formula_of(word, context)
    if body is None:
        return None
    if body in context.exact:
        return measure_of(body, index.schema)
    return computed(body, linker, index, today)


def computed(body: str, linker: Linker, index: Index, today: date) -> Out | None:
    """Arithmetic, whose operands are measures or columns, as an output; None where an operand means nothing."""

    def operand(text: str) -> Out | None:
        tags = tag(normalise(text), linker, today)
        resolve(tags, index)
        reader = Reader(tags, index)
        meaning = reader.read()
        if len(reader.focus) != 1 or meaning.problems:
            return None
        out = reader.focus[0]
        if out.kind == "entity":
            out = Out("count", table=out.table)
        out.conditions = list(meaning.scope.conditions)
        return out

    if body.startswith("rank by "):
        measure = operand(body.removeprefix("rank by "))
        return Out("rank", parts=[measure]) if measure is not None and measure.is_measure else None
    made = parse_formula(body, operand)
    if made is not None and made.is_measure:
        _sum_columns(made)
    return made


def _sum_columns(out: Out) -> None:
    """Beside totals, a column in a formula means its total too."""
    for place, part in enumerate(out.parts):
        if part.kind == "column":
            part.kind, part.func = "agg", "sum"
        elif part.kind == "formula" and not part.is_measure:
            out.parts[place] = Out("agg", func="sum", parts=[part])
            continue
        _sum_columns(part)
