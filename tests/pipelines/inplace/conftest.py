"""A PostgreSQL whose own collation is not by bytes, so that a comparison which forgot to say so is found out."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
import servers
from both_engines import FIXED, Both, both


@pytest.fixture(scope="session")
def collated_url(postgres_server: servers.Server) -> Iterator[str]:
    name = f"collated_{secrets.token_hex(4)}"
    options = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' ENCODING 'UTF8'"
    servers.execute(postgres_server, f"CREATE DATABASE {name} {options}")
    yield postgres_server.url(name)
    servers.execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def engines(collated_url: str) -> Iterator[Both]:
    with both(collated_url) as found:
        yield found


@pytest.fixture
def filled(engines: Both) -> Both:
    """Both engines with the suite's own rows."""
    if engines.rows != FIXED:
        engines.fill(FIXED)
    return engines
