"""Access that has ended: what needs it pauses and says what to do, and connecting again lets exactly that go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bakehouse
import pytest
from bakehouse import KEY, Bakery
from consent_server import CLIENT, REDIRECT, SECRET, consented

from spec.codec import load_spec
from spec.errors import AccessError
from tools import approvals, connecting, connections, forget, lapses, notices, runs, schedules
from tools.connecting import Connected
from tools.context import Context

NOW = datetime.now(UTC)
MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    with bakehouse.workplace(tmp_path, monkeypatch, NOW) as anna:
        yield anna


@pytest.fixture
def bakery() -> Iterator[Bakery]:
    with bakehouse.serving() as running:
        yield running


def consent(context: Context, bakery: Bakery, name: str = "shop") -> None:
    app = {"client_id": CLIENT, "client_secret": SECRET}
    url = connecting.begin(context, "bakehouse", name, {"address": bakery.base}, app, redirect=REDIRECT, now=NOW)
    assert isinstance(connecting.answered(context, consented(url), now=NOW), Connected)


def plan(context: Context, name: str, connection: str | None) -> Path:
    """An approved plan that comes every Monday, made in the conversation ``t-NAME``."""
    folder = context.workspace.folder.parent
    columns = {"id": "BIGINT", "total": "DECIMAL(18,2)", "by": "VARCHAR"}
    source: dict[str, object] = {"connector": "bakehouse", "connection": connection, "stream": "orders"}
    if connection is None:
        (folder / "orders.csv").write_text("id,total,by\n1,1.50,c1\n", encoding="utf-8")
        source = {"location": "orders.csv"}
    spec = {
        "version": 1,
        "name": name,
        "title": name.title(),
        "sources": {"orders": {**source, "columns": columns}},
        "steps": [{"id": "all", "use": "aggregate", "from": "orders", "measures": {"total": "sum(total)"}}],
        "outputs": [{"file": f"{name}.csv", "from": "all", "order_by": "total"}],
        "schedule": {"cron": "0 8 * * 1", "timezone": "UTC"},
    }
    file = folder / f"{name}.json"
    file.write_text(json.dumps(spec), encoding="utf-8")
    read = load_spec(file)
    context.workspace.store.save_spec(read, by="anna", now=NOW, thread=f"t-{name}")
    approvals.approve(context, read, (), approved_by="Anna", now=NOW)
    schedules.add(context, file, now=NOW, out=folder / "out")
    return file


def paused(context: Context) -> dict[str, str | None]:
    return {one.pipeline: one.paused_for for one in schedules.listed(context, now=NOW) if one.paused}


def told(context: Context, name: str) -> list[str]:
    return [f"{one.text} {one.hint}".strip() for one in notices.undelivered(context, f"t-{name}")]


def run(context: Context, file: Path) -> dict[str, object]:
    result = runs.run(context, file, now=MONDAY, out=file.parent / "out")
    return dict(result.error or {})


def test_withdrawn_consent_pauses_what_needs_it_and_connecting_again_lets_exactly_that_go_on(
    context: Context, bakery: Bakery
) -> None:
    consent(context, bakery)
    consent(context, bakery, "other")
    weekly, monthly = plan(context, "weekly", "shop"), plan(context, "monthly", "shop")
    plan(context, "elsewhere", "other")
    plan(context, "files", None)
    schedules.pause(context, "monthly", now=NOW)
    assert run(context, weekly) == {}
    bakery.withdraw()
    assert run(context, monthly)["data"]["needs"] == "consent"  # type: ignore[index]
    assert paused(context) == {"weekly": "shop", "monthly": None}
    (sentence,) = told(context, "weekly")
    assert sentence.startswith("“Weekly” is paused, because the connection shop is not let in any more.")
    assert "dreflow connectors add shop bakehouse" in sentence
    assert "connect shop" in sentence
    # A second run that fails for the same reason says nothing twice.
    run(context, weekly)
    assert len(told(context, "weekly")) == 1
    consent(context, bakery)
    assert paused(context) == {"monthly": None}
    assert told(context, "weekly")[1].startswith("“Weekly” runs by itself again, next on ")
    assert run(context, weekly) == {}


def test_who_pauses_what_was_paused_for_a_connection_keeps_it_paused(context: Context, bakery: Bakery) -> None:
    consent(context, bakery)
    weekly = plan(context, "weekly", "shop")
    bakery.withdraw()
    run(context, weekly)
    schedules.pause(context, "weekly", now=NOW)
    consent(context, bakery)
    assert paused(context) == {"weekly": None}


def test_a_key_that_is_refused_pauses_too_and_a_missing_right_does_not(context: Context, bakery: Bakery) -> None:
    at = {"address": bakery.base, "shop": "s1"}
    connecting.with_key(context, "bakehouse", "shop", at, {"token": KEY}, now=NOW, way="bearer")
    weekly = plan(context, "weekly", "shop")
    shops, bakery.shops = bakery.shops, [{"id": "s9", "name": "Elsewhere"}]
    assert run(context, weekly)["kind"] in {"access", "data"}
    assert paused(context) == {}
    bakery.shops, bakery.key = shops, "bk_live_sentinel-other"
    assert run(context, weekly)["kind"] == "access"
    assert paused(context) == {"weekly": "shop"}
    connecting.with_key(context, "bakehouse", "shop", at, {"token": bakery.key}, now=NOW, way="bearer")
    assert paused(context) == {}


def test_a_system_that_cannot_be_reached_pauses_nothing(context: Context, bakery: Bakery) -> None:
    consent(context, bakery)
    weekly = plan(context, "weekly", "shop")
    for consent_of in bakery.access:
        bakery.access[consent_of] = (bakery.access[consent_of][0], 0.0)
    bakery.faults.extend(["error"] * 20)
    # Renewing needs a moment that does not come.
    found = run(context, weekly)
    assert found["kind"] == "transient"
    assert paused(context) == {}


def test_what_is_paused_for_a_connection_comes_at_its_next_time_and_not_for_those_missed(
    context: Context, bakery: Bakery
) -> None:
    consent(context, bakery)
    weekly = plan(context, "weekly", "shop")
    bakery.withdraw()
    run(context, weekly)
    later = NOW + timedelta(weeks=5)
    assert schedules.come_due(context, now=later) == 0
    assert lapses.over(context, "shop", now=later) == ["weekly"]
    assert schedules.come_due(context, now=later) == 0
    (outlook,) = schedules.listed(context, now=later)
    assert outlook.next_at is not None
    assert outlook.next_at > later


@pytest.mark.parametrize(
    "error",
    [
        None,
        {},
        {"kind": "access", "data": {"needs": "consent"}},
        {"kind": "data", "data": {"needs": "consent", "connection": "shop"}},
        {"kind": "access", "data": {"connection": "shop"}},
        {"kind": "access", "data": {"needs": "run", "connection": "shop"}},
    ],
)
def test_only_access_that_has_ended_is_one(error: dict[str, object] | None) -> None:
    assert lapses.refused(error) is None  # type: ignore[arg-type]


def test_forgetting_a_connection_pauses_what_runs_through_it_until_a_person_says_otherwise(
    context: Context, bakery: Bakery
) -> None:
    consent(context, bakery)
    consent(context, bakery, "other")
    for name, connection in (("weekly", "shop"), ("monthly", "shop"), ("elsewhere", "other"), ("files", None)):
        plan(context, name, connection)
    schedules.pause(context, "monthly", now=NOW)
    assert forget.stops(context, "shop") == forget.Stops(("weekly",), (), "Bakehouse is told to end its consent.")
    assert paused(context) == {"monthly": None}
    done = forget.connection(context, "shop", now=NOW)
    assert (done.paused, done.told) == (("weekly",), "Bakehouse was told to end its consent.")
    assert paused(context) == {"weekly": None, "monthly": None}
    (sentence,) = told(context, "weekly")
    assert sentence.startswith("“Weekly” is paused: anna forgot the connection shop.")
    assert "dreflow schedule resume weekly" in sentence
    assert told(context, "monthly") == []
    trail = [(one.principal, one.action, one.subject, one.detail) for one in context.workspace.store.audit_trail()]
    assert trail[-2:] == [
        ("anna", "pause schedule", "weekly", {"forgotten": "shop"}),
        ("anna", "forget connection", "shop", {}),
    ]
    assert [name.rpartition("/")[2] for name in connections.vault().names()] == ["other"]
    # Another account may be connected under the name, so nothing goes on by itself.
    consent(context, bakery)
    assert paused(context) == {"weekly": None, "monthly": None}


def test_what_was_paused_for_a_lapse_stays_paused_when_its_connection_is_forgotten(
    context: Context, bakery: Bakery
) -> None:
    consent(context, bakery)
    weekly = plan(context, "weekly", "shop")
    bakery.withdraw()
    run(context, weekly)
    assert forget.connection(context, "shop", now=NOW).paused == ()
    bakery.refresh.clear()
    consent(context, bakery)
    assert paused(context) == {"weekly": None}


def test_who_may_not_connect_forgets_nothing_and_pauses_nothing(context: Context, bakery: Bakery) -> None:
    consent(context, bakery)
    plan(context, "weekly", "shop")
    ben = Context(context.workspace, "ben", frozenset({"ask", "plan", "approve", "run"}))
    for deed in (lambda: forget.connection(ben, "shop", now=NOW), lambda: forget.stops(ben, "shop")):
        with pytest.raises(AccessError, match="connect"):
            deed()
    assert paused(context) == {}
    assert [one.name for one in connections.saved(context)] == ["shop"]
    assert all(consent.alive for consent in bakery.refresh.values())
