"""Signatures of OAuth 1.0a: the standard's own examples, oauthlib as a second opinion, and oauthlib as the server."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote, urlencode

import consent_server
import httpx
import pytest
from consent_server import ConsentServer, opened
from hypothesis import given
from hypothesis import strategies as some
from oauthlib import oauth1  # type: ignore[import-untyped]

from connectors.http.auth import oauth1 as way
from connectors.http.auth.oauth1 import Params
from connectors.http.signing import Outgoing
from spec.errors import AccessError

Method = Literal["HMAC-SHA256", "HMAC-SHA1"]
NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
SECRETS = {
    "consumer_key": "sentinel-consumer",
    "consumer_secret": "sentinel-consumer& secret",
    "token": "sentinel-token",
    "token_secret": "sentinel-token+secret",
}
FORM = "application/x-www-form-urlencoded"


def signature(header: str) -> str:
    found = re.search('oauth_signature="([^"]+)"', header)
    assert found is not None
    return found[1]


def as_oauthlib_signs(request: Outgoing, method: Method, realm: str = "") -> str:
    client = oauth1.Client(
        SECRETS["consumer_key"],
        client_secret=SECRETS["consumer_secret"],
        resource_owner_key=SECRETS["token"],
        resource_owner_secret=SECRETS["token_secret"],
        signature_method=method,
        realm=realm or None,
        timestamp="1772357400",
        nonce="n1",
    )
    headers = {**request.headers}
    # A body that is no form is no part of RFC 5849's signature; oauthlib would add the hash of a later draft.
    body = request.body.decode() if headers.get("Content-Type") == FORM else None
    _, signed, _ = client.sign(request.url, request.method, body, headers)
    return str(signed["Authorization"])


def test_the_signed_text_is_that_of_the_standards_example() -> None:
    # RFC 5849, 3.4.1.1: the request of 3.4.1.3.1, whose address and form hold every trap of spelling.
    request = Outgoing(
        "POST",
        "http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        {"Content-Type": FORM},
        b"c2&a3=2+q",
    )
    said = {
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
    }
    assert way.base_string(request, said.items()) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26"
        "c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26"
        "oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA1"])
@pytest.mark.parametrize(
    "request_",
    [
        Outgoing("GET", "https://1234567-sb1.suitetalk.example/services/rest/record/v1/invoice?limit=10&offset=0"),
        Outgoing("GET", "https://a.example"),
        Outgoing("get", "https://A.example:443/x?b=2&a=1&a=0&e="),
        Outgoing("GET", "https://a.example:8443/x%20y/%C3%A4?q=a+b%2Bc%7E"),
        Outgoing("POST", "https://a.example/q?limit=5", {"Content-Type": "application/json"}, b'{"q": "SELECT 1"}'),
        Outgoing("POST", "https://a.example/q?a=1", {"Content-Type": FORM}, b"a=2&b=x+y%26"),
    ],
)
def test_the_signature_is_the_one_that_oauthlib_makes(request_: Outgoing, method: Method) -> None:
    ours = way.authorization(Params(method=method, realm="1234567_SB1"), SECRETS, request_, 1772357400, "n1")
    theirs = as_oauthlib_signs(request_, method, "1234567_SB1")
    assert signature(ours) == signature(theirs)
    assert sorted(ours.removeprefix("OAuth ").split(", ")) == sorted(theirs.removeprefix("OAuth ").split(", "))


@given(some.lists(some.tuples(some.text(min_size=1, max_size=6), some.text(max_size=6)), max_size=4))
def test_the_signature_is_the_one_that_oauthlib_makes_whatever_the_parameters(pairs: list[tuple[str, str]]) -> None:
    try:
        query = urlencode(pairs, quote_via=quote)
    except UnicodeEncodeError:
        return
    request = Outgoing("GET", f"https://a.example/x?{query}")
    ours = way.authorization(Params(), SECRETS, request, 1772357400, "n1")
    assert signature(ours) == signature(as_oauthlib_signs(request, "HMAC-SHA256"))


@pytest.mark.parametrize("path", ["/a b", "/ä", "/a%20b", "/a'b(c)*!", "/a,b;c=d@e:f", "", "/x/"])
def test_a_path_is_signed_as_it_travels(path: str) -> None:
    url = f"https://a.example{path}"
    travels = httpx.URL(url).raw_path.decode()
    assert way.base_string(Outgoing("GET", url), []) == f"GET&{quote('https://a.example' + travels, safe='-._~')}&"


@pytest.fixture
def office() -> Iterator[ConsentServer]:
    with consent_server.serve(keys=tuple(SECRETS.values())) as running:
        yield running


@pytest.mark.parametrize("method", ["HMAC-SHA256", "HMAC-SHA1"])
def test_a_system_that_checks_signatures_lets_each_request_in_once(office: ConsentServer, method: Method) -> None:
    now = datetime.now(UTC)
    told = Params(method=method, realm="1234567_SB1")
    for _ in range(3):
        request = way.signed(told, SECRETS, Outgoing("GET", f"{office.base}/signed?q=a%20b&limit=5"), now)
        assert opened(request.url, headers=request.headers)[0] == 200
        assert opened(request.url, headers=request.headers)[0] == 401, "sent a second time by somebody else"
        assert opened(request.url + "0", headers=request.headers)[0] == 401
    wrong = {**SECRETS, "token_secret": "another"}
    request = way.signed(told, wrong, Outgoing("GET", f"{office.base}/signed"), now)
    assert opened(request.url, headers=request.headers)[0] == 401


@pytest.mark.parametrize("name", list(SECRETS))
def test_a_missing_key_is_named(name: str) -> None:
    with pytest.raises(AccessError, match="The connection has no "):
        way.signed(Params(), {**SECRETS, name: ""}, Outgoing("GET", "https://a.example"), NOW)
    assert name in [field.name for field in way.fields(Params())]


def test_no_secret_is_in_the_request_but_its_names() -> None:
    request = way.signed(Params(), SECRETS, Outgoing("GET", "https://a.example"), NOW)
    assert "secret" not in request.headers["Authorization"]
    assert "sentinel" not in repr(request)
    assert not way.is_stale(Params(), SECRETS, NOW)
