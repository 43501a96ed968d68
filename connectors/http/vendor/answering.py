"""A vendor in this process: it answers calls as its description and its documents say, and notes what breaks them."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from connectors.http.vendor import masks
from connectors.http.vendor.asked import Asked, Desk, Finding, needed, told
from connectors.http.vendor.checking import Check, Checker
from connectors.http.vendor.dealing import PAGING, Dealt, Paging, RefusedError, Row, Rows, Turn
from connectors.http.vendor.description import Description, Operation
from connectors.http.vendor.faults import Fault, Scene
from connectors.http.vendor.filtering import filtered, refuse_span, selected
from connectors.http.vendor.kept import KEEPING, Keeping, Kept
from connectors.http.vendor.making import TEXTS, Maker
from connectors.http.vendor.profile import Profile, Refusal, VendorStream, Way
from connectors.http.vendor.queries import Shaped
from connectors.http.vendor.schemas import Schema, inside
from connectors.http.vendor.table import START, Table
from connectors.http.vendor.wire import Call, Reply, Violation, put
from spec.errors import SpecError

_STATUSES = {"unauthorized": 401, "forbidden": 403, "limited": 429, "unknown": 404, "unavailable": 503}
_JSON = "application/json"
_MIDDLE = "\x00here\x00"


class Vendor:
    """One vendor with its lists.

    ``count`` is how many records a list has, for all or by stream; a list that belongs to records of another has so
    many for each of them. ``records`` are served in place of made ones. ``accepts`` are the secrets that prove who
    asks (None: any) and may change. ``violations`` tells all that was not as the vendor's description says, ``calls``
    what was asked, secrets included. Calls may come from several threads.
    """

    def __init__(
        self,
        description: Description,
        profile: Profile,
        *,
        count: int | Mapping[str, int] = 25,
        records: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        seed: str = "vendor",
        clock: Callable[[], datetime] = lambda: START,
        accepts: Collection[str] | None = None,
        faults: Sequence[Fault] = (),
        texts: Sequence[str] = TEXTS,
    ) -> None:
        if profile.base is not None:
            description = replace(description, base=profile.base)
        self.description = description
        self.profile = profile
        self.accepts = accepts
        self.faults = list(faults)
        self.violations: list[Violation] = []
        self.calls: list[Call] = []
        self.tables: dict[str, Table] = {}
        self._seed = seed
        self._clock = clock
        self._desk = Desk(description)
        self._maker = Maker(description.definitions, seed, texts)
        self._checker = Checker(description.definitions, "reply")
        self._checks: dict[int, tuple[Schema, Check]] = {}
        self._counts: Counter[str] = Counter()
        self.begun: dict[str, list[datetime]] = {}
        """By stream, the moments from which on its records were asked for."""
        self._before: dict[tuple[str, str], tuple[Reply, Sequence[Row]]] = {}
        """By list, which is a stream's or one of a parent's record, the page that was given last."""
        self._sequence = 0
        self._lock = threading.RLock()
        for name in profile.streams:
            self._open(name, count, records or {}, ())
        self.kept: dict[str, Kept] = {name: self._keeper(way) for name, way in profile.keeps.items()}

    def answer(self, call: Call) -> Reply:
        """The vendor's reply to a call; never an exception."""
        with self._lock:
            self.calls.append(call)
            asked = self._desk.understand(call)
            name = self._stream_of(asked, call)
            self._counts.update({"", name})
            due = [one for one in self.faults if one.stream in {"", name} and one.due(self._counts[one.stream])]
            findings = list(asked.findings)
            if name in self.profile.streams:
                findings += needed(self.profile.streams[name].needs, asked)
            findings += self._masked(asked)
            for one in findings:
                self._note("request", call, one)
            scene = self._scene(name, asked, call)
            for fault in due:
                reply = fault.answer(scene)
                if reply is not None:
                    return self._sent(reply, due)
            refusal = self._refusal(asked, call, findings)
            if refusal is not None or asked.operation is None:
                return self._sent(refusal or self.refuse("unknown", "there is nothing"), due)
            if name in self.kept:
                reply = self._of_kept(self.kept[name], asked, call)
            elif name:
                reply = self._page(name, asked, call, due, scene)
            else:
                reply = self._single(asked.operation, call, asked.shaped)
            return self._sent(reply, due)

    def refuse(self, reason: str, why: str) -> Reply:
        """How the vendor says no."""
        default = Refusal(status=_STATUSES.get(reason, 400), body={"error": {"type": reason, "message": "{reason}"}})
        said = self.profile.refusals.get(reason, default)
        body = json.dumps(said.body, ensure_ascii=False).replace("{reason}", json.dumps(why, ensure_ascii=False)[1:-1])
        return Reply(said.status, {"content-type": _JSON}, b"" if said.body is None else body.encode())

    def touch(self, stream: str, key: str | int, moment: datetime | None = None) -> None:
        """A record changes; without a moment it becomes the newest."""
        with self._lock:
            self._sequence += 1
            self.tables[stream].change(key, moment, self._sequence)

    def add(self, stream: str, moment: datetime | None = None, parent: str | int | None = None) -> str | int:
        """A record appears; gives its key."""
        with self._lock:
            self._sequence += 1
            return self.tables[stream].add(moment=moment, parent=parent, changed=self._sequence).key

    def delete(self, stream: str, key: str | int) -> None:
        """A record goes."""
        with self._lock:
            self._sequence += 1
            self.tables[stream].delete(key, self._sequence)
            telling = self.profile.streams[stream].told_in
            if telling is not None:
                self.tables[telling.stream].tell({**telling.set, telling.key: key})

    def records(self, stream: str) -> list[dict[str, Any]]:
        """All records of a stream as they are now, in the vendor's order: what a whole read has to give."""
        with self._lock:
            table = self.tables[stream]
            return [table.record(row) for row in table.rows()]

    def _open(
        self, name: str, count: int | Mapping[str, int], records: Mapping[str, Any], opening: tuple[str, ...]
    ) -> None:
        if name in self.tables:
            return
        stream = self.profile.streams[name]
        table = Table(stream, self._record_schema(stream), self.description.definitions, self._maker, self._seed)
        many = count if isinstance(count, int) else count.get(name, 25)
        if name in records:
            table.take_over(records[name])
        elif stream.belongs is not None:
            parent = stream.belongs.stream
            if parent in opening or parent not in self.profile.streams:
                raise SpecError(f"The stream {name!r} belongs to {parent!r}, which is no other stream.")
            self._open(parent, count, records, (*opening, name))
            for key in self.tables[parent].keys:
                table.fill(many, key)
        else:
            table.fill(many)
        self.tables[name] = table

    def _operation(self, path: str, method: str) -> Operation | None:
        wanted = (one for one in self.description.operations if (one.path, one.method) == (path, method))
        return next(wanted, None)

    def _record_schema(self, stream: VendorStream) -> Schema:
        path, place = stream.path, stream.records + ("" if "/*" in stream.records else "/*")
        if stream.record is not None:
            path, place = stream.record.path, stream.record.place
        operation = self._operation(path, "GET" if stream.record is not None else stream.method)
        schema = operation.reply(200, _JSON) if operation is not None else None
        return inside(schema or {}, place, self.description.definitions)

    def _stream_of(self, asked: Asked, call: Call) -> str:
        if asked.operation is None:
            return ""
        turn = self._turn(asked, call)
        for name, kept in self.kept.items():
            if (asked.operation.method, asked.operation.path) in kept.calls:
                return name
        for name, stream in self.profile.streams.items():
            if (stream.path, stream.method) == (asked.operation.path, asked.operation.method) and (
                stream.when is None or stream.when.contains.lower() in str(turn.value(stream.when.param)).lower()
            ):
                return name
        return ""

    def _turn(self, asked: Asked, call: Call) -> Turn:
        return Turn(asked.query, asked.body, call.url, self._seed, self._sequence)

    def _scene(self, name: str, asked: Asked, call: Call) -> Scene:
        reply, rows = self._before.get((name, self._parent(name, asked, call)), (None, ()))
        return Scene(self.refuse, self._clock(), self.tables.get(name), reply, rows)

    def _parent(self, name: str, asked: Asked, call: Call) -> str:
        """The record of another stream that a list is asked of; empty where it belongs to none."""
        stream = self.profile.streams.get(name)
        if stream is None or stream.belongs is None:
            return ""
        said = asked.path.get(stream.belongs.param, self._turn(asked, call).value(stream.belongs.param))
        return str(said).removeprefix(stream.belongs.prefix)

    def _note(self, side: str, call: Call, finding: Finding) -> None:
        self.violations.append(
            Violation(side, finding.kind, len(self.calls), call.path, finding.where, finding.message)
        )

    def _refusal(self, asked: Asked, call: Call, findings: Collection[Finding]) -> Reply | None:
        kinds = {one.kind for one in findings}
        if asked.operation is None:
            reply = self.refuse("unknown", "; ".join(told(findings)))
            return Reply(405, reply.headers, reply.body) if "unknown_method" in kinds else reply
        proof = self._desk.proof(asked.operation, call, self.accepts)
        if proof is not None:
            # Not a breach: a secret that has ended is the vendor's word, and the client's answer to it is what counts.
            if not self._desk.shows_proof(asked.operation, call):
                self._note("request", call, proof)
            return self.refuse("unauthorized", proof.message)
        return self.refuse("invalid", "; ".join(told(findings))) if findings else None

    def _page(self, name: str, asked: Asked, call: Call, due: Sequence[Fault], scene: Scene) -> Reply:
        table, stream = self.tables[name], self.profile.streams[name]
        if asked.shaped is not None:
            place = stream.records + ("" if "/*" in stream.records else "/*")
            table.shape(inside(asked.shaped.source, place, self.description.definitions))
        for fault in due:
            fault.before(table)
        turn = self._turn(asked, call)
        try:
            dealt = self._deal(name, turn, asked, call)
        except RefusedError as error:
            self._note("request", call, Finding(error.kind, error.name, str(error)))
            return self.refuse("invalid", f"{error.name} {error}")
        if dealt is None:
            return self.refuse("unknown", "there is no such parent")
        rows = dealt.rows
        for fault in due:
            rows = fault.rows(rows, scene)

        def made(row: Row) -> Any:
            found = selected(stream.selecting, turn, table.record(row))
            for fault in due:
                found = fault.record(found)
            return found

        operation = cast("Operation", asked.operation)
        more = sum(fault.more for fault in due)
        if more:
            whole = self._wanted(asked, self._document(operation, stream, dealt, [_MIDDLE], asked.shaped))
            return Reply(200, self._headers(dealt), chunks=lambda: _poured(whole, rows, table.spare(more), made))
        document = self._document(operation, stream, dealt, [made(row) for row in rows], asked.shaped)
        document = self._wanted(asked, document)
        if not any(fault.tampers for fault in due):
            self._check(operation, document, call)
        reply = Reply(200, self._headers(dealt), _encoded(document))
        self._before[name, self._parent(name, asked, call)] = reply, rows
        return reply

    def _keeper(self, way: Way) -> Kept:
        from connectors.spelling import parse_options

        keeping = cast("Keeping", KEEPING.load(way.use))
        return keeping.opened(parse_options(keeping.Params, way.params), self)

    def _of_kept(self, kept: Kept, asked: Asked, call: Call) -> Reply:
        try:
            told = kept.answer(asked, call)
        except RefusedError as error:
            self._note("request", call, Finding(error.kind, error.name, str(error)))
            return self.refuse("invalid", f"{error.name} {error}")
        operation = cast("Operation", asked.operation)
        document = self._wanted(asked, told.document)
        if 200 <= told.status < 300:
            self._check(operation, document, call)
        return Reply(told.status, {**self._headers(), **told.headers}, _encoded(document))

    def _masked(self, asked: Asked) -> list[Finding]:
        """What is wrong with the request's field mask, where the vendor has such."""
        text = asked.query.get(self.profile.mask) if self.profile.mask else None
        if text is None or asked.operation is None:
            return []
        mask = masks.parsed(str(text))
        if mask is None:
            return [Finding("wrong_type", self.profile.mask, "is no field mask")]
        schema = asked.operation.reply(200, _JSON) or {}
        unknown = masks.unknown(mask, schema, self.description.definitions)
        return (
            [Finding("unknown_parameter", self.profile.mask, f"names {unknown}, which no answer has")]
            if unknown
            else []
        )

    def _wanted(self, asked: Asked, document: Any) -> Any:
        text = asked.query.get(self.profile.mask) if self.profile.mask else None
        return document if text is None else masks.picked(document, masks.parsed(str(text)) or {})

    def _deal(self, name: str, turn: Turn, asked: Asked, call: Call) -> Dealt | None:
        from connectors.spelling import parse_options

        table, stream = self.tables[name], self.profile.streams[name]
        way = cast("Paging", PAGING.load(stream.paging.use))
        params = parse_options(way.Params, stream.paging.params)
        rows = table.rows(with_deleted=stream.paging.use == "sync_token")
        if stream.belongs is not None:
            parent = self._parent(name, asked, call)
            if parent not in {str(key) for key in self.tables[stream.belongs.stream].keys}:
                return None
            rows = rows.where(lambda row: str(row.parent) == parent)
        refuse_span(table, turn)
        rows = filtered(table, turn, call.headers, rows, self.begun.setdefault(name, []))
        if stream.ends_after is not None:
            rows = Rows(rows[: stream.ends_after])
        return way.deal(params, turn, rows)

    def _document(
        self, operation: Operation, stream: VendorStream, dealt: Dealt, records: list[Any], shaped: Shaped | None
    ) -> Any:
        schema = operation.reply(200, _JSON) if shaped is None else shaped.source
        document = self._maker.bare(schema or {"type": ["object"]})
        place, wrapped, inner = stream.records.partition("/*")
        listed = [put({}, inner, one) for one in records] if wrapped and inner else records
        document = put(document, place, listed)
        for where, value in dealt.put.items():
            document = put(document, where, value)
        return document if shaped is None else shaped.projected(document)

    def _single(self, operation: Operation, call: Call, shaped: Shaped | None) -> Reply:
        schema = operation.reply(200, _JSON) if shaped is None else shaped.source
        document = self._maker.value(schema, 0) if schema is not None else {}
        document = document if shaped is None else shaped.projected(document)
        self._check(operation, document, call)
        return Reply(200, self._headers(), _encoded(document))

    def _check(self, operation: Operation, document: Any, call: Call) -> None:
        schema = operation.reply(200, _JSON)
        if schema is None:
            return
        known = self._checks.get(id(schema))
        if known is None:
            known = self._checks[id(schema)] = (schema, self._checker.compiled(schema))
        problem = known[1](document)
        if problem is not None:
            self._note("reply", call, Finding("wrong_reply", problem.place, problem.message))

    def _headers(self, dealt: Dealt | None = None) -> dict[str, str]:
        return {"content-type": f"{_JSON}; charset=utf-8", **self.profile.headers, **(dealt.headers if dealt else {})}

    def _sent(self, reply: Reply, due: Sequence[Fault]) -> Reply:
        for fault in due:
            reply = fault.sent(reply)
        return reply


def _encoded(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _poured(whole: Any, rows: Sequence[Row], spare: Iterator[Row], made: Callable[[Row], Any]) -> Iterator[bytes]:
    start, _, end = _encoded(whole).partition(_encoded(_MIDDLE))
    yield start
    comma = b""
    for part in (rows, spare):
        for row in part:
            yield comma + _encoded(made(row))
            comma = b","
    yield end
