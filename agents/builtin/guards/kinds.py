"""What kind of thing answers: people for who, a day for when, the thing itself where things are listed or counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, During, Meaning, Ref
from agents.builtin.parsing.alike import shared_by
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.references import holds_people, people_tables
from agents.builtin.walk import conditions_of, outs_of, with_parts


def wrong_kinds(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Sentences, each about something shown, counted or dated that is of another kind than what was asked for."""
    found = [
        *_who(tags, meaning, schema),
        *_days_for_things(tags, meaning, schema),
        *_counted_deeds(tags, meaning),
        *_most_of_a_stuff(tags, meaning),
        *_two_days(tags, meaning, schema),
        *_most_of_many(tags, meaning, schema),
        *_half_a_mark(tags, meaning, schema),
        *_no_figure(meaning),
        *_average_of_each(tags, meaning, schema),
        *_amounts_for_things(tags, meaning, schema),
        *_no_day(tags, meaning, schema),
    ]
    return list(dict.fromkeys(found))


def _who(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "who brewed the most": no day and no amount is somebody."""
    lead = next((tag for tag in tags if tag.kind != "skip"), None)
    first = meaning.outs[0] if meaning.outs else None
    if lead is None or lead.text.lower() != "who" or first is None:
        return
    things = all(o.kind == "entity" and not holds_people(schema, schema.real(o.table)) for o in meaning.outs)
    spoken = {schema.real(link.table) for tag in tags for link in tag.links[:1]}
    owners = {
        t for o in meaning.outs if o.table in schema.tables for t in people_tables(schema) if schema.owns(o.table, t)
    }
    if things and (owners or any(holds_people(schema, table) for table in spoken)):
        yield f"'who' asks for people, and {first.table} would be shown"
    if first.kind != "column" or first.column is None:
        return
    column = schema.columns[first.column]
    if column.kind in {"date", "time", "number", "bool"} and not column.is_id:
        yield f"{column.name} of {column.table} is nobody"


def _days_for_things(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "tickets opened on a weekend", where the tickets are asked for and not their days."""
    asked = {tag.text.lower() for tag in tags if tag.kind in {"rel", "unit", "sup"}}
    for out in meaning.outs:
        if out.kind != "column" or out.column is None or schema.columns[out.column].kind != "date":
            continue
        if out.column in shared_by(meaning):
            continue
        lead = next((tag for tag in tags if tag.links), None)
        things = lead is not None and lead.links[0].kind == "table" and lead.links[0].table == out.column[0]
        if (
            lead is not None
            and things
            and singular(lead.text.lower()) != lead.text.lower()
            and not asked & {"when", "date", "dates", "day"}
        ):
            yield f"{out.column[1]} would be shown for '{lead.text}'"
        for tag in tags:
            words = tag.text.lower().split()
            owner = {stem(word) for word in schema.tables[out.column[0]]}
            noun = singular(words[0]) != words[0] and stem(words[0]) in owner
            if (
                tag.links[:1]
                and tag.links[0].ref == out.column
                and noun
                and len(words) > 1
                and not asked & {"when", "date"}
            ):
                yield f"{out.column[1]} would be shown for '{tag.text}'"


def _counted_deeds(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "how many referred members": members are counted, and not by whom they were referred."""
    for out in meaning.outs:
        if out.kind != "count" or out.column is None or any(tag.kind == "distinct" for tag in tags):
            continue
        for tag in tags:
            if tag.links[:1] and tag.links[0].ref == out.column and _is_deed(tag.text):
                yield f"the different {out.column[1]} would be counted for '{tag.text}'"


def _is_deed(text: str) -> bool:
    return " " not in text and is_participle(text.lower())


def _most_of_a_stuff(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "the most malt": how much of it, and not how many sorts or rows."""
    counted = any(out.kind == "count" for out, _ in meaning.order)
    for tag, noun in itertools.pairwise(tags):
        if not counted or tag.kind != "sup" or tag.text.lower() not in {"most", "least"} or not noun.links:
            continue
        word = noun.text.lower().split()[-1]
        if noun.links[0].kind == "value" and singular(word) == word and noun.start == tag.end:
            yield f"rows would be counted for '{tag.text} {noun.text}'"


def _most_of_many(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "which way of paying brought in the most": all its rows together, and not the largest single one."""
    most = any(tag.kind == "sup" and tag.text.lower() in {"most", "least", "fewest"} for tag in tags)
    ranked = meaning.order[0][0] if meaning.order and meaning.limit else None
    if not most or ranked is None or ranked.kind != "column" or ranked.column is None:
        return
    for out in meaning.outs:
        column = schema.columns.get(out.column) if out.kind == "column" and out.column else None
        if (
            column is not None
            and not column.unique
            and ranked.column[0] == column.table
            and column.ref != ranked.column
        ):
            yield f"the largest single {ranked.column[1]} would decide"


def _half_a_mark(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "never prescribed" of a column that says whether a prescription is needed: that is not what was said."""
    for condition in conditions_of(meaning):
        if not isinstance(condition, Compare) or schema.columns[condition.column].signs is None:
            continue
        column = schema.columns[condition.column]
        core = {stem(word) for word in column.core} - _LEADS
        for tag in tags:
            here = any(link.ref == condition.column for link in tag.links[:1])
            said = {stem(word) for word in tag.text.lower().split()}
            if here and _is_deed(tag.text) and len(core) > 1 and not core <= said:
                yield f"'{tag.text}' would be {column.name} of {column.table}"


_LEADS = frozenset(stem(word) for word in "is has was be have flag indicator".split())


def _no_figure(meaning: Meaning) -> Iterator[str]:
    """As in "monthly amount", where nothing is added up for each month."""
    cut = [out for out in [*meaning.outs, *meaning.groups] if out.kind == "grain"]
    if cut and len(meaning.outs) > 1 and not any(out.is_measure for out in meaning.outs):
        yield f"nothing would be counted or added up for each {cut[0].grain}"


def _no_day(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "when did each guest last book": no name and no number is a day."""
    lead = next((tag for tag in tags if tag.kind != "skip"), None)
    if lead is None or lead.text.lower() != "when":
        return
    outs = list(with_parts(meaning.outs))
    days = any(o.kind == "grain" or (o.column and schema.columns[o.column].kind in {"date", "time"}) for o in outs)
    years = any(o.column and {"year", "month", "day", "date"} & set(schema.columns[o.column].words) for o in outs)
    if not days and not years:
        yield "'when' asks for a day, and none would be shown"


def _amounts_for_things(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "which seats are the most popular", where rows say only how many seats there are: a number is no seat."""
    said = [tag for tag in tags if tag.kind != "skip"]
    shown = {out.column for out in meaning.outs if out.kind == "column" and out.column}
    for lead, tag in itertools.pairwise(said):
        link = tag.links[0] if tag.links else None
        if lead.text.lower() not in {"which", "what"} or link is None or link.kind != "column" or link.ref not in shown:
            continue
        column = schema.columns[link.ref]
        word = tag.text.lower().split()[-1]
        vague = link.how == "part" or any(one.kind == "sup" and "popular" in one.text.lower() for one in tags)
        if column.kind == "number" and not column.is_id and vague and singular(word) != word:
            yield f"{column.name} of {column.table} is how many there are, and not which {tag.text}"


def _average_of_each(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "average charge per visit", where a visit has several charges and no name: one average, or one for each?"""
    named = any(tag.kind == "group" and tag.text.lower() == "per" for tag in tags)
    averaged = [out for out in meaning.outs if out.kind == "agg" and out.func in {"avg", "median"} and out.column]
    for group in meaning.groups if named and averaged else []:
        if group.kind != "entity" or group.table not in schema.tables or averaged[0].column is None:
            continue
        labels = label_columns(schema, group.table)
        nameless = all(
            schema.columns[ref].kind != "text" or ref[1] in schema.keys.get(group.table, ()) for ref in labels
        )
        if nameless and averaged[0].column[0] != group.table:
            yield f"there would be an average for each of {group.table}, and not one of their totals"


def _two_days(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "opened and closed in May", "paid after the due date in May": of two days each has to be held, or said."""
    used = {out.column for out in outs_of(meaning) if out.column is not None}
    used |= {ref for c in conditions_of(meaning) for ref in _days(c)}
    said = [tag for tag in tags if tag.kind != "skip"]
    for before, joint, after in zip(said, said[1:], said[2:], strict=False):
        first, second = (_day(tag, schema) for tag in (before, after))
        if joint.text.lower() != "and" or first is None or second is None or first.ref == second.ref:
            continue
        lost = [link for link in (first, second) if link.ref not in used]
        if lost and first.table == second.table:
            yield f"{lost[0].column} of {lost[0].table} plays no part in what I read"
    compared = [c for c in conditions_of(meaning) if isinstance(c, Compare) and c.other is not None]
    spoken = {link.ref for tag in tags for link in tag.links[:1]}
    for condition in compared:
        dated = [
            c.column
            for c in conditions_of(meaning)
            if isinstance(c, During)
            and c.column[0] == condition.column[0]
            and not (c.column not in {condition.column, condition.other} and c.column in spoken)
        ]
        if schema.columns[condition.column].kind == "date" and dated and condition.other is not None:
            yield f"the period may be that of {condition.column[1]} or of {condition.other[1]}"


def _days(condition: object) -> list[Ref]:
    if isinstance(condition, During):
        return [condition.column]
    if isinstance(condition, Compare):
        return [condition.column, *([condition.other] if condition.other is not None else [])]
    return []


def _day(tag: Tag, schema: Schema) -> Link | None:
    return next(
        (link for link in tag.links[:2] if link.kind == "column" and schema.columns[link.ref].kind == "date"), None
    )
