"""Whether a request is one that the vendor's description allows."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote

from connectors.http.vendor.checking import Checker
from connectors.http.vendor.description import Credential, Description, Operation, Parameter, fits_media
from connectors.http.vendor.queries import Language, Shaped
from connectors.http.vendor.schemas import Schema, flat
from connectors.http.vendor.wire import Call, put
from spec.records import record

# No number of a request is longer, and Python refuses to read one of thousands of digits.
_WHOLE = re.compile(r"-?[0-9]{1,40}")
_BROKEN = re.compile(r"-?[0-9]{1,40}\.[0-9]{1,40}([eE][+-]?[0-9]{1,3})?")
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}


@record(frozen=True)
class Finding:
    """Something wrong with a request, as a Violation has it."""

    kind: str
    where: str
    message: str


@record(frozen=True)
class Asked:
    """A request understood: its operation and its values with their types."""

    operation: Operation | None = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    findings: tuple[Finding, ...] = ()
    shaped: Shaped | None = None
    """What a query in the body asks for."""


class Desk:
    """Understands requests to one vendor."""

    def __init__(self, description: Description) -> None:
        self._description = description
        self._checker = Checker(description.definitions, "request")
        self._language = Language(description.introspection) if description.introspection else None
        routes = [(_route(description.base + one.path), one) for one in description.operations]
        # Where two paths fit, /users/me is meant and not /users/{id}.
        self._routes = sorted(routes, key=lambda route: route[1].path.count("{"))

    def understand(self, call: Call) -> Asked:
        """The request's operation, its values, and all that is wrong with them."""
        there = [(match, one) for route, one in self._routes if (match := route.fullmatch(call.path)) is not None]
        if not there:
            return Asked(findings=(Finding("unknown_path", "", "is no path of the description"),))
        mine = [(match, one) for match, one in there if one.method == call.method]
        if not mine:
            known = ", ".join(sorted({one.method for _, one in there}))
            return Asked(findings=(Finding("unknown_method", "", f"takes {known} and not {call.method}"),))
        match, operation = mine[0]
        names = re.findall(r"{([^}]*)}", operation.path)
        path = {name: unquote(item) for name, item in zip(names, match.groups(), strict=True)}
        findings: list[Finding] = []
        query = self._query(operation, call, findings)
        self._placed(operation, call, path, findings)
        body = self._body(operation, call, findings)
        if self._language is None or findings:
            return Asked(operation, path, query, body, tuple(findings))
        shaped, wrong = self._language.understood(body)
        findings.extend(Finding("wrong_body", where, message) for where, message in wrong)
        if shaped is not None:
            operation = replace(operation, replies={"200": {"application/json": shaped.reply}})
        return Asked(operation, path, query, body, tuple(findings), shaped)

    def proof(self, operation: Operation, call: Call, accepts: Collection[str] | None) -> Finding | None:
        """None when the request proves who asks with one of the secrets accepted (None: with any)."""
        ways = [self._description.credentials[name] for name in operation.opened_by]
        if not ways or any(_proven(way, call, accepts) for way in ways):
            return None
        where = " or ".join(sorted({way.name for way in ways}))
        return Finding("missing_proof", where, "holds no proof of who asks that is accepted")

    def shows_proof(self, operation: Operation, call: Call) -> bool:
        """Whether there is a proof at all, accepted or not."""
        ways = [self._description.credentials[name] for name in operation.opened_by]
        return any(way.name.lower() in call.headers or way.name in dict(call.query) for way in ways)

    def _query(self, operation: Operation, call: Call, findings: list[Finding]) -> dict[str, Any]:
        known = {one.name: one for one in operation.parameters if one.place == "query"}
        proofs = {self._description.credentials[name].name for name in operation.opened_by}
        given: dict[str, list[tuple[str, str]]] = {}
        for name, value in call.query:
            plain = name if name in known else name.split("[", 1)[0]
            if plain in known:
                given.setdefault(plain, []).append((name[len(plain) :], value))
            elif name not in proofs:
                findings.append(Finding("unknown_parameter", name, "is no parameter of the description"))
        values = {}
        for name, parameter in known.items():
            if name in given:
                values[name] = self._value(parameter, given[name], findings)
            elif parameter.required:
                findings.append(Finding("missing_parameter", name, "is required"))
        return values

    def _placed(self, operation: Operation, call: Call, path: Mapping[str, str], findings: list[Finding]) -> None:
        for one in operation.parameters:
            if one.place == "path" and one.name in path:
                self._value(one, [("", path[one.name])], findings)
            elif one.place == "header":
                value = call.headers.get(one.name.lower())
                if value is not None:
                    self._value(one, [("", value)], findings)
                elif one.required and one.name.lower() not in {"accept", "content-type", "authorization"}:
                    findings.append(Finding("missing_header", one.name, "is required"))

    def _value(self, parameter: Parameter, given: list[tuple[str, str]], findings: list[Finding]) -> Any:
        schema = flat(parameter.schema, self._description.definitions)
        written = _written(parameter, given)
        if written is None:
            findings.append(Finding("wrong_type", parameter.name, "is given more than once"))
            return given[-1][1]
        known = self._inner_names(schema) if isinstance(written, dict) else set()
        # Such an object is open by its schema, yet what it does not name the vendor does not look at.
        findings.extend(
            Finding("unknown_parameter", f"{parameter.name}[{inner}]", "is not in the description")
            for inner in (sorted(written.keys() - known) if known else ())
        )
        value = self._typed(schema, written)
        problem = self._checker.problem(schema, value)
        if problem is not None:
            kind = "wrong_type" if problem.keyword in {"type", "format", "additionalProperties"} else "out_of_bounds"
            message = f"{problem.place} {problem.message}".strip()
            findings.append(Finding(kind, parameter.name, message))
        return value

    def _typed(self, schema: Schema, written: Any) -> Any:
        """Texts as the numbers, truths and lists that the schema wants; what cannot be stays text."""
        schema = flat(schema, self._description.definitions)
        for option in schema.get("anyOf", ()):
            value = self._typed(option, written)
            if self._checker.problem(option, value) is None:
                return value
        kinds = schema.get("type", [])
        if isinstance(written, dict):
            inner = schema.get("properties", {})
            return {name: self._typed(inner.get(name, {}), item) for name, item in written.items()}
        if isinstance(written, list) or "array" in kinds:
            entries = written if isinstance(written, list) else [written]
            return [self._typed(schema.get("items", {}), item) for item in entries]
        for kind in kinds:
            if kind in _TYPED and (value := _TYPED[kind](written)) is not None:
                return value
        return written

    def _body(self, operation: Operation, call: Call, findings: list[Finding]) -> Any:
        if not call.body:
            if operation.body_required:
                findings.append(Finding("wrong_body", "", "is missing"))
            return None
        media = call.headers.get("content-type", "")
        if not operation.bodies:
            findings.append(Finding("wrong_body", "", "is not in the description, which has none here"))
            return None
        schema = next((one for kind, one in operation.bodies.items() if fits_media(kind, media)), None)
        if schema is None or not media:
            known = ", ".join(operation.bodies)
            findings.append(Finding("wrong_body", "Content-Type", f"is {media or 'not said'} and has to be {known}"))
            return None
        try:
            value = self._read(schema, call.body.decode(), media)
        except ValueError:
            findings.append(Finding("wrong_body", "", f"is no {media.partition(';')[0]}"))
            return None
        problem = self._checker.problem(schema, value)
        if problem is not None:
            findings.append(Finding("wrong_body", problem.place, problem.message))
        return value

    def _read(self, schema: Schema, text: str, media: str) -> Any:
        if "form" not in media:
            return json.loads(text)
        fields: dict[str, Any] = {}
        for name, item in parse_qsl(text, keep_blank_values=True, strict_parsing=True):
            outer, *inner = re.findall(r"[^\[\]]+", name)
            if inner:
                # metadata[tier]: what a form has inside of an object.
                put(fields, "/" + "/".join([outer, *inner]), item)
            else:
                fields[name] = item if name not in fields else [*_listed(fields[name]), item]
        return self._typed(schema, fields)

    def _inner_names(self, schema: Schema) -> set[str]:
        """The names that an object in the address may have, where it is described."""
        options = [schema, *(flat(one, self._description.definitions) for one in schema.get("anyOf", ()))]
        return {name for one in options for name in one.get("properties", {})}


