"""Planned once in a conversation and approved once, it runs by itself; trouble is told where the plan was made."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from memory.workspace import Workspace
from tools import notices
from tools.context import Context
from tools.demo.world import World, write_world

ROOT = Path(__file__).resolve().parents[2]
REQUEST = "Stripe deposits don't match Shopify, show me where the money goes, every Monday"
ASKED = "2026-10-01T09:00:00+00:00"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("shop"), size="quarter")


def document(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "integrations.cli", *arguments, "--json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == code, done.stdout + done.stderr
    plain: dict[str, Any] = json.loads(done.stdout)
    return plain


def test_every_monday_the_money_is_followed_and_trouble_is_told_where_it_was_planned(world: World) -> None:
    folder = world.root
    first = document(folder, "plan", REQUEST, "--data", "data", "--now", ASKED, code=3)
    second = document(folder, "plan", "--thread", first["thread"], "--answer", "payout", code=3)
    arguments = ["--thread", second["thread"], "--answer", "treat them as a liability", "-o", "stripe.yaml"]
    planned = document(folder, "plan", *arguments)
    assert {"kind": "schedule", "detail": "0 8 * * 1 (UTC)"}.items() <= next(
        effect for effect in planned["effects"] if effect["kind"] == "schedule"
    ).items()

    refused = document(folder, "schedule", "add", "stripe.yaml", "--now", ASKED, code=4)
    assert refused["error"]["kind"] == "approval"
    document(folder, "approve", "stripe.yaml", "--by", "Ada")
    added = document(folder, "schedule", "add", "stripe.yaml", "--now", ASKED)
    assert datetime.fromisoformat(added["next"]) == datetime(2026, 10, 5, 8, 0, tzinfo=UTC)
    assert added["thread"] == first["thread"]

    assert document(folder, "worker", "--once", "--now", ASKED) == {"ran": []}
    ran = document(folder, "worker", "--once", "--now", "2026-10-05T08:00:05+00:00")["ran"]
    assert [one["status"] for one in ran] == ["succeeded"]
    assert (folder / "out" / "reconciliation.xlsx").is_file()
    with (folder / "out" / "money_walk.csv").open(encoding="utf-8", newline="") as file:
        residual = [Decimal(row["amount"]) for row in csv.DictReader(file) if row["role"] == "residual"]
    assert residual == [Decimal("0.00")]
    with (folder / "out" / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(world.truth.exceptions)
    assert document(folder, "worker", "--once", "--now", "2026-10-05T09:00:00+00:00") == {"ran": []}

    published = (folder / "out" / "money_walk.csv").read_bytes()
    (folder / "data" / "stripe_payouts.csv").rename(folder / "payouts.csv")
    ran = document(folder, "worker", "--once", "--now", "2026-10-12T08:00:05+00:00", code=1)["ran"]
    assert [one["status"] for one in ran] == ["failed"]
    assert (folder / "out" / "money_walk.csv").read_bytes() == published
    context = Context(Workspace(folder / ".dreflow", datetime.now(UTC)), "ada")
    (notice,) = notices.undelivered(context, first["thread"])
    assert (notice.kind, notice.run_id) == ("failed", ran[0]["run_id"])
    assert "stripe_payouts.csv" in notice.text
    assert notice.hint
    (folder / "payouts.csv").rename(folder / "data" / "stripe_payouts.csv")

    listed = document(folder, "schedule", "list", "--now", "2026-10-12T08:01:00+00:00")["schedules"]
    assert [(one["last"]["status"], one["late"], one["claimed_by"]) for one in listed] == [("failed", False, None)]
    assert document(folder, "schedule", "pause", "stripe_shopify", code=1)["error"]["data"]["known"] == [
        listed[0]["pipeline"]
    ]
    assert document(folder, "schedule", "pause", listed[0]["pipeline"])["next"] is None
