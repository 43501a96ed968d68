"""One stream of a connector with a vendor behind it: what a case needs to try something and look at what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol, cast

import duckdb
import httpx
from sqlglot import exp

from connectors import sql
from connectors.contract import Discovered, Place, Reading
from connectors.files.pointers import Keys, parse, paths_of
from connectors.http.definition import Definition, Stream
from connectors.http.engine import Declared
from connectors.http.signing import Secrets, auth
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description
from connectors.http.vendor.faults import Fault
from connectors.http.vendor.profile import Profile, VendorStream
from connectors.http.vendor.transport import VendorTransport
from connectors.http.vendor.wire import at
from connectors.spelling import parse_options
from spec.base import JsonValue
from spec.errors import DreflowError
from spec.pipeline import Source

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
SENTINEL = "sentinel-5e17inel-first"
SECOND = "sentinel-5e17inel-second"
MOST_REQUESTS = 300
TABLE = exp.table_("conformance", quoted=True)
_SHARED = ("access_token", "client_id", "client_secret", "refresh_token", "token_secret", "consumer_secret")


class BrokenError(Exception):
    """The connector does not keep to the case; the text says how."""


class NotApplicableError(Exception):
    """The case asks for what this stream does not have; the text says what."""


class Case(Protocol):
    """A module of ``cases/``."""

    SUMMARY: str

    def run(self, bench: Bench) -> None:
        """Try it; BrokenError when it fails, NotApplicableError when there is nothing to try."""


class Counted(VendorTransport):
    """The vendor, for as many requests as a sane reading can need."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(vendor)
        self._requests = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx calls it; BrokenError when there is no end to it."""
        self._requests += 1
        if self._requests > MOST_REQUESTS:
            raise BrokenError(f"more than {MOST_REQUESTS} requests: the reading does not end")
        return super().handle_request(request)


class Held:
    """Secrets that are renewed once by another word, which the vendor then wants."""

    def __init__(self, names: Sequence[str], renewable: bool, rights: Sequence[str] = ()) -> None:
        self._secrets: Secrets = dict.fromkeys(names, SENTINEL)
        self._renewable = renewable
        self._rights = rights

    def get(self) -> Secrets:
        """As they are now."""
        times = {"expires_at": "2099-01-01T00:00:00+00:00", "made_at": NOW.isoformat()}
        return {**self._secrets, **times, "scopes": " ".join(self._rights)}

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them without a token endpoint, which vendors' descriptions do not have."""
        del change
        if not self._renewable:
            return self.get()
        self._secrets = dict.fromkeys(self._secrets, SECOND)
        return self.get()


@dataclass
class Outcome:
    """What a read brought: the reading, and the rows of the table as texts by column."""

    reading: Reading
    rows: list[dict[str, str | None]]


