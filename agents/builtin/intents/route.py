"""What kind of turn a message is, told from its words and from what the conversation holds; no model is asked.

A message that could be a question is one: only an explicit wish makes, changes, approves or runs a plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Literal

from agents.builtin.intents import connect, disconnect
from agents.builtin.intents.preferring import preferred_in
from agents.builtin.language.agreed import said_of_words
from agents.builtin.pipelines.columns import name_words
from agents.builtin.pipelines.schedule import find_timing
from agents.builtin.pipelines.shelf import wanted

if TYPE_CHECKING:
    from agents.contract import DataView

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
    "connect",
    "disconnect",
    "greeting",
    "noted",
    "inventory",
    "sending",
    "thanks",
    "farewell",
    "wait",
    "agreed",
    "pause",
    "resume",
    "whether",
    "standing",
    "changed",
    "quality",
    "word",
    "prefer",
    "settle",
]
"""``settle`` answers the question that is open, ``docs`` is about the product, ``help`` asks what it can do.

``wait`` leaves everything as it is, ``pause`` ends that a plan comes by itself, ``resume`` lets it come again,
``whether`` asks about a change without wishing it, ``standing`` asks how the plan stands, ``changed`` what the last
change did. ``connect`` is about an account
that is to be connected, ``disconnect`` about one that is to be forgotten. ``quality`` asks how clean the data is.
``word`` is about what a word means here, ``prefer`` about a preference. ``inventory`` asks what the data holds,
``sending`` wants the last result sent to somebody, ``noted`` is a word of praise, ``agreed`` a yes to nothing,
``farewell`` a goodbye.
"""

_END = r"\s*(?:[,.!]?\s*(?:please|pls|thanks|thank\s+you|now|then))*\s*[.!]*\s*$"
_APPROVE = re.compile(
    rf"^(?:(?:yes|yep|yeah|ok(?:ay)?|sure|fine|good|great|perfect|looks?\s+good|lgtm)\b[ ,.!]*)*"
    rf"(?:i\s+)?(?:approved?(?:\s+(?:it|this|that|the\s+plan))?|go\s+ahead|go\s+for\s+it|do\s+it|ship\s+it"
    rf"|confirm(?:ed)?|make\s+it\s+so|approva(?:to|lo)?|genehmigt|freigegeben|aprobado|approuvé){_END}",
    re.IGNORECASE,
)
_YES = re.compile(
    rf"^\s*(?:yes|yep|yeah|ok(?:ay)?|sure|looks?\s+good|lgtm|s[ìí]|ja|oui)(?:\s*,?\s*(?:yes|ok(?:ay)?))?{_END}",
    re.IGNORECASE,
)
_REJECT = re.compile(
    rf"^\s*(?:no\s*[,.!]*\s*)?(?:please\s+)?(?:no|reject(?:ed)?|discard|cancel|forget|drop"
    rf"|(?:i\s+)?(?:do\s+not|don['’]?t)(?:\s+(?:do|run|approve|start))?|never\s*mind|not\s+now|nein|annulla|rifiuta)"
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
    r"^\s*(?:(?:please\s+)?help(?:\s+me)?|(?:can|could)\s+you\s+help(?:\s+me)?|i\s+need\s+help|\?|what\s+do\s+you\s+mean|what\s+can\s+(?:you|i)\s+(?:do|ask)(?:\s+(?:here|for\s+me))?|who\s+are\s+you|what\s+is\s+this"
    r"|what\s+are\s+you|what(?:['’]s|\s+is)\s+your\s+name|are\s+you\s+(?:an?\s+)?(?:ai|bot|chat\s?bot|robot|human|person|real)"
    r"(?:\s+(?:person|human))?)"
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
_WAIT = re.compile(
    rf"^\s*(?:please\s+)?(?:stop|wait|hold\s+on|hang\s+on|not\s+yet|one\s+moment|let\s+me\s+(?:think|see))"
    rf"(?:\s+(?:a\s+(?:moment|minute|second)|it))?{_END}",
    re.IGNORECASE,
)
_PAUSE = re.compile(
    r"^\s*(?:please\s+)?(?:(?:stop|quit|end)\s+running|pause|suspend|don['’]?t\s+run)"
    r"\s+(?:it|this|that|the\s+(?:plan|pipeline|schedule))"
    rf"(?:\s+(?:any\s*more|by\s+itself|automatically|for\s+now|every\s+\w+))?{_END}",
    re.IGNORECASE,
)
_RESUME = re.compile(
    r"^\s*(?:please\s+)?(?:resume|unpause|continue|restart|(?:turn|switch)\s+(?:it\s+)?(?:back\s+)?on(?:\s+again)?|let)"
    r"(?:\s+(?:it|this|that|the\s+(?:plan|pipeline|schedule)))?(?:\s+(?:run|come|go\s+on))?(?:\s+(?:again|by\s+itself))*"
    rf"{_END}",
    re.IGNORECASE,
)
_STANDING = re.compile(
    r"^\s*(?:and\s+|so\s+)?(?:is|was)\s+(?:it|this|that|the\s+(?:plan|pipeline))\s+(?:approved|running|saved|scheduled"
    r"|done|paused|active)\b.{0,20}$"
    r"|^\s*(?:and\s+|so\s+)?(?:when|how\s+often)\s+(?:does|will|is|did)\s+(?:it|this|that|the\s+(?:plan|pipeline))"
    r"\s+(?:run|going\s+to\s+run|come|start)\b.{0,30}$"
    r"|^\s*(?:and\s+|so\s+)?(?:does|will)\s+(?:it|this|that|the\s+(?:plan|pipeline))\s+(?:run|come|repeat)\b.{0,40}$"
    r"|^\s*(?:and\s+|so\s+)?who\s+(?:gets|receives|sees|will\s+(?:get|receive))\s+(?:it|this|that|the\s+(?:report|file|plan))\s*[?.]*\s*$"
    r"|^\s*where\s+(?:does|will|did)\s+(?:it|this|that)\s+(?:go|write|save|end\s+up)\b.{0,20}$"
    r"|^\s*(?:should|must|do|can|may)\s+i\s+(?:have\s+to\s+)?approve\b.{0,40}$"
    r"|^\s*what\s+(?:happens|does\s+it\s+do)\s+(?:if|when|once|after)\s+i\s+approve\b.{0,30}$"
    r"|^\s*(?:approve|approved|yes|ok(?:ay)?)\s*\?+\s*$",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"^\s*what(?:['’]s|\s+(?:is|was|has|have|did))?\s+(?:it\s+|you\s+|that\s+)?(?:changed?|different)"
    r"(?:\s+(?:now|there|here|(?:in|about|with)\s+(?:it|this|that|the\s+(?:plan|pipeline))))?\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_WHETHER = re.compile(
    r"^\s*(?:and\s+)?(?:what\s+(?:if|about\s+if)|should|shall|would|does\s+it\s+make\s+sense|is\s+it\s+(?:better"
    r"|possible|ok(?:ay)?))\b(?!\s+you\b)",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^\s*(?:please\b|(?:can|could|would|will)\s+you\b)|\bplease\s*\?*\s*$", re.IGNORECASE)
_QUALITY = re.compile(
    r"^\s*(?:and\s+|so\s+)?how\s+(?:clean|dirty|messy|tidy)\s+(?:is|are)\b(?P<what>.{1,80})$"
    r"|^\s*(?:please\s+)?(?:check|show(?:\s+me)?|tell\s+me|what\s+is|what['’]s|how\s+is|assess|measure)\s+(?:the\s+)?(?:data\s+)?"
    r"quality\s+of\b(?P<of>.{1,80})$"
    r"|^\s*(?:please\s+)?profile\b(?P<profiled>.{1,80})$"
    r"|^\s*what(?:['’]s|\s+is)\s+wrong\s+(?:with|in)\b(?P<within>.{1,80})$",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"^\s*(?:(?:my|our|the|this|that|these|those|all|of)\s+)*(?:it|this|that|data|data\s?sets?|files?|tables?|sheets?)"
    r"\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_HOLDS = r"(?:my|our|the|this|that|these|those|your)"
_THINGS = r"(?:data|files?|tables?|sheets?|columns?|fields?|information|infos?)"
_INVENTORY = re.compile(
    rf"^\s*(?:(?:so|and|ok(?:ay)?|hi|hello)[\s,]+)*(?:"
    rf"what\s+(?:do|have|can)\s+(?:i|we|you)\s+(?:have|got|see|know|read)(?:\s+(?:here|now|(?:in|about)\s+(?:{_HOLDS}\s+)?{_THINGS}))*"
    rf"|(?:what|which)\s+(?:kind\s+of\s+)?{_THINGS}\s+(?:is|are|do|can|have)\s+(?:(?:i|we|you|there)\s*)?"
    rf"(?:have|got|see|read|available|loaded|there|here|in\s+(?:here|there|it|{_HOLDS}\s+{_THINGS}))?(?:\s+here)?"
    rf"|what(?:['’]s|\s+is|\s+are)\s+(?:in\s+)?(?:{_HOLDS}\s+)?{_THINGS}(?:\s+(?:here|about))?"
    rf"|what(?:['’]s|\s+is)\s+(?:in\s+)?(?:here|there|it)"
    rf"|(?:please\s+)?(?:show|list|describe|explain|summari[sz]e|tell\s+me\s+about)\s+(?:me\s+)?(?:all\s+)?(?:of\s+)?"
    rf"(?:{_HOLDS}\s+)?(?:{_THINGS}|everything)"
    rf")\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_SENDING = re.compile(
    r"^\s*(?:(?:and|now|please|ok(?:ay)?)[\s,]+)*(?:(?:can|could|would|will)\s+you\s+)?(?:please\s+)?"
    r"(?!.*\b(?:every|each|daily|weekly|monthly)\b)(?:send|e-?mail|mail|forward|share)\s+"
    r"(?:it|this|that|them|these|the\s+(?:answer|results?|table|chart|files?|report|figures|numbers))"
    r"(?:\s+(?:(?:to|with)\s+(?:(?:my|our|his|her)\s.{1,40}|me|us|him|her|them|\S+@\S+)|(?:by|via|over)\s+e?-?mail|me|us))?"
    r"\s*[?.!]*\s*$|^\s*(?:(?:can|could)\s+you|please)\s+(?:e-?mail|mail)\s+me\b.{0,40}$",
    re.IGNORECASE,
)
_NOTED = re.compile(
    r"^\s*(?:(?:ok(?:ay)?|great|nice|cool|perfect|good|super|fine|awesome|excellent|wow|got\s+it|i\s+see|all\s+right|alright)\b[\s,.!]*)+$",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"^\s*(?:good\s*bye|bye(?:\s*bye)?|see\s+(?:you|ya)(?:\s+(?:later|tomorrow|soon|then))?|good\s+night|tsch[uü]ss|arrivederci"
    r"|adi[oó]s|au\s+revoir|have\s+a\s+(?:nice|good|great)\s+(?:day|evening|weekend|one))\s*[.!,]*\s*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\s*(?:many\s+)?(?:thanks?|thank\s+you|thx|danke|grazie|merci|gracias)\b(?:[\s,]+(?:a\s+lot|so\s+much|very\s+much"
    r"|(?:that['’]?s|that\s+is|this\s+is)\s+(?:all|it|great|perfect|good|enough)|all|everyone|dreflow\w*))*\s*[.!,]*\s*$",
    re.IGNORECASE,
)
_PLAINLY: tuple[tuple[Route, re.Pattern[str]], ...] = (
    ("restore", _RESTORE),
    ("run", _RUN),
    ("why", _WHY),
    ("help", _HELP),
    ("standing", _STANDING),
    ("changed", _CHANGED),
    ("sending", _SENDING),
    ("docs", _DOCS),
    ("wait", _WAIT),
    ("thanks", _THANKS),
    ("farewell", _FAREWELL),
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
_ACCOUNTS: tuple[tuple[Route, Callable[[str], str | None]], ...] = (
    ("disconnect", disconnect.wish),
    ("connect", connect.wish),
)
_BESIDE = (_RESTORE, _HELP, _WAIT, _THANKS, _FAREWELL)
"""Wishes that are no answer to whatever question is open."""
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
_YES_OR_NO = re.compile(
    r"^\s*(?:and\s+|but\s+|so\s+)?(?:is|are|was|were|did|do|does|has|have|had"
    r"|what\s+(?:is|was|are|were)\s+(?:in|on|inside))\b",
    re.IGNORECASE,
)
_TIMED = re.compile(
    r"^\s*(?:and\s+)?(?:run|send|save|do|make|write|refresh|repeat)\s+(?:it|this|that)\b.*\?\s*$", re.IGNORECASE
)
LONGEST_COMMAND = 200
"""Characters up to which a message can be a mere command, such as "yes, go ahead please"."""
_PLACE = re.compile(r"[0-9]{1,3}")
LONGEST_FREE_ANSWER = 12
"""Words up to which what is not a question is taken for an answer in the person's own words."""


