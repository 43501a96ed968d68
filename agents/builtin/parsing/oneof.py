"""One of two things and not both: "clients who hired either a dinghy or a houseboat but not both"."""

from __future__ import annotations

import re
from copy import deepcopy

from agents.builtin.meaning import Compare, Either, Meaning, Nested
from agents.builtin.schema.index import Index
from agents.builtin.walk import within

_NOT_BOTH = re.compile(r",? (?:but|and|yet|though) (?:not|never) both(?: of them| at once| of these)?\b", re.IGNORECASE)
_EITHER = re.compile(r"\beither (?P<one>[^,?.]+?) or (?P<other>[^,?.]+)$", re.IGNORECASE)
_OR = re.compile(r"^(?P<before>.+?) or (?P<other>[^,?.]+)$", re.IGNORECASE)
_MOST_WORDS = 4


def one_of_two(text: str, index: Index) -> tuple[str, bool]:
    """The question as one about both things, and whether only one of them is meant to hold."""
    said = _NOT_BOTH.search(text)
    if said is None or text[said.end() :].strip(" ?.!"):
        return text, False
    bare = text[: said.start()]
    found = _EITHER.search(bare)
    if found is not None:
        return f"{bare[: found.start()]}both {found['one']} and {found['other']}", True
    found = _OR.match(bare)
    words = found["before"].split() if found is not None else []
    for size in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        one = " ".join(words[-size:])
        thing = re.sub(r"^(?:an?|the) ", "", one, flags=re.IGNORECASE)
        if found is not None and index.values.find(thing):
            return f"{' '.join(words[:-size])} both {one} and {found['other']}", True
    return text, False


def take_one_of_two(meaning: Meaning) -> None:
    """Of two things that were both to hold, keep those for which one alone does; a problem where there are no two."""
    held = [c for c in meaning.scope.conditions if isinstance(c, Nested) and c.kind == "exists"]
    twins = [c for c in held if any(_told(c) == _told(other) for other in held if other is not c)]
    if len(twins) != 2 or str(twins[0]) == str(twins[1]):
        meaning.problems.append("unclear:not both")
        return
    missing = [deepcopy(one) for one in twins]
    for one in missing:
        one.kind = "none"
    meaning.scope.conditions = [c for c in meaning.scope.conditions if not any(c is one for one in twins)]
    meaning.scope.conditions += [Either([*twins]), Either([*missing])]


def _told(nested: Nested) -> list[object]:
    """Of what a set of rows is told apart, without the values."""
    conditions = within(nested.scope.conditions)
    return [nested.scope.table, *sorted(str(c.column) for c in conditions if isinstance(c, Compare))]
