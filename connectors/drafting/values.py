"""What the fields of a record hold, where the data alone may not show it: instants as numbers, types, forms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.drafting.shapes import Shape
from connectors.drafting.words import words

_DOTNET = re.compile(r"^/Date\(-?\d+([+-]\d{4})?\)/$")
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?$")
_EPOCH_FORMATS = {"unix-time", "unixtime", "timestamp", "epoch", "unix-timestamp", "unix"}
_MOMENTS = {
    "at",
    "time",
    "timestamp",
    "date",
    "created",
    "updated",
    "modified",
    "changed",
    "since",
    "until",
    "on",
    "ts",
}
_MONEY = {
    "amount",
    "total",
    "price",
    "sum",
    "balance",
    "cost",
    "fee",
    "tax",
    "rate",
    "value",
    "paid",
    "due",
    "net",
    "gross",
    "quantity",
    "qty",
    "weight",
    "discount",
    "subtotal",
    "vat",
    "percent",
    "percentage",
}
_ZONED = "TIMESTAMP WITH TIME ZONE"


def form_of(name: str, shape: Shape) -> str:
    """How an instant is spelled: ``iso``, ``date``, ``epoch``, ``epoch_ms``, ``dotnet``; empty where it is none.

    A number is one only where its format, its example or its words say so beside its name.
    """
    example, form = shape.example, shape.text("format")
    if shape.is_only("integer", "number"):
        return _of_number(name, shape)
    if not (shape.is_only("string") or not shape.kinds):
        return ""
    if isinstance(example, str) and _DOTNET.match(example):
        return "dotnet"
    if form in {"date-time", "datetime"}:
        return "iso"
    if form == "date":
        return "date"
    if isinstance(example, str) and _ISO.match(example) and set(words(name)) & _MOMENTS:
        return "iso" if len(example) > 10 else "date"
    return ""


def _of_number(name: str, shape: Shape) -> str:
    form, example, text = shape.text("format"), shape.example, shape.text("description").lower()
    is_named = bool(set(words(name)) & _MOMENTS) or name.lower().endswith(("_at", "_on", "_ts"))
    says = form in _EPOCH_FORMATS or "unix" in text or "epoch" in text
    if not says and not is_named:
        return ""
    if isinstance(example, int | float) and not isinstance(example, bool):
        if 10**12 <= example < 10**13:
            return "epoch_ms"
        if 10**9 <= example < 4 * 10**9:
            return "epoch"
    if says:
        return "epoch_ms" if "millisecond" in text else "epoch"
    return ""


def times(record: Shape) -> Iterator[tuple[str, str]]:
    """Places of instants that are numbers or spelled without a zone, with their form."""
    for place, name, shape in _fields(record):
        form = form_of(name, shape)
        if form in {"epoch", "epoch_ms", "dotnet"}:
            yield place, form


def types(record: Shape) -> Iterator[tuple[str, str]]:
    """Places whose type the first records may not show, with that type. Amounts and other numbers are the data's."""
    for place, name, shape in _fields(record):
        form = form_of(name, shape)
        if form == "iso":
            yield place, _ZONED
        elif form == "date":
            yield place, "DATE"
        elif not form and shape.is_only("boolean"):
            yield place, "BOOLEAN"
        elif not form and shape.is_only("integer"):
            yield place, "BIGINT"
        elif not form and shape.is_only("string") and not _may_be_number(name, shape):
            yield place, "VARCHAR"


def _may_be_number(name: str, shape: Shape) -> bool:
    """Whether a text may spell an amount, as many systems do so that no digit is lost."""
    example = shape.example
    is_shown = isinstance(example, str) and re.fullmatch(r"-?\d+(\.\d+)?", example) is not None
    decimal = shape.text("format") in {"decimal", "double", "float", "money", "number", "int64", "int32"}
    return decimal or bool(set(words(name)) & (_MONEY | _MOMENTS)) or (is_shown and "id" not in words(name))


def _fields(record: Shape) -> Iterator[tuple[str, str, Shape]]:
    for name, shape in record.properties.items():
        if shape.properties or "array" in shape.kinds or "object" in shape.kinds:
            continue
        yield "/" + name.replace("~", "~0").replace("/", "~1"), name, shape
