"""Finishing a meaning: what is shown, what groups, what orders, once everything has been read."""

from __future__ import annotations

import re
from dataclasses import replace

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.days import dated_as_said, redate
from agents.builtin.meaning import WHOLE, Compare, During, Either, Meaning, Nested, Out, Ref, Scope
from agents.builtin.parsing.apart import never_both, scopes_with_parents
from agents.builtin.parsing.headings import by_what_is_pointed_at, ties_by_name, values_there_are, without_nothing
from agents.builtin.parsing.licensed import counted_ones
from agents.builtin.parsing.measured import measured_beside
from agents.builtin.parsing.often import leave_out_unused
from agents.builtin.parsing.once import should_be_once
from agents.builtin.parsing.parse import Reader
from agents.builtin.parsing.pending import refuse_open_orders, settle_hints, settle_order, tables_of
from agents.builtin.parsing.valuesets import sets_of_values
from agents.builtin.parsing.versus import set_side_by_side
from agents.builtin.schema.choose import (
    adds_up_over,
    counted_inside,
    counts_things,
    date_columns,
    is_additive,
    is_money,
    label_columns,
)
from agents.builtin.schema.graph import Col, Schema


def finish(reader: Reader) -> Meaning:
    """Settle what the reader left open. Problems that remain are in ``meaning.problems``."""
    meaning, schema = reader.meaning, reader.schema
    set_side_by_side(meaning, reader)
    settle_hints(reader)
    settle_order(reader)
    refuse_open_orders(meaning, schema, reader.root)
    dated_as_said(meaning)
    never_both(meaning, schema)
    _alike(meaning.scope)
    _grains(meaning, schema, reader)
    unique: list[Out] = []
    for group in meaning.groups:
        if not _within(group, unique):
            unique.append(group)
    meaning.groups = unique
    by_what_is_pointed_at(meaning, reader)
    if meaning.within and any(o.is_measure for o, _ in meaning.order):
        meaning.groups = [*meaning.within, *meaning.groups]
    _single_row(meaning, reader)
    _count_in_groups(meaning, reader)
    _sum_in_groups(meaning, reader)
    measured_beside(meaning, reader)
    _sum_of_one(meaning, reader)
    _two_roles(meaning, reader)
    _lasting(meaning, reader)
    _still(meaning, reader)
    meaning.problems += [f"unknown:{word}" for word in reader.money_said]
    meaning.problems += _counted_by_themselves(meaning, reader)
    meaning.problems += _money_asked(reader)
    outs = _shown(reader)
    sets_of_values(outs, meaning, schema, reader.words)
    measured = (
        [o for o in outs if o.is_measure]
        or [o for o, _ in meaning.order if o.is_measure]
        or [o for o, _, _ in meaning.having]
    )
    if measured:
        keys = [o for o in outs if not o.is_measure]
        counted = counted_ones(keys, meaning.groups, [o for o in outs if o.is_measure], meaning.scope.table)
        keys, outs = [k for k in keys if k not in counted], [o for o in outs if o not in counted]
        meaning.groups = [*meaning.groups, *(k for k in keys if not _within(k, meaning.groups))]
        meaning.problems += [f"unclear:{ref[1]}" for ref in _measured_keys(meaning.groups, schema)]
    else:
        outs = [*(g for g in meaning.groups if not _within(g, outs)), *outs]
        if meaning.groups and not meaning.order:
            meaning.order = [(g, False) for g in meaning.groups]
        meaning.groups = []
        outs = _whole_rows(outs, schema)
    meaning.outs = outs
    without_nothing(meaning, schema)
    leave_out_unused(meaning, schema, reader.said)
    _default_order(meaning)
    _flag_columns(meaning, schema)
    meaning.distinct = not measured and (meaning.distinct or should_be_once(meaning, schema))
    values_there_are(meaning, schema)
    if not meaning.scope.table:
        tables = [t for o in outs for t in sorted(o.tables()) if t]
        meaning.scope.table = tables[0] if tables else ""
    if meaning.scope.table == "" and len(schema.tables) == 1 and any(o.kind == "count" for o in meaning.outs):
        meaning.scope.table = next(iter(schema.tables))  # "how many rows"
    if not meaning.outs or not (reader.focus or reader.asked):
        meaning.problems.append("nothing asked for")
    return meaning


