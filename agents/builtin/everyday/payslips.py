"""What people are paid, as a register of a payroll has it: a row for each of them and each time, gross and net."""

from __future__ import annotations

import re

from agents.builtin.language.lexicon import PEOPLE
from agents.builtin.language.words import plural, stem
from agents.builtin.linking.links import Linker
from agents.builtin.schema.graph import Col, Schema

_REST = r"(?P<rest>(?: (?:in|for|during|since|this|last|so far|overall|in total|altogether)\b[^?]*)?)[ ?.!]*$"
_DEED = (
    r"(?P<deed>took home|takes home|take home|earned|earns|earn|made|makes|was paid|were paid|got "
    r"paid|is paid|gets paid)"
)
_MOST = re.compile(rf"^who (?:has |have )?{_DEED} (?:the )?(?P<most>most|least)(?: money)?{_REST}", re.IGNORECASE)
_BOUND = re.compile(
    rf"^who (?:has |have )?{_DEED} (?P<bound>more than|over|less than|under|at least|at most) (?P<number>[\d.,]+k?)"
    rf"(?: (?:euros?|dollars?|pounds?))?{_REST}",
    re.IGNORECASE,
)
_COST = re.compile(
    r"^(?:how much|what) (?:did|do|does|have|has) (?:the |our )?(?:payroll|wages|salaries|staff|employees|people)"
    rf"(?: (?:in|at) (?:the )?(?P<where>[\w-]+(?: [\w-]+)?))? cost(?: us)?{_REST}",
    re.IGNORECASE,
)
_COSTS_MOST = re.compile(
    rf"^(?:which|what) (?P<what>[\w-]+) costs? us (?:the )?(?P<most>most|least)(?: money)?{_REST}", re.IGNORECASE
)
_GOT = re.compile(
    r"^who (?:has |have |had )?(?:got|gotten|received|had|did|worked|was given|were given) (?:an? |any |some )?"
    rf"(?P<what>[\w-]+(?: [\w-]+)?){_REST}",
    re.IGNORECASE,
)
_LONGEST = re.compile(
    r"^who (?:has|have) (?:been (?:with us|here|employed|working (?:here|for us))|worked (?:here|for us)) "
    r"(?:for )?(?:the )?(?P<side>longest|shortest)(?: time)?[ ?.!]*$",
    re.IGNORECASE,
)
_HIRED = frozenset({"hire", "hired", "employed", "joined"})
_BY = re.compile(
    r"^who (?:gets|get|is|are|was) paid (?:by|in|via|with|through) (?P<what>[^?]+?)[ ?.!]*$", re.IGNORECASE
)


def payslips(text: str, table: str, schema: Schema, linker: Linker) -> list[str]:
    """The question in the words of the one table; nothing where its rows do not say what people are paid."""
    numbers = [one for one in schema.of(table) if one.kind == "number" and not one.is_id]
    gross = [one for one in numbers if {"gross", "pay"} <= set(one.words) or {"gross", "salary"} <= set(one.words)]
    net = [one for one in numbers if {"net", "pay"} <= set(one.words) or {"net", "salary"} <= set(one.words)]
    people = [
        one
        for one in schema.of(table)
        if one.kind == "text" and not one.is_id and PEOPLE & {stem(word) for word in one.words}
    ]
    if len(gross) != 1 or len(people) != 1:
        return []
    who = people[0].name
    found = _BY.match(text)
    if found is not None:
        held = [
            one for one in linker.values(found["what"], quoted=False, capital=False) if one.how in {"exact", "form"}
        ]
        return [f"{plural(who.lower())} with {held[0].column} {held[0].value}"] if len(held) == 1 else []
    return _told(text, who, schema, linker, gross, net)


def _told(text: str, who: str, schema: Schema, linker: Linker, gross: list[Col], net: list[Col]) -> list[str]:
    table = gross[0].table
    numbers = [one for one in schema.of(table) if one.kind == "number" and not one.is_id]
    found = _MOST.match(text)
    if found is not None:
        side = "highest" if found["most"].lower() == "most" else "lowest"
        return [
            f"which {who} has the {side} total {one.name}{found['rest']}" for one in _paid(found["deed"], gross, net)
        ]
    found = _BOUND.match(text)
    if found is not None:
        rest = re.sub(r"^ (?:in total|altogether|overall|so far)", "", found["rest"])
        bound = f"{found['bound']} {found['number']}"
        return [
            f"{plural(who.lower())} with total {one.name} {bound}{rest}" for one in _paid(found["deed"], gross, net)
        ]
    found = _COST.match(text)
    if found is not None:
        where = f" of {found['where']}" if found["where"] else ""
        return [f"total {gross[0].name}{where}{found['rest']}"]
    found = _COSTS_MOST.match(text)
    if found is not None:
        side = "highest" if found["most"].lower() == "most" else "lowest"
        what = re.sub(r"s$", "", found["what"])
        return [f"which {what} has the {side} total {gross[0].name}{found['rest']}, and how much"]
    found = _LONGEST.match(text)
    if found is not None:
        days = [one for one in schema.of(table) if one.kind == "date" and _HIRED & set(one.words)]
        side = "earliest" if found["side"].lower() == "longest" else "latest"
        return [f"{plural(who.lower())} with the {side} {days[0].name}"] if len(days) == 1 else []
    found = _GOT.match(text)
    if found is not None and not re.match(r"(?:no|the)\b", found["what"], re.IGNORECASE):
        links = [one for one in linker.phrase(tuple(found["what"].lower().split())) if one.kind == "column"]
        named = [schema.columns[one.ref] for one in links[:1] if schema.columns[one.ref] in numbers]
        return [f"{plural(who.lower())} with {one.name} over 0{found['rest']}" for one in named]
    return []


def _paid(deed: str, gross: list[Col], net: list[Col]) -> list[Col]:
    """What is taken home is net; what is earned may be either, which is asked where it differs."""
    return net if "home" in deed.lower() else [*gross, *net]
