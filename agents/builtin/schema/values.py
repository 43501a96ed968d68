"""The value index: which column holds a value that a question names, whatever its case, number or accents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from agents.builtin.language.places import PLACE_NAMES
from agents.builtin.language.words import fold, stem

MAX_DISTINCT = 100_000


@dataclass(frozen=True)
class Hit:
    """A stored value that a phrase names; ``how`` is exact, form, place, part or typo, best first."""

    table: str
    column: str
    value: str
    how: str
    score: float


# As in "NoShow": two words written as one.
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


# "Cancelled" and "labelling" as British people write them; "filled" has nothing before its vowel.
_DOUBLED = re.compile(r"\b(\w*[aeiou]\w*[b-df-hj-np-tv-z][aeiou])ll(?=(?:ed|ing|er|ers)\b)")


def normal(text: str) -> str:
    """The stems of a text's words, joined: the form in which plurals and inflections are equal."""
    apart = _CAMEL.sub(" ", text) if not text.isupper() else text
    cleaned = _DOUBLED.sub(r"\1l", "".join(c if c.isalnum() else " " for c in fold(apart)))
    return " ".join(stem(word) for word in cleaned.split())


@dataclass
class ValueIndex:
    """Distinct values of text columns. Columns in ``partial`` have more than are held and must be queried."""

    exact: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    first_words: dict[str, list[str]] = field(default_factory=dict)
    by_column: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    partial: set[tuple[str, str]] = field(default_factory=set)

    def add(self, table: str, column: str, values: list[str]) -> None:
        self.by_column[table, column] = frozenset(values)
        for value in values:
            entry = (table, column, value)
            folded = fold(value)
            self.exact.setdefault(folded, []).append(entry)
            if len(value) <= 80:
                form = normal(value)
                if form and form != folded:
                    self.forms.setdefault(form, []).append(entry)
                for word in set(form.split()):
                    self.first_words.setdefault(word, []).append(folded)

    def also(self, ref: tuple[str, str], value: str, said: str) -> None:
        """Let a value be found under other words, as "annullato" under "cancelled"."""
        entry = (*ref, value)
        known = self.forms.setdefault(normal(said), [])
        if entry not in known:
            known.append(entry)

    def mean(self, ref: tuple[str, str], code: str, said: str) -> None:
        """Let a code be found under what it stands for, as surely as if that were stored."""
        entry = (*ref, code)
        self.exact.setdefault(fold(said), []).append(entry)
        self.forms.setdefault(normal(said), []).append(entry)

    def forget(self, ref: tuple[str, str]) -> None:
        """Leave a column out of look-ups; its numbers are no names."""
        for held in (self.exact, self.forms):
            for key in list(held):
                held[key] = [entry for entry in held[key] if entry[:2] != ref]

    def find(self, phrase: str, *, parts: bool = False, typos: bool = False) -> list[Hit]:
        """Columns that hold the phrase: as it is, in another form, as a part, or misspelt by a letter."""
        folded = fold(phrase)
        hits = [Hit(*entry, "exact", 1.0) for entry in self.exact.get(folded, ())]
        if hits:
            return hits
        form = normal(phrase)
        bare = form.removesuffix("ful")  # "successful" where "success" is stored
        found = dict.fromkeys(self.forms.get(form, ()), "form")
        for other in {form, bare}:
            found.update({entry: "form" for entry in self.exact.get(other, ()) if entry not in found})
        hits = [Hit(*entry, how, 0.93) for entry, how in found.items()]
        for alias in PLACE_NAMES.get(folded, ()):
            hits.extend(Hit(*entry, "place", 0.9) for entry in self.exact.get(alias, ()))
        if hits:
            return hits
        if parts:
            hits = self._parts(form)
        if not hits and typos and len(folded) >= 5:
            hits = self._typos(folded)
        return hits

    def _parts(self, form: str) -> list[Hit]:
        words = form.split()
        if not words:
            return []
        pools = [set(self.first_words.get(word, ())) for word in words]
        hits = []
        for folded in sorted(set.intersection(*pools))[:50]:
            entries = self.exact.get(folded, ())
            hits += [Hit(*entry, "part", 0.7) for entry in entries if f" {form} " in f" {normal(entry[2])} "]
        return hits

    def _typos(self, folded: str) -> list[Hit]:
        hits: list[Hit] = []
        words = folded.split()
        pool = {f for word in self._near_words(words) for f in self.first_words.get(word, ())}
        for other in sorted(pool):
            if abs(len(other) - len(folded)) > 2:
                continue
            alike = SequenceMatcher(None, folded, other).ratio()
            if alike >= 0.85:
                hits.extend(Hit(*entry, "typo", 0.6 * alike) for entry in self.exact.get(other, ()))
        return hits

    def _near_words(self, words: list[str]) -> set[str]:
        stems = [stem(word) for word in words]
        near = {word for word in stems if word in self.first_words}
        for word in stems:
            if len(word) >= 5:
                near.update(
                    other
                    for other in self.first_words
                    if abs(len(other) - len(word)) <= 1
                    and other[0] == word[0]
                    and SequenceMatcher(None, word, other).ratio() >= 0.8
                )
        return near