_UNITS = frozenset("days hours minutes weeks months years".split())
_LASTS = frozenset("take takes took last lasts lasted pass passed need needs needed elapse elapsed late early".split())


def _lasting(meaning: Meaning, reader: Reader) -> None:
    """As in "how many days do they take": how long, which no number of different days tells."""
    asked = ("how many", "number of")
    units = sorted(unit for unit in _UNITS if any(f"{words} {unit}" in reader.said for words in asked))
    counted = any(o.kind == "count" for o in [*reader.focus, *reader.asked])
    if units and counted and _LASTS & reader.words:
        meaning.problems.append(f"unclear:{units[0]}")


def _still(meaning: Meaning, reader: Reader) -> None:
    """As in "still on the old plan": that it has not ended has to be held by something."""
    if not _STILL & reader.words:
        return
    scope, schema = meaning.scope, reader.schema
    if any(g.column and _says(schema.columns[g.column].words, _STATES | _ENDS) for g in meaning.groups):
        return
    tables = {scope.table, *tables_of(scope), *(t for o in reader.focus for t in o.tables())}
    bridges = {j.table for j in schema.joins if j.parent in tables} | tables
    ending = {c.ref for t in bridges for c in schema.of(t) if c.kind == "date" and _says(c.words, _ENDS)}
    held = {c.column for s, _ in scopes_with_parents(scope) for c in s.conditions if isinstance(c, Compare | During)}
    told = any(not isinstance(c, During) for s, _ in scopes_with_parents(scope) for c in s.conditions) or bool(
        meaning.having
    )
    told = told and _STILL_THERE.search(reader.said) is None
    if not ending and not told and _REMAIN & reader.words:
        meaning.problems.append(f"idle:{min(_REMAIN & reader.words)}")
    if not ending or any(_says(schema.columns[ref].words, _ENDS | _STATES) for ref in held):
        return
    own = [ref for ref in ending if ref[0] == scope.table]
    if len(own) == 1:
        scope.conditions.append(Compare(own[0], "null"))
        meaning.assumptions.append(f"those without {own[0][1]} are so still")
    else:
        meaning.problems.append("idle:still")


_STILL = frozenset({"still", "currently", "now", "current"})
_STILL_THERE = re.compile(r"\bstill (?:have|own|use|here|around)\s*(?:[.?!,]|$)")
_REMAIN = frozenset({"still", "current"})
_ENDS = frozenset(
    stem(word)
    for word in (
        "end ended left leave terminated closed cancelled resigned retired withdrawn out exit scrapped sold disposed "
        "decommissioned archived removed"
    ).split()
)
_STATES = frozenset({stem("status"), stem("state")})


def _says(words: tuple[str, ...], stems: frozenset[str]) -> bool:
    return any(stem(word) in stems for word in words)


_ASKS_MONEY = re.compile(
    r"\b(?:what|how much) (?:did|do|does|have|has)\b.*\b(?:pay|paid|spend|spent|earn|earned|owe|owed)\b"
)


def _money_asked(reader: Reader) -> list[str]:
    """As in "what did our members pay in May": an amount is asked for, and a list of members is none."""
    outs = [*reader.focus, *reader.asked]
    measured = any(o.is_measure or o.func or (o.column and is_money(reader.schema.columns[o.column])) for o in outs)
    measured = measured or bool(reader.meaning.groups)
    return ["unclear:how much money"] if not measured and _ASKS_MONEY.search(reader.said) else []


def _counted_by_themselves(meaning: Meaning, reader: Reader) -> list[str]:
    """As in "the driver with the most drivers": each is one, so something else was meant to be counted."""
    asked = {o.table for o in reader.focus if o.kind == "entity"}
    counted = {o.table for o, _ in meaning.order if o.kind == "count" and not o.column}
    return ["unclear:the most"] if asked & counted and not meaning.groups and meaning.limit else []


def _two_roles(meaning: Meaning, reader: Reader) -> None:
    """As in "home and away together": both roles of a thing in one figure is more than one grouping can say."""
    tables = [reader.schema.real(t) for g in meaning.groups for t in sorted(g.tables())]
    together = {"together", "combined", "altogether", "either"} & set(reader.words)
    if together and len(tables) > len(set(tables)):
        meaning.problems.append(f"unclear:{min(together)}")


