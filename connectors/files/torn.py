"""Values that were cut in two between their quotes, for a delimiter is missing before the first quote: ``2"b, c"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors import sql
from connectors.trees import exp
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TORN = "a quote is opened inside a value: a delimiter may be missing before it"


@record(frozen=True, slots=True)
class Ends:
    """Patterns, good for Python and for DuckDB, of a whole value that is a first or a last piece: ``2"b``, ``c"``."""

    start: str
    end: str


def torn_ends(quote: str) -> Ends:
    """The patterns for a quote. An apostrophe behind a letter is one of the word's."""
    sign = re.escape(quote)
    before = rf"[^{sign}]" if quote == '"' else r"[\d\s.,:;)]"
    return Ends(rf"(?s:[^{sign}]*{before}{sign}[^{sign}\s][^{sign}]*)", rf"(?s:[^{sign}]*[^{sign}\s]{sign}\s*)")


def has_torn_values(connection: DuckDBPyConnection, rows: exp.Select, names: Sequence[str], quote: str) -> bool:
    """Whether some row has a first and a last piece, in whatever order; which line is torn is told record by record."""
    if len(names) < 2:
        return False
    torn = torn_ends(quote)
    for pattern in (torn.start, torn.end):
        pieces = [
            sql.template(
                "contains(:cell, :quote) AND regexp_full_match(:cell, :pattern)",
                cell=sql.column(name), quote=quote, pattern=pattern,
            )
            for name in names
        ]  # fmt: skip
        rows = rows.where(sql.any_of(pieces))
    return sql.whole(sql.row(connection, rows.select(exp.Count(this=exp.Star())))[0]) > 0
