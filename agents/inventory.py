"""What the data of a conversation holds: each table with its rows, its days and its columns, and what can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from agents import cards, replies
from agents.contract import Draft, Request
from agents.sensitive import table_of
from spec.base import JsonValue
from spec.catalog import Column, Table

if TYPE_CHECKING:
    from agents.desk import Desk
    from memory.store import SavedThread
    from tools.data import OpenData

MOST_TABLES = 40
MOST_COLUMNS = 12
EXAMPLES = 3
MOST_TRIED = 12
MOST_GROUPS = 25
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "HUGEINT")


def no_data() -> Iterator[replies.Reply]:
    """There is nothing to look at yet."""
    yield replies.Text(
        text="There is no data in this conversation yet. Drop a file here (CSV, Excel, JSON, Parquet), "
        "name a saved connection, or say “connect Stripe” or another account of yours.",
        tone="note",
    )


def told(desk: Desk, saved: SavedThread) -> Iterator[replies.Reply]:
    """The tables, and questions that can be answered from them."""
    if not saved.data:
        yield from no_data()
        return
    desk.context.need("ask")
    data = desk.data_of(saved)
    tables = data.catalog.tables
    shown = [_row(data, table) for table in tables[:MOST_TABLES]]
    yield cards.listing("What is in your data", ("table", "rows", "from", "to", "columns"), shown)
    if len(tables) > MOST_TABLES:
        yield replies.Text(text=f"There are {len(tables) - MOST_TABLES} more tables.", tone="note")
    asked = examples(saved, data)
    if asked:
        yield replies.Text(text="\n".join(["You can ask, for instance:", *(f"• {one}" for one in asked)]))


def _row(data: OpenData, table: Table) -> list[JsonValue]:
    from sqlglot import exp

    from tools.wording import grouped

    day = next((column for column in table.columns if column.type.startswith(("DATE", "TIMESTAMP"))), None)
    wanted: list[exp.Expr] = [exp.Count(this=exp.Star())]
    if day is not None:
        moment = exp.cast(exp.column(day.name, quoted=True), "DATE")
        wanted += [exp.Min(this=moment), exp.Max(this=moment.copy())]
    named = [exp.alias_(part, f"c{place}") for place, part in enumerate(wanted)]
    found = data.scalars(exp.select(*named).from_(table_of(table.name)))
    low, high = (found[1], found[2]) if day is not None else (None, None)
    names = [column.name for column in table.columns]
    more = f" and {len(names) - MOST_COLUMNS} more" if len(names) > MOST_COLUMNS else ""
    return [
        table.name,
        grouped(int(str(found[0]))),
        str(low) if low is not None else "–",
        str(high) if high is not None else "–",
        ", ".join(names[:MOST_COLUMNS]) + more,
    ]


def examples(saved: SavedThread, data: OpenData) -> list[str]:
    """A few questions that the built-in planner answers from this data; each was tried."""
    from agents.builtin.decide import decide

    request = Request.model_validate({**saved.request, "answers": {}, "history": (), "want": "answer"})
    found: list[str] = []
    for at, text in enumerate(_candidates(data)):
        if at >= MOST_TRIED or len(found) >= EXAMPLES:
            break
        if isinstance(decide(request.model_copy(update={"text": text}), data), Draft):
            found.append(text)
    return found


def _candidates(data: OpenData) -> Iterator[str]:
    """One kind of question after the other, about the tables with the most rows first."""
    tables = sorted(data.catalog.tables, key=lambda table: -_count(data, table))[:EXAMPLES]
    kinds = [list(_asked(data, table)) for table in tables]
    for place in range(max(map(len, kinds), default=0)):
        yield from (one[place] for one in kinds if place < len(one))


def _asked(data: OpenData, table: Table) -> Iterator[str]:
    things = table.name.replace("_", " ")
    groups = [column for column in table.columns if _is_group(data, table, column)]
    dated = any(column.type.startswith(("DATE", "TIMESTAMP")) for column in table.columns)
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    amounts = [
        c for c in table.columns if c.type.startswith(_NUMBERS) and c.name not in keys and not _is_number(c.name)
    ]
    if groups:
        yield f"How many {things} by {groups[0].name.replace('_', ' ')}?"
    if dated:
        yield f"How many {things} by month?"
    yield from (f"Total {column.name.replace('_', ' ')} of {things} by month?" for column in amounts[:2] if dated)
    yield from (f"How many {things} by {column.name.replace('_', ' ')}?" for column in groups[1:3])


def _is_number(name: str) -> bool:
    """Whether a column's name says that it only tells rows apart."""
    return name.casefold().replace("_", " ").rpartition(" ")[2] in {
        "id",
        "no",
        "no.",
        "nr",
        "number",
        "code",
        "key",
        "zip",
    }


def _is_group(data: OpenData, table: Table, column: Column) -> bool:
    from sqlglot import exp

    if column.type != "VARCHAR" or _is_number(column.name):
        return False
    value = exp.column(column.name, quoted=True)
    counts = exp.Count(this=exp.Distinct(expressions=[value])), exp.Count(this=exp.Star())
    named = [exp.alias_(count, f"c{place}") for place, count in enumerate(counts)]
    distinct, rows = (int(str(one)) for one in data.scalars(exp.select(*named).from_(table_of(table.name))))
    # What is another in almost every row groups nothing.
    return 2 <= distinct <= min(MOST_GROUPS, rows // 2)


def _count(data: OpenData, table: Table) -> int:
    from sqlglot import exp

    count = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_(table_of(table.name))
    return int(str(data.scalars(count)[0]))
