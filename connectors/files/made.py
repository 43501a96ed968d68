"""Columns that a file does not hold: of which row, worksheet, file and folder a row is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import sql
from connectors.drift import compare
from connectors.files.options import MADE, ReadOptions
from connectors.trees import exp
from spec.errors import DataError, SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from spec.pipeline import Source

_OF_PIECE = tuple(option for option in MADE if option != "row_number_column")


@dataclass
class Piece:
    """One file, or one worksheet of it: what to read, its names, and the ``rowid`` from which its rows stand."""

    path: Path
    folder: str
    stream: str | None = None
    sheet: str | None = None
    first: int = 0

    def value(self, option: str) -> str | None:
        """What stands in the column that the option makes."""
        return {"file_name_column": self.path.name, "folder_name_column": self.folder}.get(option, self.sheet)


def proven(source: Source, options: ReadOptions) -> None:
    """See that the source declares each column that the options make. SpecError where it does not."""
    columns = {name.casefold(): (name, type_) for name, type_ in source.columns.items()}
    for option, name in options.made.items():
        wanted = MADE[option]
        field = {"field": f"options.{option}"}
        if name.casefold() not in columns:
            raise SpecError(
                f"The option {option} makes a column {name!r} that the source's columns do not have.",
                hint=f"Add it to the source's columns: {name}: {wanted}.",
                where=field,
                data={"option": option, "column": name, "type": wanted},
            )
        type_ = columns[name.casefold()][1].upper()
        if wanted == "VARCHAR" and type_ not in {"VARCHAR", "TEXT"}:
            raise SpecError(
                f"The column {name!r} is a name, so it is VARCHAR and not {type_}.",
                hint="Read it as VARCHAR and take numbers or dates out of it in a step.",
                where=field,
                data={"option": option, "column": name, "type": wanted},
            )


def unmade(source: Source, options: ReadOptions, *, pieces: bool = False) -> Source:
    """The source without the columns that are made; ``pieces`` leaves the row's number among them."""
    given = {name.casefold() for option, name in options.made.items() if not pieces or option in _OF_PIECE}
    if not given:
        return source
    kept = {name: type_ for name, type_ in source.columns.items() if name.casefold() not in given}
    return source.model_copy(update={"columns": kept})


def columns_of(options: ReadOptions, present: Sequence[str], where: Mapping[str, str | int]) -> dict[str, str]:
    """The columns that the options make, with their types. DataError where the file has one of that name."""
    taken = {name.casefold() for name in present}
    for option, name in options.made.items():
        if name.casefold() in taken:
            raise DataError(
                f"The column {name!r} is there already, so the option {option} cannot make it.",
                hint="Give the option another name.",
                where=dict(where),
                data={"option": option, "column": name},
            )
    return {name: MADE[option] for option, name in options.made.items()}


def compared(
    source: Source,
    options: ReadOptions,
    present: Sequence[str],
    where: Mapping[str, str | int],
    *,
    retyped: Mapping[str, tuple[str, str]] | None = None,
) -> list[str]:
    """``drift.compare`` for the columns that the file itself has; DataError where it has one that is to be made."""
    columns_of(options, present, where)
    return compare(unmade(source, options), present, where, fill=options.union == "by_name", retyped=retyped)


def stamped(
    connection: DuckDBPyConnection,
    table: exp.Table,
    source: Source,
    options: ReadOptions,
    pieces: Sequence[Piece],
) -> None:
    """Give the table's rows their file, folder and worksheet, and its columns the source's order.

    Rows of a piece are those from its ``first`` to the next one's.
    """
    given = {name.casefold(): option for option, name in options.made.items() if option in _OF_PIECE}
    if not given:
        return
    picked = []
    for name in source.columns:
        option = given.get(name.casefold())
        picked.append(sql.column(name) if option is None else exp.alias_(_of(option, pieces), sql.identifier(name)))
    aside = sql.sibling(table, "__stamped")
    sql.run(connection, sql.drop(aside))
    sql.run(connection, sql.create(aside, exp.select(*picked).from_(table.copy())))
    sql.run(connection, sql.drop(table))
    sql.run(connection, exp.rename_table(aside, exp.Table(this=sql.identifier(table.name))))


def _of(option: str, pieces: Sequence[Piece]) -> exp.Expression:
    last = sql.cast(sql.value(pieces[-1].value(option)), "VARCHAR")
    if len(pieces) == 1:
        return last
    case = exp.Case()
    for piece, following in itertools.pairwise(pieces):
        case = case.when(
            sql.template("rowid < :first", first=following.first), sql.cast(sql.value(piece.value(option)), "VARCHAR")
        )
    return case.else_(last)
