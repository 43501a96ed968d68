"""The audit: nothing a question says may have been lost on the way to its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.builtin.lexicon import RELATING
from agents.builtin.meaning import Beyond, Compare, Condition, During, Either, Meaning, Nested, Out, Ref
from agents.builtin.phrases import is_participle
from agents.builtin.schema import Join, Schema
from agents.builtin.tags import Tag
from agents.builtin.words import stem

_LIGHT = frozenset("name names id ids number numbers date dates value amount total type time times".split())
_COMPUTED = frozenset({"agg", "howmany", "howmuch", "sum", "share", "ratio", "diff"})


def audit(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Problems, one for each sort of thing that the words say more often than the meaning holds."""
    problems = []
    conditions = list(_conditions(meaning))
    held = [c for c in conditions if isinstance(c, Compare) and c.op not in {"day", "null", "notnull"}]
    values = sum(len(c.values) for c in held)
    used = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    used |= {c.via for c in conditions if isinstance(c, Nested) and c.via}
    used |= {c.other for c in conditions if isinstance(c, Compare) and c.other}
    used |= {o.column for o in _outs(meaning, conditions) if o.column}
    meaning.score -= sum(weight for ref, weight in meaning.mentions if ref not in used)
    spoken = {ref for ref, _ in meaning.mentions}
    problems += _idle(tags, meaning, schema, used | spoken)
    said = sum(1 for tag in tags if tag.links and tag.links[0].kind == "value" and tag.links[0].how != "missing")
    if said > values + _repeats(tags):
        problems.append("lost:a value")
    periods = {(tag.period.start, tag.period.end) for tag in tags if tag.period is not None}
    during = {(c.period.start, c.period.end) for c in conditions if isinstance(c, During)}
    during |= {(meaning.shown.period.start, meaning.shown.period.end)} if meaning.shown is not None else set()
    if len(periods) > len(during):
        problems.append("lost:a period")
    measures = [o for o in _outs(meaning, conditions) if o.is_measure or o.func or o.kind in {"ratio", "difference"}]
    if (
        (
            any(tag.kind in _COMPUTED for tag in tags)
            and not measures
            and not any(isinstance(c, Beyond) for c in conditions)
        )
        and not any(o.kind == "column" and o.label != "" for o in meaning.outs)
        and not _read_off(tags, meaning)
    ):
        problems.append("lost:a computation")
    ordered = bool(meaning.order and meaning.limit) or any(isinstance(c, Nested) and c.scope.limit for c in conditions)
    if any(tag.kind == "sup" for tag in tags) and not ordered and not measures and not meaning.order:
        problems.append("lost:a superlative")
    tops = sum(1 for tag in tags if tag.kind == "sup" and not tag.text.lower().startswith(("top", "bottom")))
    kept = bool(meaning.limit) + sum(1 for c in conditions if isinstance(c, Nested) and c.scope.limit)
    kept += sum(1 for o in measures if o.func in {"max", "min"})
    if tops > kept and not meaning.asked_order and ordered:
        problems.append("lost:a superlative")
    known = {float(v) for c in held for v in c.values if isinstance(v, int | float)}
    known |= {float(str(v)) for c in held for v in c.values if isinstance(v, str) and v.isdigit()}
    known |= {number for _, _, number in meaning.having} | {float(meaning.limit or 0)}
    known |= {c.value for c in conditions if isinstance(c, Nested) and c.kind == "measure"}
    known |= {float(c.scope.limit or 0) for c in conditions if isinstance(c, Nested)}
    if any(tag.kind == "num" and tag.number is not None and tag.number not in known for tag in tags):
        problems.append("lost:a number")
    compared = sum(1 for tag in tags if tag.kind in {"cmp", "post"})
    numbers = sum(1 for c in held if c.op not in {"start", "end", "in"}) + len(meaning.having)
    numbers += sum(1 for c in conditions if isinstance(c, Beyond) or (isinstance(c, Nested) and c.kind == "measure"))
    if compared > numbers:
        problems.append("lost:a comparison")
    return problems


