"""Two days of a row against each other: "booked and started on the same day", "delivered within 3 days of shipping"."""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.everyday.daywords import Pair, days_said, pairs_said
from agents.builtin.language.words import stem
from agents.builtin.linking.links import Linker
from agents.builtin.schema.choose import LATER, date_columns, is_planned
from agents.builtin.schema.graph import Schema

_DEED = r"[a-z]+(?: (?:date|day|out|in|back|up))?"
_WERE = r"(?:they |it |he |she |we )?(?:were |was |are |is |had been |have been |has been |being |got |the )?"
_N = r"(?P<many>an?|one|two|three|four|five|six|seven|ten|\d+) (?P<unit>days?|weeks?)"
_OVER = r"more than|over|at least|less than|fewer than|under|at most|exactly|no more than"
_TOGETHER = re.compile(
    rf"\b(?P<first>{_DEED}) and (?:were |was )?(?P<last>{_DEED}) (?:on |in )?(?:the |one and the )?(?:very )?same "
    rf"(?:day|date)\b",
    re.IGNORECASE,
)
_THE_DAY = re.compile(
    rf"\b(?P<last>{_DEED}) (?:on )?the (?:(?:very )?same (?:day|date)(?: as| that| when| on which)?|"
    rf"(?P<next>(?:very )?(?:next )?day after|(?:very )?day before)|day(?: that| on which)?) "
    rf"{_WERE}(?P<first>{_DEED})\b",
    re.IGNORECASE,
)
_SO_MANY = re.compile(
    rf"\b(?P<last>{_DEED}) (?:(?P<within>within|in under|in less than)|(?P<over>{_OVER}))? ?{_N} (?P<side>after|"
    rf"before|of|from) "
    rf"{_WERE}(?P<first>{_DEED})\b",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    rf"\b(?P<last>{_DEED}) (?P<within>within|in under|in less than|in|after) (?P<over>(?:{_OVER}) )?{_N}\b",
    re.IGNORECASE,
)
_SIDE = re.compile(rf"\b(?P<last>{_DEED}) (?P<side>before|after) {_WERE}(?P<first>{_DEED})\b", re.IGNORECASE)
_BETWEEN = re.compile(
    rf"\b(?:with |(?:that |which )?(?:had|have|has|took|took us) )(?P<over>{_OVER}) {_N} (?:between|from) (?:the "
    rf")?(?P<first>{_DEED}) "
    rf"(?:and|to|until) (?:the )?(?P<last>{_DEED})\b",
    re.IGNORECASE,
)
_MANY = {word: n for n, word in enumerate("one two three four five six seven eight nine ten".split(), 1)} | {
    "a": 1,
    "an": 1,
}
_LINKING = re.compile(
    r"(?:,? (?:that|which|who|where))?(?: (?:were|was|are|is|got|get|have been|has been|had been|did|do))?(?: (?:it|"
    r"they))?$",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:\bnot|\bnever|n't)\s*$", re.IGNORECASE)
_STOPS = re.compile(
    r"^\s*(?:$|[?.!,]|(?:by|per|in|for|of|and|with|from|since|during|on|at|last|this)\b)", re.IGNORECASE
)
Told = tuple[list[Pair], str]


def same_days(text: str, schema: Schema, linker: Linker) -> list[str]:
    """The question with two days of a row compared in so many days; empty where it compares none."""
    for pattern, told in _WAYS:
        found = pattern.search(text)
        if found is None or not _STOPS.match(text[found.end() :]) or _DENIED.search(text[: found.start()]):
            continue  # what was not done within 3 days may not have been done at all
        head = _LINKING.sub("", text[: found.start()].rstrip())
        spoken = {table for word in re.findall(r"[\w-]+", head.lower()) if (table := linker.table_of(word))}
        pairs, bound = told(found, schema, spoken)
        if pattern is _SIDE:
            made = [
                f"{head} with {p.last.name} {bound} {p.first.name}{text[found.end() :]}"
                for p in pairs
                if p.table in spoken
            ]
        else:
            made = [f"{head} with {pair.name} {bound}{text[found.end() :]}" for pair in pairs if pair.table in spoken]
        if made:
            return list(dict.fromkeys(made))
    return []


def _together(found: re.Match[str], schema: Schema, _spoken: set[str]) -> Told:
    return pairs_said(schema, found["first"], found["last"]), "0"


def _the_day(found: re.Match[str], schema: Schema, _spoken: set[str]) -> Told:
    following = (found["next"] or "").lower()
    if "before" in following:
        return pairs_said(schema, found["last"], found["first"]), "1"
    return pairs_said(schema, found["first"], found["last"]), "1" if following else "0"


def _so_many(found: re.Match[str], schema: Schema, _spoken: set[str]) -> Told:
    one, other = found["first"], found["last"]
    if found["side"].lower() == "before":
        one, other = other, one
    elif found["side"].lower() in {"of", "from"} and not found["within"]:
        return [], ""
    return pairs_said(schema, one, other), _bound(found)


def _within(found: re.Match[str], schema: Schema, spoken: set[str]) -> Told:
    """As in "delivered within 3 days": of the one day of the row that comes before."""
    if found["within"].lower() in {"in", "after"} and not found["over"]:
        return [], ""
    pairs = []
    for last, _ in days_said(schema, found["last"]):
        begun = [c for c in date_columns(schema, last.table) if c != last and not is_planned(c)]
        begun = [c for c in begun if not LATER & {stem(word) for word in c.words}]
        if last.table in spoken and LATER & {stem(word) for word in last.words}:
            pairs += [Pair(last.table, one, last) for one in begun]
    return pairs, _bound(found)


def _apart(found: re.Match[str], schema: Schema, _spoken: set[str]) -> Told:
    return pairs_said(schema, found["first"], found["last"]), _bound(found)


def _side(found: re.Match[str], schema: Schema, _spoken: set[str]) -> Told:
    return pairs_said(schema, found["first"], found["last"]), found["side"].lower()


def _bound(found: re.Match[str]) -> str:
    said = found["many"].lower()
    many = (_MANY.get(said) or int(said)) * (7 if found["unit"].lower().startswith("week") else 1)
    groups = found.groupdict()
    within, over = (groups.get("within") or "").lower(), (groups.get("over") or "").strip().lower()
    if within == "within" and not over:
        return f"between 0 and {many}"
    if within in {"in under", "in less than"} or over in {"less than", "fewer than", "under"}:
        return f"between 0 and {many - 1}"  # what came the other way round was not sooner
    if over in {"at most", "no more than"}:
        return f"between 0 and {many}"
    over = over.replace("exactly", "")
    return f"{over} {many}".strip()


_WAYS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Schema, set[str]], Told]], ...] = (
    (_BETWEEN, _apart),
    (_TOGETHER, _together),
    (_THE_DAY, _the_day),
    (_SO_MANY, _so_many),
    (_WITHIN, _within),
    (_SIDE, _side),
)
