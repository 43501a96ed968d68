"""Signature Version 4: the example of AWS's own documentation, and constants that botocore 1.44 computed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import httpx
import pytest

from connectors.http.auth import sigv4 as way
from connectors.http.auth.sigv4 import Params
from connectors.http.signing import Outgoing
from spec.errors import AccessError

NOW = datetime(2026, 3, 1, 9, 30, 5, tzinfo=UTC)
SECRETS = {
    "access_key_id": "sentinel-access-id",
    "secret_access_key": "sentinel-access-secret",
}
TEMPORARY = {**SECRETS, "session_token": "sentinel-session"}


class Known(NamedTuple):
    """What botocore's SigV4Auth and S3SigV4Auth made of a request at NOW in eu-central-1 with these secrets."""

    service: str
    temporary: bool
    request: Outgoing
    names: str
    signature: str


KNOWN = [
    Known(
        "sqs",
        False,
        Outgoing(
            "POST",
            "https://sqs.eu-central-1.amazonaws.com/",
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ReceiveMessage"},
            b'{"QueueUrl":"q"}',
        ),
        "content-type;host;x-amz-date;x-amz-target",
        "81ad277d98bd347c9c3e8542a67a0e5098afbc96944bc1b2a681bf1059d08511",
    ),
    Known(
        "execute-api",
        False,
        Outgoing("GET", "https://api.example.com/v1/a%20b/c%2Fd?b=2&a=1&a=0&empty=&s=x%20y%2Bz~", {}, b""),
        "host;x-amz-date",
        "5b93bdf6bc00b7e21853a8df2b561b47913a5cd7152e9a18f2ea601a3996f9e5",
    ),
    Known(
        "execute-api",
        False,
        Outgoing("GET", "https://api.example.com:8443/x/../y/./z//w/", {}, b""),
        "host;x-amz-date",
        "da614848aa827d8e9d7236a3cddbd1f32a2b4a485fbbcccce4df92bbdc531153",
    ),
    Known(
        "s3",
        False,
        Outgoing(
            "GET", "https://bucket.s3.eu-central-1.amazonaws.com/a//b/%C3%A4%20c?list-type=2&prefix=a%2Fb", {}, b""
        ),
        "host;x-amz-content-sha256;x-amz-date",
        "4d9dafbe0229f859a7316d976b45d99ef88e4a6e5bff35d3f46fe52e15b7df97",
    ),
    Known(
        "s3",
        True,
        Outgoing("PUT", "https://bucket.s3.eu-central-1.amazonaws.com/k", {"Content-Type": "text/plain"}, b"hello"),
        "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token",
        "8195366777e1171e4fced72a3aed636500259e37ffb221d3f12dfd9eae4e1a05",
    ),
    Known(
        "execute-api",
        True,
        Outgoing("GET", "https://api.example.com", {"X-Amz-Meta-Note": "  two   spaces  "}, b""),
        "host;x-amz-date;x-amz-meta-note;x-amz-security-token",
        "273b5ccc499226010ad1b942581b34935387d0866a6620d7b8eb85dca2ee1134",
    ),
]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: f"{known.service} {known.request.url}")
def test_a_signature_is_the_one_that_botocore_makes(known: Known) -> None:
    told = Params(service=known.service, region="eu-central-1", temporary=known.temporary)
    made = way.signed(told, TEMPORARY if known.temporary else SECRETS, known.request, NOW)
    assert made.headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=sentinel-access-id/20260301/eu-central-1/{known.service}/aws4_request, "
        f"SignedHeaders={known.names}, Signature={known.signature}"
    )
    assert made.headers["X-Amz-Date"] == "20260301T093005Z"
    assert made.headers.get("X-Amz-Security-Token") == ("sentinel-session" if known.temporary else None)


def test_the_signature_is_that_of_the_vendors_own_example() -> None:
    # AWS General Reference, "Signature Version 4 signing process": ListUsers of IAM.
    request = Outgoing(
        "GET",
        "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
        {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"},
    )
    documented = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    secrets = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": documented}
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    made = way.signed(Params(service="iam", region="us-east-1"), secrets, request, moment)
    assert made.headers["Authorization"].endswith(
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/a b/ä?q=x y",
        "https://a.example/v1/c%2Fd/x%7Ey?z=1&a=%2B&a=+",
        "https://a.example:8443/x//y?b",
        "https://a.example/%FF",
    ],
)
def test_the_address_travels_as_it_was_signed(url: str) -> None:
    made = way.signed(Params(service="execute-api", region="x"), SECRETS, Outgoing("GET", url), NOW)
    assert str(httpx.URL(made.url)) == made.url
    again = way.signed(Params(service="execute-api", region="x"), SECRETS, Outgoing("GET", made.url), NOW)
    assert again == made


def test_a_second_try_replaces_the_first_proof() -> None:
    told = Params(service="sqs", region="x")
    first = way.signed(told, TEMPORARY, Outgoing("POST", "https://a.example", body=b"x"), NOW)
    later = way.signed(told, TEMPORARY, first, NOW + timedelta(minutes=6))
    assert later.headers["X-Amz-Date"] == "20260301T093605Z"
    assert len(later.headers) == len(first.headers)
    small = {name.lower(): "old" for name in first.headers}
    assert way.signed(told, TEMPORARY, Outgoing("POST", "https://a.example", small, b"x"), NOW) == first


def test_the_moment_is_told_in_utc_whatever_its_zone() -> None:
    told, request = Params(service="sqs", region="x"), Outgoing("GET", "https://a.example")
    here = way.signed(told, SECRETS, request, NOW.astimezone(timezone(timedelta(hours=5, minutes=45))))
    assert here == way.signed(told, SECRETS, request, NOW)


@pytest.mark.parametrize("name", list(SECRETS))
def test_a_missing_part_of_the_key_is_named(name: str) -> None:
    told = Params(service="s3", region="x", temporary=True)
    with pytest.raises(AccessError, match=name.replace("_", " ")):
        way.signed(told, {**SECRETS, name: ""}, Outgoing("GET", "https://a.example"), NOW)
    assert [field.name for field in way.fields(told)] == list(TEMPORARY)


def test_the_secret_is_not_in_the_request() -> None:
    made = way.signed(Params(service="s3", region="x"), SECRETS, Outgoing("GET", "https://a.example"), NOW)
    assert SECRETS["secret_access_key"] not in f"{made.url} {made.headers} {made!r}"
    assert not way.is_stale(Params(service="s3", region="x"), SECRETS, NOW)
