"""A connector read from end to end against the vendor's side of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from known_vendors import described_in, profile_file
from sqlglot import exp

from connectors.contract import DECLARED, Discovered, Place, Reading
from connectors.http.engine import Declared
from connectors.http.signing import Secrets
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import Description, together
from connectors.http.vendor.profile import read_profile
from connectors.http.vendor.transport import VendorTransport
from spec.base import JsonValue


class Given:
    """Secrets in memory."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def get(self) -> Secrets:
        """The secrets."""
        return self._secrets

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them."""
        self._secrets = change(self._secrets)
        return self._secrets


def vendor_of(name: str, specs: Path, **options: Any) -> Vendor:
    """The vendor's side; the test is skipped, with the reason, where its description is not at hand."""
    profile = read_profile(profile_file(name))
    files = described_in(profile, specs)
    if files[0].name.endswith(".json.gz"):
        pytest.importorskip("graphql", reason="needs graphql-core")
    return Vendor(_described(files, name), profile, **options)


@cache
def _described(files: tuple[Path, ...], name: str) -> Description:
    return together(files, read_profile(profile_file(name)))


class Trial:
    """One connection to a vendor. ``waits`` are the seconds that were waited, without waiting them."""

    def __init__(
        self,
        connector: str,
        vendor: Vendor | httpx.BaseTransport,
        folder: Path,
        settings: Mapping[str, str],
        secrets: Secrets,
    ) -> None:
        self._vendor = vendor
        self.folder = folder
        self.waits: list[float] = []
        self._now = 0.0
        self._settings = settings
        self._secrets = secrets
        of_file = Declared.of(DECLARED.path(connector))
        self.unit = type(of_file)(
            of_file.definition, connector,
            transport=VendorTransport(vendor) if isinstance(vendor, Vendor) else vendor,
            sleep=self._sleep, tick=lambda: self._now,
        )  # fmt: skip

    @property
    def vendor(self) -> Vendor:
        """The vendor's side."""
        assert isinstance(self._vendor, Vendor)
        return self._vendor

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._now += seconds

    def place(self, pages: str = "pages") -> Place:
        """The connection, keeping its pages in a folder of that name."""
        return Place(
            self.unit.name, self.folder, connection="mine", settings=self._settings,
            credentials=Given(self._secrets), pages=self.folder / pages,
        )  # fmt: skip

    def discover(self, stream: str | None = None) -> list[Discovered]:
        """The tables of a stream, or all."""
        options: dict[str, JsonValue] | None = {"stream": stream} if stream is not None else None
        return list(self.unit.discover(self.place("look"), options=options))

    def read(
        self,
        found: Sequence[Discovered],
        into: duckdb.DuckDBPyConnection,
        *,
        since: str | None = None,
        pages: str = "pages",
    ) -> list[Reading]:
        """The tables of one stream, into tables of their names."""  # fmt: skip
        wanted = [(one.source, exp.table_(one.name)) for one in found]
        return self.unit.read_together(wanted, self.place(pages), into, since=since)

    def violations(self) -> list[str]:
        """What was not as the vendor's description says, as sentences."""
        return [f"{one.side} {one.kind} {one.path} {one.where} {one.message}" for one in self.vendor.violations]


def values(into: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
    """A column's values as sorted text."""
    rows = into.execute(f'SELECT CAST("{column}" AS VARCHAR) FROM "{table}" ORDER BY 1').fetchall()
    return [str(row[0]) for row in rows]
