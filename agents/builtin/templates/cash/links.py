"""Transfers between the accounts as evidence: which accounts are linked by them, and what only one side calls one."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agents.builtin.templates.cash.accounts import telling_words
from agents.builtin.templates.cash.roles import Account, Entry
from agents.builtin.templates.cash.words import OWN

DAYS = 5
"""How long a transfer may take that both sides call one."""
DAYS_ONE_SIDED = 3


@dataclass
class Links:
    """Labels that are linked, and transfers that one side alone calls so, as (account, other account, entry)."""

    linked: set[str] = field(default_factory=set)
    one_sided: list[tuple[str, str, Entry]] = field(default_factory=list)


def names_of(accounts: Sequence[Account]) -> dict[str, tuple[str, frozenset[str]]]:
    """Account to (its number without spaces, or nothing; the words that name it in movements of the others)."""
    own = {account.label: telling_words(account.label) for account in accounts}
    found = {}
    for account in accounts:
        number = re.sub(r"[^A-Z0-9]", "", account.label.upper())
        has_number = account.named and len(number) >= 6 and any(letter.isdigit() for letter in number)
        found[account.label] = (number if has_number else "", own[account.label])
    return found


def links_in(accounts: Sequence[Account], entries: Mapping[str, Sequence[Entry]]) -> Links:
    """The evidence over the movements of each account, by label."""
    names = names_of(accounts)
    found = Links()
    out: dict[object, list[tuple[str, Entry, bool]]] = defaultdict(list)
    into: dict[object, list[tuple[str, Entry, bool]]] = defaultdict(list)
    for account in accounts:
        for entry in entries[account.label]:
            side = into if entry.amount > 0 else out
            side[abs(entry.amount)].append((account.label, entry, is_marked(account.label, entry, names)))
    for amount in sorted(set(out) & set(into), key=str):
        _pair(out[amount], into[amount], found)
    return found


def _pair(out: list[tuple[str, Entry, bool]], into: list[tuple[str, Entry, bool]], found: Links) -> None:
    left = sorted(into, key=lambda one: one[1].day)
    for both in (True, False):
        for label, entry, marked in sorted(out, key=lambda one: one[1].day):
            for one in left:
                days = abs((one[1].day - entry.day).days)
                if one[0] == label or days > (DAYS if both else DAYS_ONE_SIDED):
                    continue
                if (marked and one[2]) if both else (marked != one[2]):
                    found.linked |= {label, one[0]} if both else set()
                    found.one_sided += [] if both else [(label, one[0], entry)]
                    left.remove(one)
                    out = [other for other in out if other[1] is not entry]
                    break


def is_marked(label: str, entry: Entry, names: Mapping[str, tuple[str, frozenset[str]]]) -> bool:
    """Whether the words of a movement say that it goes to or comes from an account of one's own."""
    plain = _plain(" ".join(entry.texts))
    compact = re.sub(r"[^A-Z0-9]", "", plain.upper())
    if re.search(OWN, plain):
        return True
    for other, (number, words) in names.items():
        if other == label:
            continue
        telling = words - names[label][1]
        if (number and number in compact) or (telling and set(re.findall(r"[a-z]+", plain)) & telling):
            return True
    return False


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(letter for letter in folded if not unicodedata.combining(letter)).split())
