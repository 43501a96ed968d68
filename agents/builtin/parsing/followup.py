"""Follow-ups: "and by region?", "only 2025", "what about Italy?" are completed from the question before."""

from __future__ import annotations

import re
from datetime import date

from agents.builtin.language.periods import find_periods
from agents.builtin.language.words import LONGEST_REQUEST, tokenise
from agents.builtin.linking.links import Linker
from agents.builtin.linking.tags import Tag, tag
from agents.contract import Turn

_LEAD = re.compile(
    r"^\s*(?:no\b[,.]?\s*)?(?:and|but|ok(?:ay)?|now|then|so|also|same|the same|just|please)?[,:]?\s*"
    r"(?:(?:what|how) about|and|only|just|same (?:thing )?(?:but )?(?:for|in|with)?|the same (?:for|"
    r"in|with)?|instead|now|show (?:it|this|that|them|me)?|"
    r"split (?:it|this|that)?|break (?:it|this|that) down|group (?:it|this|that|them)?|make (?:it|that))?\s*",
    re.IGNORECASE,
)
_OUT = re.compile(
    r"^(?P<lead>\s*(?:and|but|now|please|(?:can|could|would)\s+you)?\s*)(?:leave\s+out|skip|ignore|drop|exclude)\s+(?:the\s+)?",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"[,;]?\s*(?:and\s+)?(?:then\s+)?(?:save|write|export|store|put)\s+(?:it|this|that|them|the\s+result)\s+"
    r"(?:as|to|in|into)\s+[\w-]+\.\w+\s*$",
    re.IGNORECASE,
)
"""What a plan wished beside its figures; a question that goes on from it asks for the figures alone."""
_ASKS = re.compile(
    r"^\s*(?:how many|how much|what (?:is|are|was|were)|which|who|when|where|list|show me the|give me the)\b",
    re.IGNORECASE,
)


_INSTEAD = re.compile(r"^(?P<group>(?:by|per|for\s+each)\b.*?)\s+instead$", re.IGNORECASE)
_GROUPED = re.compile(
    r"\s+(?:by|per|for\s+each|for\s+every)\s+[\w ]+?"
    r"(?=$|[,;]|\s+(?:in|for|only|from|excluding|without|since|between|before|after|where|with|top|that|who)\b)",
    re.IGNORECASE,
)
_LEFT_OUT = re.compile(
    r"\b(?:excluding|without|except|not|no|other\s+than|leave\s+out|leaving\s+out)\W+(?:\w+\W+)?$", re.IGNORECASE
)
_EXCLUDES = re.compile(r"^(?:excluding|without|except)\b", re.IGNORECASE)
_LAST_EXCLUDES = re.compile(r"\b(?:excluding|without|except)\s+(?:the\s+)?\w+(?:\s+and\s+\w+)*$", re.IGNORECASE)
_TOO = re.compile(r"\s+(?:too|as\s+well|also)$", re.IGNORECASE)
_KINDS = re.compile(
    r"^(?:in|for|from|by|per|with|without|excluding|except|of|on|since|before|after|between|over|under|top|last|this"
    r"|where|who|that)\b",
    re.IGNORECASE,
)


def complete(text: str, history: tuple[Turn, ...], linker: Linker, today: date) -> str:
    """The question in full: as it is when it stands alone, else the one before with what this one changes.

    What earlier follow-ups changed stays: "only 2025", then "and by month?" are the months of 2025.
    """
    whole, *changes = _since_last_question(history)
    if not whole or not is_fragment(text):
        return text
    base = _WISH.sub("", whole.strip().rstrip("?.! "))
    for said in (*changes, text):
        changed = _changed(base, said, linker, today)
        if changed is None and said is text:
            return text
        base = changed or base
    return base


def _changed(base: str, said: str, linker: Linker, today: date) -> str | None:
    """A whole question with what a fragment changes in it; None where it names nothing."""
    fragment = _LEAD.sub("", _OUT.sub(r"\g<lead>excluding ", said, count=1), count=1).strip(" ?.!")
    fragment = _TOO.sub("", fragment)
    if not fragment:
        return None
    other = _INSTEAD.match(fragment)
    if other:
        return f"{_GROUPED.sub('', base)} {other['group']}"
    if find_periods(fragment, today):
        base = _without_periods(base, today)
    for new in tag(fragment, linker, today) if not _EXCLUDES.match(fragment) else ():
        if new.links and new.links[0].kind == "value":
            replaced = _replaced(base, new, linker, today)
            if replaced is not None:
                return (
                    replaced
                    if new.text.lower() == fragment.lower() or _only_prefixed(fragment, new)
                    else f"{replaced} {fragment}"
                )
    further = _EXCLUDES.match(fragment)
    if further and _LAST_EXCLUDES.search(base):
        return f"{base} and {fragment[further.end() :].strip()}"
    joined = fragment if _KINDS.match(fragment) or find_periods(fragment, today) else f"for {fragment}"
    return f"{base} {joined}"


def _since_last_question(history: tuple[Turn, ...]) -> list[str]:
    """The latest earlier request that was itself a whole question, and the fragments after it; [""] without one."""
    said: list[str] = []
    for turn in reversed(history):
        if not turn.request or len(turn.request) > LONGEST_REQUEST:
            continue
        said.append(turn.request)
        if not is_fragment(turn.request):
            return said[::-1]
    return [""]


def is_fragment(text: str) -> bool:
    """Whether a question goes on with the one before."""
    if _ASKS.match(text):
        return bool(re.match(r"^\s*(?:and\s+)?(?:what|how) about\b", text, re.IGNORECASE))
    words = re.findall(r"\w+", text)
    starts = re.match(
        (
            r"^\s*(?:and|but|no(?=,)|only|just|leave out|skip|ignore|exclude"
            r"|(?:can|could|would) you (?:leave out|exclude)|what about|how about"
            r"|same|the same|instead|by|per|for|in|excluding|"
            r"without|split|break|now|then|since|last|this|top|on|before|after|between|over|under)\b"
        ),
        text,
        re.IGNORECASE,
    )
    return bool(starts) and len(words) <= 9


def _without_periods(text: str, today: date) -> str:
    for period in reversed(find_periods(text, today)):
        text = text[: period.span[0]] + text[period.span[1] :]
    return " ".join(text.split())


def _replaced(base: str, new: Tag, linker: Linker, today: date) -> str | None:
    """The earlier question with the new value in the place of one of the same column; None when there is none."""
    columns = {link.ref for link in new.links if link.kind == "value"}
    tokens = tokenise(base)
    for old in tag(base, linker, today):
        if (
            old.links
            and old.links[0].kind == "value"
            and columns & {link.ref for link in old.links if link.kind == "value"}
        ):
            start, end = tokens[old.start].start, tokens[old.end - 1].end
            left_out = _LEFT_OUT.search(base[:start])
            if left_out and old.text.casefold() == new.text.casefold():
                # "Without cancelled", then "only cancelled": the one takes the other back.
                return f"{base[: left_out.start()].rstrip()}{base[end:]} {new.text}".strip()
            if left_out:
                continue  # What is left out is no value in whose place another comes.
            return f"{base[:start]}{new.text}{base[end:]}"
    return None


def _only_prefixed(fragment: str, new: Tag) -> bool:
    return (
        re.fullmatch(rf"(?:in|for|from|of|with|on)\s+(?:the\s+)?{re.escape(new.text)}", fragment, re.IGNORECASE)
        is not None
    )
