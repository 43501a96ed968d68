"""Who and what a business has to do with: people from outside, those who work there, and what happens between them."""

from __future__ import annotations

from agents.builtin.language.lexicon import PEOPLE
from agents.builtin.language.words import plural, split_name, stem
from agents.builtin.schema.choose import BIRTHS, date_columns, says_when
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.references import holds_people, people_tables


def public(schema: Schema) -> list[str]:
    """Tables of people who come from outside."""
    return [table for table in schema.tables if table not in schema.roles and is_public(schema, table)]


def people(schema: Schema) -> list[str]:
    """Tables of people, those from outside first."""
    outside = public(schema)
    inside = [table for table in people_tables(schema) if table not in schema.roles and table not in outside]
    return [*outside, *inside]


def comings(schema: Schema, who: str) -> list[str]:
    """Tables of what happens of which each row is one coming of theirs: what is paid for it comes with it."""
    owned = [event for event in happenings(schema) if event != who and schema.owns(event, who)]
    return [event for event in owned if not _PAPERS & {stem(word) for word in schema.tables[event]}] or owned


_PAPERS = frozenset(stem(word) for word in "payment invoice bill refund receipt transaction charge fee".split())


def is_public(schema: Schema, table: str) -> bool:
    """Whether rows are people who come from outside: those who work here are there anyway."""
    words = {stem(word) for word in schema.tables[table]}
    return (bool(words & PEOPLE) or holds_people(schema, table)) and not words & _STAFF


_STAFF = frozenset(
    stem(word)
    for word in (
        "employee staff worker teacher doctor salesperson driver agent manager mechanic technician trainer coach "
        "operator vet therapist dentist nurse cleaner chef cook waiter crew skipper captain host instructor clerk "
        "cashier assistant apprentice rep supplier vendor author tutor linguist interpreter consultant"
    ).split()
)


def happenings(schema: Schema) -> list[str]:
    """Tables of what happens: rows with a day on which they came about that belong to others."""
    found = []
    for table in schema.tables:
        if table in schema.roles or holds_people(schema, table):
            continue
        days = [day for day in date_columns(schema, table) if not BIRTHS & set(day.words)]
        belongs = any(join.table == table for join in schema.joins)
        told = len(days) == 1 or (bool(days) and says_when(schema, days[0]))
        if days and told and (belongs or len(schema.tables) == 1):
            found.append(table)
    return found


def spoken(schema: Schema, table: str) -> str:
    """A table as one would say it: its words as it is called, without what the names of all tables begin with."""
    words = schema.tables.get(table)
    if words is None:
        return table
    own = table.rpartition(".")[2]
    named = [word.lower() for word in split_name(own)]
    short = len(words) < len(named) and table not in schema.roles
    return " ".join([*words[:-1], plural(words[-1])]) if short else own.replace("_", " ")


def rows_noun(schema: Schema, table: str) -> str:
    """What rows are called in a question that speaks of them all: the table's words, without the numbers of a file."""
    words = [word for word in spoken(schema, table).split() if word.isalpha()]
    return " ".join(words) or spoken(schema, table)
