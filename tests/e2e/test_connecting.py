"""An account connected in the shell with a person's consent, used, withdrawn, and connected again."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bakehouse
import pytest
from bakehouse import KEY, Bakery
from consent_server import CLIENT, SECRET, opened

ROOT = Path(__file__).resolve().parents[2]
MONDAY = "2026-12-07T08:00:00+00:00"


@dataclass
class Shell:
    """A folder, and the commands that are typed in it."""

    folder: Path
    site: Path
    port: int
    said: str = ""

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "DREFLOW_HOME": str(self.folder / "home"),
            "PYTHONPATH": f"{self.site}{os.pathsep}{ROOT}",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "integrations.cli", *arguments], cwd=self.folder, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def type(self, *arguments: str, stdin: str = "", code: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(stdin, timeout=180)
        self.said += out + err
        assert process.returncode == code, out + err
        return out + err

    def consent(self, bakery: Bakery, name: str = "shop", *, answer: str = "yes", more: Sequence[str] = ()) -> Any:
        """Add a connection; a person opens the page that the shell prints, and says yes or no."""
        at = ["--set", f"address={bakery.base}"] if more == () else list(more)
        process = self.start(
            "connectors", "add", name, "bakehouse", *at,
            "--password-stdin", "--port", str(self.port), "--no-browser", "--json",
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(f"{CLIENT}\n{SECRET}\n")
        process.stdin.flush()
        told = ""
        for line in process.stderr:
            told += line
            if found := re.search(r"http://\S+/authorize\?\S+", line):
                status, headers, _ = opened(f"{found[0]}&answer={answer}")
                assert status == 302
                page = opened(headers["location"].replace("localhost", "127.0.0.1"))
                told += page[2].decode()
                break
        out, err = process.communicate(timeout=120)
        self.said += told + out + err
        assert f"http://localhost:{self.port}/connections/consent" in told, told + err
        return (json.loads(out), told) if process.returncode == 0 else (process.returncode, told + out + err)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = int(one.getsockname()[1])
    return Shell(tmp_path, bakehouse.on_the_shelf(tmp_path), port)


@pytest.fixture
def bakery(shell: Shell) -> Iterator[Bakery]:
    with bakehouse.serving(redirect=f"http://localhost:{shell.port}/connections/consent") as running:
        yield running


def secrets_of(bakery: Bakery) -> list[str]:
    """All that nobody may find: the app, every token and code ever given."""
    return [CLIENT, SECRET, KEY, *bakery.access, *bakery.refresh, *bakery.used, *bakery.codes]


def traces(shell: Shell, bakery: Bakery) -> list[str]:
    """Where one of the secrets is, in a file or in what was said."""
    kept = {path: path.read_bytes() for path in shell.folder.rglob("*") if path.is_file()}
    found = [str(path) for path, content in kept.items() for one in secrets_of(bakery) if one.encode() in content]
    return found + [one for one in secrets_of(bakery) if one in shell.said]


def test_a_consent_in_the_shell_ends_with_what_the_account_sees_and_no_secret_is_found_anywhere(
    shell: Shell, bakery: Bakery
) -> None:
    seen, told = shell.consent(bakery)
    assert "It is connected." in told
    assert seen["account"] == "Zoe's Bakery, s1"
    assert seen["tables"] == [{"name": "orders", "columns": 3}, {"name": "customers", "columns": 2}]
    assert len(seen["preview"]["rows"]) == 10
    assert "25" in shell.type("ask", "how many orders are there?", "--data", "shop")
    shell.type("connectors", "check", "shop")
    shell.type("connectors", "show", "shop")
    shell.type("doctor", "--json")
    shell.type("vault", "rotate")
    shell.type("connectors", "add", "till", "bakehouse", "--way", "bearer", "--set", f"address={bakery.base}", "--set",
               "shop=s1", "--password-stdin", stdin=f"{KEY}\n")  # fmt: skip
    assert len(secrets_of(bakery)) > 4
    assert traces(shell, bakery) == []


def test_who_says_no_is_told_in_the_browser_and_in_the_shell(shell: Shell, bakery: Bakery) -> None:
    code, told = shell.consent(bakery, answer="no")
    assert code == 1
    assert "<h1>Access was not allowed" in told
    assert "dreflow: Access was not allowed" in told
    assert "shop" not in shell.type("connectors", "list").partition("Connections saved here")[2]


def test_nobody_comes_back_is_told_after_the_time_that_was_given(shell: Shell, bakery: Bakery) -> None:
    told = shell.type(
        "connectors", "add", "shop", "bakehouse", "--set", f"address={bakery.base}", "--password-stdin", "--no-browser",
        "--port", str(shell.port), "--wait", "0.5", stdin=f"{CLIENT}\n{SECRET}\n", code=1,
    )  # fmt: skip
    assert "Nobody came back" in told
    # And a port that something listens at is told before anybody is sent anywhere.
    with socket.create_server(("127.0.0.1", shell.port)):
        told = shell.type(
            "connectors", "add", "shop", "bakehouse", "--set", f"address={bakery.base}", "--password-stdin",
            "--port", str(shell.port), stdin=f"{CLIENT}\n{SECRET}\n", code=2,
        )  # fmt: skip
    assert "connect it in that page" in told
    assert "/authorize" not in told


def test_withdrawn_consent_pauses_the_schedule_and_connecting_again_lets_it_go_on(shell: Shell, bakery: Bakery) -> None:
    shell.consent(bakery)
    columns = {"id": "BIGINT", "total": "DECIMAL(18,2)", "by": "VARCHAR"}
    source = {"connector": "bakehouse", "connection": "shop", "stream": "orders", "columns": columns}
    spec = {
        "version": 1,
        "name": "totals",
        "title": "Weekly totals",
        "sources": {"orders": source},
        "steps": [{"id": "all", "use": "aggregate", "from": "orders", "measures": {"total": "sum(total)"}}],
        "outputs": [{"file": "totals.csv", "from": "all", "order_by": "total"}],
        "schedule": {"cron": "0 8 * * 1", "timezone": "UTC"},
    }
    (shell.folder / "totals.json").write_text(json.dumps(spec), encoding="utf-8")
    shell.type("approve", "totals.json", "--by", "Anna")
    shell.type("schedule", "add", "totals.json", "--now", "2026-12-01T12:00:00Z")
    bakery.withdraw()
    assert "totals" in shell.type("worker", "--once", "--now", MONDAY, code=1)
    listed = shell.type("schedule", "list", "--now", MONDAY)
    assert "paused for shop" in listed
    assert "dreflow connectors add shop bakehouse" in listed
    assert "not let in any more" in listed
    assert "paused, because these are not let in: shop" in shell.type("doctor", code=1)
    # The app and the address are there still; the consent alone is new.
    again, _ = shell.consent(bakery, more=("--wait", "60"))
    assert again["resumed"] == ["totals"]
    assert "paused" not in shell.type("schedule", "list", "--now", MONDAY)
    assert "succeeded" in shell.type("worker", "--once", "--now", "2027-01-04T08:00:00+00:00")
    assert (shell.folder / "out" / "totals.csv").read_text(encoding="utf-8") == "total\n337.50\n"
    assert traces(shell, bakery) == []
