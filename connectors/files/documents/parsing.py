"""Records of a JSON file one by one, each with what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from connectors.files import text
from connectors.files.documents.prepared import DOCUMENT_LIMIT, Prepared
from connectors.files.options import ReadOptions
from connectors.files.pointers import WHOLE, Keys, parse, spell
from connectors.files.records import MAX_RECORD, Record
from connectors.files.structure import problem_of
from spec.base import JsonValue
from spec.errors import DataError


def line_records(file: Prepared) -> Iterator[tuple[Record, dict[str, JsonValue]]]:
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


def document_records(file: Prepared, options: ReadOptions) -> tuple[list[dict[str, JsonValue]], str, Sequence[str]]:
    """The records of a JSON document, the pointer of their list, and the names of what stands beside that.

    The list is the document itself, or its one list of objects.
    """
    with text.open_plain(file.file, file.compression) as stream:
        raw = stream.read(DOCUMENT_LIMIT + 1)
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
    if pointer == WHOLE and isinstance(document, dict):
        return [document], pointer, ()
    if pointer:
        found = _at(document, parse(pointer))
        if not isinstance(found, list):
            raise DataError(f"There is no list of records at {pointer}.", hint="Set the option records.", where=where)
        return _objects(found, where), pointer, ()
    if isinstance(document, list):
        return _objects(document, where), "", ()
    if not isinstance(document, dict):
        raise DataError("The document holds no records.", hint="It should be a list of objects.", where=where)
    lists = {
        key: value
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    }
    if len(lists) == 1:
        key, only = next(iter(lists.items()))
        return _objects(only, where), spell((key,)), [other for other in document if other != key]
    return [document], "", ()


def all_records(file: Prepared, options: ReadOptions) -> Iterator[tuple[Record, JsonValue]]:
    """Each line, or each entry of a document's list, as a record with its value."""
    if file.is_lines:
        yield from line_records(file)
        return
    for number, item in enumerate(document_records(file, options)[0], start=1):
        yield Record(number, json.dumps(item).encode()), item


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