def _sum_in_groups(meaning: Meaning, reader: Reader) -> None:
    """As in "quantity per category": amounts of many rows under one heading are added up; prices or ratings are not."""
    if not meaning.groups:
        return
    schema = reader.schema
    for outs in (reader.focus, reader.asked):
        if any(o.is_measure for o in outs):
            continue
        for out in outs:
            if out.kind != "column" or out.column is None or _within(out, meaning.groups):
                continue
            column = schema.columns[out.column]
            if column.kind != "number" or column.is_id or column.core[-1:] == ("year",):
                continue
            if any(_one_per_group(schema, group, column.table) for group in meaning.groups):
                continue
            if (
                adds_up_over(schema, column)
                or is_additive(column, " ".join(column.core))
                or counts_things(schema, column)
            ):
                out.kind, out.func = "agg", "sum"
                meaning.assumptions.append(f"{column.name} is added up")
            else:
                meaning.problems.append(f"unclear:{column.name}")


def _count_in_groups(meaning: Meaning, reader: Reader) -> None:
    """As in "orders by status" asks how many."""
    plain = len(reader.focus) == 1 and reader.focus[0].kind == "entity" and not reader.listing
    if plain and any(reader.has_one(group, reader.focus[0].table) for group in meaning.groups):
        return  # "the doctor of each patient" is one, and asks who
    if len(reader.focus) == 1 and _events(reader.focus[0], reader) and any(g.kind == "grain" for g in meaning.groups):
        day = reader.focus[0].column
        assert day is not None
        meaning.scope.conditions.append(Compare(day, "notnull"))
        meaning.assumptions.append(f"those with {day[1]} are counted")
        for group in meaning.groups:
            group.column = day if group.kind == "grain" else group.column
        redate(meaning.scope, day)
        reader.focus[0] = reader.count_of(day[0])
        return
    if plain and meaning.groups and not (reader.asked or meaning.order or meaning.having or meaning.within):
        inside = counted_inside(reader.schema, reader.focus[0].table, reader.nouns.get(reader.focus[0].table, ""))
        summed = Out("agg", column=inside, func="sum") if inside is not None else None
        reader.focus[0] = summed or reader.count_of(reader.focus[0].table)


def _events(out: Out, reader: Reader) -> bool:
    """As in "departures by month": a plural that only a day is called after, each of which is one."""
    if out.kind != "column" or out.column is None or reader.schema.columns[out.column].kind != "date":
        return False
    words = {stem(word) for word in reader.schema.columns[out.column].words}
    return not reader.listing and any(singular(word) != word and stem(word) in words for word in reader.words)


_BARE = frozenset({"the", "our", "total", "totals", "?"})


def _sum_of_one(meaning: Meaning, reader: Reader) -> None:
    """As in "What quantity was shipped in May?" asks for one figure: amounts are added up, unless one row is meant."""
    if len(reader.focus) != 1 or reader.asked or meaning.groups or meaning.order or meaning.within:
        return
    out = reader.focus[0]
    if out.kind != "column" or out.column is None:
        return
    column = reader.schema.columns[out.column]
    of_a_time = any(isinstance(one, During) for one in meaning.scope.conditions) and is_money(column)
    bare = reader.words <= _BARE
    if not (
        reader.one_figure or reader.of_all or bare or (of_a_time and not reader.listing and "which" not in reader.words)
    ):
        return
    if not is_additive(column, " ".join(column.core)):
        return
    for condition in meaning.scope.conditions:
        if isinstance(condition, Compare) and condition.op == "=":
            named = reader.schema.columns[condition.column]
            if named.unique or condition.column in label_columns(reader.schema, condition.column[0]):
                return
    out.kind, out.func = "agg", "sum"
    meaning.assumptions.append(f"{column.name} is added up")


def _measured_keys(groups: list[Out], schema: Schema) -> list[Ref]:
    """Columns of amounts, nearly every row with one of its own, beside which nothing names the rows themselves."""
    if any(_one_per_group(schema, group, ref[0]) for group in groups for ref in _columns_of(groups)):
        return []
    found = []
    for ref in _columns_of(groups):
        column = schema.columns[ref]
        decimal = column.type.upper().startswith(("DOUBLE", "FLOAT", "DECIMAL"))
        if column.kind == "number" and not column.is_id and decimal and column.stats.distinct > 20:
            named = any(g.kind == "entity" or (g.column and schema.columns[g.column].unique) for g in groups)
            found += [] if named else [ref]
    return found


