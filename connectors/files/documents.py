"""JSON and NDJSON: nested objects become columns, lists of objects become tables of their own, numbers stay exact.

DuckDB reads JSON numbers that are not whole through DOUBLE, which keeps 15 digits. A file in which a number has more
is read from a copy in which those numbers are texts, so a DECIMAL or VARCHAR column gets each digit; a DOUBLE column
would not, and is refused.
"""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import conform, sql
from connectors.contract import Discovered, Reading
from connectors.drift import drifted
from connectors.files import text
from connectors.files.delimited import CARRIED_ON, keep_broken, quarantined
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, Keys, Node, parse, paths_of, spell, tree
from connectors.files.records import MAX_RECORD, Record
from connectors.files.structure import Seen, Structure, problem_of, structure_of
from connectors.looking import scratch
from connectors.names import column_names, distinct
from connectors.profile import key_of, profile, singular, spelling_of
from connectors.spelling import plain_options
from spec.base import JsonValue
from spec.catalog import Column, ForeignKey, Table
from spec.errors import DataError, LimitError, SpecError
from spec.pipeline import Source
from spec.records import record

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PROFILED = 8 << 20
_DOCUMENT_LIMIT = 128 << 20
_LONG = re.compile(rb"[0-9][0-9.]{15,}")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|-?[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?', re.DOTALL)
_INT64 = 2**63 - 1


@record(frozen=True)
class Prepared:
    """A file that DuckDB can read: UTF-8, long numbers as texts."""

    file: Path
    shown: str
    compression: text.Compression
    is_lines: bool
    long_numbers: tuple[tuple[int, str], ...] = ()
    """(line, number) of the first numbers that DOUBLE would change."""
    has_nul: bool = False


# --- making a file readable ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def prepared(path: Path, shown: str, options: ReadOptions) -> Iterator[Prepared]:
    """The file itself, or a temporary copy where its encoding or its numbers need one."""
    packed = text.compression_of(path, options.compression)
    is_lines = options.format == "ndjson"
    with text.reachable(path), text.as_utf8(path, options.encoding, packed) as (plain, compression):
        if not is_lines and packed == "none" and plain.stat().st_size > _DOCUMENT_LIMIT:
            raise LimitError(
                "The JSON document is too large to be read as one.",
                hint="Export it as NDJSON (one record a line), which has no limit.",
                where={"file": shown},
            )
        marks = _marks(plain, compression)
        if not marks & {"bom", "digits"}:
            yield Prepared(plain, shown, compression, is_lines, has_nul="nul" in marks)
            return
        with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".json") as copy:
            changed: list[tuple[int, str]] = []
            with text.open_plain(plain, compression) as stream:
                blocks = stream if is_lines else [stream.read()]
                for number, block in enumerate(blocks, start=1):
                    copy.write(_exact(block.removeprefix(b"\xef\xbb\xbf") if number == 1 else block, number, changed))
            copy.flush()
            yield Prepared(Path(copy.name), shown, "none", is_lines, tuple(changed), "nul" in marks)


def _marks(path: Path, compression: text.Compression) -> set[str]:
    """What calls for care: a byte order mark, NUL characters, a run of 16 digits that may be too long for DOUBLE."""
    found: set[str] = set()
    with text.open_plain(path, compression) as stream:
        rest = b""
        while block := stream.read(1 << 20):
            if not rest and block.startswith(b"\xef\xbb\xbf"):
                found.add("bom")
            joined = rest + block
            if "digits" not in found and _LONG.search(joined):
                found.add("digits")
            if b"\x00" in block or b"\\u0000" in joined:
                found.add("nul")
            rest = block[-20:]
    return found


def _exact(block: bytes, line: int, changed: list[tuple[int, str]]) -> bytes:
    """Turn numbers of more than 15 digits into texts; whole ones that fit 64 bits are exact as they are."""
    if not _LONG.search(block):
        return block

    def quote(match: re.Match[bytes]) -> bytes:
        token = match[0]
        if token.startswith(b'"') or _digits(token) <= 15:
            return token
        spelled = token.decode()
        if re.fullmatch(r"-?\d+", spelled) and abs(int(spelled)) <= _INT64:
            return token
        if _is_changed_by_double(spelled) and len(changed) < 20:
            changed.append((line + block.count(b"\n", 0, match.start()), spelled))
        return b'"' + token + b'"'

    return _TOKEN.sub(quote, block)


def _digits(token: bytes) -> int:
    """Significant digits of a number."""
    mantissa = re.split(rb"[eE]", token)[0].replace(b"-", b"").replace(b".", b"")
    return len(mantissa.lstrip(b"0"))


