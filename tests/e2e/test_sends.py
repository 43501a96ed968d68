"""Rows of a plan go to a system from the shell: shown, approved, sent once, and gone on with after a kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from known_vendors import described_in, profile_file

from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.description import together
from connectors.http.vendor.faults import Stalling
from connectors.http.vendor.profile import read_profile
from connectors.http.vendor.server import serving

ROOT = Path(__file__).resolve().parents[2]
SECRET = "rk_live_sentinel-9c02"  # not a secret


@pytest.fixture
def stripe(vendor_specs_folder: Path, tmp_path: Path) -> Vendor:
    profile = read_profile(profile_file("stripe"))
    files = described_in(profile, vendor_specs_folder)
    counts = dict.fromkeys(profile.streams, 1) | {"customers": 5}
    return Vendor(together(files, profile, cache=tmp_path / "descriptions"), profile, count=counts, accepts={SECRET})


def environment(folder: Path) -> dict[str, str]:
    home = str(folder / "home")
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "DREFLOW_HOME": home, "PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "integrations.cli", *arguments]


def dreflow(folder: Path, *arguments: str, code: int = 0, stdin: str = "") -> str:
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(folder), input=stdin,
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert SECRET not in done.stdout + done.stderr
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def plan(folder: Path, vendor: Vendor, url: str, **changed: Any) -> list[str]:
    """The connection, the customers in a file, and a plan that sends their tier; gives the customers' ids."""
    ids = [str(one["id"]) for one in vendor.records("customers")]
    lines = [f"{one},{'gold' if number else 'silver'},{number}" for number, one in enumerate(ids)]
    (folder / "tiers.csv").write_text("\n".join(["customer,tier,rank", *lines]) + "\n")
    dreflow(
        folder, "connectors", "add", "till", "stripe", "--set", f"base_url={url}/v1", "--password-stdin",
        stdin=f"{SECRET}\n",
    )  # fmt: skip
    columns = {"customer": "VARCHAR", "tier": "VARCHAR", "rank": "BIGINT"}
    send: dict[str, Any] = {
        "from": "tiers", "connector": "stripe", "connection": "till", "stream": "customers", "action": "metadata",
        "columns": {"customer": "id", "tier": "tier"},
    }  # fmt: skip
    spec = {
        "version": 1,
        "name": "tiers_to_stripe",
        "sources": {"tiers": {"location": "tiers.csv", "columns": columns}},
        "sends": [send],
        "allow": {"sends": {"till/customers/metadata": ["id", "tier"]}, "hosts": ["127.0.0.1"]},
    } | changed
    (folder / "plan.yaml").write_text(json.dumps(spec))
    return ids


def outcomes(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "till_customers_metadata.sent.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def carried_out(vendor: Vendor) -> Counter[str]:
    taken = cast("Any", vendor.kept["changed_customers"])
    return Counter(str(key) for key, _ in taken.done)


def test_records_are_shown_approved_sent_once_and_each_has_its_outcome(stripe: Vendor, tmp_path: Path) -> None:
    with serving(stripe) as url:
        ids = plan(tmp_path, stripe, url)
        said = dreflow(tmp_path, "run", "plan.yaml", code=4)
        assert "send till/customers" in said
        words = dreflow(tmp_path, "explain", "plan.yaml")
        assert "metadata tiers: id, tier" in words

        shown = dreflow(tmp_path, "run", "plan.yaml", "--dry-run")
        assert "Nothing was sent to till/customers" in shown
        lines = (tmp_path / "out" / "till_customers_metadata.requests.ndjson").read_text().splitlines()
        requests = [json.loads(line) for line in lines]
        assert [one["body"] for one in requests][:2] == [
            {"metadata": {"tier": "silver"}},
            {"metadata": {"tier": "gold"}},
        ]
        assert carried_out(stripe) == Counter()

        dreflow(tmp_path, "approve", "plan.yaml", "--by", "Ann")
        stripe.delete("customers", ids[1])
        said = dreflow(tmp_path, "run", "plan.yaml")
        assert "till/customers: 4 sent, 1 refused" in said
        assert "No such record" in " ".join(said.split())
        found = outcomes(tmp_path)
        assert [one["result"] for one in found] == ["sent", "refused", "sent", "sent", "sent"]
        assert [one["id"] for one in found if one["result"] == "sent"] == [ids[0], *ids[2:]]

        said = dreflow(tmp_path, "run", "plan.yaml")
        assert "4 unchanged, 1 refused" in said
    assert set(carried_out(stripe).values()) == {1}
    assert not stripe.violations
    left = [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert left == []


def test_what_is_not_allowed_by_name_is_refused(stripe: Vendor, tmp_path: Path) -> None:
    with serving(stripe) as url:
        plan(tmp_path, stripe, url, allow={"sends": {"till/customers/metadata": ["id"]}, "hosts": ["127.0.0.1"]})
        assert "'tier' is not among the sends this spec allows" in dreflow(tmp_path, "validate", "plan.yaml", code=1)
        plan(tmp_path, stripe, url, allow={"sends": {"till/customers/metadata": ["id", "tier"]}})
        assert "leads to 127.0.0.1" in dreflow(tmp_path, "run", "plan.yaml", code=1)
    assert carried_out(stripe) == Counter()


def test_a_key_that_stands_twice_holds_everything_back(stripe: Vendor, tmp_path: Path) -> None:
    with serving(stripe) as url:
        ids = plan(tmp_path, stripe, url)
        (tmp_path / "tiers.csv").write_text(f"customer,tier,rank\n{ids[0]},gold,1\n{ids[0]},silver,2\n")
        dreflow(tmp_path, "approve", "plan.yaml", "--by", "Ann")
        dreflow(tmp_path, "run", "plan.yaml", code=1)
    assert carried_out(stripe) == Counter()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def test_a_run_that_was_killed_while_it_sent_goes_on_and_sends_nothing_twice(stripe: Vendor, tmp_path: Path) -> None:
    with serving(stripe) as url:
        ids = plan(tmp_path, stripe, url)
        dreflow(tmp_path, "approve", "plan.yaml", "--by", "Ann")
        stripe.faults = [Stalling(nth=3, stream="changed_customers")]
        killed = subprocess.Popen(command("run", "plan.yaml"), cwd=tmp_path, env=environment(tmp_path))
        until(lambda: len(carried_out(stripe)) == 2 and sum(call.method == "POST" for call in stripe.calls) == 3)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        stripe.faults = []
        assert not (tmp_path / "out" / "till_customers_metadata.sent.csv").exists()
        said = dreflow(tmp_path, "run", "plan.yaml")
        assert "3 sent, 2 unchanged" in said
    assert carried_out(stripe) == Counter(ids)
    assert [one["id"] for one in outcomes(tmp_path)] == ids


def test_a_key_that_is_refused_stops_the_run_and_says_where(stripe: Vendor, tmp_path: Path) -> None:
    with serving(stripe) as url:
        plan(tmp_path, stripe, url)
        dreflow(tmp_path, "approve", "plan.yaml", "--by", "Ann")
        stripe.accepts = {"another"}
        said = dreflow(tmp_path, "run", "plan.yaml", code=1)
        assert "restricted key" in said
        stripe.accepts = {SECRET}
        assert "5 sent" in dreflow(tmp_path, "run", "plan.yaml")
    assert set(carried_out(stripe).values()) == {1}
