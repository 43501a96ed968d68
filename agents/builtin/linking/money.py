"""Words for money that name no column: the one amount in reach is meant, and never a number of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Beyond, Compare, Meaning, Ref
from agents.builtin.schema.choose import adds_up_over, is_money, main_measure
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.references import speaks_of_customers
from agents.builtin.walk import conditions_of, outs_of, with_parts

# By their letters and not by their stems: to take and to earn are deeds.
_MONEY = frozenset("revenue revenues turnover income incomes takings proceeds earnings money monies worth bill".split())
_PAID = frozenset("spent paid earned taken made".split())


def speaks_of_money(word: str) -> bool:
    """Whether a word is one for money, or says that it was paid or taken."""
    return word.lower().split()[-1] in _MONEY | _PAID


# So far away rows may lie and still be those that a question speaks of.
_REACH = 2.4


def take_money(tags: list[Tag], schema: Schema) -> None:
    """Let words such as "ticket revenue", "money" mean the amount of the rows that are spoken of.

    As a synonym of a table ("revenue" of sales) such a word says more than that there are rows.
    """
    for place, tag in enumerate(tags):
        if tag.text.lower().split()[-1] not in _MONEY:
            continue
        table = tag.links[0].table if tag.links and tag.links[0].kind == "table" else ""
        if table and (tag.links[0].how != "synonym" or table in schema.roles):
            continue
        amount = tag.kind == "link" and not table and _is_amount(tag.links[0], schema)
        if amount and tag.links[0].how == "synonym" and not adds_up_over(schema, schema.columns[tag.links[0].ref]):
            # "takings" beside lines that come to an amount: what was taken are the receipts.
            amount = _money_told(tags, place, schema) is None
        if not table and (amount or tag.kind not in {"unknown", "link"}) and tag.text.lower() != "earnings":
            continue
        found = main_measure(schema, table) if table else _money_told(tags, place, schema)
        if found is None:
            tag.kind, tag.links = "unknown", []
            continue
        tag.kind, tag.links = "link", [Link("column", *found, score=0.86, how="money")]
        behind = tags[place + 1] if place + 1 < len(tags) else None
        if behind is not None and behind.kind == "unknown" and behind.text.lower() in _PAID:
            behind.kind = "skip"  # "by money spent"


def narrow_money(tags: list[Tag], schema: Schema) -> None:
    """As in "revenue per treatment group" beside payments: the amount whose rows each have one group."""
    for tag in tags:
        amounts = [one for one in tag.links if one.kind == "column" and is_money(schema.columns[one.ref])]
        loose = bool(amounts) and amounts[0] is tag.links[0] and amounts[0].how == "synonym"
        rivals = [one for one in amounts if one.score >= amounts[0].score - _ALIKE and one.table not in schema.roles]
        spoken = [one.links[0] for one in tags if one is not tag and one.kind == "link" and one.links]
        told = {link.table for link in spoken if link.score >= _SURE}
        if not loose or len({one.table for one in rivals}) < 2:
            continue
        fitting = [one for one in rivals if all(_has_one(schema, one.table, table) for table in told)]
        if len(fitting) == 1:
            tag.links = [replace(fitting[0], how="answered")]


_ALIKE = 0.1
_SURE = 0.85


def _has_one(schema: Schema, table: str, other: str) -> bool:
    return other in schema.tables and schema.owns(table, other)


def _is_amount(link: Link, schema: Schema) -> bool:
    """Whether a link is a good meaning of money: a column of it, whatever is called so in full, or a value."""
    return link.kind != "column" or link.how != "synonym" or is_money(schema.columns[link.ref])


def _money_told(tags: list[Tag], place: int, schema: Schema) -> Ref | None:
    """The one amount in reach, else that of the one table of which a value is said: "money taken in cash"."""
    found = money_in_reach(_named(tags, place), schema)
    held = {one.links[0].table for one in tags if one.links and one.links[0].kind == "value"}
    flowing = [ref for table in sorted(held) if (ref := money_in_reach([table], schema)) and ref[0] == table]
    if found is None and len(flowing) != 1 and stem(tags[place].text.lower().split()[-1]) in _FROM_CUSTOMERS:
        return _from_customers(schema, _named(tags, place))
    return flowing[0] if found is None and len(flowing) == 1 else found


_FROM_CUSTOMERS = frozenset(stem(word) for word in "revenue turnover sales takings".split())
_GIVEN_BACK = frozenset(stem(word) for word in "refund return credit reimbursement chargeback".split())


def _from_customers(schema: Schema, named: list[str]) -> Ref | None:
    """Of several sorts of money the one that customers bring: what is bought of suppliers is no turnover."""
    found = [
        ref
        for table in schema.tables
        if table not in schema.roles
        and (ref := main_measure(schema, table)) is not None
        and adds_up_over(schema, schema.columns[ref])
        and not _GIVEN_BACK & {stem(word) for word in (*schema.tables[table], *schema.columns[ref].words)}
        and any(speaks_of_customers(schema.tables[other]) and schema.owns(table, other) for other in schema.tables)
        and all(schema.owns(table, one) or schema.owns(one, table) for one in named)
    ]
    return found[0] if len(found) == 1 else None


def _named(tags: list[Tag], place: int) -> list[str]:
    """Tables that the other words speak of."""
    tops = [tag.links[0] for at, tag in enumerate(tags) if at != place and tag.links]
    nouns = [link.table for link in tops if link.kind == "table"]
    return list(dict.fromkeys(nouns or [link.table for link in tops]))


def money_in_reach(named: list[str], schema: Schema) -> Ref | None:
    """The one amount that flows in rows that are named, else in those that belong to them; None for several."""
    flows = {
        table: ref
        for table in schema.tables
        if table not in schema.roles
        and (ref := main_measure(schema, table)) is not None
        and adds_up_over(schema, schema.columns[ref])
    }
    own = [ref for table, ref in flows.items() if table in {schema.real(one) for one in named}]
    if own:
        return own[0] if len(own) == 1 else None
    near = [ref for table, ref in flows.items() if all(_near(schema, table, one) for one in named)]
    return near[0] if len(near) == 1 else None


def _near(schema: Schema, table: str, other: str) -> bool:
    """Whether rows lie near and one belongs to the other: payments of an event are no money of its menu."""
    found = schema.path(table, other)
    return found is not None and found[0] <= _REACH and (schema.owns(table, other) or schema.owns(other, table))


def uncounted_money(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "ticket revenue per channel": what is said of money is held by an amount, and by no number of rows."""
    outs = list(with_parts(outs_of(meaning)))
    used = {out.column for out in outs if out.column is not None}
    used |= {c.column for c in conditions_of(meaning) if isinstance(c, Compare | Beyond)}
    if any(schema.columns[ref].kind == "number" and not schema.columns[ref].is_id for ref in used):
        return
    words = {stem(word) for ref in used for word in schema.columns[ref].words}
    for tag in tags:
        said = {stem(word) for word in _MONEY & set(tag.text.lower().split())}
        if said and not said & words and not (tag.links and tag.links[0].kind == "value"):
            yield f"'{tag.text}' speaks of money, and no amount of it would be used"


