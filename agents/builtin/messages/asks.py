"""Where a sentence begins to ask: "my boss wants to know, so which ...", "I'd like to see how many ..."."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agents.builtin.messages.sentences import clauses

_LINK = (
    r"(?:(?:so|and|but|then|now|well|ok|okay|anyway|please|therefore|still|though|hence|thus|today|also)[,:]?\s+){0,2}"
)
_ASKED = (
    r"(?:(?:in|on|at|for|from|to|by|with|of|during|since|until) )?(?:the )?"
    r"(?:which|what|who|whose|whom|how|when|where)\b(?!ever)"
)
_WHETHER = r"(?:is|are|was|were|do|does|did|has|have|had)\b"
_ORDER = (
    r"(?:show|list|give|tell|name|find|compare|calculate|compute|work out|add up|rank|break down|look up|check)\b"
    r"(?! (?:those|these|them|it|that)\b)"
)
_FIGURES = r"(?:list|number|total|totals|names?|sum|count|average|overview|breakdown|figures?|amount|share|percentage)"
_KNOW = (
    r"(?:(?:i|we)(?:'d| would|'ll| will)? (?:really |just |only |also |quickly )?(?:like|love|want|need|wish|have|"
    r"am trying|"
    r"are trying)? ?to (?:know|see|find out|check|understand|learn|work out|hear)(?: about)?|"
    r"(?:can|could|would|will) (?:you|u) (?:please |quickly |maybe |kindly )?(?:tell|show|give|find|list|check|look up|"
    r"work out|let)(?: out)?(?: (?:me|us)(?: know)?)?(?: for (?:me|us))?|(?:do|would) you know|any idea|"
    r"(?:please |just )?(?:tell|let) (?:me|us)(?: know)?|(?:i|we)(?: was|'m| am| were|'re| are)? ?(?:just )?"
    r"(?:wonder(?:ing)?|curious(?: about)?|asking myself)|(?:i|we) wonder(?:ed)?)"
)
_NEED = (
    r"(?:(?:i|we)(?:'d| would)? (?:need|want|like)|(?:can|could|may) (?:i|we) (?:have|get|see)) (?:the |a )?"
    rf"(?={_FIGURES}\b)"
)
_START = re.compile(
    rf"{_LINK}(?:(?P<wish>{_KNOW},?\s+(?:if |whether )?)(?=(?:{_ASKED}|{_WHETHER}|the\b|our\b|all\b|about\b))|"
    rf"(?P<need>{_NEED})|"
    rf"(?P<asked>{_ASKED})|(?P<order>{_ORDER})|(?P<whether>{_WHETHER}))",
    re.IGNORECASE,
)
# "who" and "which" after a comma tell more of what stands before it.
_RELATIVE = re.compile(rf"{_LINK}(?:who|which|whose|when|where|what)\b", re.IGNORECASE)
_TAGS = re.compile(
    r"(?:right|isn't it|aren't they|don't you think|you know|ok|okay|any idea|is that (?:possible|right|ok)|"
    r"can you (?:see|tell|do|check) (?:that|it|this)|do you know|does that make sense|does it|is it|and you|"
    r"how are you(?: doing)?(?: today)?)\s*\?+$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Ask:
    """What stands ``before`` a question in its sentence, the question itself, and whether a question mark ends it."""

    before: str
    text: str
    marked: bool
    follows: bool = False
    """It follows from what stands before it, as in "he keeps asking, so how many are there"."""
    wished: bool = False
    """It is asked for in a statement, as "I wonder how many there are"."""


def is_tag(sentence: str) -> bool:
    """Whether a sentence asks nothing of the data: "right?", "any idea?"."""
    return _TAGS.fullmatch(sentence.strip()) is not None


def ask_in(sentence: str) -> Ask | None:
    """The question of a sentence; None where it asks nothing."""
    if is_tag(sentence):
        return None
    marked = sentence.rstrip(" )\"'").endswith("?")
    for number, (place, clause) in enumerate(clauses(sentence)):
        found = _START.match(clause)
        if found is None or (found["whether"] and not marked):
            continue
        mark = sentence[:place].rstrip()[-1:] if number else ""
        if mark == "," and not marked and _RELATIVE.match(clause):
            continue
        start = place + (found.end("wish") if found["wish"] else found.end("need") if found["need"] else _bare(found))
        wished = bool(found["wish"]) and not marked
        follows = re.match(r"so\b", clause, re.IGNORECASE) is not None
        return Ask(sentence[:place].strip(" ,;:(-\u2013\u2014"), sentence[start:].strip(), marked, follows, wished)
    led = re.match(r"(?P<before>[^?]*?)(?::|,? so:)\s+(?P<ask>[^?]+\??)$", sentence, re.IGNORECASE)
    if led is not None:
        return Ask(led["before"].strip(" ,"), led["ask"].strip(), marked)
    return Ask("", sentence, marked) if marked else None


def _bare(found: re.Match[str]) -> int:
    return min(found.start(name) for name in ("asked", "order", "whether") if found[name])
