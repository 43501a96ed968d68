"""Noun phrases: "the top 5 paid orders", "average sale price", "number of distinct customers"."""

from __future__ import annotations

from dataclasses import dataclass, field

from agents.builtin.language.lexicon import RELATING
from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Link, is_flag, truth
from agents.builtin.linking.tags import Tag
from agents.builtin.schema.choose import date_columns, ends_rows
from agents.builtin.schema.graph import Schema

MODIFIERS = frozenset(
    {"howmany", "howmuch", "distinct", "agg", "sum", "sup", "grain", "num", "unit", "link", "quoted", "howadj", "term"}
)


@dataclass
class Phrase:
    """A noun phrase: its head, a table or a column, and what stands before and right behind it."""

    head: Link | None = None
    head_tag: Tag | None = None
    values: list[Tag] = field(default_factory=list)
    equals: list[Tag] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    filled: list[Link] = field(default_factory=list)
    cut: str = ""
    howmany: bool = False
    howmuch: bool = False
    distinct: bool = False
    agg: str = ""
    sup: Tag | None = None
    grain: str = ""
    unit: str = ""
    number: float | None = None
    hints: tuple[str, ...] = ()
    term: str = ""
    more: list[str] = field(default_factory=list)
    rate: bool = False
    at_least: str = ""

    @property
    def empty(self) -> bool:
        return not (
            self.head
            or self.values
            or self.howmany
            or self.howmuch
            or self.agg
            or self.sup
            or self.grain
            or self.unit
            or self.hints
            or self.term
            or self.number is not None
        )

    @property
    def is_value(self) -> bool:
        return self.head is None and bool(self.values) and not (self.agg or self.howmany or self.sup)


class Cursor:
    """A place in the list of tags that matter (articles and the like are taken out)."""

    def __init__(self, tags: list[Tag], schema: Schema) -> None:
        self.tags = tags
        self.at = 0
        self.schema = schema

    @property
    def done(self) -> bool:
        return self.at >= len(self.tags)

    def peek(self, ahead: int = 0) -> Tag | None:
        place = self.at + ahead
        return self.tags[place] if 0 <= place < len(self.tags) else None

    def kind(self, ahead: int = 0) -> str:
        tag = self.peek(ahead)
        return tag.kind if tag else ""

    def text(self, ahead: int = 0) -> str:
        tag = self.peek(ahead)
        return tag.text.lower() if tag else ""

    def data(self, ahead: int = 0) -> str:
        """What a span says of itself, empty past the end."""
        tag = self.peek(ahead)
        return tag.data if tag else ""

    def take(self) -> Tag:
        tag = self.tags[self.at]
        self.at += 1
        return tag


def read_phrase(cursor: Cursor) -> Phrase:
    """One noun phrase from the cursor on; an empty one when none starts here."""
    phrase = Phrase()
    while not cursor.done:
        tag = cursor.tags[cursor.at]
        if phrase.head is not None:
            if not _extend(phrase, cursor):
                break
            continue
        if not _modifier(phrase, tag, cursor):
            break
    return phrase