def _route(template: str) -> re.Pattern[str]:
    parts = re.split(r"{[^}]*}", template)
    return re.compile("([^/]+?)".join(re.escape(part) for part in parts) + "/?")


def _proven(way: Credential, call: Call, accepts: Collection[str] | None) -> bool:
    if way.place == "query":
        said: str | None = dict(call.query).get(way.name)
    else:
        said = call.headers.get(way.name.lower())
        if said is not None and way.prefix:
            said = said[len(way.prefix) :] if said.lower().startswith(way.prefix.lower()) else None
    if not said:
        return False
    return accepts is None or said in accepts or any(one in accepts for one in _decoded(said))


def _decoded(said: str) -> tuple[str, ...]:
    """The secret of a user and password: the password, or the user where there is none."""
    try:
        user, _, password = base64.b64decode(said, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ()
    return (password or user,)


def _written(parameter: Parameter, given: list[tuple[str, str]]) -> Any:
    """What stands in the address, as text, list of texts or object of texts; None for one given twice that may not."""
    if any(rest for rest, _ in given):
        if all(re.fullmatch(r"\[\d*\]", rest) for rest, _ in given):
            return [value for _, value in given]
        return {rest.strip("[]"): value for rest, value in given}
    values = [value for _, value in given]
    is_list = "array" in parameter.schema.get("type", ()) or "items" in parameter.schema
    if is_list and not parameter.explode:
        return values[0].split(_SEPARATORS.get(parameter.style, ",")) if len(values) == 1 else None
    if is_list:
        return values
    if parameter.style == "json":
        try:
            return json.loads(values[0])
        except ValueError:
            return values[0]
    return values[0] if len(values) == 1 else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _number(text: str) -> int | float | None:
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _BROKEN.fullmatch(text) else None


_TRUTHS = {"true": True, "false": False}
_TYPED: Mapping[str, Callable[[str], Any]] = {
    "integer": lambda text: int(text) if _WHOLE.fullmatch(text) else None,
    "number": _number,
    "boolean": _TRUTHS.get,
}


def needed(sets: Collection[Collection[str]], asked: Asked) -> list[Finding]:
    """What is missing where one of some sets of parameters has to be there."""
    if not sets or any(all(name in asked.query for name in one) for one in sets):
        return []
    return [Finding("missing_parameter", " or ".join(" with ".join(one) for one in sets), "is required")]


def told(findings: Collection[Finding]) -> Iterator[str]:
    """The findings as sentences."""
    return (f"{one.where} {one.message}".strip() for one in findings)
