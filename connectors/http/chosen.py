"""A connector of which a connection's settings choose the streams, the paging, or anything else that it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from connectors.contract import Discovered, Place, Preview, Reading
from connectors.files.pointers import ENTRY, parse
from connectors.http import placeholders
from connectors.http.definition import Definition, Deletes, Setting, Stream
from connectors.http.engine import Declared
from connectors.http.keys import keys_only
from connectors.names import distinct, table_name
from spec.base import JsonValue
from spec.errors import SpecError, unknown_name
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

Values = Mapping[str, str | None]
_ENTRY = re.compile(r"(.+?)(?:\s+by\s+([\w.+]+))?", re.DOTALL)


def is_chosen(definition: Definition) -> bool:
    """Whether a setting of it decides what else it says."""
    return any(one.puts or one.choices or one.each is not None for one in definition.settings.values())


def chosen(definition: Definition, values: Values) -> Definition:
    """The definition as the settings' values make it; SpecError names the setting whose value cannot be."""
    plain = cast("dict[str, JsonValue]", definition.model_dump(mode="json", exclude_unset=True))
    known = {name: value for name, value in values.items() if name != "cursor"}
    for name, setting in definition.settings.items():
        value = known[name]
        if value is not None and setting.each is not None:
            plain["streams"] = cast("JsonValue", _streams(value, setting.each, known))
    for name, setting in definition.settings.items():
        value = known[name]
        if value is None:
            continue
        for place, what in _said(name, setting, value):
            put = _filled(what, known)
            if put is not None:
                _put(plain, parse(place), put)
    try:
        return Definition.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise SpecError(
            f"The connection's settings do not fit {definition.title}: {at}: {first['msg']}.",
            hint="Save the connection again with other settings.",
            data={"field": at, "value": str(first["input"])[:100]},
        ) from None


def _said(name: str, setting: Setting, value: str) -> Iterator[tuple[str, JsonValue]]:
    yield from setting.puts.items()
    if not setting.choices:
        return
    if value not in setting.choices:
        raise unknown_name(f"value of {name}", value, list(setting.choices))
    yield from setting.choices[value].items()


def _streams(value: str, template: Mapping[str, JsonValue], values: Values) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    for entry in filter(None, (one.strip() for one in value.split(","))):
        each, key = cast("re.Match[str]", _ENTRY.fullmatch(entry)).groups()
        own: Values = {**values, "each": each.lstrip("/"), "each.key": key and key.replace("+", ",")}
        stream = cast("dict[str, JsonValue]", _filled(cast("JsonValue", dict(template)), own))
        if isinstance(stream.get("primary_key"), str):
            stream["primary_key"] = cast("JsonValue", str(stream["primary_key"]).split(","))
        found[distinct(_name(each), found)] = stream
    return found


def _name(entry: str) -> str:
    """A stream's name: the path without its parameters and ending."""
    path = entry.strip().partition("?")[0].strip("/")
    return table_name(re.sub(r"\.\w{1,5}$", "", path)).lower()


def _filled(item: JsonValue, values: Values) -> JsonValue:
    """The item with the settings' values, in names too; what has a placeholder without a value is left out."""
    if isinstance(item, dict):
        found: dict[str, JsonValue] = {}
        for name, inner in item.items():
            key, value = _text(name, values), _filled(inner, values)
            if key is not None and (value is not None or inner is None):
                found[key] = value
        return found
    if isinstance(item, list):
        return [value for inner in item if (value := _filled(inner, values)) is not None]
    return _text(item, values) if isinstance(item, str) else item


def _text(text: str, values: Values) -> str | None:
    try:
        return placeholders.filled(text, values)
    except placeholders.MissingError:
        return None


def _put(inner: JsonValue, keys: Sequence[str], value: JsonValue) -> None:
    """Put a value at a place; ``*`` is every entry there is. Objects are joined and nothing else is."""
    head, rest = keys[0], keys[1:]
    if isinstance(inner, list):
        if rest:
            _put(inner[int(head)], rest, value)
        else:
            inner[int(head)] = value
        return
    if not isinstance(inner, dict):
        return
    for name in list(inner) if head == ENTRY else [head]:
        if rest:
            _put(inner.setdefault(name, {}), rest, value)
            continue
        before = inner.get(name)
        # A copy: what is put at every stream is each one's own.
        mine = cast("JsonValue", json.loads(json.dumps(value)))
        inner[name] = {**before, **mine} if isinstance(before, dict) and isinstance(mine, dict) else mine


class Chosen(Declared):
    """As its definition says once a connection's settings are known."""

    def account(self, place: Place) -> str | None:
        """As ``Declared``."""
        return self._at(place).account(place)

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """As ``Declared``."""
        return self._at(place).discover(place, options=options)

    def read_together(
        self,
        wanted: Sequence[tuple[Source, exp.Table]],
        place: Place,
        into: DuckDBPyConnection,
        *,
        since: str | None = None,
    ) -> list[Reading]:
        """As ``Declared``."""
        return self._at(place).read_together(wanted, place, into, since=since)

    def keys_only(self, source: Source, form: str) -> Source:
        """As ``Declared``; which streams there are is told by the connection alone, so any may be."""
        stream = self.definition.streams.get(source.stream or "", Stream(deletes=Deletes(sweep=True)))
        return keys_only(self.definition.title, stream, source, form)

    def preview(self, source: Source, place: Place, *, limit: int = 20) -> Preview:
        """As ``Declared``."""
        return self._at(place).preview(source, place, limit=limit)

    def base(self, place: Place) -> str:
        """As ``Declared``; so a connection is not saved with settings that cannot be."""
        return self._at(place).base(place)

    def _at(self, place: Place) -> Declared:
        return Declared(
            chosen(self.definition, self._values(place)), self.name,
            file=self.file, transport=self._transport, clock=self._clock, sleep=self._sleep, tick=self._tick,
        )  # fmt: skip
