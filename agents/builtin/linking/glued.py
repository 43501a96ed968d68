"""Stored words that begin with a small word: "no show" and "in progress" are one word each where they are kept."""

from __future__ import annotations

import re
from functools import cache

from agents.builtin.language.phrasebook import PHRASES
from agents.builtin.language.words import fold, stem
from agents.builtin.linking.links import is_filler
from agents.builtin.schema.values import ValueIndex, normal

_MOST_SORTS = 40
_MOST_WORDS = 3


def glued(text: str, values: ValueIndex) -> str:
    """The text with a hyphen within such words, so that "no show" denies nothing."""
    known = _small_words(values)
    if not known:
        return text
    parts = re.split(r"(\W+)", text)
    at = 0
    while at < len(parts):
        for count in range(_MOST_WORDS, 1, -1):
            said = parts[at : at + 2 * count - 1]
            if len(said) == 2 * count - 1 and set(said[1::2]) <= {" "} and _form(said[::2]) in known:
                parts[at : at + 2 * count - 1] = ["-".join(said[::2])]
                break
        at += 2
    return "".join(parts)


def _form(words: list[str]) -> str:
    return " ".join(stem(fold(word)) for word in words)


def _small_words(values: ValueIndex) -> frozenset[str]:
    """Forms of values of few sorts that begin with a word that says something else in questions."""
    found = set()
    for held in values.by_column.values():
        if len(held) <= _MOST_SORTS:
            for value in held:
                words = normal(value).split()
                if 2 <= len(words) <= _MOST_WORDS and _says_else(words[0]):
                    found.add(" ".join(words))
    return frozenset(found)


@cache
def _says_else(word: str) -> bool:
    return (word,) in PHRASES or (is_filler(word) and word not in {"last", "first"})
