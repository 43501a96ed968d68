"""The other day: what a figure would be by another of the days that its rows have, where that is another figure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from agents.builtin.schema.choose import date_columns
from agents.builtin.understand import Candidate, Prepared, key_of, prepare, read
from agents.contract import DataView, Request

if TYPE_CHECKING:
    from spec.base import JsonValue

_TAKEN = "dates are those of "
_MOST = 2


def by_other_days(request: Request, prepared: Prepared, best: Candidate, data: DataView) -> Candidate:
    """The candidate that tells, beside the day that was taken, what its one figure would be by the others.

    Orders of July may be those ordered or those shipped in July: the first is taken, and where the other is another
    figure, both are seen.
    """
    taken = next((one for one in best.meaning.assumptions if one.startswith(_TAKEN)), None)
    spans = [tag for tag in prepared.tags if tag.period is not None]
    figure = _figure(best, data) if taken is not None and len(spans) == 1 else None
    if taken is None or figure is None:
        return best
    name = taken.removeprefix(_TAKEN)
    table = best.meaning.scope.table
    told: list[str] = []
    for column in date_columns(prepared.index.schema, table):
        if column.name == name or len(told) == _MOST:
            continue
        answers = {**request.answers, key_of(spans[0]): f"{table}.{column.name}"}
        other = read(prepare(request.model_copy(update={"answers": answers}), data, prepared.index))
        value = _figure(other, data) if other.confidence >= best.confidence else None
        if value is not None and value != figure:
            told.append(f"by {column.name} it would be {_written(value)}")
    if not told:
        return best
    said = [f"{one}; {', '.join(told)}" if one == taken else one for one in best.meaning.assumptions]
    return replace(best, meaning=replace(best.meaning, assumptions=said))


def _figure(candidate: Candidate, data: DataView) -> JsonValue | None:
    """The one value of an answer; None where it has more, or none."""
    if candidate.query is None or len(candidate.query.named_selects) != 1 or not candidate.meaning.outs[0].is_measure:
        return None
    rows = data.rows(candidate.query, limit=2)
    return rows[0][0] if len(rows) == 1 else None


def _written(value: JsonValue) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
