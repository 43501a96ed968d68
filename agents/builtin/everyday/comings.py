"""How often somebody came: "clients who came back", "repeat customers", "only hired once", "never came back".

Whoever came has rows of what happens. To come back is to have more than one, and never to come back is to have one.
"""

from __future__ import annotations

import re

from agents.builtin.language.words import stem
from agents.builtin.linking.attendance import times_come
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import comings, happenings, is_public, public, spoken
from agents.builtin.parsing.dated import DEALS
from agents.builtin.schema.graph import Schema

_LEAD = (
    r"^(?P<lead>(?:how many |which (?:of )?|what |list |show me |find |(?:are|is) there |do we have )?)"
    r"(?:any |the |our |all )*"
)
WORD = r"(?!(?:who|that|which)\b)[\w'-]+"
_ROWS = rf"(?P<rows>{WORD}(?: {WORD}){{0,3}}?)(?: (?:who|that|which))?"
_THEY = rf"{_LEAD}(?:who|{_ROWS})(?: (?:have|has|had|did|do|does))*(?: ever)?"
WHOM = rf"{_LEAD}(?:who|{_ROWS})(?: (?:have|has|had|did|do|does|were|was|are|is|been(?= [a-z]+ed\b)))*(?: ever)?"
_HERE = r"(?: (?:here|in|by|to us|with us|to see us))*"
_CAME = rf"(?:came|come|been|visited|visit|shopped|dropped){_HERE}"
_BACK = rf"(?:(?:came|come|been|coming){_HERE} (?:back|again)(?: again)?{_HERE}|returned|return)"
TIMES = r"(?:once|twice|(?:one|two|three|four|five|six|seven|eight|nine|ten|\d+) times)"
END = r"[ ?.!]*$"
_REPEAT = re.compile(
    rf"{_LEAD}(?:(?P<again>repeat|returning)|one[- ](?:time|off)) (?P<rows>[\w-]+(?: (?:from|in) {WORD})?)"
    rf"(?: (?:do we have|have we got|are there|did we have|we have))?{END}",
    re.IGNORECASE,
)
_CAME_BACK = re.compile(
    rf"{_THEY} {_BACK}(?:,? \(?(?:i\.?e\.?|that is|meaning|so),? (?:with )?(?P<meant>[^)?!]+?)\)?)?{END}", re.IGNORECASE
)
_NEVER_BACK = re.compile(
    rf"{_LEAD}(?:who|{_ROWS}) (?:never|have never|has never|did not|didn't|have not|haven't|has not|hasn't) "
    rf"{_BACK}{END}",
    re.IGNORECASE,
)
_SO_OFTEN = re.compile(
    rf"{WHOM}(?: (?P<only>only|just))? (?P<deed>{_CAME}|[a-z]+(?: {WORD}){{0,3}}?)"
    rf"(?: (?P<how>only|just|exactly|at least|at most|more than|less than|fewer than))? (?P<times>{TIMES})"
    rf"(?: (?P<more>or more|only|or less))?(?P<rest>(?: (?:in|during|since|last|this) [^?!]+?)?){END}",
    re.IGNORECASE,
)
_NUMBERS = {word: at for at, word in enumerate("zero one two three four five six seven eight nine ten".split())}
_MOVES = re.compile(rf"^{_CAME}$", re.IGNORECASE)
# What a deed with its object has none of: there more is said than that it happened.
_NO_DEEDS = frozenset(
    "with without by in at on to from into for of over under more less fewer not never same than only just and or but "
    "both either as per about".split()
)