def _modifier(phrase: Phrase, tag: Tag, cursor: Cursor) -> bool:  # noqa: C901 - one short branch a kind of phrase
    kind = tag.kind
    if kind == "howmany":
        phrase.howmany = True
    elif kind == "howmuch":
        phrase.howmuch = True
    elif kind == "distinct":
        phrase.distinct = True
        phrase.howmany = phrase.howmany or tag.data == "count"
    elif kind in {"agg", "sup"} and _lists_functions(cursor):
        phrase.more.append(_function(tag))
        cursor.at += 1
        while cursor.kind() == "conj":
            cursor.at += 1
        return True
    elif kind == "agg":
        if phrase.agg and phrase.agg != "sum":
            return False
        if tag.data == "count":
            phrase.howmany = True
        else:
            phrase.agg = tag.data
    elif kind == "sum":
        phrase.agg = "sum"
    elif kind == "sup":
        if phrase.sup is not None and (phrase.sup.hints or not tag.hints):
            return False
        if phrase.sup is not None:
            phrase.sup.hints = tag.hints  # "the top 5 best selling products"
        else:
            phrase.sup = tag
    elif kind == "grain":
        phrase.grain = tag.data
    elif kind == "term":
        phrase.term = tag.data
        cursor.at += 1
        return False
    elif kind == "howadj":
        phrase.hints = tag.hints
        cursor.at += 1
        return False
    elif kind == "num":
        phrase.number = tag.number
        if cursor.kind(1) == "post" and cursor.kind(2) == "link":
            phrase.at_least = cursor.data(1)  # "3 or more items"
            cursor.at += 2
            return True
        if cursor.kind(1) not in MODIFIERS:
            cursor.at += 1
            return False
    elif kind == "unit":
        if phrase.agg or phrase.howmany:
            return _link(phrase, tag, cursor) if tag.links else _unit(phrase, tag, cursor)
        return _unit(phrase, tag, cursor)
    elif kind == "link":
        return _link(phrase, tag, cursor)
    elif (
        kind == "prep"
        and tag.text == "of"
        and (phrase.agg or phrase.howmany or phrase.distinct)
        and phrase.head is None
    ) or (kind == "unknown" and phrase.sup is not None and stem(tag.text.lower()) in RELATING):
        pass
    elif kind == "quoted" and phrase.empty:
        phrase.values.append(tag)
        cursor.at += 1
        return False
    else:
        return False
    cursor.at += 1
    return True


def _is_day(link: Link, schema: Schema) -> bool:
    return link.kind == "column" and schema.columns[link.ref].kind == "date"


def _function(tag: Tag) -> str:
    return tag.data if tag.kind == "agg" else "max" if tag.data == "1" else "min"


def _lists_functions(cursor: Cursor) -> bool:
    """As in "minimum, maximum and average price"."""
    ahead = 1
    while cursor.kind(ahead) == "conj":
        ahead += 1
    following = cursor.peek(ahead)
    own = cursor.peek()
    if (
        ahead == 1
        or following is None
        or own is None
        or following.kind not in {"agg", "sup"}
        or own.number
        or following.number
    ):
        return False
    return not own.hints and not following.hints


def _unit(phrase: Phrase, tag: Tag, cursor: Cursor) -> bool:
    following = cursor.peek(1)
    if tag.text.lower() in {"date", "dates"} and following is not None and following.links:
        day = next((link for link in following.links if _is_day(link, cursor.schema)), None)
        if day is not None:
            # "the date booked"
            phrase.head, phrase.head_tag = day, following
            cursor.at += 2
            return True
    phrase.unit = tag.data
    cursor.at += 1
    return False


def _link(phrase: Phrase, tag: Tag, cursor: Cursor) -> bool:
    top = tag.links[0]
    if top.kind == "value":
        phrase.values.append(tag)
        cursor.at += 1
        if cursor.kind() == "rate":
            phrase.rate = True
            cursor.at += 1
            return False
        return (
            cursor.kind() in {"link", "quoted"}
            and cursor.tags[cursor.at].links[:1] != []
            and (cursor.tags[cursor.at].links[0].kind != "value" or _noun_follows(cursor))
            and not _is_day(cursor.tags[cursor.at].links[0], cursor.schema)
        )
    phrase.head, phrase.head_tag = top, tag
    cursor.at += 1
    return True


def _noun_follows(cursor: Cursor) -> bool:
    """As in "late hotel bookings": of two values in a row the noun stands behind the second."""
    value, noun = cursor.peek(), cursor.peek(1)
    if value is None or noun is None or not noun.links or noun.links[0].kind != "table":
        return False
    before = cursor.peek(-1)
    return before is not None and before.end == value.start and value.end == noun.start