def _columns_of(groups: list[Out]) -> list[Ref]:
    return [group.column for group in groups if group.kind == "column" and group.column]


def _one_per_group(schema: Schema, group: Out, table: str) -> bool:
    """Whether the grouping leaves one row of the table a group."""
    if group.kind == "entity":
        return group.table == table
    cut = group.kind == "grain" and group.grain != "day"
    return not cut and group.column is not None and group.column[0] == table and schema.columns[group.column].unique


def _single_row(meaning: Meaning, reader: Reader) -> None:
    """As in "how many people live in the largest city": of one row the number is read, not added up."""
    if not (meaning.limit and meaning.order and not meaning.order[0][0].is_measure and not meaning.groups):
        return
    for outs in (reader.focus, reader.asked):
        for out in outs:
            if out.kind == "agg" and out.label == "number":
                out.kind, out.func = "column", ""


def _default_order(meaning: Meaning) -> None:
    """Groups come with the largest first; periods in the order of time."""
    if meaning.order or not meaning.groups:
        return
    if any(
        g.kind == "grain" or (g.column and g.column[1].casefold() in {"year", "month", "date"}) for g in meaning.groups
    ):
        meaning.order = [(g, False) for g in meaning.groups if g.kind == "grain"] or [
            (g, False) for g in meaning.groups
        ]
        return
    measure = next((o for o in meaning.outs if o.is_measure), None)
    if measure is not None:
        meaning.order = [(measure, True)]


def _alike(scope: Scope) -> None:
    """What is said of one set holds for the other with which it is contrasted."""
    for nested in [c for c in scope.conditions if isinstance(c, Nested) and c.alike]:
        table = nested.scope.table
        said = [c for c in scope.conditions if isinstance(c, Compare) and c.column[0] == table]
        for inner in scope.conditions:
            if isinstance(inner, Nested) and inner.kind == "exists" and inner.scope.table == table:
                said += [c for c in inner.scope.conditions if isinstance(c, Compare)]
        nested.scope.conditions += [c for c in said if c not in nested.scope.conditions]


_KEPT_AS = {"weekday": (("weekday",), ("day", "of", "week"), ("day",), ("dow",))}


def _grains(meaning: Meaning, schema: Schema, reader: Reader) -> None:
    """A period in the grouping cuts the date of what is measured."""
    for out in [*meaning.groups, *reader.focus, *reader.asked]:
        if (out.kind != "grain" and not (out.kind == "count" and out.grain)) or out.column is not None:
            continue
        tables = [t for o in [*reader.focus, *reader.asked] for t in sorted(o.tables()) if t]
        tables += [reader.root.table, *tables_of(reader.root)]
        tables += [t for o, _ in meaning.order for t in sorted(o.tables()) if t and t != "?"]
        tables += [t for o, _, _ in meaning.having for t in sorted(o.tables()) if t]
        said = _days_held(reader.root)
        if said and not any(ref[0] in tables[:1] for ref in said):
            # "members per month in 2023" of whom a visit was said to be in 2023: by the month of the visit.
            out.column = min(said)
            continue
        for table in tables:
            held = (
                next(
                    (
                        c
                        for c in schema.of(table)
                        if c.core in _KEPT_AS.get(out.grain, ((out.grain,), (out.grain, "of", "week")))
                        and c.kind != "date"
                    ),
                    None,
                )
                if table
                else None
            )
            if held is not None:
                out.kind, out.column = ("column", held.ref) if out.kind == "grain" else ("count", held.ref)
                out.table = held.table if out.kind == "count" else ""
                break
            dates = date_columns(schema, table) if table else []
            if dates:
                out.column = _held_date(reader.root, table) or dates[0].ref
                break
        if out.column is None:
            out.column = next(iter(sorted(_days_held(reader.root))), None)
        if out.column is None:
            meaning.problems.append(f"nodate:{out.grain}")


