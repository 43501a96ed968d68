"""Parquet: types are the file's own, so every column is a plain copy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from connectors import sql
from connectors.contract import Discovered, Reading
from connectors.drift import known_names
from connectors.files import made, text
from connectors.files.options import ReadOptions
from connectors.looking import scratch
from connectors.spelling import plain_options
from connectors.trees import exp
from spec.catalog import Column, Table
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_NUMBER = "file_row_number"


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """The file's one table, from its own footer."""
    del stated
    with scratch() as connection:
        columns = _columns(connection, path, path.name)
        rows = _count(connection, path)
    source = Source(connector="files", location=location, options=plain_options(options), columns=columns)
    table = Table(name="", columns=tuple(Column(name=name, type=type_) for name, type_ in columns.items()), rows=rows)
    return [Discovered("", source, table)]


def read(
    source: Source,
    options: ReadOptions,
    path: Path,
    shown: str,
    into: DuckDBPyConnection,
    table: exp.Table,
    *,
    append: bool,
) -> Reading:
    """Copy the declared columns; a column whose type in the file is another is drift."""
    content = text.content(path, "none")
    present = _columns(into, path, shown)
    names = known_names(source, list(present))
    have = {name.casefold(): item for name, item in zip(names, present.items(), strict=True)}
    retyped = {
        name: (type_, have[name.casefold()][1])
        for name, type_ in source.columns.items()
        if name.casefold() in have and have[name.casefold()][1].upper() != type_.upper()
    }
    warnings = made.compared(source, options, names, {"file": shown}, retyped=retyped)
    before = sql.count(into, table) if append else 0
    numbered: dict[str, sql.Plain | exp.Expression] = {}
    if options.row_number_column:
        have[options.row_number_column.casefold()] = (_NUMBER, "BIGINT")
        numbered["file_row_number"] = True
    picked = [_picked(name, type_, have) for name, type_ in source.columns.items()]
    query = exp.select(*picked).from_(sql.call("read_parquet", str(path), **numbered))
    try:
        sql.run(into, exp.insert(query, table) if append else sql.create(table, query))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise _damaged(shown, error) from None
    rows = sql.count(into, table) - before
    return Reading(rows=rows, expected_rows=_count(into, path), fingerprint=content.fingerprint, warnings=warnings)


def _picked(name: str, type_: str, have: Mapping[str, tuple[str, str]]) -> exp.Expression:
    node = sql.cast(exp.null(), type_)
    if have.get(name.casefold(), ("", ""))[0] == _NUMBER:
        node = sql.cast(sql.template(":x + 1", x=sql.column(_NUMBER)), type_)
    elif name.casefold() in have:
        own = sql.column(have[name.casefold()][0])
        # An ENUM (a dictionary of texts) is declared as the text it stands for.
        node = sql.cast(own, type_) if type_ == "VARCHAR" else own
    return exp.Alias(this=node, alias=sql.identifier(name))


def _columns(connection: DuckDBPyConnection, path: Path, shown: str) -> dict[str, str]:
    described = exp.Describe(this=exp.select("*").from_(sql.call("read_parquet", str(path))))
    try:
        with text.reachable(path):
            path.stat()
            found = sql.rows(connection, described)
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise _damaged(shown, error) from None
    return {str(row[0]): "VARCHAR" if str(row[1]).startswith("ENUM(") else str(row[1]) for row in found}


def _count(connection: DuckDBPyConnection, path: Path) -> int:
    footer = exp.select(exp.Sum(this=sql.column("num_rows"))).from_(sql.call("parquet_file_metadata", str(path)))
    return sql.whole(sql.row(connection, footer)[0])


def _damaged(shown: str, error: duckdb.Error) -> DataError:
    return DataError(
        f"The Parquet file cannot be read: {str(error).splitlines()[0]}",
        hint="It is damaged, or something else than Parquet.",
        where={"file": shown},
    )
