"""A question's answer as replies: how it was read, its rows, a chart where one helps, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agents import cards, replies
from agents.contract import Draft
from agents.exchange import Exchange
from spec.base import JsonValue
from tools.context import Context
from tools.data import OpenData
from tools.wording import grouped

if TYPE_CHECKING:
    from agents.drawing import Wish
    from tools.values import Rows


def answer(
    context: Context, turn: Exchange, data: OpenData, draft: Draft, *, wish: Wish | None = None
) -> Iterator[replies.Reply]:
    """The rows of a draft, and their chart: the one of ``wish``, else where one helps. Where there are more rows than
    are shown, all are kept for paging. A wish without a question is for the chart alone.
    """
    from tools import answers
    from tools.questions import answer as rows_of
    from tools.questions import query_of

    now = turn.request.now
    if draft.reading:
        yield replies.Text(text=draft.reading, tone="reading")
    result = rows_of(context, draft.spec, draft.answer, data, now=now, limit=replies.FIRST_ROWS)
    rows = result.rows
    kept, count = None, len(rows.rows)
    if rows.truncated:
        query = query_of(context, draft.spec, draft.answer, data, now=now)
        kept, count = answers.keep(context, data, query, rows.names, thread=turn.thread.id)
    if wish is not None and not wish.question:
        yield from _chart(context, draft, rows, kept, wish)
        return
    if len(rows.names) == 1 and len(rows.rows) == 1:
        yield replies.Text(text=f"{rows.names[0].replace('_', ' ')}: {_shown(rows.rows[0][0])}")
    if rows.rows or not rows.names:
        yield cards.table("", rows, row_count=count, answer=kept, sql=result.sql)
    else:
        yield replies.Text(text="No rows: nothing in the data fits.")
    yield from _chart(context, draft, rows, kept, wish)
    said = (*draft.assumptions, *result.remarks)
    # Whole sentences, such as that a model gave no answer, are no assumptions.
    assumed = [one for one in said if not one.endswith(".")]
    told = [f"Assumed: {'; '.join(assumed)}."] if assumed else []
    told += [f"{one[:1].upper()}{one[1:]}" for one in said if one not in assumed]
    if told:
        yield replies.Text(text="\n".join(told), tone="note")


def _chart(context: Context, draft: Draft, rows: Rows, kept: str | None, wish: Wish | None) -> Iterator[replies.Reply]:
    from agents import drawing
    from tools import answers, preferences

    points = answers.page(context, kept, limit=replies.CHART_ROWS).rows if kept else rows
    kind = wish.kind if wish is not None else None
    if kind is None and draft.chart is not None:
        preferred = preferences.chart_of(context, draft.chart.kind)
        kind = None if preferred == draft.chart.kind else preferred
    chart, told = drawing.fitting(points, draft.chart, kind, wanted=wish is not None)
    if told:
        yield replies.Text(text=told, tone="note")
    if chart is not None:
        yield chart.model_copy(update={"title": draft.reading})


def _shown(value: JsonValue) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    # Averages have digits without end; the rows have them all.
    return grouped(round(value, 4) if isinstance(value, float) and abs(value) >= 1 else value)
