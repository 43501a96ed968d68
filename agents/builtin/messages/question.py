"""The question of a message, with what is said of the rows that count, apart from what is only told beside it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from agents.builtin.messages.asks import Ask, ask_in, is_tag
from agents.builtin.messages.limits import Limit, limit_of, limits_in
from agents.builtin.messages.sentences import clauses, sentences

# With any of these a clause may say which rows are meant, or what is to be shown.
_LIMITING = re.compile(
    r"\b(?:only|except|exclud\w+|ignor\w+|skip\w*|omit\w*|without(?! \w+ing\b)|unless|as of|based on|going by|"
    r"i mean|we mean|"
    r"meaning|"
    r"count(?:s|ed|ing)?|includ\w+|incl|leave out|leav\w+ aside|apart from)\b",
    re.IGNORECASE,
)
# With these too, where it is no person who speaks or is spoken of.
_SHOWING = re.compile(
    r"\b(?:instead|rather than|per|grouped|sorted|ordered by|percent\w*|show|list|together with|as well as|not the)\b",
    re.IGNORECASE,
)
_PERSON = (
    r"(?:i|we|i'm|i've|i'd|i'll|we're|we've|we'd|we'll|he|she|he's|she's|someone|somebody|everyone|everybody|people|"
    r"nobody|you)"
)
_KIN = r"(?:my|our|the|a|his|her|an|this|that|these|those|some|one of (?:my|our|the))"
_TELLS = re.compile(
    r"\b(?:says?|said|thinks?|thought|reckons?|claims?|claimed|believes?|feel(?:s|ing)?|felt|wonders?|wondering|"
    r"asks?|asked|asking|"
    r"wants?|wanted|needs?|likes?|loves?|hopes?|fears?|worr(?:y|ies|ied)|afraid|sure|knows?|knew|guess(?:es)?|"
    r"supposes?|tells?|told|"
    r"nags?|nagging|moan(?:s|ed|ing)?|whin(?:es?|ing)|blam(?:es?|ed|ing)|doubt(?:s|ed)?|wish(?:es)?|jok(?:es?|ed|"
    r"ing)|hunch|grumbl(?:es|ing)|complain(?:s|ed|ing)?|argu(?:e|es|ed|ing)|plan(?:s|ning)?|try(?:ing)?|"
    r"prepar(?:e|es|ing)|decid(?:e|es|ing)|"
    r"think(?:ing)?|curious|convinced|certain|suspects?|swears?|insists?|bets?|promised|mentioned|heard|read|"
    r"imagine|remember|"
    r"agrees?|disagrees?|should|could|would|might|may|must|will|going to|have to|has to|had to|trying to|due to|"
    r"'d|'ll|maybe|perhaps|probably|hopefully|honestly|frankly|apparently)\b|n't sure|no (?:idea|clue)",
    re.IGNORECASE,
)
_LINK = (
    r"^(?:(?:so|and|but|well|ok|okay|also|then|now|because|since|as|though|although|while|when|if|even though|"
    r"you see|look|"
    r"honestly|frankly|maybe|perhaps|apparently|luckily|sadly|hopefully|otherwise|by the way|btw|every (?:day|week|"
    r"month|year|time)|"
    r"once again|again|last time|the other day|these days|lately|recently|today|yesterday),?\s+)*"
)
_SELF = re.compile(rf"{_LINK}(?:{_PERSON}|they|they're|they've)\b", re.IGNORECASE)
_OPENS = re.compile(
    rf"{_LINK}(?:not (?:quite |really |so )?sure|no (?:idea|clue|hurry|rush|worries|need)|"
    rf"(?:don't )?want(?:ing)? to|need(?:ing)? to|trying to|"
    r"thinking (?:of|about)|planning to|just (?:curious|wondering|asking|checking|to be sure)|it(?:'s| is| was| has|"
    r" felt| feels| seems| looks|'ll)\b|"
    r"there(?:'s| is| are| was| were)\b|that(?:'s| is| was| would)\b|those (?:are|were)\b|these (?:are|were)\b|"
    r"feels? like|seems? (?:to|like)|looks? like)",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(rf"{_LINK}{_KIN} ", re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|does|did|do|can|can't|cannot|isn't|aren't|wasn't|weren't|hasn't|haven't|"
    r"keeps?|gets?|got|"
    r"made|makes?|went|goes|came|comes|took|takes?|gave|gives?|drew|wrote|sent|called|rang|left|lost|found|bought|"
    r"sold|ran|runs|"
    r"starts?|started|opens?|opened|closes?|closed|costs?|helps?|helped|works?|looks?|seems?|happens?|happened|"
    r"turns?|moved|moves)\b|"
    r"\w's\b",
    re.IGNORECASE,
)
# These begin what says which rows are meant, or what is to be done with them.
_NEVER = re.compile(
    r"^(?:and |but |so |or |please |then )*(?:of|for|in|on|at|by|with|from|per|to|until|between|among|within|"
    r"comparing|compared|leave|leaving|use|using|count|skip|"
    r"ignore|go|take|show|give|list|put|sort|order|group|split|round|keep|include|add|how|which|what|who|whose|"
    r"where|versus|vs|"
    r"all|each|every|both|any|no|none|minus|plus|less|more|most|top|also)\b(?! (?:again|now|sure|idea|clue|hurry|"
    r"rush|worries|need|(?:day|week|month|year|time) (?:my|our|i|we|the))\b)",
    re.IGNORECASE,
)
_SMALL_TALK = re.compile(
    r"(?:hi|hey|hello|hiya|good (?:morning|afternoon|evening|day)|morning|afternoon|evening|dear)(?: (?:there|all|"
    r"team|everyone|again|guys|folks|sir|madam|[A-Z][a-z]+))*|"
    r"(?:many |a thousand )?thanks?(?: you)?(?: (?:a lot|so much|very much|in advance|again|for (?:your|the) help|"
    r"a million))*|cheers|ta|"
    r"(?:a |just a |just |another )?quick (?:one|question)(?: (?:before|for|from|about) [\w' ]+)?|no (?:hurry|rush|"
    r"worries)|sorry(?: to (?:bother|disturb) you)?(?: again)?|"
    r"please|pls|best(?: regards| wishes)?|kind regards|regards|take your time|it(?:'s|"
    r" is) me(?: again)?(?: with [\w' ]+)?|"
    r"(?:it(?:'s| is) )?(?:not |very |really |quite )?urgent|asap|hope (?:you(?:'re| are)|this|all|that)[\w' ]*|"
    r"you(?:'re| are) (?:great|a star|the best)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"(?:,\s*|\s+)(?:because|since|as|so that|so|in case|otherwise)\s+(?=(?:i|we|they|it|he|she|my|our|that|i'm|"
    r"we're|it's|they're)\b)[^?]*$|"
    r",\s*(?:otherwise|i think|i guess|i suppose|i believe|i reckon|i'm afraid|i don't know|no idea|i know|"
    r"i hope)\b[^?]*$",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:was|were|had|did|felt|went|came|got|made|took|sold|lost|[a-z]{3,}ed)\b", re.IGNORECASE)
_AHEAD = re.compile(
    r"\b(?:will|'ll|going to|coming|want|need|plan|planning|next|before|until|have to|has to|must|should|preparing|"
    r"updating|thinking)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:those|these|them|they|he|she|him|her|such|the same|the others?|then)\b|"
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbeen )\bthere\b|"
    r"\b(?:of|with|on|in|for|about|from|by|is|are|was|were|do|does|did|has|have|than|like) (?:it|that|"
    r"this)\b(?! (?:day|week|month|quarter|year|season|"
    r"morning|summer|winter|spring|autumn))|^(?:it|that|this)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Known:
    """What the data knows: whether a word names a table, which word of a clause is stored, in which columns the stored
    words of a clause are, and whether a clause has a time in it.
    """

    named: Callable[[str], bool]
    stored: Callable[[str], str]
    columns: Callable[[str], frozenset[tuple[str, str]]]
    timed: Callable[[str], bool]


@dataclass(frozen=True)
class Core:
    """``text`` is what is asked. ``aside`` was only told; of what is ``open`` a person has to say that it was. "
    "What counts
    ``too`` changes nothing where nothing leaves it out.
    """

    text: str
    aside: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    too: tuple[str, ...] = ()


@dataclass
class _Heard:
    ask: str = ""
    greeted: bool = False
    before: list[str] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)


def several_of(text: str) -> list[str]:
    """The questions of a message that asks more than one, where no one of them speaks of what another asked for."""
    asks = [ask.text for one in sentences(text) if (ask := ask_in(one)) is not None and ask.marked]
    linked = any(_POINTS_BACK.search(one) or re.match(r"(?:and|or|but)\b", one, re.IGNORECASE) for one in asks[1:])
    return asks if len(asks) > 1 and not linked else []


def core_of(text: str, known: Known) -> Core | None:
    """The question alone where a message has one question, and each other part of it is understood; else None."""
    heard = _hear(sentences(text))
    if heard is None or not heard.ask or not (heard.aside or heard.limits or heard.greeted):
        return None
    if _POINTS_BACK.search(heard.ask) and any(_names(one, known) for one in heard.before):
        return None
    narrowing = " ".join([heard.ask, *(one.what for one in heard.limits if one.kind != "too")])
    if any(known.columns(one.what) & known.columns(narrowing) for one in heard.limits if one.kind == "too"):
        # "How many sent ones, also the cancelled": some are to count that the question itself leaves out.
        return None
    whole = " ".join([heard.ask, *(one.what for one in heard.limits)])
    unsettled = [one for one in heard.aside if _may_limit(one, whole, known)]
    too = [one.said for one in heard.limits if one.kind == "too"]
    return Core(_put_together(heard), tuple(heard.aside), tuple(unsettled), tuple(too))


def _hear(said: Sequence[str]) -> _Heard | None:
    asks = {place: ask for place, one in enumerate(said) if (ask := ask_in(one)) is not None}
    marked = [place for place, ask in asks.items() if ask.marked]
    if len(marked) == 1:
        # What is wondered about in a statement is not asked where a question is.
        asks = {place: ask for place, ask in asks.items() if place in marked or not (ask.wished or _tells(said[place]))}
    if len(asks) != 1:
        return None
    heard = _Heard()
    for place, sentence in enumerate(said):
        if place in asks:
            _asked(asks[place], heard)
        elif not _told(sentence, heard):
            return None
    return heard


def _asked(ask: Ask, heard: _Heard) -> None:
    """Take in the sentence that asks: what stands before the question, the question, and what hangs on to it."""
    kept = []
    if ask.before and not _take_aside(ask.before, heard, reason=ask.follows):
        kept.append(ask.before)
    text = ask.text.rstrip(" ?.!")
    reason = _REASON.search(text)
    if reason is not None and not _LIMITING.search(reason.group()) and reason.start() > 0:
        heard.aside.append(reason.group().strip(" ,.?!"))
        text = text[: reason.start()]
    parts = clauses(text)
    rest = [(place, one.strip(" ?.!)")) for place, one in parts[1:]]
    end = len(text)
    while rest:
        place, part = rest[-1]
        limit = limit_of(part)
        if limit is not None:
            heard.limits.insert(0, limit)
        elif part and not _take_aside(part, heard):
            break
        end = place
        rest.pop()
    heard.ask = ", ".join([*kept, text[:end].strip(" ,;:?.!(-\u2013\u2014")])


def _told(sentence: str, heard: _Heard) -> bool:
    """Take in a sentence that asks nothing; False where it is neither a saying about rows nor something only told."""
    bare = sentence.strip(" .!?,;")
    limits = limits_in(bare)
    if limits:
        heard.limits += limits
        return True
    parts = [one.strip(" .!?") for _, one in clauses(bare)]
    if is_tag(sentence) or _take_aside(bare, heard):
        return True
    if len(parts) < 2:
        return False
    for part in parts:
        limit = limit_of(part)
        if limit is not None:
            heard.limits.append(limit)
        elif not _take_aside(part, heard):
            return False
    return True


def _take_aside(clause: str, heard: _Heard, *, reason: bool = False) -> bool:
    """Take in what only tells something; False where it may say more than that."""
    bare = clause.strip(" .!?,;")
    if _is_small_talk(bare):
        heard.greeted = True
        return True
    if not _is_told(bare) and not (reason and not _NEVER.match(bare) and not _LIMITING.search(bare)):
        return False
    heard.aside.append(bare)
    if not heard.ask:
        heard.before.append(bare)
    return True


def _is_small_talk(clause: str) -> bool:
    return all(_SMALL_TALK.fullmatch(part.strip(" .!?")) for _, part in clauses(clause))


def _is_told(clause: str) -> bool:
    """Whether a clause is a sentence about people and their doings, without a word that limits rows."""
    if _NEVER.match(clause) or _LIMITING.search(clause):
        return False
    if _SELF.match(clause) or _OPENS.match(clause):
        return True
    if _tells(" ".join(clause.split()[:5])) or (_SOMEBODY.match(clause) is not None and _tells(clause)):
        return True
    return _SOMEBODY.match(clause) is not None and _VERB.search(clause) is not None and _SHOWING.search(clause) is None


def _tells(clause: str) -> bool:
    return _TELLS.search(clause) is not None


def _may_limit(clause: str, asked: str, known: Known) -> bool:
    """Whether what was told could also say which rows are meant: by something stored, or by a time that the
    question lacks.
    """
    if known.stored(clause) and known.stored(clause).lower() not in asked.lower():
        return True
    timed = known.timed(clause) and not known.timed(asked)
    return timed and _PAST.search(clause) is not None and _AHEAD.search(clause) is None


def _names(clause: str, known: Known) -> bool:
    return any(known.named(word) for word in re.findall(r"[a-z]+", clause.lower())) or bool(known.stored(clause))


def _put_together(heard: _Heard) -> str:
    days = [one.what for one in heard.limits if one.kind == "day"]
    only = [one.what for one in heard.limits if one.kind == "only"]
    without = [one.what for one in heard.limits if one.kind == "without"]
    shown = [re.sub(r"^(?:their|the|its|his|her|both) ", "", one.what) for one in heard.limits if one.kind == "show"]
    parts = [heard.ask]
    parts += [f"with {one}" for one in shown]
    parts += [f"only {one}" if " " in one else f"only {one} ones" for one in only]
    parts += [f"by {one}" for one in days]
    parts += [f"excluding {' or '.join(without)}"] if without else []
    return ", ".join(parts) + "?"
