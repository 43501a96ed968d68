"""Late: by how many days what was planned for a day was done after it, "3 days late", "how late on average"."""

from __future__ import annotations

import re

from agents.builtin.everyday.daywords import Pair, days_said
from agents.builtin.linking.links import Linker
from agents.builtin.schema.choose import due_days
from agents.builtin.schema.graph import Schema

_AVERAGE = r"(?:on average|usually|typically|normally)"
_HOW_LATE = re.compile(
    rf"^(?:on average,? )?(?:by )?how (?:many days )?late (?:{_AVERAGE} )?(?:do|did|does|are|were|is|was) (?:the |our "
    rf"|an? )?"
    rf"(?P<what>[\w-]+(?: [\w-]+)?)(?: (?:delivered|done|completed|finished|arrive|arriving|come|get here|returned|"
    rf"back))?"
    rf"(?: {_AVERAGE})?(?P<rest>(?:,| (?:in|by|per|for|since|from|during|last|this|of)\b)[^?]*?)?[ ?.!]*$",
    re.IGNORECASE,
)
_DELAY = re.compile(
    r"^(?:what(?:'s| is| was) )?(?:the |our )?(?:average|mean) (?:delay|lateness) (?:of|for) (?:the |our "
    r")?(?P<what>[\w-]+(?: [\w-]+)?)"
    r"(?P<rest>(?:,| (?:in|by|per|since|from|during|last|this)\b)[^?]*?)?[ ?.!]*$",
    re.IGNORECASE,
)
_N = r"(?P<many>an?|one|two|three|four|five|six|seven|ten|\d+) (?P<unit>days?|weeks?)"
_SO_LATE = re.compile(
    r"(?: (?:were|was|are|is|that|which|arrived|came|in|delivered|done|completed|finished|returned|back))* "
    rf"(?:(?P<over>more than|over|at least|less than|under|at most|up to|exactly) )?{_N} (?:too )?(?P<side>late|"
    rf"early)\b",
    re.IGNORECASE,
)
_CAME = re.compile(
    r"\b(?:arrived|came|came in|got here|turned up|showed up|(?:were |was |got )?(?P<deed>came back|went out|"
    r"left|shipped|"
    r"sent|dispatched|delivered|handed in|finished|completed|done|returned|brought back|paid|paid back)) "
    r"(?P<how>late|early|on time|punctually|"
    r"(?P<side>after|before|past) (?:the |its |their )?(?:promised|due|agreed|planned|expected)(?: (?:date|day))?|"
    r"(?P<than>later|earlier) than (?:it was |they were |was |were |originally )?(?:promised|due|agreed|planned|"
    r"expected|"
    r"scheduled))(?= "
    r"|[,;?.!]|$)",
    re.IGNORECASE,
)
# What was never delivered late may not have been delivered at all.
_DENIED = re.compile(r"(?:\bnot|\bnever|n't)\s*$", re.IGNORECASE)
_MANY = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {
    "a": 1,
    "an": 1,
}


def lateness(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question by days between the one day that was planned and that on which it was done; empty without these.

    How late rows were may be said of those that were late, or of all, those in time with them: one wording for each.
    """
    found = _HOW_LATE.match(text) or _DELAY.match(text)
    if found is not None:
        pair = _due(schema, linker, found["what"])
        rest = found["rest"] or ""
        if pair is None:
            return []
        asked = f"average {pair.name} of {found['what']}"
        return [f"{asked} with {pair.name} over 0{rest}", f"{asked}{rest}"]
    found = _SO_LATE.search(text)
    if found is not None:
        pair = _due(schema, linker, text[: found.start()])
        if pair is None:
            return []
        turned = Pair(pair.table, pair.last, pair.first)
        name = pair.name if found["side"].lower() == "late" else turned.name
        said = found["many"].lower()
        many = (_MANY.get(said) or int(said)) * (7 if found["unit"].lower().startswith("week") else 1)
        over = (found["over"] or "").lower().replace("exactly", "").replace("up to", "at most")
        bound = f"{over} {many}".strip()
        if over in {"less than", "under", "at most"}:
            bound = f"between 1 and {many if over == 'at most' else many - 1}"  # what came in time is not late
        return [f"{text[: found.start()].rstrip()} with {name} {bound}{text[found.end() :]}"]
    found = _CAME.search(text)
    pair = _due(schema, linker, text[: found.start()]) if found is not None else None
    denied = found is not None and found["deed"] and _DENIED.search(text[: found.start()])
    if found is not None and pair is not None and not denied and _is_done(found["deed"], pair, schema):
        how = {"after": "late", "past": "late", "before": "early", "later": "late", "earlier": "early"}.get(
            (found["side"] or found["than"] or "").lower(), found["how"]
        )
        return [f"{text[: found.start()]}were {how}{text[found.end() :]}"]
    return []


def _is_done(deed: str | None, pair: Pair, schema: Schema) -> bool:
    """Whether what was done late is what was due: a boat that is due back does not go out late."""
    return deed in {None, "done"} or pair.last.ref in {day.ref for day, _ in days_said(schema, deed)}


def _due(schema: Schema, linker: Linker, said: str) -> Pair | None:
    """The day for which the rows that are spoken of were planned and that on which they were done, one of each."""
    for table in dict.fromkeys(linker.table_of(word) for word in re.findall(r"[\w-]+", said.lower())):
        days = due_days(schema, table)
        if days is not None:
            return Pair(table, *days)
    return None
