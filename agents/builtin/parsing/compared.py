"""Two figures set against each other: "how much more by card than in cash", "by how many percent did sales grow"."""

from __future__ import annotations

import re

from agents.builtin.language.turns import during
from agents.builtin.meaning import CHANGE, Meaning, Out

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*"
_OF = r"(?:,? (?:of )?(?:(?:19|20)\d\d|this year|last year))"
_TIME = (
    rf"(?:(?:in|during|for) )?(?:the )?(?:{_MONTH}(?: ?(?:to|until|through|[-\u2013]) ?{_MONTH})?{_OF}?|(?:19|20)\d\d|"
    rf"(?:(?:first|second|third|fourth|last) (?:half|quarter)|[qh][1-4]){_OF}?|"
    r"(?:this|last|previous) (?:month|quarter|year|week))"
)
_PERCENT = r"(?: (?:in|by) (?:percent|per cent|%)| percentage-?wise| (?:in|as a) percentage)"
_MOVES = (
    r"(?:go|gone|went|move|moved|change|changed|grow|grown|rise|risen|fall|fallen|drop|dropped|increase|increased|"
    r"decrease|decreased|develop|developed)(?: (?:up or down|up|down))?"
)
_END = r"(?P<rest>(?:,? (?:excluding|without|for|by|per|in) [^?]*)?)\s*[?.]*$"
_JOINT = r"(?P<joint>,? (?:against|vs\.?|versus|compared (?:to|with)|over|to|and|until) )"
_TWO = rf"(?:(?:between|from) )?(?P<a>{_TIME}){_JOINT}(?P<b>{_TIME})(?:{_PERCENT})?{_END}"
_MOVED = re.compile(
    rf"^(?:by )?how (?:much )?(?:did|have|has) (?P<what>.+?) {_MOVES}(?:{_PERCENT})?,? {_TWO}", re.IGNORECASE
)
_CHANGE = re.compile(
    r"^(?:by )?(?:what (?:is|was) )?(?:the |what )?(?:percent(?:age)?|per cent|%)? ?"
    rf"(?:change|growth|increase|decrease) in (?P<what>.+?) {_TWO}",
    re.IGNORECASE,
)
_BY_WHAT = re.compile(
    rf"^by (?:what percent(?:age)?|how many percent) (?:did|have|has) (?P<what>.+?) {_MOVES} {_TWO}", re.IGNORECASE
)
_FLOW = re.compile(r"^(?:the |our )?(?:sales|takings|income)$", re.IGNORECASE)
_WE = r"(?:we|the (?:shop|firm|company|business))"
_BY = r"(?:by|in|from|through|via|with|on|at|for)"
_REST = (
    r"(?P<rest>(?:,? (?:in|during|since|for) (?:(?:19|20)\d\d|(?:this|last) \w+|[a-z]+ (?:19|20)\d\d))?"
    r"(?: excluding [^?]*)?)\s*[?.]*$"
)
_MORE_MONEY = re.compile(
    rf"^how much (?P<which>more|less)(?: money)? (?:did|do|have|has) {_WE} (?:take|taken|earn|earned|make|made|get|got|"
    rf"receive|received|collect|collected|bring in|brought in) (?P<a>{_BY} [^?,]+?) than (?P<b>{_BY} [^?,]+?){_REST}",
    re.IGNORECASE,
)
_MORE_OF = re.compile(
    r"^how many (?P<which>more|fewer) (?P<what>[a-z][\w-]*(?: [\w-]+)?) (?:did|do|does|has|have|had) (?P<a>[^?,]+?) "
    rf"(?:have|had|give|given|get|got|make|made|hold|held|do|done) than (?P<b>[^?,]+?){_REST}",
    re.IGNORECASE,
)
_PERCENT_SAID = re.compile(r"\b(?:percent(?:age)?|per cent)\b|%", re.IGNORECASE)


def compared(text: str, said: str) -> tuple[str, bool]:
    """The question as one for a difference, and whether it is to be in percent of the second figure.

    ``said`` are the person's own words, of which ``text`` is the plainer wording.
    """
    for pattern in (_BY_WHAT, _MOVED, _CHANGE):
        found = pattern.match(text)
        if found is None:
            continue
        joint = found["joint"].strip(" ,").lower()
        one, other = during(found["a"].strip()), during(found["b"].strip())
        if joint in {"to", "and", "until"}:
            one, other = other, one  # "from 2022 to 2023": what is there later comes first
        what = "total revenue" if _FLOW.match(found["what"]) else found["what"]
        percent = bool(_PERCENT_SAID.search(said)) and not _PERCENT_SAID.search(what)
        return f"difference between {what} {one} and {what} {other}{found['rest']}", percent
    found = _MORE_MONEY.match(text)
    if found is not None:
        one, other = (found["a"], found["b"]) if found["which"].lower() == "more" else (found["b"], found["a"])
        return f"difference between total money {one} and total money {other}{found['rest']}", False
    found = _MORE_OF.match(text)
    if found is not None:
        one, other = (found["a"], found["b"]) if found["which"].lower() == "more" else (found["b"], found["a"])
        what = f"number of {found['what']} of"
        return f"difference between {what} {one} and {what} {other}{found['rest']}", False
    return text, False


def in_percent(meaning: Meaning) -> None:
    """The one difference as a share of its second figure, in percent; a problem where there is none."""
    differences = [place for place, out in enumerate(meaning.outs) if out.kind == "difference"]
    if len(differences) != 1 or len(meaning.outs[differences[0]].parts) != 2:
        meaning.problems.append("unclear:in percent")
        return
    change = meaning.outs[differences[0]]
    share = Out("formula", func="/", parts=[change, change.parts[1]])
    meaning.outs[differences[0]] = Out("formula", func="*", parts=[share, Out("number", scale=100.0)], label=CHANGE)
    meaning.assumptions.append("the change is in percent of the earlier figure")
