"""Rows of one table without a match in another, or with one: "invoices that have no order in orders.csv"."""

from __future__ import annotations

import re
from typing import Literal

from agents.builtin.pipelines.recipe.instructions.join import keys_at, shared_keys
from agents.builtin.pipelines.recipe.words import canonical, column_at, noun_at, table_at
from agents.builtin.pipelines.recipe.work import Problem, Rows, Told, Work
from spec.base import JsonValue

_VERB = re.compile(
    r"(?:(?:save|list|show|find|give\s+me|get|keep|export|write|which|what)\s+)?(?:all\s+)?(?:the\s+|those\s+)?",
    re.IGNORECASE,
)
_LACK = re.compile(
    r"\s+(?:(?:that|which|who|whose)\s+)?(?:(?:have|has|had|with|got)\s+(?:no|not\s+any|never\s+"
    r"had\s+an?)|without(?:\s+(?:an?|any))?|lacking(?:\s+an?)?)\s+(?:matching\s+|known\s+)?(?P<what>\w+"
    r")",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\s+(?:(?:that|which|who)\s+)?(?:whose\s+(?P<what>[\w ]+?)\s+)?(?:are|is|were|was|do|does)"
    r"(?:\s+not|n'?t)\s+(?:appear\s+|exist\s+|be\s+|found\s+|listed\s+|known\s+)?(?:in|on|among)"
    r"\s+",
    re.IGNORECASE,
)
_WHO = re.compile(
    r"(?:(?:who|which|what)(?:\s+\w+)?\s+(?:is|are|was|were)|(?:the\s+|those\s+)?(?:ones|rows|"
    r"people|members|everyone|everybody|all)?\s*(?:who|that|which)?\s*(?:is|are|was|were))\s+(?:on|"
    r"in)\s+",
    re.IGNORECASE,
)
_BUT_NOT = re.compile(
    r"\s*,?\s*(?:but|and|yet)?\s*(?:(?:who|that|which)\s+)?(?:(?:is|are|was|were|has|have)(?:\s+"
    r"not|n'?t)|not|missing)(?:\s+been|\s+yet)?\s+(?:on|in|from)\s+",
    re.IGNORECASE,
)
_HELD = re.compile(r"\s*(?:(?:that|which|who)\s+)?(?:(?:are|is|was|were|appear|stand)\s+)?(?:in|on)\s+", re.IGNORECASE)
_BOTH = re.compile(
    r"\s*(?:(?:that|which|who)\s+)?(?:(?:are|is|was|were|appear|stand)\s+)?(?:in|on)\s+both\s+(?:of\s+)?", re.IGNORECASE
)
_AND = re.compile(r"\s+and\s+(?:(?:in|on)\s+)?", re.IGNORECASE)
_GONE = re.compile(
    r"(?:(?:save|list|write|export|show)\s+)?(?:and\s+)?(?:the\s+|those\s+)?(?:ones|rows|people|"
    r"members)?\s*(?:who|that|which)\s+(?:are|is|were|have|has)\s+(?:gone|missing|left|no\s+longer\s+"
    r"(?:there|on\s+it|in\s+it)|not\s+there\s+any\s*more|dropped\s+out|disappeared)\b",
    re.IGNORECASE,
)
_IN = re.compile(r"\s+(?:in|on|among)\s+", re.IGNORECASE)


def read(text: str, at: int, work: Work) -> Told | None:
    """Rows of the first table that the second does not know."""
    return _gone(text, at, work) or _who(text, at, work) or _in_both(text, at, work) or _lacking(text, at, work)


def _gone(text: str, at: int, work: Work) -> Told | None:
    gone = _GONE.match(text, at)
    if gone is None or work.pair is None:
        return None
    left, right, pairs = work.pair
    back = tuple((its, mine) for mine, its in pairs)
    return Told(gone.end(), lambda: _absent(work, right, left, back))


def _who(text: str, at: int, work: Work) -> Told | None:
    who = _WHO.match(text, at)
    place = who.end() if who else _in(text, at, work)
    left = table_at(text, place, work.data.catalog) if place is not None else None
    glue = _BUT_NOT.match(text, left[0]) if left else None
    right = table_at(text, glue.end(), work.data.catalog) if glue else None
    if left is None or right is None or left[1].name == right[1].name:
        return None
    return _told(text, right[0], work.raw(left[1]), work.raw(right[1]), work)