def _extend(phrase: Phrase, cursor: Cursor) -> bool:  # noqa: C901 - one short branch a kind of phrase
    """What stands right behind a head: a second noun that it qualifies, or the value it equals."""
    tag = cursor.tags[cursor.at]
    assert phrase.head is not None
    if tag.kind == "unit" and phrase.head_tag is not None and tag.start == phrase.head_tag.end:
        day = next((link for link in phrase.head_tag.links if _is_day(link, cursor.schema)), None)
        day = day if day is not None and day.score >= phrase.head.score - 0.2 else None
        own = date_columns(cursor.schema, phrase.head.table) if phrase.head.kind == "table" else []
        if day is None and len(own) == 1 and tag.text.lower() in {"date", "dates"} and not ends_rows(own[0]):
            day = Link("column", *own[0].ref)  # "the booking date" of bookings that have one day
        if day is not None and not phrase.equals:
            # "the booking date", "the booking year"
            phrase.head = day
            phrase.cut = "" if tag.data == "day" else tag.data
            cursor.at += 1
            return True
    if tag.kind == "prep" and tag.data == "poss" and cursor.kind(1) == "link" and phrase.head.kind == "table":
        following = cursor.tags[cursor.at + 1]
        owned = next(
            (link for link in following.links if link.kind == "column" and link.table == phrase.head.table), None
        )
        if owned is not None:
            phrase.tables.append(phrase.head.table)
            phrase.head, phrase.head_tag = owned, following
            cursor.at += 2
            return True
        return False
    if tag.kind == "agg" and tag.data == "count" and phrase.head.kind == "table":
        phrase.howmany = True
        cursor.at += 1
        return True
    verb = tag.text.lower().removesuffix(" by")
    if tag.kind == "link" and tag.links[0].kind in {"column", "table"} and is_participle(verb):
        # "quantity shipped", "trips opened by Ann": the second word says what was done with it.
        return False
    if tag.kind == "link":
        top = tag.links[0]
        apart = phrase.head_tag is not None and tag.start != phrase.head_tag.end
        if apart and phrase.head.kind == "table" and top.kind == "table" and top.table != phrase.head.table:
            return False  # "bookings got a review": a verb stood between them
        deed = phrase.head.table in cursor.schema.roles and phrase.head_tag is not None
        if deed and top.kind == "table" and phrase.head_tag is not None and is_participle(phrase.head_tag.text.lower()):
            return False  # "who skippered trip 7": whoever did it, and what it was done to
        gap = tag.start - (phrase.head_tag.end if phrase.head_tag is not None else tag.start)
        if gap > 1 and phrase.head.kind == "table" and top.kind == "column" and tag.before in {"a", "an", "any"}:
            return False  # "sales used a discount code": what was done with it stood between them
        if phrase.head.kind == "column" and top.kind == "column" and is_flag(cursor.schema.columns[top.ref]):
            return False  # "cities have rail"
        if (
            phrase.head.kind == "table"
            and top.kind == "column"
            and is_flag(cursor.schema.columns[top.ref])
            and (top.table == phrase.head.table or apart_by_be(tag))
        ):
            return False  # "employees are active", "prodotti vegani"
        if top.kind == "value":
            if phrase.head.kind == "column" or phrase.head.table == top.table:
                phrase.equals.append(tag)
                cursor.at += 1
                return True
            return False
        if phrase.head.kind == "table" and top.kind == "column" and _is_verb(phrase, tag, acts=_has_object(cursor)):
            return False
        if (
            phrase.head.kind == "column"
            and top.kind == "column"
            and not phrase.equals
            and phrase.head_tag is not None
            and tag.start == phrase.head_tag.end
            and top.table == phrase.head.table
            and top.kind == "column"
            and set(cursor.schema.columns[top.ref].core) <= {"name", "id", "number", "value"}
        ):
            # "country name" is the country.
            cursor.at += 1
            return True
        if (
            phrase.head.kind == "column"
            and top.kind == "column"
            and not phrase.equals
            and phrase.head_tag is not None
            and tag.start == phrase.head_tag.end
            and top.table == phrase.head.table
        ):
            first, second = cursor.schema.columns[phrase.head.ref], cursor.schema.columns[top.ref]
            if first.kind == "number" and second.kind == "date":
                return False  # "more than 600 net due before May": a number, and then a day
            # "population density": the last noun is the head.
            phrase.head, phrase.head_tag = top, tag
            cursor.at += 1
            return True
        if (
            phrase.head.kind == "column"
            and top.kind == "table"
            and top.table == phrase.head.table
            and phrase.head_tag is not None
            and tag.start == phrase.head_tag.end
            and cursor.schema.columns[phrase.head.ref].kind == "date"
            and is_participle(phrase.head_tag.text.lower())
        ):
            # "closed tickets": those that have the date.
            phrase.filled.append(phrase.head)
            phrase.head, phrase.head_tag = top, tag
            cursor.at += 1
            return True
        if (
            phrase.head.kind == "column"
            and top.kind == "table"
            and top.table == phrase.head.table
            and phrase.head_tag is not None
            and tag.start == phrase.head_tag.end
            and is_flag(cursor.schema.columns[phrase.head.ref])
        ):
            # "open shops": the yes/no column says which rows.
            column = cursor.schema.columns[phrase.head.ref]
            said = Link("value", *phrase.head.ref, value=truth(column, True), how="flag")
            phrase.values.append(
                Tag("link", phrase.head_tag.start, phrase.head_tag.end, phrase.head_tag.text, links=[said])
            )
            phrase.head, phrase.head_tag = top, tag
            cursor.at += 1
            return True
        if phrase.head.kind == "table" and not phrase.equals:
            if top.kind == "column":
                top = next(
                    (
                        link
                        for link in tag.links[:8]
                        if link.kind == "column" and link.table == phrase.head.table and link.score >= top.score - 0.3
                    ),
                    top,
                )
            phrase.tables.append(phrase.head.table)
            phrase.head, phrase.head_tag = top, tag
            cursor.at += 1
            return True
        return False
    if tag.kind == "num" and cursor.kind(1) not in {"link", "unit"}:
        phrase.equals.append(tag)
        cursor.at += 1
        return True
    if tag.kind == "quoted":
        phrase.equals.append(tag)
        cursor.at += 1
        return True
    return False


