"""A password in a database's address is kept in the vault, encrypted, and is written and said nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]


def dreflow(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DREFLOW_HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "integrations.cli", *arguments],
        cwd=folder,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def shop(fresh_postgres_url: str) -> str:
    with psycopg.connect(fresh_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE orders (id bigint PRIMARY KEY, region text, total numeric(18,2))")
        connection.execute("INSERT INTO orders VALUES (1, 'North', 10.50), (2, 'South', 1.25), (3, 'North', 2.00)")
    return fresh_postgres_url


def traces(folder: Path, secret: str) -> list[str]:
    """Files under a folder that hold the secret, as it is or percent-encoded."""
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and any(form.encode() in path.read_bytes() for form in {secret, secret.replace("-", "%2D")})
    ]


@pytest.mark.postgres
def test_a_password_is_found_nowhere_after_asking_planning_and_running(shop: str, tmp_path: Path) -> None:
    secret = str(urlsplit(shop).password)
    commands = [
        ["ask", "how many orders", "--data", shop, "--json"],
        ["ask", "--thread", "t1", "what is the sum of total", "--json"],
        ["plan", "sum of total by region, save it as totals.csv", "--data", shop, "-o", "plan.yaml", "--json"],
        ["run", "plan.yaml", "--json"],
        ["run", "plan.yaml", "--data", shop, "--json"],
        ["runs", "show", "r1", "--json"],
        ["runs", "show", "r2", "--json"],
        ["connectors", "list"],
        ["doctor", "--json"],
        ["vault", "rotate"],
        ["ask", "how many orders", "--data", shop.replace(secret, "wrong-7231"), "--json"],
        ["ask", "--thread", "t1", "how many orders", "--json"],
    ]
    said = ""
    codes = []
    for command in commands:
        done = dreflow(tmp_path, *command)
        said += done.stdout + done.stderr
        codes.append(done.returncode)
    assert codes == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], said
    assert secret not in said
    assert "wrong-7231" not in said
    assert traces(tmp_path, secret) == []
    assert "North" in (tmp_path / "out" / "totals.csv").read_text(encoding="utf-8")


@pytest.mark.postgres
def test_a_saved_connection_is_used_by_its_name(shop: str, tmp_path: Path) -> None:
    secret = str(urlsplit(shop).password)
    bare = shop.replace(f":{secret}@", "@")
    saved = dreflow(tmp_path, "connectors", "add", "shop", bare, "--password-stdin", stdin=f"{secret}\n")
    assert saved.returncode == 0, saved.stderr
    assert dreflow(tmp_path, "connectors", "check", "shop").returncode == 0
    asked = dreflow(tmp_path, "ask", "how many orders", "--data", "shop")
    assert "3" in asked.stdout, asked.stderr
