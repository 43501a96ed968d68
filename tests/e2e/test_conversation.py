"""Conversation 1, held through the real command from the question to the workbook, on a shop whose truth is known."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tools.demo.world import World, write_world

ROOT = Path(__file__).resolve().parents[2]
REQUEST = "Stripe deposits don't match Shopify, show me where the money goes"
NOW = "2026-10-05T08:00:00+02:00"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("shop"), size="quarter")


def dreflow(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "integrations.cli", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def document(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(dreflow(folder, *arguments, "--json", code=code))
    return plain


def test_the_money_is_followed_from_the_shop_to_the_bank_to_the_cent(world: World) -> None:
    folder = world.root
    first = document(folder, "plan", REQUEST, "--data", "data", "--now", NOW, code=3)
    assert first["status"] == "question"
    assert "payout id" in first["question"]
    second = document(folder, "plan", "--thread", first["thread"], "--answer", "payout", code=3)
    assert "gift card" in second["question"]
    arguments = ["--thread", first["thread"], "--answer", "treat them as a liability", "-o", "stripe.yaml"]
    planned = document(folder, "plan", *arguments)
    assert planned["status"] == "planned"
    assert planned["proven"]
    assert all(proof["passed"] for proof in planned["proofs"])

    dreflow(folder, "approve", "stripe.yaml", "--by", "Ada")
    result = document(folder, "run", "stripe.yaml", "--now", NOW)
    assert result["status"] == "succeeded"
    assert (folder / "out" / "reconciliation.xlsx").is_file()

    with (folder / "out" / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        found = {(row["reference"], Decimal(row["amount"])) for row in csv.DictReader(file)}
    planted = {
        (one.order or one.payout, one.amount + (one.fee if one.kind.startswith("chargeback") else Decimal(0)))
        for one in world.truth.exceptions
    }
    assert found == planted
    with (folder / "out" / "money_walk.csv").open(encoding="utf-8", newline="") as file:
        residual = [Decimal(row["amount"]) for row in csv.DictReader(file) if row["role"] == "residual"]
    assert residual == [Decimal("0.00")]

    again = document(folder, "run", "stripe.yaml", "--now", NOW, "--out", "again")
    assert [one["digest"] for one in again["outputs"]] == [one["digest"] for one in result["outputs"]]
    assert document(folder, "replay", result["run_id"])["status"] == "same"