def _is_changed_by_double(spelled: str) -> bool:
    return Decimal(spelled) != Decimal(repr(float(spelled)))


# --- discovery ----------------------------------------------------------------------------------------------------


def discover(path: Path, location: str, options: ReadOptions, stated: frozenset[str]) -> Sequence[Discovered]:
    """The file's table, and one for each list of objects in its records."""
    packed = text.compression_of(path, options.compression)
    start = text.head(path, packed, 1 << 16)
    if not start.strip():
        raise DataError("The file is empty.", hint="Export it again.", where={"file": str(path)})
    if "encoding" not in stated:
        options = options.model_copy(update={"encoding": text.detect_encoding(start, whole=len(start) < 1 << 16)})
    if options.format == "json" and _is_lines(start.decode(options.encoding, "replace")):
        options = options.model_copy(update={"format": "ndjson"})
    with prepared(path, path.name, options) as file:
        records, broken, whole, pointer = _sample(file, options)
        if pointer and "records" not in stated:
            options = options.model_copy(update={"records": pointer})
        structure = structure_of(records)
        if not structure.places:
            raise DataError(
                "There are no records in this file.", hint="It holds no object with values.", where={"file": str(path)}
            )
        with _spooled(file, records) as taken:
            found = [
                _table(taken, location, options, structure, table, stated, whole=whole)
                for table in _wanted(structure, options, stated)
            ]
    warnings = []
    if broken:
        warnings.append(
            f"{len(broken)} records are broken and would be set aside; line {broken[0].line}: {broken[0].problem}."
        )
    if not whole:
        warnings.append(f"Fields were found on the first {len(records):,} records.")
    first = found[0]
    joined = (*first.warnings, *warnings)
    return [Discovered(first.name, first.source, first.table, joined, first.choices), *found[1:]]


@contextlib.contextmanager
def _spooled(file: Prepared, records: Sequence[dict[str, JsonValue]]) -> Iterator[Prepared]:
    """The records as NDJSON, for DuckDB to judge."""
    with tempfile.NamedTemporaryFile(prefix="dreflow-", suffix=".ndjson", mode="w", encoding="ascii") as lines:
        for record in records:
            lines.write(json.dumps(record))
            lines.write("\n")
        lines.flush()
        yield Prepared(Path(lines.name), file.shown, "none", is_lines=True)


def _is_lines(start: str) -> bool:
    """Whether a .json file holds one record a line after all."""
    lines = [line for line in start.lstrip("\ufeff").splitlines() if line.strip()]
    if len(lines) < 2:
        return False
    try:
        return all(isinstance(json.loads(line), dict) for line in lines[:2])
    except ValueError:
        return False


def _wanted(structure: Structure, options: ReadOptions, stated: frozenset[str]) -> list[Keys]:
    if "explode" in stated:
        return [parse(options.explode)]
    return structure.tables()


def _sample(file: Prepared, options: ReadOptions) -> tuple[list[dict[str, JsonValue]], list[Record], bool, str]:
    """Records of the first 8 MB (of a document, all), the broken ones, whether that is all, where the list stands."""
    if not file.is_lines:
        found, pointer = _document_records(file, options)
        return found, [], True, pointer
    records: list[dict[str, JsonValue]] = []
    broken: list[Record] = []
    size = 0
    for line, parsed in _line_records(file):
        size += len(line.raw)
        if size > _PROFILED:
            return records, broken, False, ""
        if line.problem:
            broken.append(line)
        else:
            records.append(parsed)
    return records, broken, True, ""


def _line_records(file: Prepared) -> Iterator[tuple[Record, dict[str, JsonValue]]]:
    """Each line as a record, with its value when it is sound."""
    with text.open_plain(file.file, file.compression) as stream:
        number = 0
        while line := stream.readline(MAX_RECORD + 1):
            number += 1
            if len(line) > MAX_RECORD and not line.endswith(b"\n"):
                while (rest := stream.readline(1 << 20)) and not rest.endswith(b"\n"):
                    pass
                yield Record(number, line[:2000], f"longer than {MAX_RECORD // 1_000_000} MB"), {}
                continue
            bare = line.strip()
            if not bare:
                continue
            parsed, problem = _parsed(bare)
            yield Record(number, bare, problem), parsed


