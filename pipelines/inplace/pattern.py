r"""Regular expressions that mean one thing to every engine: read piece by piece, and written out without what differs.

DuckDB's are RE2's, PostgreSQL's and Spark's are of two other families. They agree on characters, classes, groups,
alternatives and greedy repetition, once nothing is left to what each takes a short form for: ``\d`` are ten digits here
and those of all scripts there, ``.`` stops at other ends of lines, ``$`` stands before a last one. Which of several
matches is taken is another matter: see ``Pattern.is_run``.
"""

from __future__ import annotations

from typing import Final

from pipelines.inplace.kinds import CannotSayError
from spec.records import record

_CLASSES: Final = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}")
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_WRITTEN: Final = {"\t": r"\t", "\n": r"\n", "\r": r"\r", "\f": r"\f"}
MOST: Final = 255
"""Times that PostgreSQL repeats something."""


@record(frozen=True)
class Pattern:
    """``body`` has no anchors at its ends. ``is_run`` where it is one character or class, once or more often: there is
    one way then to match at a place, which those that take the longest match and those that take the first agree on.
    """

    body: str
    at_start: bool
    at_end: bool
    is_run: bool


def read(text: str) -> Pattern:
    """The expression written for all engines. Raises CannotSayError naming what they may not agree on."""
    at_start = text.startswith("^")
    rest = text[1:] if at_start else text
    at_end = rest.endswith("$") and (len(rest) - len(rest[:-1].rstrip("\\"))) % 2 == 1
    reader = _Reader(rest[:-1] if at_end else rest)
    body = reader.alternatives()
    if reader.rest:
        raise CannotSayError(f"the pattern {text!r}")
    if (at_start or at_end) and reader.has_choice_outside:
        # An anchor belongs to the first or last of the alternatives only.
        raise CannotSayError(f"the pattern {text!r}")
    return Pattern(body, at_start, at_end, reader.pieces == 1 and not reader.groups and not reader.may_be_empty)


class _Reader:
    """Reads from the left, and keeps what has been seen of the whole."""

    def __init__(self, text: str) -> None:
        self.rest = text
        self.pieces = 0
        self.groups = 0
        self.may_be_empty = False
        self.has_choice_outside = False

    def alternatives(self, depth: int = 0) -> str:
        """Up to a closing parenthesis or the end."""
        found = [self._sequence()]
        while self.rest.startswith("|"):
            self.has_choice_outside = self.has_choice_outside or depth == 0
            self.rest = self.rest[1:]
            found.append(self._sequence())
        if any(not item for item in found):
            raise CannotSayError("a pattern for nothing")
        return "|".join(found)

    def _sequence(self) -> str:
        found = ""
        while self.rest and self.rest[0] not in "|)":
            found += self._piece() + self._times()
            self.pieces += 1
        return found

    def _piece(self) -> str:
        letter, self.rest = self.rest[0], self.rest[1:]
        if letter == "(":
            return self._group()
        if letter == "[":
            return self._class()
        if letter == ".":
            return r"[^\n]"
        if letter == "\\":
            return self._escaped()
        if letter in _SPECIAL:
            raise CannotSayError(f"{letter} inside a pattern")
        return _WRITTEN.get(letter, letter)

    def _group(self) -> str:
        self.groups += 1
        if self.rest.startswith("?"):
            if not self.rest.startswith("?:"):
                raise CannotSayError("a flag or a look around in a pattern")
            self.rest = self.rest[2:]
            opened = "(?:"
        else:
            opened = "("
        inner = self.alternatives(depth=1)
        if not self.rest.startswith(")"):
            raise CannotSayError("a group in a pattern that does not end")
        self.rest = self.rest[1:]
        return f"{opened}{inner})"

    def _escaped(self) -> str:
        letter, self.rest = self.rest[:1], self.rest[1:]
        if letter.lower() in _CLASSES and letter:
            return f"[{'' if letter.islower() else '^'}{_CLASSES[letter.lower()]}]"
        return self._literal(letter)

    def _literal(self, letter: str) -> str:
        if letter in _CONTROLS:
            return "\\" + letter
        if not letter or letter.isalnum() or not letter.isascii():
            raise CannotSayError(f"\\{letter} in a pattern")
        return "\\" + letter

    def _class(self) -> str:
        found = "["
        if self.rest.startswith("^"):
            found, self.rest = "[^", self.rest[1:]
        first = True
        while first or not self.rest.startswith("]"):
            if not self.rest or self.rest.startswith(("[", "]", "&", "~")):
                raise CannotSayError("a class in a pattern that is written in an uncommon way")
            letter, self.rest = self.rest[0], self.rest[1:]
            if letter == "\\":
                letter, self.rest = self.rest[:1], self.rest[1:]
                # A class without something, inside another one, is read by some only.
                found += _CLASSES[letter] if letter in _CLASSES and letter else self._literal(letter)
            elif letter == "-":
                found += self._dash(first)
            else:
                found += _WRITTEN.get(letter, "\\" + letter if letter in _SPECIAL else letter)
            first = False
        self.rest = self.rest[1:]
        return found + "]"

    def _dash(self, first: bool) -> str:
        if first or self.rest.startswith("]"):
            return r"\-"
        if self.rest.startswith(("\\", "-", "[")):
            raise CannotSayError("a range in a pattern that ends in something special")
        return "-"

    def _times(self) -> str:
        found = ""
        if self.rest[:1] in ("*", "+", "?") and self.rest:
            found, self.rest = self.rest[0], self.rest[1:]
        elif self.rest.startswith("{"):
            inner, closed, rest = self.rest[1:].partition("}")
            low, comma, high = inner.partition(",")
            sizes = [size for size in (low, high) if size]
            if not closed or not low or not all(size.isdigit() and int(size) <= MOST for size in sizes):
                raise CannotSayError("a number of times in a pattern")
            if high and int(high) < int(low):
                raise CannotSayError("a number of times in a pattern")
            found, self.rest = f"{{{low}{comma}{high}}}", rest
        if self.rest[:1] in ("*", "+", "?", "{") and self.rest:
            raise CannotSayError("a repetition in a pattern that takes as little as it can")
        self.may_be_empty = self.may_be_empty or (found[:1] in ("*", "?") and bool(found)) or found.startswith("{0")
        return found
