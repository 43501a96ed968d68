"""Which day counts: of several days of a row one is used where words speak of it, or where it alone can be meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, During, Either, Meaning, Nested, Ref, Scope
from agents.builtin.schema.choose import BIRTHS, LATER, date_columns, is_payday, is_planned, sets_out
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.references import holds_people
from agents.builtin.walk import conditions_of, outs_of

_DAY_WORDS = frozenset(stem(word) for word in "date day time on at datetime timestamp dt".split())
# Days on which somebody asked for a thing, and days on which it took place: "visits in May" may be either.
ASKED_FOR = frozenset(
    stem(word) for word in "book booked booking order ordered reserve reserved request requested create".split()
)
TAKES_PLACE = frozenset(
    stem(word)
    for word in (
        "start begin began arrival arrive arriving departure depart departing check checkin checkout schedule "
        "scheduled appointment event held planned performed pickup flight travel visit play stay delivery"
    ).split()
)
_ENDS = LATER | frozenset(
    stem(word)
    for word in (
        "left leave ended terminated closed cancelled resigned retired withdrawn exit scrapped sold disposed archived "
        "removed returned expected due checkout until valid follow followup next remind reminder recall back"
    ).split()
)


def open_days(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[Ref]:
    """The days among which the question leaves the choice; none where each that is used was said or had to be meant."""
    said = _said(tags)
    pointed = {link.ref for tag in tags for link in tag.links[:1] if link.kind == "column"}
    told = {c.column for c in conditions_of(meaning) if isinstance(c, Compare)}
    hours = {out.column for out in outs_of(meaning) if out.grain == "hour"}
    for ref in _used(meaning, schema):
        column = schema.columns[ref]
        days = [c for c in date_columns(schema, ref[0]) if not BIRTHS & set(c.words)]
        rivals = [c for c in days if c.ref != ref and (ref not in hours or c.has_time)]
        if not rivals or ref in pointed or ref in meaning.told or column not in days or _speaks(column, said, schema):
            continue
        spoken = [c for c in rivals if c.ref in pointed or _speaks(c, said, schema)]
        if any(c.ref not in told for c in spoken) or not _stands_out(column, rivals, schema):
            return [column.ref, *(c.ref for c in rivals)]
    return []


def _used(meaning: Meaning, schema: Schema) -> Iterator[Ref]:
    """The days by which rows are kept, cut, ranked or counted."""
    if meaning.shown is not None:
        yield meaning.shown.column
    for condition in conditions_of(meaning):
        if isinstance(condition, During) or (isinstance(condition, Compare) and condition.op == "day"):
            yield condition.column
    ranked = [out for out, _ in meaning.order] if meaning.limit else []
    for out in [*outs_of(meaning), *ranked]:
        if out.column is None or schema.columns[out.column].kind != "date":
            continue
        if out.kind in {"grain", "count", "agg"} or out in ranked:
            yield out.column


def _said(tags: Iterable[Tag]) -> set[str]:
    words = {stem(word) for tag in tags for word in tag.text.lower().replace("-", " ").split()}
    return words | {other for word in words - _AMOUNTS for other in (*synonyms(word), *_DEEDS.get(word, ()))}


# What is paid is an amount, and yet an amount speaks of no day.
_AMOUNTS = frozenset(stem(word) for word in "amount price total cost money value".split())
_DEEDS = {
    stem(word): tuple(stem(other) for other in others.split())
    for word, others in (
        ("pay", "paid"),
        ("payment", "paid"),
        ("paid", "payment pay"),
        ("sent", "send dispatch"),
        ("leave", "left"),
        ("took", "held"),
    )
}


def _speaks(column: Col, said: set[str], schema: Schema) -> bool:
    """Whether words of the question speak of the day itself, and not only of the things whose day it is."""
    owner = {stem(word) for word in schema.tables[column.table]}
    own = _stems(column) - _DAY_WORDS - owner
    return bool(own & said)


def _stems(column: Col) -> set[str]:
    return {stem(word) for word in column.words}


def _stands_out(column: Col, rivals: list[Col], schema: Schema) -> bool:
    """As a bill's day of issue beside those on which it is due and paid: no other day can date the row itself."""
    owner = {stem(word) for word in schema.tables[column.table]}
    named = _stems(column) <= _DAY_WORDS | owner
    if _is_later(column) and not named:
        return False
    others = [c for c in rivals if not _is_later(c) and not (_stems(column) & _BEGINS and _often_missing(c))]
    if not others or sets_out(schema, column):
        return True
    if not named:
        return False
    asked_for = _stems(column) & ASKED_FOR or owner & ASKED_FOR
    return not (asked_for and any(_stems(c) & TAKES_PLACE for c in others))


_BEGINS = frozenset(stem(word) for word in "start started begin began".split())


def _often_missing(column: Col) -> bool:
    """Whether the day comes to some rows only, and so dates none of them: every row has begun."""
    return column.stats.rows > 0 and column.stats.filled < 0.75 * column.stats.rows


def _is_later(column: Col) -> bool:
    return is_planned(column) or bool(_stems(column) & _ENDS)


def undated_deeds(tags: list[Tag], meaning: Meaning, schema: Schema, *, fresh: bool) -> list[str]:
    """Words that say what happened in a period, where the day that is used is one of people or things, not of that.

    As in "members who cancelled in May" of whom only the day is kept on which they joined.
    """
    said = _said(tags) | ({"new"} if fresh else set())
    found = []
    for condition in conditions_of(meaning):
        if not isinstance(condition, During):
            continue
        column = schema.columns[condition.column]
        own = _stems(column) - _DAY_WORDS
        master = holds_people(schema, column.table) and not is_payday(schema, column)
        if master and not own & said and not _BEGAN & said:
            found.append(f"'{_period_said(tags, condition)}' would be about {column.name} of {column.table}")
    return found


_BEGAN = frozenset(stem(word) for word in "new joined join registered signed started since".split())


def _period_said(tags: list[Tag], during: During) -> str:
    return next((tag.text for tag in tags if tag.period == during.period), "the period")


def dated_as_said(meaning: Meaning) -> None:
    """Where it was said which day counts, periods and units of time are of that day."""
    if meaning.dated is None:
        return
    for out in [*meaning.groups, *meaning.outs]:
        if out.kind == "grain" and out.column is None:
            out.column = meaning.dated
    redate(meaning.scope, meaning.dated)
    cut = any(out.kind == "grain" and out.column == meaning.dated for out in meaning.groups)
    if cut and any(isinstance(c, During) and c.column != meaning.dated for c in meaning.scope.conditions):
        meaning.problems.append("idle:which day")  # cut by the one day, and kept by another of which nobody spoke


def redate(scope: Scope, column: Ref) -> None:
    """Let periods of the column's table be of that column."""
    for condition in scope.conditions:
        options = condition.options if isinstance(condition, Either) else [condition]
        for option in options:
            if isinstance(option, During) and option.column[0] == column[0]:
                option.column = column
        if isinstance(condition, Nested):
            redate(condition.scope, column)
