"""A stream's fields against those that a plan knows: what is new, what is gone, what goes by another name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from connectors.drift import drifted
from connectors.files.pointers import paths_of, spell
from connectors.http import tables
from spec.base import JsonValue
from spec.pipeline import Source


def as_named(source: Source, fields: Sequence[str]) -> Source:
    """The source with the places of columns whose field goes by a name agreed in ``known_as``; its own counts first.

    ``fields`` are the names at the top of the records. Of a column inside an object it is the object's name.
    """
    if not source.known_as:
        return source
    own = cast("dict[str, str]", source.options.get("fields", {}))
    changed = dict(own)
    for column, path in paths_of(source.columns, own).items():
        if path[0] in fields:
            continue
        now = next((name for name in source.known_as.get(column, ()) if name in fields), None)
        if now is not None:
            changed[column] = spell((now, *path[1:]))
    return source.model_copy(update={"options": {**source.options, "fields": cast("JsonValue", changed)}})


def refuse_drift(made: tables.Made, fields: Sequence[str], records: int, *, shown: str) -> None:
    """Raise DriftError for fields that the plan does not know, where it is not to pass over them, told together with
    those that are in no record any more: one may be the other under a new name.
    """
    if made.options.explode or made.source.drift not in {"ask", "freeze"}:
        return
    new = tables.new_fields(fields, made)
    paths = paths_of(made.source.columns, made.options.fields)
    kept = made.stream.parent.keep if made.stream.parent is not None else {}
    certain = [name for name in made.source.columns if name not in made.optional and name not in kept]
    gone = [name for name in certain if paths[name][0] not in fields]
    is_certain = records >= tables.ENOUGH_TO_JUDGE or bool(new and records)
    if new or (gone and is_certain and made.options.union != "by_name"):
        order = [paths[name][0] if len(paths[name]) == 1 else name for name in made.source.columns]
        missing = gone if is_certain else []
        raise drifted(added=new, missing=missing, where={"stream": shown}, order=(order, fields))
