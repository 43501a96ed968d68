"""The demo's shop in its systems: copied and reconciled by conversation, through the connectors, killed on the way.

Stripe and Shopify serve the demo's own records from their vendors' descriptions, over real sockets.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from demo_vendors import shopify_of, stripe_of
from shell import command, dreflow, environment
from talks import held, replies_of

from agents.session import Session
from connectors.http.vendor.answering import Vendor
from connectors.http.vendor.faults import Stalling
from connectors.http.vendor.server import serving
from evals.worlds.quarter import write as write_quarter
from integrations.cli.workspace import principal
from memory.workspace import Workspace
from spec.run import RunEvent, RunResult
from tools import runs
from tools.context import Context

KEYS = {"stripe": "rk_live_sentinel-1", "shopify": "shpat_sentinel-2"}  # not a secret
BANK = "bank_statement_it.csv"
Start = Callable[..., RunResult]


@contextmanager
def talking(
    folder: Path, vendors: Mapping[str, Vendor], data: Sequence[str], start: Start
) -> Iterator[Callable[..., Any]]:
    """A conversation over saved connections of these systems; gives ``say``."""
    with ExitStack() as open_:
        for system, vendor in vendors.items():
            url = open_.enter_context(serving(vendor)) + ("/v1" if system == "stripe" else "")
            more = ["--set", "shop=zoe", "--way", "bearer"] if system == "shopify" else []
            settings = ["--set", f"base_url={url}", *more, "--password-stdin"]
            dreflow(folder, "connectors", "add", system, system, *settings, stdin=f"{KEYS[system]}\n")
        patch = open_.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("DREFLOW_HOME", environment(folder)["DREFLOW_HOME"])
        workspace = Workspace(folder / ".dreflow", datetime.now(UTC))
        session = Session(Context(workspace, principal()), clock=lambda: datetime.now(UTC), base=folder)
        open_.callback(workspace.store.close)
        open_.enter_context(session)
        thread = session.begin("talk", surface="http")
        looked_at = (*vendors, *data)

        def say(step: Mapping[str, str]) -> list[dict[str, Any]]:
            return replies_of(session, thread, step, start=start, data=looked_at)

        yield say


def run_here(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
    return runs.run(context, spec, now=now, out=out, told=told)


def asked_for(vendor: Vendor, path: str) -> int:
    return sum(1 for call in vendor.calls if call.path == path)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def in_books(folder: Path, table: str) -> list[str]:
    (file,) = folder.rglob("books.duckdb")
    with duckdb.connect(str(file), read_only=True) as books:
        return [str(row[0]) for row in books.execute(f'SELECT id FROM "{table}" ORDER BY 1').fetchall()]


def there(vendor: Vendor, stream: str) -> list[str]:
    return sorted(str(one["id"]) for one in vendor.records(stream))


def test_what_is_new_at_stripe_is_copied_every_hour_and_a_kill_in_the_middle_loses_and_doubles_nothing(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    shop = write_quarter(tmp_path / "shop")
    stripe = stripe_of(shop.data, vendor_specs_folder, accepts={KEYS["stripe"]})
    path = "/v1/balance_transactions"
    asked_when_killed: list[int] = []
    ran: list[Path] = []

    def killed_and_resumed(context: Context, spec: Path, *, now: datetime, out: Path, **_: Any) -> RunResult:
        """As a server whose run's process dies between two pages."""
        begun = asked_for(stripe, path)
        stripe.faults = [Stalling(nth=begun + 3, stream="balance_transactions")]
        child = subprocess.Popen(
            command("run", str(spec), "--out", str(out)), cwd=tmp_path, env=environment(tmp_path),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until(lambda: asked_for(stripe, path) == begun + 3)
        finally:
            child.kill()
            child.wait()
        stripe.faults = []
        asked_when_killed.append(asked_for(stripe, path))
        stored = runs.recent(context, limit=1)[0]
        ran.append(spec)
        return runs.resume(context, stored.run_id)

    with talking(tmp_path, {"stripe": stripe}, (), killed_and_resumed) as say:
        talk: list[Mapping[str, str]] = [
            {"text": "Every hour, copy the new balance transactions and the payouts from Stripe into books.duckdb"},
            {"decision": "approve"},
        ]
        planned, approved = held(talk, say)
        card = next(one for one in planned if one["kind"] == "plan")
        assert {effect["kind"] for effect in card["effects"]} >= {"write", "schedule"}
        assert [one for one in approved if one["kind"] == "failure"] == []
        (written,) = [one for one in approved if one["kind"] == "table" and one["title"] == "Tables written"]
        (file,) = tmp_path.rglob("books.duckdb")
        assert written["rows"] == [["balance_transactions", 462, str(file)], ["payouts", 13, str(file)]]
        assert asked_for(stripe, path) < asked_when_killed[0] + 5, "the pages that were kept are not asked for again"
        assert in_books(tmp_path, "balance_transactions") == there(stripe, "balance_transactions")
        assert in_books(tmp_path, "payouts") == there(stripe, "payouts")

        newest = max(int(one["created"]) for one in stripe.records("balance_transactions"))
        for minutes in (1, 2, 3):
            stripe.add("balance_transactions", datetime.fromtimestamp(newest, UTC) + timedelta(minutes=minutes))
        before = asked_for(stripe, path)
        assert dreflow(tmp_path, "run", str(ran[0]))["status"] == "succeeded"
        assert before < asked_for(stripe, path) < before + 5, "what came since, and not all of it again"
        assert in_books(tmp_path, "balance_transactions") == there(stripe, "balance_transactions")
    assert not stripe.violations
    assert holds_no_key(tmp_path)


def test_deposits_that_do_not_match_the_shop_are_explained_to_the_cent_from_the_accounts_themselves(
    vendor_specs_folder: Path, tmp_path: Path
) -> None:
    shop = write_quarter(tmp_path / "shop")
    vendors = {
        "stripe": stripe_of(shop.data, vendor_specs_folder, accepts={KEYS["stripe"]}),
        "shopify": shopify_of(shop.data, vendor_specs_folder, accepts={KEYS["shopify"]}),
    }
    (tmp_path / BANK).write_bytes((shop.data / BANK).read_bytes())
    outs: list[Path] = []

    def noted(context: Context, spec: Path, *, now: datetime, out: Path, told: Callable[[RunEvent], None]) -> RunResult:
        outs.append(out)
        return run_here(context, spec, now=now, out=out, told=told)

    with talking(tmp_path, vendors, (str(tmp_path / BANK),), noted) as say:
        talk: list[Mapping[str, str]] = [
            {"text": "Stripe deposits don't match Shopify, show me where the money goes, every Monday"},
            {"answer": "payout"},
            {"answer": "liability"},
            {"decision": "approve"},
        ]
        told = held(talk, say)
    assert [one["key"] for turn in told for one in turn if one["kind"] == "question"] == ["match_on", "gift_cards"]
    assert [one for turn in told for one in turn if one["kind"] == "failure"] == []
    shop.check(outs[0], "")
    assert not any(vendor.violations for vendor in vendors.values())
    assert holds_no_key(tmp_path)


def holds_no_key(folder: Path) -> bool:
    keys = [key.encode() for key in KEYS.values()]
    texts = (path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return not any(key in text for text in texts for key in keys)