def _in(text: str, at: int, work: Work) -> int | None:
    """Where the table stands in "customers that are in shop.csv": a noun for rows, and where they are."""
    verb = _VERB.match(text, at)
    place = verb.end() if verb else at
    noun = noun_at(text, place, work.data.catalog, None)
    held = _HELD.match(text, noun[0] if noun else place)
    return held.end() if held else None


def _in_both(text: str, at: int, work: Work) -> Told | None:
    """Rows of the first table that the second has as well."""
    verb = _VERB.match(text, at)
    place = verb.end() if verb else at
    noun = noun_at(text, place, work.data.catalog, None)
    both = _BOTH.match(text, noun[0] if noun else place)
    first = table_at(text, both.end(), work.data.catalog) if both else None
    glue = _AND.match(text, first[0]) if first else None
    second = table_at(text, glue.end(), work.data.catalog) if glue else None
    if first is None or second is None or first[1].name == second[1].name:
        return None
    # "customers in both" are rows of customers, whichever is named first.
    named = noun[1] if noun else None
    left, right = (second, first) if named is not None and named.name == second[1].name else (first, second)
    return _told(text, second[0], work.rows_of(left[1]), work.raw(right[1]), work, how="semi")


def _lacking(text: str, at: int, work: Work) -> Told | None:
    verb = _VERB.match(text, at)
    left = table_at(text, verb.end() if verb else at, work.data.catalog)
    if left is None:
        return None
    rows = work.rows_of(left[1])
    unknown = _UNKNOWN.match(text, left[0])
    if unknown:
        right = table_at(text, unknown.end(), work.data.catalog)
        other = work.raw(right[1]) if right and right[1].name != left[1].name else None
        return _told(text, right[0], rows, other, work, unknown["what"] or "") if right and other else None
    lack = _LACK.match(text, left[0])
    if lack is None:
        return None
    where = _IN.match(text, lack.end())
    right = (
        table_at(text, where.end(), work.data.catalog)
        if where
        else table_at(text, lack.start("what"), work.data.catalog)
    )
    if right is None or right[1].name == left[1].name:
        return None
    # "customers without an email" speaks of a column of their own.
    if not where and column_at(text, lack.start("what"), rows):
        return None
    return _told(text, max(right[0], lack.end()), rows, work.raw(right[1]), work, lack["what"])


def _told(
    text: str, end: int, left: Rows, right: Rows, work: Work, what: str = "", how: Literal["anti", "semi"] = "anti"
) -> Told | None:
    keys = keys_at(text, end, left, right)
    if keys is None:
        bracket = re.compile(r"\s*\(").match(text, end)
        keys = keys_at(text, end, left, right) if bracket else None
    if keys is not None:
        return Told(keys[0], lambda: _absent(work, left, right, keys[1], how))
    pairs = _keys_for(left, right, work, what)
    return Told(end, lambda: _absent(work, left, right, pairs, how)) if pairs else None


def _keys_for(left: Rows, right: Rows, work: Work, what: str) -> tuple[tuple[str, str], ...]:
    shared = shared_keys(left, right, work)
    if shared:
        return shared
    same = [
        (mine, its)
        for mine in left.columns
        for its in right.columns
        if canonical(mine) == canonical(its) and left.columns[mine] == right.columns[its]
    ]
    asked = set(canonical(what))
    named = [pair for pair in same if asked & set(canonical(pair[0]))]
    return tuple(named) if len(named) == 1 else tuple(same) if len(same) == 1 else ()


def _absent(
    work: Work, left: Rows, right: Rows, pairs: tuple[tuple[str, str], ...], how: Literal["anti", "semi"] = "anti"
) -> Problem:
    on: list[JsonValue] = [list(pair) if pair[0] != pair[1] else pair[0] for pair in pairs]
    verb = "does not have" if how == "anti" else "has"
    said = f"rows of {left.tables[0]} whose {', '.join(mine for mine, _ in pairs)} {right.tables[0]} {verb}"
    step = f"{left.tables[0]}_{'not_' if how == 'anti' else ''}in_{right.tables[0]}"
    work.step(step, "join", (left, right), left.columns, how=how, on=on, said=said)
    work.now(one_each=left.one_each, identified=left.identified)
    work.pair = (left, right, pairs)
    work.base = work.base or left
    return None
