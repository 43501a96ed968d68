"""Tables of a CSV file: how it is written, its columns and their types, found once and written down."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import sql
from connectors.contract import Discovered
from connectors.files import text
from connectors.files.delimited_file import prepared
from connectors.files.delimited_records import PROFILED, raw_table
from connectors.files.footer import differing, own_totals, subtotals, told, without_footer
from connectors.files.options import ReadOptions
from connectors.files.parts import heads_of
from connectors.files.sniffing import dialect_of, sniff
from connectors.looking import scratch
from connectors.profile.findings import spelling_of
from connectors.profile.judging import profile
from connectors.profile.keys import key_of
from connectors.spelling import plain_options
from spec.catalog import Column, Table
from spec.pipeline import Source

if TYPE_CHECKING:
    from connectors.profile.findings import DecimalMark

_MOST_TABLES = 50


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """The file's one table."""
    sniffed = sniff(path, options, stated)
    if not sniffed.further:
        return [_discovered(path, location, sniffed.options, stated, sniffed.notes)]
    lines = ", ".join(str(line) for line in sniffed.further[:5])
    note = f"The file holds several tables; further headers stand in line {lines}. Each is a table here."
    return [
        _discovered(path, location, one, stated, [*sniffed.notes[:1], note] if not suffix else [], suffix)
        for suffix, one in tables_of(path, sniffed.options)
    ]


def tables_of(path: Path, options: ReadOptions) -> list[tuple[str, ReadOptions]]:
    """The options for each table of the file, with what its name adds to the file's: nothing for the first."""
    packed = text.compression_of(path, options.compression)
    with text.as_utf8(path, options.encoding, packed, options.line_end) as (plain, compression):
        heads = heads_of(plain, compression, dialect_of(options))
    found: list[tuple[str, ReadOptions]] = []
    for number, head in enumerate(heads[:_MOST_TABLES], start=1):
        update = {"table": number, "header_row": head.first + 1 if head.rows else 0, "header_rows": max(head.rows, 1)}
        found.append((f"\x00{number}" if found else "", options.model_copy(update=update)))
    return found


def _discovered(
    path: Path,
    location: str,
    completed: ReadOptions,
    stated: frozenset[str],
    notes: Sequence[str],
    suffix: str = "",
) -> Discovered:
    with prepared(path, path.name, completed) as part, scratch() as connection:
        sampled = part.compression == "none" and part.file.stat().st_size > PROFILED
        raw, broken = raw_table(connection, part, completed, "raw", sample=True)
        left_out = []
        if not sampled and not {"skip_totals", "skip_footer"} & stated:
            left_out = without_footer(connection, raw, part.names)
            completed = completed.model_copy(update={"skip_totals": bool(left_out)})
        within = subtotals(connection, raw, part.names)
        rows = sql.count(connection, raw)
        likely: DecimalMark | None = "," if completed.separator == ";" else None
        found = profile(connection, raw, part.names, likely=likely)
        key = key_of(connection, raw, found.types, path.name.split(".")[0]) if not sampled else ()
        spelled = {name: value for name, value in spelling_of(found).items() if name not in stated}
        completed = completed.model_copy(update=spelled)
        texts = {name: sql.column(name) for name in part.names}
        totals = own_totals(connection, raw, left_out, texts, found.types, completed)
    if "totals" not in stated:
        proven = tuple(one.column for one in totals if one.said == one.summed)
        completed = completed.model_copy(update={"totals": proven})
    warnings = [*notes, *told(left_out, "Line"), *differing(totals, "Line"), *within, *found.warnings]
    if not rows:
        warnings.append("The file has a header and no rows.")
    if broken:
        many = "1 line is" if len(broken) == 1 else f"{len(broken):,} lines are"
        warnings.append(f"{many} broken and would be set aside; line {broken[0].line}: {broken[0].problem}.")
    if sampled:
        warnings.append(f"Types were found on {rows:,} rows spread over the file; a value that differs is set aside.")
    source = Source(
        connector="files", location=location, options=plain_options(completed), columns=found.types, primary_key=key
    )
    columns = tuple(Column(name=name, type=type_) for name, type_ in found.types.items())
    table = Table(name=suffix, columns=columns, rows=None if sampled else rows, primary_key=key)
    return Discovered(suffix, source, table, tuple(warnings), tuple(found.choices))
