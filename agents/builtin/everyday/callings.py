"""What owners call rows by: "Londoners" for people of a place, "bookings" for what was booked, "how much cash"."""

from __future__ import annotations

import re

from agents.builtin.everyday.daywords import days_said
from agents.builtin.language.words import plural, singular, stem
from agents.builtin.linking.days import ASKED_FOR
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import happenings, public, spoken
from agents.builtin.schema.choose import is_money, place_columns
from agents.builtin.schema.graph import Schema

_KIND = re.compile(
    r"\b(?:(?:from|for|of|in|by|per|on|with) )?(?:each|every|per|by|the different|the various) (?:kinds?|types?|"
    r"sorts?) of "
    r"(?:the |our )?(?P<noun>[a-z]+)\b",
    re.IGNORECASE,
)
_COMES = re.compile(
    r"\b(?:come|came|comes|coming) in\b(?=\s*[?.,]?\s*$|,? (?:in|on|from|during|since|for|per|by|this|last|each|"
    r"before|after|at)\b)",
    re.IGNORECASE,
)
_MOST_COME = re.compile(
    r"^(?:in |on |at )?(?:what|which) (?P<unit>[\w ]+?) (?:do|does|did|have|has) (?:the )?most (?:of (?:the|"
    r"our) )?(?P<what>[\w-]+) "
    r"(?:come|came) in(?P<rest>.*)$",
    re.IGNORECASE,
)
_ON = re.compile(
    r" (?:on|in|from|through|with|as) (?:the |our )?(?=(?P<what>[a-z][\w-]*(?: [a-z][\w-]*){0,2}))", re.IGNORECASE
)
_SURE = 0.9
_KINDS = frozenset("kind type sort category class".split())
_NO_KINDS = frozenset(
    stem(word) for word in "status state note comment remark city town name payment method unit".split()
)
_MOST_SORTS = 40
_DWELLER = re.compile(r"(?<![\w-])(?P<place>(?:[A-Z][\w]+ )?[A-Z]\w{2,}?)ers?\b(?!')")
_SO_MANY = (
    r"(?:most|fewest|least|highest number of|number of|how many|(?:more|fewer|less) than \w+|at least \w+|at most \w+|"
    r"\d+(?: or more)?|two|three|four|five|\w+ or more|no|any|without|never|percent(?:age)? of|share of|of) "
    r"(?:the |our |all |all our )?"
)
_DEEDS = re.compile(rf"\b(?P<many>{_SO_MANY})(?P<noun>[a-z]+s)\b(?! (?:date|day|on|at)\b)", re.IGNORECASE)
_COMPARES = re.compile(r"^(?:most|fewest|least|highest|more|fewer|less|at|\d|two|three|four|five)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(
    r"^how much (?P<what>[\w-]+) (?:did|do|have|has) (?:we|i|the (?:shop|firm|company|business)) (?:take|taken|"
    r"took|get|got|"
    r"receive|received|collect|collected|make|made|earn|earned|bring in|brought in)(?: in(?= (?:in|on|from|"
    r"during|at|since|this|"
    r"last)\b|[ ?]*$))?(?P<rest>\b[^?]*)[ ?.!]*$",
    re.IGNORECASE,
)
_TIMED = re.compile(
    r"\b(?:in|during|since|before|after|this|last|on) (?:\w+ )?(?:(?:19|20)\d\d|year|month|week|quarter|"
    r"[jfmasond]\w+ \d)",
    re.IGNORECASE,
)


def called(text: str, schema: Schema, linker: Linker) -> str:
    """The question with rows called as the data calls them."""
    text = _KIND.sub(lambda found: _by_kind(found, schema, linker), text)
    text = _come_in(text, schema, linker)
    return _much(_deeds(_dwellers(text, schema, linker), schema, linker), linker)


def _come_in(text: str, schema: Schema, linker: Linker) -> str:
    """As in "how many parcels came in in May", of several days of theirs by that on which they were received."""
    if not _COMES.search(text) or re.search(r"\bby [\w-]+(?: (?:date|day))?\s*[?.]*$", text):
        return text
    tables = {table for word in re.findall(r"[\w-]+", text.lower()) if (table := linker.table_of(word))}
    days = [day for day, _ in days_said(schema, "came in") if day.table in tables]
    several = len(days) == 1 and sum(column.kind == "date" for column in schema.of(days[0].table)) > 1
    most = _MOST_COME.match(text)
    if not several or (most is not None and _TIMED.search(text) is None and not re.search(r"\b(?:19|20)\d\d\b", text)):
        return text
    plain = f"which {most['unit']} has the most {most['what']}{most['rest']}" if most is not None else text
    return f"{plain.rstrip(' ?.!')} by {days[0].name}"


