"""Slack's requests come in here: checked and understood by Bolt, kept, acknowledged, and answered beside."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
from fastapi import FastAPI, Request, Response
from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from agents.service import Service
from integrations.slack.desk import Desk
from integrations.slack.events import heard
from integrations.slack.keys import Keys, keys, vault_secret

LOG = logging.getLogger("dreflow.slack")
PATH = "/slack/events"
LARGEST_REQUEST = 1 << 20
TIMEOUT_SECONDS = 20
RETRY_SECONDS = 5.0


class SlackApp:
    """Our side of one Slack workspace."""

    def __init__(self, service: Service, given: Keys, *, timeout: int = TIMEOUT_SECONDS) -> None:
        # Nothing is sent again behind our back: after a lost answer we look first whether it arrived.
        self.client = AsyncWebClient(
            token=given.bot_token, base_url=given.base_url, timeout=timeout, retry_handlers=[], logger=LOG
        )
        self.desk = Desk(service, self.client)
        self.app_token = given.app_token
        self._keys, self._bot, self._team = given, "", ""
        self._known = asyncio.Event()
        self.bolt = AsyncApp(
            name="dreflow",
            logger=logging.getLogger("dreflow.slack.bolt"),
            # Without a secret nobody can know, no request can prove to be Slack's; a socket proves itself.
            signing_secret=given.signing_secret or secrets.token_hex(32),
            client=AsyncWebClient(base_url=given.base_url, retry_handlers=[]),
            authorize=self._authorization(),
        )
        self.bolt.use(self._take)
        self._greeting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Find out who we are in Slack and go on with what was left open."""
        self._greeting = asyncio.get_running_loop().create_task(self._greet(), name="slack greeting")

    async def ready(self) -> None:
        """Wait until Slack has told us who we are."""
        await self._known.wait()

    async def close(self) -> None:
        """Stop; what is open goes on at the next start."""
        if self._greeting is not None:
            self._greeting.cancel()
            await asyncio.gather(self._greeting, return_exceptions=True)
        await self.desk.close()

    async def _greet(self) -> None:
        while True:
            try:
                me = await self.client.auth_test()
                self._bot, self._team = str(me["user_id"]), str(me["team_id"])
                break
            except SlackClientError as error:
                LOG.error("Slack does not let us in: %s", _reason(error))
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                LOG.warning("Slack cannot be reached (%s)", type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        await self.desk.start()
        self._known.set()

    def _authorization(self) -> Callable[..., Awaitable[AuthorizeResult]]:
        """Who we are, without asking Slack while it waits for an acknowledgement."""

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None, team_id=self._team, bot_user_id=self._bot or None, bot_token=self._keys.bot_token
            )

        return authorize

    async def _take(self, body: dict[str, Any]) -> BoltResponse:
        """Keep what arrived, then acknowledge it; what cannot be kept is not acknowledged, so Slack brings it again."""
        if not self._known.is_set():
            return BoltResponse(status=503, body="")
        team = body.get("team_id") or (body.get("team") or {}).get("id")
        if team != self._team:
            LOG.warning("a request of another Slack workspace was left alone")
            return BoltResponse(status=200, body="")
        try:
            said = heard(body, bot=self._bot)
        except (KeyError, TypeError, ValueError) as error:
            LOG.warning("a request of Slack was not understood (%s)", type(error).__name__)
            return BoltResponse(status=200, body="")
        if said is not None:
            await self.desk.hear(said)
        return BoltResponse(status=200, body="")


def _reason(error: SlackClientError) -> str:
    data = getattr(getattr(error, "response", None), "data", None)
    return str(data.get("error")) if isinstance(data, dict) else type(error).__name__


class Door(Protocol):
    """Who requests of the API are from; Slack's are signed instead."""


def mount(app: FastAPI, service: Service, _who: Door) -> None:
    """Take Slack's requests at ``/slack/events``, where its keys are set; nothing is added where they are not."""
    given = keys(vault=vault_secret)
    if given is None or given.signing_secret is None:
        return
    add(app, SlackApp(service, given))


def add(app: FastAPI, slack: SlackApp) -> None:
    """Add the route, and the work that goes on beside it as long as the application runs."""

    @app.post(PATH, include_in_schema=False)
    async def events(request: Request) -> Response:
        """A request of Slack's."""
        if not request.headers.get("x-slack-request-timestamp", "").isdigit():
            return Response(status_code=401)
        body = await _bounded(request)
        if body is None:
            # What else of it comes is not waited for.
            return Response(status_code=413, headers={"Connection": "close"})
        try:
            asked = to_async_bolt_request(request, body)
        except ValueError:
            # Neither text nor JSON; nothing that Slack sends.
            return Response(status_code=400)
        return to_starlette_response(await slack.bolt.async_dispatch(asked))

    around = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: FastAPI) -> AsyncIterator[Any]:
        async with around(running) as state:
            await slack.start()
            try:
                yield state
            finally:
                await slack.close()

    app.router.lifespan_context = lifespan


async def _bounded(request: Request) -> bytes | None:
    """The body; None as soon as it is longer than any that Slack sends, whatever the request says of its length."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_REQUEST:
            return None
    return bytes(body)


async def by_socket(slack: SlackApp) -> None:
    """Take Slack's events over a connection that we open, until cancelled: no address of ours is needed."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    await slack.start()
    await slack.ready()
    handler = AsyncSocketModeHandler(
        slack.bolt, slack.app_token, web_client=slack.client, logger=logging.getLogger("dreflow.slack.socket")
    )
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]
        await slack.close()
