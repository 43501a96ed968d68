"""Reading the keys of a stream alone: all that there are, or those of what was deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from connectors.files.options import ReadOptions
from connectors.files.pointers import Keys, parse
from connectors.http import tables
from connectors.http.definition import Stream
from spec.base import JsonValue
from spec.errors import SpecError
from spec.pipeline import Source


def keys_only(title: str, stream: Stream, source: Source, form: str) -> Source:
    """``source``, whose columns are the key's, as it is read by the request of that ``form``; SpecError without one."""
    plain = {name: item for name, item in source.options.items() if name not in tables.OWN}
    if ReadOptions.model_validate({**plain, "format": "ndjson"}).explode:
        raise SpecError(
            f"Entries of a list inside a record of {source.stream!r} are not told to be gone one by one.",
            hint="Leave 'gone' out here, and replace the table.",
            where={"field": "gone"},
        )
    listed = stream.deletes.listed if stream.deletes is not None else None
    if form == "listed" and listed is None:
        raise SpecError(
            f"{title} has no list of what was deleted from {source.stream}.",
            hint="Use gone.sweep, or gone.column where the records themselves tell.",
            where={"field": "gone.listed"},
        )
    if form == "sweep" and (stream.deletes is None or not stream.deletes.sweep):
        raise SpecError(
            f"{title} does not surely give all of {source.stream}, so what is missing there need not be gone.",
            hint="Leave gone.sweep out here.",
            where={"field": "gone.sweep"},
        )
    fields = dict(cast("dict[str, str]", source.options.get("fields", {})))
    if form == "listed" and listed is not None:
        fields |= listed.key
    named = {name: place for name, place in fields.items() if name in source.columns}
    options: dict[str, JsonValue] = {
        name: item for name, item in source.options.items() if name not in {"fields", *tables.OWN}
    }
    if named:
        options["fields"] = cast("JsonValue", named)
    return source.model_copy(update={"options": {**options, tables.KEYS: form}})


def told_in_words(stream: Stream, paths: Mapping[str, Keys]) -> str:
    """How rows that are gone are told, for who plans with the table; empty where nothing is known of it."""
    deletes, said = stream.deletes, []
    if deletes is None:
        return ""
    column = next((name for name, path in paths.items() if deletes.flag and path == parse(deletes.flag)), None)
    if column is not None:
        values = " or ".join("true" if one is True else str(one) for one in deletes.values)
        said.append(f"gone.column: {column} ({values})")
    if deletes.listed is not None:
        said.append(f"gone.listed{f': {deletes.listed.reaches}' if deletes.listed.reaches else ''}")
    if deletes.sweep:
        said.append("gone.sweep")
    return f" Rows that are gone are told by {', or '.join(said)}." if said else ""


def form_of(source: Source) -> str:
    """``sweep`` or ``listed`` where a source's keys alone are read, else empty."""
    return str(source.options.get(tables.KEYS, ""))


def stream_of(stream: Stream, form: str) -> Stream:
    """The stream as its keys are read: nothing of a record is left out on the way to them."""
    if not form:
        return stream
    return stream.model_copy(update={"fields": (), "leave_out": (), "keep_as_text": (), "cursor": None})