def amount_named(text: str, linker: Linker) -> str:
    """As in "total money from each town on delivery fees", where an amount is called so: the total of it."""
    if "total money" not in text:
        return text
    for found in _ON.finditer(text):
        words = found["what"].split()
        for size in range(len(words), 0, -1):
            links = linker.phrase(tuple(word.lower() for word in words[:size]))
            first = links[0] if links else None
            if (
                first is None
                or first.kind != "column"
                or first.score < _SURE
                or not is_money(linker.schema.columns[first.ref])
            ):
                continue
            said = " ".join(words[:size])
            rest = text[: found.start()] + text[found.start("what") + len(said) :]
            return rest.replace("total money", f"total {said}", 1)
    return text


def _by_kind(found: re.Match[str], schema: Schema, linker: Linker) -> str:
    """As in "from each kind of extra": by the one text that tells sorts of them apart."""
    table = linker.table_of(found["noun"].lower())
    columns = schema.of(table) if table else []
    if not table or any(_KINDS & set(column.words) for column in columns):
        return found[0]
    pointing = {name for join in schema.joins if join.table == table for name in join.columns}
    sorts = [
        column
        for column in columns
        if column.kind == "text"
        and 1 < column.stats.distinct <= _MOST_SORTS
        and column.name not in pointing | set(schema.keys.get(table, ()))
        and not _NO_KINDS & {stem(word) for word in column.words}
    ]
    return f"per {sorts[0].name} of {plural(found['noun'])}" if len(sorts) == 1 else found[0]


def _dwellers(text: str, schema: Schema, linker: Linker) -> str:
    """As in "Londoners": those people of one table whose place is called so."""

    def told(found: re.Match[str]) -> str:
        whole = found[0].lower()
        if linker.values(found[0], quoted=False, capital=False) or linker.phrase(tuple(whole.split())):
            return found[0]
        for size in range(len(found["place"].split()), 0, -1):
            words = found["place"].split()[-size:]
            held = linker.values(" ".join(words), quoted=False, capital=False)
            tables = {
                link.table for link in held if link.how == "exact" and link.ref in place_columns(schema, link.table)
            }
            people = [table for table in public(schema) if table in tables]
            if len(people) == 1:
                lead = " ".join(found["place"].split()[:-size])
                return f"{lead} {spoken(schema, people[0])} in {' '.join(words)}".strip()
        return found[0]

    return _DWELLER.sub(told, text)


def _deeds(text: str, schema: Schema, linker: Linker) -> str:
    """As in "more than 5 bookings" where no rows are called bookings, and those of one table have a day of booking."""
    timed, days = _TIMED.search(text) is not None, []

    def told(found: re.Match[str]) -> str:
        noun = found["noun"].lower()
        if timed and not _COMPARES.match(found["many"]):
            return found[0]
        links = linker.phrase((noun,))
        if singular(noun) == noun or not links or links[0].kind != "column" or linker.table_of(noun):
            return found[0]
        column = schema.columns[links[0].ref]
        booked = {stem(word) for word in column.words} & ASKED_FOR
        rivals = {link.table for link in links if link.kind == "column" and link.score >= links[0].score}
        if column.kind != "date" or not booked or rivals != {column.table} or column.table not in happenings(schema):
            return found[0]
        days.append(column.name)
        return f"{found['many']}{spoken(schema, column.table)}"

    plain = _DEEDS.sub(told, text)
    # Of what was booked in May the day of booking counts.
    return f"{plain.rstrip(' ?.!')} by {days[0]}" if timed and len(days) == 1 else plain


def _much(text: str, linker: Linker) -> str:
    """As in "how much cash did we take": of what was paid that which was paid so."""
    found = _HOW_MUCH.match(text)
    if found is None or linker.phrase((found["what"].lower(),)):
        return text
    held = linker.values(found["what"], quoted=False, capital=False)
    few = {link.ref for link in held if link.how in {"exact", "form"}}
    return f"total money in {found['what']}{found['rest']}" if len(few) == 1 else text
