"""Columns against columns: "paid differs from billed", "a bigger crew than berths", "below 20 in stock"."""

from __future__ import annotations

import re

from agents.builtin.language.lexicon import COMPARATIVES, synonyms
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.products import AT_HAND

_MORE = "|".join(word for word, (op, _) in COMPARATIVES.items() if op == ">")
_LESS = "|".join(word for word, (op, _) in COMPARATIVES.items() if op == "<")
_NAME = r"(?:(?:the |its |their |his |her |our )?(?P<{0}>[a-z_]+(?:'s)?(?: [a-z_]+){{0,3}}?))"
_DIFFERS = (
    r"(?:does not|doesn't|do not|don't|did not|didn't) (?:match|equal|agree with)|(?:is|was|are|were) (?:not (?:the "
    r"same as|equal to|what was)|"
    r"different (?:from|to|than)|unlike)|(?:isn't|wasn't|aren't|weren't) (?:the same as|equal to)|differs?(?: from)?|"
    r"differed from|is not"
)
_AGREES = r"(?:is|was|are|were) (?:the same as|equal to|exactly)|equals|matches|agrees with"
_COMPARED = (
    rf"(?:(?:is|was|are|were|has been) )?(?:(?P<more>{_MORE})|(?P<less>{_LESS}))(?: than)?|"
    rf"(?P<differs>{_DIFFERS})|(?P<agrees>{_AGREES})"
)
_END = r"(?P<rest>(?:,| (?:in|on|by|per|for|since|during|from|last|this|with)\b)[^?]*?)?[ ?.!]*$"
_WHERE = re.compile(
    rf"^(?P<head>.+?),? (?:where|whose|in which|for which|that have|with) {_NAME.format('one')} (?:{_COMPARED}) "
    rf"{_NAME.format('other')}{_END}",
    re.IGNORECASE,
)
_UNLIKE = re.compile(
    rf"^(?P<head>.+?),? (?:where|whose|in which|for which) {_NAME.format('one')} and {_NAME.format('other')} "
    rf"(?:(?P<differs>differ(?:ed)?|(?:are|were) (?:different|not (?:the same|equal))|(?:do not|don't|did not) "
    rf"(?:match|agree))|"
    rf"(?P<agrees>(?:are|were) (?:the same|equal)|match|agree)){_END}",
    re.IGNORECASE,
)
_MORE_THAN = re.compile(
    rf"^(?P<head>.+?) (?:with|that have|that had|which have|which had|having|have|had|has) (?:(?P<more>more|bigger|"
    rf"larger|higher)|(?P<less>less|fewer|smaller|lower)) "
    rf"{_NAME.format('one')} than (?:(?:the |its |their )?(?P<owner>[a-z]+) (?:has|have|had) "
    rf")?{_NAME.format('other')}{_END}",
    re.IGNORECASE,
)
_BOUND = re.compile(
    rf"^(?P<head>.+?)(?: that| which)?(?: (?:is|are|was|were|have (?:gone|fallen|dropped)|has (?:gone|fallen|dropped)|"
    rf"fell|gone|fallen))? (?:(?P<more>above|over)|(?P<less>below|under)) "
    rf"(?:the |its |their )?(?P<other>[a-z_]+(?: [a-z_]+){{0,2}}?){_END}",
    re.IGNORECASE,
)
_OFTENER = re.compile(
    r"^(?P<head>.+?)(?: that| which)?(?: (?:is|are|was|were|got|get|have been|has been))? (?P<deed>[a-z]+ed|[a-z]+) "
    r"(?P<more>more)(?: often| times| frequently)? than "
    rf"(?:they|it) (?:have|has|had|holds?|takes?)(?: got)? {_NAME.format('other')}{_END}",
    re.IGNORECASE,
)
_LEFT = re.compile(
    r"\b(?P<with>with |(?:that |which )?(?:have |has )(?:only )?|(?:that |which )?(?:are |is )|of which there are )?"
    r"(?P<over>below|under|above|over|more than|fewer than|less than|at least|at most|up to|exactly|no more than) "
    r"(?P<many>\d+)(?: pieces| units| items)? (?:left|remaining|in stock|on stock|at hand|on hand|on the shelf|in "
    r"store)\b(?: in stock)?",
    re.IGNORECASE,
)
_SIZES = frozenset(
    stem(word)
    for word in (
        "size count number qty quantity total amount units level value price sum eur usd gbp chf dkk nok sek".split()
    )
)
_ARTICLES = frozenset("the a an its their his her our they it".split())
_BOUNDS = frozenset(
    stem(word) for word in "reorder minimum min maximum max limit threshold target level safety".split()
)


def column_pairs(text: str, schema: Schema, linker: Linker) -> str:
    """The question with the columns that are compared by their names; as it is where it compares none."""
    for pattern in (_OFTENER, _MORE_THAN, _UNLIKE, _WHERE):
        found = pattern.match(text)
        made = _paired(found, schema, linker) if found is not None else ""
        if made:
            return made
    found = _LEFT.search(text)
    held = _at_hand(schema, None)
    if found is not None and held is not None and held.table in _tables(text[: found.start()], schema, linker):
        over = (
            found["over"].lower().replace("exactly", "").replace("no more than", "at most").replace("up to", "at most")
        )
        told = " ".join(part for part in ("with", held.name, over, found["many"]) if part)
        return f"{text[: found.start()].rstrip()} {told}{text[found.end() :]}"
    found = _BOUND.match(text)
    return (_bounded(found, schema, linker) if found is not None else "") or text


