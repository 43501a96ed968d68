"""A connector that is data: what ``connector.yaml`` says, done."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors import readings
from connectors.contract import Capability, Discovered, Place, Preview, Reading
from connectors.files.documents import discovery
from connectors.files.options import ReadOptions
from connectors.files.pointers import parse, paths_of
from connectors.http import asking, money, owners, placeholders, tables
from connectors.http.definition import Definition, Request, Stream, Unit, read_definition
from connectors.http.describing import Origin, described
from connectors.http.fetching import ELSEWHERE, Fetch, build, parents_of
from connectors.http.keys import form_of, keys_only, stream_of
from connectors.http.known import as_named, refuse_drift
from connectors.http.naming import renamed
from connectors.http.newest import Past, changed_since, past_of
from connectors.http.pacing import Pace
from connectors.http.repeats import Keys, take_out
from connectors.http.sending import Sender
from connectors.http.signing import Auth, auth
from connectors.http.staged import Pages, alone, fingerprint, lines
from connectors.http.taking import Taking, with_write_scopes
from connectors.http.windows import NO_WINDOW, Window, windows_of
from connectors.looking import preview_rows
from connectors.spelling import parse_options
from spec.base import Document, JsonValue
from spec.errors import AccessError, DataError, SpecError, unknown_name
from spec.pipeline import Source

if TYPE_CHECKING:
    import httpx
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

SAMPLE = 300
"""Records from which a stream's columns are told."""
PARENTS = 20
"""Parent records whose lists are looked at for that."""
Values = Mapping[str, str | None]
_PACES: dict[str, Pace] = {}


