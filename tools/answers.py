"""Answers too long to show at once: kept as a file of their thread, then sorted, filtered and read page by page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipelines.engines.duckdb import Limits, explained, lock, open_engine, quoted
from pipelines.scope import constant
from spec.errors import UsageError, unknown_name
from tools import conversations
from tools.context import Context
from tools.values import Rows, first_row, json_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from tools.data import OpenData

PAGE_LIMITS = Limits(memory="512MB", seconds=30.0)
LONGEST_PAGE = 1_000
_ID = re.compile(r"(t\d+)-([1-9]\d{0,9})")
Comparison = Literal["contains", "is", "is not", "at least", "at most", "is empty", "is not empty"]


@dataclass(frozen=True)
class Filter:
    """One condition on a column; ``value`` is text as typed, read as the column's own type."""

    column: str
    comparison: Comparison
    value: str = ""


@dataclass(frozen=True)
class Page:
    """Some rows of an answer; ``total`` rows pass the filters, ``of`` there are in all."""

    rows: Rows
    total: int
    of: int


def keep(context: Context, data: OpenData, query: exp.Query, names: Sequence[str], *, thread: str) -> tuple[str, int]:
    """Keep all rows of a query for paging; the answer's id and how many rows there are."""
    context.need("ask")
    folder = _folder(context, thread)
    folder.mkdir(parents=True, exist_ok=True)
    number = context.workspace.store.next_id(f"answer {thread}")
    return f"{thread}-{number}", data.save(query, names, folder / f"{number}.duckdb")


def page(
    context: Context,
    answer: str,
    *,
    offset: int = 0,
    limit: int = 100,
    sort: Sequence[tuple[str, Literal["asc", "desc"]]] = (),
    filters: Sequence[Filter] = (),
) -> Page:
    """Rows ``offset`` to ``offset + limit`` of a kept answer, in the order asked for, then in the answer's own.

    Raises UsageError for an answer that is not there (any more) or a value that is not of the column's type.
    """
    from sqlglot import exp

    file = _file(context, answer)
    with closing(open_engine(PAGE_LIMITS, None)) as engine:
        engine.execute(f"ATTACH {quoted(str(file))} AS kept (READ_ONLY)")
        lock(engine)
        table = exp.table_("rows", db="main", catalog="kept", quoted=True)
        types = _types(engine, table)
        wanted = exp.and_(*(_condition(one, types) for one in filters)) if filters else exp.true()
        ordered: list[exp.Expr] = [
            exp.Ordered(this=_column(column, types), desc=way == "desc", nulls_first=False) for column, way in sort
        ]
        # The rows' own order decides among equal ones, so that no row stands on two pages.
        ordered.append(exp.Ordered(this=exp.column("rowid"), desc=False, nulls_first=False))
        query = exp.select("*").from_(table).where(wanted).order_by(*ordered)
        query = query.limit(max(0, min(limit, LONGEST_PAGE))).offset(max(0, offset))
        counts = exp.select(exp.Count(this=exp.Star()), exp.func("count_if", wanted)).from_(table)
        try:
            of, total = first_row(engine, counts)
            rows = json_rows(engine, query, limit=LONGEST_PAGE)
        except Exception as error:
            told = explained(error)
            if told is error:
                raise
            raise told from None
    return Page(rows, int(str(total)), int(str(of)))


def _types(engine: DuckDBPyConnection, table: exp.Table) -> dict[str, str]:
    from sqlglot import exp

    described = exp.select("*").from_(table).sql(dialect="duckdb")
    return {str(row[0]): str(row[1]) for row in engine.execute(f"DESCRIBE {described}").fetchall()}


def _column(name: str, types: dict[str, str]) -> exp.Column:
    from sqlglot import exp

    if name not in types:
        raise unknown_name("column", name, list(types))
    return exp.column(exp.to_identifier(name, quoted=True))


def _condition(one: Filter, types: dict[str, str]) -> exp.Expr:
    from sqlglot import exp

    column = _column(one.column, types)
    if "\x00" in one.value:
        raise UsageError("A value cannot hold a zero byte.", hint=f"Say otherwise what {one.column} is to be.")
    if one.comparison in {"is empty", "is not empty"}:
        empty = exp.Is(this=column, expression=exp.null())
        return empty if one.comparison == "is empty" else exp.not_(empty)
    text = exp.cast(column.copy(), "VARCHAR")
    if one.comparison == "contains":
        return exp.func("contains", exp.Lower(this=text), constant(one.value.lower()))
    kind = exp.DataType.build(types[one.column], dialect="duckdb")
    # Before a blank DuckDB reads a lone sign as 0.
    said = constant(one.value.strip())
    if one.comparison in {"is", "is not"}:
        typed = exp.EQ(this=column, expression=exp.TryCast(this=said, to=kind))
        spelled = exp.EQ(this=text, expression=constant(one.value))
        same = exp.func("coalesce", exp.or_(typed, spelled), exp.false())
        return same if one.comparison == "is" else exp.not_(same)
    value = exp.cast(said, kind)
    if one.comparison == "at least":
        return exp.GTE(this=column, expression=value)
    return exp.LTE(this=column, expression=value)


def _file(context: Context, answer: str) -> Path:
    context.need("ask")
    match = _ID.fullmatch(answer)
    file = _folder(context, match[1]) / f"{match[2]}.duckdb" if match else None
    if match is None or file is None or not file.is_file():
        raise UsageError("That table is not kept any more.", hint="Ask the question again.", data={"answer": answer})
    conversations.visible(context, match[1])
    return file


def _folder(context: Context, thread: str) -> Path:
    return context.workspace.folder / "answers" / thread