def _idle(tags: list[Tag], meaning: Meaning, schema: Schema, used: set[Ref]) -> list[str]:
    """Words that were taken for columns or tables which then play no part in what is computed."""
    conditions = list(_conditions(meaning))
    outs = _outs(meaning, conditions)
    every = [*outs, *(part for out in outs for part in _parts(out))]
    used |= {out.column for out in every if out.column}
    tables = {ref[0] for ref in used} | {out.table for out in every} | {meaning.scope.table}
    tables |= {c.scope.table for c in conditions if isinstance(c, Nested)}
    tables |= {c.scope.table for c in conditions if isinstance(c, Beyond)}
    tables |= {join.parent for join in schema.joins if (join.table, join.columns[0]) in used}
    words = {(ref[0], stem(word)) for ref in used if ref in schema.columns for word in schema.columns[ref].words}
    problems = []
    for tag in tags:
        if tag.kind != "link" or not tag.links or tag.links[0].kind == "value" or tag.links[0].score < 0.7:
            continue
        word = tag.text.lower()
        said = [stem(part) for part in word.split()]
        if any((tag.links[0].table, part) in words for part in said[:-1]) or _seams(tags, tag):
            continue  # "population density": a noun that says which sort of the next
        if stem(word) in RELATING or word.endswith(("ed", "ing")) or is_participle(word) or word in _LIGHT:
            continue
        near = [link for link in tag.links if link.score >= tag.links[0].score - 0.25]
        if not any(link.table in tables if link.kind == "table" else link.ref in used for link in near):
            problems.append(f"idle:{tag.text}")
    return problems


def _seams(tags: list[Tag], tag: Tag) -> set[int]:
    """Where other spans with links touch this one."""
    others = [one for one in tags if one is not tag and one.links and one.links[0].kind != "value"]
    return {one.start for one in others if one.start == tag.end} | {one.end for one in others if one.end == tag.start}


def _parts(out: Out) -> Iterator[Out]:
    for part in out.parts:
        yield part
        yield from _parts(part)


def roles(meaning: Meaning, joined: Iterable[Join], schema: Schema) -> list[str]:
    """Problems where two columns point at one table, as sender and receiver do, and nothing says which is meant."""
    conditions = list(_conditions(meaning))
    used: set[Ref | None] = {c.column for c in conditions if isinstance(c, Compare | During | Beyond)}
    used |= {c.via for c in conditions if isinstance(c, Nested)} | {o.column for o in _outs(meaning, conditions)}
    problems = []
    for join in sorted(joined, key=lambda j: (j.table, j.columns)):
        rivals = [
            j for j in schema.joins if (j.table, j.parent) == (join.table, join.parent) and j.columns != join.columns
        ]
        columns = [(j.table, j.columns[0]) for j in [join, *rivals]]
        if rivals and not any(ref in used for ref in columns):
            problems.append(f"role:{' or '.join(sorted(ref[1] for ref in columns))}")
    return problems


def _read_off(tags: list[Tag], meaning: Meaning) -> bool:
    """A number that stands in a column is read, not counted: "how many people live in Rome"."""
    kinds = {tag.kind for tag in tags if tag.kind in _COMPUTED}
    return kinds <= {"howmany", "howmuch"} and any(o.kind == "column" for o in meaning.outs)


def _repeats(tags: list[Tag]) -> int:
    texts = [tag.text.lower() for tag in tags if tag.links and tag.links[0].kind == "value"]
    return len(texts) - len(set(texts))


def _conditions(meaning: Meaning) -> Iterator[Condition]:
    for out in [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]:
        for part in (out, *out.parts):
            yield from _within(part.conditions)
    yield from _within(meaning.scope.conditions)


def _within(conditions: list[Condition]) -> Iterator[Condition]:
    for condition in conditions:
        if isinstance(condition, Either):
            yield from _within(condition.options)
            continue
        yield condition
        if isinstance(condition, Nested):
            yield from _within(condition.scope.conditions)
        if isinstance(condition, Beyond):
            yield from _within(condition.scope.conditions)


def _outs(meaning: Meaning, conditions: list[Condition]) -> list[Out]:
    outs = [*meaning.outs, *(o for o, _ in meaning.order), *(o for o, _, _ in meaning.having)]
    for condition in conditions:
        if isinstance(condition, Nested):
            outs += [condition.out] if condition.out else []
            outs += [o for o, _ in condition.scope.order]
    return outs
