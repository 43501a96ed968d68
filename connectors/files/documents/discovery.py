"""Tables of a JSON file: columns of nested objects, and a table for each list of objects, with parent keys."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql
from connectors.contract import Discovered
from connectors.files import text
from connectors.files.documents.parsing import document_records, line_records
from connectors.files.documents.prepared import INT64, Prepared, prepared
from connectors.files.documents.query import raw_query
from connectors.files.options import ReadOptions
from connectors.files.pointers import ENTRY, Keys, parse, spell
from connectors.files.records import Record
from connectors.files.structure import Seen, Structure, structure_of
from connectors.looking import scratch
from connectors.names import column_names, distinct
from connectors.profile.findings import spelling_of
from connectors.profile.judging import profile
from connectors.profile.keys import key_of, singular
from connectors.spelling import plain_options
from spec.base import JsonValue
from spec.catalog import Column, ForeignKey, Table
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_PROFILED = 8 << 20


def discover(
    path: Path, location: str, options: ReadOptions, stated: frozenset[str], *, identity: str = "id"
) -> Sequence[Discovered]:
    """The file's table, and one for each list of objects in its records, which carry the value ``identity`` of it."""
    packed = text.compression_of(path, options.compression)
    start = text.head(path, packed, 1 << 16)
    if not start.strip():
        raise DataError("The file is empty.", hint="Export it again.", where={"file": str(path)})
    if "encoding" not in stated:
        options = options.model_copy(update={"encoding": text.detect_encoding(start, whole=len(start) < 1 << 16)})
    if options.format == "json" and _is_lines(start.decode(options.encoding, "replace")):
        options = options.model_copy(update={"format": "ndjson"})
    notes: list[str] = []
    with prepared(path, path.name, options) as file:
        records, broken, whole, pointer, beside = _sample(file, options)
        if pointer and "records" not in stated:
            options = options.model_copy(update={"records": pointer})
            notes = _left_beside(beside)
        elif not file.is_lines and "records" not in stated and len(records) == 1:
            _refuse_named_records(records[0], path)
        structure = structure_of(records)
        # What only wraps others ({"data": {"orders": [...]}}) has no values of its own, and is no table.
        wanted = [table for table in _wanted(structure, options, stated) if structure.columns(table)]
        if not wanted:
            raise DataError(
                "There are no records in this file.", hint="It holds no object with values.", where={"file": str(path)}
            )
        with _spooled(file, records) as taken:
            found = [
                _table(taken, location, options, structure, table, stated, whole=whole, identity=identity)
                for table in wanted
            ]
    warnings = notes
    if broken:
        warnings.append(
            f"{len(broken)} records are broken and would be set aside; line {broken[0].line}: {broken[0].problem}."
        )
    if not whole:
        warnings.append(f"Fields were found on the first {len(records):,} records.")
    first = found[0]
    joined = (*first.warnings, *warnings)
    return [Discovered(first.name, first.source, first.table, joined, first.choices), *found[1:]]


def _left_beside(names: Sequence[str]) -> list[str]:
    """A sentence about what stands beside the one list of a document."""
    if not names:
        return []
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return [f"Left out, since it stands beside the list: {', '.join(names[:5])}{more}. With records: / it is read."]


def _refuse_named_records(document: Mapping[str, JsonValue], path: Path) -> None:
    """A document whose values are objects of the same fields holds many records, and is no single one."""
    objects = [frozenset(value) for value in document.values() if isinstance(value, dict)]
    if len(objects) < 2 or len(objects) < len(document):
        return
    shared, all_ = frozenset.intersection(*objects), frozenset.union(*objects)
    if len(shared) * 2 > len(all_):
        some = " and ".join(repr(key) for key in list(document)[:2])
        raise DataError(
            f"The records of this document stand under names of their own, such as {some}, and not in a list.",
            hint="Export them as a list. Where the document is one record, set the option records to /.",
            where={"file": str(path)},
        )


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


def _sample(
    file: Prepared, options: ReadOptions
) -> tuple[list[dict[str, JsonValue]], list[Record], bool, str, Sequence[str]]:
    """Records of the first 8 MB (of a document, all), the broken ones, whether that is all, where the list stands, and
    the names of what stands beside it.
    """
    if not file.is_lines:
        found, pointer, beside = document_records(file, options)
        return found, [], True, pointer, beside
    records: list[dict[str, JsonValue]] = []
    broken: list[Record] = []
    size = 0
    for line, parsed in line_records(file):
        size += len(line.raw)
        if size > _PROFILED:
            return records, broken, False, "", ()
        if line.problem:
            broken.append(line)
        else:
            records.append(parsed)
    return records, broken, True, "", ()


def _table(
    file: Prepared,
    location: str,
    options: ReadOptions,
    structure: Structure,
    table: Keys,
    stated: frozenset[str],
    *,
    whole: bool,
    identity: str,
) -> Discovered:
    places = structure.columns(table)
    names, fields = names_and_fields(places, table)
    parents = _parent_keys(structure, table, names, file, identity)
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
        ForeignKey(columns=(parent.column,), table=_suffix(parent.owner), references=(parent.key,), declared=False)
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


def names_and_fields(places: Mapping[Keys, Seen], table: Keys) -> tuple[dict[str, Keys], dict[str, str]]:
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
    key: str
    place: Keys
    seen: Seen
    wanted: str
    column: str


def _parent_keys(
    structure: Structure, table: Keys, names: Mapping[str, Keys], file: Prepared, identity: str
) -> list[Parent]:
    """The ``id`` of each owner, named after it: ``order_id`` in a file of orders; ``InvoiceID`` names itself."""
    if not table:
        return []
    owners: list[Keys] = [(), *(table[:end] for end, key in enumerate(table) if key == ENTRY)]
    found: list[Parent] = []
    for owner in owners:
        key = "id" if owner else identity
        place = (*owner, ENTRY, key) if owner else (key,)
        seen = structure.places.get(place)
        if seen is None:
            continue
        noun = owner[-1] if owner else re.split(r"[^A-Za-z]+", Path(file.shown).name.split(".")[0].strip("_"))[-1]
        thing = singular(noun) or "record"
        wanted = key if thing.replace("_", "").casefold() in key.casefold() else f"{thing}_{key}"
        column = distinct(wanted, [*names, *(parent.column for parent in found)])
        found.append(Parent(owner, key, place, seen, wanted, column))
    return found


def _known(names: Mapping[str, Keys], places: Mapping[Keys, Seen]) -> dict[str, str]:
    """Types that JSON's own kinds settle."""
    known: dict[str, str] = {}
    for name, path in names.items():
        kinds = places[path].kinds - {"null"}
        if kinds == {"bool"}:
            known[name] = "BOOLEAN"
        elif kinds == {"int"} and places[path].largest <= INT64:
            known[name] = "BIGINT"
        elif not kinds or not kinds <= {"int", "float", "str"}:
            known[name] = "VARCHAR"
    return known
