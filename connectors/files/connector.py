"""Files and folders of CSV, TSV, JSON, NDJSON, Excel and Parquet."""

from __future__ import annotations

import contextlib
import glob
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors import readings, sql
from connectors.contract import Capability, Discovered, Place, Preview, Reading
from connectors.files import made, text
from connectors.files.formats import reader_of
from connectors.files.options import Format, ReadOptions
from connectors.looking import preview_rows
from connectors.names import distinct, table_name
from connectors.spelling import parse_options
from connectors.trees import exp
from spec.base import JsonValue
from spec.catalog import Column
from spec.errors import DataError, SpecError, UnsupportedError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

can: frozenset[Capability] = frozenset({"discover", "read", "incremental"})
ENDINGS: Mapping[str, Format] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".json": "json",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".pq": "parquet",
}
DATABASES = frozenset({".db", ".sqlite", ".sqlite3", ".duckdb", ".ddb"})
_PACKED = {".gz", ".zst"}
_PREVIEWED = 4 << 20
"""Bytes of a long file that a preview looks at."""


def format_of(path: Path) -> Format | None:
    """The format that a file's ending names, also before ``.gz`` and ``.zst``; None when it names none."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return ENDINGS.get(suffixes[-1]) if suffixes else None


def stem_of(path: Path) -> str:
    """The file's name without the endings that name format and packing."""
    name = path.name
    for _ in range(2):
        ending = Path(name).suffix.lower()
        if ending in ENDINGS or ending in _PACKED:
            name = name[: -len(ending)]
    return name


def check(place: Place) -> None:
    """See that the file or folder is there and may be read."""
    for path in _paths(place, ReadOptions())[:1]:
        with text.reachable(path), path.open("rb") as stream:
            stream.read(1)


