"""What a stream's first records say of its tables, put together with what the connector says of the stream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from connectors.contract import Discovered
from connectors.files.options import ReadOptions
from connectors.files.pointers import Keys, parse, paths_of
from connectors.http import asking, money, tables
from connectors.http.definition import Stream
from connectors.http.keys import told_in_words
from connectors.names import table_name
from spec.base import JsonValue
from spec.catalog import Column, Table
from spec.pipeline import Source
from spec.records import record

Records = Sequence[Mapping[str, JsonValue]]
_ZONED = "TIMESTAMP WITH TIME ZONE"


@record(frozen=True)
class Origin:
    """Where a table comes from: the connector, the saved connection if any, and the stream."""

    connector: str
    connection: str | None
    stream: str


def described(origin: Origin, stream: Stream, found: Discovered, records: Records, *, is_whole: bool) -> Discovered:
    """A table as a spec reads it. ``found`` was told from ``records`` alone, as of a file of them; ``is_whole`` when
    these are all that there are.
    """
    plain = {key: item for key, item in found.source.options.items() if key != "format"}
    options = ReadOptions.model_validate(plain)
    is_child = bool(options.explode)
    paths = paths_of(found.source.columns, options.fields)
    columns, forms = _typed(stream, found.source.columns, paths, options)
    plain |= _spelled(options, columns, forms)
    amounts = money.told(stream, paths)
    columns |= dict.fromkeys(amounts, money.TYPE)
    if amounts:
        plain[tables.MONEY] = cast("JsonValue", amounts)
    optional = [name for name, path in paths.items() if _is_optional(records, path, is_child=is_child)]
    if optional:
        plain[tables.OPTIONAL] = cast("JsonValue", sorted(optional))
    if not is_child:
        plain[tables.SEEN] = cast("JsonValue", sorted({key for item in records for key in item}))
    key = found.source.primary_key
    if not is_child and stream.primary_key:
        key = tuple(name for name in stream.primary_key if name in columns)
    foreign = tuple(
        one.model_copy(update={"table": _table(origin.stream, one.table)}) for one in found.table.foreign_keys
    )
    cursor = _cursor_column(stream, paths) if not is_child else None
    source = Source(
        connector=origin.connector,
        connection=origin.connection,
        stream=origin.stream,
        options=plain,
        columns=columns,
        primary_key=key,
        foreign_keys=foreign,
        cursor=cursor,
        lookback=stream.cursor.lookback if cursor and stream.cursor else None,
    )
    table = Table(
        name=_table(origin.stream, found.name),
        columns=tuple(Column(name=name, type=type_) for name, type_ in columns.items()),
        primary_key=key,
        foreign_keys=foreign,
        description=(stream.description + told_in_words(stream, paths)).strip() if not is_child else "",
        rows=found.table.rows if is_whole else None,
    )
    warnings = [text for text in found.warnings if not text.startswith("Fields were found on the first")]
    if not is_whole:
        warnings.append(f"Columns were found on the first {len(records):,} records.")
    return Discovered(table.name, source, table, tuple(warnings), found.choices)


def _table(stream: str, told: str) -> str:
    return table_name(stream, *told.split("\x00")[1:])


def _typed(
    stream: Stream, columns: Mapping[str, str], paths: Mapping[str, Keys], options: ReadOptions
) -> tuple[dict[str, str], dict[str, str]]:
    """Types as the connector says them, where it does, and how the instants among them are spelled."""
    typed = dict(columns)
    forms = dict(options.timestamp_format) if isinstance(options.timestamp_format, dict) else {}
    for pointer, form in stream.times.items():
        for name in (name for name, path in paths.items() if path == parse(pointer)):
            typed[name] = _ZONED
            forms[name] = form
    for pointer, type_ in stream.types.items():
        typed |= {name: type_ for name, path in paths.items() if path == parse(pointer)}
    return typed, forms


def _spelled(options: ReadOptions, columns: Mapping[str, str], forms: Mapping[str, str]) -> dict[str, JsonValue]:
    """How days and instants are spelled, as read options."""
    spelled: dict[str, JsonValue] = {}
    days = {name: form for name, form in forms.items() if columns.get(name) == "DATE"}
    if days:
        said = options.date_format if isinstance(options.date_format, dict) else {}
        spelled["date_format"] = cast("JsonValue", {**said, **days})
    instants = {name: form for name, form in forms.items() if name not in days}
    if instants:
        spelled["timestamp_format"] = cast("JsonValue", instants)
    return spelled


def _cursor_column(stream: Stream, paths: Mapping[str, Keys]) -> str | None:
    if stream.cursor is None:
        return None
    wanted = parse(stream.cursor.field)
    return next((name for name, path in paths.items() if path == wanted), None)


def _is_optional(records: Records, path: Keys, *, is_child: bool) -> bool:
    """Whether a value is missing from a record somewhere; of few records, and of lists inside, nothing is certain."""
    if is_child or len(records) < tables.ENOUGH_TO_JUDGE:
        return True
    return any(asking.at(cast("JsonValue", item), "/" + "/".join(path)) is None for item in records)
