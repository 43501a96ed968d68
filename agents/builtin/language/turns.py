"""Turns of questions: how many more, the difference between two times, when each one last did something."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.language.lexicon import synonyms
from agents.builtin.language.words import stem

_OF_YEAR = r"(?: (?:of )?(?:19|20)\d\d)?"
_TIME = (
    r"(?:(?:in|during|for|of) )?(?:the )?(?:(?:first|second|third|fourth|1st|2nd|3rd|4th|last) (?:half|quarter)"
    rf"{_OF_YEAR}|[qh][1-4]{_OF_YEAR}|(?:[a-z]+ )?(?:19|20)\d\d|(?:this|last|previous) (?:month|quarter|year|week)|"
    r"january|february|march|april|may|june|july|august|september|october|november|december)"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MORE = re.compile(
    rf"^how many more (?P<what>.+?) (?P<a>{_TIME})(?P<rest>[^?.]*?) than (?P<b>{_TIME})\s*[?.]*$", re.IGNORECASE
)
_BETWEEN = re.compile(
    rf"^(?:what (?:is|was) )?(?:the )?(?:difference|change) in (?P<what>.+?) (?:between|from) (?P<a>{_TIME}) "
    rf"(?:and|to) (?P<b>{_TIME})"
    r"(?P<rest>[^?.]*?)\s*[?.]*$",
    re.IGNORECASE,
)
_DIFFER = re.compile(
    rf"^by how much did (?P<what>.+?) (?P<a>{_TIME}) (?:differ|change)d? from (?P<b>{_TIME})(?P<rest>[^?.]*?)\s*[?.]*$",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(
    r"\bhow (?:long|many days) (?:does it|do they|did it|do we|does this|is it) (?:take|need)?\s*"
    r"(?:on average|usually)?\s*(?=from|between)",
    re.IGNORECASE,
)
_AVERAGE_TIME = re.compile(
    r"\baverage (?:time|duration|delay|number of days passed|gap)(?: in days)? (?=from|between)", re.IGNORECASE
)
_LAST = r"(?P<last>last|latest|most recent(?:ly)?|first|earliest)"
_WHEN = r"(?:when|(?:on |at )?(?:which|what) (?:date|day))"
_EACH_LAST = (
    re.compile(
        rf"^(?:for|of) (?:each|every|all) (?:of )?(?:our |the )?(?P<who>[^,?]+?)"
        rf"(?: (?:who|that) (?:has|have) (?:ever )?(?P<done>[a-z]+ed))?, {_WHEN} "
        rf"(?:was|is|were|did) (?:their|its|his or her|his|her|the) {_LAST} "
        r"(?P<what>[^?.,;]+)(?P<rest>[^?.]*)[?.]*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^{_WHEN} (?:was|is|were) (?:each|every) (?P<who>[\w ]+?)(?:'s|s') {_LAST} (?P<what>[^?.,;]+)"
        r"(?P<rest>[^?.]*)[?.]*$",
        re.IGNORECASE,
    ),
    re.compile(
        rf"^{_WHEN} did (?:each|every) (?P<who>[\w ]+?) {_LAST} (?P<what>[a-z]+)(?P<rest>(?: (?:in|at|from|during|on)"
        r"[^?.]*)?)[?.]*$",
        re.IGNORECASE,
    ),
)
_BARE_DEED = re.compile(
    r" (?:made|placed|done|held|taken|happen(?:ed)?|take place|took place|recorded)$", re.IGNORECASE
)


def turned(text: str) -> str:
    """The question in a plainer turn; as it is where none of these fits."""
    for pattern in (_MORE, _BETWEEN, _DIFFER):
        found = pattern.match(text)
        if found is not None:
            return _difference(found, counted=pattern is _MORE)
    for pattern in _EACH_LAST:
        found = pattern.match(text)
        if found is None or re.search(r"\bwho|that\b", found["what"]):
            continue
        what, done = _BARE_DEED.sub("", found["what"].strip()), found.groupdict().get("done")
        if done and not _same_deed(done, what):
            continue
        last = re.sub(r"^most recently$", "most recent", found["last"].lower())
        return f"{last} {what} date per {found['who'].strip()}{found['rest']}"
    often = _HOW_OFTEN.match(text)
    if often is not None:
        return f"how often {often['deed']} per {often['what'].strip()}{often['rest']}"
    text = _HOW_LONG.sub("average number of days ", text)
    return _AVERAGE_TIME.sub("average number of days ", text)


_HOW_OFTEN = re.compile(
    r"^how (?:often|frequently|many times) (?:was|were|is|are|has|have|did|does|do|had) (?:each|every) "
    r"(?:of (?:our|the) )?(?P<what>[^?.,]+?) (?:been |get |got |gets |do )?(?P<deed>[a-z]+)"
    r"(?P<rest>(?: (?:in|at|from|during|on|by|since|last|"
    r"this|for)\b[^?.]*)?)\s*[?.]*$",
    re.IGNORECASE,
)


_LAST_DEED = re.compile(
    rf"^{_WHEN} did (?:each|every) (?P<who>[\w ]+?) {_LAST} (?P<deed>[a-z]+) (?:an?|any|the|from|some) (?P<what>[a-z]+)"
    r"(?: (?:in|done|out|off|over))?(?P<rest>(?: (?:in|at|from|during|on) [^?.]*)?)[ ?.]*$",
    re.IGNORECASE,
)


def last_deed(text: str, names: Callable[[str], bool]) -> str:
    """As in "when did each client last hire a boat": the day of the deed if something is called so, else the thing's.

    ``names`` says whether rows or days are called by a word.
    """
    found = _LAST_DEED.match(text)
    if found is None:
        return text
    day = found["deed"] if names(found["deed"].lower()) else found["what"]
    return f"{found['last']} {day} date per {found['who'].strip()}{found['rest']}"


def _same_deed(done: str, what: str) -> bool:
    """As in "who has booked ... their last booking": that there is one is said twice."""
    one = stem(done.lower())
    return any(one == stem(word) or stem(word) in synonyms(one) for word in what.lower().split())


def _difference(found: re.Match[str], *, counted: bool) -> str:
    """One figure for each of two times, the second one's year that of the first where it has none of its own."""
    first, second = found["a"].strip(), found["b"].strip()
    year = _YEAR.search(first)
    if year is not None and _YEAR.search(second) is None and re.search(r"half|quarter|q[1-4]|h[12]|[a-z]+$", second):
        second = f"{second} of {year[0]}" if "half" in second or "quarter" in second else f"{second} {year[0]}"
    what = f"number of {found['what']}" if counted else found["what"]
    one, other = (during(time) for time in (first, second))
    rest = found["rest"].rstrip()
    before, after = _YEAR.search(first), _YEAR.search(second)
    if not counted and before is not None and after is not None and before[0] < after[0]:
        one, other = other, one  # a change is what is there later, less what was there before
    return f"difference between {what} {one} and {what} {other}{rest}"


def is_time(said: str) -> bool:
    """Whether the words are a time and nothing else: "May 2023", "last year", "the second half"."""
    return re.fullmatch(_TIME, said.strip(), re.IGNORECASE) is not None


def during(time: str) -> str:
    """A time with its preposition."""
    return time if re.match(r"(?:in|during|for|of)\b", time, re.IGNORECASE) else f"in {time}"
