"""What kind of turn a message is, told from its words and from what the conversation holds; no model is asked.

A message that could be a question is one: only an explicit wish makes, changes, approves or runs a plan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from agents.builtin.pipelines.reconcile.intent import Side, asks_to_reconcile
from agents.builtin.pipelines.reconcile.words import words_of
from agents.builtin.pipelines.schedule import find_timing

Route = Literal[
    "answer",
    "plan",
    "approve",
    "reject",
    "restore",
    "run",
    "why",
    "help",
    "docs",
    "pipelines",
    "runs",
    "connections",
    "greeting",
    "settle",
]
"""``settle`` answers the question that is open, ``docs`` is about the product, ``help`` asks what it can do."""

_END = r"\s*(?:please|pls|thanks|thank\s+you|now|then)?\s*[.!]*\s*$"
_APPROVE = re.compile(
    rf"^\s*(?:(?:yes|yep|yeah|ok(?:ay)?|sure|fine|good|great|perfect|looks?\s+good|lgtm)\s*[,.!]*\s*)*"
    rf"(?:i\s+)?(?:approved?(?:\s+(?:it|this|that|the\s+plan))?|go\s+ahead|do\s+it|ship\s+it"
    rf"|confirm(?:ed)?|make\s+it\s+so){_END}",
    re.IGNORECASE,
)
_YES = re.compile(
    rf"^\s*(?:yes|yep|yeah|ok(?:ay)?|sure|looks?\s+good|lgtm)(?:\s*,?\s*(?:yes|ok(?:ay)?))?{_END}", re.IGNORECASE
)
_REJECT = re.compile(
    rf"^\s*(?:no\s*[,.!]*\s*)?(?:no|reject(?:ed)?|discard|cancel|forget|drop|don['’]?t(?:\s+do)?"
    rf"|never\s*mind|not\s+now)"
    rf"(?:\s+(?:it|this|that|the\s+plan))?{_END}",
    re.IGNORECASE,
)
_RESTORE = re.compile(
    r"\b(?:put|set|change|turn|bring)\s+(?:it|this|that|everything|the\s+plan)\s+back\b"
    r"|^\s*(?:please\s+)?(?:undo|revert|roll\s*back)\b"
    r"|\b(?:like|as)\s+(?:it\s+was\s+)?before\b(?!\s+\d)|\b(?:restore|back\s+to)\s+the\s+(?:previous|last"
    r"|old|earlier|first|original)\s+(?:plan|version|one)\b",
    re.IGNORECASE,
)
_RUN = re.compile(
    r"^\s*(?:please\s+)?(?:run|start|execute|refresh|do)\s+(?:it|this|that|the\s+(?:plan|pipeline))"
    rf"(?:\s+(?:once|again|today))?{_END}",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"^\s*why\s*\??\s*$|^\s*(?:but\s+)?why\s+(?:is|are|was|were|do|does|did)\s+(?:that|this|it|these"
    r"|those|you)\b.{0,40}$"
    r"|^\s*how\s+(?:is|was|were|are|did\s+you|do\s+you|does)\s+(?:that|this|it|these|you)?\s*(?:figures?"
    r"|numbers?|plan)?\s*"
    r"(?:calculated?|computed?|made|worked?\s+out|work(?:s)?(?:\s+out)?|get|come|know)\b.{0,40}$"
    r"|^\s*where\s+(?:do|does|did)\s+(?:that|this|it|these|those|the)(?:\s+(?:figures?|numbers?))?\s+come\s+from\b"
    r"|^\s*(?:please\s+)?explain(?:\s+(?:that|this|it|the\s+(?:plan|figures?|numbers?|answer|result)))?\s*[.?!]*\s*$",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"^\s*(?:help|\?|what\s+can\s+(?:you|i)\s+(?:do|ask)(?:\s+(?:here|for\s+me))?|who\s+are\s+you|what\s+is\s+this)"
    r"\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_DOCS = re.compile(
    r"^\s*how\s+(?:do|can|would|should)\s+(?:i|we|you|one)\b|^\s*(?:can|do|does)\s+(?:you|it"
    r"|dreflow\w*)\s+(?:connect|read|support|work|import|handle|send|export|integrate)\b"
    r"|^\s*(?:which|what)\s+(?:connectors?|databases?|file\s+(?:types?|formats?)|formats?|charts?|steps?"
    r"|systems?)\s+(?:do|can|does|are)\s+(?:you|it|there|supported)\b"
    r"|^\s*what\s+(?:is|does|are)\s+an?\s+(?:pipeline|approval|spec|digest|proof|connector|connection"
    r"|schedule|definition|check|quarantine|workspace)\b"
    r"|^\s*what\s+happens\s+(?:if|when)\b|^\s*where\s+(?:are|is"
    r"|do\s+you\s+keep)\s+(?:my\s+)?(?:passwords?|secrets?|files?|data)\b",
    re.IGNORECASE,
)
_PLAINLY: tuple[tuple[Route, re.Pattern[str]], ...] = (
    ("restore", _RESTORE),
    ("run", _RUN),
    ("why", _WHY),
    ("help", _HELP),
    ("docs", _DOCS),
)
_LEAD = (
    r"^\s*(?:please\s+)?(?:(?:show|list|give|tell)\s+(?:me\s+)?|what\s+(?:are\s+)?|which\s+(?:are\s+)?)?(?:all\s+)?(?:of\s+)?"
    r"(?:my|our|the)?\s*(?:saved\s+|last\s+|latest\s+|recent\s+)?"
)
_TAIL = r"(?:\s+(?:do\s+(?:i|we)\s+have|are\s+there|exist))?\s*[?.!]*\s*$"
_LISTS: tuple[tuple[Route, re.Pattern[str]], ...] = (
    ("pipelines", re.compile(rf"{_LEAD}(?:pipelines?|plans?|schedules?|automations?){_TAIL}", re.IGNORECASE)),
    ("runs", re.compile(rf"{_LEAD}(?:runs?|history){_TAIL}", re.IGNORECASE)),
    ("connections", re.compile(rf"{_LEAD}(?:connections?|sources?|data\s+sources?){_TAIL}", re.IGNORECASE)),
)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|ciao|hola|hallo|bonjour|good\s+(?:morning|afternoon|evening|day)|thanks?"
    r"|thank\s+you|thx|great|nice|cool|perfect|ok(?:ay)?)"
    r"(?:\s+(?:there|all|everyone|a\s+lot|so\s+much|very\s+much|dreflow\w*))?\s*[.!,]*\s*$",
    re.IGNORECASE,
)
_PIPELINE = re.compile(
    r"^\s*(?:please\s+|can\s+you\s+|could\s+you\s+|i\s+(?:want|need|would\s+like)\s+(?:you\s+)?to\s+|let['’]?s\s+)?"
    r"(?:clean|tidy|de-?dup\w*|merge|combine|join|union|append|stack|consolidate|convert|transform"
    r"|normali[sz]e|standardi[sz]e|trim"
    r"|load|copy|sync|import|export|save|write|automate|schedule|build|set\s+up|make\s+sure|ensure|verify"
    r"|reconcile|match|pivot|unpivot|remove|drop|replace|rename)\b"
    r"|\b(?:save|write|export|store|put|send|deliver|load)\s+(?:it|this|that|them|the\s+\w+"
    r"|everything)?\s*(?:as|to|in|into)\b"
    r"|\b[\w-]+\.(?:csv|tsv|json|ndjson|parquet|xlsx)\s*$"
    r"|\b(?:a|the|my|our)\s+(?:pipeline|report|workbook|spreadsheet|powerpoint|pdf|dashboard)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"^\s*(?:and\s+|but\s+|now\s+|also\s+|please\s+|ok(?:ay)?[,.]?\s+)*"
    r"(?:leave\s+out|without|exclude|skip|ignore|drop|remove|include|add|also|only|just|change|use"
    r"|make\s+it|call\s+it|rename|instead"
    r"|run\s+it|send\s+it|save\s+it|by|per|for|split|group|in\s+\w+\s+instead|not?\b)",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\s*(?:and\s+|but\s+|so\s+)?(?:how\s+(?:many|much|often|long|old)|what|which|who|whose|when|where"
    r"|is|are|was|were|did|do|does|has|have|show\s+me\s+the|list|count|total|average|top)\b",
    re.IGNORECASE,
)
LONGEST_FREE_ANSWER = 12
"""Words up to which what is not a question is taken for an answer in the person's own words."""


