"""What cannot be read of a file: which errors let a reading go on in another way, and lines that are set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import duckdb

from connectors import conform, sql
from connectors.contract import QuarantinedRows
from connectors.files.records import Record
from connectors.trees import exp

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CARRIED_ON = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.NotImplementedException,
    duckdb.OutOfRangeException,
)
"""What DuckDB raises for a value or a line, and not for a mistake of ours."""


def keep_broken(connection: DuckDBPyConnection, table: exp.Table, shown: str, broken: Sequence[Record]) -> None:
    """Add broken records to the quarantine beside ``table``."""
    aside = conform.quarantine_table(connection, table)
    # Three lists as parameters: an INSERT of its own for each of many lines would take minutes.
    lists = [sql.call("unnest", exp.Placeholder()) for _ in range(3)]
    statement = sql.text(exp.insert(exp.select(sql.value(shown), *lists), aside))
    for start in range(0, len(broken), 10_000):
        some = broken[start : start + 10_000]
        connection.execute(
            statement,
            [
                [record.line for record in some],
                [record.problem for record in some],
                [_shown(record.raw) for record in some],
            ],
        )


def _shown(raw: bytes) -> str:
    kept = raw.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return kept if len(kept) <= 2000 else kept[:2000] + " ..."


def quarantined(table: exp.Table, outcome: conform.Outcome, broken: int) -> tuple[QuarantinedRows, ...]:
    """The rows set aside, with their reasons in one line."""
    rows = outcome.quarantined + broken
    if not rows:
        return ()
    reasons = "; ".join(f"{reason} ({number})" for reason, number in outcome.reasons.items())
    return (QuarantinedRows(table.name + conform.QUARANTINE, rows, reasons),)
