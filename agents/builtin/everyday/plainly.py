"""Everyday turns of owners, brought to the words of questions: "busiest weekday", "how heavy is the average cat".

Some say nothing of the rows that are meant, as "who has not been in since March"; where rows of several tables may
be, there is a wording for each of them, and which one is meant is for the person to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agents.builtin.everyday.callings import called
from agents.builtin.everyday.comings import how_often
from agents.builtin.everyday.differences import differences
from agents.builtin.everyday.duplicates import duplicates
from agents.builtin.everyday.everything import everything
from agents.builtin.everyday.flatly import by_kind, flatly
from agents.builtin.everyday.membership import membership
from agents.builtin.everyday.oneday import on_one_day
from agents.builtin.everyday.persons import with_people
from agents.builtin.everyday.turnout import turnout
from agents.builtin.everyday.typical import typically
from agents.builtin.linking.links import Linker
from agents.builtin.linking.mentions import mentioned
from agents.builtin.linking.parties import happenings, public, spoken
from agents.builtin.schema.choose import date_columns, says_when
from agents.builtin.schema.graph import Schema
from agents.builtin.schema.index import Index
from agents.builtin.schema.products import AT_HAND

_UNIT = r"(?P<unit>weekday|day of (?:the )?week|day|week|month|quarter|year|hour|time of (?:the )?day)"
_BUSY = r"(?P<busy>busiest|quietest|slowest|calmest)"
_FEW = frozenset({"quietest", "slowest", "calmest"})
_OURS = r"(?:the |our |my )?"
_IS = r"(?:'s| is| was| are| were)"
_USUALLY = r"(?: usually| normally| typically| generally)?"
_BUSIEST = (
    re.compile(
        rf"^(?:which|what)(?:{_IS} {_OURS}| ){_UNIT}{_IS}{_USUALLY} {_OURS}{_BUSY}(?P<rest>\b.*)$", re.IGNORECASE
    ),
    re.compile(
        rf"^(?:(?:which|what|when)(?:{_IS}){_USUALLY} )?{_OURS}{_BUSY} {_UNIT}(?P<rest>\b(?!s\b).*)$",
        re.IGNORECASE,
    ),
)
_HOW_AVERAGE = re.compile(
    r"^how (?P<how>long|old|heavy|tall|big|large|expensive|high|far|deep|wide) (?:is|was|are|were) (?:the |an |our )?"
    r"(?P<agg>average|median|typical|mean) (?P<what>.+?)[ ?.!]*$",
    re.IGNORECASE,
)
_ON_AVERAGE = re.compile(
    r"^how (?P<how>long|old|heavy|tall|big|large|expensive|high|far|deep|wide) (?:is|was|are|were|does|do|did) "
    r"(?:the |an? |our )?(?P<what>[^?]+?)(?: take| last| takes| lasts)? (?P<agg>on average)(?P<rest>[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
NOUN_OF = {
    "long": "length",
    "old": "age",
    "heavy": "weight",
    "tall": "height",
    "high": "height",
    "big": "size",
    "large": "size",
    "expensive": "price",
    "far": "distance",
    "deep": "depth",
    "wide": "width",
}
_TAKES = re.compile(
    r"^(?:on average,? )?how many (?P<unit>days|hours) (?:does|do|did) (?:an?|the|our) (?P<what>[\w-]+) "
    r"(?:take|last|stay)(?: on average)?[ ?.!]*$",
    re.IGNORECASE,
)
_STATE = r"(?P<state>open|outstanding|unpaid|pending|overdue|due|unsettled)"
_HOW_MUCH_OPEN = re.compile(
    rf"^how much (?:money )?(?:is|was|do we have|have we got)(?: there)?(?: still| currently| yet)* {_STATE}"
    r"(?: still| yet| now)*(?P<rest>\b[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_BY_SPENDING = re.compile(
    r"\bby (?:what|how much)(?: money)? (?:they|he|she|it|each) (?:have |has |had |did )?(?:spent|spend|paid|pay|"
    r"brought in|bring in|brought us|bring us)\b|\bby (?:spend|spending|total spend)\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    rf"^(?:who|which of {_OURS}(?P<of>[\w-]+)|(?:which|what) (?P<which>[\w-]+)|(?P<plain>[\w-]+) (?:who|that)) "
    r"(?:has not|have not|hasn't|haven't|did not|didn't|has never|have never|never) "
    r"(?:been (?:in|here|back|around|with us|to us|to see us|seen)|(?:come|came)(?: in| back| by| around)?|"
    r"visited(?: us)?|shown up|returned|been active)\b(?: again| anymore| any more)?"
    r"(?P<rest>(?: (?:since|in|for|this|last|during|after|over|within)\b[^?]*)?)[ ?.!]*$",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"^how (?:did|does|do) (?P<what>.+?) (?P<first>(?:in|of|for|this|last)\b[^?]*?) compare (?:to|with|against) "
    r"(?:that in |those in |that of |the |it did in )?(?P<second>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_DO_WE_MOST = re.compile(
    r"^(?P<lead>which|what) (?P<what>[\w-]+(?: [\w-]+)?) (?:do|did) we (?P<deed>[a-z]+) (?:the )?"
    r"(?P<side>most|least)(?: often| frequently)?(?P<rest>\b[^?]*?)[ ?.!]*$",
    re.IGNORECASE,
)
_EARNED = re.compile(
    r"^what (?:did|do|have|has) (?:we|i|the (?:shop|firm|company|business)) (?:take|taken|earn|earned|make|made|"
    r"bring in|brought in|collect|collected|get|got)(?: in(?= (?:in|on|from|during|at|since|this|last)\b|[ ?]*$))?\b"
    r"(?P<rest>[^?]*)[?]?$",
    re.IGNORECASE,
)
_WHO_SO_MANY = re.compile(
    r"^who (?:has |have |had )?(?:had|has|have|made|placed|done|did|got|been to|brought in|put in|"
    r"filed|raised|submitted|logged|lodged|sent in|handed in)? ?"
    r"(?P<many>(?:more than|at least|over|exactly|fewer than|less than|at most)? ?"
    r"(?:\d+|one|two|three|four|five|six|ten)\b(?: or more)? [^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_LONGEST_OURS = re.compile(
    r"^(?:who|which (?P<which>[\w-]+)) (?:has|have) been (?:our|a|an|with us as an?) ?(?P<what>[\w-]+)?(?: with us)? "
    r"(?:for )?(?:the )?longest[ ?.!]*$",
    re.IGNORECASE,
)
_NEXT = re.compile(r"^when (?:is|are) (?:our |the )?next (?P<what>[^?]+?)[ ?.!]*$", re.IGNORECASE)
_SOLD_OUT = re.compile(
    r"\b(?:(?:that|which) (?:are|is) |are |is |currently )?(?:out of stock|sold out)\b", re.IGNORECASE
)


def wordings(text: str, index: Index, linker: Linker) -> list[str]:
    """The question in plainer words, once for each sort of rows that it may be about; at least one."""
    plain, schema = text.strip(), index.schema
    told = by_kind(plain, schema, linker)
    if told:
        return told
    plain = differences(called(mentioned(plain, linker), schema, linker), schema, linker)
    plain = typically(plain, schema, linker, public(schema))
    for rewrite in (_how_average, _open_money, _spending, _compared, _earned, _sold_out(schema)):
        plain = rewrite(plain)
    flat = flatly(plain, schema, linker)
    if flat:
        return flat
    alike = duplicates(plain, schema, linker)
    named = [] if alike else with_people(plain, schema, linker)
    if named:
        return [one for text in named for one in wordings(text, index, linker)]
    for several in (
        everything,
        turnout,
        membership,
        on_one_day,
        how_often,
        _busiest,
        _absent,
        _most_often,
        _who_so_many,
        _longest_ours,
        _next,
    ):
        found = alike or several(plain, schema, linker)
        if found:
            return found
    return [plain]


def _how_average(text: str) -> str:
    found = _HOW_AVERAGE.match(text)
    if found is not None:
        agg = "median" if found["agg"].lower() == "median" else "average"
        return f"{agg} {NOUN_OF[found['how'].lower()]} of {found['what']}"
    found = _TAKES.match(text)
    if found is not None:
        return f"average length of {found['what']} in {found['unit']}"
    found = _ON_AVERAGE.match(text)
    if found is not None:
        return f"average {NOUN_OF[found['how'].lower()]} of {found['what']}{found['rest']}"
    return text


def _open_money(text: str) -> str:
    found = _HOW_MUCH_OPEN.match(text)
    return f"how much money is {found['state']}{found['rest']}" if found is not None else text


def _spending(text: str) -> str:
    return _BY_SPENDING.sub("by total money", text)


def _compared(text: str) -> str:
    found = _COMPARE.match(text)
    return f"{found['what']} {found['first']} vs {found['second']}" if found is not None else text


def _earned(text: str) -> str:
    found = _EARNED.match(text)
    return f"total money{found['rest']}" if found is not None else text


def _sold_out(schema: Schema) -> Callable[[str], str]:
    """As in "medicines that are out of stock": of which the one number of pieces at hand is nothing."""

    def rewrite(text: str) -> str:
        held = [
            column
            for column in schema.columns.values()
            if column.kind == "number"
            and not column.is_id
            and column.table not in schema.roles
            and AT_HAND & set(column.words)
        ]
        return _SOLD_OUT.sub(f"with {held[0].name} 0", text) if len(held) == 1 else text

    return rewrite


def _busiest(text: str, schema: Schema, linker: Linker) -> list[str]:
    found = next((match for pattern in _BUSIEST if (match := pattern.match(text))), None)
    if found is None:
        return []
    unit = found["unit"].lower()
    unit = "hour" if unit.startswith("time") else "weekday" if unit.startswith("day of") else unit
    most = "fewest" if found["busy"].lower() in _FEW else "most"
    rest = found["rest"].rstrip(" ?.!")
    # "The busiest month for repairs" says itself what there is much of.
    said = re.match(
        r"\s+(?:for|by|in terms of|of) (?:the |our )?(?:number of )?(?P<what>[a-z][\w-]*)(?P<more>.*)$",
        rest,
        re.IGNORECASE,
    )
    if said is not None and linker.table_of(said["what"].lower()):
        return [f"which {unit} has the {most} {said['what']}{said['more']}"]
    timed = [table for table in happenings(schema) if unit != "hour" or date_columns(schema, table)[0].has_time]
    return [f"which {unit} has the {most} {spoken(schema, table)}{rest}" for table in timed]


def _absent(text: str, schema: Schema, linker: Linker) -> list[str]:
    found = _ABSENT.match(text)
    if found is None:
        return []
    noun = found["of"] or found["which"] or found["plain"]
    if noun:
        who = linker.table_of(noun.lower())
        tables = [who] if who else []
    else:
        tables = public(schema)
    return [
        f"{spoken(schema, who)} without {spoken(schema, event)}{found['rest']}"
        for who in tables
        for event in happenings(schema)
        if event != who and schema.owns(event, who)
    ]


def _who_so_many(text: str, schema: Schema, _linker: Linker) -> list[str]:
    """As in "who had 3 or more orders": people of the one table that holds those who come from outside."""
    found, who = _WHO_SO_MANY.match(text), public(schema)
    return [f"{spoken(schema, who[0])} with {found['many'].strip()}"] if found is not None and len(who) == 1 else []


def _longest_ours(text: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "who has been our client the longest": since the earliest day."""
    found = _LONGEST_OURS.match(text)
    noun = (found["which"] or found["what"] or "") if found is not None else ""
    table = linker.table_of(noun.lower()) if noun else ""
    days = date_columns(schema, table) if table else []
    return [f"{spoken(schema, table)} with the earliest {days[0].name}"] if days else []


def _next(text: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "when is our next delivery": the earliest day from today on."""
    found = _NEXT.match(text)
    noun = re.findall(r"[\w-]+", found["what"].lower()) if found is not None else []
    table = next((one for word in reversed(noun) if (one := linker.table_of(word))), "")
    days = [c for c in date_columns(schema, table) if says_when(schema, c)] if table else []
    return [f"earliest {day.name} of {found['what']} from today on" for day in days] if found is not None else []


def _most_often(text: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "which medicine do we prescribe most": that with the most prescriptions."""
    found = _DO_WE_MOST.match(text)
    if found is None:
        return []
    table = next((link.table for link in linker.phrase((found["deed"].lower(),)) if link.kind == "table"), "")
    if not table:
        return []
    side = "most" if found["side"].lower() == "most" else "fewest"
    return [f"{found['lead']} {found['what']} has the {side} {spoken(schema, table)}{found['rest']}"]
