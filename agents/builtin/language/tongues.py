"""Other languages: names and questions in German, Italian, Spanish or French brought to the words that are understood.

A vocabulary is a file in ``vocabularies``. Names of a schema are translated where enough of them are of one language;
a question where enough of its words are. What is stored in the data stays as it is, so that values link by themselves.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

from agents.builtin.language.words import fold, split_name

_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_ELIDED = re.compile(r"\b(?:l|d|dell|all|nell|dall|sull|un|qu|s|c|j|n)['’](?=\w)", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,])(\d{1,3}(?:\.\d{3})+)(?:,(\d+))?(?![\d.])")
_DECIMAL = re.compile(r"(?<![\d.,])(\d+),(\d{1,2})(?![\d,])")
# As in "Mieter, die gekündigt haben": the article before a clause with its verb at the end is a relative pronoun.
_VERBS = "haben|hat|hatte|hatten|sind|ist|war|waren|wurden|wurde|werden|wird"
_RELATIVE = re.compile(
    rf",\s*(?:die|der|das|den|dem|denen|welche[rsmn]?)\b(?=[^,.?!:–-]*\b(?:{_VERBS})\s*(?:[,.?!:–-]|$))", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
# Two letters of a name are too little to know a language by.
_TELLING = 3
_LEAST_NAMES = 2
_LEAST_SHARE = 0.15
_JOINTS = ("", "s", "n", "en", "es", "e")
_HEAD_FIRST = frozenset({"italian", "spanish", "french"})
_OF = frozenset("di del della dello dei delle degli de du des la le el il los las".split())
# Behind these stands no noun yet for an adjective to belong to.
_NO_NOUNS = frozenset("the a an of in with by for from per each in the of the to and , by the with the".split())
_ENDINGS = {"german": ("en", "er", "es", "em", "e", "n", "s"), "french": ("es", "e", "s"), "spanish": ("es", "s")}
_VOWELS = {"italian": "oaie"}


@dataclass(frozen=True)
class Language:
    """``nouns`` and ``words``: folded word to English; ``many``: the forms that are plurals.

    ``phrases`` are those of questions, with "<" before the English of an adjective that stands behind its noun.
    """

    name: str
    nouns: Mapping[str, str] = field(default_factory=dict)
    many: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)

    def name_words(self, word: str) -> tuple[str, ...] | None:
        """A word of a name in English, also one put together of words that are known; None when it is unknown."""
        known = self.nouns.get(word) or self.words.get(word)
        if known is not None:
            return tuple(known.split())
        return self._parts(word)

    def forms(self, word: str) -> list[str]:
        """What a word may be a form of: without its ending, and with vowels as names spell them, as in "gebaeude"."""
        found = [fold(word), fold(unicodedata.normalize("NFC", word).casefold().translate(_UMLAUTS))]
        for ending in _ENDINGS.get(self.name, ()):
            found += [form.removesuffix(ending) for form in found[:2] if form.endswith(ending) and len(form) > 5]
        for vowel in _VOWELS.get(self.name, ""):
            found += [form[:-1] + vowel for form in found[:2] if len(form) > 4 and form[-1] in "aeio"]
        return list(dict.fromkeys(found))

    def _parts(self, word: str) -> tuple[str, ...] | None:
        """As in "rechnungsdatum": only German writes words together, but no other loses by looking."""
        for cut in range(len(word) - 3, 3, -1):
            head, tail = word[:cut], self.nouns.get(word[cut:])
            if tail is None:
                continue
            for joint in _JOINTS:
                if head.endswith(joint):
                    bare = head[: len(head) - len(joint)]
                    first = self.nouns.get(bare) or self.nouns.get(f"{bare}e")
                    if first is not None:
                        return (*first.split(), *tail.split())
        return None


@cache
def languages() -> tuple[Language, ...]:
    """All vocabularies there are, by name."""
    folder = resources.files("agents.builtin.language.vocabularies")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".txt")), key=lambda f: f.name)
    return tuple(_read(file.name.removesuffix(".txt"), file.read_text(encoding="utf-8")) for file in files)


def _read(name: str, text: str) -> Language:
    held: dict[str, dict[str, str]] = {"nouns": {}, "words": {}, "phrases": {}}
    plain: list[tuple[str, str, str]] = []
    many: set[str] = set()
    part = ""
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("["):
            part = line.strip("[] ")
            continue
        left, _, english = (side.strip() for side in line.rpartition(" = "))
        forms = [left] if part == "phrases" else left.split()
        for place, form in enumerate(forms):
            held[part].setdefault(_composed(form), english)
            for spelled in {fold(form), fold(_composed(form).translate(_UMLAUTS))}:
                plain.append((part, spelled, english))
                if part == "nouns" and place:
                    many.add(spelled)
    # A word as it is written comes before one that only looks so without its accents, as Italian "e" and "è".
    for part, spelled, english in plain:
        held[part].setdefault(spelled, english)
    return Language(name, held["nouns"], frozenset(many), held["words"], held["phrases"])


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def language_of_names(names: Iterable[str], english: Callable[[str], bool]) -> Language | None:
    """The language of which names are; None where they are English."""
    every = {word for name in names for word in split_name(name)}
    said = {word for word in every if len(word) >= _TELLING and not english(word)}
    found = {one.name: {word for word in said if one.name_words(word) is not None} for one in languages()}
    best = max(languages(), key=lambda one: len(found[one.name]), default=None)
    if best is None or len(found[best.name]) < max(_LEAST_NAMES, _LEAST_SHARE * len(every)):
        return None
    return best


def names_translator(names: Iterable[str], english: Callable[[str], bool]) -> Callable[[str], tuple[str, ...] | None]:
    """A look-up for words of names, in the language of which the names are; one that knows none for English names."""
    language = language_of_names(names, english)
    return (lambda _word: None) if language is None else language.name_words


def in_english(words: Sequence[str], language: Language) -> tuple[str, ...] | None:
    """A name of several words in English order: "data_ordine" is the order date. None where a word is unknown."""
    kept = [word for word in words if word not in _OF]
    parts = [language.name_words(word) for word in kept]
    if not _HEAD_FIRST & {language.name} or len(kept) < 2 or not all(parts):
        return None
    return tuple(word for part in reversed(parts) for word in part or ())


def translated(
    text: str,
    stored: Callable[[str], bool],
    english: Callable[[str], bool],
    named: Callable[[str], bool] = lambda _word: False,
) -> str:
    """The question in English where it was asked in another language; words that are stored stay as they are.

    A word that no vocabulary has is taken for a form of one that is stored or ``named`` in the data, where it is one.
    """
    language = _language_of(text, english, named)
    if language is None:
        return text
    text = re.sub(r"[¿¡]", "", text)
    text = _RELATIVE.sub(", which", text) if language.name == "german" else text
    text = _THOUSANDS.sub(lambda m: m[1].replace(".", "") + (f".{m[2]}" if m[2] else ""), text)
    text = _DECIMAL.sub(r"\1.\2", text)
    pieces: list[str] = []
    at = 0
    for match in re.finditer(r"\"[^\"]*\"|'[^']*'(?!\w)", text):
        pieces += [_plain(text[at : match.start()], language, stored, named), match.group()]
        at = match.end()
    return re.sub(r"\s+", " ", "".join([*pieces, _plain(text[at:], language, stored, named)])).strip()


def _plain(text: str, language: Language, stored: Callable[[str], bool], named: Callable[[str], bool]) -> str:
    words = re.findall(r"\s+|[^\W_]+(?:['’\-][^\W_]+)*['’]?|.", text)
    out: list[str] = []
    at = 0
    while at < len(words):
        if not words[at].strip() or not words[at][0].isalpha():
            out.append(words[at])
            at += 1
            continue
        size = _name_at(words, at, named)
        if size:
            out.append("".join(words[at : at + size]))
            at += size
            continue
        size, english = _phrase_at(words, at, language)
        if size and english.startswith("<"):
            # As in "importo medio": the adjective stands behind its noun.
            place = next((p for p in range(len(out) - 1, -1, -1) if out[p].strip()), 0)
            if out and out[place].lower() in _NO_NOUNS:
                out.append(english[1:])
            else:
                out.insert(place, f"{english[1:]} ")
            at += size
            continue
        if size:
            out.append(english)
            at += size
            continue
        elided = _ELIDED.match(words[at])
        bare = words[at][elided.end() :] if elided else words[at]
        out.append(_content(bare, language, stored, named))
        at += 1
    return "".join(out)


def _name_at(words: Sequence[str], at: int, named: Callable[[str], bool]) -> int:
    """How many pieces from here on are a column's name of two or three words, as the data has it."""
    for size in (5, 3):
        part = words[at : at + size]
        plain = len(part) == size and all(bool(p.strip()) == (place % 2 == 0) for place, p in enumerate(part))
        if plain and named(fold("".join(part[::2]))):
            return size
    return 0


