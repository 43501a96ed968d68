"""Kinds of personal data and secrets, told by a column's name and by what its values look like."""

from __future__ import annotations

import re
from typing import Literal

from spec.catalog import Column

Kind = Literal[
    "email", "phone", "iban", "card", "name", "address", "birth", "identity", "network", "secret", "personal"
]
_WORDS: tuple[tuple[Kind, str], ...] = (
    ("secret", r"passw(or)?d|passwd|secret|api key|access key|private key|token|pin code|cvv|cvc"),
    ("email", r"e ?mail( address)?|mail address"),
    ("phone", r"(tele)?phone( number)?|tel|telefono|mobile( number)?|cell|fax|whatsapp"),
    ("iban", r"iban|bank account|account number|sort code|bic|swift"),
    ("card", r"card (number|no)|cardnumber|credit card|pan"),
    ("birth", r"birth ?(day|date)?|date of birth|dob"),
    (
        "identity",
        (
            r"ssn|social security|passport|tax (id|code|number)|codice fiscale|national (id|identity|insurance)"
            r"|identity (card|number)|licen[cs]e (no|number)"
        ),
    ),
    ("network", r"ip( address)?|mac address|device id"),
    ("address", r"address( line)?( \d)?|street|house number|(zip|postal) ?code|postcode|zip|latitude|longitude"),
    (
        "name",
        (
            r"(first|last|middle|full|given|family|maiden|sur|customer|client|contact|person|patient|employee|user|guest"
            r"|recipient|holder|owner|doctor|member|student|teacher|nick) ?names?|surname|forename|cardholder|nickname"
        ),
    ),
)
_NAMED = tuple(
    (kind, re.compile(rf"(?:^|.* )(?:{words.replace(' ', ' ?').replace('??', '?')})(?P<rest>(?: .*)?)", re.DOTALL))
    for kind, words in _WORDS
)
_NUMBERS: frozenset[Kind] = frozenset({"identity", "network"})
"""Kinds whose value is itself an id: a passport's id is its number, while an address's id is a key of ours."""
_ABOUT = (" count", " sent", " at", " valid", " verified")
"""A column whose name ends so tells something about the value, and not the value."""
_PEOPLE = re.compile(
    r"(?:^|.* )(customer|client|contact|person|people|patient|employee|user|guest|doctor|member|student|teacher|staff"
    r"|subscriber|lead|candidate|applicant|tenant|owner|player|actor|author|singer)s?"
)
VALUES: tuple[tuple[Kind, str], ...] = (
    ("email", r"^\s*[^@\s]+@[^@\s]+\.[A-Za-z]{2,}\s*$"),
    ("iban", r"^\s*[A-Z]{2}[0-9]{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,4})?\s*$"),
    ("phone", r"^\s*(\+|00)[0-9][0-9 ()./-]{6,18}\s*$"),
    ("card", r"^\s*[3-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}\s*$"),
)
"""In DuckDB's regular expressions. A card's own check digit is judged where text leaves, not here."""


def kind_of_name(table: str, column: Column) -> Kind | None:
    """The kind of personal data that a column's name speaks of, in the singular or the plural."""
    if column.type.upper() == "BOOLEAN":
        return None
    words = _words(column.name)
    for spelled in dict.fromkeys([words, " ".join(map(_singular, words.split()))]):
        for kind, pattern in _NAMED:
            found = pattern.fullmatch(spelled)
            if found is not None and not _is_about(found["rest"], kind, column.type):
                return kind
    return "name" if words in {"name", "names"} and _PEOPLE.fullmatch(_words(table)) else None


def _is_about(rest: str, kind: Kind, type_: str) -> bool:
    """Whether what follows the word in a column's name makes it a fact about the value, or a key that refers to it."""
    if rest.endswith(_ABOUT):
        return True
    return rest.endswith((" id", " ids")) and kind not in _NUMBERS and not is_text(type_)


def _singular(word: str) -> str:
    """An English plural's singular, regular ones only."""
    if re.search(r"(?:ss|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if re.search(r"[^s]s$", word) else word


def is_text(kind: str) -> bool:
    """Whether a DuckDB type is plain text, and no list of it."""
    return re.fullmatch(r"VARCHAR(\(\d+\))?|TEXT|STRING", kind.strip(), re.IGNORECASE) is not None


def _words(name: str) -> str:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return " ".join(re.findall(r"[a-z0-9]+", spaced.casefold()))
