"""How definitions are worded: arithmetic in words, conditions, what does not count and what is listed with nothing."""

from __future__ import annotations

import re

_ARITHMETIC_WORDS = (
    (r",?\s*\bdivided by\b", " / "),
    (r",?\s*\b(?:multiplied by|times)\b", " * "),
    (r",?\s*\bminus\b|\bless the\b|\bnet of\b(?: the\b)?", " - "),
    (r",?\s*\bplus\b", " + "),
)
_DAYS = re.compile(
    r"\b(?:the )?(?:number of )?days (?:between|from) (?:the )?(?P<a>.+?) (?:and|to|until|till) (?:the )?"
    r"(?P<b>[^,;/*]+?)(?=\s*(?:[,;/*]|$))",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:[\w' -]+ )?\((?P<name>\w+)\)")
_LEFT_OUT = re.compile(
    r"^(?P<what>.+?)\s+(?:are|is|were)?\s*(?:left out|excluded|not counted|not included|ignored|do not count|"
    r"don't count|does not count|must not be counted)(?: in .*)?$",
    re.IGNORECASE,
)
_ONLY = re.compile(r"^only (?P<what>.+?) (?:count|counts|are counted|are included|matter)$", re.IGNORECASE)
_USE = re.compile(r"^(?:use|count|take|consider) only (?P<what>.+)$|^use (?P<also>(?:[a-z]+ed) \w+)$", re.IGNORECASE)
_WITH_NOTHING = re.compile(
    r"\b(?:without|with no)\b.*\b(?:0|zero|too|as well|included|listed|shown)\b|\b(?:list|include|show|return)\b.*"
    r"\b(?:even|also) (?:if|those|the ones)\b|\bincluding (?:those|the ones|all)?\s*(?:with(?:out)?|zero|0|none)\b",
    re.IGNORECASE,
)
_NONE_TOO = re.compile(
    r"\s*[,;(]?\s*\b(?:also |even )?(?:including|incl\.?) (?:the |those |all |any )?"
    r"(?:[\w-]+ ){0,4}?(?:with(?:out)?|never|no|not|none|zero|nothing)\b[^,.;?!()]*[)]?",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:is|are|was|were|not|has|have|before|after|empty|null|above|below|over|under|more|less|than|at least|"
    r"at most)\b",
    re.IGNORECASE,
)


def arithmetic(body: str) -> str:
    """Arithmetic in words as arithmetic in signs: "A divided by B" is "A / B", "days from A to B" is "(B - A)"."""
    body = _DAYS.sub(lambda m: f"({_name(m['b'])} - {_name(m['a'])})", body)
    for pattern, sign in _ARITHMETIC_WORDS:
        body = re.sub(pattern, sign, body, flags=re.IGNORECASE)
    return re.sub(r"\s+", " ", body).strip()


def _name(text: str) -> str:
    """As in "pick-up (pu_dt)": the name as the data has it."""
    found = _NAMED.fullmatch(text.strip())
    return found["name"] if found else text.strip()


def excluded(sentence: str) -> str | None:
    """What a sentence says does not count: "Cancelled shipments do not count"."""
    found = _LEFT_OUT.match(sentence)
    if found is None or re.search(r"\b(?:without|with no)\b", found["what"], re.IGNORECASE):
        return None
    return found["what"]


def only(sentence: str) -> str | None:
    """What alone counts: "Only done visits count", "Use completed bookings"."""
    found = _ONLY.match(sentence)
    if found is not None:
        return found["what"]
    used = _USE.match(sentence)
    return (used["what"] or used["also"]) if used is not None else None


def counts_nothing_too(sentence: str) -> bool:
    """Whether those that have none are listed with 0."""
    return _WITH_NOTHING.search(sentence) is not None


def nothing_too(text: str) -> tuple[str, bool]:
    """The text without "including those with none", "incl. rooms never used", and whether it was there."""
    found = _NONE_TOO.search(text)
    if found is None or "incl" not in found[0].lower():
        return text, False
    return (text[: found.start()] + text[found.end() :]).strip(), True


_EACH = re.compile(r"\b(?:each|every|per|by)\b", re.IGNORECASE)
_NONE_OUT = re.compile(
    r"\s*[.,;(]?\s*\b(?:skip|leave out|leave aside|ignore|omit|excluding|exclude|without listing) "
    r"(?:those|the ones|ones|any|all|[\w-]+)(?: (?:that|who|which))? (?:without|with no|have no|had none|with none)"
    r"(?: (?:any|one|none|[\w-]+))?[)]?(?=\s*[.?!]?\s*$)",
    re.IGNORECASE,
)


def nothing_out(text: str) -> str:
    """The text without "skip those without any" where something is told for each: groups have rows anyway."""
    found = _NONE_OUT.search(text)
    return text[: found.start()].strip() if found is not None and _EACH.search(text[: found.start()]) else text


def is_condition(body: str) -> bool:
    """Whether a definition says when something holds, and not what it is computed from."""
    return bool(_CONDITION.search(body)) and not re.search(
        r"\b(?:sum|number|count|average|total|rank|ratio|percentage|share|median|who|that|which)\b|[*/+]|\s-\s",
        body,
        re.IGNORECASE,
    )
