"""Search by word: BM25 over passages, held in memory. Scores are shares of the best that a text could have."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

# Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), and its usual constants.
K1, B = 1.5, 0.75
SHORTEST_BEGINNING = 4
_WORD = re.compile(r"[^\W_]+")
_SILENT = frozenset(
    "a about am an and any are as at be been but by can could did do does for from get had has have how i if in into "
    "is it its me my of on or our shall should so some than that the their them then there these they this to us was "
    "we were what when where which who why will with would you your".split()
)


def words_of(text: str) -> list[str]:
    """The words that carry meaning, folded and without their commonest English endings."""
    return [_stem(word) for word in _words(text)]


def stems_of(text: str) -> tuple[str, ...]:
    """All words, those that carry no meaning too, folded and without their endings."""
    return tuple(_stem(word) for word in _WORD.findall(_folded(text)))


def asked_words(query: str) -> tuple[str, ...]:
    """The words of a question that carry meaning, as they were written, each once."""
    return tuple(dict.fromkeys(_words(query)))


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(_folded(text)) if word not in _SILENT]


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class Keywords:
    """BM25 over some texts, known by their place in the list."""

    def __init__(self, texts: Sequence[str]) -> None:
        forms: dict[str, Counter[str]] = {}
        counted: list[Counter[str]] = []
        for text in texts:
            stems: Counter[str] = Counter()
            for word in _words(text):
                stems[_stem(word)] += 1
                if len(word) > 2 and word.isalpha():
                    forms.setdefault(_stem(word), Counter())[word] += 1
            counted.append(stems)
        self._forms = {stem: written.most_common(1)[0][0] for stem, written in forms.items()}
        self._lengths = [sum(words.values()) for words in counted]
        self._average = sum(self._lengths) / len(counted) if counted else 1.0
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for place, words in enumerate(counted):
            for word, often in words.items():
                self._postings.setdefault(word, []).append((place, often))

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Every word of the texts, in its commonest form."""
        return tuple(sorted(self._forms.values()))

    def scores(self, query: str, alike: Mapping[str, Mapping[str, float]] | None = None) -> dict[int, float]:
        """Place to score, from 0 to 1, of every text that has a word of the query.

        ``alike`` gives for a word of the query (as in ``asked_words``) words of the vocabulary that mean much the same,
        and how much; of a word and its likes a text counts the best.
        """
        found: Counter[int] = Counter()
        best = 0.0
        for word in asked_words(query):
            stem = _stem(word)
            rarity = self._rarity(len(self._postings.get(stem, ())))
            best += rarity * (K1 + 1)
            told = {one: weight for one, weight in (alike or {}).get(word, {}).items() if _stem(one) != stem}
            ways = [self._told(self._postings.get(_stem(one), []), weight, rarity) for one, weight in told.items()]
            own = self._postings.get(stem) or self._longer(stem)
            merged: dict[int, float] = {}
            for way in (self._told(own, 1.0, rarity), *ways):
                for place, score in way.items():
                    merged[place] = max(merged.get(place, 0.0), score)
            found.update(merged)
        return {place: score / best for place, score in found.items()}

    def covered(self, query: str, alike: Mapping[str, Mapping[str, float]]) -> dict[int, float]:
        """Place to the share of what is asked for, from 0 to 1, that a text has a word for, rare words counting more.

        How often a word stands there does not count. ``alike`` is as in ``scores``.
        """
        found: Counter[int] = Counter()
        whole = 0.0
        for word in asked_words(query):
            stem = _stem(word)
            rarity = self._rarity(len(self._postings.get(stem, ())))
            whole += rarity
            best = dict.fromkeys((place for place, _ in self._postings.get(stem) or self._longer(stem)), 1.0)
            for like, weight in alike.get(word, {}).items():
                for place, _ in self._postings.get(_stem(like), ()):
                    best[place] = max(best.get(place, 0.0), weight)
            found.update({place: rarity * weight for place, weight in best.items()})
        return {place: share / whole for place, share in found.items()}

    def _told(self, postings: Sequence[tuple[int, int]], weight: float, most: float) -> dict[int, float]:
        """BM25's part of one word, for each text; a like is worth no more than the word that was asked for."""
        rarity = weight * min(most, self._rarity(len(postings)))
        told = {}
        for place, often in postings:
            damping = K1 * (1 - B + B * self._lengths[place] / self._average)
            told[place] = rarity * often * (K1 + 1) / (often + damping)
        return told

    def _longer(self, word: str) -> list[tuple[int, int]]:
        """Where a word that is nowhere by itself begins another: ``postgres`` is in ``postgresql``."""
        found: Counter[int] = Counter()
        if len(word) >= SHORTEST_BEGINNING:
            for known, postings in self._postings.items():
                if known.startswith(word):
                    found.update(dict(postings))
        return sorted(found.items())

    def _rarity(self, texts: int) -> float:
        return math.log(1 + (len(self._lengths) - texts + 0.5) / (texts + 0.5))


def _stem(word: str) -> str:
    """A word without plural, -ing and -ed, the same for all forms of most English words; never shorter than three."""
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and re.search("[aeiouy]", word[: -len(ending)]):
            word = word[: -len(ending)]
            if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    return word[:-1] if len(word) > 3 and word.endswith("e") else word
