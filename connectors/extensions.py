"""DuckDB's extensions, loaded from their wheels; nothing is ever downloaded."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from connectors import sql
from connectors.trees import exp
from spec.errors import UnsupportedError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Extension = Literal["excel", "mysql_scanner", "postgres_scanner", "sqlite_scanner"]


def load(connection: DuckDBPyConnection, extension: Extension) -> None:
    """Load an extension; loading one that is there already does nothing."""
    # LOAD takes a literal only, which the tree spells with its quotes escaped.
    connection.execute(f"LOAD {sql.text(exp.Literal.string(_file(extension)))}")


@cache
def _file(extension: Extension) -> str:
    package = importlib.util.find_spec(f"duckdb_extension_{extension}")
    folders = [Path(folder) for folder in (package.submodule_search_locations or [])] if package else []
    found = [file for folder in folders for file in folder.glob(f"extensions/*/{extension}.duckdb_extension")]
    if not found:
        wheel = f"duckdb-extension-{extension.replace('_', '-')}"
        raise UnsupportedError(f"DuckDB's extension {extension!r} is not installed.", hint=f"Install {wheel}.")
    return str(found[0])
