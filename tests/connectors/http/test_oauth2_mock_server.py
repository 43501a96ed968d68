"""The whole way of a consent with a system that others wrote."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from consent_server import REDIRECT, consented, opened, post
from servers import free_port

from connectors.http.auth import oauth2_code as way
from connectors.http.auth.oauth2_code import Params

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def mock_server() -> Iterator[str]:
    """The npm package oauth2-mock-server, where this machine has it."""
    folder = os.environ.get("DREFLOW_OAUTH2_MOCK", "")
    program = Path(folder) / "node_modules" / ".bin" / "oauth2-mock-server"
    if not folder or not program.exists() or shutil.which("node") is None:
        # Never a failure, not even in CI: the strict system above decides, this one is a second opinion.
        pytest.skip("needs a second system: npm install oauth2-mock-server, set DREFLOW_OAUTH2_MOCK to that folder")
    port = free_port()
    running = subprocess.Popen(
        [str(program), "-a", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        base, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while time.monotonic() < until:
            try:
                opened(f"{base}/.well-known/openid-configuration")
                break
            except OSError:
                time.sleep(0.1)
        yield base
    finally:
        running.terminate()
        running.wait()


def test_the_whole_way_works_with_a_system_that_others_wrote(mock_server: str) -> None:
    told = Params(authorize_url=f"{mock_server}/authorize", token_url=f"{mock_server}/token", scopes=("orders.read",))
    client, verifier = {"client_id": "sentinel-app", "client_secret": "sentinel"}, way.unguessable(os.urandom)
    query = consented(way.consent_url(told, client, REDIRECT, "state", verifier))
    code = way.answered(told, query, "state").code
    secrets = way.exchanged(told, client, code, verifier, REDIRECT, post, NOW)
    renewed = way.renewed(told, secrets, post, NOW)
    assert renewed is not None
    assert renewed["access_token"].count(".") == 2
    assert way.is_stale(told, renewed, NOW + timedelta(hours=1))
