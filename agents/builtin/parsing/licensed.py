"""What a grouping is licensed by: rows are not counted, added up or averaged each by itself unless that was said."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Meaning, Nested, Out
from agents.builtin.schema.graph import Join, Schema
from agents.builtin.walk import conditions_of


def unlicensed(tags: list[Tag], meaning: Meaning, schema: Schema, joined: Iterable[Join] = ()) -> list[str]:
    """Sentences, each about a grouping or a restriction that no word asks for. ``joined``: how tables come together."""
    found = [
        *_each_by_itself(tags, meaning, schema),
        *_over_all(tags, meaning),
        *_dropped(tags, schema, joined),
        *_none_of_none(meaning),
    ]
    return list(dict.fromkeys(found))


def counted_ones(keys: list[Out], groups: list[Out], measures: list[Out], table: str) -> list[Out]:
    """Of what is shown beside figures, the things that are themselves counted: "wagons by kind: how many of each".

    ``table``: of what rows are. Without another grouping they are what is told apart, and nothing is taken.
    """
    if not groups or not measures:
        return []
    return [
        key
        for key in keys
        if key.kind == "entity" and key not in groups and all(_of_own_rows(out, key.table, table) for out in measures)
    ]


def _of_own_rows(out: Out, own: str, table: str) -> bool:
    """Whether a figure is of rows of the table alone."""
    if out.kind == "count":
        return out.column is None and (out.table or table or own) == own
    return out.kind == "agg" and out.column is not None and out.column[0] == own


def _each_by_itself(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "how many seats across all venues", told for each venue, of which each row has but one number."""
    measures = [out for out in meaning.outs if out.is_measure]
    for group in [*meaning.groups, *meaning.within]:
        if group.kind != "entity" or not schema.keys.get(schema.real(group.table)) or meaning.limit:
            continue
        own = [out for out in measures if _of_own_rows(out, group.table, meaning.scope.table)]
        if own and (any(out.kind == "count" for out in own) or not _asked_for_each(tags, group.table)):
            yield f"each of {group.table} would be looked at by itself"


def _asked_for_each(tags: list[Tag], table: str) -> bool:
    """Whether a word of grouping stands before the noun."""
    for place, tag in enumerate(tags):
        if tag.kind != "group" or tag.text.lower().startswith("across"):
            continue
        noun = next((one for one in tags[place + 1 : place + 4] if one.links), None)
        if noun is not None and any(link.table == table for link in noun.links[:3]):
            return True
    return False


_COMPARED = frozenset("compare compared comparison breakdown distribution vary varies differ differs trend".split())


def _over_all(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "compare the fees across all depots", "how many tons across our depots": one figure, or one for each?"""
    asked = {tag.text.lower() for tag in tags}
    cut = bool(meaning.groups or meaning.within)
    figure = cut or any(out.is_measure for out in meaning.outs)
    single = bool(tags) and tags[0].kind in {"howmany", "howmuch"}
    for tag, after in itertools.pairwise(tags):
        said = tag.text.lower()
        whole = tag.kind == "prep" and said == "across all"
        each = tag.kind == "group" and said == "across" and cut
        if (whole and not cut and asked & _COMPARED) or (each and (single or after.text.lower() in _WHOLE)):
            yield f"'{said}' may mean all together or each by itself"
        elif whole and not figure:
            yield f"nothing would be counted or added up {said}"


_WHOLE = frozenset("our the every these those your".split())


def _dropped(tags: list[Tag], schema: Schema, joined: Iterable[Join]) -> Iterator[str]:
    """As in "hauls across all drivers", where some have no driver: all are meant, and those would be left out."""
    for place, tag in enumerate(tags):
        if tag.kind != "prep" or tag.text.lower() not in {"across all", "over all"}:
            continue
        noun = next((one for one in tags[place + 1 : place + 3] if one.links), None)
        tables = {link.table for link in noun.links[:1]} if noun is not None else set()
        for join in joined:
            stats = schema.columns[join.table, join.columns[0]].stats
            if join.parent in tables and stats.filled < stats.rows:
                yield f"{join.table} without {join.parent} would be left out"


def _none_of_none(meaning: Meaning) -> Iterator[str]:
    """As in "no boss as well as no hauls": each is lacking, and not a boss who lacks hauls."""
    for condition in conditions_of(meaning):
        if not isinstance(condition, Nested) or condition.kind != "none":
            continue
        for inner in condition.scope.conditions:
            if isinstance(inner, Nested) and inner.kind == "none":
                yield f"{condition.scope.table} without {inner.scope.table} would be what is lacking"