@dataclass
class Bench:
    """A stream under test, with the connector's pages made short."""

    name: str
    definition: Definition
    stream: str
    description: Description
    profile: Profile
    settings: Mapping[str, str]
    written: Definition
    """The definition as it stands, with its own sizes of pages."""
    violations: list[str] = field(default_factory=list)
    _found: list[Discovered] = field(default_factory=list)

    @property
    def said(self) -> Stream:
        """What the connector says of the stream."""
        return self.definition.streams[self.stream]

    @property
    def theirs(self) -> VendorStream:
        """What the vendor's documents say of it."""
        return self.profile.streams[self.stream]

    @property
    def page(self) -> int:
        """Records on a full page, as the connector asks for them; 0 when a list comes whole."""
        said = self.definition.request(self.stream, incremental=False).paginate
        if said is None or said.use == "none":
            return 0
        from connectors.http.asking import paginator

        _, params = paginator(said)
        own = getattr(params, "size", 100) or 100
        most = self.theirs.paging.params.get("size", {})
        return min(int(own), int(most.get("most") or own)) if isinstance(most, dict) else int(own)

    @property
    def several(self) -> int:
        """Records that make two pages and a half."""
        return self.page * 2 + self.page // 2 if self.page else 25

    def vendor(self, count: int | None = None, *, faults: Sequence[Fault] = (), **options: Any) -> Vendor:
        """A vendor with so many records in this stream (in all its parents' lists together), a few in others."""
        return Vendor(
            self.description,
            self.profile,
            count=dict.fromkeys(self.profile.streams, 2) | {self.stream: self._share(count)},
            faults=[replace(one, stream=self.stream) for one in faults],
            accepts={SENTINEL},
            clock=lambda: NOW,
            **options,
        )

    def _share(self, count: int | None) -> int:
        many = self.several if count is None else count
        return many if self.theirs.belongs is None else -(-many // 2)

    def unit(self, vendor: Vendor, waits: list[float] | None = None, definition: Definition | None = None) -> Declared:
        """The connector, with the vendor in the network's place and no real waiting."""
        kept = waits if waits is not None else []
        passed = [0.0]

        def sleep(seconds: float) -> None:
            kept.append(seconds)
            passed[0] += seconds

        return Declared(
            definition or self.definition,
            self.name,
            transport=Counted(vendor),
            clock=lambda: NOW,
            sleep=sleep,
            tick=lambda: passed[0],
        )

    def credentials(self) -> Held:
        """The connection's secrets."""
        way = self.definition.auth[0] if self.definition.auth else None
        if way is None:
            return Held((), False)
        unit = auth(way)
        params = parse_options(unit.Params, way.params)
        asked = [one.name for one in unit.fields(params)]
        rights = [*getattr(params, "scopes", ()), *getattr(params, "write_scopes", ())]
        return Held([*asked, *_SHARED], way.use.startswith("oauth2"), rights)

    def place(self, folder: Path) -> Place:
        """The connection, keeping its pages in ``folder``."""
        return Place(
            self.name,
            folder,
            connection=self.name,
            settings=self.settings,
            credentials=self.credentials(),
            pages=folder,
        )

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for pages."""
        with tempfile.TemporaryDirectory(prefix="dreflow-conformance-") as path:
            yield Path(path)

    def found(self) -> list[Discovered]:
        """The stream's tables as discovery describes them, its own first; looked at once."""
        if not self._found:
            vendor = self.vendor()
            with self.folder() as folder:
                self._found = list(self.unit(vendor).discover(self.place(folder), options={"stream": self.stream}))
            self.note(vendor)
        return self._found

    def source(self, **changed: object) -> Source:
        """The stream's own table as a spec's source."""
        return self.found()[0].source.model_copy(update=changed)

    def read(
        self,
        vendor: Vendor,
        *,
        source: Source | None = None,
        folder: Path | None = None,
        since: str | None = None,
        unit: Declared | None = None,
        place: Place | None = None,
    ) -> Outcome:
        """Read the stream's own table."""
        wanted = source or self.source()
        with self.folder() as own, duckdb.connect() as into:
            into.execute("SET TimeZone = 'UTC'")
            at_ = place or self.place(folder or own)
            try:
                reading = (unit or self.unit(vendor)).read(wanted, at_, into, TABLE, since=since)
            finally:
                self.note(vendor)
            names = list(wanted.columns)
            texts = [sql.cast(sql.column(name), "VARCHAR") for name in names]
            rows = into.execute(sql.text(exp.select(*texts).from_(TABLE))).fetchall()
        return Outcome(reading, [dict(zip(names, row, strict=True)) for row in rows])

    def connect(self) -> None:
        """Make the call that tries an account when somebody connects it, where the connector states one.

        BrokenError where the vendor does not take it. Whose account it is, an answer need not say.
        """
        said, vendor = self.definition.check, self.vendor()
        if said is None:
            return
        with self.folder() as folder:
            try:
                self.unit(vendor).check(self.place(folder))
            except DreflowError as error:
                raise BrokenError(f"{said.path}, which tries an account, is not answered: {error}") from error
        self.note(vendor)

    def read_keys(self, vendor: Vendor, form: str) -> Outcome:
        """Read the keys alone: ``sweep`` all, ``listed`` those of what was deleted."""
        source = self.source()
        columns = {name: source.columns[name] for name in source.primary_key}
        plain = source.model_copy(
            update={"columns": columns, "cursor": None, "lookback": None, "on_error": "stop", "drift": "evolve"}
        )
        unit = self.unit(vendor)
        return self.read(vendor, source=unit.keys_only(plain, form), unit=unit)

    def start(self, source: Source, border: str) -> str:
        """Where a run would begin after that cursor: as far before it as the connector's lookback says."""
        type_ = source.columns[source.cursor or ""]
        if source.lookback is None:
            return border
        if not type_.startswith(("TIMESTAMP", "DATE")):
            raise BrokenError(f"it looks back {source.lookback}, and its cursor {source.cursor} is no moment ({type_})")
        node = sql.cast(sql.value(border), type_)
        begun = sql.template("CAST(:x - CAST(:back AS INTERVAL) AS VARCHAR)", x=node, back=source.lookback)
        with duckdb.connect() as into:
            into.execute("SET TimeZone = 'UTC'")
            return str(sql.row(into, exp.select(begun))[0])

    def note(self, vendor: Vendor) -> None:
        """Remember what was not as the vendor's description says."""
        for one in vendor.violations:
            text = f"{one.side} {one.kind} at {one.where}: {one.message}"
            if text not in self.violations:
                self.violations.append(text)

    def key(self) -> tuple[str, Keys]:
        """The column that holds the vendor's own key, and where it stands in a record."""
        wanted = parse(self.theirs.key)
        paths = self.paths(self.source())
        for name, path in paths.items():
            if path == wanted:
                return name, wanted
        raise BrokenError(f"no column holds {self.theirs.key}, which is the key of a record")

    def paths(self, source: Source) -> dict[str, Keys]:
        """Where each column's value stands in a record."""
        fields = cast("dict[str, str]", source.options.get("fields", {}))
        return paths_of(source.columns, fields)

    def parents(self, vendor: Vendor) -> int:
        """How many records the parent stream has at the vendor, which each have a list."""
        parent = self.said.parent
        return len(vendor.records(parent.stream)) if parent is not None and parent.stream in vendor.tables else 2

    def keys(self, outcome: Outcome) -> list[str]:
        """The keys that were read, sorted."""
        return sorted(self.key_read(row) for row in outcome.rows)

    def key_read(self, row: Mapping[str, str | None]) -> str:
        """A row's key as ``key_there`` spells it."""
        name, _ = self.key()
        text = str(row[name])
        if not self.source().columns[name].startswith("TIMESTAMP"):
            return text
        return str(round(Decimal(str(datetime.fromisoformat(text).timestamp())), 6).normalize())

    def key_there(self, value: object) -> str:
        """A key as the vendor has it; an instant in seconds, since a column of instants spells it otherwise."""
        name, _ = self.key()
        if not self.source().columns[name].startswith("TIMESTAMP"):
            return str(value)
        return str(round(Decimal(str(value)), 6).normalize())

    def theirs_now(self, vendor: Vendor) -> list[str]:
        """The keys that the vendor has, sorted."""
        return sorted(self.key_there(at(one, self.theirs.key)) for one in vendor.records(self.stream))

    def same(self, vendor: Vendor, outcome: Outcome) -> None:
        """Every record of the vendor is there once and no other, with its values."""
        wanted, found = self.theirs_now(vendor), self.keys(outcome)
        if wanted != found:
            lost, more = _difference(wanted, found)
            raise BrokenError(f"of {len(wanted)} records {len(found)} arrived; missing {lost[:3]}, too many {more[:3]}")
        by_key = {self.key_read(row): row for row in outcome.rows}
        source = self.source()
        plain = {
            column: path
            for column, path in self.paths(source).items()
            if source.columns[column] in {"VARCHAR", "BIGINT", "BOOLEAN"}
        }
        for record in vendor.records(self.stream):
            row = by_key[self.key_there(at(record, self.theirs.key))]
            for column, path in plain.items():
                there = _text(at(record, "/" + "/".join(path)))
                if there is not None and row[column] != there:
                    raise BrokenError(f"{column} is {row[column]!r} and should be {there!r}")


def _text(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _difference(wanted: list[str], found: list[str]) -> tuple[list[str], list[str]]:
    lost = list(wanted)
    more = []
    for one in found:
        if one in lost:
            lost.remove(one)
        else:
            more.append(one)
    return lost, more
