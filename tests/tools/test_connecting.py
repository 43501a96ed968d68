"""Connecting an account step by step, against a bakery of this machine that is strict about consent and keys."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl, urlsplit

import bakehouse
import pytest
from bakehouse import KEY, Bakery
from consent_server import CLIENT, REDIRECT, SECRET, consented, opened

from connectors.contract import connector
from connectors.sends import Order
from memory.workspace import Workspace
from spec.base import JsonValue
from spec.codec import from_plain
from spec.errors import AccessError, SpecError, TransientError, UsageError
from tools import connecting, connections, consents, forget, found
from tools.connecting import Connected, Undecided
from tools.context import Context

if TYPE_CHECKING:
    from connectors.http.engine import Declared
    from connectors.sends import Outbox

NOW = datetime.now(UTC)
Plain = dict[str, JsonValue]
APP = {"client_id": CLIENT, "client_secret": SECRET}


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Context]:
    with bakehouse.workplace(tmp_path, monkeypatch, NOW) as anna:
        yield anna


@pytest.fixture
def bakery() -> Iterator[Bakery]:
    with bakehouse.serving() as running:
        yield running


def begun(context: Context, bakery: Bakery, name: str = "shop", **more: object) -> str:
    at = {"address": bakery.base}
    return connecting.begin(context, "bakehouse", name, at, APP, redirect=REDIRECT, now=NOW, **more)  # type: ignore[arg-type]


def connected(context: Context, bakery: Bakery, name: str = "shop") -> Connected:
    done = connecting.answered(context, consented(begun(context, bakery, name)), now=NOW)
    assert isinstance(done, Connected)
    return done


def kept(context: Context) -> bytes:
    folder = context.workspace.folder.parent
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_consent_ends_in_a_connection_that_was_tried_and_shows_what_it_sees(context: Context, bakery: Bakery) -> None:
    done = connected(context, bakery)
    assert (done.name, done.title, done.account) == ("shop", "Bakehouse", "Zoe's Bakery, s1")
    seen = found.found(context, "shop")
    assert [(one.name, one.columns) for one in seen.tables] == [("orders", 3), ("customers", 2)]
    assert seen.preview_of == "orders"
    assert seen.preview is not None
    assert seen.preview.rows[0] == (1, "1.50", "c1")
    assert len(seen.preview.rows) == 10
    assert seen.preview.truncated
    assert seen.tried == "tried on the vendor's own description"


def test_what_was_begun_survives_a_restart_encrypted_and_nothing_at_rest_opens_it(
    context: Context, bakery: Bakery
) -> None:
    url = begun(context, bakery)
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked["code_challenge_method"] == "S256"
    everything = kept(context)
    for secret in (asked["state"], CLIENT, SECRET):
        assert secret.encode() not in everything
    later = Context(Workspace(context.workspace.folder, NOW), "anna")
    done = connecting.answered(later, consented(url), now=NOW)
    assert isinstance(done, Connected)
    assert not [name for name in connections.vault().names() if name.startswith("consent/")]
    later.workspace.store.close()


def test_a_state_is_good_once(context: Context, bakery: Bakery) -> None:
    query = consented(begun(context, bakery))
    connecting.answered(context, query, now=NOW)
    asked = len(bakery.tokens_asked("authorization_code"))
    with pytest.raises(AccessError, match="no longer open"):
        connecting.answered(context, query, now=NOW)
    assert len(bakery.tokens_asked("authorization_code")) == asked


def test_a_state_is_for_who_began_and_for_a_quarter_of_an_hour(context: Context, bakery: Bakery) -> None:
    query = consented(begun(context, bakery, browser="sentinel-browser"))
    for who, browser in (("ben", "sentinel-browser"), ("anna", "another"), ("anna", "")):
        with pytest.raises(AccessError, match="Somebody else"):
            connecting.answered(Context(context.workspace, who), query, now=NOW, browser=browser)
    with pytest.raises(AccessError, match="no longer open"):
        connecting.answered(context, query, now=NOW + timedelta(minutes=15), browser="sentinel-browser")
    assert isinstance(connecting.answered(context, query, now=NOW, browser="sentinel-browser"), Connected)


@pytest.mark.parametrize("state", ["", "made-up", "x" * 43])
def test_a_state_that_nobody_gave_out_is_refused(context: Context, bakery: Bakery, state: str) -> None:
    query = consented(begun(context, bakery))
    with pytest.raises(AccessError, match="no longer open"):
        connecting.answered(context, {**query, "state": state}, now=NOW)


def test_who_says_no_saves_nothing_and_may_begin_again(context: Context, bakery: Bakery) -> None:
    state = dict(parse_qsl(urlsplit(begun(context, bakery)).query))["state"]
    with pytest.raises(AccessError, match="not allowed"):
        connecting.answered(context, {"error": "access_denied", "state": state}, now=NOW)
    assert connections.saved(context) == []
    connected(context, bakery)


def asked_rights(url: str) -> list[str]:
    return dict(parse_qsl(urlsplit(url).query))["scope"].split()


def test_a_consent_asks_for_reading_alone_and_for_writing_where_that_is_wanted(
    context: Context, bakery: Bakery
) -> None:
    assert asked_rights(begun(context, bakery)) == ["orders.read", "offline"]
    connected(context, bakery)
    offer = connecting.offer(context, "bakehouse", name="shop")
    assert (offer.may_write, offer.writes) == (True, False)
    url = begun(context, bakery, write=True)
    assert asked_rights(url) == ["orders.read", "offline", "orders.write"]
    assert isinstance(connecting.answered(context, consented(url), now=NOW), Connected)
    assert connecting.offer(context, "bakehouse", name="shop").writes
    assert "orders.write" in asked_rights(begun(context, bakery)), "connecting it again takes nothing away"
    assert "orders.write" not in asked_rights(begun(context, bakery, write=False))


def test_a_plan_that_sends_is_refused_through_a_consent_for_reading(context: Context, bakery: Bakery) -> None:
    connected(context, bakery)
    send: Plain = {
        "from": "notes",
        "connector": "bakehouse",
        "connection": "shop",
        "stream": "orders",
        "action": "note",
    }
    source: Plain = {"location": "notes.csv", "columns": {"id": "BIGINT", "note": "VARCHAR"}}
    spec = from_plain({"version": 1, "name": "notes", "sources": {"notes": source}, "sends": [send]})
    with pytest.raises(AccessError, match="'shop' may read, and nothing may be sent") as refused:
        consents.check_rights(context, spec)
    assert "dreflow connectors add shop --write" in refused.value.hint
    place = connections.places(context, context.workspace.folder)(spec.sends[0])
    unit = cast("Declared", connector("bakehouse"))
    with pytest.raises(AccessError, match="for reading, and nothing was sent"):
        list(unit.send(Order("notes", "orders", "note", ("id",), ("id", "note")), place, [], cast("Outbox", None)))
    connecting.answered(context, consented(begun(context, bakery, write=True)), now=NOW)
    consents.check_rights(context, spec)


def test_a_connection_that_is_forgotten_gives_its_consent_back_and_leaves_no_secret(
    context: Context, bakery: Bakery
) -> None:
    connected(context, bakery)
    consent = next(iter(bakery.refresh.values()))
    done = forget.connection(context, "shop", now=NOW)
    assert not consent.alive
    assert done.told == "Bakehouse was told to end its consent."
    assert connections.saved(context) == []
    assert [name for name in connections.vault().names() if name.startswith("connection/")] == []
    with pytest.raises(SpecError, match="no saved connection"):
        forget.connection(context, "shop", now=NOW)


def test_a_consent_that_cannot_be_given_back_now_keeps_the_connection(context: Context) -> None:
    with bakehouse.serving() as bakery:
        connected(context, bakery)
    with pytest.raises(TransientError, match="cannot be reached"):
        forget.connection(context, "shop", now=NOW)
    assert [one.name for one in connections.saved(context)] == ["shop"]


def test_a_system_that_is_gone_for_good_is_forgotten_where_somebody_says_so(context: Context) -> None:
    with bakehouse.serving() as bakery:
        connected(context, bakery)
    with pytest.raises(TransientError) as refused:
        forget.connection(context, "shop", now=NOW)
    assert "dreflow forget connection shop --yes --anyway" in refused.value.hint
    done = forget.connection(context, "shop", now=NOW, anyway=True)
    assert done.told.startswith("Bakehouse was not asked to end what it gave.")
    assert "End it there" in done.told
    assert connections.saved(context) == []
    assert [name for name in connections.vault().names() if name.startswith("connection/")] == []


def test_a_connection_whose_connector_is_gone_is_forgotten_too(context: Context, bakery: Bakery) -> None:
    connected(context, bakery)
    file = connections.system_of("bakehouse").file
    assert file is not None
    file.write_text("title: Bakehouse\n", encoding="utf-8")
    with pytest.raises(SpecError) as refused:
        forget.connection(context, "shop", now=NOW)
    assert "--anyway" in refused.value.hint
    assert "was not asked" in forget.stops(context, "shop").elsewhere
    deleted = replace(connections.known(context, "shop"), connector="bakehouse_that_was")
    assert consents.to_give_back(deleted) == consents.given_back(deleted)
    assert consents.given_back(deleted).startswith("bakehouse_that_was was not asked")
    assert "was not asked" in forget.connection(context, "shop", now=NOW, anyway=True).told
    assert connections.saved(context) == []


def test_a_key_and_a_consent_without_an_address_for_it_are_left_to_the_person(
    context: Context, bakery: Bakery, tmp_path: Path
) -> None:
    at = {"address": bakery.base, "shop": "s1"}
    connecting.with_key(context, "bakehouse", "till", at, {"token": KEY}, now=NOW, way="bearer")
    assert forget.connection(context, "till", now=NOW).told == (
        "The key itself is yours and still good at Bakehouse, until you delete it there."
    )
    connected(context, bakery)
    file = connections.system_of("bakehouse").file
    assert file is not None
    file.write_text(file.read_text(encoding="utf-8").replace('    revoke_url: "{address}/revoke"\n', ""), "utf-8")
    assert "has no way to end a consent from here" in forget.connection(context, "shop", now=NOW).told


def test_which_of_several_organisations_is_asked_and_nothing_is_saved_before(context: Context) -> None:
    shops = [{"id": "s1", "name": "High Street"}, {"id": "s2", "name": "Harbour"}]
    with bakehouse.serving(shops=shops) as bakery:
        asked = connecting.answered(context, consented(begun(context, bakery)), now=NOW)
        assert isinstance(asked, Undecided)
        assert asked.values == (("s1", "High Street"), ("s2", "Harbour"))
        assert connections.saved(context) == []
        with pytest.raises(UsageError, match="offered"):
            connecting.decided(context, asked.ticket, "s3", now=NOW)
        assert connecting.decided(context, asked.ticket, "s2", now=NOW).account == "Zoe's Bakery, s2"
        with pytest.raises(AccessError):
            connecting.decided(context, asked.ticket, "s1", now=NOW)


def test_a_key_is_tried_before_it_takes_the_place_of_one_that_works(context: Context, bakery: Bakery) -> None:
    at = {"address": bakery.base, "shop": "s1"}
    done = connecting.with_key(context, "bakehouse", "till", at, {"token": f" {KEY}\n"}, now=NOW, way="bearer")
    assert done.account == "Zoe's Bakery, s1"
    with pytest.raises(AccessError, match="does not let us in") as caught:
        connecting.with_key(context, "bakehouse", "till", at, {"token": "sentinel-mistyped"}, now=NOW, way="bearer")
    assert "sentinel-mistyped" not in f"{caught.value} {caught.value.to_json()}"
    assert connections.check(context, "till") == "Zoe's Bakery, s1"
    assert KEY.encode() not in kept(context)


def test_a_secret_that_is_left_out_stays_as_long_as_it_goes_where_it_went(context: Context, bakery: Bakery) -> None:
    at = {"address": bakery.base, "shop": "s1"}
    connecting.with_key(context, "bakehouse", "till", at, {"token": KEY}, now=NOW, way="bearer")
    offer = connecting.offer(context, "bakehouse", name="till")
    assert offer.again
    assert [(one.name, one.known) for one in offer.secrets] == [("token", "")]
    assert {one.name: one.known for one in offer.settings} == at
    connecting.with_key(context, "bakehouse", "till", at, {}, now=NOW, way="bearer")
    with bakehouse.serving() as thief:
        elsewhere = {**at, "address": thief.base}
        with pytest.raises(SpecError, match="API key is missing"):
            connecting.with_key(context, "bakehouse", "till", elsewhere, {}, now=NOW, way="bearer")
        assert thief.asked == []


def test_connecting_again_keeps_the_app_and_asks_for_the_consent_alone(context: Context, bakery: Bakery) -> None:
    connected(context, bakery)
    at = {"address": bakery.base}
    url = connecting.begin(context, "bakehouse", "shop", at, {}, redirect=REDIRECT, now=NOW)
    assert isinstance(connecting.answered(context, consented(url), now=NOW), Connected)


def test_what_connecting_takes_is_said_with_where_to_find_it(context: Context) -> None:
    offer = connecting.offer(context, "bakehouse")
    assert (offer.name, offer.way, offer.consents, offer.again) == ("bakehouse", "oauth2_code", True, False)
    # The shop is told by the bakery once the consent is there.
    assert [one.name for one in offer.settings] == ["address"]
    assert [one.title for one in offer.secrets] == ["Client id", "Client secret"]
    assert "redirect address" in offer.secrets[0].help
    assert offer.ways == (("oauth2_code", "sign in on its own page"), ("bearer", "API key"))
    assert connecting.offer(context, "xero").consents_at == "login.xero.com"
    assert [one.name for one in connecting.offer(context, "xero").settings] == []


def test_a_missing_setting_is_named_before_anybody_is_sent_anywhere(context: Context) -> None:
    with pytest.raises(SpecError, match="Address of the bakery"):
        connecting.begin(context, "bakehouse", "shop", {}, APP, redirect=REDIRECT, now=NOW)
    assert not connections.vault().names()


def test_each_step_needs_the_right_to_connect(context: Context, bakery: Bakery) -> None:
    query = consented(begun(context, bakery))
    eve = Context(context.workspace, "anna", frozenset({"ask", "plan", "run", "approve"}))
    for step in (
        lambda: connecting.offer(eve, "bakehouse"),
        lambda: begun(eve, bakery),
        lambda: connecting.answered(eve, query, now=NOW),
        lambda: connecting.with_key(eve, "bakehouse", "x", {}, {}, now=NOW, way="bearer"),
        lambda: connecting.decided(eve, "x", "y", now=NOW),
    ):
        with pytest.raises(AccessError, match="may not add or change connections"):
            step()


def test_a_name_of_another_system_is_not_taken(context: Context, bakery: Bakery) -> None:
    connections.add(context, "shop", "mysql://ada@db/shop", now=NOW)
    with pytest.raises(UsageError, match="another name"):
        begun(context, bakery)
    assert connecting.offer(context, "bakehouse").name == "bakehouse"


def test_a_system_that_cannot_be_reached_saves_nothing(context: Context, bakery: Bakery) -> None:
    query = consented(begun(context, bakery))
    bakery.faults.append("html")
    with pytest.raises(TransientError):
        connecting.answered(context, query, now=NOW)
    assert connections.saved(context) == []


def test_of_many_who_come_back_at_once_with_one_state_one_is_taken_up(context: Context, bakery: Bakery) -> None:
    query = consented(begun(context, bakery))

    def tried(_: int) -> bool:
        own = Context(Workspace(context.workspace.folder, NOW), "anna")
        try:
            connecting.answered(own, query, now=NOW)
        except AccessError:
            return False
        finally:
            own.workspace.store.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(tried, range(8))) == 1
    assert len(bakery.tokens_asked("authorization_code")) == 1
    assert opened(f"{bakery.base}/v1/account")[0] == 401


def test_connecting_again_goes_where_the_connection_went(context: Context) -> None:
    there = {"base_url": "https://proxy.example/v1"}
    connections.connect(context, "till", "stripe", there, {"token": "rk_live_1"}, now=NOW)
    offer = connecting.offer(context, "stripe", name="till")
    assert {one.name: one.known for one in offer.settings} == there
    assert connecting.offer(context, "stripe").settings == ()


def test_an_address_that_is_none_is_told_and_not_tried_again(context: Context) -> None:
    with pytest.raises(SpecError, match="no address that begins with https"):
        connecting.with_key(context, "stripe", "till", {"base_url": ""}, {"token": "rk_live_1"}, now=NOW)
