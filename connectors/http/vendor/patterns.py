"""Texts that match a regular expression, for values whose description gives nothing but a pattern."""

from __future__ import annotations

import string

from connectors.http.vendor.checking import compiled_pattern
from connectors.http.vendor.draws import Draw

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_letters,
    "W": "-",
    "S": string.ascii_letters + string.digits,
}
_SPOKEN = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_MOST_MORE = 4
_TRIES = 6


def matching(pattern: str, draw: Draw, place: str) -> str | None:
    """A text that the pattern finds; None where it has parts that are not understood (assertions, references back)."""
    compiled = compiled_pattern(pattern)
    if compiled is None:
        return None
    for turn in range(_TRIES):
        try:
            text = _Sampler(pattern, draw, f"{place}~{turn}").text()
        except (IndexError, ValueError):
            return None
        if compiled.search(text):
            return text
    return None


class _Sampler:
    """Walks over a pattern and writes as it goes."""

    def __init__(self, pattern: str, draw: Draw, place: str) -> None:
        self._pattern = pattern
        self._draw = draw
        self._place = place
        self._at = 0
        self._drawn = 0

    def text(self) -> str:
        made = self._alternatives()
        if self._at < len(self._pattern):
            raise ValueError("a bracket too many")
        return made

    def _number(self, below: int) -> int:
        self._drawn += 1
        return self._draw.number(f"{self._place}#{self._drawn}", below)

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _alternatives(self) -> str:
        made = [self._sequence()]
        while self._peek() == "|":
            self._next()
            made.append(self._sequence())
        return made[self._number(len(made))]

    def _sequence(self) -> str:
        made = ""
        while self._peek() and self._peek() not in "|)":
            begun = self._at
            once = self._atom()
            ended = self._at
            least, most = self._times()
            after = self._at
            for turn in range(least + self._number(most - least + 1)):
                if turn == 0:
                    made += once
                    continue
                self._at = begun
                made += self._atom()
                if self._at != ended:
                    raise ValueError("an atom of two lengths")
            self._at = after
        return made

    def _atom(self) -> str:
        sign = self._next()
        if sign == "(":
            return self._group()
        if sign == "[":
            return self._set()
        if sign == "\\":
            return self._escaped(self._next())
        if sign in "^$":
            return ""
        if sign == ".":
            return string.ascii_lowercase[self._number(26)]
        return sign

    def _group(self) -> str:
        if self._peek() == "?":
            self._next()
            if self._next() != ":":
                raise ValueError("an assertion")
        made = self._alternatives()
        if self._next() != ")":
            raise ValueError("an open bracket")
        return made

    def _escaped(self, sign: str) -> str:
        if sign in "bBAZ":
            return ""
        if sign.isdigit():
            raise ValueError("a reference back")
        known = _CLASSES.get(sign)
        return known[self._number(len(known))] if known else _SPOKEN.get(sign, sign)

    def _set(self) -> str:
        without = self._peek() == "^"
        if without:
            self._next()
        members = ""
        while self._peek() != "]" or not members:
            sign = self._next()
            if sign == "\\":
                sign = self._next()
                members += _CLASSES.get(sign, _SPOKEN.get(sign, sign))
            elif self._peek() == "-" and self._pattern[self._at + 1 : self._at + 2] not in {"]", ""}:
                self._next()
                members += "".join(map(chr, range(ord(sign), min(ord(self._next()), ord(sign) + 200) + 1)))
            else:
                members += sign
        self._next()
        if without:
            members = "".join(sign for sign in string.ascii_letters + string.digits + "-_ " if sign not in members)
        return members[self._number(len(members))]

    def _times(self) -> tuple[int, int]:
        sign = self._peek()
        if sign and sign in "*+?":
            self._next()
            times = {"*": (0, _MOST_MORE), "+": (1, 1 + _MOST_MORE), "?": (0, 1)}[sign]
        elif sign == "{" and "}" in self._pattern[self._at :]:
            end = self._pattern.index("}", self._at)
            least, comma, most = self._pattern[self._at + 1 : end].partition(",")
            self._at = end + 1
            few = int(least or 0)
            times = (few, int(most) if most else few + _MOST_MORE if comma else few)
        else:
            return 1, 1
        if self._peek() == "?":
            self._next()
        return times
