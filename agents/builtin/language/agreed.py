"""What a message says of words themselves, in five languages: what one means, is asked for, or is to be forgotten."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agents.builtin.language.words import singular

LONGEST = 400
"""Characters of a message up to which it can be about a word."""
MOST_WORDS = 5


@dataclass(frozen=True)
class Says:
    """``means`` gives ``word`` the meaning ``body``, ``names`` gives the last answer a name, ``asks`` wants to know
    what a word means, ``forgets`` that it means so no more, ``lists`` all words that mean something here.
    """

    does: Literal["means", "names", "asks", "forgets", "lists"]
    word: str = ""
    body: str = ""


_LEAD = (
    r"(?:(?:please|ok(?:ay)?|bitte|per favore|por favor)\s*,?\s*)?"
    r"(?:(?:remember|note|keep in mind|fyi|merke?(?: dir)?|ricorda|recuerda|retiens)"
    r"\s*(?:this|that|dass|che|que)?\s*[:,]?\s*)?"
    r"(?:(?:for us|here|with us|in our (?:business|shop|company|case)|bei uns|da noi|para nosotros|chez nous)\s*,?\s*)?"
)
_TERM = r"[\"“„'‘«]?(?P<word>[^\W\d_][\w%/&'’ -]{0,50}?)[\"”“'’»]?"
_WE = r"(?:i|we|ich|wir|io|noi|je|nous)"
_MEAN = (
    r"(?:mean|understand|meine|meinen|verstehe|verstehen|intendo|intendiamo|entiendo|entendemos|quiero decir|"
    r"veux dire|voulons dire|entends|entendons)"
)
_BODY = r"(?P<body>.+)"
_IS_ARITHMETIC = (
    r"\b(?:minus|plus|times|divided by|multiplied by|net of|less|without|excluding|abzüglich|geteilt durch)\b|"
    r"[\w)]\s+[-+*/]\s+[\w(]|^(?:the )?(?:sum|total|number|count|average|median|share|percentage)\b"
)
_IS_DEFINED = (
    r"(?:means?|stands? for|is short for|is defined as|is calculated as|is computed as|bedeutet|heißt|heisst|steht für"
    r"|significa|signifie|veut dire|quiere decir|vuol dire)"
)
_SOME_THING = (
    r"(?:an?\s+|any\s+|every\s+|the\s+)?(?:ones?|those|someone|anyone|\w+)\s+"
    r"(?:with|who|that|which|whose|above|over|below|under|having|without|where)\s+.+"
)
_MEANS = tuple(
    re.compile(rf"{_LEAD}{pattern}", re.IGNORECASE)
    for pattern in (
        rf"(?:by|with|mit|unter|per|con|por|par)\s+{_TERM}\s*,?\s+(?:{_WE}\s+)?{_MEAN}(?:\s+{_WE})?\s*:?\s+{_BODY}",
        rf"(?:when|if|wenn)\s+{_WE}\s+(?:say\s+)?{_TERM}(?:\s+sage)?\s*,?\s+(?:{_WE}\s+)?{_MEAN}(?:\s+{_WE})?\s+{_BODY}",
        rf"(?:define|definiere|definisci|define|définis)\s+{_TERM}\s+(?:as|als|come|como|comme)\s+{_BODY}",
        rf"{_TERM}\s+{_IS_DEFINED}\s*:?\s+{_BODY}",
        rf"{_TERM}\s*=\s*(?P<body>[^=].*)",
        rf"{_TERM}\s+(?:is|are|ist|sind)\s+(?P<body>{_SOME_THING})",
        rf"{_TERM}\s+(?:is|are|ist)\s+(?P<body>(?=.*(?:{_IS_ARITHMETIC})).+)",
        rf"{_TERM}\s+(?:excludes?|(?:does|do)(?: not|n['’]t) include)\s+(?P<out>.+)",
    )
)
_CALLS = re.compile(
    rf"{_LEAD}(?:let['’]?s|we|i)?\s*(?:call|nenne|chiamo|llamo)\s+(?P<body>.{{4,}}?)\s+[\"“'‘](?P<word>[^\"”'’]+)[\"”'’]"
    rf"|{_LEAD}(?:let['’]?s|we|i)\s+call\s+(?P<said>\S+ .+)",
    re.IGNORECASE,
)
_NAMES = re.compile(
    rf"(?:please\s+|let['’]?s\s+)?(?:call|name|nenne?|chiamalo|llámalo)\s+(?:it|that|this|das|es)?\s*{_TERM}",
    re.IGNORECASE,
)
_HERE = r"(?:\s+(?:here|hier|qui|aquí|ici|(?:to|for|with) (?:us|me|you)|in our \w+|now))?"
_ASKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:and\s+)?what\s+(?:does|do)\s+(?:the\s+word\s+)?{_TERM}\s+mean{_HERE}",
        rf"(?:and\s+)?what\s+(?:do|did)\s+(?:you|we|i)\s+(?:mean|understand)\s+by\s+{_TERM}{_HERE}",
        rf"(?:and\s+)?what\s+is\s+(?:meant|understood)\s+by\s+{_TERM}{_HERE}",
        rf"(?:and\s+)?how\s+(?:do|did)\s+(?:you|we|i)\s+define\s+{_TERM}{_HERE}",
        rf"(?:and\s+)?how\s+is\s+{_TERM}\s+defined{_HERE}",
        rf"(?:what|show(?:\s+me)?|tell\s+me)?\s*(?:is|are)?\s*(?:the|our|my)\s+(?:definition|meaning)\s+of\s+{_TERM}{_HERE}",
        rf"(?:no\s*,?\s*)?(?:that|this)(?:['’]s|\s+is)\s+not\s+what\s+{_TERM}\s+means{_HERE}",
        rf"was\s+(?:bedeutet|heißt|heisst)\s+{_TERM}{_HERE}",
        rf"was\s+(?:verstehst|verstehen|meinst)\s+(?:du|wir|sie)\s+unter\s+{_TERM}",
        rf"(?:che\s+)?cosa\s+significa\s+{_TERM}{_HERE}",
        rf"¿?qué\s+significa\s+{_TERM}{_HERE}",
        rf"que\s+(?:signifie|veut dire)\s+{_TERM}{_HERE}",
    )
)
_DROP = r"(?:forget|delete|remove|drop|vergiss|lösche|dimentica|olvida|oublie)"
_MEANING = r"(?:definitions?|meanings?|bedeutung|definizione|significato|definición|significado|définition|sens)"
_SIGNIFIES = r"(?:means?|meant|bedeutet|heißt|significa|signifie)"
_THE_MEANING_OF = (
    r"(?:what\s+\w+\s+(?:said|agreed)\s+about|(?:the|our|my|die|la|le|el|il)\s+"
    rf"{_MEANING}\s+(?:of|for|von|di|de|du))"
)
_THAT = r"(?:that|this|so|anything)(?:\s+any\s*more|\s+special)*"
_FORGETS = tuple(
    re.compile(rf"(?:please\s+|bitte\s+)?{pattern}", re.IGNORECASE)
    for pattern in (
        rf"{_DROP}\s*,?\s+(?:what|was|cosa|che cosa|lo que|ce que)\s+(?:the\s+word\s+)?{_TERM}\s+{_SIGNIFIES}{_HERE}",
        rf"{_DROP}\s+{_THE_MEANING_OF}\s+{_TERM}",
        rf"{_TERM}\s+(?:no\s+longer\s+means|(?:does\s+not|doesn['’]t)\s+mean)\s+{_THAT}",
    )
)
_LISTS = re.compile(
    r"(?:please\s+)?(?:(?:show|list|give|tell)\s+(?:me\s+)?|what\s+are\s+|zeige?\s+(?:mir\s+)?)?(?:all\s+)?(?:of\s+)?"
    r"(?:my|our|the|meine|unsere|die|alle)\s+(?:definitionen|definitions|defined\s+(?:words|terms)|agreed\s+words|business\s+(?:words|terms))"
    r"|(?:which|what)\s+(?:words|terms|definitions)\s+(?:(?:have|did|do)\s+(?:i|we|you)\s+(?:defined?|agreed?(?:\s+on)?|know|have)"
    r"|are\s+(?:there|defined))",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"^(?:(?:the|an?|our|my|every|each|word|der|die|das|ein|eine|unser|unsere|il|la|lo|un|una|el|le|une)\s+)+",
    re.IGNORECASE,
)
# No name of a thing begins with these: what begins with them says or asks something else.
_NO_NAMES = frozenset(
    "what which who whom whose how when where why that this it he she they there these those show list give tell count"
    " is are was were do does did can could would should if please only and but or not no i we you was wie wer wo wann"
    " das es cosa chi come qué que quién everything nothing all sum total average".split()
)
_JOINTS = {
    **dict.fromkeys(("oder", "ou"), "or"),
    **dict.fromkeys(("und", "et"), "and"),
    **dict.fromkeys(("abzüglich", "moins", "meno", "menos"), "minus"),
    **dict.fromkeys(("ist", "est"), "is"),
}
"""Small words of other languages between names of columns and values, which say nothing of which language it is."""
_ONE = re.compile(r"^(?:an?\s+|any\s+|every\s+)?(?:ones?|those|someone|anyone|somebody)\s+", re.IGNORECASE)


def said_of_words(text: str) -> Says | None:
    """What a message says of a word; None when it is about something else."""
    said = " ".join(text.split())
    if not said or len(said) > LONGEST:
        return None
    asks = said.endswith("?")
    said = said.rstrip(" .!?")
    if _LISTS.fullmatch(said):
        return Says("lists")
    for pattern in _ASKS:
        found = pattern.fullmatch(said)
        if found is not None and (word := _word(found["word"])):
            return Says("asks", word)
    if asks:
        return None
    for pattern in _FORGETS:
        found = pattern.fullmatch(said)
        if found is not None and (word := _word(found["word"])):
            return Says("forgets", word)
    return _meaning(said)


def _meaning(said: str) -> Says | None:
    found = _NAMES.fullmatch(said)
    if found is not None and re.search(r"\b(?:it|that|this|das|es|chiamalo|llámalo)\b", said, re.IGNORECASE):
        word = _word(found["word"])
        return Says("names", word) if word else None
    found = _CALLS.fullmatch(said)
    if found is not None:
        return _called(found["said"]) if found["said"] else _as_meant(found["word"], found["body"])
    for pattern in _MEANS:
        found = pattern.fullmatch(said)
        if found is None:
            continue
        parts = found.groupdict()
        body = parts.get("body") or f"{_word(parts['word'])} excluding {parts['out']}"
        made = _as_meant(parts["word"], body)
        if made is not None:
            return made
    return None


def _called(said: str) -> Says | None:
    """As in "orders above 100 big orders": what is called so ends where the name begins, which says the thing again."""
    words = said.split()
    for length in (2, 3):
        if len(words) > length + 1 and singular(words[-1].casefold()) in {
            singular(word.casefold()) for word in words[:-length]
        }:
            return _as_meant(" ".join(words[-length:]), " ".join(words[:-length]))
    return _as_meant(words[-1], " ".join(words[:-1]))


def _as_meant(term: str, body: str) -> Says | None:
    word, meaning = _word(term), body.strip(" \"“”'")
    if not word or not meaning or not re.search(r"[^\W\d_]", meaning):
        return None
    meaning = " ".join(_JOINTS.get(one.casefold(), one) for one in meaning.split())
    thing = singular(word.split()[-1])
    return Says("means", word, _ONE.sub(f"{thing} ", meaning))


def _word(term: str) -> str:
    """A word as it is kept; empty where it can be none."""
    bare = _ARTICLE.sub("", term.strip(" \"“”„'‘’«»")).strip()
    words = bare.split()
    if not words or len(words) > MOST_WORDS or words[0].casefold() in _NO_NAMES:
        return ""
    return " ".join(words)
