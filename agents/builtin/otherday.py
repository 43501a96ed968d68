"""The other day: what a figure would be by another of the days that its rows have, where that is another figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.builtin.understand import Candidate, Prepared, key_of, prepare, read
from agents.contract import DataView, Request

if TYPE_CHECKING:
    from spec.base import JsonValue

_MOST = 2


def by_other_days(request: Request, prepared: Prepared, best: Candidate, data: DataView) -> list[str]:
    """What the one figure of an answer would be by the days of its rows that were not taken, where it is another.

    Orders of July may be those ordered or those shipped in July: the first is taken, and both are seen.
    """
    spans = [tag for tag in prepared.tags if tag.period is not None]
    figure = _figure(best, data) if best.meaning.undated and len(spans) == 1 else None
    if figure is None:
        return []
    told = []
    for table, column in best.meaning.undated[:_MOST]:
        answers = {**request.answers, key_of(spans[0]): f"{table}.{column}"}
        other = read(prepare(request.model_copy(update={"answers": answers}), data, prepared.index))
        value = _figure(other, data) if other.confidence >= best.confidence else None
        if value is not None and value != figure:
            told.append(f"by {column} it would be {_written(value)}")
    return told


def _figure(candidate: Candidate, data: DataView) -> JsonValue | None:
    """The one value of an answer; None where it has more, or none."""
    if candidate.query is None or len(candidate.query.named_selects) != 1 or not candidate.meaning.outs[0].is_measure:
        return None
    rows = data.rows(candidate.query, limit=2)
    return rows[0][0] if len(rows) == 1 else None


def _written(value: JsonValue) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