def route(
    text: str,
    *,
    options: Sequence[tuple[str, str]] | None,
    waits: bool,
    last: Literal["answer", "pipeline"] | None,
    data: DataView | None = None,
    connectable: Callable[[], Collection[str]] = tuple,
    connected: Callable[[], Collection[str]] = tuple,
) -> Route:
    """What to do with ``text``.

    ``options`` are value and label of each answer of the open question, None when none is open; ``waits`` when a plan
    waits for approval; ``last`` is what the exchange before was about; ``data`` is what the conversation looks at;
    ``connectable`` gives the names of systems and connections, ``connected`` those of connections and their systems;
    each is asked where words seem to speak of one.
    """
    said = _one_line(text)
    account = _account(said, data, connectable, connected)
    if account is not None:
        return account
    if speaks_of_words(said, last, data):
        return "word"
    if options is not None and settles(said, options, data):
        return "settle"
    decided = _decision(said, waits=waits) if len(said) <= LONGEST_COMMAND else None
    if decided is not None:
        return decided
    for found, pattern in _PLAINLY:
        if pattern.search(said):
            return found
    aside = _aside(text, said, last, data)
    return aside if aside is not None else _wanted(said, last, data)


def _aside(text: str, said: str, last: Literal["answer", "pipeline"] | None, data: DataView | None) -> Route | None:
    """Where words go that are no question to the data and no wish of a plan."""
    for listed, pattern in _LISTS:
        if pattern.search(said) and not _names_a_table(said, data):
            return listed
    if asks_quality(said, data):
        return "quality"
    if _NOTED.search(said):
        return "noted"
    if _GREETING.search(said):
        return "greeting"
    if _YES.search(said):
        return "agreed"
    if _INVENTORY.search(said) and not _names_a_table(said, data):
        return "inventory"
    if preferred_in(text, about_a_plan=last == "pipeline") is not None:
        return "prefer"
    for wished, is_wish in _ACCOUNTS:
        if is_wish(said) is not None and not _names_a_table(said, data):
            return wished
    return None


