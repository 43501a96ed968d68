"""What a person writes in a chat beside the question: greetings, thanks, apostrophes left out, little slips."""

from __future__ import annotations

import re
from collections.abc import Callable

# Of these words nothing that is said before a question may have another: they name no rows, no time and no condition.
_SMALL_TALK = frozenset(
    """
    hi hey hello hiya morning good afternoon evening day there all everyone team ok okay so well um hm hmm phew lol haha
    btw by the way sorry to bother you again listen please pls quick question just wondering curious checking out of
    curiosity for my own interest thanks thx thank cheers great super perfect a lot help hope are is am fine i we me
    more thing another what mess and now also our my accountant boss bookkeeper tax adviser advisor bank partner wife
    husband asks asked wants know would like needs question
    """.split()
)
# A week that was hard is no period.
_SIGHS = re.compile(r"\bwhat a (?:week|day|month|year|morning|mess)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:quick|another|next) one\b|\bone more(?: thing| question)?\b", re.IGNORECASE)
_LEAD = re.compile(
    r"^\s*(?P<said>[^,.!?:;\u2026\u2013\u2014]{1,60}?)\s*(?:[,:!;]|\.{1,3}|\u2026|\s[-\u2013\u2014])\s+(?=\S)"
)
_BARE_LEAD = re.compile(
    r"^\s*(?:hi|hey|hello|lol|haha|hm+|ok|okay|sorry|btw|phew)\s+"
    r"(?=(?:how|which|what|who|when|where|list|show|can|could|do|did|is|are|any)\b)",
    re.IGNORECASE,
)
_CAN_YOU = re.compile(
    r"^\s*(?:can|could|would|will) you (?:please |quickly |maybe )?(?:tell|show|give|find|list|check|look up)(?: out)?"
    r"(?: (?:me|us))?(?: for me)?,?\s+(?=\S)",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"\s+(?:pls|plz|please|obviously|of course|naturally)(?=\s*[,.;:?!()\u2013\u2014]|\s+-\s|\s*$)", re.IGNORECASE
)
_AFTERTHOUGHT = re.compile(
    r"[,.;?!]\s*(?:and |,\s*)?(?:(?:what is|just) the (?:number|total|figure|amount)|(?:the )?numbers|"
    r"(?:can|could) you (?:list|show|name) (?:them|those)|in (?:money|figures) (?:i mean|that is)|"
    r"i mean|if that makes sense|the amount)\s*(?P<mark>[?.!]*)\s*$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:[\s,.;!?]+(?:pls|plz|please|lol|haha|hehe|thx|thanks(?: a lot| in advance)?|thank you|ta|cheers|asap|"
    r"(?:do you know|any idea|can you (?:tell|say|check|look|see)(?: me| that| please)?|if you can|if possible)|"
    r"[:;]-?[)D]))+\s*(?P<mark>[?.!]*)\s*$",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"[?.,;!]\s*(?:please )?(?:list|show|name|give)(?: me)? (?:them|these|those|all)(?: all)?\s*[.!]*\s*$",
    re.IGNORECASE,
)
_AND_NUMBER = re.compile(
    r",\s*how many (?:is|are|would) (?:that|this|those|they|it)(?: in all| altogether)?\s*[?.!]*\s*$", re.IGNORECASE
)
_WITHOUT_APOSTROPHE = {
    "arent": "are not",
    "isnt": "is not",
    "wasnt": "was not",
    "werent": "were not",
    "hasnt": "has not",
    "havent": "have not",
    "hadnt": "had not",
    "dont": "do not",
    "doesnt": "does not",
    "didnt": "did not",
    "cant": "can not",
    "couldnt": "could not",
    "wont": "will not",
    "wouldnt": "would not",
    "whats": "what is",
    "whos": "who is",
    "wheres": "where is",
    "hows": "how is",
    "thats": "that is",
    "theres": "there is",
    "theyre": "they are",
    "theyve": "they have",
    "weve": "we have",
    "youve": "you have",
    "ive": "i have",
    "wich": "which",
    "whcih": "which",
    "waht": "what",
    "hwo": "how",
    "mnay": "many",
    "teh": "the",
    "stil": "still",
    "ppl": "people",
    "cust": "customers",
    "avrg": "average",
}
_LOOSE = re.compile(rf"\b(?:{'|'.join(_WITHOUT_APOSTROPHE)})\b", re.IGNORECASE)


def without_chatter(text: str, named: Callable[[str], bool]) -> str:
    """The question alone; words that are ``named`` in the data stay as they are."""

    def spelled(match: re.Match[str]) -> str:
        word = match.group()
        return word if named(word.lower()) else _WITHOUT_APOSTROPHE[word.lower()]

    kept = _CAN_YOU.sub("", _without_small_talk(_LOOSE.sub(spelled, text.strip()), named))
    kept = _PLEASE.sub(lambda match: match.group() if named(match.group().strip().lower()) else "", kept)
    kept = _TAIL.sub(lambda match: match["mark"], kept)
    kept = _AFTERTHOUGHT.sub(lambda match: match["mark"], kept)
    kept = _ORDER.sub("", kept)
    kept = _AND_NUMBER.sub("", kept) if re.match(r"\s*(?:how|number)\b", kept, re.IGNORECASE) else _counted(kept)
    return kept.strip() or text


def _without_small_talk(text: str, named: Callable[[str], bool]) -> str:
    """As in "sorry to bother you again... which": what leads and has no word but those of small talk.

    Anything else may say which rows are meant, as "last month, how many" and "weekends only: how many" do.
    """
    while found := _LEAD.match(text):
        words = re.findall(r"[\w']+", _ONE.sub("", _SIGHS.sub("", found["said"])).lower())
        if any(word not in _SMALL_TALK or named(word) for word in words):
            break
        text = text[found.end() :]
    return _BARE_LEAD.sub("", text)


def _counted(text: str) -> str:
    found = _AND_NUMBER.search(text)
    return f"how many {text[: found.start()].strip()}" if found is not None else text
