"""An app that asks in its own name, against a strict system of this machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import consent_server
import pytest
from consent_server import CLIENT, SECRET, ConsentServer, opened, post

from connectors.http.auth import oauth2_client as way
from connectors.http.auth.oauth2_client import Params
from connectors.http.signing import Outgoing
from spec.errors import AccessError, TransientError

APP = {"client_id": CLIENT, "client_secret": SECRET}
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def office() -> Iterator[ConsentServer]:
    with consent_server.serve() as running:
        yield running


def params(office: ConsentServer, **more: Any) -> Params:
    return Params.model_validate({"token_url": f"{office.base}/token", "scopes": ("orders.read",)} | more)


@pytest.mark.parametrize("where", ["body", "basic"])
def test_id_and_secret_become_a_token_that_is_let_in(office: ConsentServer, where: str) -> None:
    told = params(office, client_auth=where)
    assert way.is_stale(told, APP, NOW)
    secrets = way.renewed(told, APP, post, NOW)
    assert secrets is not None
    request = way.signed(told, secrets, Outgoing("GET", f"{office.base}/orders"), NOW)
    assert opened(request.url, headers=request.headers)[0] == 200
    assert not way.is_stale(told, secrets, NOW + timedelta(seconds=2879))
    assert way.is_stale(told, secrets, NOW + timedelta(seconds=2880))


def test_a_token_that_was_given_for_other_rights_is_not_used(office: ConsentServer) -> None:
    secrets = way.renewed(params(office), APP, post, NOW)
    assert secrets is not None
    assert way.is_stale(params(office, scopes=("orders.read", "orders.write")), secrets, NOW)
    with pytest.raises(AccessError, match="invalid_scope"):
        way.renewed(params(office, scopes=("everything",)), secrets, post, NOW)


def test_the_audience_and_the_vendors_own_header_are_sent(office: ConsentServer) -> None:
    told = params(office, token_params={"audience": "https://api.example"}, header="X-Token", prefix="")
    secrets = way.renewed(told, APP, post, NOW)
    assert secrets is not None
    assert office.asked[0].form["audience"] == "https://api.example"
    assert way.signed(told, secrets, Outgoing("GET", "https://a.example"), NOW).headers == {
        "X-Token": secrets["access_token"]
    }


def test_a_wrong_secret_is_told_and_not_shown(office: ConsentServer) -> None:
    with pytest.raises(AccessError, match="client id and secret") as caught:
        way.renewed(params(office), {**APP, "client_secret": "sentinel-wrong"}, post, NOW)
    assert caught.value.data["needs"] == "client"
    assert "sentinel" not in str(caught.value)


@pytest.mark.parametrize("fault", ["error", "html", "page"])
def test_a_system_that_is_out_of_order_is_asked_again_later(office: ConsentServer, fault: str) -> None:
    office.faults.append(fault)
    with pytest.raises(TransientError):
        way.renewed(params(office), APP, post, NOW)


@pytest.mark.parametrize("name", ["client_id", "client_secret"])
def test_what_is_missing_is_named(office: ConsentServer, name: str) -> None:
    with pytest.raises(AccessError, match=name.replace("_", " ")):
        way.renewed(params(office), {**APP, name: ""}, post, NOW)
    assert office.asked == []
    with pytest.raises(AccessError, match="no access token"):
        way.signed(params(office), APP, Outgoing("GET", "https://a.example"), NOW)
    assert name in [field.name for field in way.fields(params(office))]
