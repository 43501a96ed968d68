"""Who has left and who is still there: "how many members have we lost", "joined since May and are still with us".

A state of theirs says so, a mark, or the day on which they left. States that are neither, such as frozen, are put to
the person: with them and without them are two questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from agents.builtin.language.words import fold, stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import public, spoken
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, Meaning
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.references import holds_people
from agents.builtin.walk import conditions_of

_END = r"[ ?.!]*$"
_LOST = re.compile(
    r"^(?P<lead>(?:how many |which |what |list |show me )?(?:of )?(?:the |our |all )*)(?P<rows>[\w-]+(?: [\w-]+)??)"
    r"(?: (?:who|that|which))? (?:(?:have|did|'ve) we (?:lost|lose)|we(?: have|'ve)? lost|(?:have |has )?left(?: us)?|"
    r"(?:have |has )?(?:quit|churned)|are gone|have gone|"
    r"(?:are |is )?(?:no longer|not any ?more) (?:with us|here|active)|"
    rf"(?:are|is) not (?:with us|here|active) any ?more)(?: so far| by now| already)?{_END}",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"(?:,? (?:and|but|who|that|which)(?: (?:who|that|which|they))?)?(?: (?:are|is|have been|stayed))? still "
    r"(?:with us|here|around|active|on board|members|customers|clients|subscribed|enrolled)\b",
    re.IGNORECASE,
)
_NOW = r"(?:today|now|right now|at the moment|currently|at present|these days)"
_HAVE_NOW = re.compile(
    rf" do we (?:have|count)(?: got)?(?: as of)? {_NOW}\b| do we (?:currently|now|presently) have\b", re.IGNORECASE
)
_ACTIVE = re.compile(r"\bactive (?P<rows>[\w-]+)", re.IGNORECASE)
_GONE = frozenset(
    "cancelled canceled left inactive churned lost closed terminated expired ended former quit resigned withdrawn "
    "deleted archived lapsed gone retired deactivated unsubscribed".split()
)
_THERE = frozenset("active current enrolled subscribed live".split())
_LEFT = frozenset(stem(word) for word in _GONE | {"leave", "end", "exit", "cancel", "churn", "terminate", "retire"})
_STATES = frozenset({stem("status"), stem("state")})
_MOST_STATES = 8


def membership(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question by the states, the mark or the day that says who is there, once for each way in which it may be."""
    found = _LOST.match(text)
    if found is not None:
        table = linker.table_of(found["rows"].lower().split()[-1])
        if not table or not holds_people(schema, table):
            return []  # how many seats are left is another question
        return [f"{found['lead']}{found['rows']} {way}" for way in _ways(table, schema, linker, left=True)]
    found = _HERE.search(text) or _HAVE_NOW.search(text)
    if found is not None:
        said, table = _whose(text[: found.start()], schema, linker)
        ways = _ways(table, schema, linker, left=False)
        return [f"{said} {way}{text[found.end() :]}" for way in ways]
    found = _ACTIVE.search(text)
    if found is None or linker.phrase(("active",)) or linker.index.values.find("active"):
        return []
    table = linker.table_of(found["rows"].lower())
    ways = _ways(table, schema, linker, left=False)
    return [f"{text[: found.start()]}{found['rows']} {way}{text[found.end() :]}" for way in ways]


def _whose(said: str, schema: Schema, linker: Linker) -> tuple[str, str]:
    """The words before, with their table: the first that is named, else that of the people from outside."""
    words = re.findall(r"[\w-]+", said.lower())
    table = next((one for word in words if (one := linker.table_of(word))), "")
    people = public(schema)
    if not table and words[:1] == ["who"] and len(people) == 1:
        return f"{spoken(schema, people[0])} {said}" if words[1:] else spoken(schema, people[0]), people[0]
    return said, table


def _ways(table: str, schema: Schema, linker: Linker, *, left: bool) -> list[str]:
    """How the rows are told that have left, or that have not."""
    if not table or table in schema.roles:
        return []
    marks = [(c, word) for c in schema.of(table) if _is_mark(c) for word in c.core if _is_state(word)]
    days = [c for c in schema.of(table) if c.kind == "date" and _LEFT & {stem(word) for word in c.core}]
    states = [c for c in schema.of(table) if c.kind == "text" and _STATES & {stem(word) for word in c.core}]
    if len(marks) + len(days) + len(states) != 1:
        return []
    if marks:
        word = marks[0][1]
        return [f"that are {word}" if (fold(word) in _THERE) != left else f"that are not {word}"]
    if days:
        return [f"{'with a' if left else 'without'} {days[0].name}"]
    return _by_state(states[0], linker, left=left)


def _is_mark(column: Col) -> bool:
    return column.kind == "bool" or column.signs is not None


def _is_state(word: str) -> bool:
    return fold(word) in _GONE | _THERE


def _by_state(column: Col, linker: Linker, *, left: bool) -> list[str]:
    """By the states that say so; once more with those of which that is not certain."""
    held = sorted(linker.index.values.by_column.get(column.ref, ()))
    wanted, rest = (_GONE, _THERE) if left else (_THERE, _GONE)
    sure = [state for state in held if fold(state) in wanted]
    open_ = [state for state in held if fold(state) not in wanted | rest]
    if not sure or len(held) > _MOST_STATES:
        return []
    sets = [sure, [*sure, *open_]] if open_ else [sure]
    return [f"with {column.name} {' or '.join(one)}" for one in sets]


def states_of_others(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "active trainers", where only members are active or not: what is said of some is kept of others."""
    used = {c.column for c in conditions_of(meaning) if isinstance(c, Compare)}
    for tag, noun in pairwise(tags):
        if not _is_state(tag.text) or not tag.links or not noun.links or noun.start != tag.end:
            continue
        kept, meant = tag.links[0], noun.links[0]
        if meant.kind != "table" or kept.kind == "table" or kept.ref not in used:
            continue
        if not schema.owns(meant.table, kept.table):
            yield f"'{tag.text}' is said of {noun.text}, and is kept of {kept.table}"
