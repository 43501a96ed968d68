"""A question's answer as replies: how it was read, its rows, a chart where one helps, and what was assumed."""

from __future__ import annotations

from collections.abc import Iterator

from agents import cards, replies
from agents.contract import Draft
from agents.exchange import Exchange
from spec.base import JsonValue
from tools.context import Context
from tools.data import OpenData
from tools.documents import OutColumn
from tools.wording import grouped


def answer(context: Context, turn: Exchange, data: OpenData, draft: Draft) -> Iterator[replies.Reply]:
    """The rows of a draft. Where there are more than are shown, all are kept for paging."""
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
    if len(rows.names) == 1 and len(rows.rows) == 1:
        yield replies.Text(text=f"{rows.names[0].replace('_', ' ')}: {_shown(rows.rows[0][0])}")
    if rows.rows or not rows.names:
        yield cards.table("", rows, row_count=count, answer=kept, sql=result.sql)
    else:
        yield replies.Text(text="No rows: nothing in the data fits.")
    hint = draft.chart
    if hint is not None and len(rows.rows) > 1:
        points = answers.page(context, kept, limit=replies.CHART_ROWS).rows if kept else rows
        yield replies.Chart(
            chart=hint.kind,
            x=hint.x,
            y=hint.y,
            title=draft.reading,
            columns=tuple(OutColumn(name=n, type=t) for n, t in zip(points.names, points.types, strict=True)),
            rows=points.rows,
        )
    notes = (*draft.assumptions, *result.remarks)
    if notes:
        yield replies.Text(text="Assumed: " + "; ".join(notes) + ".", tone="note")


def _shown(value: JsonValue) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return grouped(value)
