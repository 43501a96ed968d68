"""A system is connected in the shell, asked, planned on, run, killed in its middle, and read on from its cursor."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import shell
from shell import command, environment

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import read_description
from connectors.http.vendor.faults import Fault, FieldRemoved, FieldRenamed, FieldRetyped, Stalling
from connectors.http.vendor.profile import read_profile
from connectors.http.vendor.server import serving

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "connectors" / "stripe" / "vendor.yaml"
SECRET = "rk_live_sentinel-7f31"  # not a secret
MOVEMENTS = 450


@pytest.fixture
def stripe(vendor_specs_folder: Path, tmp_path: Path) -> Vendor:
    profile = read_profile(PROFILE)
    file = vendor_specs_folder / profile.description
    description = read_description(file, paths=profile.paths, overlay=profile.changes, cache=tmp_path / "descriptions")
    counts = dict.fromkeys(profile.streams, 3) | {"balance_transactions": MOVEMENTS}
    return Vendor(description, profile, count=counts, accepts={SECRET}, texts=("EUR", "USD"))


def dreflow(folder: Path, *arguments: str, stdin: str = "") -> dict[str, Any]:
    document = shell.dreflow(folder, *arguments, stdin=stdin)
    assert SECRET not in json.dumps(document)
    return document


@contextmanager
def connected(folder: Path, vendor: Vendor) -> Iterator[None]:
    with serving(vendor) as url:
        address = f"base_url={url}/v1"
        dreflow(
            folder, "connectors", "add", "till", "stripe", "--set", address, "--password-stdin", stdin=f"{SECRET}\n"
        )
        yield


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def asked_for(vendor: Vendor, path: str) -> int:
    return sum(1 for call in vendor.calls if call.path == path)


def test_a_system_is_connected_asked_and_planned_on_by_its_name(stripe: Vendor, tmp_path: Path) -> None:
    with connected(tmp_path, stripe):
        assert dreflow(tmp_path, "connectors", "check", "till")["status"] == "ok"
        found = dreflow(tmp_path, "connectors", "discover", "till")["tables"]
        assert {"balance_transactions", "charges", "payouts"} <= {table["name"] for table in found}
        answer = dreflow(tmp_path, "ask", "how many balance transactions are there?", "--data", "till")
        assert answer["rows"] == [[MOVEMENTS]]
        before = asked_for(stripe, "/v1/balance_transactions")
        again = dreflow(tmp_path, "ask", "how many balance transactions have no description?", "--data", "till")
        assert again["status"] == "answered"
        assert asked_for(stripe, "/v1/balance_transactions") == before, "the same quarter of an hour shares its pages"
    assert not stripe.violations
    left = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert left == []


def spec(read: str) -> dict[str, Any]:
    source: dict[str, Any] = {
        "connector": "stripe",
        "connection": "till",
        "stream": "balance_transactions",
        "columns": {"id": "VARCHAR", "created": "TIMESTAMP WITH TIME ZONE", "net": "BIGINT"},
        "options": {"timestamp_format": {"created": "epoch"}},
        "primary_key": ["id"],
        "cursor": "created",
        "lookback": "1 hour",
        "drift": "evolve",
        "read": read,
    }
    load = {
        "from": "moved", "connector": "duckdb", "location": "books.duckdb", "table": "moved",
        "write": "merge", "primary_key": ["id"],
    }  # fmt: skip
    return {
        "version": 1,
        "name": "movements",
        "sources": {"moved": source},
        "loads": [load],
        "allow": {"tables": ["books.duckdb/moved"]},
    }


def in_books(folder: Path) -> list[str]:
    with duckdb.connect(str(folder / "books.duckdb"), read_only=True) as books:
        return [str(row[0]) for row in books.execute("SELECT id FROM moved ORDER BY 1").fetchall()]


def there(vendor: Vendor) -> list[str]:
    return sorted(str(one["id"]) for one in vendor.records("balance_transactions"))


def test_a_run_that_is_killed_between_two_pages_goes_on_there_and_later_ones_read_what_is_new(
    stripe: Vendor, tmp_path: Path
) -> None:
    (tmp_path / "spec.json").write_text(json.dumps(spec("incremental")), encoding="utf-8")
    with connected(tmp_path, stripe):
        dreflow(tmp_path, "approve", "spec.json", "--by", "Ada")
        proven = asked_for(stripe, "/v1/balance_transactions")
        stripe.faults = [Stalling(nth=proven + 3, stream="balance_transactions")]
        running = subprocess.Popen(
            command("run", "spec.json", "--json"), cwd=tmp_path, env=environment(tmp_path),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: asked_for(stripe, "/v1/balance_transactions") == proven + 3)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        stripe.faults = []
        run = dreflow(tmp_path, "runs", "list")["runs"][0]["run_id"]
        assert dreflow(tmp_path, "runs", "resume", run)["status"] == "succeeded"
        assert asked_for(stripe, "/v1/balance_transactions") == proven + 3 + 3, (
            "two pages were kept, the third to fifth are new"
        )
        assert in_books(tmp_path) == there(stripe)

        newest = max(int(one["created"]) for one in stripe.records("balance_transactions"))
        for minutes in (1, 2, 3):
            stripe.add("balance_transactions", datetime.fromtimestamp(newest, UTC) + timedelta(minutes=minutes))
        before = asked_for(stripe, "/v1/balance_transactions")
        assert dreflow(tmp_path, "run", "spec.json")["status"] == "succeeded"
        assert before < asked_for(stripe, "/v1/balance_transactions") < before + 5, "not all of it again"
        assert in_books(tmp_path) == there(stripe)
        assert len(in_books(tmp_path)) == MOVEMENTS + 3
    assert not stripe.violations


def stopped_with(folder: Path, vendor: Vendor, fault: Fault) -> dict[str, Any]:
    """A run that succeeded, and then one that met the fault and stopped with a question."""
    plain = spec("full_refresh")
    source = plain["sources"]["moved"]
    fields = sorted({name for one in vendor.records("balance_transactions") for name in one})
    source |= {"drift": "ask", "options": {**source["options"], "seen": fields}}
    (folder / "spec.json").write_text(json.dumps(plain), encoding="utf-8")
    dreflow(folder, "approve", "spec.json", "--by", "Ada")
    assert dreflow(folder, "run", "spec.json")["status"] == "succeeded"
    vendor.faults = [fault]
    run = subprocess.run(
        command("run", "spec.json", "--json"), cwd=folder, env=environment(folder), capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert run.returncode == 3, run.stdout + run.stderr
    failed: dict[str, Any] = json.loads(run.stdout)
    return failed


def amended(folder: Path, failed: dict[str, Any], said: str) -> list[str]:
    """Answer, approve and run; what changed, in words."""
    answered = dreflow(folder, "runs", "answer", failed["run_id"], said, "-o", "changed.json")
    refused = subprocess.run(
        command("run", "changed.json", "--json"), cwd=folder, env=environment(folder), capture_output=True,
        text=True, check=False, timeout=300,
    )  # fmt: skip
    assert json.loads(refused.stdout)["error"]["kind"] == "approval", "an approval before does not cover it"
    dreflow(folder, "approve", "changed.json", "--by", "Ada")
    assert dreflow(folder, "run", "changed.json")["status"] == "succeeded"
    return [str(text) for text in answered["changes"]]


@pytest.mark.parametrize(
    ("said", "change", "kept"),
    [
        ("empty", "The source 'moved': empty is now 'net'.", 0),
        ("yes", "The source 'moved': columns: net is gone.", MOVEMENTS),
    ],
)
def test_a_field_that_is_gone_is_asked_about_and_leaves_the_plan_or_stays_empty(
    stripe: Vendor, tmp_path: Path, said: str, change: str, kept: int
) -> None:
    with connected(tmp_path, stripe):
        failed = stopped_with(tmp_path, stripe, FieldRemoved(place="/net", stream="balance_transactions"))
        question = failed["error"]["data"]["question"]
        assert "balance_transactions has no column 'net' any more; 450 of 450 rows had a value" in question["text"]
        assert [one["value"] for one in question["options"]] == ["yes", "empty", "no"]
        assert amended(tmp_path, failed, said) == [change]
        with duckdb.connect(str(tmp_path / "books.duckdb"), read_only=True) as books:
            assert books.execute("SELECT count(*), count(net) FROM moved").fetchone() == (MOVEMENTS, kept)


def test_a_field_of_another_kind_is_asked_about_with_how_many_values_do_not_fit(stripe: Vendor, tmp_path: Path) -> None:
    with connected(tmp_path, stripe):
        fault = FieldRetyped(place="/net", value="12.50", stream="balance_transactions")
        failed = stopped_with(tmp_path, stripe, fault)
        question = failed["error"]["data"]["question"]
        assert "450 of its 450 values are not whole numbers any more, such as '12.50'" in question["text"]
        assert "It goes into 'moved', whose column has to be changed in the database, too." in question["text"]
        with duckdb.connect(str(tmp_path / "books.duckdb")) as books:
            books.execute("ALTER TABLE moved ALTER net TYPE DECIMAL(18,2)")
        (change,) = amended(tmp_path, failed, "yes")
        assert "net was 'BIGINT', is now 'DECIMAL" in change


def test_a_field_under_a_new_name_is_asked_about_once_and_the_answer_is_a_change_of_the_plan(
    stripe: Vendor, tmp_path: Path
) -> None:
    with connected(tmp_path, stripe):
        fault = FieldRenamed(place="/net", to="/net_amount", stream="balance_transactions")
        failed = stopped_with(tmp_path, stripe, fault)
        question = failed["error"]["data"]["question"]
        assert "Is 'net_amount' the new name of 'net'?" in question["text"]
        assert "450 rows that were there before have the same value" in question["text"]
        assert any("net_amount" in text for text in amended(tmp_path, failed, "yes"))
        assert in_books(tmp_path) == there(stripe)
