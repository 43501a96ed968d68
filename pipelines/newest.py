"""Which column says what is newest: a merge of rows that were read by a cursor takes the latest of each key."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.job import Relation
from spec.pipeline import Source


def newest_column(relation: Relation, sources: Mapping[str, Source]) -> str | None:
    """The relation's column that is an incremental source's cursor, unchanged, if exactly one is."""
    found: set[str] = set()
    for item in relation.fields:
        origins = {(origin.source.casefold(), origin.column.casefold()) for origin in item.origins}
        for name, source in sources.items():
            if source.read == "incremental" and source.cursor is not None:
                cursor = (name.casefold(), source.cursor.casefold())
                if origins == {cursor} or (relation.name.casefold(), item.name.casefold()) == cursor:
                    found.add(item.name)
    return found.pop() if len(found) == 1 else None
