"""What the reading holds and the question does not say: things shown, figures, and how rows belong together.

The other half of the account is ``unheld``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from agents.builtin.language.words import split_name, stem
from agents.builtin.linking.links import is_flag
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Meaning, Nested, Out, Ref, Scalar
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import adds_up_over, counts_things, is_money, label_columns
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.references import holds_people
from agents.builtin.walk import conditions_of, outs_of, scopes_of, with_parts


def unsaid(tags: list[Tag], meaning: Meaning, schema: Schema) -> list[str]:
    """Sentences, each about a part of the reading for which the question gives no word."""
    found = [
        *_asked_noun(tags, meaning, schema),
        *_counted_marks(tags, meaning, schema),
        *_added_rates(meaning, schema),
        *_counted_by(tags, meaning),
        *_counted_within(tags, meaning),
        *_small_values(tags, meaning, schema),
        *_many_rows(tags, meaning, schema),
        *_own_day(tags, meaning, schema),
        *_nameless(meaning, schema),
        *_spread(meaning, schema),
        *_first_of_all(meaning, schema),
        *_ranked_deeds(tags, meaning),
        *_by_amounts(tags, meaning, schema),
        *_none_among(meaning, schema),
        *_liked(tags, meaning, schema),
        *_left_out(tags, meaning),
        *_flows(tags, meaning, schema),
        *_vacuous(meaning),
    ]
    return list(dict.fromkeys(found))


def _asked_noun(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "which members paid ...": members are asked for, and no payments beside them."""
    lead = [tag for tag in tags if tag.kind != "skip"]
    if not lead or lead[0].text.lower() not in {"which", "what", "who"}:
        return
    noun = next((tag for tag in lead[1:4] if tag.links and tag.links[0].kind != "value"), None)
    shown = [out for out in meaning.outs if not out.is_measure]
    if lead[0].text.lower() == "which" and noun is not None and noun.links[0].kind == "table":
        tables = {link.table for link in noun.links[:3]}
        if (
            shown
            and not any(tables & out.tables() for out in shown)
            and not any(_points(out, tables, schema) for out in shown)
        ):
            yield f"'{noun.text}' are asked for and would not be shown"
    if shown == meaning.outs and not meaning.groups and not meaning.within:
        for out in shown if len(shown) > 1 else []:
            if out.kind == "entity" and not any(_names(tag, out.table) for tag in tags):
                yield f"{out.table} would be shown, which nobody asked for"


def _names(tag: Tag, table: str) -> bool:
    """Whether a noun names the table; a verb does not."""
    noun = any(link.kind == "table" and link.table == table for link in tag.links[:2])
    return noun and not is_participle(tag.text.lower())


def _points(out: Out, tables: set[str], schema: Schema) -> bool:
    return any(
        (j.table, j.columns[0]) == out.column and schema.real(j.parent) in {schema.real(t) for t in tables}
        for j in schema.joins
    )


