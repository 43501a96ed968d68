"""The demo's SQL: files under `sql/`, run whole, with what they need handed over as DuckDB variables."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

_FOLDER = Path(__file__).parent / "sql"


def run_file(connection: DuckDBPyConnection, name: str, **variables: int | str | Sequence[int | str]) -> None:
    """Run all statements of `sql/<name>.sql`; each variable is there as `getvariable('...')`."""
    for key, value in variables.items():
        connection.execute(f"SET VARIABLE {key} = ?", [value])
    connection.execute((_FOLDER / f"{name}.sql").read_text(encoding="utf-8"))


def write_csv(connection: DuckDBPyConnection, view: str, path: Path) -> None:
    """Write a view as CSV with a header, in the view's order."""
    connection.table(view).write_csv(str(path), header=True)


def append_ndjson(connection: DuckDBPyConnection, view: str, file: BinaryIO, scratch: Path) -> None:
    """Add a view to `file` as one JSON object a line, in the view's order, by way of the path `scratch`."""
    connection.execute("SET VARIABLE target = ?", [str(scratch)])
    connection.execute(f"COPY (FROM {view}) TO (getvariable('target')) (FORMAT json)")
    with scratch.open("rb") as part:
        copyfileobj(part, file, 1 << 20)
    scratch.unlink()
