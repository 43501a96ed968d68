"""The readers of the files connector, by format; each is imported when a file of its format is met."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from spec.errors import SpecError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

    from connectors.contract import Discovered, Reading
    from connectors.files.options import ReadOptions
    from spec.pipeline import Source

_MODULES = {
    "csv": "delimited",
    "tsv": "delimited",
    "json": "documents",
    "ndjson": "documents",
    "xlsx": "workbook",
    "parquet": "columnar",
}


class FormatReader(Protocol):
    """A module that discovers and reads one file of its format."""

    def discover(self, path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
        """The file's tables; a name is a NUL-separated path whose first part stands for the file."""

    def read(
        self,
        source: Source,
        options: ReadOptions,
        path: Path,
        shown: str,
        into: DuckDBPyConnection,
        table: exp.Table,
        *,
        append: bool,
    ) -> Reading:
        """Read one file into ``table``, made unless ``append``."""


def reader_of(format_: str | None) -> FormatReader:
    """The reader of a format."""
    module = _MODULES.get(format_ or "")
    if module is None:
        raise SpecError(f"There is no file format {format_!r}.", hint=f"There is: {', '.join(_MODULES)}.")
    return cast("FormatReader", importlib.import_module(f"connectors.files.{module}"))
