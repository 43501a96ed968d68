"""What tells a list's records apart."""

from __future__ import annotations

from connectors.drafting.api import Api
from connectors.drafting.lists import Listing, is_of_one
from connectors.drafting.questions import Asking
from connectors.drafting.shapes import Shape
from connectors.drafting.words import alike, singular, words

NONE = "none"
_SURE = ("id", "gid", "uuid", "guid", "_id", "uid", "Id", "ID", "oid")
_ENDS = {
    "id",
    "gid",
    "uuid",
    "guid",
    "key",
    "code",
    "number",
    "no",
    "sid",
    "sku",
    "ref",
    "reference",
    "slug",
    "iban",
    "ts",
}
_LOCAL = {"number", "no", "line", "position", "index", "seq", "sequence", "row", "ts", "order"}


def key_of(listing: Listing, api: Api, asking: Asking) -> str:
    """The one field that identifies a record, as it is spelled; empty where a person said that there is none.

    The address of one record names it best: ``/orders/{order_number}`` beside a field ``order_number``.
    """
    fields = {name: shape for name, shape in listing.record.properties.items() if _is_plain(shape)}
    if len(listing.endpoint.key) == 1:
        asking.decided(listing.name, f"key {listing.endpoint.key[0]}", "the description names it as the key")
        return listing.endpoint.key[0]
    sure = next((name for name in _SURE if name in fields), None)
    if sure is not None:
        asking.decided(listing.name, f"key {sure}", f"the record has a field {sure}")
        return sure
    named = _named_in_path(listing, api, fields)
    if named is not None:
        field, path = named
        asking.decided(listing.name, f"key {field}", f"GET {path} asks for one record by it")
        return field
    called = {f"{noun}_{end}" for noun in _nouns(listing.name) for end in ("id", "key", "uuid", "guid", "gid")}
    own = [name for name in fields if any(alike(name, one) for one in called)]
    if len(own) == 1:
        asking.decided(listing.name, f"key {own[0]}", f"the field is called as the list's record: {own[0]}")
        return own[0]
    return _asked(listing, fields, asking)


def _asked(listing: Listing, fields: dict[str, Shape], asking: Asking) -> str:
    likely = [name for name in fields if words(name) and words(name)[-1] in _ENDS][:8]
    options = [*((name, f"the field {name}") for name in likely), (NONE, "nothing does: rows are not told apart")]
    text = f"Which field tells one record of {listing.name} from another? Any of its fields, or several joined by +."
    said = asking.needed(
        f"{listing.name}.key", text, options, stream=listing.name, free=lambda key: set(key.split("+")) <= fields.keys()
    )
    field = "" if said == NONE else said
    asking.decided(listing.name, f"key {field or 'none'}", "you said so")
    return field


def is_local(key: str) -> bool:
    """Whether a key counts within its parent alone, as a line's number does."""
    found = words(key)
    return bool(found) and found[-1] in _LOCAL and "id" not in found


def _is_plain(shape: Shape) -> bool:
    return not shape.properties and (not shape.kinds or bool(shape.kinds & {"string", "integer", "number"}))


def _nouns(name: str) -> list[str]:
    """What a record is called: of ``branding_payment_services`` that, payment_service and service."""
    parts = [singular(word) for word in name.split("_")]
    return ["_".join(parts[start:]) for start in range(len(parts))]


def _named_in_path(listing: Listing, api: Api, fields: dict[str, Shape]) -> tuple[str, str] | None:
    """The field whose name stands in the address of one of the list's records."""
    start = listing.endpoint.path.rstrip("/") + "/{"
    named: list[tuple[str, str]] = []
    for one in api.endpoints:
        if one.path.startswith(start) and is_of_one(one.path) and one.path.count("/") == start.count("/"):
            asked = one.path[len(start) : -1]
            found = next((name for name in fields if alike(name, asked)), None)
            # /pools/{pool_name} asks by the field name.
            nouns = _nouns(listing.name)
            found = found or next(
                (name for name in fields if any(alike(f"{one}_{name}", asked) for one in nouns)), None
            )
            if found is not None:
                named.append((found, one.path))
    # A record may be asked for by its number as well as by its id.
    ids = [one for one in named if words(one[0])[-1] in {"id", "gid", "uuid", "guid"}]
    chosen = ids or named
    return chosen[0] if len({field for field, _ in chosen}) == 1 else None
