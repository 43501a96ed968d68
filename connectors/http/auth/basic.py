"""User and password (or a key in either place) in ``Authorization: Basic`` (RFC 7617)."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import Field as Described

from connectors.http.signing import Field, Outgoing, Post, Secrets
from spec.base import Document
from spec.errors import AccessError


class Params(Document):
    """Which of the two a person states; a text that is set here is not asked for."""

    user: str | None = Described(default=None, description="The user where it is always the same, e.g. 'anystring'.")
    password: str | None = Described(default=None, description="The password where it is always the same, e.g. ''.")
    user_title: str = "User"
    password_title: str = "Password"  # noqa: S105 - what it is called
    help: str = ""


def fields(params: Params) -> Sequence[Field]:
    """What is not set."""
    asked = []
    if params.user is None:
        asked.append(Field("user", params.user_title, params.help))
    if params.password is None:
        asked.append(Field("password", params.password_title, params.help))
    return asked


def signed(params: Params, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
    """The request with both in its header."""
    del now
    parts = []
    for name, fixed, title in (
        ("user", params.user, params.user_title),
        ("password", params.password, params.password_title),
    ):
        value = fixed if fixed is not None else secrets.get(name)
        if value is None:
            raise AccessError(f"The connection has no {title}.", hint="Save the connection again with it.")
        parts.append(value)
    token = base64.b64encode(":".join(parts).encode()).decode()
    return replace(request, headers={**request.headers, "Authorization": f"Basic {token}"})


def is_stale(params: Params, secrets: Secrets, now: datetime) -> bool:
    """A password does not say when it ends."""
    del params, secrets, now
    return False


def renewed(params: Params, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
    """Only a person can change it."""
    del params, secrets, post, now
    return None
