"""Chance that is none: the same seed and place draw the same number, in any order and on any machine."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Numbers that follow from a seed; each is drawn for a place, so that another one more changes no other."""

    def __init__(self, seed: str) -> None:
        self._start = blake2b(seed.encode(), digest_size=16)

    def number(self, place: str, below: int) -> int:
        """A whole number from 0 to ``below`` - 1."""
        mixed = self._start.copy()
        mixed.update(place.encode())
        return int.from_bytes(mixed.digest(), "big") % below

    def chosen(self, place: str, of: Sequence[T]) -> T:
        """One of some."""
        return of[self.number(place, len(of))]

    def happens(self, place: str, percent: int) -> bool:
        """Whether something happens that does in so many of a hundred places."""
        return self.number(place, 100) < percent
