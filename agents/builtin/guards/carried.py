"""What was said is carried by the query itself: its columns, its tables, what it shows.

A word that was linked to something of the data, and then to a part that the query does not have, says nothing there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from agents.builtin.language.lexicon import COMPARATIVES, RELATING, synonyms
from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link
from agents.builtin.linking.tags import Tag
from agents.builtin.meaning import Compare, During, Meaning, Nested, Ref
from agents.builtin.parsing.phrases import is_participle
from agents.builtin.schema.choose import label_columns
from agents.builtin.schema.graph import Join, Schema
from agents.builtin.schema.references import holds_people
from agents.builtin.walk import conditions_of, outs_of

if TYPE_CHECKING:
    from sqlglot import exp

# Links that fit no more than this much worse than the best may be what was meant.
_NEAR = 0.25


def uncarried(
    tags: list[Tag], meaning: Meaning, schema: Schema, query: exp.Query, joined: Iterable[Join] = ()
) -> list[str]:
    """Sentences, each about a noun that no part of the query stands for. ``joined``: how its tables come together."""
    found = [
        *_outside(tags, meaning, schema, query, joined),
        *_passed_nouns(tags),
        *_nameless_groups(tags),
        *_told_apart(tags, meaning),
        *_theirs(tags, meaning),
        *_one_beside(tags, meaning, schema),
        *_whom_too(tags, meaning, schema),
        *_sizes(tags, meaning, schema),
    ]
    return list(dict.fromkeys(found))


def _outside(
    tags: list[Tag], meaning: Meaning, schema: Schema, query: exp.Query, joined: Iterable[Join]
) -> Iterator[str]:
    """As in "how many patrons are members" where a day says since when: that day has to be in the query."""
    from sqlglot import exp

    columns = {column.name for column in query.find_all(exp.Column)}
    columns |= {ref[1] for ref in schema.columns if (made := schema.columns[ref].made_of) and columns >= made}
    tables = _tables(meaning) | {table for join in joined for table in (join.table, join.parent)}
    counted = {out.column for out in outs_of(meaning) if out.kind == "count"}
    tables |= {join.parent for join in schema.joins if (join.table, join.columns[0]) in counted}
    for tag in tags:
        word = tag.text.lower()
        if tag.kind != "link" or not tag.links or _says_a_deed(word) or _next_to_another(tags, tag):
            continue
        near = [link for link in tag.links if link.score >= tag.links[0].score - _NEAR]
        if not any(link.column in columns if link.column else link.table in tables for link in near):
            yield f"'{tag.text}' plays no part in what I read"


def _tables(meaning: Meaning) -> set[str]:
    tables = {meaning.scope.table, meaning.everyone} | {table for out in outs_of(meaning) for table in out.tables()}
    for condition in conditions_of(meaning):
        if isinstance(condition, Compare | During):
            tables.add(condition.column[0])
        elif isinstance(condition, Nested):
            tables.add(condition.scope.table)
    return tables


def _says_a_deed(word: str) -> bool:
    return stem(word) in RELATING or word.endswith(("ed", "ing")) or is_participle(word)


def _next_to_another(tags: list[Tag], tag: Tag) -> bool:
    """As in "population density": a noun that says which sort of the next."""
    return any(one.links and (one.start == tag.end or one.end == tag.start) for one in tags if one is not tag)


# What questions call rows, columns and figures: these nouns name nothing of the data.
_OF_TABLES = frozenset(
    "values names results records entries rows tables columns fields details cases times metrics pairs combinations "
    "ones figures numbers amounts totals counts is was has does this its his theirs hers ours yours".split()
)
_BEFORE_NOUNS = frozenset({"howmany", "distinct", "group", "agg", "sum", "share", "sup"})
_DETERMINERS = frozenset("which what the our all these those different various their its".split())


def _passed_nouns(tags: list[Tag]) -> Iterator[str]:
    """As in "how many different makes", "including ties": a verb elsewhere, and here a noun that nothing is called."""
    before: Tag | None = None
    for place, tag in enumerate(tags):
        word = tag.text.lower()
        plural = word.isalpha() and singular(word) != word and word not in _OF_TABLES
        verb = tag.kind == "unknown" and stem(word) in RELATING and not is_participle(word)
        if plural and before is not None and (tag.kind == "skip" or verb) and not _kinds_of(tags, place):
            asked = before.kind in _BEFORE_NOUNS or before.text.lower() in _DETERMINERS
            beside = verb and before.text.lower() in _BESIDE
            if (asked or beside) and before.end == tag.start:
                yield f"nothing is called '{tag.text}'"
        if tag.kind != "skip" or word in _DETERMINERS | _BESIDE:
            before = tag


_BESIDE = frozenset("with without including include excluding no and and by".split())


def _kinds_of(tags: list[Tag], place: int) -> bool:
    """As in "which kinds of wagons", "kinds wagon": the noun behind it says of what."""
    word = tags[place].text.lower()
    if word not in {"kinds", "types", "sorts"}:
        return False
    return any(tag.links for tag in tags[place + 1 : place + 3]) and not _different(tags, place)


def _different(tags: list[Tag], place: int) -> bool:
    return any(tag.kind == "distinct" for tag in tags[max(0, place - 2) : place])


def _nameless_groups(tags: list[Tag]) -> Iterator[str]:
    """As in "wagons by kind", where no column is called so: the word behind "by" has to name what is told apart."""
    for place, tag in enumerate(tags):
        if tag.kind != "group" or tag.data not in {"", "each", "by"}:
            continue
        rest = [one for one in tags[place + 1 :] if one.text.lower() not in _ARTICLES]
        words = [one for one in rest[:1] if one.kind == "skip" and one.text.isalpha() and one.start >= tag.end]
        ends = len(rest) < 2 or rest[1].kind in {"end", "conj", "howmany", "group"} or not rest[1].text.isalpha()
        if words and ends and words[0].text.lower() not in _ONE_EACH:
            yield f"nothing is called '{words[0].text}'"


_ARTICLES = frozenset("the a an our their its his her your my".split())
_ONE_EACH = frozenset("one ones of them it".split())


def _told_apart(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "how many different cities": what is called different is what is counted or shown, each once."""
    outs = outs_of(meaning)
    columns = {out.column for out in outs if out.column is not None}
    tables = {table for out in outs for table in out.tables()}
    for place, tag in enumerate(tags):
        if tag.kind != "distinct":
            continue
        noun = next((one for one in tags[place + 1 :] if one.kind != "skip" and not _is_value(one)), None)
        if noun is None or not noun.links or noun.kind != "link":
            continue
        near = [link for link in noun.links if link.score >= noun.links[0].score - _NEAR]
        if not any(link.ref in columns if link.kind == "column" else link.table in tables for link in near):
            yield f"'{tag.text} {noun.text}' would not be told apart"


