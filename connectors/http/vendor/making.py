"""Values made from a schema: plausible, seeded, and as awkward as real data within what the description allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.http.vendor.draws import Draw
from connectors.http.vendor.patterns import matching
from connectors.http.vendor.schemas import Schema, flat

TEXTS: Sequence[str] = (
    "Müller & Söhne GmbH", "東京 🍣", "plain", "O'Brien \"Bob\"", "a, b; c\td", "two\nlines", "  spaces  ", "NULL",
    "=1+1", "0012", "naïve café", "مرحبا", "👩‍👩‍👧", "<b>bold</b>", "back\\slash", "1e5", "true", "2026-02-30", "",
    "ﬀ İ ß",
)  # fmt: skip
"""What people type into fields; a vendor's texts are drawn from these."""
NUL = "nul\x00inside"

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_SPAN = 300 * 24 * 3600
_DEEP = 3
"""From this depth on only what is required is made, and lists stay as short as they may."""
_OFTEN = (85, 60, 30)
"""How many of a hundred optional properties are made, by depth."""
_TOO_DEEP = 12
_SCALARS = ("string", "integer", "number", "boolean")
_BIG = 9_007_199_254_740_993
"""The first whole number that a double cannot hold."""


class Maker:
    """Makes values. The same seed, place and number give the same value."""

    def __init__(self, definitions: Mapping[str, Schema], seed: str, texts: Sequence[str] = TEXTS) -> None:
        self._definitions = definitions
        self._draw = Draw(seed)
        self._texts = texts
        self._flat: dict[int, tuple[Schema, Schema]] = {}
        self._picked: dict[int, tuple[Schema, bool, Schema | None]] = {}

    def value(self, schema: Schema, number: int) -> Any:
        """The value with that number."""
        return self._made(schema, f"{number}:", 0)

    def present(self, schema: Schema, number: int) -> Any:
        """The value with that number, never null: a record of a list whose entries may be null, as GraphQL has them."""
        return self._made(schema, f"{number}:", 0, may_be_null=False)

    def bare(self, schema: Schema) -> Any:
        """A value with what is required and nothing else."""
        return self._made(schema, "bare:", _DEEP)

    def _made(self, schema: Schema, place: str, depth: int, *, may_be_null: bool = True) -> Any:
        whole = self._whole(schema)
        if "anyOf" in whole:
            return self._alternative(whole, place, depth, may_be_null=may_be_null)
        kinds = whole.get("type") or self._guessed(whole)
        is_drawn = may_be_null and self._draw.happens(place + "?", 15)
        if "null" in kinds and (depth > _TOO_DEEP or len(kinds) == 1 or is_drawn):
            return None
        if "enum" in whole:
            values = [one for one in whole["enum"] if one is not None] or [None]
            return self._draw.chosen(place, values)
        kind = next(one for one in kinds if one != "null")
        if kind == "object":
            return self._object(whole, place, depth)
        if kind == "array":
            return self._list(whole, place, depth)
        if kind == "boolean":
            return self._draw.happens(place, 50)
        return self._text(whole, place) if kind == "string" else self._amount(whole, place, kind)

    def _whole(self, schema: Schema) -> Schema:
        # The schema is kept with what it became, so that its id stays its own.
        known = self._flat.get(id(schema))
        if known is None:
            known = self._flat[id(schema)] = (schema, flat(schema, self._definitions))
        return known[1]

    def _guessed(self, whole: Schema) -> list[str]:
        if "properties" in whole or "required" in whole:
            return ["object"]
        return ["array"] if "items" in whole else ["string"]

    def _alternative(self, whole: Schema, place: str, depth: int, *, may_be_null: bool) -> Any:
        nothing, chosen = self._chosen(whole)
        if chosen is None or (nothing and may_be_null and self._draw.happens(place + "|", 15)):
            return None
        return self._made(chosen, place, depth, may_be_null=may_be_null)

    def _chosen(self, whole: Schema) -> tuple[bool, Schema | None]:
        """Whether null is an alternative, and which of the others is made."""
        known = self._picked.get(id(whole))
        if known is None:
            beside = {key: item for key, item in whole.items() if key != "anyOf"}
            options = [self._whole(one) for one in whole["anyOf"]]
            real = [one for one in options if one.get("type") != ["null"]]
            # One alternative for all records of a stream, a plain value before an object: a reference is an id until
            # somebody asks for more, and a column that changes its kind from row to row is no vendor's habit.
            plain = [one for one in real if any(kind in _SCALARS for kind in one.get("type", ()))]
            chosen = next(iter(plain or real), None)
            if chosen is not None and _shapes(beside):
                chosen = flat({"allOf": [beside, chosen]}, self._definitions)
            known = self._picked[id(whole)] = (whole, len(real) < len(options), chosen)
        return known[1:]

    def _object(self, whole: Schema, place: str, depth: int) -> dict[str, Any]:
        required = set(whole.get("required", ()))
        made: dict[str, Any] = {}
        for name, item in whole.get("properties", {}).items():
            if item.get("writeOnly"):
                continue
            here = f"{place}/{name}"
            if name in required or (depth < _DEEP and self._draw.happens(here + "!", _OFTEN[depth])):
                if depth > _TOO_DEEP:
                    continue
                made[name] = self._made(item, here, depth + 1)
        more = whole.get("additionalProperties")
        for name in sorted(required - made.keys()):
            if name not in whole.get("properties", {}):
                made[name] = self._made(more if isinstance(more, dict) else {}, f"{place}/{name}", depth + 1)
        fewest = max(whole.get("minProperties", 0), 2 if isinstance(more, dict) and depth < _DEEP else 0)
        for number in range(fewest - len(made)):
            made[f"key_{number}"] = self._made(more if isinstance(more, dict) else {}, f"{place}/+{number}", depth + 1)
        return made

    def _list(self, whole: Schema, place: str, depth: int) -> list[Any]:
        fewest = whole.get("minItems", 0)
        most = max(fewest, min(whole.get("maxItems", 3), 3 - min(depth, 2)))
        count = fewest if depth >= _DEEP else fewest + self._draw.number(place + "#", most - fewest + 1)
        if depth > _TOO_DEEP:
            count = 0
        entries = [self._made(whole.get("items", {}), f"{place}/{number}", depth + 1) for number in range(count)]
        if whole.get("uniqueItems"):
            entries = list({repr(one): one for one in entries}.values())
        return entries

    def _text(self, whole: Schema, place: str) -> str:
        form = whole.get("format", "")
        if form in _SPELLED:
            return _SPELLED[form](self._moment(place))
        if form == "uuid":
            return uuid(self._draw.number(place, 2**122))
        if form in {"decimal", "number"}:
            return f"{self._draw.number(place, 10**9) / 100:.2f}"
        if form == "email":
            return f"user{self._draw.number(place, 10**6)}@example.com"
        if form in {"uri", "url", "hostname"}:
            return f"https://example.com/{self._draw.number(place, 10**6)}"
        if form in {"byte", "binary", "base64"}:
            return "AAEC/w=="
        if "pattern" in whole:
            found = matching(whole["pattern"], self._draw, place)
            if found is not None:
                return found
        return self._fitted(whole, self._draw.chosen(place, self._texts))

    def _fitted(self, whole: Schema, text: str) -> str:
        fewest, most = whole.get("minLength", 0), whole.get("maxLength")
        if len(text) < fewest:
            text = (text or "x") * (fewest // max(len(text), 1) + 1)
            text = text[: max(fewest, 1)]
        return text[:most] if most is not None else text

    def _amount(self, whole: Schema, place: str, kind: str) -> int | float:
        if whole.get("format") == "unix-time":
            return int(self._moment(place).timestamp())
        bits = 31 if whole.get("format") == "int32" else 53
        least: Any = whole.get("minimum", whole.get("exclusiveMinimum", 0))
        most: Any = whole.get("maximum", whole.get("exclusiveMaximum", max(least + 1, min(2**bits - 1, 10**7))))
        if "exclusiveMinimum" in whole:
            least += 1 if kind == "integer" else 0.01
        if "exclusiveMaximum" in whole:
            most -= 1 if kind == "integer" else 0.01
        if kind == "integer":
            if whole.get("format") == "int64" and "maximum" not in whole and self._draw.happens(place + "b", 20):
                return _BIG + self._draw.number(place, 1000)
            step = int(whole.get("multipleOf", 1)) or 1
            low, high = -(-int(least) // step), int(most) // step
            return (low + self._draw.number(place, max(high - low, 0) + 1)) * step
        cents = max(int((most - least) * 100), 0)
        return float(round(least + self._draw.number(place, cents + 1) / 100, 2))

    def _moment(self, place: str) -> datetime:
        return _EPOCH + timedelta(seconds=self._draw.number(place, _SPAN))


def _shapes(schema: Schema) -> bool:
    return bool(schema.keys() - {"description", "readOnly", "writeOnly", "format"})


def uuid(number: int) -> str:
    """A UUID of version 4's form that a number stands for."""
    digits = f"{number:032x}"[-32:]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


_SPELLED: Mapping[str, Callable[[datetime], str]] = {
    "date-time": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z",
    "date": lambda moment: moment.strftime("%Y-%m-%d"),
    "time": lambda moment: moment.strftime("%H:%M:%S"),
    "unix-time": lambda moment: str(int(moment.timestamp())),
}
