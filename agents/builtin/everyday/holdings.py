"""What one list holds of each of its rows: what is owed, when it runs out, whether it is let, who may be written to.

"Who is behind with the rent", "whose lease runs out in May", "which flats are empty", "how many people can I text" are
put in the words of the columns that say so.
"""

from __future__ import annotations

import re

from agents.builtin.language.lexicon import PEOPLE
from agents.builtin.language.words import plural, singular, stem
from agents.builtin.linking.links import Linker, is_flag
from agents.builtin.linking.parties import rows_noun
from agents.builtin.schema.choose import date_columns
from agents.builtin.schema.graph import Col, Schema
from agents.builtin.schema.references import holds_people

_DUE = frozenset("due owed owing outstanding arrears unpaid".split())
_ENDS = frozenset(stem(word) for word in "end ends expiry expires expire until renewal termination".split())
_NUMBERED = frozenset("unit room flat apartment suite plot bay berth".split())
_BEHIND = re.compile(
    r"^who (?:still )?(?:owes (?:us )?(?:any )?(?:money|rent|anything)|(?:is|are) (?:still "
    r")?(?:behind|late|in arrears|overdue)"
    r"(?: (?:with|on|in) (?:the |their |his |her )?[a-z]+)?|(?:has not|hasn't|have not|haven't) paid"
    r"(?: (?:us|yet|the rent|their rent|in full|up))*)[ ?.!]*$",
    re.IGNORECASE,
)
_OWED = re.compile(
    r"^how much (?:money |rent )?(?:are we|is|do (?:people|they|tenants|customers)|does everyone) (?:still )?"
    r"(?:owed?|outstanding|overdue|in arrears|due)(?: to)?(?: us)?(?P<how>(?: in total| altogether| overall)?|"
    r" (?:by|per|in) [^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_RUNS_OUT = re.compile(
    r"^(?:whose (?P<what>[\w-]+)|(?:which|what) (?P<rows>[\w-]+)) (?:runs? out|ends?|expires?|(?:is|"
    r"are) up|comes? to an end|"
    r"finish(?:es)?|(?:is|are) due for renewal) (?P<when>(?:in|within|this|next|before|after|by|"
    r"during|on|until)\b[^?]+?)"
    r"[ ?.!]*$",
    re.IGNORECASE,
)
_EMPTY = frozenset("empty vacant unlet void unoccupied".split())
_STANDS_EMPTY = re.compile(
    rf"^(?P<lead>which|what|how many) (?P<what>[\w-]+)(?: do we have)? (?:are|is|stand|stands)(?: "
    rf"(?:currently|still|now))? "
    rf"(?P<state>{'|'.join(sorted(_EMPTY))})(?P<rest>(?: (?:in|at) [^?]+?)?)[ ?.!]*$",
    re.IGNORECASE,
)
_GAVE = re.compile(
    r"^who (?:has |have |had )?(?:given|gave|handed in|is on|are on)(?: in)?(?: (?:his|her|their|us|a|the))? "
    r"(?P<what>[\w-]+)[ ?.!]*$",
    re.IGNORECASE,
)
_UNITS = re.compile(
    r"^(?P<lead>which|what|list(?: all)?|show(?: me)?(?: all)?|how many|number of)(?: of)?(?: (?:our|the))? "
    r"(?P<what>[a-z]+)\b(?P<rest>[^?]*)",
    re.IGNORECASE,
)
_CHANNELS = {
    "email": "email", "e-mail": "email", "mail": "email", "newsletter": "email", "newsletters": "email",
    "text": "sms", "text messages": "sms", "texts": "sms", "sms": "sms", "call": "phone", "phone": "phone",
    "phone calls": "phone", "calls": "phone", "post": "post", "letters": "post", "be emailed": "email",
    "be called": "phone", "be texted": "sms",
}  # fmt: skip
_CHANNEL = rf"(?:{'|'.join(sorted(map(re.escape, _CHANNELS), key=len, reverse=True))})"
_WHOM = r"(?P<lead>who(?:m)?|how many(?: (?:people|contacts|customers|subscribers|members|of them|clients))?)"
_MAY = re.compile(
    rf"^{_WHOM} (?:can|may|am|are) (?:i|we)(?: allowed to)? (?P<what>{_CHANNEL})(?P<rest>(?: (?:in|"
    rf"from) [^?]+?)?)[ ?.!]*$",
    re.IGNORECASE,
)
_AGREED = re.compile(
    rf"^{_WHOM} (?:have |has |had )?(?:agreed|consented|opted in|said yes|gave consent|given consent|"
    rf"agree) (?:to )?(?:get |"
    rf"getting |receive |receiving )?(?P<what>{_CHANNEL})(?: but not (?:to )?(?P<lacks>{_CHANNEL}))?"
    r"(?P<rest>(?: (?:in|from) [^?]+?)?)[ ?.!]*$",
    re.IGNORECASE,
)
_CONSENT = frozenset("consent permission optin opt marketing gdpr".split())
_NOBODY = re.compile(
    r"^(?P<lead>how many|which) (?P<what>[\w-]+) (?:(?:has|have|did|does) (?:nobody|no one|no-one|not anyone)(?: yet)? "
    r"(?P<deed>[a-z]+)|(?:have|has) no (?P<noun>[a-z]+)|(?:were|was|are|is) (?:never|not yet|not|still not) "
    r"(?P<deed2>[a-z]+))(?: yet)?[ ?.!]*$",
    re.IGNORECASE,
)
_SAME = (
    frozenset(stem(word) for word in "answer answered respond response responded reply replied".split()),
    frozenset(stem(word) for word in "solve solved resolve resolved close closed".split()),
)
_TAKES = re.compile(
    r"^(?:on average,? )?how (?:long|much time|fast|quickly) (?:(?:does|do|did) (?:it (?:usually "
    r")?take(?: (?:us|you|them))?|"
    r"(?P<each>each|every|an?|our|the) (?P<who>[a-z]+) (?:usually )?take|we(?: usually)?(?: take)?)|is it until we)"
    r"(?: to)? (?P<deed>[a-z]+)(?: (?:an?|the|our|each|every) (?P<what>[a-z]+)s?)?(?: on average)?"
    r"(?P<rest>(?: (?:by|per|for each|for|in|on|since|this|last) [^?]+?)?)(?: on average)?[ ?.!]*$",
    re.IGNORECASE,
)


