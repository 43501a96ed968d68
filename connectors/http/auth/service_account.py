"""A service account with a key of its own, as Google gives it as JSON: a signed statement for a token (RFC 7523)."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field as Described

from connectors.http import tokens
from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.errors import AccessError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# A clock that is a little ahead would else sign statements of the future, which are refused.
_BACKDATED = timedelta(seconds=30)
_LONGEST = timedelta(hours=1)


class Params(tokens.Carried):
    """What the service account asks for."""

    token_url: str = Described(default="", description="Where tokens are given; empty for what the key file says.")
    scopes: tuple[str, ...] = ()
    write_scopes: tuple[str, ...] = Described(default=(), description="Further ones, where something is sent.")
    subject: str = Described(default="", description="The user in whose name it asks (domain-wide delegation).")
    title: str = "Service account key (the whole JSON file)"


def fields(params: Params) -> Sequence[Field]:
    """The key file's text."""
    return [Field("service_account", params.title, params.help)]


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with the access token in its header."""
    del now
    return tokens.carried(params, secrets, request)


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """After 80 % of the token's life, and when it was given for other scopes or another user."""
    return secrets.get("given_for", "") != _given_for(params) or tokens.is_stale(secrets, now)


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """The secrets with another token."""
    account = _account(secrets)
    where = params.token_url or account.get("token_uri", "")
    form = {**params.token_params, "grant_type": _GRANT, "assertion": _statement(params, account, where, now)}
    answer = tokens.answer_to(where, form, {}, post, _refusal(params), secrets)
    return {**tokens.without_times(secrets), **tokens.noted(params, answer, now), "given_for": _given_for(params)}


def _refusal(params: Params) -> tokens.Refusal:
    user = f" and that it may act for {params.subject}" if params.subject else ""
    return tokens.Refusal(
        "key",
        "The system does not take the service account's statement.",
        f"Check that the account and its key still exist{user}, and that this machine's clock is right.",
    )


def _account(secrets: Secrets) -> dict[str, str]:
    """The key file's entries that are texts; AccessError tells what it is instead, and none of its content."""
    text = secrets.get("service_account", "")
    if not text:
        raise AccessError("The connection has no service account key.", hint="Save the connection again with it.")
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise AccessError(
            "The service account key is not the JSON file that was downloaded.",
            hint="Save the connection again with the whole file, from the first brace to the last.",
        )
    account = {name: item for name, item in found.items() if isinstance(item, str)}
    if "installed" in found or "web" in found:
        raise AccessError(
            "This JSON file is that of an app that asks for consent, not a service account's key.",
            hint="Make a key for a service account, or connect with consent instead.",
        )
    missing = [name for name in ("client_email", "private_key") if not account.get(name)]
    if missing:
        raise AccessError(
            f"The service account key has no {' and no '.join(missing)}.",
            hint="Make a new key for the service account and save the connection again with the whole file.",
        )
    return account


def _statement(params: Params, account: Mapping[str, str], audience: str, now: datetime) -> str:
    """The signed statement (JWT, RS256): who we are, what for, and that it is said now."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

    said = now - _BACKDATED
    head: dict[str, object] = {"alg": "RS256", "typ": "JWT"}
    if account.get("private_key_id"):
        head["kid"] = account["private_key_id"]
    claims: dict[str, object] = {
        "iss": account["client_email"],
        "aud": audience,
        "iat": int(said.timestamp()),
        "exp": int((said + _LONGEST).timestamp()),
    }
    if params.scopes:
        claims["scope"] = " ".join(params.scopes)
    if params.subject:
        claims["sub"] = params.subject
    content = f"{_encoded(_plain(head))}.{_encoded(_plain(claims))}"
    signature = _key(account["private_key"]).sign(content.encode(), PKCS1v15(), hashes.SHA256())
    return f"{content}.{_encoded(signature)}"


def _key(pem: str) -> "RSAPrivateKey":
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, RSAPrivateKey):
        raise AccessError(
            "The private key in the service account's file is damaged, or no RSA key.",
            hint="Make a new key for the service account and save the connection again with the whole file.",
        )
    return found


def _plain(content: Mapping[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _given_for(params: Params) -> str:
    return " ".join((*params.scopes, params.subject)).strip()
