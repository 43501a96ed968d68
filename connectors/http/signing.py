"""Proving who asks: the shelf of ways, and the secrets of a connection as they see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import Protocol, cast

from connectors.http.definition import Unit
from spec.base import Document
from spec.records import record
from spec.registry import Shelf

AUTH = Shelf("connectors.http.auth", "way to prove who asks")
Secrets = Mapping[str, str]
"""The connection's secrets by name, e.g. ``{"token": "..."}``; also what a renewal keeps beside them."""


@record(frozen=True)
class Outgoing:
    """A request on its way: what a way to prove who asks may look at and change. ``url`` has its parameters.

    Shown, it is its method alone: a key may be in any other part.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@record(frozen=True)
class Field:
    """A secret that a person is asked for. What is typed goes to the vault alone."""

    name: str
    title: str
    help: str = ""


class Post(Protocol):
    """Sends a form to a token endpoint: ``post(url, form, headers) -> (status, answer)``; no redirect is followed."""

    def __call__(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, object]: ...


class Credentials(Protocol):
    """The secrets of one connection, kept elsewhere (the vault)."""

    def get(self) -> Secrets:
        """As they are now."""

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them: ``change`` is called with the newest ones, one at a time over all processes, and what it
        gives is stored before it is returned, so that a new refresh token is never lost.
        """


class Auth(Protocol):
    """A module of ``auth/``. ``params`` is the unit's own ``Params``, with its placeholders filled."""

    Params: type[Document]

    def fields(self, params: Document) -> Sequence[Field]:
        """What a person is asked for."""

    def signed(self, params: Document, secrets: Secrets, request: Outgoing, now: datetime) -> Outgoing:
        """The request with the proof; AccessError when a secret is missing."""

    def is_stale(self, params: Document, secrets: Secrets, now: datetime) -> bool:
        """Whether the proof has to be renewed before it is used."""

    def renewed(self, params: Document, secrets: Secrets, post: Post, now: datetime) -> Secrets | None:
        """The secrets after a renewal; None where there is nothing that could be renewed. AccessError tells consent
        that is gone (``data={"needs": "consent"}``).
        """


def auth(unit: Unit) -> Auth:
    """The unit of that name."""
    return cast("Auth", AUTH.load(unit.use))


def renewal(
    way: Auth, params: Document, used: Secrets, post: Post, clock: Callable[[], datetime]
) -> Callable[[Secrets], Secrets]:
    """What ``Credentials.renew`` is called with when ``used`` no longer proves who asks.

    Whoever asked at the same time and came second finds other secrets than ``used`` and takes those: a refresh token
    that is sent twice ends the consent with many vendors. Gives ``used`` back where there is nothing to renew.
    """

    def change(newest: Secrets) -> Secrets:
        if newest != used and not way.is_stale(params, newest, clock()):
            return newest
        made = way.renewed(params, newest, post, clock())
        return newest if made is None else made

    return change