def _parsed(bare: bytes) -> tuple[dict[str, JsonValue], str]:
    try:
        value: object = json.loads(bare, object_pairs_hook=_unique)
    except UnicodeDecodeError:
        return {}, "bytes that are no text in the file's encoding"
    except json.JSONDecodeError as error:
        return {}, f"not valid JSON at column {error.colno}"
    except (_RepeatedKeyError, RecursionError) as error:
        return {}, str(error) if isinstance(error, _RepeatedKeyError) else "nested too deeply"
    if not isinstance(value, dict):
        return {}, problem_of(cast("JsonValue", value), ())
    return value, ""


class _RepeatedKeyError(Exception):
    """A key stands twice in one object, so its value is not known."""


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _RepeatedKeyError(f"the field {twice!r} stands twice")
    return found


def _document_records(file: Prepared, options: ReadOptions) -> tuple[list[dict[str, JsonValue]], str]:
    """The records of a JSON document and the pointer of their list: the document itself, or its one list of objects."""
    with text.open_plain(file.file, file.compression) as stream:
        raw = stream.read(_DOCUMENT_LIMIT + 1)
    where: dict[str, str | int] = {"file": file.shown}
    try:
        document: JsonValue = json.loads(raw)
    except UnicodeDecodeError:
        raise DataError("The file is not text in its encoding.", hint="Export it as UTF-8.", where=where) from None
    except json.JSONDecodeError as error:
        raise DataError(
            f"The file is not valid JSON: {error.msg}.",
            hint="Export it again; it may have been cut off.",
            where={**where, "line": error.lineno, "column": error.colno},
        ) from None
    except RecursionError:
        raise DataError("The JSON is nested too deeply.", hint="Export it flatter.", where=where) from None
    pointer = options.records
    if pointer:
        found = _at(document, parse(pointer))
        if not isinstance(found, list):
            raise DataError(f"There is no list of records at {pointer}.", hint="Set the option records.", where=where)
        return _objects(found, where), pointer
    if isinstance(document, list):
        return _objects(document, where), ""
    if not isinstance(document, dict):
        raise DataError("The document holds no records.", hint="It should be a list of objects.", where=where)
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    }
    if len(lists) == 1:
        key, only = next(iter(lists.items()))
        return _objects(only, where), spell((key,))
    return [document], ""


def _at(document: JsonValue, keys: Keys) -> JsonValue:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _objects(found: Sequence[JsonValue], where: Mapping[str, str | int]) -> list[dict[str, JsonValue]]:
    for number, item in enumerate(found, start=1):
        if not isinstance(item, dict):
            raise DataError(
                "The list holds something else than records.",
                hint="Each entry should be an object.",
                where={**where, "record": number},
            )
    return [item for item in found if isinstance(item, dict)]


def _table(
    file: Prepared,
    location: str,
    options: ReadOptions,
    structure: Structure,
    table: Keys,
    stated: frozenset[str],
    *,
    whole: bool,
) -> Discovered:
    places = structure.columns(table)
    names, fields = _names(places, table)
    parents = _parent_keys(structure, table, names, file)
    for parent in parents:
        names, places = {parent.column: parent.place, **names}, {parent.place: parent.seen, **places}
        fields[parent.column] = spell(parent.place)
    options = options.model_copy(update={"explode": spell(table), "fields": fields})
    with scratch() as connection:
        raw = exp.Table(this=sql.identifier("raw"))
        query = raw_query(file, options, names, line=False)
        sql.run(connection, sql.create(raw, query, temporary=True))
        for parent in parents:
            if _repeats(connection, raw, parent):
                del names[parent.column], fields[parent.column]
                parent.column = parent.wanted
        rows = sql.count(connection, raw)
        quoted = [name for name, path in names.items() if places[path].kinds <= {"str", "null"}]
        found = profile(connection, raw, list(names), known=_known(names, places), quoted=quoted)
        key = key_of(connection, raw, found.types, table[-1] if table else Path(file.shown).name.split(".")[0])
    warnings = [
        f"Values of {name!r} are of several kinds; it is read as text."
        for name, path in names.items()
        if _is_mixed(places[path])
    ]
    spelled = {name: value for name, value in spelling_of(found).items() if name not in stated}
    options = options.model_copy(update={**spelled, "fields": fields})
    foreign = tuple(
        ForeignKey(columns=(parent.column,), table=_suffix(parent.owner), references=("id",), declared=False)
        for parent in parents
    )
    source = Source(
        connector="files",
        location=location,
        options=plain_options(options),
        columns=found.types,
        primary_key=key,
        foreign_keys=foreign,
    )
    columns = tuple(Column(name=name, type=type_) for name, type_ in found.types.items())
    described = Table(
        name=_suffix(table), columns=columns, rows=rows if whole else None, primary_key=key, foreign_keys=foreign
    )
    return Discovered(_suffix(table), source, described, (*warnings, *found.warnings), tuple(found.choices))