def _phrase_at(words: Sequence[str], at: int, language: Language) -> tuple[int, str]:
    """The longest phrase of the language that starts here, as (pieces, English)."""
    for size in range(min(9, len(words) - at), 0, -1):
        if not words[at + size - 1].strip():
            continue
        written = "".join(words[at : at + size])
        for said in (_composed(written), fold(written)):
            if said in language.phrases:
                return size, language.phrases[said]
    return 0, ""


def _content(word: str, language: Language, stored: Callable[[str], bool], named: Callable[[str], bool]) -> str:
    folded = fold(word)
    if stored(word):
        return word
    known = language.nouns.get(folded)
    if known is not None:
        return _plural(known) if folded in language.many else known
    other = language.words.get(folded) or " ".join(language.name_words(folded) or ())
    if other:
        return _plural(other) if folded not in language.words and _ends_many(folded, language) else other
    if len(folded) < _TELLING or word.isdigit():
        return word
    forms = language.forms(word)
    held = next((form for form in forms if stored(form) or named(form)), None)
    made = [language.name_words(form) for form in forms[1:]]
    return held or next((" ".join(words) for words in made if words), word)


def _ends_many(word: str, language: Language) -> bool:
    """Whether a word put together ends in a plural."""
    return any(word.endswith(one) for one in language.many if len(one) > _TELLING) and word not in language.nouns


def _plural(english: str) -> str:
    if english.endswith("y") and english[-2:-1] not in "aeiou":
        return f"{english[:-1]}ies"
    return english if english.endswith("s") else f"{english}s"


def _language_of(text: str, english: Callable[[str], bool], named: Callable[[str], bool]) -> Language | None:
    """The language of which the question has most words, if those are not words of English too."""
    words = [fold(word) for word in _WORD.findall(_ELIDED.sub("", text))]
    telling = [word for word in words if not english(word)]
    # Words that only the data's own names know are of no language.
    words = [word for word in words if not english(word) or not named(word)]
    best: tuple[int, Language] | None = None
    for one in languages():
        single = {part for phrase in one.phrases for part in phrase.split()}
        hits = sum(1 for word in telling if word in single or one.name_words(word) is not None)
        if best is None or hits > best[0]:
            best = (hits, one)
    if best is None or best[0] == 0:
        return None
    return best[1] if (best[0] >= 2 and best[0] * 3 >= len(words)) or best[0] * 2 >= len(words) else None
