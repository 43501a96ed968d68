"""Reading a JSON file: in one statement if all of it is sound, else record by record."""

from __future__ import annotations

import itertools
import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import conform, sql
from connectors.contract import Reading
from connectors.drift import drifted
from connectors.files import text
from connectors.files.aside import CARRIED_ON, keep_broken, quarantined
from connectors.files.documents.discovery import names_and_fields
from connectors.files.documents.parsing import all_records, document_records, line_records
from connectors.files.documents.prepared import Prepared, prepared
from connectors.files.documents.query import packing, raw_query
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, Keys, parse, paths_of
from connectors.files.records import MAX_RECORD, Record
from connectors.files.structure import Structure, problem_of, structure_of
from spec.base import JsonValue
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


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
    """Read one file: in one statement if all of it is sound, else record by record."""
    names = paths_of(source.columns, options.fields)
    content = text.content(path, text.compression_of(path, options.compression))
    with prepared(path, shown, options) as file:
        _refuse_double(file, source)
        structure = structure_of(_first_records(file, options))
        names = _as_known(file, source, _as_discovered(structure, options, names))
        warnings = _drift(file, options, source, names, structure)
        before, first = (sql.count(into, table), sql.next_row(into, table)) if append else (0, 0)
        rows = None if file.has_nul else _fast(file, options, source, names, into, table, append=append)
        if rows is not None:
            rows -= before
            expected = _count(file, options, into)
            if expected is None or rows == expected:
                return Reading(rows=rows, expected_rows=expected, fingerprint=content.fingerprint, warnings=warnings)
            _undo(into, table, append=append, first=first)
        loaded, broken, expected = _careful(file, options, source, names, into, table, append=append)
    return Reading(
        rows=loaded.rows,
        expected_rows=expected,
        quarantined=quarantined(table, loaded, broken),
        nulled=loaded.nulled,
        fingerprint=content.fingerprint,
        warnings=warnings,
    )


def _refuse_double(file: Prepared, source: Source) -> None:
    """Numbers that DOUBLE would change may stand in the file only where no DOUBLE column can take them."""
    inexact = [name for name, type_ in source.columns.items() if type_.upper() in {"DOUBLE", "FLOAT", "REAL"}]
    for line, number in file.long_numbers:
        for name in inexact:
            key = paths_of(
                [name], {k: str(v) for k, v in cast("dict[str, str]", source.options.get("fields", {})).items()}
            )[name][-1]
            if _stands_at(file, line, key, number):
                raise DataError(
                    f"The number {number} has more digits than a floating-point column keeps.",
                    hint=f"Declare {name!r} as DECIMAL or VARCHAR, which keep all of them.",
                    where={"file": file.shown, "line": line, "field": name},
                    data={"column": name, "type": source.columns[name], "number": number},
                )


def _stands_at(file: Prepared, line: int, key: str, number: str) -> bool:
    wanted = re.compile(rb'"' + re.escape(key.encode()) + rb'"\s*:\s*"?' + re.escape(number.encode()))
    with text.open_plain(file.file, file.compression) as stream:
        return any(wanted.search(found) for at, found in enumerate(stream, start=1) if at == line or not file.is_lines)


def _as_known(file: Prepared, source: Source, names: Mapping[str, Keys]) -> dict[str, Keys]:
    """The columns' places, with a key that was agreed for a column where the column's own stands nowhere."""
    found = dict(names)
    for column, others in source.known_as.items():
        if column not in found or _occurs(file, found[column][-1]):
            continue
        other = next((other for other in others if _occurs(file, other)), None)
        if other is not None:
            found[column] = (*found[column][:-1], other)
    return found


def _first_records(file: Prepared, options: ReadOptions) -> list[dict[str, JsonValue]]:
    if not file.is_lines:
        return document_records(file, options)[0]
    first = itertools.islice(line_records(file), 1000)
    return [parsed for record, parsed in first if not record.problem]


def _as_discovered(structure: Structure, options: ReadOptions, names: Mapping[str, Keys]) -> dict[str, Keys]:
    """The columns' places; one that is neither a key of the record nor in ``fields`` has the name discovery gives it:
    ``customer_id`` stands at ``/customer/id``, and ``sku`` in the entries of the list that is exploded.
    """
    known = names_and_fields(structure.columns(parse(options.explode)), parse(options.explode))[0]
    known = {**names_and_fields(structure.columns(()), ())[0], **known}
    return {
        name: path if name in options.fields or path in structure.places else known.get(name, path)
        for name, path in names.items()
    }


def _drift(
    file: Prepared, options: ReadOptions, source: Source, names: Mapping[str, Keys], structure: Structure
) -> list[str]:
    """New fields in the first records, and declared ones that stand nowhere in the file."""
    explode = parse(options.explode)
    there = structure.columns(explode)
    wanted = set(names.values())
    fresh = [
        path for path in there if path not in wanted and there[path].kinds != {"null"} and not _is_above(path, wanted)
    ]
    fresh = [path for path in fresh if not _is_list_of_objects(structure, path)]
    fresh = [
        path for path in fresh if not any(_holds(source.columns.get(name, ""), names[name], path) for name in names)
    ]
    seen = set(structure.places)
    absent = [name for name, path in names.items() if path not in seen and not _occurs(file, path[-1])]
    left_out = {name.casefold() for name in source.left_out}
    added = ["_".join(key for key in path[len(explode) + 1 if explode else 0 :]) for path in fresh]
    added = [name for name in added if name.casefold() not in left_out]
    fill = options.union == "by_name"
    if (absent and not fill) or (added and source.drift in {"ask", "freeze"}):
        order = (list(names), [*(name for name in names if name not in absent), *added])
        raise drifted(added=added, missing=[] if fill else absent, where={"file": file.shown}, order=order)
    return [f"New fields were left out: {', '.join(added)}."] if added else []


