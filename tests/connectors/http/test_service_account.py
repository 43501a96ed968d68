"""A service account's signed statement, checked by PyJWT on the other side."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import consent_server
import jwt
import pytest
from consent_server import ConsentServer, opened, post
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from connectors.http.auth import service_account as way
from connectors.http.auth.service_account import Params
from connectors.http.signing import Outgoing
from spec.errors import AccessError, DreflowError, SpecError, TransientError

EMAIL = "reader@project.iam.example"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    plain = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return plain.decode()


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = pem(KEY)
PUBLIC = KEY.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def office() -> Iterator[ConsentServer]:
    with consent_server.serve(accounts={EMAIL: PUBLIC}) as running:
        yield running


def secrets_of(office: ConsentServer, **more: object) -> dict[str, str]:
    account: dict[str, Any] = {
        "type": "service_account",
        "client_email": EMAIL,
        "private_key": PRIVATE,
        "private_key_id": "k1",
        "token_uri": f"{office.base}/token",
    }
    return {"service_account": json.dumps({name: item for name, item in (account | more).items() if item is not None})}


def now(office: ConsentServer) -> datetime:
    return datetime.fromtimestamp(office.now(), UTC)


def test_the_key_file_becomes_a_token_that_is_let_in(office: ConsentServer) -> None:
    told = Params(scopes=("sheets.read", "drive.read"), subject="anna@shop.example")
    secrets, moment = secrets_of(office), now(office)
    assert way.is_stale(told, secrets, moment)
    made = way.renewed(told, secrets, post, moment)
    assert made is not None
    request = way.signed(told, made, Outgoing("GET", f"{office.base}/sheet"), moment)
    assert opened(request.url, headers=request.headers)[0] == 200
    statement = office.asked[0].form["assertion"]
    assert jwt.get_unverified_header(statement) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    claims = jwt.decode(statement, PUBLIC, algorithms=["RS256"], audience=f"{office.base}/token")
    assert (claims["iss"], claims["sub"], claims["scope"]) == (EMAIL, "anna@shop.example", "sheets.read drive.read")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_token_is_kept_for_four_fifths_of_its_life_and_for_the_same_purpose(office: ConsentServer) -> None:
    told, moment = Params(scopes=("a",)), now(office)
    made = way.renewed(told, secrets_of(office), post, moment)
    assert made is not None
    assert not way.is_stale(told, made, moment + timedelta(seconds=2870))
    assert way.is_stale(told, made, moment + timedelta(seconds=2881))
    assert way.is_stale(Params(scopes=("a", "b")), made, moment)
    assert way.is_stale(Params(scopes=("a",), subject="x"), made, moment)


@pytest.mark.parametrize("ahead", [-25, 0, 25])
def test_a_clock_that_differs_by_seconds_does_no_harm(office: ConsentServer, ahead: int) -> None:
    assert way.renewed(Params(), secrets_of(office), post, now(office) + timedelta(seconds=ahead)) is not None


def test_a_clock_that_is_wrong_is_named_as_a_reason(office: ConsentServer) -> None:
    with pytest.raises(AccessError, match="clock") as caught:
        way.renewed(Params(subject="anna"), secrets_of(office), post, now(office) + timedelta(hours=2))
    assert caught.value.data["needs"] == "key"
    assert "act for anna" in caught.value.hint


def test_another_key_is_refused(office: ConsentServer) -> None:
    other = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(AccessError, match="statement"):
        way.renewed(Params(), secrets_of(office, private_key=other), post, now(office))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no service account key"),
        ("sentinel {", "not the JSON file"),
        ("[1]", "not the JSON file"),
        ("[" * 100_000, "not the JSON file"),
        ('{"installed": {"client_secret": "sentinel"}}', "asks for consent"),
        ('{"client_email": "a"}', "no private_key"),
        ('{"private_key": 7}', "no client_email and no private_key"),
        ('{"client_email": "a", "private_key": "sentinel", "token_uri": "https://a.example"}', "damaged"),
        (json.dumps({"client_email": "a", "private_key": pem(ec.generate_private_key(ec.SECP256R1()))}), "no RSA key"),
    ],
    ids=["none", "text", "list", "deep", "an app's", "no key", "no texts", "damaged", "elliptic"],
)
def test_a_wrong_file_is_told_by_what_it_is_and_never_shown(text: str, told: str) -> None:
    with pytest.raises(AccessError, match=told) as caught:
        way.renewed(Params(token_url="https://a.example"), {"service_account": text}, post, datetime.now(UTC))
    one: BaseException | None = caught.value
    while one is not None:
        assert "sentinel" not in f"{one!r} {one} {one.__dict__}"
        one = one.__cause__ or one.__context__


def test_a_statement_goes_to_an_encrypted_address_alone(office: ConsentServer) -> None:
    with pytest.raises(SpecError, match="https"):
        way.renewed(Params(), secrets_of(office, token_uri="http://a.example/token"), post, now(office))
    with pytest.raises(SpecError, match="https"):
        way.renewed(Params(), secrets_of(office, token_uri=None), post, now(office))


@pytest.mark.parametrize("fault", ["error", "html", "page", "echo"])
def test_a_fault_of_the_system_shows_no_part_of_the_statement(office: ConsentServer, fault: str) -> None:
    office.faults.append(fault)
    with pytest.raises(DreflowError) as caught:
        way.renewed(Params(), secrets_of(office), post, now(office))
    assert isinstance(caught.value, AccessError if fault == "echo" else TransientError)
    shown = json.dumps(caught.value.to_json())
    assert all(part not in shown for part in office.asked[0].form["assertion"].split("."))