def holdings(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table; nothing where it asks for none of these."""
    for form in (_owed, _run_out, _empty, _gave, _may, _nobody, _takes):
        found = form(text, table, schema, linker)
        if found:
            return found
    whole = _listed(_numbered(text, table, schema, linker), table, schema, linker)
    return [whole] if whole != text else []


def _people(table: str, schema: Schema) -> str:
    """Who the rows are about, in words: everyone on a list of people, else a column of people."""
    named = [one for one in schema.of(table) if one.kind == "text" and PEOPLE & {stem(word) for word in one.words}]
    if len(named) == 1:
        return plural(named[0].name.lower())
    return "everyone" if not named and holds_people(schema, table) else ""


def _owed(text: str, table: str, schema: Schema, _linker: Linker) -> list[str]:
    due = [one for one in schema.of(table) if one.kind == "number" and not one.is_id and _DUE & set(one.words)]
    who = _people(table, schema)
    if len(due) != 1:
        return []
    if _BEHIND.match(text) and who:
        return [f"{who} with {due[0].name} over 0"]
    found = _OWED.match(text)
    if found is None:
        return []
    grouped = found["how"] if re.match(r" (?:by|per|in)\b(?! total)", found["how"], re.IGNORECASE) else ""
    return [f"total {due[0].name}{grouped}"]


def _run_out(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    found = _RUNS_OUT.match(text)
    if found is None:
        return []
    days = [one for one in schema.of(table) if one.kind == "date" and _ENDS & {stem(word) for word in one.words}]
    if found["what"]:
        named = [one for one in days if stem(found["what"].lower()) in {stem(word) for word in one.words}]
        days = named or days
    who = _people(table, schema) if found["what"] else found["rows"]
    if found["rows"] and not linker.phrase((found["rows"].lower(),)):
        who = _people(table, schema)
    return [f"{who} with {days[0].name} {found['when']}"] if who and len(days) == 1 else []


def _empty(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "which flats are empty", where a state of theirs is called vacant."""
    found = _STANDS_EMPTY.match(text)
    if found is None:
        return []
    held = {
        (link.column, str(link.value))
        for word in sorted(_EMPTY)
        for link in linker.values(word, quoted=False, capital=False)
        if link.table == table and link.how == "exact"
    }
    if len(held) != 1:
        return []
    column, value = held.pop()
    parts = _parts(table, schema)
    if found["lead"].lower() == "how many":
        return [f"how many rows with {column} {value}{found['rest']}"]
    return [f"{' and '.join(parts)} with {column} {value}{found['rest']}"] if parts else []


def _gave(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    found, who = _GAVE.match(text), _people(table, schema)
    if found is None or not who:
        return []
    held = [link for link in linker.values(found["what"], quoted=False, capital=False) if link.how == "exact"]
    return [f"{who} with {held[0].column} {held[0].value}"] if len({link.ref for link in held}) == 1 else []


def _may(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "how many people can I text": who agreed to it, and is on the list still where a state says so."""
    found = _MAY.match(text) or _AGREED.match(text)
    if found is None:
        return []
    agreed = [one for one in schema.of(table) if _CONSENT & set(one.words) and is_flag(one)]
    said = found.groupdict()
    has = _channel(agreed, said["what"])
    lacks = _channel(agreed, said.get("lacks") or "")
    if has is None or (said.get("lacks") and lacks is None):
        return []
    many = said["lead"].lower().startswith("how many")
    who = "how many rows" if many else f"list {rows_noun(schema, table)}"
    with_it = f"{has.name}{f' but without {lacks.name}' if lacks is not None else ''}"
    plain = f"{who} with {with_it}{said['rest']}"
    still = [
        link
        for link in linker.values("subscribed", quoted=False, capital=False)
        if link.table == table and link.how == "exact"
    ]
    if _MAY.match(text) and len(still) == 1:
        return [f"{who} with {still[0].column} {still[0].value} and {with_it}{said['rest']}"]
    return [plain]


def _channel(agreed: list[Col], said: str) -> Col | None:
    wanted = _CHANNELS.get(said.lower(), "")
    found = [one for one in agreed if wanted and wanted in "".join(one.words)]
    return found[0] if len(found) == 1 else None


def _nobody(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "how many tickets has nobody answered": those where the column of that deed is empty."""
    found = _NOBODY.match(text)
    deed = (found["deed"] or found["deed2"] or "").lower() if found is not None else ""
    if found is None or not deed or linker.values(deed, quoted=False, capital=False):
        return []
    columns = _done(deed, table, schema, kinds=("text", "date"))
    columns = [one for one in columns if one.stats.filled < one.stats.rows]
    return [f"{found['lead']} {found['what']} without {columns[0].name}"] if len(columns) == 1 else []


def _takes(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """As in "how long does it take us to answer", "how long does each agent take to solve a ticket"."""
    found = _TAKES.match(text)
    days = date_columns(schema, table)
    if found is None or len(days) < 2:
        return []
    begins = [one for one in schema.of(table) if one.kind == "date" and _BEGUN & {stem(word) for word in one.words}]
    ends = [one for one in _done(found["deed"].lower(), table, schema, kinds=("date",)) if one not in begins]
    if len(begins) != 1 or len(ends) != 1:
        return []
    group = ""
    if (found["each"] or "").lower() in {"each", "every"}:
        links = [link for link in linker.phrase((found["who"].lower(),)) if link.kind == "column"]
        if not links:
            return []
        group = f" per {links[0].column}"
    return [f"average time from {begins[0].name} to {ends[0].name}{group}{found['rest']}"]


_BEGUN = frozenset(stem(word) for word in "created opened received requested submitted raised reported".split())


def _done(deed: str, table: str, schema: Schema, *, kinds: tuple[str, ...]) -> list[Col]:
    """The columns that say of a row when, or by whom, that was done."""
    alike = {stem(deed), *(word for words in _SAME if stem(deed) in words for word in words)}
    found = []
    for one in schema.of(table):
        said = {stem(word) for word in one.words}
        agent = any(word.removesuffix("ee").removesuffix("e") == stem(deed).removesuffix("e") for word in one.words)
        if one.kind in kinds and (said & alike or agent):
            found.append(one)
    return found


def _parts(table: str, schema: Schema) -> list[str]:
    """How rows are called that are told by a number within a place: the place and the number."""
    columns = schema.of(table)
    for place, one in enumerate(columns):
        if place and _NUMBERED & set(one.words) and one.kind in {"text", "number"} and not one.unique:
            before = columns[place - 1]
            if before.kind == "text" and not before.unique and one.stats.filled == one.stats.rows:
                return [before.name, one.name]
    return []


_ON_LIST = re.compile(r"\b(?:subscribers|contacts|recipients)\b", re.IGNORECASE)


def _listed(text: str, table: str, schema: Schema, linker: Linker) -> str:
    """As in "subscribers per country" of a mailing list: those of its rows that are subscribed."""
    found = _ON_LIST.search(text)
    if found is None or not holds_people(schema, table) or linker.phrase((found[0].lower(),)):
        return text
    state = singular(found[0].lower()).replace("subscriber", "subscribed")
    held = [link for link in linker.values(state, quoted=False, capital=False) if link.how == "exact"]
    if state == "subscribed" and len(held) != 1:
        return text
    rows = rows_noun(schema, table)
    plain = re.sub(r" (?:do|have) we have\b| we have\b", "", text[found.end() :])
    return f"{text[: found.start()]}{rows}{f' with {held[0].column} {held[0].value}' if held else ''}{plain}"


def _numbered(text: str, table: str, schema: Schema, linker: Linker) -> str:
    """As in "which units are let": unit 01 of one house is not that of another, so each row is a unit of its own."""
    parts, found = _parts(table, schema), _UNITS.match(text)
    if not parts or found is None:
        return text
    links = linker.phrase((found["what"].lower(),))
    words = {stem(word) for word in schema.columns[table, parts[1]].words}
    called = stem(found["what"].lower()) in words or (bool(links) and links[0].column == parts[1])
    if not called or singular(found["what"].lower()) == found["what"].lower():
        return text
    if found["lead"].lower() in {"how many", "number of"}:
        return f"{found['lead']} rows{found['rest']}"
    said = re.sub(r"^ (?:are|is|have|has)\b", " with", found["rest"])
    return f"{parts[0]} and {parts[1]}{said}"
