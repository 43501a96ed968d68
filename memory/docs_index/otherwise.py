"""What people call things that have another word in the docs. The list is a page itself, so that it can be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from memory.docs_index.keywords import stems_of

FILE = "docs/other-words.md"
"""The page with the list. It is no passage of the index: having all words, it would be found for everything."""
_ROW = re.compile(r"^\|(?P<here>[^|]+)\|(?P<said>[^|]+)\|\s*$")
_RULE = re.compile(r"[\s:|-]+")


@dataclass(frozen=True)
class Asked:
    """A question in the docs' words. ``likes`` has for a word as it was asked the docs' words for it."""

    text: str
    likes: Mapping[str, frozenset[str]]


class OtherWords:
    """The list, ready to be used. A phrase stands for all words of its row, and is rewritten to the first."""

    def __init__(self, text: str) -> None:
        rows = [row for line in text.splitlines() if not _RULE.fullmatch(line) and (row := _ROW.match(line))]
        self._phrases: dict[tuple[str, ...], tuple[str, ...]] = {}
        for row in rows[1:]:
            here = _listed(row["here"])
            for phrase in _listed(row["said"]):
                words = stems_of(phrase)
                self._phrases[words] = tuple(dict.fromkeys([*self._phrases.get(words, ()), *here]))
        self._longest = max(map(len, self._phrases), default=0)

    @property
    def here(self) -> frozenset[str]:
        """Every word of the docs that something is said for."""
        return frozenset(word for words in self._phrases.values() for word in words)

    def read(self, question: str) -> Asked:
        """The question with the docs' words in place of others, the longest phrase first."""
        written = [(one.group(), one.start(), one.end()) for one in re.finditer(r"[^\W_]+", question.casefold())]
        stems = [stems_of(word)[0] if stems_of(word) else word for word, _, _ in written]
        likes: dict[str, set[str]] = {}
        text, copied, at = "", 0, 0
        folded = question.casefold()
        while at < len(stems):
            found = self._found(stems, at)
            if found is None:
                at += 1
                continue
            length, here = found
            for word, _, _ in written[at : at + length]:
                likes.setdefault(word, set()).update(here)
            text += folded[copied : written[at][1]] + here[0]
            copied = written[at + length - 1][2]
            at += length
        return Asked(text + folded[copied:], {word: frozenset(here) for word, here in likes.items()})

    def _found(self, stems: Sequence[str], at: int) -> tuple[int, tuple[str, ...]] | None:
        for length in range(min(self._longest, len(stems) - at), 0, -1):
            here = self._phrases.get(tuple(stems[at : at + length]))
            if here is not None:
                return length, here
        return None


def _listed(cell: str) -> list[str]:
    return [" ".join(one.split()) for one in cell.replace("`", "").split(",") if one.strip()]
