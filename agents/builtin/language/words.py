"""Words: cutting a question into tokens, and bringing question words and column names to one form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

LONGEST_REQUEST = 2_000
"""Characters of a request that are read; patterns over many words may take time that grows with their square."""
_TOKEN = re.compile(
    r"""
    (?P<quoted>"[^"\n]+"|“[^”\n]+”|`[^`\n]+`|(?<![\w])'[^'\n]*[^'\s](?<!\ws)'(?!\w)|(?<![\w])'[^'\n]+'(?![\w])|‘[^’\n]+’(?!\w))
  | (?P<date>\d{4}-\d{1,2}-\d{1,2}|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}\.\d{1,2}\.\d{4})
  | (?P<time>\d{1,2}(?::\d{2})?\s?(?:am|pm)\b|\d{1,2}:\d{2}(?::\d{2})?)
  | (?P<pair>\d{2,4}/\d{2,4}\b(?!/))
  | (?P<ordinal>\d+(?:st|nd|rd|th)\b)
  | (?P<number>[$€£]?\d+(?:,\d{3})*(?:\.\d+)?(?:\s?%|[kKmM]\b)?)
  | (?P<op>>=|<=|!=|<>|==|[<>=+*/()])
  | (?P<dotted>\.[A-Za-z]{2,}\b)
  | (?P<word>[^\W\d_](?:[\w]|[’'](?=\w)|-(?=\w)|\.(?=\w\.)|\.(?=(?:com|net|org|io|co|eu|de|fr|it|es|uk)\b)
      |&(?=\w))*|_\w+|\d+\w+)
  | (?P<punct>[,;:?!.–—-])
    """,
    re.VERBOSE,
)
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
} | {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "dozen": 12,
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000, "k": 1000}
_IRREGULAR = {
    "people": "person",
    "ids": "id",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "geese": "goose",
    "mice": "mouse",
    "data": "data",
    "series": "series",
    "status": "status",
    "statuses": "status",
    "address": "address",
    "addresses": "address",
    "business": "business",
    "businesses": "business",
    "bus": "bus",
    "buses": "bus",
    "gas": "gas",
    "class": "class",
    "classes": "class",
    "analysis": "analysis",
    "analyses": "analysis",
    "countries": "country",
    "movies": "movie",
    "cookies": "cookie",
    "prices": "price",
    "sales": "sale",
    "leaves": "leave",
    "lives": "live",
    "lying": "lie",
    "indices": "index",
    "criteria": "criterion",
    "news": "news",
    "campus": "campus",
    "bonus": "bonus",
    "bonuses": "bonus",
    "virus": "virus",
    "tax": "tax",
    "taxes": "tax",
    "made": "make",
    "sold": "sell",
    "bought": "buy",
    "wrote": "write",
    "written": "write",
    "paid": "pay",
    "spent": "spend",
    "had": "have",
    "has": "have",
    "having": "have",
    "were": "be",
    "was": "be",
    "is": "be",
    "are": "be",
    "been": "be",
    "does": "do",
    "did": "do",
    "done": "do",
    "gave": "give",
    "given": "give",
    "took": "take",
    "taken": "take",
    "got": "get",
    "gotten": "get",
    "left": "leave",
    "held": "hold",
    "won": "win",
    "lost": "lose",
    "taught": "teach",
    "ran": "run",
    "running": "run",
    "flew": "fly",
    "flown": "fly",
    "shipped": "ship",
    "sent": "send",
    "began": "begin",
    "begun": "begin",
    "came": "come",
    "went": "go",
    "gone": "go",
    "drove": "drive",
    "driven": "drive",
    "grew": "grow",
    "built": "build",
    "owed": "owe",
    "owes": "owe",
    "goes": "go",
    "kept": "keep",
    "met": "meet",
    "read": "read",
    "saw": "see",
    "seen": "see",
    "stole": "steal",
    "ordered": "order",
    "ordering": "order",
    "offered": "offer",
    "offering": "offering",
    "rating": "rating",
    "ratings": "rating",
    "rated": "rate",
    "building": "building",
    "meeting": "meeting",
    "booking": "booking",
    "listing": "listing",
    "billing": "billing",
    "shipping": "shipping",
    "spending": "spend",
    "opening": "opening",
    "closing": "close",
    "earnings": "earning",
    "takings": "takings",
    "during": "during",
    "string": "string",
    "thing": "thing",
    "ring": "ring",
    "king": "king",
    "spring": "spring",
    "evening": "evening",
    "morning": "morning",
    "ceiling": "ceiling",
    "wedding": "wedding",
    "need": "need",
    "seed": "seed",
    "feed": "feed",
    "speed": "speed",
    "bed": "bed",
    "red": "red",
    "hundred": "hundred",
    "excluding": "exclude",
    "including": "include",
}


@dataclass(frozen=True)
class Token:
    """One word, number, quoted text or sign, with its place in the question (half-open character range)."""

    text: str
    kind: str
    start: int
    end: int
    number: float | None = None

    @property
    def low(self) -> str:
        """Lower case without accents."""
        return fold(self.text)

    @property
    def stem(self) -> str:
        """The form that is compared with column names."""
        return stem(self.low)


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Case, accents and typographic quotes taken out, spaces made single."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("‘", "'").replace("–", "-"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).casefold().split())


def tokenise(text: str) -> list[Token]:
    """Cut into tokens. Number words become numbers ("two hundred" is one token), ``'s`` becomes its own token."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "word"
        raw = match.group()
        if kind == "word":
            tokens.extend(_word_tokens(raw, match.start()))
        elif kind == "quoted":
            tokens.append(Token(raw[1:-1].strip(), "quoted", match.start(), match.end()))
        elif kind == "number":
            tokens.append(Token(raw, "number", match.start(), match.end(), _number(raw)))
        elif kind == "pair":
            tokens.append(Token(raw, "word", match.start(), match.end()))
        elif kind == "ordinal":
            tokens.append(Token(raw, "ordinal", match.start(), match.end(), float(re.sub(r"\D", "", raw))))
        else:
            tokens.append(Token(raw, kind, match.start(), match.end()))
    return _with_number_words(tokens)


def _word_tokens(raw: str, start: int) -> list[Token]:
    plain = raw.replace("’", "'")
    low = plain.casefold()
    for ending, expansion in (("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'d", "would")):
        if low.endswith(ending) and len(low) > len(ending):
            head = {"can't": "can", "won't": "will"}.get(low, plain[: -len(ending)])
            cut = start + len(plain) - len(ending)
            return [Token(head, "word", start, cut), Token(expansion, "word", cut, start + len(raw))]
    if low.endswith("'s") and len(low) > 2:
        cut = start + len(plain) - 2
        follows_question = low[:-2] in {"what", "who", "how", "where", "that", "it", "there", "here", "let"}
        tail = Token("is" if follows_question else "'s", "word", cut, start + len(raw))
        return [Token(plain[:-2], "word", start, cut), tail]
    return [Token(raw, "word", start, start + len(raw))]


def _number(raw: str) -> float:
    bare = raw.strip("$€£ %").replace(",", "").lower()
    if bare.endswith("k"):
        return float(bare[:-1]) * 1e3
    if bare.endswith("m"):
        return float(bare[:-1]) * 1e6
    return float(bare)


def _with_number_words(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        low = token.low
        if token.kind == "word" and low in _NUMBER_WORDS and low not in _SCALES:
            end, value = _spoken(tokens, index)
            last = tokens[end - 1]
            # "one" is as often a pronoun ("which one") as a number; it counts only before a noun or a unit.
            text = " ".join(t.text for t in tokens[index:end])
            out.append(Token(text, "number", token.start, last.end, value))
            index = end
            continue
        if token.kind == "number" and index + 1 < len(tokens) and tokens[index + 1].low in _SCALES:
            scale = tokens[index + 1]
            value = (token.number or 0) * _SCALES[scale.low]
            out.append(Token(f"{token.text} {scale.text}", "number", token.start, scale.end, value))
            index += 2
            continue
        out.append(token)
        index += 1
    return out


def _spoken(tokens: list[Token], index: int) -> tuple[int, float]:
    total, current = 0.0, 0.0
    while index < len(tokens):
        for part in tokens[index].low.split("-"):
            if part in _SCALES:
                current = max(current, 1) * _SCALES[part]
                if _SCALES[part] >= 1000:
                    total, current = total + current, 0.0
            elif part in _NUMBER_WORDS:
                current += _NUMBER_WORDS[part]
            else:
                return index, total + current
        index += 1
    return index, total + current


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """Singular of a noun, by rule; also the -s form of a verb."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A crude common form of a word's inflections: plural, -ed, -ing and a final e are taken off."""
    word = word.replace("-", "").replace("'", "")
    if word in _IRREGULAR:
        word = _IRREGULAR[word]
        return word[:-1] if word.endswith("e") and len(word) > 3 else word
    word = singular(word)
    if word in _IRREGULAR and _IRREGULAR[word] == word:
        return word[:-1] if word.endswith("e") and len(word) > 3 else word
    for ending in ("ing", "ed"):
        bare = word[: -len(ending)]
        if word.endswith(ending) and len(bare) >= 3 and any(v in bare for v in "aeiouy"):
            if bare.endswith("i"):
                bare = bare[:-1] + "y"
            if len(bare) > 3 and bare[-1] == bare[-2] and bare[-1] not in "lsz":
                bare = bare[:-1]
            word = bare
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=65536)
def split_name(name: str) -> tuple[str, ...]:
    """The words of an identifier: ``sbTxAmount`` is sb, tx, amount; ``order_items2`` is order, items, 2."""
    spaced = re.sub(r"[^0-9A-Za-zÀ-ÿ]+", " ", name)
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", spaced)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", spaced)
    spaced = re.sub(r"([A-Za-z])(\d+)$", r"\1 \2", spaced)
    return tuple(fold(word) for word in spaced.split())


def is_number_word(word: str) -> bool:
    """Whether a folded word is a number, as "three" is."""
    return word in _NUMBER_WORDS


def plural(word: str) -> str:
    """The plural of a word, as most are made; a plural stays as it is."""
    if singular(word) != word:
        return word
    if word.endswith("y") and word[-2:-1] not in set("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"