_SPENDS = re.compile(
    r"^how much (?:money )?(?:did|do|does|has|have) (?P<each>(?:each|every) )?(?P<who>(?!we\b|you\b|it\b|they\b|i\b)"
    r"[^?,]+?) (?P<verb>spend|spent|pay|paid)(?: us)?\b(?P<rest>(?! for)[^?]*)[?]?$",
    re.IGNORECASE,
)
_WE_TAKE = re.compile(
    r"^how much (?:money )?(?:did|do|have|has) (?:we|the (?:shop|firm|company|business)) "
    r"(?:take|taken|earn|earned|make|made|bring|brought|collect|collected|get|got)(?: in(?= (?:in|on|from|during|at|"
    r"since|this|last)\b|[ ?]*$))?\b(?P<rest>[^?]*)[?]?$",
    re.IGNORECASE,
)


_BRINGS = re.compile(
    r"^(?:what|how much)(?: money)? (?:did|do|does|have|has) (?P<who>(?!we\b|you\b|it\b|they\b|i\b)[^?,]+?) "
    r"(?:bring in|brought in|bring us|earn us|generate|yield|make us|raise)\b(?P<rest>[^?]*)[?]?$",
    re.IGNORECASE,
)


def spending(text: str, named: Callable[[str], bool]) -> str:
    """As in "how much did each guest spend": the money of each, where nothing is ``named`` after spending."""
    found = _SPENDS.match(text)
    if found is not None and (found["verb"].lower().startswith("pa") or not named("spend")):
        joint = "per" if found["each"] else "from"
        return f"total money {joint} {found['who'].strip()}{found['rest']}"
    found = _BRINGS.match(text)
    if found is not None:
        return f"total money from {found['who'].strip()}{found['rest']}"
    found = _WE_TAKE.match(text)
    return f"total money{found['rest']}" if found is not None and not named("earn") else text
