"""What a message says of the rows that count: "leave the cancelled ones out", "only paid ones", "by date sent"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["without", "only", "day", "show", "too"]

_SMALL = re.compile(
    r"^(?:(?:please|pls|just|and|but|so|then|also|here|though|again|btw|oh|of course|in (?:this|that) case|"
    r"for (?:this|that)|"
    r"as always|as usual|obviously|naturally|note|important|remember)[,:]?\s+)+|"
    r"(?:[\s,]+(?:please|pls|though|here|for (?:this|that)(?: one)?|in (?:this|that)(?: case)?|of course|obviously|"
    r"thanks|"
    r"thank you|ok|okay|as always|as usual|i mean|if possible|if you can|too please))+$",
    re.IGNORECASE,
)
_X = r"(?:(?:the|any|all|all the|those|our|my) )?(?P<x>[^,;?!]+?)"
_LEFT = r"(?:out|aside|off|away|out of (?:it|this|that|the count))"
_NOT = (
    r"(?:do not|does not|don't|doesn't|dont|doesnt|should not|shouldn't|need not|needn't|must not|mustn't|never|"
    r"cannot|can't)"
)
_WITHOUT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:leave|leaving|keep|keeping|take|taking) {_X} {_LEFT}",
        rf"(?:leave|leaving|keep|keeping) {_LEFT} {_X}",
        (
            rf"(?:ignore|ignoring|skip|skipping|drop|omit|omitting|exclude|excluding|disregard|disregarding|"
            rf"forget(?: about)?) {_X}"
        ),
        (
            rf"(?:i|we|you)? ?(?:don't|do not|dont|needn't|need not|shouldn't|should not|without|not) (?:count|"
            rf"counting|include|including|"
            rf"consider|considering)(?: in)? {_X}"
        ),
        rf"(?:without|except(?: for)?|apart from|but not|not|minus|excl\.?) (?=the |any |those |all ){_X}",
        r"no (?P<x>[a-z-]+(?:ed|d|t|n|id|paid|open|void|shows?) [a-z]+)",
        rf"{_X} {_NOT} (?:count|matter|belong(?: in| there)?|be (?:counted|included))(?: in)?",
        (
            rf"{_X} (?:are |is |were |was |being )?(?:ignored|skipped|omitted|disregarded|excluded|left out|left aside|"
            rf"set aside|not counted|"
            rf"not included|aside)"
        ),
        r"(?P<x>(?:[\w'-]+ ){1,3}?[\w'-]+(?:ed|ones|s)) out",
        (
            rf"{_X} (?:you )?(?:can|may|should|could) (?:just |all )?(?:be )?(?:leave|left|stay|skip|skipped|ignore|"
            rf"ignored|omit|omitted|"
            rf"drop|dropped|go)(?: {_LEFT})?"
        ),
        (
            rf"{_X} (?:are|is|do|does)(?: not|n't) (?:of (?:any )?interest|interesting|relevant|interest (?:me|us)|"
            rf"wanted|needed)"
        ),
    )
)
_ONLY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"(?:only|just) (?:what(?:'s| is| was)|those (?:who|that|which) (?:are|were|"
            r"have been)(?: already)?) (?P<x>[^,;?!]+)"
        ),
        r"(?:only|just) (?:count|counting|take|include|use|look at|consider|those|the ones)? ?(?P<x>[^,;?!]+)",
        (
            r"(?:count|counting|take|include|use|consider|look at|i mean|we mean|i want|we want|i need|i'm only after|"
            r"it's)"
            r" (?:only|just) (?P<x>[^,;?!]+)"
        ),
        r"use (?P<x>[^,;?!]+)",
        r"(?:i|we) only (?:mean|want|need|count|care about|look at) (?P<x>[^,;?!]+)",
        rf"{_X} only",
        rf"only {_X} (?:count|matter|should count|are counted|are meant)",
    )
)
_DAY = re.compile(
    r"(?:(?:i|we) (?:go|went|mean|count|count it) by|go(?:ing)? by|count(?:ed|ing)?(?: it| them| that)? by|based on|"
    r"judged by|measured by|(?:i|we) mean by|by|use|using|it's|take) (?P<x>(?:the )?(?:day|date|time|month|"
    r"moment)\b[^,;?!]*|"
    r"when [^,;?!]+|(?:the )?(?:[\w'-]+ ){1,3}(?:date|day|time)|(?:the )?(?:date|day) (?:of )?[\w' -]+)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:with )?(?P<x>(?:[\w'-]+ ){0,3}[\w'-]+(?:,? and (?:[\w'-]+ ){0,2}[\w'-]+)?) (?:please|pls)", re.IGNORECASE
)
_SHOW = re.compile(
    r"(?:give|show|list|tell|add|include|name)(?: me| us)? (?:also )?(?P<x>(?:their|the|its|his|her|"
    r"both) [^,;?!]+?)(?: too| as well| also)?",
    re.IGNORECASE,
)
_TOO = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        (
            r"(?:with |and )?(?P<x>[^,;?!]+?) (?:(?:should |may |can |do |does |will |are |is |have to |must )?"
            r"(?:also |still )?"
            r"(?:be )?(?:count(?:s|ed)?|includ(?:e|ed)|stay(?:s)?(?: in)?|kept(?: in)?)(?: in)?)"
            r"(?: (?:too|as well|also|anyway|still|the same|here|in))*"
        ),
        (
            r"(?:include|including|incl\.?|count(?: in)?|keep(?: in)?) (?P<x>[^,;?!]+?)(?: (?:too|as well|also|anyway|"
            r"still|in))+"
        ),
        (
            r"(?P<x>any (?:status|state|kind|type|sort|stage)[^,;?!]*|all (?:statuses|states|kinds|of them))(?: (?:is|"
            r"are) (?:fine|ok|okay|good))?"
        ),
        (
            r"(?:over |for |of |in )?(?P<x>(?:the )?whole (?:time|period)|all (?:the )?time|all (?:the )?years)"
            r"(?: (?:that )?(?:we have|we've got|is)(?: on file| in there)?)?"
        ),
        (
            r"(?P<x>whatever [^,;?!]+|no matter [^,;?!]+|regardless of [^,;?!]+|"
            r"never mind (?:the )?(?:status|state)[^,;?!]*)"
        ),
        (
            r"(?P<x>(?:due|paid|delivered|sent|done|open|cancell?ed|returned|finished|shipped|"
            r"billed) or not(?: yet)?(?: \w+)?)"
        ),
    )
)
# Rows are left out, or alone kept, by what they are; "the rest" and "it" do not say.
_VAGUE = re.compile(
    r"(?:it|this|that|them|these|those|the rest|everything|anything|nothing|me|us|you|i|we)\b", re.IGNORECASE
)
# "All but not the first", "only if it rained" and "ties included" say more than which rows.
_TURNED = re.compile(
    r"(?<![\w-])(?:not|never|no|only|don't|doesn't|dont|doesnt|nor|if|unless|except|but|ties?)(?![\w-])", re.IGNORECASE
)
# "Lines where no shade is given" are those without a shade.
_UNSAID = re.compile(
    r"(?:where|that have|which have|with) no ((?:[\w-]+ ){0,2}?[\w-]+?)(?: (?:is|was|were|are|has been)(?: ever)? "
    r"(?:given|noted|recorded|written|known|set|there|filled in))?$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"\b(?:i|we|you|it|they|he|she|is|are|was|were|do|does|did|have|has|can|will|count|in|on|at|by|of|for|per|from|"
    r"to|the|only|no|not)\b",
    re.IGNORECASE,
)
_ANYTHING = re.compile(
    r"^(?:anything|everything|whatever|those|the ones|ones|any|all)(?: (?:that|which|who))? (?:was|were|is|are|got|"
    r"has been|have been) ",
    re.IGNORECASE,
)


_KINDS: tuple[tuple[Kind, tuple[re.Pattern[str], ...]], ...] = (
    ("without", _WITHOUT),
    ("only", _ONLY),
    ("too", _TOO),
)


@dataclass(frozen=True)
class Limit:
    """One such saying: which rows do not count (``without``), alone count (``only``), which ``day`` of theirs is "
    "meant, or
    that some are to be shown (``show``) beside, or
    that some count ``too``, which changes nothing where nothing leaves them out.
    """

    kind: Kind
    what: str
    said: str


def limits_in(sentence: str) -> list[Limit] | None:
    """What a sentence without a question says of the rows that count; None where a part of it says something else."""
    found: list[Limit] = []
    for part in _parts(sentence):
        one = limit_of(part)
        if one is None:
            return None
        found.append(one)
    return found


def limit_of(clause: str) -> Limit | None:
    """One clause, if all of it is such a saying."""
    said = clause.strip(" ,;.!()-\u2013\u2014")
    bare = _SMALL.sub("", _SMALL.sub("", said)).strip(" ,;.!")
    if re.match(r"(?:and |but )?(?:also|even) (?:the|those) ", said, re.IGNORECASE):
        return Limit("too", bare, said)
    for kind, patterns in _KINDS:
        for pattern in patterns:
            match = pattern.fullmatch(bare)
            if match is None:
                continue
            what = _UNSAID.sub(r"without \1", _ANYTHING.sub("", match["x"].strip()).strip())
            if _TURNED.search(what):
                continue
            if what and not _VAGUE.fullmatch(what):
                return Limit(kind, what, said)
    told = _NAMED.fullmatch(said)
    if told is not None and not _SENTENCE.search(told["x"]):
        return Limit("show", told["x"].strip(), said)
    shown = _SHOW.fullmatch(bare)
    if shown is not None:
        return Limit("show", shown["x"].strip(), said)
    dated = _DAY.fullmatch(bare)
    return Limit("day", dated["x"].strip(), said) if dated is not None else None


def _parts(sentence: str) -> list[str]:
    """Clauses of one sentence; "and" joins two only where both are such sayings."""
    parts = [one for one in re.split(r"\s*[;,:()]\s*|\s[-\u2013\u2014]\s", sentence.strip(" .!?")) if one.strip()]
    cut: list[str] = []
    for part in parts:
        halves = re.split(r"\s+(?:and|but)\s+", part)
        several = len(halves) > 1 and all(limit_of(half) for half in halves)
        cut += halves if several and (len(halves) == 2 or limit_of(part) is None) else [part]
    return cut
