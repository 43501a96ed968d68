"""Sending records as a connector's actions say: what was lost is looked for or sent under the same key, never anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

from connectors.http import asking, placeholders
from connectors.http.asking import Answer, Ask
from connectors.http.definition import Definition, Request, Unit
from connectors.http.fetching import build
from connectors.http.forms import FORM
from connectors.http.sending import EndError, Sender, SkipError
from connectors.http.writes import Look, Write
from connectors.sends import Item, Order, Outbox, Row, Sent, Shown, plain, run_through, spell
from spec.base import JsonValue
from spec.errors import AccessError, DataError, LimitError, SpecError, TransientError, unknown_name

Values = Mapping[str, str | None]
_FIELD = re.compile(r"\{field\.([^{}]+)\}")
_LOOKS = 3
"""How often a record whose answer was lost is looked for and sent again."""


def write_of(definition: Definition, order: Order) -> Write:
    """The action that an order names; SpecError with those there are."""
    if order.stream not in definition.writes:
        raise unknown_name(f"stream of {definition.title} that takes records", order.stream, list(definition.writes))
    actions = definition.writes[order.stream]
    if order.action not in actions:
        raise unknown_name(f"action of {order.stream}", order.action, list(actions))
    return actions[order.action]


def offered(definition: Definition, order: Order) -> Order:
    """The order with the action's key, when it fits the action; SpecError says what does not."""
    write = write_of(definition, order)
    where: dict[str, str | int] = {"send": order.stream, "field": "columns"}
    key = write.key or order.key
    if order.key and set(order.key) != set(key):
        raise SpecError(
            f"{order.stream} of {definition.title} are told apart by {', '.join(write.key)}.",
            hint="Leave the key out, or name that field.",
            where={**where, "field": "key"},
        )
    if not key:
        raise SpecError(
            f"Which fields tell the records of {order.stream} apart is not said.",
            hint="State it in 'key': without it nothing could be sent just once.",
            where={**where, "field": "key"},
        )
    for name in key:
        if name not in order.fields:
            raise SpecError(f"The field {name!r} is missing, which identifies a record.", where=where)
    for name in order.fields:
        if write.fields and name not in write.fields:
            raise unknown_name(f"field of {order.stream}", name, list(write.fields), where=where)
    for name, meaning in write.options.items():
        if not order.options.get(name):
            raise SpecError(f"The option {name!r} is missing: {meaning}", where={**where, "field": f"options.{name}"})
    return replace(order, key=tuple(key))