def _is_value(tag: Tag) -> bool:
    return bool(tag.links) and tag.links[0].kind == "value"


_WITH = frozenset({"with", "along with", "together with", "alongside", "and their", "and its", "plus", "showing"})
_THEIR = frozenset("their its his her".split())
_OWN_NAME = frozenset("name names title titles label labels".split())


def _theirs(tags: list[Tag], meaning: Meaning) -> Iterator[str]:
    """As in "each driver with their manager's name": what is theirs is shown, or it is said which of it is meant."""
    shown: set[Ref | None] = {out.column for out in outs_of(meaning)}
    shown |= {c.column for c in conditions_of(meaning) if isinstance(c, Compare | During)}
    tables = {table for out in outs_of(meaning) for table in out.tables()}
    for place, tag in enumerate(tags):
        said = tag.text.lower()
        if said not in _WITH:
            continue
        follow = tags[place + 1 : place + 4]
        owned = bool(follow) and follow[0].text.lower() in _THEIR
        behind = follow[1:] if owned else follow if said in {"and their", "and its"} else []
        noun = behind[0] if behind else None
        if noun is None or noun.kind != "link" or _is_value(noun):
            continue
        if noun.text.lower() in _OWN_NAME and any(out.kind == "entity" for out in outs_of(meaning)):
            # What is shown is shown by its name.
            continue
        near = [link for link in noun.links if link.score >= noun.links[0].score - _NEAR]
        if not any(_is_shown(link, shown, tables) for link in near):
            yield f"{said} {'their ' if owned else ''}{noun.text} is asked for and would not be shown"


def _one_beside(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "list each driver with depot": of which each has one, so that it is shown and restricts nothing."""
    if any(out.is_measure for out in meaning.outs):
        return
    shown = {table for out in outs_of(meaning) for table in out.tables()}
    held = {c.column[0] for c in conditions_of(meaning) if isinstance(c, Compare | During)}
    for tag, noun in pairwise(tags):
        word = noun.text.lower()
        if tag.text.lower() != "with" or noun.kind != "link" or noun.start != tag.end or singular(word) != word:
            continue
        table = noun.links[0].table
        if noun.links[0].kind == "table" and table not in shown | held and _has_one(shown, table, schema):
            yield f"with {noun.text} may ask for what would not be shown"


def _has_one(shown: set[str], table: str, schema: Schema) -> bool:
    return any(schema.owns(own, table) for own in shown if own in schema.tables and table in schema.tables)


def _is_shown(link: Link, shown: set[Ref | None], tables: set[str]) -> bool:
    return link.ref in shown if link.kind == "column" else link.table in tables


def _whom_too(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "every driver and who they report to": a second person, beside the one that was named before."""
    said = [tag for tag in tags if tag.kind != "skip"]
    shown = {table for out in meaning.outs for table in out.tables() if table in schema.tables}
    people = {table for table in shown if holds_people(schema, schema.real(table))}
    columns = {out.column for out in meaning.outs if out.column is not None}
    people |= {ref[0] for ref in columns if ref in label_columns(schema, ref[0]) and ref[0] in people}
    for place, (joint, tag) in enumerate(pairwise(said)):
        if joint.kind != "conj" or tag.kind != "rel" or tag.text.lower() not in {"who", "whom"}:
            continue
        named = {link.table for one in said[:place] for link in one.links[:1] if link.kind == "table"}
        if not people - named and len(people) < 2:
            yield f"'{joint.text} {tag.text}' is asked for and would not be shown"


_OF_TIME = frozenset({"age", "duration"})


def _sizes(tags: list[Tag], meaning: Meaning, schema: Schema) -> Iterator[str]:
    """As in "contracts that ran longer than the average": how long is compared with, never how much was paid."""
    refs = {out.column for out in outs_of(meaning) if out.column is not None}
    refs |= {c.column for c in conditions_of(meaning) if isinstance(c, Compare) and c.op not in {"null", "notnull"}}
    compared = [schema.columns[ref] for ref in refs if ref in schema.columns]
    words = {stem(word) for column in compared for word in column.words}
    for tag in tags:
        _, sizes = COMPARATIVES.get(tag.text.lower().partition(" ")[0], ("", ()))
        # What is larger or smaller may be any amount.
        if not sizes or "amount" in sizes:
            continue
        fitting = {stem(size) for size in sizes} | {other for size in sizes for other in synonyms(stem(size))}
        in_time = _OF_TIME & set(sizes) and any(column.kind in {"date", "time"} for column in compared)
        if not words & fitting and not in_time:
            yield f"nothing that is compared says what is '{tag.text}'"