def _holds(type_text: str, own: Keys, path: Keys) -> bool:
    """Whether a place below that of a column is a field of the column's own type, as far down as it goes."""
    if path[: len(own)] != own or len(path) <= len(own):
        return False
    if type_text.upper() == "JSON":
        return True
    if not type_text.upper().startswith("STRUCT"):
        return False
    kind: exp.Expr | None = exp.DataType.build(type_text, dialect="duckdb")
    for key in path[len(own) :]:
        fields = kind.expressions if isinstance(kind, exp.DataType) and kind.is_type("struct") else []
        kind = next((field.args.get("kind") for field in fields if field.name == key), None)
    return kind is not None


def _is_above(path: Keys, wanted: set[Keys]) -> bool:
    return any(len(other) > len(path) and other[: len(path)] == path for other in wanted)


def _is_list_of_objects(structure: Structure, path: Keys) -> bool:
    return path in structure.records


def _occurs(file: Prepared, key: str) -> bool:
    word = json.dumps(key).encode()
    plain = json.dumps(key, ensure_ascii=False).encode()
    with text.open_plain(file.file, file.compression) as stream:
        rest = b""
        while block := stream.read(1 << 20):
            if word in rest + block or plain in rest + block:
                return True
            rest = block[-len(plain) - 8 :]
    return False


def _fast(
    file: Prepared,
    options: ReadOptions,
    source: Source,
    names: Mapping[str, Keys],
    into: DuckDBPyConnection,
    table: exp.Table,
    *,
    append: bool,
) -> int | None:
    texts = {name: sql.column(name) for name in names}
    raw = _nothing(raw_query(file, options, names, line=False), names, options)
    query = conform.strict_query(raw.subquery("raw"), texts, source.columns, options)
    try:
        sql.run(into, exp.insert(query, table) if append else sql.create(table, query))
    except CARRIED_ON:
        return None
    return sql.count(into, table)


def _nothing(raw: exp.Select, names: Mapping[str, Keys], options: ReadOptions) -> exp.Select:
    """The same with texts that mean 'nothing' as NULL."""
    if options.null_values:
        for alias in raw.expressions:
            if alias.alias in names:
                alias.set("this", conform.said(alias.this, options))
    return raw


def _undo(into: DuckDBPyConnection, table: exp.Table, *, append: bool, first: int) -> None:
    if append:
        sql.run(into, exp.delete(table).where(sql.template("rowid >= :first", first=first)))
    else:
        sql.run(into, sql.drop(table))


def _count(file: Prepared, options: ReadOptions, into: DuckDBPyConnection) -> int | None:
    """Rows the file should give, counted another way: lines, or lengths of the list; None where none is cheap."""
    if options.explode:
        if not file.is_lines or ENTRY in parse(options.explode):
            return None
        objects = sql.call(
            "read_ndjson_objects", str(file.file), compression=packing(file), maximum_object_size=MAX_RECORD
        )
        length = sql.call("json_array_length", sql.column("json"), options.explode)
        return sql.whole(sql.row(into, exp.select(exp.Sum(this=length)).from_(objects))[0])
    if not file.is_lines:
        return len(document_records(file, options)[0])
    with text.open_plain(file.file, file.compression) as stream:
        return sum(1 for line in stream if not line.isspace())


def _careful(
    file: Prepared,
    options: ReadOptions,
    source: Source,
    names: Mapping[str, Keys],
    into: DuckDBPyConnection,
    table: exp.Table,
    *,
    append: bool,
) -> tuple[conform.Outcome, int, int]:
    """Sound records through a copy that carries their lines; broken ones into the quarantine."""
    broken: list[Record] = []
    paths = [*names.values(), *([(*parse(options.explode), ENTRY)] if options.explode else [])]
    raw = exp.Table(this=sql.identifier(f"{table.name}__raw"))
    with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".ndjson") as sound:
        for record, parsed in all_records(file, options):
            problem = (
                record.problem
                or problem_of(parsed, paths)
                or ("holds a NUL character" if b"\\u0000" in record.raw or b"\x00" in record.raw else "")
            )
            if problem:
                broken.append(Record(record.line, record.raw, problem))
                continue
            inner = record.raw.strip()[1:].lstrip()
            comma = b"" if inner.startswith(b"}") else b","
            sound.write(b'{"%b":%d%b%b\n' % (conform.LINE.encode(), record.line, comma, inner))
        sound.flush()
        taken = Prepared(Path(sound.name), file.shown, "none", is_lines=True)
        query = _nothing(raw_query(taken, options, names, line=True), names, options)
        sql.run(into, sql.drop(raw))
        sql.run(into, sql.create(raw, query, temporary=True))
    try:
        if broken and source.on_error == "stop":
            raise DataError(
                f"A record is broken: {broken[0].problem}.",
                hint="Mend it, or let the source's on_error be 'quarantine'.",
                where={"file": file.shown, "line": broken[0].line},
                data={"broken_records": len(broken)},
            )
        hidden = frozenset(name for name, kind in source.sensitive.items() if kind != "public")
        loaded = conform.load(
            into, raw, table, source.columns, options,
            policy=source.on_error, file=file.shown, hidden=hidden, append=append, drift=source.drift,
        )  # fmt: skip
        if broken:
            keep_broken(into, table, file.shown, broken)
        for record in broken:
            loaded.reasons[record.problem] = loaded.reasons.get(record.problem, 0) + 1
        expected = sql.count(into, raw) + len(broken)
    finally:
        sql.run(into, sql.drop(raw))
    return loaded, len(broken), expected
