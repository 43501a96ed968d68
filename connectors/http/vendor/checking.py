"""Whether a value is what a schema says: compiled once to plain functions, because a page has 100,000 values.

``side`` is 'request' or 'reply': what is read-only is not required of a request, nor what is write-only of a reply.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal

from connectors.http.vendor.schemas import Schema
from spec.records import record

Side = Literal["request", "reply"]


@record(frozen=True)
class Problem:
    """The first thing that is wrong with a value: where (JSON Pointer), what, and the keyword that it offends."""

    place: str
    message: str
    keyword: str


Check = Callable[[Any], Problem | None]


class Checker:
    """Checks values against schemas that share definitions."""

    def __init__(self, definitions: Mapping[str, Schema], side: Side) -> None:
        self._definitions = definitions
        self._hidden = "writeOnly" if side == "reply" else "readOnly"
        self._compiled: dict[str, Check] = {}

    def problem(self, schema: Schema, value: object) -> Problem | None:
        """The first problem of a value, or None. Compile with ``compiled`` what is checked often."""
        return self.compiled(schema)(value)

    def compiled(self, schema: Schema) -> Check:
        """The schema as a function."""
        checks: list[Check] = []
        if "$ref" in schema:
            checks.append(self._reference(schema["$ref"]))
        if "type" in schema:
            checks.append(_typed(schema["type"]))
        if "enum" in schema:
            checks.append(_one_of(schema["enum"]))
        checks += _numbers(schema) + _texts(schema)
        checks += self._lists(schema) + self._objects(schema)
        checks += [self.compiled(part) for part in schema.get("allOf", ())]
        if "anyOf" in schema:
            checks.append(_any_of([self.compiled(part) for part in schema["anyOf"]]))
        return _all_of(checks)

    def _reference(self, key: str) -> Check:
        def check(value: Any) -> Problem | None:
            found = self._compiled.get(key)
            if found is None:
                found = self._compiled[key] = self.compiled(self._definitions.get(key, {}))
            return found(value)

        return check

    def _lists(self, schema: Schema) -> list[Check]:
        checks: list[Check] = []
        fewest, most = schema.get("minItems"), schema.get("maxItems")
        if fewest or most is not None:
            checks.append(_when(list, _sized(fewest or 0, most, "entries", ("minItems", "maxItems"))))
        if schema.get("uniqueItems"):
            checks.append(_when(list, _unique))
        if schema.get("items"):
            entry = self.compiled(schema["items"])

            def entries(value: list[Any]) -> Problem | None:
                for position, item in enumerate(value):
                    found = entry(item)
                    if found is not None:
                        return replace(found, place=f"/{position}{found.place}")
                return None

            checks.append(_when(list, entries))
        return checks

    def _objects(self, schema: Schema) -> list[Check]:
        properties: dict[str, Schema] = schema.get("properties", {})
        hidden = {name for name, item in properties.items() if item.get(self._hidden)}
        required = [name for name in schema.get("required", ()) if name not in hidden]
        inner = {name: self.compiled(item) for name, item in properties.items()}
        more = schema.get("additionalProperties")
        others = self.compiled(more) if isinstance(more, dict) else None
        fewest = schema.get("minProperties", 0)
        if not (inner or required or more is False or others or fewest):
            return []

        def check(value: dict[str, Any]) -> Problem | None:
            for name in required:
                if name not in value:
                    return Problem("", f"{name!r} is missing", "required")
            if len(value) < fewest:
                return Problem("", f"has {len(value)} properties and {fewest} at least are wanted", "minProperties")
            for name, item in value.items():
                one = inner.get(name, others)
                if one is None:
                    if more is False and name not in inner:
                        return Problem(f"/{_key(name)}", "is not in the description", "additionalProperties")
                    continue
                found = one(item)
                if found is not None:
                    return replace(found, place=f"/{_key(name)}{found.place}")
            return None

        return [_when(dict, check)]


def _key(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _all_of(checks: list[Check]) -> Check:
    if not checks:
        return lambda _value: None
    if len(checks) == 1:
        return checks[0]

    def check(value: Any) -> Problem | None:
        for one in checks:
            found = one(value)
            if found is not None:
                return found
        return None

    return check


def _any_of(checks: list[Check]) -> Check:
    def check(value: Any) -> Problem | None:
        nearest: Problem | None = None
        for one in checks:
            found = one(value)
            if found is None:
                return None
            # The alternative that fits furthest inside is most likely the one that was meant.
            if nearest is None or found.place.count("/") > nearest.place.count("/"):
                nearest = found
        return nearest

    return check


def _when(kind: type, check: Check) -> Check:
    return lambda value: check(value) if isinstance(value, kind) else None


def _is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())


_KINDS: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "null": lambda value: value is None,
}


def _typed(names: list[str]) -> Check:
    tests = [_KINDS[name] for name in names]
    problem = Problem("", f"is not {' or '.join(names)}", "type")
    if len(tests) == 1:
        test = tests[0]
        return lambda value: None if test(value) else problem
    return lambda value: None if any(test(value) for test in tests) else problem


def _one_of(values: list[Any]) -> Check:
    problem = Problem("", f"is none of {', '.join(map(repr, values[:12]))}", "enum")
    known = {_mark(item) for item in values}
    return lambda value: None if _mark(value) in known else problem


def _mark(value: Any) -> Any:
    """Equal for equal values: 1 and 1.0 are equal in JSON, 1 and true are not, as they are in Python."""
    if isinstance(value, list):
        return ("list", *map(_mark, value))
    if isinstance(value, dict):
        return ("object", frozenset((key, _mark(item)) for key, item in value.items()))
    return ("truth", value) if isinstance(value, bool) else value


def _numbers(schema: Schema) -> list[Check]:
    least, most = schema.get("minimum", -math.inf), schema.get("maximum", math.inf)
    above, below = schema.get("exclusiveMinimum", -math.inf), schema.get("exclusiveMaximum", math.inf)
    step = schema.get("multipleOf")
    if schema.get("format") in {"int32", "int64"} and {"integer", "number"} & set(schema.get("type", ())):
        bits = 31 if schema["format"] == "int32" else 63
        least, most = max(least, -(2**bits)), min(most, 2**bits - 1)
    if (least, most, above, below, step) == (-math.inf, math.inf, -math.inf, math.inf, None):
        return []

    def check(value: Any) -> Problem | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if not least <= value <= most:
            return Problem("", f"is {value} and not from {least} to {most}", "maximum" if value > most else "minimum")
        if not above < value < below:
            return Problem("", f"is {value} and not between {above} and {below}", "exclusive")
        # As written, digit by digit: a binary fraction is never a multiple of 0.01.
        if step and math.isfinite(value) and Fraction(str(value)) % Fraction(str(step)):
            return Problem("", f"is {value} and no multiple of {step}", "multipleOf")
        return None

    return [check]


def _texts(schema: Schema) -> list[Check]:
    checks: list[Check] = []
    if schema.get("minLength") or "maxLength" in schema:
        sized = _sized(schema.get("minLength", 0), schema.get("maxLength"), "characters", ("minLength", "maxLength"))
        checks.append(_when(str, sized))
    pattern = compiled_pattern(schema.get("pattern", ""))
    if pattern is not None:
        problem = Problem("", f"does not match {schema['pattern']}", "pattern")
        checks.append(_when(str, lambda value: None if pattern.search(value) else problem))
    well_formed = _FORMATS.get(schema.get("format", ""))
    if well_formed is not None and "string" in schema.get("type", ("string",)):
        wrong = Problem("", f"is no {schema['format']}", "format")
        checks.append(_when(str, lambda value: None if well_formed(value) else wrong))
    return checks


def compiled_pattern(pattern: str) -> re.Pattern[str] | None:
    """A vendor's pattern; None without one, and for one of JavaScript's that is none here."""
    if not pattern:
        return None
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _sized(fewest: int, most: int | None, what: str, keywords: tuple[str, str]) -> Check:
    def check(value: Any) -> Problem | None:
        size = len(value)
        if size < fewest:
            return Problem("", f"has {size} {what} and {fewest} at least are wanted", keywords[0])
        if most is not None and size > most:
            return Problem("", f"has {size} {what} and {most} at most are allowed", keywords[1])
        return None

    return check


def _unique(value: list[Any]) -> Problem | None:
    seen = set()
    for item in value:
        mark = _mark(item)
        if mark in seen:
            return Problem("", "has the same entry twice", "uniqueItems")
        seen.add(mark)
    return None


def _is_instant(text: str) -> bool:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return False
    # RFC 3339 wants a zone and a T; vendors leave the zone out of some of their own answers.
    return "T" in text.upper() and found is not None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10


_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FORMATS: dict[str, Callable[[str], object]] = {
    "date-time": _is_instant,
    "date": _is_date,
    "uuid": _UUID.fullmatch,
    "decimal": re.compile(r"-?\d+(\.\d+)?").fullmatch,
}
