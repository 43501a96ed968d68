"""What the connector tests share: each connector's case, a DuckDB to read into, and short ways to look and to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import duckdb
import pytest
from connector_cases import CASES, TABLE, Case, Read

from connectors.contract import CONNECTORS, Discovered, Place, connector


@pytest.fixture(params=CONNECTORS.names())
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    """Each connector of the shelf; one without a case here fails, so that none goes untested."""
    name = str(request.param)
    if name not in CASES:
        pytest.fail(f"the connector {name!r} has no case in tests/connectors/conftest.py")
    return CASES[name](tmp_path, request)


@pytest.fixture
def staging() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB to read into."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.fixture
def reads(staging: duckdb.DuckDBPyConnection) -> Callable[..., Read]:
    """Read a discovered table, with changes to its source if any."""

    def read(
        found: Discovered, base: Path, since: str | None = None, place: Place | None = None, **changes: object
    ) -> Read:
        source = found.source.model_copy(update=changes)
        at = place or Place(source.connector, base, location=source.location)
        reading = connector(source.connector).read(source, at, staging, TABLE, since=since)
        rows = staging.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM loaded ORDER BY ALL").fetchall()
        aside: list[tuple[str, int, str, str]] = []
        if reading.quarantined:
            kept = staging.execute(f'FROM "{reading.quarantined[0].table}" ORDER BY line').fetchall()
            aside = cast("list[tuple[str, int, str, str]]", kept)
        return Read(reading, rows, aside)

    return read


@pytest.fixture
def discovered(tmp_path: Path) -> Callable[..., Discovered]:
    """Write a file and discover its (first) table."""

    def discover(name: str, content: str | bytes, **options: object) -> Discovered:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        place = Place("files", tmp_path, location=name)
        return connector("files").discover(place, options=options or None)[0]  # type: ignore[arg-type]

    return discover