def _suffix(table: Keys) -> str:
    """What a table's name adds to the file's, each part after a NUL."""
    return "".join(f"\x00{key}" for key in table if key != ENTRY)


def _is_mixed(seen: Seen) -> bool:
    kinds = {kind for kind in seen.kinds if kind != "null" and not kind.startswith("list of ")}
    return len(kinds) > 1 and bool(kinds & {"object", "list", "bool"})


def _repeats(connection: DuckDBPyConnection, raw: exp.Table, parent: Parent) -> bool:
    """Whether the entries state their record's id themselves, under the name that its copy would have."""
    if parent.column == parent.wanted:
        return False
    differ = sql.template(
        "count_if(:own IS DISTINCT FROM :given)", own=sql.column(parent.wanted), given=sql.column(parent.column)
    )
    return sql.row(connection, exp.select(differ).from_(raw))[0] == 0


def _names(places: Mapping[Keys, Seen], table: Keys) -> tuple[dict[str, Keys], dict[str, str]]:
    """Column names (``customer_id`` for customer.id) with their places, and the pointers that a name does not tell."""
    depth = len(table) + 1 if table else 0
    paths = list(places)
    names = column_names(["_".join(path[depth:]) for path in paths])
    fields = {name: spell(path) for name, path in zip(names, paths, strict=True) if path != (name,)}
    return dict(zip(names, paths, strict=True)), fields


@dataclass
class Parent:
    """The key of the record (or entry) that holds an entry, as a column beside the entry's own."""

    owner: Keys
    place: Keys
    seen: Seen
    wanted: str
    column: str


def _parent_keys(structure: Structure, table: Keys, names: Mapping[str, Keys], file: Prepared) -> list[Parent]:
    """The ``id`` of each owner, named after it: ``order_id`` in a file of orders."""
    if not table:
        return []
    owners: list[Keys] = [(), *(table[:end] for end, key in enumerate(table) if key == ENTRY)]
    found: list[Parent] = []
    for owner in owners:
        place = (*owner, ENTRY, "id") if owner else ("id",)
        seen = structure.places.get(place)
        if seen is None:
            continue
        noun = owner[-1] if owner else re.split(r"[^A-Za-z]+", Path(file.shown).name.split(".")[0].strip("_"))[-1]
        wanted = f"{singular(noun) or 'record'}_id"
        column = distinct(wanted, [*names, *(parent.column for parent in found)])
        found.append(Parent(owner, place, seen, wanted, column))
    return found


def _known(names: Mapping[str, Keys], places: Mapping[Keys, Seen]) -> dict[str, str]:
    """Types that JSON's own kinds settle."""
    known: dict[str, str] = {}
    for name, path in names.items():
        kinds = places[path].kinds - {"null"}
        if kinds == {"bool"}:
            known[name] = "BOOLEAN"
        elif kinds == {"int"} and places[path].largest <= _INT64:
            known[name] = "BIGINT"
        elif not kinds or not kinds <= {"int", "float", "str"}:
            known[name] = "VARCHAR"
    return known


# --- reading ------------------------------------------------------------------------------------------------------


def raw_query(file: Prepared, options: ReadOptions, names: Mapping[str, Keys], *, line: bool) -> exp.Select:
    """A SELECT of each column as text; a list that is exploded gives a row an entry."""
    explode = parse(options.explode)
    paths = [*names.values(), *([(*explode, ENTRY)] if explode else [])]
    shape = tree(paths)
    if line:
        shape.children[conform.LINE] = tree([("x",)]).children["x"]
    levels = explode.count(ENTRY) + 1 if explode else 0
    source: exp.Expression = _read_json(file, options, shape)
    reached: Keys = ()
    for level in range(1, levels + 1):
        cut = _nth_entry(explode, level)
        step = explode[len(reached) : cut]
        base = sql.column(f"__{level - 1}") if level > 1 else None
        unnested = exp.alias_(sql.call("unnest", _inside(base, step)), sql.identifier(f"__{level}"))
        source = exp.select(exp.Star(), unnested).from_(source).subquery(f"l{level}")
        reached = (*explode[:cut], ENTRY)
    picked = [exp.alias_(_value(path), sql.identifier(name)) for name, path in names.items()]
    if line:
        number = exp.alias_(sql.cast(sql.column(conform.LINE), "BIGINT"), sql.identifier(conform.LINE))
        picked = [number, *picked]
    return exp.select(*picked).from_(source)


