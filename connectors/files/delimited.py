"""CSV and TSV: the dialect and header are found once (``sniffing``) and written down, and reading follows them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from connectors import conform, sql
from connectors.contract import Discovered, OwnTotal, Reading
from connectors.drift import known_names
from connectors.files import delimited_fast, made, text
from connectors.files.aside import keep_broken, quarantined
from connectors.files.delimited_file import Part, prepared
from connectors.files.delimited_records import raw_table
from connectors.files.footer import own_totals, told, without_footer
from connectors.files.options import ReadOptions
from connectors.trees import exp
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass
class Loaded:
    """What reading one file brought."""

    rows: int
    expected: int
    outcome: conform.Outcome
    broken: int
    totals: Sequence[OwnTotal] = ()
    notes: list[str] = field(default_factory=list)


def load(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    *,
    policy: conform.Policy,
    hidden: frozenset[str],
    append: bool,
    drift: str,
    found: text.Content,
) -> Loaded:
    """Read one file into ``table``: in one statement if all of it is sound, else record by record."""
    texts = texts_of(part, columns, options)
    rows = delimited_fast.load(connection, part, options, table, columns, texts, append=append, found=found)
    if rows is not None:
        return Loaded(rows, rows, conform.Outcome(rows=rows), 0)
    return _careful(
        connection, part, options, table, columns, texts, policy=policy, hidden=hidden, append=append, drift=drift
    )


def texts_of(part: Part, columns: Mapping[str, str], options: ReadOptions) -> dict[str, exp.Expression]:
    """Each declared column as text of the file, NULL for one that the file lacks; ``__row`` for the row's number."""
    present = {name.casefold(): name for name in part.names}
    if options.row_number_column:
        present[options.row_number_column.casefold()] = conform.ROW
    return {
        name: sql.column(present[name.casefold()]) if name.casefold() in present else sql.cast(exp.null(), "VARCHAR")
        for name in columns
    }


def _careful(
    connection: DuckDBPyConnection,
    part: Part,
    options: ReadOptions,
    table: exp.Table,
    columns: Mapping[str, str],
    texts: Mapping[str, exp.Expression],
    *,
    policy: conform.Policy,
    hidden: frozenset[str],
    append: bool,
    drift: str,
) -> Loaded:
    raw, broken = raw_table(connection, part, options, f"{table.name}__raw")
    try:
        if broken and policy == "stop":
            first = broken[0]
            raise DataError(
                f"A line is broken: {first.problem}.",
                hint="Mend the line, or let the source's on_error be 'quarantine'.",
                where={"file": part.shown, "line": first.line},
                data={"broken_lines": len(broken)},
            )
        left_out = without_footer(connection, raw, part.names) if options.skip_totals else []
        notes = told(left_out, "Line")
        summed = {name: type_ for name, type_ in columns.items() if name in options.totals}
        totals = own_totals(connection, raw, left_out, texts, summed, options)
        if summed and not totals:
            notes.append("There is no total row that the rows could be held against.")
        # The reader has taken out what means nothing as it stands; here it may have blanks around it.
        said = {name: conform.said(text, options) for name, text in texts.items()}
        outcome = conform.load(
            connection, raw, table, columns, options,
            policy=policy, file=part.shown, hidden=hidden, append=append, texts=said, drift=drift,
        )  # fmt: skip
        if broken:
            keep_broken(connection, table, part.shown, broken)
        for record in broken:
            reason = re.sub(r"^\d+ values where \d+", "more or fewer values than", record.problem)
            outcome.reasons[reason] = outcome.reasons.get(reason, 0) + 1
        expected = sql.count(connection, raw) + len(broken)
    finally:
        sql.run(connection, sql.drop(raw))
    return Loaded(outcome.rows, expected, outcome, len(broken), totals, notes)


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """The file's table, or each of its tables."""
    # A run reads files and never looks into them so.
    from connectors.files import delimited_discovery

    return delimited_discovery.discover(path, location, options, stated)


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
    """Read one file; what its header says is compared with the declared columns first."""
    packed = text.compression_of(path, options.compression)
    found = text.content(path, packed, options.separator.encode() if text.is_utf8(options.encoding) else b"")
    with prepared(path, shown, options) as found_part:
        part = replace(found_part, names=tuple(known_names(source, found_part.names)))
        warnings = made.compared(source, options, part.names, {"file": shown})
        hidden = frozenset(name for name, kind in source.sensitive.items() if kind != "public")
        loaded = load(
            into, part, options, table, source.columns,
            policy=source.on_error, hidden=hidden, append=append, drift=source.drift,
            found=found if part.file == path else replace(found, lines=None, separators=None),
        )  # fmt: skip
    return Reading(
        rows=loaded.rows,
        expected_rows=loaded.expected,
        quarantined=quarantined(table, loaded.outcome, loaded.broken),
        nulled=loaded.outcome.nulled,
        fingerprint=found.fingerprint,
        totals=tuple(loaded.totals),
        warnings=[*warnings, *loaded.notes],
    )
