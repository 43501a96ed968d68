"""A browser that goes on to another page takes back what it had asked for."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from chat_ui.app import TakenBack

ASKED: Scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}


async def silent(_: Scope, receive: Receive, _send: Send) -> None:
    """Ends without an answer once the browser is gone, or has said all it has to say."""
    await receive()


async def passed_on(request: Request, answer: RequestResponseEndpoint) -> Response:
    return await answer(request)


def asked(*heard: Message) -> list[Message]:
    """What is sent to a browser that says this."""
    app = Starlette()
    app.mount("/", silent)
    app.add_middleware(BaseHTTPMiddleware, dispatch=passed_on)
    app.add_middleware(TakenBack)
    said, sent = iter(heard), list[Message]()

    async def receive() -> Message:
        return next(said)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app(dict(ASKED), receive, send))
    return sent


def test_a_request_that_was_taken_back_is_no_error_of_the_server() -> None:
    assert asked({"type": "http.disconnect"}, {"type": "http.disconnect"}) == []


def test_a_request_that_waits_and_is_not_answered_stays_an_error() -> None:
    with pytest.raises(RuntimeError, match="No response returned"):
        asked({"type": "http.request", "body": b"", "more_body": False})