def _account(
    said: str,
    data: DataView | None,
    connectable: Callable[[], Collection[str]],
    connected: Callable[[], Collection[str]],
) -> Route | None:
    """Whether an account is named that is to be connected or disconnected."""
    if disconnect.may_name(said):
        alone = not _names_a_table(said, data)
        if disconnect.names(said, connected(), alone=alone) is not None:
            return "disconnect"
    if connect.may_name(said) and connect.names(said, connectable()) is not None and not _names_a_table(said, data):
        return "connect"
    return None


def speaks_of_words(said: str, last: Literal["answer", "pipeline"] | None, data: DataView | None) -> bool:
    """Whether the message is about what a word means. "Call it totals" names the file of a plan, where there is one;
    "status = paid" says which rows, where there is such a column; "what is a pipeline" is a matter of the docs.
    """
    says = said_of_words(said)
    if says is None or (says.does == "names" and last == "pipeline"):
        return False
    if says.does == "asks":
        return not _DOCS.search(said)
    tables = data.catalog.tables if data is not None else ()
    columns = {column.name.casefold() for table in tables for column in table.columns}
    return not ("=" in said and says.word.casefold() in columns)


def asks_quality(said: str, data: DataView | None) -> bool:
    """Whether the words ask how clean a table, or the data, is; a table that has such a column is asked for that."""
    found = _QUALITY.search(said)
    if found is None:
        return False
    columns = (
        {word for table in data.catalog.tables for one in table.columns for word in name_words(one.name)}
        if data
        else set()
    )
    if columns & {"clean", "dirty", "messy", "tidy", "quality", "profile", "wrong", "cleanliness"}:
        return False
    what = next(part for part in found.groups() if part is not None)
    return _DATA.search(what) is not None or _names_a_table(what, data)


