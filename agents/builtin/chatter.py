"""What a person writes in a chat beside the question: greetings, thanks, apostrophes left out, little slips."""

from __future__ import annotations

import re
from collections.abc import Callable

_GREETING = (
    r"(?:hi|hey|hello|hiya|morning|good (?:morning|afternoon|evening|day)|evening|ok|okay|so|well|um|hmm|btw|"
    r"by the way|sorry|listen|please|pls|quick (?:one|question)|one more(?: thing| question)?|another (?:one|question)|"
    r"just (?:wondering|curious|checking)|question|next(?: one| question)?|thanks|thank you|great|super|perfect|"
    r"and now|now|also)"
)
_THANKS = re.compile(r"^\s*(?:thanks|thx|thank you|cheers|great|perfect)\b[^!.?:]*[!.]\s+(?=\S)", re.IGNORECASE)
_BARE_GREETING = re.compile(
    r"^\s*(?:hi|hey|hello|lol|haha|hm+|ok|okay|sorry|btw|morning|phew)\s+(?=(?:how|which|what|who|when|where|list|show)\b)",
    re.IGNORECASE,
)
_LEADS = re.compile(
    rf"^\s*(?:{_GREETING}(?: (?:there|all|everyone|team|again))?\s*(?:[,!:.;]+|\s[-\u2013\u2014])\s*)+", re.IGNORECASE
)
# "Our accountant asks: ..." tells who wants to know.
_ON_BEHALF = re.compile(
    r"^[^:?]{3,60}?\b(?:asks?|asked|asking|wants? to know|would like to know|wonders?|is wondering|needs? to know|"
    r"was asking)(?: me| us)?(?:\s*[:,\u2013\u2014-]\s*|\s+(?=how|what|which|who|when|where))",
    re.IGNORECASE,
)
# "... how many": what was said before the question, up to where it begins anew.
_SAID_BEFORE = re.compile(
    r"^[^?]{3,80}?(?:\.{2,}|\u2026)\s+(?:and |so |but )?"
    r"(?=(?:how|which|what|who|when|where|list|show|average|total|top)\b)",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^([^,.!?:\u2026]{3,60}?)(?:[,:!]|\.{1,3}|\u2026)\s+(?=\S)")
_AFTERTHOUGHT = re.compile(
    r"[,.;?!]?\s*(?:(?:and |,\s*)?(?:(?:what is|just) the (?:number|total|figure|amount)|(?:the )?numbers?|"
    r"(?:can|could) you (?:list|show|name) (?:them|those)|in (?:money|euros?|figures) (?:i mean|that is)|"
    r"i mean|if that makes sense|the amount))\s*(?P<mark>[?.!]*)\s*$",
    re.IGNORECASE,
)
_QUESTION = frozenset(
    "how which what who whose when where list show give top average total number share percentage sum count "
    "most".split()
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

    plain = _LOOSE.sub(spelled, text.strip())
    kept = _BARE_GREETING.sub("", _LEADS.sub("", _THANKS.sub("", plain)))
    kept = _ON_BEHALF.sub("", _SAID_BEFORE.sub("", kept, count=1))
    kept = _beside_the_point(kept, named)
    kept = _TAIL.sub(lambda match: match["mark"], kept)
    kept = _AFTERTHOUGHT.sub(lambda match: match["mark"], kept)
    kept = _ORDER.sub("", kept)
    kept = _AND_NUMBER.sub("", kept) if re.match(r"\s*(?:how|number)\b", kept, re.IGNORECASE) else _counted(kept)
    return kept.strip() or text


def _counted(text: str) -> str:
    found = _AND_NUMBER.search(text)
    return f"how many {text[: found.start()].strip()}" if found is not None else text


def _beside_the_point(text: str, named: Callable[[str], bool]) -> str:
    """As in "just out of curiosity, ...": what leads and speaks of nothing in the data, in no word of a question."""
    found = _LEAD.match(text)
    if found is None:
        return text
    words = re.findall(r"[a-z]+", found[1].lower())
    if not words or any(word in _QUESTION or named(word) for word in words) or re.search(r"\d", found[1]):
        return text
    return text[found.end() :]