def _is_verb(phrase: Phrase, tag: Tag, *, acts: bool) -> bool:
    """Whether a word behind a noun is what it does: "customers order". ``acts``: something follows to act on."""
    noun = phrase.head_tag.text.lower() if phrase.head_tag is not None else ""
    word = tag.text.lower().split()[0]
    plural = singular(noun.split()[-1]) != noun.split()[-1]
    if len(tag.text.split()) > 1 and tag.links[0].how == "exact":
        return False
    if plural:
        return singular(word) == word
    return word.endswith(("ed", "ing")) or (singular(word) != word and acts)


def _has_object(cursor: Cursor) -> bool:
    """Whether something follows that a verb could act on."""
    ahead = 2 if cursor.kind(1) == "prep" and cursor.text(1) in {"through", "to", "into", "from", "at", "in"} else 1
    return cursor.kind(ahead) in {"link", "sup", "agg", "howmany", "quoted", "num"}


def apart_by_be(tag: Tag) -> bool:
    """As in "are active": a statement about what stands before it, not a noun."""
    return tag.text.lower().split()[0] in {"is", "are", "was", "were", "be", "has", "have"}


def is_table(tag: Tag) -> bool:
    """Whether a span names a table."""
    return bool(tag.links) and tag.links[0].kind == "table"


def is_plural(tag: Tag | None) -> bool:
    """Whether a span ends in a plural."""
    word = tag.text.lower().split()[-1] if tag is not None else ""
    return singular(word) != word


def read_phrase_one(cursor: Cursor) -> Phrase:
    """A grouping that leads its noun: "per month customers" is two phrases."""
    tag = cursor.peek()
    if tag is not None and tag.kind == "unit":
        cursor.take()
        return Phrase(unit=tag.data)
    return read_phrase(cursor)


_PARTICIPLES = frozenset(
    (
        "made sold bought taken given written paid spent taught held won done seen met driven run "
        "owned led built sent hit shot put left gone lost held kept brought begun broken chosen drawn fallen lent "
        "hidden known laid ridden risen slept spoken stolen thrown withdrawn returned grown hung torn worn"
    ).split()
)


def is_participle(word: str) -> bool:
    """Whether a word before "by" says that what follows did it."""
    return word in _PARTICIPLES or (word.endswith("ed") and len(word) > 4 and word not in {"need", "speed"})
