"""One amount less another: "total fees minus what drivers cost us", "the price less what has been paid on them"."""

from __future__ import annotations

import re

from agents.builtin.language.words import singular, stem
from agents.builtin.linking.links import Linker
from agents.builtin.linking.parties import spoken
from agents.builtin.schema.choose import main_measure
from agents.builtin.schema.graph import Schema

_LESS = (
    r"(?:minus|less|net of|after (?:deducting|subtracting|taking off|taking away)|without(?= what\b)|and take away|"
    r"and subtract|reduced by)"
)
_TOLD = re.compile(
    rf"^(?:(?:for |of )?(?:all )?(?:the |our )?(?P<lead>[^,:?]+?)[,:] )?(?:what (?:is|was|are|were) |what's |"
    rf"how much (?:is|are) )?"
    rf"(?P<first>(?:the |our )?(?:total|sum|totals|amount)\b[^,:?]*?|[^,:?]+?),? {_LESS} (?P<last>[^?]+?)[ ?.!]*$",
    re.IGNORECASE,
)
_ROWS = frozenset("of for on from in during since per by".split())
_COSTS = re.compile(
    r"^what (?:the |our |we pay (?:the |our )?)?(?P<who>[\w-]+) (?:cost|costs|charge|charges|charged|take|got|"
    r"get|are paid|were paid)"
    r"(?: us)?(?P<rest>\b.*)?$",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"^(?:what|whatever|all that)(?:'s| is| was| has| have| had| they| we| customers| clients)*(?: already| "
    r"been| so far)* "
    r"(?P<deed>paid|received|refunded|returned|invoiced|billed)(?: back)?(?: (?:on|for|against|to|towards) "
    r"(?:them|it|those|these|each))?"
    r"(?: so far| already| to date| yet)*(?P<rest>\b.*)?$",
    re.IGNORECASE,
)
_SUMMED = re.compile(r"^(?:the |our )?(?:total|sum|totals)(?: of)? (?:the |our |all )?(?P<what>.+)$", re.IGNORECASE)


def differences(text: str, schema: Schema, linker: Linker) -> str:
    """The question for one total less another, with the rows that both are of at its end; as it is without these."""
    found = _TOLD.match(text)
    if found is None or re.search(r"\b(?:percent|percentage|share|ratio)\b|%", text, re.IGNORECASE):
        return text
    lead = (found["lead"] or "").strip()
    first, behind = _apart(found["first"], schema, linker)
    last, rest = _apart(found["last"], schema, linker)
    if not first or not last or first == last or (behind and (rest or lead)) or (lead and rest):
        return text
    rows = behind or rest or (f"of {lead}" if lead else "")
    return f"difference between {first} and {last} {rows}".strip()


def _apart(said: str, schema: Schema, linker: Linker) -> tuple[str, str]:
    """What is added up, and of which rows, as it was said; nothing where no amount is called so."""
    cost = _COSTS.match(said)
    if cost is not None:
        noun = singular(cost["who"].lower())
        pair = next(
            (
                ("total " + " ".join(two))
                for two in ((noun, "cost"), (noun, "fee"), (noun, "pay"))
                if _amount(two, linker)
            ),
            "",
        )
        return pair, (cost["rest"] or "").strip()
    paid = _PAID.match(said)
    if paid is not None:
        return _paid(paid["deed"], schema), (paid["rest"] or "").strip()
    plain = _SUMMED.match(said)
    what = plain["what"] if plain is not None else re.sub(r"^(?:the |our |all )+", "", said)
    words = tuple(what.lower().split())
    if _amount(words, linker):
        return f"total {what}", ""
    for place, word in enumerate(what.split()):
        head, rest = what.split()[:place], what.split()[place:]
        if word.lower() in _ROWS and _amount(tuple(one.lower() for one in head), linker):
            return f"total {' '.join(head)}", " ".join(rest)
    return "", ""


def _amount(words: tuple[str, ...], linker: Linker) -> bool:
    """Whether one column of numbers is called so."""
    links = linker.phrase(words)
    column = linker.schema.columns.get(links[0].ref) if links and links[0].kind == "column" else None
    return column is not None and column.kind == "number" and not column.is_id and links[0].score >= _SURE


_SURE = 0.85


def _paid(deed: str, schema: Schema) -> str:
    """What was paid, as the one column or the one table of it tells; nothing where several do, or none."""
    root = {stem(deed.lower()), *({stem("payment")} if deed.lower() == "paid" else set())}
    columns = [
        c
        for c in schema.columns.values()
        if c.kind == "number"
        and not c.is_id
        and c.table not in schema.roles
        and root & {stem(word) for word in c.words}
    ]
    tables = [
        table
        for table, words in schema.tables.items()
        if table not in schema.roles
        and any(stem(word) in root for word in words)
        and main_measure(schema, table) is not None
    ]
    if len(columns) == 1 and not tables:
        return f"total {columns[0].name}"
    if len(tables) == 1 and not columns:
        measure = main_measure(schema, tables[0])
        assert measure is not None
        return f"total {measure[1]} of {spoken(schema, tables[0])}"
    return ""