def how_often(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question with so many rows of what happens in it, once for each sort of rows that may be meant."""
    for pattern, count in ((_REPEAT, ""), (_NEVER_BACK, "exactly 1"), (_CAME_BACK, "more than 1")):
        found = pattern.match(text)
        if found is not None:
            return _coming(found, count or ("more than 1" if found["again"] else "exactly 1"), schema, linker)
    found = _SO_OFTEN.match(text)
    if found is None:
        return []
    return [
        f"{found['lead']}{who} with {count} {event}{found['rest']}"
        for who, table in whom(found, schema, linker)
        for _, event in events_of(found["deed"], table, schema, linker)
        for count in _counts(found)
    ]


def whom(found: re.Match[str], schema: Schema, linker: Linker) -> list[tuple[str, str]]:
    """Who is meant, in words, and their table."""
    rows = (found["rows"] or "").strip()
    if not rows:
        return [(spoken(schema, table), table) for table in public(schema)]
    words = rows.lower().split()
    links = linker.phrase(tuple(words[:2])) or linker.phrase((words[0],))
    table = links[0].table if links and links[0].kind == "table" else ""
    if words[2:] or (words[1:] and not linker.phrase(tuple(words))):
        # "Clients from Deal": which of them is told by what is stored.
        said = re.match(r"[\w-]+ (?:from|in|of|on|with) (?P<what>.+)$", rows)
        table = table if said is not None and linker.index.values.find(said["what"]) else ""
    return [(rows, table)] if table and table not in schema.roles else []


def events_of(deed: str, who: str, schema: Schema, linker: Linker) -> list[tuple[str, str]]:
    """The table by which a deed is told, and its rows in words with what else was said; none where that is open."""
    if _MOVES.match(deed):
        return times_come(who, schema, linker) if is_public(schema, who) else []
    words = deed.split()
    named = [_table_said(word.lower(), linker) for word in words]
    if _NO_DEEDS & {word.lower() for word in words}:
        return []
    events = [table for table in dict.fromkeys(named) if table in schema.tables and table != who]
    events = [table for table in events if table not in schema.roles and schema.owns(table, who)]
    if not named[0] and not events and stem(words[0].lower()) in DEALS:
        events = comings(schema, who)
    if len(events) != 1:
        return []
    rest = _besides(words[1:], events[0], schema, linker)
    kind = "" if _only_happened(words[0].lower(), events[0], schema, linker) else f"{words[0]} "
    return [(events[0], f"{kind}{spoken(schema, events[0])}{f' of {rest}' if rest else ''}")]


def _only_happened(deed: str, event: str, schema: Schema, linker: Linker) -> bool:
    """Whether a deed says no more than that there is such a row: who "attended" or "cancelled" says more of it."""
    marked = [link.ref for link in linker.phrase((deed,)) if link.kind == "column" and link.table == event]
    if any(schema.columns[ref].kind == "bool" or schema.columns[ref].signs is not None for ref in marked):
        return False
    if _table_said(deed, linker) == event:
        return True  # every booking was booked, though some have that for their state
    if any(hit.table == event for hit in linker.index.values.find(deed)):
        return False
    return deed in _BARE_DEEDS or stem(deed) in DEALS


def _table_said(word: str, linker: Linker) -> str:
    return next((link.table for link in linker.phrase((word,)) if link.kind == "table"), "")


def _besides(words: list[str], event: str, schema: Schema, linker: Linker) -> str:
    """What was said of it beside that it happened: "a boat" says nothing where each hire is of one."""
    left = []
    for word in words:
        table = linker.table_of(word.lower())
        theirs = table and (table == event or any(schema.real(j.parent) == table for j in schema.edges(event)))
        if word.lower() not in _LITTLE and not theirs:
            left.append(word)
    return " ".join(left)


_BARE_DEEDS = frozenset("had have has made make placed place took take got get did do came".split())
_LITTLE = frozenset("a an the one some any us to here something anything".split())


def number_of(times: str) -> int:
    """How many "twice" or "four times" are."""
    word = times.lower().split()[0]
    return int(word) if word.isdigit() else {"once": 1, "twice": 2}.get(word, _NUMBERS.get(word, 2))


def _counts(found: re.Match[str]) -> list[str]:
    """How many are meant; of a bare "twice" two ways."""
    many = number_of(found["times"])
    how, more = ((found[name] or "").lower() for name in ("how", "more"))
    if found["only"] or how in {"only", "just", "exactly"} or more == "only":
        return [f"exactly {many}"]
    if more:
        return [f"at least {many}" if more == "or more" else f"at most {many}"]
    return [f"{how} {many}"] if how else [f"exactly {many}", f"at least {many}"]


def _coming(found: re.Match[str], count: str, schema: Schema, linker: Linker) -> list[str]:
    """Only people come back by themselves, and customers that are firms: a boat or a part is brought back."""
    own_will = re.search(r"\bwho\b", found[0], re.IGNORECASE) is not None or (
        found.re is _REPEAT and not public(schema)
    )
    asked = [
        (who, table)
        for who, table in whom(found, schema, linker)
        if is_public(schema, table) or (own_will and table not in happenings(schema))
    ]
    meant = found.groupdict().get("meant")
    if meant:
        return [f"{found['lead']}{who} with {meant}" for who, _ in asked]
    again = found.re is _REPEAT
    return [
        f"{found['lead']}{who} with {count} {rows}"
        for who, table in asked
        for rows in (
            [spoken(schema, event) for event in comings(schema, table)]
            if again
            else [rows for _, rows in times_come(table, schema, linker)]
        )
    ]
