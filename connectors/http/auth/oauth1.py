"""Each request signed with two pairs of keys (OAuth 1.0a, RFC 5849), as NetSuite's token-based authentication asks."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import base64
import hashlib
import hmac
import itertools
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import Field as Described

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document
from spec.errors import AccessError

_COUNT = itertools.count()
_PORTS = {"http": 80, "https": 443}
_SECRETS = ("consumer_key", "consumer_secret", "token", "token_secret")


class Params(Document):
    """How it is signed, and what the four keys are called."""

    method: Literal["HMAC-SHA256", "HMAC-SHA1"] = "HMAC-SHA256"
    realm: str = Described(default="", description="E.g. NetSuite's account id, 1234567_SB1; not signed.")
    consumer_key_title: str = "Consumer key"
    consumer_secret_title: str = "Consumer secret"  # noqa: S105 - what it is called
    token_title: str = "Token id"  # noqa: S105 - what it is called
    token_secret_title: str = "Token secret"  # noqa: S105 - what it is called
    help: str = ""


def fields(params: Params) -> Sequence[Field]:
    """The two pairs."""
    return [Field(name, _title(params, name), params.help) for name in _SECRETS]


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with its signature in ``Authorization``."""
    header = authorization(params, secrets, request, int(now.timestamp()), _nonce(now))
    return replace(request, headers={**request.headers, "Authorization": header})


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """A key does not say when it ends."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """Only a person can make other ones."""
    del params, secrets, post, now
    return None


def authorization(params: Params, secrets: Secrets, request: Outgoing, timestamp: int, nonce: str) -> str:
    """The header for one request; ``timestamp`` in seconds, ``nonce`` never the same twice with it."""
    for name in _SECRETS:
        if not secrets.get(name):
            raise AccessError(
                f"The connection has no {_title(params, name)}.", hint="Save the connection again with it."
            )
    said = {
        "oauth_consumer_key": secrets["consumer_key"],
        "oauth_token": secrets["token"],
        "oauth_signature_method": params.method,
        "oauth_timestamp": str(timestamp),
        "oauth_nonce": nonce,
        "oauth_version": "1.0",
    }
    base = base_string(request, said.items())
    key = f"{_escaped(secrets['consumer_secret'])}&{_escaped(secrets['token_secret'])}"
    digest = hashlib.sha256 if params.method == "HMAC-SHA256" else hashlib.sha1
    signature = base64.b64encode(hmac.new(key.encode(), base.encode(), digest).digest()).decode()
    realm = [("realm", params.realm)] if params.realm else []
    pairs = [*realm, *said.items(), ("oauth_signature", signature)]
    return "OAuth " + ", ".join(f'{name}="{_escaped(item)}"' for name, item in pairs)


def base_string(request: Outgoing, said: Iterable[tuple[str, str]]) -> str:
    """What is signed (RFC 5849, 3.4.1): the method, the bare address, and all parameters in order."""
    parts = urlsplit(request.url)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.port is not None and parts.port != _PORTS.get(parts.scheme):
        host = f"{host}:{parts.port}"
    given = [*parse_qsl(parts.query, keep_blank_values=True), *_form(request), *said]
    pairs = sorted((_escaped(name), _escaped(item)) for name, item in given)
    # A path travels with what is no plain character escaped, and is signed as it travels.
    path = quote(parts.path, safe="/%:@!$&'()*+,;=-._~") or "/"
    address = f"{parts.scheme.lower()}://{host}{path}"
    parameters = "&".join(f"{name}={item}" for name, item in pairs)
    return "&".join((request.method.upper(), _escaped(address), _escaped(parameters)))


def _form(request: Outgoing) -> list[tuple[str, str]]:
    """The parameters of a form; another body is not signed."""
    kind = next((item for name, item in request.headers.items() if name.lower() == "content-type"), "")
    if kind.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return []
    return parse_qsl(request.body.decode(), keep_blank_values=True)


def _nonce(now: datetime) -> str:
    """A text that is never the same twice, which is all that is asked of it; nobody has to be unable to guess it."""
    made = f"{os.getpid()} {next(_COUNT)} {now.timestamp()}"
    return hashlib.sha256(made.encode()).hexdigest()[:32]


def _title(params: Params, name: str) -> str:
    return str(getattr(params, f"{name}_title"))


def _escaped(text: str) -> str:
    return quote(text, safe="-._~")
