"""Figures as owners ask for them: a typical day's takings, what a member brings in, by how much one is ahead.

Each turn is brought to words that questions are read in ("average total money per day"); it is left as it is where
the words in its place name no rows and no money.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agents.builtin.language.turns import during, is_time
from agents.builtin.language.words import stem
from agents.builtin.linking.money import speaks_of_money
from agents.builtin.schema.choose import ADDITIVE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agents.builtin.linking.links import Linker
    from agents.builtin.schema.graph import Col, Schema

_GRAINS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"}
_GRAINS["annual"] = "year"
_UNIT = r"(?P<unit>day|week|month|quarter|year)"
_AVERAGE = r"(?:average|mean|typical)"
_WE = r"(?:we|i|the (?:shop|firm|company|business))"
_DO = r"(?:do|did|have|has)"
_EARN = r"(?:take|took|taken|earn|earned|make|made|bring|brought|collect|collected|get|got)(?: in)?"
_MONEY = r"(?:spend|spending|revenue|income|takings|turnover|earnings|money)"
_WHERE = r"(?P<rest>(?:,? (?:in|for|during|since|from|by|of|at|on|last|this|with|without|excluding)\b[^?]*)?)[ ?.!]*$"

_BY_GRAIN = re.compile(
    rf"^(?P<lead>(?:what(?:'s| is| was| are| were) )?)(?:the |our |my )?(?:{_AVERAGE} (?P<a>{'|'.join(_GRAINS)})|"
    rf"(?P<b>{'|'.join(_GRAINS)}) {_AVERAGE}(?: of)?) (?P<what>[^?,]+?){_WHERE}",
    re.IGNORECASE,
)
_TAKEN = re.compile(
    rf"^(?:on average,? )?(?:how much|what)(?: money)? {_DO} {_WE} (?:usually |typically |normally )?{_EARN}\b"
    rf"(?P<said>[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_HAD = re.compile(
    rf"^(?:on average,? )?how many (?P<what>[\w-]+(?: [\w-]+)?) {_DO} {_WE} (?:usually |typically |normally )?"
    r"(?:have|get|got|had|do|see|make|take|sell|serve)\b(?P<said>[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_EACH_UNIT = re.compile(
    rf"^ (?:(?:on|in) (?:an?|the) {_AVERAGE} {_UNIT}|(?:per|a|each|every) (?P<unit2>day|week|month|quarter|year)"
    rf"(?P<avg>,? on average)?)(?P<rest>\b.*)$",
    re.IGNORECASE,
)
_SPENT_EACH = re.compile(
    rf"\b{_AVERAGE} (?P<money>{_MONEY}) (?:per|for each|for every|of each|by each) (?P<who>[\w-]+)", re.IGNORECASE
)
_BRINGS = re.compile(
    rf"^(?:on average,? )?(?:how much|what)(?: money)? (?:does|do|did) (?:an?|the {_AVERAGE}|the|each) "
    r"(?P<who>[\w-]+(?: [\w-]+)?) (?:bring in|bring us|earn us|make us|generate|give us|spend|pay)(?: with us| us)?"
    r"(?P<avg>,? on average)?[ ?.!]*$",
    re.IGNORECASE,
)
_SPENDER = re.compile(
    r"\b(?P<side>highest|biggest|top|lowest)(?P<number> \d+)?[- ]?"
    r"(?:(?:spending|paying|earning|grossing) (?P<who>[\w-]+)|(?:spender|payer)(?P<many>s?))\b",
    re.IGNORECASE,
)
_THE_MOST = re.compile(
    rf"^(?:on |in |at |from )?(?P<lead>which|what) (?P<what>[\w-]+(?: [\w-]+)?)(?: {_DO} {_WE} {_EARN}| "
    r"(?:bring|brings|brought|make|makes|made|earn|earns|earned|get|gets|got|take|takes|took)(?: us| in)*) (?:the )?"
    r"(?P<side>most|least)(?: money| revenue| income)?(?P<rest>(?: (?:in|during|for|since|last|this|from)\b[^?]*)?)"
    r"[ ?.!]*$",
    re.IGNORECASE,
)
_UNITS = r"(?:day|week|month|quarter|year|weekday)"
_TAKEN_OVER = re.compile(
    rf"^(?:in )?(?:(?:which|what) (?P<a>{_UNITS})s? {_DO} {_WE} {_EARN}|(?:(?:which|what) )?(?P<b>{_UNITS})s? "
    rf"(?:where|when|in which|that) {_WE} {_EARN}) "
    r"(?P<bound>(?:less|more|fewer) than|under|over|above|below|at least|at most)(?P<number> [^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_PAID_BY = re.compile(
    r"^what (?:did|has|have) (?P<who>(?!we\b|you\b|it\b|they\b|i\b)[^?,]+?) (?:pay|paid|spend|spent)(?: us)?"
    r"(?: in total| altogether| in all| so far)?(?P<rest>[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_TOTAL_PAID = re.compile(
    r"^(?:the )?total (?:paid|spent|earned|taken) (?:by|per|for) (?:each |every )?(?P<who>[\w-]+)\b(?P<rest>[^?]*)$",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"^(?:by )?how (?:much|far) (?:is|was|are|were) (?P<a>[^?,]+?) ahead of (?P<b>[^?,]+?)"
    r"(?P<rest>(?: (?:in|during|for|since|last|this)\b[^?]*)?)[ ?.!]*$",
    re.IGNORECASE,
)
_MORE_MONEY = re.compile(
    rf"^how much (?P<which>more|less)(?: (?P<what>(?!money\b)[\w-]+))? {_DO} {_WE} (?P<deed>[a-z]+) (?P<a>[^?,]+?) "
    r"than (?P<b>[^?,]+?)(?P<rest>(?:[,.?;] [^?]+)?)[ ?.!]*$",
    re.IGNORECASE,
)
_APART = re.compile(
    r"^(?:what(?:'s| is| was) )?(?:the )?(?:difference|gap) in (?P<what>[^?,]+?) between (?P<a>[^?,]+?) and "
    r"(?P<b>[^?,]+?)(?P<rest>(?: (?:in|during|for|since|last|this)\b[^?]*)?)[ ?.!]*$",
    re.IGNORECASE,
)
_BIGGER = re.compile(
    r"^(?:are|is|were|was) (?P<a>[\w-]+) (?P<what>[\w-]+) (?:bigger|larger|higher|smaller|lower) on average than "
    r"(?:the )?(?P<b>[\w-]+)(?: ones| (?P=what))?[ ?.!]*$",
    re.IGNORECASE,
)
_MORE_HERE = re.compile(
    r"^how many (?P<which>more|fewer|less) (?P<what>[\w-]+)(?: do we have| are there| are| have we)? "
    r"(?P<a>(?:in|at|on|from|with|by) [^?,]+?) than (?P<b>(?:in|at|on|from|with|by) [^?,]+?)"
    r"(?: do we have| are there)?[ ?.!]*$",
    re.IGNORECASE,
)
_MORE_OF = re.compile(
    r"^how many (?P<which>more|fewer|less) (?P<a>[\w-]+) (?P<what>[\w-]+)(?: do we have| are there| have we got)? than "
    r"(?P<b>[\w-]+)(?: (?P=what)| ones)?(?: do we have| are there| have we got)?[ ?.!]*$",
    re.IGNORECASE,
)
_HOW_MUCH_EACH = re.compile(
    rf"^how much (?:is it |do {_WE} get |do {_WE} make )?on average (?:per|for each|for an?|a) "
    r"(?P<what>[\w-]+)[ ?.!]*$",
    re.IGNORECASE,
)
_OF_EVERYTHING = re.compile(
    r"^(?P<what>[^?,]+?) as an? (?:percentage|percent|share|%) of (?:everything|it all|the whole|the total)[ ?.!]*$",
    re.IGNORECASE,
)
_AND_TOTAL = re.compile(
    r"\b(?P<count>number of|how many) (?P<what>[\w-]+) and (?:the |their )?total"
    r"(?= (?:by|per|for|in|of each)\b|[ ?.!]*$)",
    re.IGNORECASE,
)
_TOTAL_AND = re.compile(
    r"\b(?:the )?total and (?:the )?(?P<count>number of) (?P<what>[\w-]+)(?= (?:by|per|for|in|of each)\b|[ ?.!]*$)",
    re.IGNORECASE,
)
_FIGURE = r"(?:the |their |its )?(?:number of|how many|total|average) "
_WITH_FIGURES = re.compile(
    rf"^(?:list |show |give )?(?:the |our |all |each )?(?P<who>[\w-]+) with "
    rf"(?P<figures>{_FIGURE}[^?,]+? and {_FIGURE}[^?,]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_PAID = re.compile(r"\b(?P<and>and (?:the |their )?total) (?:paid|spent)(?= per\b| for each\b|[ ?.!]*$)", re.IGNORECASE)
_TWO_COUNTS = re.compile(
    r"^(?P<a>[\w-]+s) and (?P<b>[\w-]+s) (?P<per>per|for each|by) (?P<who>[\w-]+)[ ?.!]*$", re.IGNORECASE
)
_KEY_OF = re.compile(r"\b(?P<noun>[\w-]+) numbers of (?:the |our |all )?", re.IGNORECASE)
_AGED = re.compile(
    r"\b(?P<who>[\w-]+)(?: (?:who|that) are| aged)? "
    r"(?P<op>over|under|above|below|older than|younger than) (?:the age of )?"
    r"(?P<number>\d{2})(?= (?!(?:euros?|dollars?|pounds?|percent|days?|hours?|minutes?|kg|km)\b)|[ ?.!]*$)",
    re.IGNORECASE,
)
_OP = {"older than": "over", "younger than": "under"}


_SURE = 0.7


def typically(text: str, schema: Schema, linker: Linker, people: Sequence[str]) -> str:
    """The question with such turns in plainer words. ``people``: the tables of those who come from outside."""
    reworded = _spender(_by_grain(text, linker), people, linker)
    reworded = _compared(_had(reworded))
    for rewrite in (_numbers, _taken, _spent_each, _brings, _totals):
        reworded = rewrite(reworded, linker)
    return _aged(reworded, schema, linker)


def _flows(word: str) -> bool:
    """Whether the word says what comes in or goes out over time; an amount or a price is of one row."""
    return speaks_of_money(word) or stem(word) in ADDITIVE - _OF_ONE


_OF_ONE = frozenset(stem(word) for word in "amount cost total".split())


def _by_grain(text: str, linker: Linker) -> str:
    """As in "average daily takings", "monthly average of bookings"."""
    found = _BY_GRAIN.match(text)
    if found is None:
        return text
    unit, what = _GRAINS[(found["a"] or found["b"]).lower()], found["what"]
    rest = found["rest"].rstrip(" ?.!")
    if linker.table_of(what.lower()) and not speaks_of_money(what):
        return f"{found['lead']}average number of {what} per {unit}{rest}"
    if _flows(what.split()[-1]):
        return f"{found['lead']}average total {what} per {unit}{rest}"
    return text


def _each_unit(said: str) -> tuple[str, str] | None:
    """The unit of "on a typical day", "per day on average", and what is said behind it."""
    found = _EACH_UNIT.match(said)
    if found is None or (found["unit"] is None and found["avg"] is None):
        return None
    return (found["unit"] or found["unit2"]).lower(), found["rest"]


def _taken(text: str, linker: Linker) -> str:
    """As in "how much do we take on a typical day", "what did we take per day on average"."""
    found = _TAKEN.match(text)
    each = _each_unit(_average_said(text, found["said"])) if found is not None else None
    if each is not None:
        return f"average total money per {each[0]}{each[1]}"
    found = _THE_MOST.match(text)
    if found is not None and not linker.phrase(("earn",)):
        side = "highest" if found["side"].lower() == "most" else "lowest"
        return f"{found['lead']} {found['what']} has the {side} total money{found['rest']}"
    found = _TAKEN_OVER.match(text)
    if found is not None:
        unit = (found["a"] or found["b"]).lower()
        return f"{unit}s with total money {found['bound']}{found['number']}"
    return text


def _average_said(text: str, said: str) -> str:
    """The words behind the verb with "on average" at their end, where the sentence began with it."""
    return f"{said} on average" if text.lower().startswith("on average") and "average" not in said else said


def _had(text: str) -> str:
    """As in "how many bookings do we get on a typical day"."""
    found = _HAD.match(text)
    each = _each_unit(_average_said(text, found["said"])) if found is not None else None
    return f"average number of {found['what']} per {each[0]}{each[1]}" if found is not None and each else text


def _spent_each(text: str, linker: Linker) -> str:
    """As in "average spend per member": all that each one spent, and no average of single amounts."""
    found = _SPENT_EACH.search(text)
    if found is None or not linker.table_of(found["who"].lower()) or _is_called(found["money"], linker):
        return text
    return f"{text[: found.start()]}average total money per {found['who']}{text[found.end() :]}"


def _is_called(word: str, linker: Linker) -> bool:
    """Whether a column or a table is called so."""
    links = linker.phrase((word.lower(),))
    return bool(links) and links[0].how not in {"synonym", "money"}


def _brings(text: str, linker: Linker) -> str:
    found = _BRINGS.match(text)
    if found is not None and (found["avg"] or re.search(rf"\b{_AVERAGE}\b", text, re.IGNORECASE)):
        return f"average total money per {found['who']}"
    found = _PAID_BY.match(text)
    if found is not None and any(
        link.score >= _SURE for word in ("paid", "payment") for link in linker.phrase((word,))
    ):
        return f"total money from {found['who']}{found['rest']}"
    found = _TOTAL_PAID.match(text)
    if found is not None and linker.table_of(found["who"].lower()):
        return f"total money per {found['who']}{found['rest']}"
    found = _HOW_MUCH_EACH.match(text)
    if found is not None and linker.table_of(found["what"].lower()):
        return f"average money per {found['what']}"
    return text


def _spender(text: str, people: Sequence[str], linker: Linker) -> str:
    """As in "our highest spending member", "who is our biggest spender"; several are told in their order."""
    found = _SPENDER.search(text)
    if found is None:
        return text
    who = found["who"] or (people[0].replace("_", " ") if len(people) == 1 else "")
    if not who or (found["who"] and not linker.table_of(who.lower())):
        return text
    low, several = found["side"].lower() == "lowest", bool(found["many"]) or (found["who"] or "").endswith("s")
    before = re.sub(
        r"\b(?:who (?:is|are|was|were) (?:our |the )?|our |the )$", "", text[: found.start()], flags=re.IGNORECASE
    )
    if found["number"]:
        return f"{before}{'bottom' if low else 'top'}{found['number']} {who} by total money{text[found.end() :]}"
    if several and re.search(r"\d", before) is None:
        order = "lowest to highest" if low else "highest to lowest"
        return f"{before}total money per {who} from {order}{text[found.end() :]}"
    side = "lowest" if low else "highest"
    return f"{before}{who} with the {side} total money{text[found.end() :]}"


def _compared(text: str) -> str:
    found = _AHEAD.match(text)
    if found is not None:
        return f"difference between total money from {found['a']} and total money from {found['b']}{found['rest']}"
    found = _APART.match(text)
    if found is not None and not is_time(found["a"]) and not is_time(found["b"]):
        one, other = (f"{found['what']} of {found[side]}" for side in "ab")
        return f"difference between {one} and {other}{found['rest']}"
    found = _BIGGER.match(text)
    if found is not None:
        return f"average {found['what']} {found['a']} vs {found['b']}"
    found = _MORE_MONEY.match(text)
    if found is not None and is_time(found["a"]) and is_time(found["b"]):
        what = f"total {found['what']}" if found["what"] else f"total money of {found['deed']}s"
        one, other = _in_order(found["which"], during(found["a"]), during(found["b"]))
        return f"difference between {what} {one} and {what} {other}{found['rest']}"
    found = _MORE_HERE.match(text)
    if found is not None:
        one, other = _in_order(found["which"], f"{found['what']} {found['a']}", f"{found['what']} {found['b']}")
        return f"difference between number of {one} and number of {other}"
    found = _MORE_OF.match(text)
    if found is not None:
        one, other = _in_order(found["which"], f"{found['a']} {found['what']}", f"{found['b']} {found['what']}")
        return f"difference between number of {one} and number of {other}"
    found = _OF_EVERYTHING.match(text)
    return f"percentage of total {found['what']}" if found is not None else text


def _in_order(which: str, one: str, other: str) -> tuple[str, str]:
    return (one, other) if which.lower() == "more" else (other, one)


def _numbers(text: str, linker: Linker) -> str:
    """As in "the job numbers of finished hires": what each is called by, and no number of them."""
    found = _KEY_OF.search(text)
    links = linker.phrase((found["noun"].lower(), "number")) if found is not None else []
    called = {link.column for link in links if link.kind == "column" and _is_number_of(linker.schema.columns[link.ref])}
    if found is None or len(called) != 1:
        return text
    return f"{text[: found.start()]}{min(called)} of {text[found.end() :]}"


def _is_number_of(column: Col) -> bool:
    return len(column.words) > 1 and column.words[-1] in {"no", "nr", "number", "num"}


def _totals(text: str, linker: Linker) -> str:
    """As in "number of payments and total by method": the total is of money; "bookings and payments per member"."""
    text = _PAID.sub(lambda match: f"{match['and']} money", text)
    found = _WITH_FIGURES.match(text)
    if found is not None and linker.table_of(found["who"].lower()):
        figures = re.sub(r"\b(?:the|their|its) (?=number|how|total|average)", "", found["figures"], flags=re.IGNORECASE)
        return f"{figures.replace('how many', 'number of')} per {found['who']}"
    found = _TWO_COUNTS.match(text)
    if found is not None and all(linker.table_of(found[part].lower()) for part in ("a", "b", "who")):
        return f"number of {found['a']} and number of {found['b']} {found['per']} {found['who']}"
    for pattern in (_AND_TOTAL, _TOTAL_AND):
        found = pattern.search(text)
        if found is not None and linker.table_of(found["what"].lower()):
            both = f"{found['count']} {found['what']} and total money of {found['what']}"
            return f"{text[: found.start()]}{both}{text[found.end() :]}"
    return text


def _aged(text: str, schema: Schema, linker: Linker) -> str:
    """As in "members over 60", where those have one age and nothing else was said to be over it."""
    found = _AGED.search(text)
    table = linker.table_of(found["who"].lower()) if found is not None else ""
    ages = [column for column in schema.of(table) if column.core[-1:] == ("age",)] if table else []
    if found is None or len(ages) != 1 or table not in schema.tables:
        return text
    op = _OP.get(found["op"].lower(), found["op"])
    return f"{text[: found.start()]}{found['who']} with {ages[0].name} {op} {found['number']}{text[found.end() :]}"