def number_said(schema: Schema, table: str, said: str) -> Col | None:
    """The one column of numbers of a table that words name, its unit or that it is a number left out."""
    words = {stem(word) for word in re.findall(r"[a-z]+", said.lower().replace("_", " ")) if word not in _ARTICLES}
    found = []
    for column in schema.of(table):
        own = {stem(word) for word in column.words}
        if column.kind != "number" or column.is_id or column.made_of or not words:
            continue
        met = {one for one in own if one in words or synonyms(one) & words}
        if met and all(word in own or synonyms(word) & own for word in words):
            owner = {stem(word) for word in schema.tables[table]}
            if not own - met - owner - _SIZES:
                found.append((not words <= own, len(own - met), column))
    found.sort(key=lambda one: one[:2])
    return found[0][2] if len(found) == 1 or (found and found[0][:2] < found[1][:2]) else None


def _tables(head: str, schema: Schema, linker: Linker) -> list[str]:
    said = [table for word in re.findall(r"[\w-]+", head.lower()) if (table := linker.table_of(word))]
    return [table for table in dict.fromkeys(said) if table not in schema.roles]


def _other(schema: Schema, linker: Linker, table: str, said: str) -> Col | None:
    """The column of the row or of one that it belongs to, as "berths" or "the boat's berths"."""
    owner, _, bare = said.rpartition("'s ")
    named = linker.table_of(owner.lower().split()[-1]) if owner else ""
    if owner and not named:
        return None
    own = number_said(schema, table, bare) if named in {"", table} else None
    if own is not None:
        return own
    above = [named] if named else sorted({join.parent for join in schema.joins if join.table == table} - {table})
    found = [
        c
        for one in above
        if one not in schema.roles and schema.owns(table, one) and (c := number_said(schema, one, bare))
    ]
    return found[0] if len(found) == 1 else None


def _paired(found: re.Match[str], schema: Schema, linker: Linker) -> str:
    said = found.groupdict()
    op = "over" if said.get("more") else "under" if said.get("less") else "!=" if said.get("differs") else "="
    for table in _tables(found["head"], schema, linker):
        owner = said.get("owner")
        other = _other(schema, linker, table, f"{owner}'s {found['other']}" if owner else found["other"])
        if other is None or not _by_name_alone(schema, other):
            continue
        deed = said.get("deed")
        one = None if deed else number_said(schema, table, found["one"])
        if one is not None and one != other:
            return f"{found['head']} with {one.name} {op} {other.name}{found['rest'] or ''}"
        counted = _counted(schema, linker, table, deed or found["one"])
        if counted and other.table == table and (deed or (said.get("one") and op in {"over", "under"})):
            few = "more" if op == "over" else "fewer"
            return f"{found['head']} with {few} {counted} than {other.name}{found['rest'] or ''}"
    return ""


def _counted(schema: Schema, linker: Linker, table: str, said: str) -> str:
    """What is counted for each row: things that belong to it, by their name or by the deed that they are."""
    child = linker.table_of(said.lower().split()[-1])
    root = stem(said.lower())
    below = [j.table for j in schema.joins if j.parent == table and j.table not in schema.roles]
    named = [t for t in below if t == child or root in {stem(w) for w in schema.tables[t]}]
    named = named or [t for t in below if synonyms(root) & {stem(w) for w in schema.tables[t]}]
    return named[0].replace("_", " ") if len(set(named)) == 1 and len(below) == len(set(below)) else ""


def _bounded(found: re.Match[str], schema: Schema, linker: Linker) -> str:
    """As in "parts below their reorder level": so many as there are of each."""
    for table in _tables(found["head"], schema, linker)[:1]:
        bound, held = number_said(schema, table, found["other"]), _at_hand(schema, table)
        if bound is not None and held is not None and bound != held and _BOUNDS & {stem(w) for w in bound.words}:
            over = "over" if found["more"] else "under"
            return f"{found['head']} with {held.name} {over} {bound.name}{found['rest'] or ''}"
    return ""


def _at_hand(schema: Schema, table: str | None) -> Col | None:
    """The one number of pieces at hand, of a table's rows or anywhere."""
    held = [
        c
        for c in schema.columns.values()
        if c.kind == "number"
        and not c.is_id
        and not c.made_of
        and c.table not in schema.roles
        and AT_HAND & set(c.words)
        and table in {None, c.table}
        and not _BOUNDS & {stem(word) for word in c.words}
    ]
    return held[0] if len(held) == 1 else None


def _by_name_alone(schema: Schema, column: Col) -> bool:
    """Whether nothing else is called so, so that the name says which is meant."""
    return sum(c.name == column.name and c.table not in schema.roles for c in schema.columns.values()) == 1