def _nth_entry(explode: Keys, level: int) -> int:
    """Where the keys of the list at this level end."""
    seen = 0
    for position, key in enumerate(explode):
        if key == ENTRY:
            seen += 1
            if seen == level:
                return position
    return len(explode)


def _value(path: Keys) -> exp.Expression:
    level = path.count(ENTRY)
    last = len(path) - 1 - path[::-1].index(ENTRY) if level else -1
    return _inside(sql.column(f"__{level}") if level else None, path[last + 1 :])


def _inside(base: exp.Expression | None, keys: Keys) -> exp.Expression:
    node = base
    for key in keys:
        node = sql.column(key) if node is None else sql.call("struct_extract", node, key)
    if node is None:
        raise SpecError("A field's pointer is empty.", hint="A pointer looks like /customer/id.")
    return node


def _packing(file: Prepared) -> str:
    return "uncompressed" if file.compression == "none" else file.compression


def _read_json(file: Prepared, options: ReadOptions, node: Node) -> exp.Expression:
    columns: dict[str, sql.Plain] = {key: child.type for key, child in node.children.items()}
    named: dict[str, sql.Plain | exp.Expression] = {"compression": _packing(file), "maximum_object_size": MAX_RECORD}
    if file.is_lines:
        return sql.call("read_json", str(file.file), columns=columns, format="newline_delimited", **named)
    records = parse(options.records)
    if not records:
        named["maximum_object_size"] = _DOCUMENT_LIMIT
        return sql.call("read_json", str(file.file), columns=columns, format="auto", **named)
    node.is_list = True
    wrapped = node.type
    for key in reversed(records[1:]):
        quoted = key.replace('"', '""')
        wrapped = f'STRUCT("{quoted}" {wrapped})'
    named["maximum_object_size"] = _DOCUMENT_LIMIT
    document = sql.call("read_json", str(file.file), columns={records[0]: wrapped}, format="unstructured", **named)
    entries = exp.select(exp.alias_(sql.call("unnest", _inside(None, records)), sql.identifier("__0"))).from_(document)
    inner = [exp.alias_(sql.call("struct_extract", sql.column("__0"), key), sql.identifier(key)) for key in columns]
    return exp.select(*inner).from_(entries.subquery("d")).subquery("r")


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
        warnings = _drift(file, options, source, names)
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


def _drift(file: Prepared, options: ReadOptions, source: Source, names: Mapping[str, Keys]) -> list[str]:
    """New fields in the first records, and declared ones that stand nowhere in the file."""
    records: list[dict[str, JsonValue]] = []
    if file.is_lines:
        for number, (record, parsed) in enumerate(_line_records(file)):
            if number >= 1000:
                break
            if not record.problem:
                records.append(parsed)
    else:
        records = _document_records(file, options)[0]
    explode = parse(options.explode)
    structure = structure_of(records)
    there = structure.columns(explode)
    wanted = set(names.values())
    fresh = [
        path for path in there if path not in wanted and there[path].kinds != {"null"} and not _is_above(path, wanted)
    ]
    fresh = [path for path in fresh if not _is_list_of_objects(structure, path)]
    seen = set(structure.places)
    absent = [name for name, path in names.items() if path not in seen and not _occurs(file, path[-1])]
    added = ["_".join(key for key in path[len(explode) + 1 if explode else 0 :]) for path in fresh]
    fill = options.union == "by_name"
    if (absent and not fill) or (added and source.drift in {"ask", "freeze"}):
        raise drifted(added=added, missing=[] if fill else absent, where={"file": file.shown})
    return [f"New fields were left out: {', '.join(added)}."] if added else []


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
    if not options.null_values:
        return raw
    marks = list(options.null_values)
    for alias in raw.expressions:
        if alias.alias in names:
            alias.set(
                "this",
                sql.template("CASE WHEN list_contains(:marks, :x) THEN NULL ELSE :x END", x=alias.this, marks=marks),
            )
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
            "read_ndjson_objects", str(file.file), compression=_packing(file), maximum_object_size=MAX_RECORD
        )
        length = sql.call("json_array_length", sql.column("json"), options.explode)
        return sql.whole(sql.row(into, exp.select(exp.Sum(this=length)).from_(objects))[0])
    if not file.is_lines:
        return len(_document_records(file, options)[0])
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
        for record, parsed in _all_records(file, options):
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


def _all_records(file: Prepared, options: ReadOptions) -> Iterator[tuple[Record, JsonValue]]:
    if file.is_lines:
        yield from _line_records(file)
        return
    for number, item in enumerate(_document_records(file, options)[0], start=1):
        yield Record(number, json.dumps(item).encode()), item