def discover(place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
    """Each data file of the place as a table, each worksheet with rows, each list in JSON records as a child table.

    A glob, or a folder with the option ``pattern``, is one source of several files. Files of a folder whose ending
    names no format are listed in the first table's ``warnings``.
    """
    stated = frozenset(options or {})
    wanted = parse_options(ReadOptions, options)
    if place.path.is_dir() and "pattern" not in stated:
        return _distinctly_named(_in_folder(place, wanted, stated))
    paths = _paths(place, wanted)
    if len(paths) > 1:
        return _distinctly_named(_discover_one(paths[0], place.location or "", wanted, stated, all_of=paths))
    return _distinctly_named(_discover_one(paths[0], _location(place, paths[0]), wanted, stated))


def _in_folder(place: Place, wanted: ReadOptions, stated: frozenset[str]) -> list[Discovered]:
    """The tables of a folder; what is left out of it is told with the first of them."""
    found: list[Discovered] = []
    others: list[str] = []
    folders: list[str] = []
    unread: list[DataError] = []
    for path in sorted(path for path in place.path.iterdir() if not path.name.startswith((".", "~$"))):
        if path.is_dir():
            folders.append(path.name)
        elif path.is_file() and format_of(path) is None:
            # A database in the folder is not lost: who named the folder opens it with its own connector.
            others += [path.name] if path.suffix.lower() not in DATABASES else []
        elif path.is_file():
            try:
                found += _discover_one(path, _location(place, path), wanted, stated)
            except DataError as error:
                unread.append(error)
    if unread and not found:
        raise unread[0]
    if not found:
        hint = f"Files that can be read end in {', '.join(ENDINGS)}."
        raise DataError("There is no data file here.", hint=hint, where={"file": str(place.path)})
    left = [f"Left out, since they are not data files: {', '.join(others)}."] if others else []
    left += [f"Left out, since they are folders of their own: {', '.join(folders)}."] if folders else []
    # One bad file does not hide the folder's others, and is not passed over in silence.
    left += [f"Left out, since it cannot be read: {problem}" for problem in unread]
    found[0] = replace(found[0], warnings=(*found[0].warnings, *left))
    return found


def read(
    source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table, *, since: str | None = None
) -> Reading:
    """Read the source's file, or all files of its folder or glob, into ``table``. ``since`` filters on the cursor."""
    options = parse_options(ReadOptions, source.options)
    if not source.columns:
        raise SpecError("The source states no columns.", hint="Discover it first: its columns are how it is read.")
    made.proven(source, options)
    pieces = list(_pieces(source, options, place, _paths(place, options)))
    inner = made.unmade(source, options, pieces=True)
    if not inner.columns:
        raise SpecError("The source reads no column of its files.", hint="Declare one that they hold.")
    readings.clean(into, table)
    total: Reading | None = None
    # Rows are numbered as they come, so there they have to come in their order.
    with contextlib.nullcontext() if options.row_number_column else sql.order_not_kept(into):
        for piece in pieces:
            piece.first = sql.next_row(into, table) if total else 0
            reading = _read_one(inner, options, place, piece, into, table, append=total is not None)
            total = readings.added(total, reading) if total else reading
        made.stamped(into, table, source, options, pieces)
    if total is None:
        raise DataError("There is no file to read.", hint="Check the location.", where={"file": str(place.path)})
    return readings.with_cursor(source, into, table, readings.with_quarantine(table, total), since, options)


def _pieces(source: Source, options: ReadOptions, place: Place, paths: Sequence[Path]) -> Iterator[made.Piece]:
    """Each file, or each of its worksheets that the source means, in the order in which they are read."""
    base = _base(place)
    for path in paths:
        inside = path.parent.relative_to(base).as_posix() if path.is_relative_to(base) else "."
        folder = path.parent.name if inside == "." else inside
        format_ = _with_format(options, path).format
        if options.row_number_column and format_ in {"json", "ndjson"}:
            raise UnsupportedError(
                "Records of JSON have no row number.",
                hint="Leave out the option row_number_column; explode can number the entries of a list.",
                where={"file": _shown(place, path)},
            )
        if format_ != "xlsx":
            if options.sheet_name_column:
                raise SpecError(
                    "Only a workbook has worksheets, so there is no name of one.",
                    hint="Leave out the option sheet_name_column.",
                    where={"file": _shown(place, path)},
                )
            yield made.Piece(path, folder)
            continue
        from connectors.files import workbook

        wanted = source.stream or options.sheet
        if wanted is not None and (not isinstance(wanted, str) or workbook.is_pattern(wanted)):
            for sheet in workbook.matching(path, wanted):
                yield made.Piece(path, folder, sheet, sheet)
        elif options.sheet_name_column:
            yield made.Piece(path, folder, wanted, workbook.matching(path, wanted)[0])
        else:
            yield made.Piece(path, folder, wanted)


def _base(place: Place) -> Path:
    """The folder below which a source's files lie: the folder itself, or what of a pattern has no mark in it."""
    if place.path.is_dir():
        return place.path
    parts: list[str] = []
    for part in place.path.parent.parts:
        if any(mark in part for mark in "*?["):
            break
        parts.append(part)
    return Path(*parts)


def _read_one(
    source: Source,
    options: ReadOptions,
    place: Place,
    piece: made.Piece,
    into: DuckDBPyConnection,
    table: exp.Table,
    *,
    append: bool,
) -> Reading:
    path = piece.path
    given = _with_format(options, path)
    if piece.stream != source.stream:
        source = source.model_copy(update={"stream": piece.stream})
    before = text.stamp(path)
    reading = reader_of(given.format).read(source, given, path, _shown(place, path), into, table, append=append)
    if text.stamp(path) != before:
        raise DataError(
            "The file changed while it was read.", hint="Run again when it is finished.", where={"file": str(path)}
        )
    return replace(reading, as_of=datetime.fromtimestamp(before.modified_ns / 1e9, tz=UTC))


def preview(source: Source, place: Place, *, limit: int = 20) -> Preview:
    """The first rows of the (first) file as they will be read, at most ``limit``."""
    options = parse_options(ReadOptions, source.options)
    first = _paths(place, options)[0]
    given = _with_format(options, first)
    is_long = text.stamp(first).size > _PREVIEWED and given.format in {"csv", "tsv", "ndjson"}
    is_whole = bool(options.made) or options.is_part or bool(options.line_end)
    if (
        not is_long
        or is_whole
        or text.compression_of(first, options.compression) != "none"
        or not text.is_utf8(options.encoding)
    ):
        return preview_rows(read, source, replace(place, location=str(first)), limit)
    with tempfile.TemporaryDirectory(prefix="dreflow-") as folder:
        start = Path(folder) / first.name
        head = text.head(first, "none", _PREVIEWED)
        start.write_bytes(head[: head.rfind(b"\n") + 1])
        found = preview_rows(read, source, replace(place, base=Path(folder), location=first.name), limit)
    return replace(found, truncated=True)


def _paths(place: Place, options: ReadOptions) -> list[Path]:
    path = place.path
    where = {"file": str(path)}
    if path.is_dir():
        files = sorted(item for item in path.glob(options.pattern) if item.is_file() and format_of(item))
        if not files:
            raise DataError("No file of this folder matches.", hint=f"The pattern is {options.pattern!r}.", where=where)
        return files
    if any(mark in (place.location or "") for mark in "*?[") and not path.exists():
        files = sorted(Path(found) for found in glob.glob(str(path), recursive=True) if Path(found).is_file())  # noqa: PTH207 - an absolute pattern
        if not files:
            raise DataError("No file matches.", hint="Check the pattern.", where=where)
        return files
    with text.reachable(path):
        path.stat()
    return [path]


def _with_format(options: ReadOptions, path: Path) -> ReadOptions:
    found = options.format or format_of(path)
    if found is None:
        raise UnsupportedError(
            "The file's ending names no format that can be read.",
            hint=f"Set the option format, or use one of {', '.join(ENDINGS)}.",
            where={"file": str(path)},
        )
    return options.model_copy(update={"format": found})


def _discover_one(
    path: Path, location: str, options: ReadOptions, stated: frozenset[str], *, all_of: Sequence[Path] = ()
) -> list[Discovered]:
    given = _with_format(options, path)
    warnings: tuple[str, ...] = (f"One source of {len(all_of)} files, described by {path.name}.",) if all_of else ()
    several: Sequence[str] = ()
    asked = given.sheet
    if given.format == "xlsx" and asked is not None:
        from connectors.files import workbook

        if not isinstance(asked, str) or workbook.is_pattern(asked):
            several = workbook.matching(path, asked)
            given = given.model_copy(update={"sheet": several[0]})
            warnings += (f"One source of {len(several)} worksheets, described by {several[0]}.",)
    found = [_with_made(item, given, path) for item in reader_of(given.format).discover(path, location, given, stated)]
    if several:
        found = [_of_sheets(item, asked) for item in found]
    stem = _glob_stem(location) if all_of else stem_of(path)

    def named(suffix: str) -> str:
        return table_name(stem, *suffix.split("\x00")[1:])

    renamed = []
    for item in found:
        keys = tuple(key.model_copy(update={"table": named(key.table)}) for key in item.table.foreign_keys)
        rows = None if all_of or several else item.table.rows
        table = item.table.model_copy(update={"name": named(item.name), "rows": rows, "foreign_keys": keys})
        source = item.source.model_copy(update={"foreign_keys": keys})
        renamed.append(Discovered(table.name, source, table, (*item.warnings, *warnings), item.choices))
    return renamed


def _with_made(found: Discovered, options: ReadOptions, path: Path) -> Discovered:
    """With the columns that the options make, behind the file's own."""
    columns = made.columns_of(options, list(found.source.columns), {"file": str(path)})
    if not columns:
        return found
    source = found.source.model_copy(update={"columns": {**found.source.columns, **columns}})
    added = tuple(Column(name=name, type=type_) for name, type_ in columns.items())
    table = found.table.model_copy(update={"columns": (*found.table.columns, *added)})
    return replace(found, source=source, table=table)


def _of_sheets(found: Discovered, sheets: object) -> Discovered:
    """A table of one worksheet as that of all which are meant; what is a key in one need not be one in all."""
    options = {**found.source.options, "sheet": cast("JsonValue", sheets)}
    source = found.source.model_copy(update={"stream": None, "options": options, "primary_key": ()})
    return replace(found, source=source, table=found.table.model_copy(update={"primary_key": ()}))


def _glob_stem(location: str) -> str:
    stem = stem_of(Path(location.replace("*", "").replace("?", "")))
    return stem.strip("-_. ") or Path(location).parent.name


def _distinctly_named(found: Sequence[Discovered]) -> list[Discovered]:
    taken: list[str] = []
    named = []
    for item in found:
        name = distinct(item.name, taken)
        taken.append(name)
        if name != item.name:
            note = f"Named {name}, since another table is called {item.name}."
            table = item.table.model_copy(update={"name": name})
            named.append(replace(item, name=name, table=table, warnings=(*item.warnings, note)))
        else:
            named.append(item)
    return named


def _location(place: Place, path: Path) -> str:
    if place.location and not Path(place.location).is_absolute():
        return str(path.relative_to(place.base.resolve())) if path.is_relative_to(place.base.resolve()) else str(path)
    return str(path)


def _shown(place: Place, path: Path) -> str:
    return path.name if path != place.path else (place.location or path.name)
