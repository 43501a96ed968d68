"""Who a request is from: a token, a page's own login, or the person at this machine as long as nobody else may."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from agents.service import Service
from spec.errors import AccessError

Proof = Callable[[Request], str | None]
"""Reads a principal's name from a request that carries a proof of it; None when it carries none of this kind."""


class Who:
    """Tells the principal of a request.

    As long as the workspace has no principals it is one person's, and who comes from this machine is ``local``.
    """

    def __init__(self, service: Service, *, local: str) -> None:
        self._service = service
        self.local = local
        self._proofs: list[Proof] = []

    def accept(self, proof: Proof) -> None:
        """Take a further kind of proof, such as a page's own login."""
        self._proofs.append(proof)

    @property
    def needs_login(self) -> bool:
        """Whether somebody has to say who they are."""
        return bool(self._service.workspace.store.principals())

    def principal(self, request: Request) -> str:
        """The principal; AccessError when the request does not say who it is from."""
        for proof in self._proofs:
            name = proof(request)
            if name is not None:
                return name
        if not self.needs_login and self.is_local(request):
            return self.local
        raise AccessError("Say who you are first.", hint="Log in, or send the token that you were given.")

    def is_local(self, request: Request) -> bool:
        """Whether a request comes from this machine, by a name of this machine and from a page of ours.

        A page of another site can have its own name resolve to this machine, or post here; neither is let in.
        """
        host = request.client.host if request.client else ""
        named = request.url.hostname or ""
        origin = request.headers.get("origin")
        own = origin is None or urlsplit(origin).netloc == request.headers.get("host")
        # The test client of Starlette says "testclient"; it never comes over a network.
        here = host == "testclient" or _is_loopback(host)
        return own and here and (named == "localhost" or _is_loopback(named))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def service_of(request: Request) -> Service:
    """The service of the application."""
    service: Service = request.app.state.service
    return service


def principal_of(request: Request) -> str:
    """The principal of a request."""
    who: Who = request.app.state.who
    return who.principal(request)


Principal = Annotated[str, Depends(principal_of)]
TheService = Annotated[Service, Depends(service_of)]
