"""Appositions: what stands in brackets says once more, and more plainly, what stands before it.

As in "refused (R)", "turnover (amount)", "in 2023 (start date)": the value, the column or the day that is meant.
"""

from __future__ import annotations

from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.graph import Schema

_SURE = 0.85
_OPEN, _CLOSE = "(", ")"


def settle(tags: list[Tag], schema: Schema) -> list[Tag]:
    """The tags with each bracket's words taken into account; brackets that say something else stay as they are."""
    kept = list(tags)
    while (span := _bracket(kept)) is not None:
        first, last = span
        inner = [tag for tag in kept[first + 1 : last] if tag.kind != "skip"]
        before = next((tag for tag in reversed(kept[:first]) if tag.kind != "skip"), None)
        dated = any(tag.period is not None or tag.kind in {"unit", "grain"} for tag in kept[:first])
        found = _meant(before, inner, schema, dated=dated)
        if found is not None and _value([tag for tag in inner if tag.kind == "link"]) is not None:
            _explained(kept, first, before)
        if found is None:
            kept[first].text = kept[last].text = ","
            continue
        kept[first : last + 1] = found
    return kept


def _bracket(tags: list[Tag]) -> tuple[int, int] | None:
    """Where the first bracket opens and closes."""
    first = next((place for place, tag in enumerate(tags) if tag.kind == "skip" and tag.text == _OPEN), None)
    if first is None:
        return None
    last = next((p for p in range(first, len(tags)) if tags[p].kind == "skip" and tags[p].text == _CLOSE), None)
    return None if last is None else (first, last)


def _meant(before: Tag | None, inner: list[Tag], schema: Schema, *, dated: bool) -> list[Tag] | None:
    """What the bracket leaves in its place; it may change the span before it. None when it is no apposition."""
    if before is None or not inner:
        return None
    named = [tag for tag in inner if tag.kind == "link"]
    if len(named) != len([tag for tag in inner if tag.kind not in {"prep", "group"}]) or not 1 <= len(named) <= 2:
        return None
    last = named[-1]
    value = _value(named)
    if value is not None:
        return _say_value(before, last, value)
    if len(named) != 1:
        return None
    day = next(
        (
            link
            for link in last.links
            if link.kind == "column" and schema.columns[link.ref].kind == "date" and link.score >= _SURE
        ),
        None,
    )
    if day is not None and dated:
        last.links = [day]
        return [Tag("group", last.start, last.start, "by", "by"), last]
    column = last.links[0]
    if column.kind == "column" and column.score >= _SURE and inner == named:
        if before.kind == "unknown":
            before.kind = "link"
        if before.kind == "link":
            before.links = [column]
            return []
    return None


def _explained(tags: list[Tag], first: int, before: Tag | None) -> None:
    """As in "refused orders (R)": the word before the noun is what the value says."""
    place = next((p for p in range(first - 1, -1, -1) if tags[p] is before), 0)
    ahead = tags[place - 1] if place else None
    if ahead is not None and ahead.kind == "unknown" and before is not None and before.kind == "link":
        ahead.kind, ahead.text = "skip", ","


def _value(named: list[Tag]) -> Link | None:
    """As in "(R)" or "(state R)": the one stored value that the bracket names."""
    values = [link for link in named[-1].links if link.kind == "value" and link.how in {"exact", "form", "code"}]
    if len(named) == 2:
        column = {link.ref for link in named[0].links if link.kind == "column" and link.score >= _SURE}
        values = [link for link in values if link.ref in column]
    if not values or (named[-1].links[0].kind != "value" and len(named) == 1):
        return None
    return values[0] if len(values) == 1 or len(named) == 1 else None


def _say_value(before: Tag, last: Tag, value: Link) -> list[Tag] | None:
    if before.kind == "unknown":
        before.kind = "skip"
        before.text = ","
        return [last]
    if before.kind != "link":
        return None
    same = [
        link for link in before.links if link.kind == "value" and (link.ref, link.value) == (value.ref, value.value)
    ]
    if same:
        before.links = same[:1]
        return []
    weak = before.links[0].kind != "table" and before.links[0].score < _SURE
    if weak or any(link.kind == "value" and link.ref == value.ref for link in before.links[:1]):
        before.links = [value]
        return []
    return [last]
