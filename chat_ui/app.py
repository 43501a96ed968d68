"""Mounts the chat page into the application."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agents.service import Service
from chat_ui import hall
from chat_ui.front_end import write_front_end
from tools.uploads import LARGEST, READ

CONNECT_SECONDS = 30.0
"""For how long a file waits for the page it was dropped into to be connected."""


class Doorman(Protocol):
    """Who requests of the API are from; the page's own login is one more proof."""

    local: str

    def accept(self, proof: Callable[[Request], str | None]) -> None:
        """Take a further kind of proof."""

    def is_local(self, request: Request) -> bool:
        """Whether a request comes from this machine."""


def mount(app: FastAPI, service: Service, who: Doorman) -> None:
    """Add the page at ``/``. Chainlit reads its folder and secret from the environment when it is first imported."""
    from importlib.metadata import version

    folder = service.workspace.folder / "page"
    write_front_end(folder, version=version("chainlit"), largest_upload=LARGEST, endings=READ)
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ.setdefault("CHAINLIT_AUTH_SECRET", _secret(folder / "login.key"))
    hall.open_hall(hall.Hall(service, who.local))
    from chainlit.utils import mount_chainlit

    who.accept(_from_login)
    app.middleware("http")(_Welcome(service, who))
    app.middleware("http")(_with_its_page)
    mount_chainlit(app, str(Path(__file__).with_name("page.py")), path="/")
    app.add_middleware(TakenBack)


async def _with_its_page(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """A page shows its place for files before its connection stands; Chainlit would refuse what is dropped there."""
    if request.method == "POST" and request.url.path == "/project/file":
        from chainlit.session import WebsocketSession

        pause = 0.05
        for _ in range(int(CONNECT_SECONDS / pause)):
            if WebsocketSession.get_by_id(request.query_params.get("session_id", "")) is not None:
                break
            await asyncio.sleep(pause)
    return await answer(request)


def _from_login(request: Request) -> str | None:
    """Who the page's login cookie says it is."""
    import jwt
    from chainlit.auth.cookie import get_token_from_cookies
    from chainlit.auth.jwt import decode_jwt

    token = get_token_from_cookies(dict(request.cookies))
    if not token:
        return None
    try:
        return decode_jwt(token).identifier
    except jwt.PyJWTError:
        return None


class _Welcome:
    """As long as the workspace is one person's, whoever opens any page at this machine is logged in by it.

    Chainlit does so only at its own login page, from which an address that names a conversation does not come back.
    """

    def __init__(self, service: Service, who: Doorman) -> None:
        self._service, self._who = service, who

    async def __call__(self, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        wants_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        if not wants_page or not self._who.is_local(request) or _from_login(request) is not None:
            return response
        if not self._service.workspace.store.principals():
            import chainlit as cl
            from chainlit.auth.cookie import set_auth_cookie
            from chainlit.auth.jwt import create_jwt

            set_auth_cookie(request, response, create_jwt(cl.User(identifier=self._who.local)))
        return response


class TakenBack:
    """Lets a request end quietly whose browser went on to another page; Starlette calls that an error of the server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gone = False

        async def heard() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        try:
            await self._app(scope, heard if scope["type"] == "http" else receive, send)
        except RuntimeError as error:
            if not gone or str(error) != "No response returned.":
                raise


def _secret(file: Path) -> str:
    """The key that signs logins, made once for this workspace and readable by its owner only."""
    if not file.exists():
        beside = file.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(secrets.token_hex(32))
        beside.replace(file)
    return file.read_text(encoding="utf-8").strip()
