"""A system of the shelf with its vendor in the network's place: read whole, read again, killed and gone on with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from http_systems import NOW, Held
from sqlglot import exp

from connectors.contract import Place, Reading
from connectors.http.definition import Definition, read_definition
from connectors.http.engine import Declared
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import read_description
from connectors.http.vendor.profile import read_profile
from connectors.http.vendor.transport import VendorTransport
from spec.pipeline import Source

ROOT = Path(__file__).parents[2]
SENTINEL = "sentinel-5e17inel"
SECRETS = dict.fromkeys(("token", "access_token", "refresh_token", "client_id", "client_secret"), SENTINEL)


class KilledError(BaseException):
    """The process is gone."""


def definition_of(name: str) -> Definition:
    """What the system's connector.yaml says."""
    return read_definition(ROOT / "connectors" / name / "connector.yaml")


def vendor_of(name: str, specs: Path, count: Mapping[str, int]) -> Vendor:
    """The vendor's side, from its own description."""
    profile = read_profile(ROOT / "connectors" / name / "vendor.yaml")
    file = specs / profile.description
    if not file.is_file():
        pytest.skip(f"needs third-party data: {file.name} among the vendors' descriptions")
    cache = Path(os.environ["DREFLOW_TEST_SESSION"].rpartition(":")[0]) / "descriptions"
    description = read_description(file, paths=profile.paths, overlay=profile.changes, cache=cache)
    few = dict.fromkeys(profile.streams, 2)
    return Vendor(description, profile, count={**few, **count}, accepts={SENTINEL}, clock=lambda: NOW)


@dataclass
class System:
    """The connector and who answers it. ``kill_at`` is the request at which the process is gone."""

    name: str
    transport: httpx.BaseTransport
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    kill_at: int = 0
    sent: int = 0
    seconds: float = 0.0

    def unit(self) -> Declared:
        """The connector, with a clock of its own."""
        real = self.transport

        class Between(httpx.BaseTransport):
            def handle_request(_, request: httpx.Request) -> httpx.Response:  # noqa: N805
                self.sent += 1
                if self.sent == self.kill_at:
                    raise KilledError
                return real.handle_request(request)

        def sleep(seconds: float) -> None:
            self.seconds += seconds

        return Declared(
            definition_of(self.name), self.name, transport=Between(), clock=lambda: NOW, sleep=sleep,
            tick=lambda: self.seconds,
        )  # fmt: skip

    def place(self, folder: str = "pages") -> Place:
        """The connection, with the settings' examples."""
        said = definition_of(self.name).settings
        settings = {key: one.example for key, one in said.items() if one.default is None} | dict(self.settings)
        own = self.folder / folder
        return Place(self.name, own, connection=self.name, settings=settings, credentials=Held(**SECRETS), pages=own)

    def found(self, stream: str) -> list[Source]:
        """The stream's own table, then those of lists inside its records."""
        found = self.unit().discover(self.place("look"), options={"stream": stream})
        return [one.source for one in found]

    def read(self, source: Source, into: duckdb.DuckDBPyConnection, since: str | None = None, at: str = "") -> Reading:
        """The rows into the table ``loaded``."""
        place = self.place(at or f"pages-{since}")
        return self.unit().read(source, place, into, exp.table_("loaded"), since=since)


def behind(vendor: Vendor) -> VendorTransport:
    """The vendor in the network's place."""
    return VendorTransport(vendor)


def less(cursor: object, back: timedelta) -> str:
    """A cursor less a lookback, as a run gives it."""
    return str(datetime.fromisoformat(str(cursor)) - back).replace("+00:00", "+00")


def rows(into: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """What a query over ``loaded`` gives."""
    return into.execute(query).fetchall()
