"""A token in ``Authorization: Bearer``, or in another header that the vendor names."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import Field as Described

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document
from spec.errors import AccessError


class Params(Document):
    """How the token travels."""

    header: str = "Authorization"
    prefix: str = Described(default="Bearer ", description="Before the token; empty for none.")
    title: str = "API token"
    help: str = Described(default="", description="Where a person finds or makes the token, and the rights it needs.")
    starts_with: tuple[str, ...] = Described(
        default=(), description="How such tokens begin, so that one is known where it should not be."
    )


def fields(params: Params) -> Sequence[Field]:
    """The token."""
    return [Field("token", params.title, params.help)]


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with the token in its header."""
    del now
    token = secrets.get("token", "")
    if not token:
        raise AccessError(f"The connection has no {params.title}.", hint="Save the connection again with it.")
    return replace(request, headers={**request.headers, params.header: params.prefix + token})


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """A token does not say when it ends."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """Only a person can make another one."""
    del params, secrets, post, now
    return None