def _one_line(text: str) -> str:
    """The words with single spaces between them: what the patterns expect, and what keeps them quick."""
    return " ".join(text.split())


def _decision(said: str, *, waits: bool) -> Route | None:
    if _APPROVE.search(said) or (waits and _YES.search(said)):
        return "approve"
    if waits and _REJECT.search(said):
        return "reject"
    if _PAUSE.search(said):
        return "pause"
    if _RESUME.search(said):
        return "resume"
    return "wait" if _REJECT.search(said) else None


def settles(said: str, options: Sequence[tuple[str, str]], data: DataView | None = None) -> bool:
    """Whether the words answer the open question: an option, its place, or something short that asks nothing."""
    said = _one_line(said)
    folded = said.casefold().strip(" .!")
    if any(folded in {value.casefold(), label.casefold()} for value, label in options):
        return True
    if _PLACE.fullmatch(folded) and 1 <= int(folded) <= len(options):
        return True
    lists = " " in said and any(pattern.search(said) for _, pattern in _LISTS) and not _names_a_table(said, data)
    if lists or any(pattern.search(said) for pattern in _BESIDE):
        return False
    if said.endswith("?") or _ASKS.search(said) or find_timing(said, "UTC") or _has_template(said, data):
        return False
    return 0 < len(said.split()) <= LONGEST_FREE_ANSWER and not _PIPELINE.search(said)