class Declared(Taking):
    """The connector that a definition describes. ``transport`` takes the network's place, in tests and for a proxy."""

    can: frozenset[Capability] = frozenset({"discover", "read", "incremental"})

    def __init__(
        self,
        definition: Definition,
        name: str,
        *,
        file: Path | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.definition = definition
        self.name = name
        self.file = file
        self._transport = transport
        self._clock = clock
        self._sleep = sleep
        self._tick = tick

    @classmethod
    def of(cls, file: Path) -> Declared:
        """The connector in a ``connector.yaml``, named after its folder."""
        from connectors.http.chosen import Chosen, is_chosen

        definition = _known(file, file.stat().st_mtime_ns)
        if definition.listed is not None:
            from connectors.http.listed import Listed

            return Listed(definition, file.parent.name, file=file)
        return (Chosen if is_chosen(definition) else cls)(definition, file.parent.name, file=file)

    def check(self, place: Place) -> None:
        """Send the definition's check, or ask for the first stream's first page."""
        self.account(place)

    def account(self, place: Place) -> str | None:
        """As ``check``; what its answer calls the account, where the definition says where that stands."""
        with self._sender(place) as sender:
            return self._account(place, sender)

    def _account(self, place: Place, sender: Sender) -> str | None:
        definition, values = self._definition_at(place), self._values(place)
        said = definition.check
        if said is None:
            name = next(iter(definition.streams))
            request = definition.request(name, incremental=False)
            unit, params = asking.paginator(request.paginate)
            sender.send(unit.first(params, build(definition, request, values)), request.records)
            return None
        request = Request(method=said.method, path=said.path, query=said.query)
        answer = sender.send(build(definition, request, values), "", single=True)
        return asking.text_at(answer.document, said.account) if said.account else None

    def discover(self, place: Place, *, options: Mapping[str, JsonValue] | None = None) -> Sequence[Discovered]:
        """Each stream as a table, each list inside its records as a child table, told from its first records.

        The option ``stream`` asks for one alone. A stream without a record yet has no columns: it is told with the
        first table. Raises AccessError, TransientError and LimitError as they are met; a stream that this account may
        not see is left out and told.
        """
        wanted = (options or {}).get("stream")
        streams = [self._stream_name(str(wanted))] if wanted is not None else list(self.definition.streams)
        found: list[Discovered] = []
        left: list[str] = []
        with self._sender(place) as sender:
            for name in streams:
                try:
                    found += self._tables_of(name, place, sender, left)
                except AccessError as error:
                    if error.data.get("needs") == "consent" or wanted is not None:
                        raise
                    left.append(f"{name} is left out: {error.message}")
        if not found:
            raise DataError(
                f"There is nothing to read in {self.definition.title} yet.",
                hint=" ".join(left) or "It holds no record.",
            )
        found[0] = replace(found[0], warnings=(*found[0].warnings, *left))
        return found

    def read(
        self, source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table, *, since: str | None = None
    ) -> Reading:
        """Fetch the stream's pages, then make ``table`` of them; pages that were fetched before are not asked for."""
        return self.read_together([(source, table)], place, into, since=since)[0]

    def read_together(
        self,
        wanted: Sequence[tuple[Source, exp.Table]],
        place: Place,
        into: DuckDBPyConnection,
        *,
        since: str | None = None,
    ) -> list[Reading]:
        """As ``read`` for several sources of one stream: its own rows and those of lists inside its records."""
        name = self._stream_name(wanted[0][0].stream or "")
        if not all(source.columns for source, _ in wanted):
            raise SpecError("The source states no columns.", hint="Discover it first: its columns are how it is read.")
        form = form_of(wanted[0][0])
        stream = stream_of(self.definition.streams[name], form)
        asked = self._since(wanted[0][0], stream, since)
        with self._folder(place) as folder:
            pages = self._fetched(name, place, folder, asked, form)
            request = self.definition.request(name, incremental=asked is not None, keys=form)
            fields = cast("list[str]", pages.extra.get("fields", []))
            makes = [
                tables.Wanted(
                    tables.Made(stream, request.records, money.with_currency(as_named(source, fields))), table
                )
                for source, table in wanted
            ]
            for one in makes:
                refuse_drift(one.made, fields, pages.records, shown=f"{self.name}/{name}")
            files = pages.files()
            found = self._loaded(files, makes, into, f"{self.name}/{name}", pages.records)
            taken = cast("int", pages.extra.get("taken", 0))
            notes = [f"{taken} records came twice, since the list moved while it was read; each is there once."]
            identity = fingerprint(files)
            owned = [owners.note(files, one.made, into, one.table) for one in makes]
        complete = []
        for (source, table), one, reading, has_owners in zip(wanted, makes, found, owned, strict=True):
            told = replace(
                reading,
                fingerprint=identity,
                as_of=datetime.fromisoformat(pages.begun),
                warnings=(*reading.warnings, *(notes if taken else ())),
                owners=has_owners,
            )
            # Of an owner whose rows were read all are wanted, or those a little older would count as gone.
            border = None if has_owners else since
            complete.append(readings.with_cursor(source, into, table, told, border, one.made.options))
        return complete

    def keys_only(self, source: Source, form: str) -> Source:
        """A source with the columns of its key as it is read for these alone: ``sweep`` all, ``listed`` the deleted."""
        name = self._stream_name(source.stream or "")
        return keys_only(self.definition.title, self.definition.streams[name], source, form)

    def preview(self, source: Source, place: Place, *, limit: int = 20) -> Preview:
        """The first rows of the stream's first pages."""
        name = self._stream_name(source.stream or "")
        is_whole = True

        def first(source: Source, place: Place, into: DuckDBPyConnection, table: exp.Table) -> Reading:
            with self._folder(replace(place, pages=None)) as folder, self._sender(place) as sender:
                pages, request = self._sampled(name, place, sender, folder, limit + 1)
                nonlocal is_whole
                is_whole = bool(pages.extra.get("whole"))
                fields = cast("list[str]", pages.extra.get("fields", []))
                read = money.with_currency(as_named(source, fields))
                made = tables.Made(self.definition.streams[name], request.records, read)
                return self._loaded(pages.files(), [tables.Wanted(made, table)], into, name, pages.records)[0]

        found = preview_rows(first, source, place, limit)
        return replace(found, truncated=found.truncated or not is_whole)

    def _loaded(
        self, files: Sequence[Path], makes: Sequence[tables.Wanted], into: DuckDBPyConnection, shown: str, records: int
    ) -> list[Reading]:
        found = tables.load(files, makes, into, shown=shown, records=records)
        for one in makes:
            money.settle(self.definition, one.made.source, into, one.table, shown=shown)
        return found

    # Requests

    @contextmanager
    def _sender(self, place: Place, *, writes: bool = False) -> Iterator[Sender]:
        import httpx

        limits = self.definition.limits
        with httpx.Client(
            transport=self._transport,
            timeout=httpx.Timeout(limits.timeout, connect=min(10.0, limits.timeout)),
            limits=httpx.Limits(max_connections=limits.concurrency, max_keepalive_connections=limits.concurrency),
            follow_redirects=False,
        ) as client:
            yield Sender(
                self.definition,
                client,
                self._pace(place),
                auth=self._auth(place, writes=writes),
                credentials=place.credentials,
                clock=self._clock,
                sleep=self._sleep,
            )

    def _pace(self, place: Place) -> Pace:
        """One for all reads of a connection in this process: the system counts them together."""
        if self._transport is not None or place.connection is None:
            return Pace(self.definition.limits, self._tick, self._sleep)
        return _PACES.setdefault(
            f"{self.name}/{place.connection}", Pace(self.definition.limits, self._tick, self._sleep)
        )

    def proof(self, place: Place) -> tuple[Auth, Document] | None:
        """The way to prove who asks that a connection uses, with its settings filled in; None where none is needed."""
        return self._auth(place)

    def _auth(self, place: Place, *, writes: bool = False) -> tuple[Auth, Document] | None:
        chosen = self.way_in(place.settings.get("auth"))
        if chosen is None:
            return None
        unit = auth(chosen)
        values = self._values(place)
        params = with_write_scopes(chosen) if writes else chosen.params
        filled = placeholders.filled_all(cast("JsonValue", params), values)
        return unit, parse_options(unit.Params, cast("dict[str, JsonValue]", filled))

    def way_in(self, chosen: str | None) -> Unit | None:
        """The way to prove who asks that a connection uses, the first by default; None where none is needed."""
        if not self.definition.auth:
            return None
        if chosen is None:
            return self.definition.auth[0]
        for one in self.definition.auth:
            if one.use == chosen:
                return one
        raise unknown_name("way to connect", chosen, [one.use for one in self.definition.auth])

    def _values(self, place: Place, cursor: str | None = None) -> Values:
        values: dict[str, str | None] = {"cursor": cursor, **NO_WINDOW}
        if "base_url" in place.settings:
            values[ELSEWHERE] = place.settings["base_url"]
        for name, setting in self.definition.settings.items():
            value = place.settings.get(name, setting.default)
            if value is None:
                raise SpecError(
                    f"The connection does not say its {name} ({setting.title}).",
                    hint=setting.help or "Save the connection again with it.",
                    data={"setting": name},
                )
            # An empty one is none: what holds it is left out of the request.
            values[name] = value or None
        return values

    def base(self, place: Place) -> str:
        """The address that a connection leads to."""
        return place.settings.get("base_url") or placeholders.filled(self.definition.base_url, self._values(place))

    def _definition_at(self, place: Place) -> Definition:
        other = place.settings.get("base_url")
        return self.definition if other is None else self.definition.model_copy(update={"base_url": _literal(other)})

    # Pages

    @contextmanager
    def _folder(self, place: Place) -> Iterator[Path]:
        if place.pages is not None:
            yield place.pages
            return
        with tempfile.TemporaryDirectory(prefix="dreflow-pages-") as folder:
            yield Path(folder)

    def _fetched(self, name: str, place: Place, folder: Path, since: str | None, form: str = "") -> Pages:
        """All pages of a stream, read now, or gone on with where an earlier attempt stopped."""
        request = self.definition.request(name, incremental=since is not None, keys=form)
        own = folder / self._key(name, place, request, since)
        with alone(own):
            return self._fetched_alone(name, place, own, request, since)

    def _fetched_alone(self, name: str, place: Place, own: Path, request: Request, since: str | None) -> Pages:
        values = self._values(place, since)
        pages = self._pages(own)
        if pages.done:
            return pages
        stream = self.definition.streams[name]
        keys = Keys(_key_places(stream))
        fields: dict[str, None] = {}
        past = past_of(stream, since)
        self._recall(pages, request, stream, keys, fields, past)
        with self._sender(place) as sender:
            fetch = Fetch(
                self._definition_at(place), name, request, sender, pages, values, keys, fields,
                parents=self._parents(stream, place, own.parent, since),
                windows=self._windows(stream, pages, values), past=past,
            )  # fmt: skip
            fetch.run()
        taken = take_out(pages, keys, request.records, stream.cursor.field if stream.cursor else None)
        pages.finish({"fields": list(fields), "taken": taken})
        return pages

    def _pages(self, folder: Path) -> Pages:
        return Pages.opened(folder, now=self._clock().isoformat())

    def _key(self, name: str, place: Place, request: Request, since: str | None) -> str:
        # A run keeps the pages of all its connections in one folder, and two accounts may be asked alike.
        whose = [self.name, place.connection, dict(place.settings), self.definition.base_url, self.definition.api]
        said = [*whose, request.model_dump(mode="json"), since]
        return f"{name}-{hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]}"

    def _windows(self, stream: Stream, pages: Pages, values: Values) -> list[Window]:
        if stream.windows is None:
            return []
        return windows_of(stream.windows, values, values["cursor"], pages.begun, self._clock())

    def _recall(
        self, pages: Pages, request: Request, stream: Stream, keys: Keys, fields: dict[str, None], past: Past | None
    ) -> None:
        """Take note of the records that an earlier attempt kept."""
        for page, (_, line) in zip(pages.log, lines(pages.files()), strict=True):
            kept = cast("dict[str, JsonValue]", json.loads(line))
            found = asking.at(kept["page"], request.records)
            items = [found] if stream.single else found if isinstance(found, list) else []
            keys.extend(items, cast("dict[str, JsonValue]", kept["parent"]))
            if past is not None:
                past.is_reached(page.walk, items)
            for item in items:
                if isinstance(item, dict):
                    fields.update(dict.fromkeys(item))

    def _parents(
        self, stream: Stream, place: Place, folder: Path, since: str | None
    ) -> Callable[[], Iterator[Mapping[str, JsonValue]]] | None:
        """The records of the parent stream, each with what is kept of it."""
        parent = stream.parent
        if parent is None:
            return None
        above = self.definition.streams[parent.stream]
        # A record whose list has changed has changed itself only where the system says so; all are asked otherwise.
        asked = since if parent.changes_with_children and above.cursor is not None else None

        def all_() -> Iterator[Mapping[str, JsonValue]]:
            pages = self._fetched(parent.stream, place, folder, asked)
            request = self.definition.request(parent.stream, incremental=asked is not None)
            items = tables.records_of((line for _, line in lines(pages.files())), request.records, above)
            yield from parents_of(parent, changed_since(above, asked, items))

        return all_

    def _since(self, source: Source, stream: Stream, since: str | None) -> str | None:
        """Where the request starts: nowhere when the system has no filter, or the source's cursor is another one."""
        if since is None or stream.cursor is None or source.cursor is None:
            return None
        fields = cast("dict[str, str]", source.options.get("fields", {}))
        if paths_of([source.cursor], fields)[source.cursor] != parse(stream.cursor.field):
            return None
        known = stream.cursor.newest_first or stream.windows is not None
        known = known or (stream.parent is not None and stream.parent.changes_with_children)
        return since if known or "cursor" in _placeholders_of(self.definition, source.stream or "") else None

    # Columns

    def _sampled(self, name: str, place: Place, sender: Sender, folder: Path, enough: int) -> tuple[Pages, Request]:
        request = self.definition.request(name, incremental=False)
        own = folder / f"first-{enough}-{self._key(name, place, request, None)}"
        with alone(own):
            return self._sampled_alone(name, place, sender, own, enough), request

    def _sampled_alone(self, name: str, place: Place, sender: Sender, own: Path, enough: int) -> Pages:
        stream = self.definition.streams[name]
        request = self.definition.request(name, incremental=False)
        pages = self._pages(own)
        parents: Callable[[], Iterator[Mapping[str, JsonValue]]] | None = None
        parent = stream.parent
        if parent is not None:
            above_pages, above_request = self._sampled(parent.stream, place, sender, own.parent, PARENTS)
            above = self.definition.streams[parent.stream]
            items = tables.records_of((line for _, line in lines(above_pages.files())), above_request.records, above)
            kept = list(islice(parents_of(parent, items), PARENTS))

            def parents() -> Iterator[Mapping[str, JsonValue]]:
                return iter(kept)

        if not pages.done:
            values = self._values(place)
            fields: dict[str, None] = {}
            self._recall(pages, request, stream, Keys({}), fields, None)
            fetch = Fetch(
                self._definition_at(place), name, request, sender, pages, values, Keys({}), fields,
                parents=parents, windows=self._windows(stream, pages, values), enough=enough,
            )  # fmt: skip
            try:
                fetch.run()
            except BaseException:
                pages.close()
                raise
            pages.finish({"whole": fetch.is_whole, "fields": list(fields)})
        return pages

    def _tables_of(self, name: str, place: Place, sender: Sender, left: list[str]) -> list[Discovered]:
        stream = self.definition.streams[name]
        with self._folder(place) as kept, tempfile.TemporaryDirectory(prefix="dreflow-") as beside:
            pages, request = self._sampled(name, place, sender, kept, SAMPLE)
            is_whole = bool(pages.extra.get("whole"))
            spooled = Path(beside) / f"{name}.ndjson"
            records = list(tables.records_of((line for _, line in lines(pages.files())), request.records, stream))
            with spooled.open("wb") as file:
                number = tables.spell_out(iter(records), file)
            if not number:
                left.append(f"{name} has no record yet, so its columns are not known.")
                return []
            options = ReadOptions(format="ndjson")
            identity = stream.primary_key[0] if len(stream.primary_key) == 1 else "id"
            found = renamed(discovery.discover(spooled, name, options, frozenset(), identity=identity), stream.names)
        whose = Origin(self.name, place.connection, name)
        return [described(whose, stream, one, records, is_whole=is_whole) for one in found]

    def _stream_name(self, name: str) -> str:
        if name not in self.definition.streams:
            raise unknown_name(f"stream of {self.definition.title}", name, list(self.definition.streams))
        return name


@lru_cache(maxsize=64)
def _known(file: Path, changed: int) -> Definition:
    del changed
    return read_definition(file)


def _key_places(stream: Stream) -> dict[str, str]:
    kept = stream.parent.keep if stream.parent is not None else {}
    return {name: f"/{name}" if name not in kept else "" for name in stream.primary_key}


def _placeholders_of(definition: Definition, stream: str) -> set[str]:
    request = definition.request(stream, incremental=True)
    return set(placeholders.names(json.dumps(request.model_dump(mode="json"))))


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
