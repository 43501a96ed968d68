"""Which columns are compared, and what a column's name says about what it holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, Literal

from pipelines.job import Field, Relation
from pipelines.scope import StepScope, family
from spec.records import record

Kind = Literal["auto", "name", "text", "address", "phone", "email", "money", "date", "code", "exact"]

_KINDS: Final[dict[Kind, frozenset[str]]] = {
    "phone": frozenset({"phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "telefon", "handy"}),
    "email": frozenset({"email", "mail", "emails"}),
    "address": frozenset({"address", "addr", "street", "adresse", "strasse", "address1", "road", "city", "town", "zip",
                          "zipcode", "postcode", "postal", "plz", "country", "state", "region", "county", "province"}),
    "date": frozenset({"birth", "birthday", "birthdate", "dob", "born", "released", "release", "published", "founded",
                       "year", "geburtsdatum"}),
    "money": frozenset({"price", "msrp", "rrp", "preis"}),
    "code": frozenset({"sku", "ean", "isbn", "issn", "upc", "gtin", "mpn", "asin", "vat", "iban", "vin",
                       "barcode"}),
    "name": frozenset({"firstname", "lastname", "surname", "forename", "givenname", "familyname", "fullname",
                       "customer", "contact", "company", "person", "vorname", "nachname"}),
}  # fmt: skip
_BOOKKEEPING: Final = frozenset({
    "id", "ids", "uuid", "guid", "key", "rowid", "note", "notes", "comment", "comments", "remark", "remarks", "status",
    "state_code", "tag", "tags", "segment", "source", "created", "updated", "modified", "changed", "inserted", "synced",
    "currency", "language", "locale", "password", "active", "deleted", "at", "on", "since", "until", "count", "total",
    "quantity", "qty", "signup", "joined", "seen",
})  # fmt: skip
"""Words of columns that say when, how often or in which state, not who or what."""


@record(frozen=True, slots=True)
class Compared:
    """A column of the one side and of the other, the kind of what they hold, and what agreeing is worth (or None)."""

    left: Field
    right: Field
    kind: Kind
    weight: int | None = None

    @property
    def label(self) -> str:
        """The name it has in reasons: the last part of a path or address, as a person would say it."""
        return re.split(r"[#/:.]", self.left.name)[-1] or self.left.name


def words_of(name: str) -> list[str]:
    """A column's name as words: ``crm.PhoneNumber`` is phone, number."""
    last = re.split(r"[#/:.]", name)[-1]
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last)
    return [word for word in re.split(r"[^a-z0-9]+", apart.lower()) if word]


def kind_by_name(item: Field) -> Kind | None:
    """What a column's name and type say: a kind, ``auto`` where the data decides, None where it is not compared."""
    words = words_of(item.name)
    if words and words[-1] in ("id", "ids", "key", "uuid", "guid"):
        return None
    both = {*words, "".join(words), *("".join(two) for two in pairwise(words))}
    kind = next((kind for kind, names in _KINDS.items() if both & names), None)
    held = family(item.type)
    if kind is not None and held in _HELD[kind]:
        return kind
    if held != "text" or both & _BOOKKEEPING:
        return None
    return "auto"


_HELD: Final[dict[Kind, frozenset[str]]] = {
    "phone": frozenset({"text", "number"}),
    "email": frozenset({"text"}),
    "address": frozenset({"text", "number"}),
    "date": frozenset({"text", "number", "date"}),
    "money": frozenset({"text", "number"}),
    "code": frozenset({"text", "number"}),
    "name": frozenset({"text"}),
}


def guessed(left: Relation, right: Relation, ignored: Sequence[str], scope: StepScope) -> list[Compared]:
    """The columns that both sides have, by name, and that can tell who or what a record is.

    Names that differ only in a path before them (``shop.name``, ``crm#name``), in case or punctuation are the same.
    Raises SpecError when there are none.
    """
    others = {"".join(words_of(item.name)): item for item in reversed(right.fields)}
    folded = {name.casefold() for name in ignored}
    found: list[Compared] = []
    for item in left.fields:
        other = others.get("".join(words_of(item.name)))
        if other is None or item.name.casefold() in folded or other.name.casefold() in folded:
            continue
        kind = kind_by_name(item)
        if kind is not None and kind_by_name(other) is not None:
            found.append(Compared(item, other, kind))
    if not found:
        both = left.name if left is right else f"{left.name} and {right.name}"
        raise scope.fail(
            f"No column of {both} is known to tell who or what a record is.",
            field="compare",
            hint="Name the columns to compare, e.g. compare: {name: name, phone: phone}, or pairs with left and right.",
            data={"left": list(left.names), "right": list(right.names)},
        )
    return found
