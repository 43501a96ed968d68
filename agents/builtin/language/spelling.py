"""Slips of the pen: a word that nothing knows, one letter away from one word of questions or of the data's names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_LEAST = 5
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(r"(?<![\w\"'.-])[A-Za-z]{5,}(?![\w\"'.-])")


def corrected(text: str, known: Callable[[str], bool], words: Iterable[str]) -> tuple[str, list[str]]:
    """The text with such words put right, and what was taken for what.

    Endings are left alone: "waiter" and "waiters" are two words, and so are "supplier" and "supplied".
    """
    held = {word for word in words if len(word) >= _LEAST}
    notes: list[str] = []

    def put_right(match: re.Match[str]) -> str:
        word = match.group()
        low = word.lower()
        if known(low) or (word[:1].isupper() and match.start() > 0):
            return word
        near = sorted(_one_away(low) & held)
        if len(near) != 1 or near[0] == low:
            return word
        notes.append(f"'{word}' is read as '{near[0]}'")
        return near[0]

    return _WORD.sub(put_right, text), notes


def _one_away(word: str) -> set[str]:
    """Words that one letter too many, too few or two turned round make of it, but for its first letter and its end."""
    inside = range(1, len(word) - 1)
    dropped = {word[:at] + word[at + 1 :] for at in inside}
    turned = {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 2)}
    added = {word[:at] + letter + word[at:] for at in range(1, len(word) - 1) for letter in _LETTERS}
    return dropped | turned | added
