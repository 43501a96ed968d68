"""How a text may be spelled inside another one: escaped by JSON or Python, its quotes doubled by SQL or CSV."""

from __future__ import annotations

import re

_UNICODE = re.compile(r"\\+u([0-9a-fA-F]{4})")
_QUOTE = re.compile(r"""\\*(['"])(?:\\*\1)?""")
_SPACE = re.compile(r"\\+([nrt])")
_SPACES = {"n": "\n", "r": "\r", "t": "\t"}
_BEGINS = r"(?:(?<!\w)|(?<=\\[nrtbf])|(?<=\\u[0-9a-fA-F]{4}))"
"""The letter before may belong to an escape."""


def unescaped(text: str) -> str:
    """The text with what may be an escape or a doubled quote read as what it stands for, however deep."""
    if "\\" not in text and "''" not in text and '""' not in text:
        return text
    decoded = _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)
    # A letter beyond the first 65,536 is escaped as two halves.
    whole = decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    spaced = _SPACE.sub(lambda found: _SPACES[found[1]], _QUOTE.sub(r"\1", whole))
    return re.sub(r"\\+", lambda _: "\\", spaced)


def anywhere(value: str) -> re.Pattern[str]:
    """The value as a whole word in any of its spellings, without regard to case."""
    begins = _BEGINS if _parts_words(value[:1]) else ""
    ends = r"(?!\w)" if _parts_words(value[-1:]) else ""
    return re.compile(f"{begins}{''.join(map(_spelled, value))}{ends}", re.IGNORECASE)


def _parts_words(letter: str) -> bool:
    """Whether words of the letter's script stand apart; others follow each other without a space."""
    return letter.isascii() or letter.lower() != letter.upper()


def _spelled(letter: str) -> str:
    if letter.isspace():
        return r"(?:\s|\\+[nrt])"
    if letter == "\\":
        return r"\\+"
    if letter in "'\"":
        return rf"(?:(?:\\*{letter}){{1,2}}|\\+u{ord(letter):04x})"
    if letter.isascii():
        return re.escape(letter)
    cases = {one for one in (letter, letter.lower(), letter.upper()) if len(one) == 1}
    escaped = [_escaped(one) for one in sorted(cases)]
    return f"(?:{'|'.join([re.escape(letter), *escaped])})"


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be")
    halves = [units[place : place + 2].hex() for place in range(0, len(units), 2)]
    return "".join(rf"\\+u{half}" for half in halves)