def route(
    text: str,
    *,
    options: Sequence[tuple[str, str]] | None,
    waits: bool,
    last: Literal["answer", "pipeline"] | None,
    tables: Sequence[str] = (),
) -> Route:
    """What to do with ``text``.

    ``options`` are value and label of each answer of the open question, None when none is open; ``waits`` when a plan
    waits for approval; ``last`` is what the exchange before was about; ``tables`` are the names of the data's tables.
    """
    said = text.strip()
    names = frozenset(word for table in tables for word in words_of(table))
    if options is not None and settles(said, options, names):
        return "settle"
    if waits and (_APPROVE.search(said) or _YES.search(said)):
        return "approve"
    if waits and _REJECT.search(said):
        return "reject"
    for found, pattern in _PLAINLY:
        if pattern.search(said):
            return found
    for listed, pattern in _LISTS:
        if pattern.search(said) and not names & set(words_of(said)):
            return listed
    if _GREETING.search(said):
        return "greeting"
    return _wanted(said, last, names)


def settles(said: str, options: Sequence[tuple[str, str]], names: frozenset[str] = frozenset()) -> bool:
    """Whether the words answer the open question: an option, its place, or something short that asks nothing."""
    folded = said.casefold().strip(" .!")
    if any(folded in {value.casefold(), label.casefold()} for value, label in options):
        return True
    if folded.isdigit() and 1 <= int(folded) <= len(options):
        return True
    if said.endswith("?") or _ASKS.search(said) or find_timing(said, "UTC") or _reconciles(said, names):
        return False
    return 0 < len(said.split()) <= LONGEST_FREE_ANSWER and not _PIPELINE.search(said)


def _wanted(said: str, last: Literal["answer", "pipeline"] | None, names: frozenset[str]) -> Route:
    if find_timing(said, "UTC") is not None and not _ASKS.search(said):
        return "plan"
    if _reconciles(said, names) or _PIPELINE.search(said):
        return "plan"
    if last == "pipeline" and _CHANGE.search(said) and not said.endswith("?"):
        return "plan"
    return "answer"


def _reconciles(said: str, names: frozenset[str]) -> bool:
    sides: tuple[Side, ...] = get_args(Side)
    return asks_to_reconcile(said, dict.fromkeys(sides, names))