class Sending:
    """One order on its way through one connection."""

    def __init__(self, definition: Definition, values: Values, sender: Sender, order: Order, outbox: Outbox) -> None:
        self._definition = definition
        self._values = {**values, **{f"option.{name}": item for name, item in order.options.items()}}
        self._sender = sender
        self._order = order
        self._outbox = outbox
        self._write = write_of(definition, order)

    def all(self, rows: Sequence[Row]) -> Iterator[Sent]:
        """As ``Sends.send``."""
        items = [self._outbox.item(self._order, row) for row in rows]
        yield from run_through(self._order, items, self._outbox, self._ahead(items), self._sent)

    def shown(self, rows: Sequence[Row]) -> Iterator[Shown]:
        """As ``Sends.shown``."""
        items = [self._outbox.item(self._order, row) for row in rows]
        ahead = self._ahead(items)
        pending = [one for one in items if not one.is_done and one.mark not in ahead]
        for chunk in self._chunks(pending):
            ask = self._ask(chunk)
            yield Shown(ask.method, ask.url, ask.body, len(chunk), ask.headers)

    def _ahead(self, items: Sequence[Item]) -> dict[str, Sent]:
        """What is known of records before anything is sent: created by this plan, or there already."""
        known: dict[str, Sent] = {}
        if self._write.creates:
            for one in items:
                if one.entry is not None and one.entry.state == "sent" and not one.is_done:
                    said = "it was created before; creating does not change it"
                    known[one.mark] = Sent(one.key, "unchanged", one.entry.id, said)
        open_ = [one for one in items if not one.is_done and one.mark not in known]
        if self._write.look is None or not open_:
            return known
        for mark, id_ in self._looked(self._write.look, open_).items():
            one = next(item for item in open_ if item.mark == mark)
            ours = one.entry is not None and one.entry.state == "begun"
            says = "its answer was lost; it is there" if ours else "it is there already"
            known[mark] = Sent(one.key, "sent" if ours else "unchanged", id_, says)
        return known

    def _chunks(self, items: Sequence[Item]) -> Iterator[Sequence[Item]]:
        for start in range(0, len(items), self._write.batch):
            yield items[start : start + self._write.batch]

    def _sent(self, items: Sequence[Item]) -> Iterator[tuple[Item, Sent]]:
        for chunk in self._chunks(items):
            self._outbox.begin(chunk)
            yield from self._chunk(chunk)

    def _chunk(self, chunk: Sequence[Item], attempt: int = 1) -> Iterator[tuple[Item, Sent]]:
        try:
            answer = self._sender.send(self._ask(chunk), "", single=True, again=self._write.again != "look")
        except (AccessError, LimitError):
            raise
        except TransientError:
            if self._write.look is None or attempt >= _LOOKS:
                raise
            yield from self._after_loss(chunk, attempt)
            return
        except (DataError, SkipError, EndError) as error:
            if len(chunk) == 1:
                says = error.message if isinstance(error, DataError) else "the system has no such record"
                yield chunk[0], Sent(chunk[0].key, "refused", says=says)
                return
            # One record that is refused takes its whole request with it: the others go without it.
            half = len(chunk) // 2
            yield from self._chunk(chunk[:half])
            yield from self._chunk(chunk[half:])
            return
        yield from self._told(chunk, answer)

    def _after_loss(self, chunk: Sequence[Item], attempt: int) -> Iterator[tuple[Item, Sent]]:
        found = self._looked(cast("Look", self._write.look), chunk)
        for one in chunk:
            if one.mark in found:
                yield one, Sent(one.key, "sent", found[one.mark], "its answer was lost; it is there")
        rest = [one for one in chunk if one.mark not in found]
        if rest:
            yield from self._chunk(rest, attempt + 1)

    def _told(self, chunk: Sequence[Item], answer: Answer) -> Iterator[tuple[Item, Sent]]:
        told = self._write.told
        if told.records is None:
            id_ = asking.text_at(answer.document, told.id) if told.id else None
            yield chunk[0], Sent(chunk[0].key, "sent", id_ or "")
            return
        taken = {_folded(asking.at(one, told.key)): one for one in _list(asking.at(answer.document, told.records))}
        refused: dict[str, str] = {}
        for one in _list(asking.at(answer.document, told.errors)) if told.errors else ():
            keys = asking.at(one, told.error_keys)
            message = str(asking.at(one, told.message) or "refused without a word")
            refused |= {_folded(key): message for key in (keys if isinstance(keys, list) else [keys])}
        for item in chunk:
            key = _folded(next(iter(item.key.values())))
            if key in taken:
                yield item, Sent(item.key, "sent", asking.text_at(taken[key], told.id) or "" if told.id else "")
            elif key in refused:
                yield item, Sent(item.key, "refused", says=refused[key])
            else:
                yield item, Sent(item.key, "unknown", says="the system's answer does not speak of it")

    # Requests

    def _ask(self, chunk: Sequence[Item]) -> Ask:
        write = self._write
        values: dict[str, str | None] = dict(self._values)
        if len(chunk) == 1:
            values["key"] = "/".join(chunk[0].key.values())
            values |= {f"key.{name}": item for name, item in chunk[0].key.items()}
        headers = {}
        if write.form:
            headers["Content-Type"] = FORM
        if write.key_header:
            headers[write.key_header] = chunk[0].idempotency_key(self._order)
        records: list[JsonValue] = [self._filled(write.record, one.row) for one in chunk]
        whole: JsonValue = records[0] if write.batch == 1 else records
        body = _put(write.body, "{records}", whole, lambda text: placeholders.filled(text, values))
        request = Request.model_validate({"path": _quoted_keys(write.path)})
        ask = build(self._definition, request, values)
        return Ask(write.method, ask.url, ask.params, {**ask.headers, **headers}, body)

    def _filled(self, template: JsonValue, row: Row) -> JsonValue:
        """A record as the body has it; what is empty is left out."""
        if isinstance(template, dict):
            made = {name: self._filled(item, row) for name, item in template.items()}
            return {name: item for name, item in made.items() if item is not None}
        if isinstance(template, list):
            return [item for one in template if (item := self._filled(one, row)) is not None]
        if not isinstance(template, str):
            return template
        if template == "{fields}":
            own = {name: self._value(item) for name, item in row.items() if name not in self._order.key}
            return {name: item for name, item in own.items() if item is not None}
        if template == "{record}":
            every = {name: self._value(item) for name, item in row.items()}
            return {name: item for name, item in every.items() if item is not None}
        field = _FIELD.fullmatch(template)
        return self._value(row.get(field[1])) if field else placeholders.filled(template, self._values)

    def _value(self, value: object) -> JsonValue:
        return spell(value) if self._write.spelled == "text" else plain(value)

    # Looking

    def _looked(self, look: Look, items: Sequence[Item]) -> dict[str, str]:
        """Marks of the items that are there, with their ids."""
        wanted = {tuple(_folded(item.key[name]) for name in self._order.key): item.mark for item in items}
        unit, params = asking.paginator(Unit.model_validate(look.paginate) if look.paginate else None)
        request = Request.model_validate({"path": look.path, "params": look.params})
        ask: Ask | None = unit.first(params, build(self._definition, request, self._values))
        found: dict[str, str] = {}
        while ask is not None and len(found) < len(wanted):
            answer = self._sender.send(ask, look.records)
            for one in answer.records:
                key = tuple(_folded(asking.at(one, look.fields[name])) for name in self._order.key)
                if key in wanted:
                    found[wanted[key]] = asking.text_at(one, look.id) or "" if look.id else ""
            ask = unit.following(params, ask, answer)
        return found


def _put(template: JsonValue, word: str, value: JsonValue, filled: Callable[[str], str]) -> JsonValue:
    if template == word:
        return value
    if isinstance(template, dict):
        return {name: _put(item, word, value, filled) for name, item in template.items()}
    if isinstance(template, list):
        return [_put(item, word, value, filled) for item in template]
    return filled(template) if isinstance(template, str) else template


def _quoted_keys(path: str) -> str:
    """A key in an address is quoted: it may hold a slash."""
    return re.sub(r"\{(key(?:\.[^{}:]+)?)\}", r"{\1:url}", path)


def _folded(value: object) -> str:
    """A key as it is compared: systems give texts back in lower case, and numbers as texts."""
    return str(spell(value) or "").strip().casefold()


def _list(found: JsonValue) -> list[JsonValue]:
    return found if isinstance(found, list) else []