def _counted_marks(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "how many reminders were sent", where rows only say whether: different marks are no reminders."""
    different = any(tag.kind == "distinct" for tag in tags)
    for out in outs_of(meaning):
        if out.kind != "count" or out.column is None or not out.distinct:
            continue
        column = schema.columns[out.column]
        if (
            column.kind == "date"
            and not any(tag.kind == "unit" or tag.data == "unit" for tag in tags)
            and not different
        ):
            yield f"the different days in {column.name} would be counted"
            continue
        if is_flag(column):
            yield f"how many different marks {column.name} has says nothing"
            continue
        named = [tag for tag in tags if any(link.ref == out.column for link in tag.links[:1])]
        whole = any({stem(w) for w in tag.text.lower().split()} >= {stem(column.core[-1])} for tag in named)
        owner = {stem(w) for w in schema.tables[column.table]}
        if not different and out in meaning.outs and not column.unique and stem(column.core[-1]) in owner:
            yield f"the different {column.name} would be counted, and not the rows of {column.table}"
        if not different and named and not whole and column.kind == "text" and out in meaning.outs:
            yield f"'{named[0].text}' would count the different {column.name}"


def _added_rates(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "total cost of parts shipped", where each part has a price: what one costs is not added up over all."""
    for out in outs_of(meaning):
        if out.kind != "agg" or out.func != "sum" or out.column is None:
            continue
        column = schema.columns[out.column]
        words = set(column.words) if column.core[-1:] != ("unit",) else set()
        words -= {"unit"} if "units" in split_name(column.name) else set()  # so many units, and not a price of one
        per_one = bool(words & {"unit", "price", "rate", "hourly", "daily", "tariff", "each"}) and not words & {
            "total",
            "amount",
        }
        if counts_things(schema, column):
            continue  # units_taken are so many, and no price of one
        unit = "unit" in words and is_money(column)
        if unit or (per_one and column.kind == "number" and not adds_up_over(schema, column)):
            yield f"{column.name} would be added up, which is what one costs"


def _counted_by(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "whose parts are shipped most": shipments are to be counted, not the parts."""
    counted = [o for o, _ in meaning.order if o.kind == "count" and o.table and not o.column]
    if not counted or not meaning.limit:
        return
    for before, tag in itertools.pairwise(tags):
        if tag.kind != "sup" or tag.text.lower().split()[0] not in {"most", "least"} or not before.links:
            continue
        tables = {link.table for link in before.links[:3]}
        if is_participle(before.text.lower()) and counted[0].table not in tables and before.links[0].kind != "value":
            yield f"{counted[0].table} would be counted, and not what was {before.text}"


def _counted_within(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "patients treated by more than one doctor": it is not the treatments that have several doctors."""
    verbs = {
        link.table for tag in tags if is_participle(tag.text.lower()) for link in tag.links[:1] if link.kind == "table"
    }
    for condition in meaning.scope.conditions:
        if not isinstance(condition, Nested) or condition.kind != "exists" or condition.scope.table not in verbs:
            continue
        if any(isinstance(c, Nested) and c.kind == "measure" for c in condition.scope.conditions):
            yield f"it would be counted for each of {condition.scope.table}"


_SMALL = frozenset("none no yes all other others both any each new same once twice".split())


def _small_values(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "including those with none", where "none" is stored somewhere: a small word is seldom a stored one."""
    del meaning
    for place, tag in enumerate(tags):
        if not tag.links or tag.links[0].kind != "value" or tag.text.lower() not in _SMALL or tag.data == "quoted":
            continue
        near = [one for one in tags[max(0, place - 2) : place + 3] if one is not tag and one.links]
        words = {stem(w) for one in near for w in one.text.lower().split()}
        column = schema.columns.get(tag.links[0].ref)
        if column is not None and not {stem(w) for w in column.core} & words:
            yield f"'{tag.text}' would be a stored value of {column.name}"


def _many_rows(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "difference between price and fee per product": one figure for each, and not a line for each fee."""
    if meaning.groups or meaning.within or meaning.limit or any(out.is_measure for out in meaning.outs):
        return
    for place, tag in enumerate(tags):
        if tag.kind != "group" or tag.data not in {"", "each"}:
            continue
        noun = next((one for one in tags[place + 1 : place + 4] if one.links), None)
        if noun is not None and noun.links[0].kind == "column" and not schema.columns[noun.links[0].ref].unique:
            if any(out.kind in {"difference", "ratio", "formula"} for out in meaning.outs):
                yield f"there would be a line for each row, and not one for each {noun.text}"
            continue
        if noun is None or noun.links[0].kind != "table":
            continue
        own = noun.links[0].table
        below = [t for out in meaning.outs for t in out.tables() if t in schema.tables and t != own]
        if any(join.table == t and join.parent == own for t in below for join in schema.joins):
            yield f"there would be several lines for one of {own}"


def _own_day(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "when was each doctor's last visit": a day that is shown has to be of what was spoken of last."""
    lead = next((tag for tag in tags if tag.kind != "skip"), None)
    if lead is None or lead.text.lower() != "when":
        return
    deeds = [c for c in conditions_of(meaning) if isinstance(c, Nested) and c.kind in {"exists", "in"}]
    for out in meaning.outs:
        if out.kind != "column" or out.column is None or schema.columns[out.column].kind != "date":
            continue
        pointed = any(link.ref == out.column for tag in tags for link in tag.links[:2])
        if deeds and not pointed and all(c.scope.table != out.column[0] for c in deeds):
            yield f"{out.column[1]} of {out.column[0]} would be shown, of which nobody spoke"


def _nameless(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "the last payment of each member", where a payment has but a number: its day, its amount?"""
    if not meaning.within or any(out.is_measure for out in meaning.outs):
        return
    for out in meaning.outs:
        if out.kind != "entity" or out in meaning.within:
            continue
        labels = label_columns(schema, out.table)
        if all(schema.columns[ref].kind != "text" or ref[1] in schema.keys.get(out.table, ()) for ref in labels):
            yield f"{out.table} have no name, and what of them is to be shown was not said"


def _spread(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "revenue by category", where an order may be of several: its total would count for each of them."""
    keys = [*meaning.groups, *meaning.within]
    measured = [*meaning.outs, *(out for out, _ in meaning.order), *(out for out, _, _ in meaning.having)]
    for out in with_parts(measured):
        if out.kind != "agg" or out.column is None or out.func != "sum":
            continue
        own = out.column[0]
        for key in keys:
            for table in sorted(key.tables()):
                if table in schema.tables and not schema.owns(own, table):
                    yield f"{out.column[1]} of one of {own} would be counted for several of {table}"


def _first_of_all(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "customers whose first order was in May": each one's first, and not the first of all."""
    for scope, _ in scopes_of(meaning.scope):
        for condition in scope.conditions:
            if not isinstance(condition, Nested) or condition.kind != "in" or not condition.scope.limit:
                continue
            inner = condition.scope.table
            ranked = condition.scope.order[0][0].column if condition.scope.order else None
            if ranked is None or schema.columns[ranked].kind != "date":
                continue  # "states with the largest city" may well speak of all cities
            if scope.table in schema.tables and inner != scope.table and schema.owns(inner, scope.table):
                yield f"the first of all {inner} would be taken, and not that of each of {scope.table}"


def _ranked_deeds(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "which tooth is treated most often": teeth are ranked, and not what they were treated with."""
    for scope, _ in scopes_of(meaning.scope):
        for condition in scope.conditions:
            if (
                isinstance(condition, Nested)
                and condition.scope.limit
                and not any(_names(tag, condition.scope.table) for tag in tags)
            ):
                yield f"{condition.scope.table} would be ranked, of which nobody spoke"


def _vacuous(meaning: Meaning) -> Iterator[str]:
    """As in "visits with A but not with B" of one row each: what is A is never B, so the second says nothing."""
    for scope, _ in scopes_of(meaning.scope):
        plain = {c.column for c in scope.conditions if isinstance(c, Compare) and c.op == "=" and not c.negated}
        for condition in scope.conditions:
            if (
                isinstance(condition, Compare)
                and condition.negated
                and condition.op == "="
                and condition.column in plain
            ):
                yield f"that {condition.column[1]} is not {condition.values[0]} would rule nothing out"
        held: dict[Ref, set[Scalar]] = {}
        for condition in scope.conditions:
            if isinstance(condition, Compare) and condition.op == "=" and not condition.negated and condition.values:
                values = set(condition.values)
                if not held.setdefault(condition.column, values) & values:
                    yield f"{condition.column[1]} would have to be two things at once"


_FEW = 20


def _by_amounts(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "the dearest per kilo" with a column of kilos: amounts are measured, and no groups."""
    for out in [*meaning.groups, *meaning.within] if any(tag.kind == "group" for tag in tags) else []:
        column = schema.columns.get(out.column) if out.kind == "column" and out.column else None
        if column is None or column.kind != "number" or column.is_id or column.core[-1:] == ("year",):
            continue
        pointing = any((join.table, join.columns[0]) == out.column for join in schema.joins)
        named = any(link.ref == out.column and link.how == "synonym" for tag in tags for link in tag.links[:1])
        if not pointing and (
            named or column.type.upper().startswith(("DEC", "DOU", "FLO", "REA", "NUM")) or column.stats.distinct > _FEW
        ):
            yield f"rows would be grouped by the amounts in {column.name}"


def _none_among(meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "towns with accounts but no restaurant among them": none of a town's rows is, and not just one is not."""
    shown = [out.column for out in meaning.outs if out.kind == "column" and out.column]
    if not shown or len(shown) != len(meaning.outs) or any(schema.columns[ref].unique for ref in shown):
        return
    if any(schema.columns[ref].kind != "text" or ref in label_columns(schema, ref[0]) for ref in shown):
        return
    for condition in meaning.scope.conditions:
        if isinstance(condition, Compare) and (condition.negated or condition.op == "null"):
            yield f"one row whose {condition.column[1]} is not so would be enough for {shown[0][1]}"


def _liked(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "the most popular teacher": whom people like is an opinion, unless something counts it."""
    people = any(out.kind == "entity" and holds_people(schema, out.table) for out in meaning.outs)
    for tag in tags:
        if people and tag.kind == "sup" and "popular" in tag.text.lower().split():
            yield f"'{tag.text}' would be a matter of how many rows there are"


def _left_out(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "customers who ordered twice, cancelled orders aside": those do not count; the customers stay."""
    if not any(tag.kind == "neg" and tag.data == "except" for tag in tags):
        return
    for scope, _ in scopes_of(meaning.scope):
        for condition in scope.conditions:
            said = isinstance(condition, Nested) and any(isinstance(c, Compare) for c in condition.scope.conditions)
            if said and isinstance(condition, Nested) and condition.kind == "none":
                yield f"{scope.table} with any such {condition.scope.table} would be left out altogether"


_FLOWS = frozenset(stem(word) for word in "payment donation expense sale receipt deposit charge transaction".split())


def _flows(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "difference in payments": their number, or their amount?"""
    if any(tag.kind == "howmany" or tag.data == "count" for tag in tags):
        return
    for out in with_parts(meaning.outs):
        for part in out.parts if out.kind in {"difference", "ratio"} else []:
            if (
                part.kind == "count"
                and part.table in schema.tables
                and {stem(w) for w in schema.tables[part.table]} & _FLOWS
            ):
                yield f"{part.table} would be counted, and their amounts may be meant"
