"""People and pronouns for them: "how many people live in Oslo", "anyone older than 50", "everybody who paid by card".

They are rows of a table of people under its own name. Where there are several such tables, each is tried: the question
then tells by what it says of them which one is meant, or it is asked.
"""

from __future__ import annotations

import re

from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import people, public, spoken
from agents.builtin.parsing.dated import DEALS
from agents.builtin.schema.graph import Schema

_PEOPLE = re.compile(
    r"^(?P<lead>(?:(?:how many|number of|the number of|which|what|list|show me|show|find|give me|count|all|the|our|"
    r"(?:what )?(?:share|percentage|percent|part|proportion) of|of|those|do|did|are there|have) )*)people\b"
    r"(?! (?:can|could|may|might|fit|per|in (?:the|a|our|each) (?:crew|team|party|group)))(?P<rest>.*)$",
    re.IGNORECASE,
)
_ANYONE = re.compile(
    r"^(?:(?:(?:is|are|was|were|has|have|had|did|does|do) (?:there )?)?(?:anyone|anybody|someone|somebody)|"
    r"(?:list |show me |show )?(?:everyone|everybody))(?: (?P<who>who|that))? (?P<rest>.+)$",
    re.IGNORECASE,
)
_WHO_CAME = re.compile(
    r"^who(?P<rest>(?: (?:has|have|had))?(?: (?:ever|also|already))? "
    r"(?:(?:been|gone|went|came|come) (?:to|along to|for)|(?P<deed>[a-z]+) (?:both|either)) .+)$",
    re.IGNORECASE,
)
# What whoever comes from outside does of a thing that has a name; a teacher's course is given and not taken.
_WHO_TOOK = re.compile(
    r"^who(?P<rest>(?: (?:has|have|had))?(?: (?:ever|also|already))? (?:took|takes|take|taken|attended|attends|"
    r"enrolled in|signed up for) (?=(?-i:[A-Z\"'])).+)$",
    re.IGNORECASE,
)
_DEED = re.compile(
    r"^ ?(?:(?:who|that) )?(?:(?:have|has|had|did|do|never|always|ever) )*"
    r"(?:(?:been|gone|went|came|come|go) (?:to|along to|for|here|back)\b|(?P<deed>[a-z]+)\b)",
    re.IGNORECASE,
)
_NAMES = frozenset(stem(word) for word in ("people", "person"))


def with_people(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question with each table of people in the place of the word; none where something here is called people."""
    if any(_NAMES & {stem(word) for word in words} for words in schema.tables.values()):
        return []
    found = _PEOPLE.match(text)
    if found is not None:
        return [f"{found['lead']}{spoken(schema, table)}{found['rest']}" for table in _who(found["rest"], schema)]
    found = _WHO_CAME.match(text)
    if found is not None:
        deed = (found["deed"] or "").lower()
        outside = not deed or stem(deed) in DEALS
        if not outside and linker.phrase((deed,)):
            return []  # whoever teaches is a teacher
        return [f"{spoken(schema, one)} who{found['rest']}" for one in (public if outside else people)(schema)]
    found = _WHO_TOOK.match(text)
    if found is not None:
        return [f"{spoken(schema, one)} who{found['rest']}" for one in public(schema)]
    found = _ANYONE.match(text)
    if found is None or (not found["who"] and linker.table_of(found["rest"].split()[0].lower())):
        return []
    who = f" {found['who']}" if found["who"] else ""
    lead = "" if who else "which "
    return [f"{lead}{spoken(schema, table)}{who} {found['rest']}" for table in _who(f"{found['rest']}", schema)]


def _who(rest: str, schema: Schema) -> list[str]:
    """Tables of people; of those who come, buy or book only the ones from outside."""
    deed = _DEED.match(rest)
    outside = public(schema) if deed is not None and (not deed["deed"] or stem(deed["deed"].lower()) in DEALS) else []
    return outside or people(schema)