def _days_held(scope: Scope) -> set[Ref]:
    """Columns whose days a period limits; none where they are several."""
    found = {
        option.column
        for inner, _ in scopes_with_parents(scope)
        for condition in inner.conditions
        for option in (condition.options if isinstance(condition, Either) else [condition])
        if isinstance(option, During)
    }
    return found if len(found) == 1 else set()


def _held_date(scope: Scope, table: str) -> Ref | None:
    for condition in scope.conditions:
        if isinstance(condition, During) and condition.column[0] == table:
            return condition.column
    return None


def _shown(reader: Reader) -> list[Out]:
    meaning = reader.meaning
    outs = ties_by_name(list(reader.asked or reader.focus), meaning, reader.schema)
    if reader.asked and not any(not o.is_measure for o in reader.asked) and not meaning.groups:
        keys = [o for o in reader.focus if not o.is_measure]
        outs = [*keys, *outs]
    shown = {o.column[0] for o in outs if o.column and not o.is_measure}
    outs = [
        *(
            g
            for g in meaning.groups
            if not _within(g, outs) and not (reader.asked and g.kind == "entity" and g.table in shown)
        ),
        *outs,
    ]
    outs = [*(o for o in meaning.within if not _within(o, outs)), *outs]
    labelled = {o.table for o in outs if o.kind == "entity"}
    named = {
        o.column[0]
        for o in outs
        if o.kind == "column" and o.column and o.column in label_columns(reader.schema, o.column[0])
    }
    outs = [
        one
        for o in outs
        for one in (_left_of(o, outs, reader.schema) if o.kind == "entity" and o.table in named & labelled else [o])
    ]
    if meaning.limit and not reader.asked and reader.top is not None and reader.top.sup is not None:
        number = reader.top.sup.number or reader.top.number
        for out, _ in meaning.order:
            if number and (out.is_measure or out.kind == "column") and not _within(out, outs) and out.label != "soft":
                outs.append(out)
    unique: list[Out] = []
    for out in outs:
        if not _within(out, unique):
            unique.append(out)
    return unique


def _whole_rows(outs: list[Out], schema: Schema) -> list[Out]:
    """As in "which bookings were cancelled": a list of numbers of rows tells nothing, so the rows come whole.

    So do those of what happened where no more than a text that few rows share by chance names them: a delivery is not
    called by its customer.
    """
    if len(outs) != 1 or outs[0].kind != "entity":
        return outs
    table = outs[0].table
    texts = [ref for ref in label_columns(schema, table) if _is_text(schema.columns[ref])]
    happened = bool(date_columns(schema, table)) and not any(schema.real(j.parent) == table for j in schema.joins)
    chance = happened and schema.columns[texts[0]].stats.rows < _FEW_ROWS if texts else True
    return [replace(outs[0], label=WHOLE)] if chance and not any(_is_name(ref, schema) for ref in texts) else outs


_FEW_ROWS = 8
_NUMBERS = frozenset("id no number nr num code key ref reference".split())


def _is_text(column: Col) -> bool:
    """Whether a column holds words; a number of invoices may have letters in it."""
    return column.kind == "text" and not (column.unique and _NUMBERS & set(column.words))


def _is_name(ref: Ref, schema: Schema) -> bool:
    return bool({"name", "title", "label"} & set(schema.columns[ref].words))


def _within(out: Out, outs: list[Out]) -> bool:
    return any(same(out, other) for other in outs)


def same(a: Out, b: Out) -> bool:
    """Whether two outputs are one."""
    return (
        (a.kind, a.column, a.table, a.func, a.grain, a.scale) == (b.kind, b.column, b.table, b.func, b.grain, b.scale)
        and a.conditions == b.conditions
        and len(a.parts) == len(b.parts)
        and all(same(x, y) for x, y in zip(a.parts, b.parts, strict=True))
    )


def _flag_columns(meaning: Meaning, schema: Schema) -> None:
    del schema
    if meaning.limit and not meaning.order:
        meaning.problems.append("limit without order")


def _left_of(entity: Out, outs: list[Out], schema: Schema) -> list[Out]:
    """As in "list chip and pet of pets": of what a row is called by, that which is not listed anyway."""
    shown = {out.column for out in outs if out.kind == "column"}
    missing = [ref for ref in label_columns(schema, entity.table) if ref not in shown]
    return [Out("column", column=ref) for ref in missing]
