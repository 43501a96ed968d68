"""A key as a parameter of the address, for systems that take it nowhere else; no log or error shows the address."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from pydantic import Field as Described

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document
from spec.errors import AccessError


class Params(Document):
    """How the key travels."""

    param: str = "api_key"
    title: str = "API key"
    help: str = ""
    starts_with: tuple[str, ...] = Described(
        default=(), description="How such keys begin, so that one is known where it should not be."
    )


def fields(params: Params) -> Sequence[Field]:
    """The key."""
    return [Field("key", params.title, params.help)]


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with the key behind its parameters."""
    del now
    key = secrets.get("key", "")
    if not key:
        raise AccessError(f"The connection has no {params.title}.", hint="Save the connection again with it.")
    mark = "&" if "?" in request.url else "?"
    return replace(request, url=f"{request.url}{mark}{params.param}={quote(key, safe='')}")


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """A key does not say when it ends."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """Only a person can make another one."""
    del params, secrets, post, now
    return None