def _wanted(said: str, last: Literal["answer", "pipeline"] | None, data: DataView | None) -> Route:
    times = find_timing(said, "UTC") is not None and not _ASKS.search(said)
    # "Do customers come back?" is a question that only a plan answers; whether to make one is not.
    if _has_template(said, data) and not _WHETHER.search(said):
        return "plan"
    if _only_asks(said):
        changes = not _ASKS.search(said) and (times or _CHANGE.search(said) or _PIPELINE.search(said))
        return "whether" if last == "pipeline" and (changes or _WHETHER.search(said)) else "answer"
    if times or _PIPELINE.search(said):
        return "plan"
    if last == "pipeline" and _CHANGE.search(said) and not said.endswith("?"):
        return "plan"
    return "answer"


def _only_asks(said: str) -> bool:
    """Whether the words ask, even where they speak of saving or of set times; a polite wish is a wish."""
    if not said.endswith("?") or _POLITE.search(said):
        return False
    # "What are the sales by region, saved as sales.csv?" has a question mark and is a wish all the same.
    return bool(_WHETHER.search(said) or _YES_OR_NO.search(said)) or bool(_TIMED.search(said))


def _names_a_table(said: str, data: DataView | None) -> bool:
    tables = data.catalog.tables if data is not None else ()
    return bool({word for table in tables for word in name_words(table.name)} & set(name_words(said)))


def _has_template(said: str, data: DataView | None) -> bool:
    return bool(wanted(said, data))
