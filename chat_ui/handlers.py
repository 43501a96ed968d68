"""Chainlit's events: a message, a click, a file, a stop, a conversation opened again."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import chainlit as cl
from chainlit.context import context as page_context
from chainlit.data.base import BaseDataLayer

from agents import replies
from agents.session import Message
from chat_ui.hall import the_hall
from chat_ui.layer import ThreadLayer
from chat_ui.render import show
from spec.errors import DreflowError
from tools import logins, uploads

STARTERS = (
    (
        "Where does the money go?",
        "Why do the payouts not match the orders? Show me where the money goes, every Monday.",
    ),
    ("What can you do?", "What can you do?"),
    ("What is in my data?", "What is in my data?"),
    ("What runs by itself?", "Show my pipelines"),
)

NEWS_SECONDS = 5.0
_THREAD = "thread"


def register() -> None:
    """Tell Chainlit of the handlers."""
    cl.data_layer(layer)
    cl.password_auth_callback(with_password)
    if os.environ.get("OAUTH_GENERIC_CLIENT_ID"):
        cl.oauth_callback(with_provider)
    cl.on_chat_start(started)
    cl.on_chat_resume(resumed)
    cl.on_message(said)
    cl.on_stop(stopped)
    cl.set_starters(starters)
    cl.action_callback("answer")(answered)
    cl.action_callback("decide")(decided)


def layer() -> BaseDataLayer:
    """Conversations as Chainlit lists and opens them."""
    return ThreadLayer(the_hall().service)


async def with_password(name: str, password: str) -> cl.User | None:
    """Whoever knows a password that was set here."""
    service = the_hall().service
    right = await asyncio.to_thread(logins.verified, service.workspace, name, password, now=service.clock())
    return cl.User(identifier=name) if right else None


async def with_provider(
    _provider: str, _token: str, claims: dict[str, Any], user: cl.User, _id_token: str | None = None
) -> cl.User | None:
    """Whoever an identity provider (OpenID Connect) vouches for, when that name has rights here.

    An address that they typed there and nobody verified is no proof that it is theirs. Chainlit hands over a token of
    identity from one kind of provider only, whatever its types say.
    """
    name = claims.get("email") or user.identifier
    if not isinstance(name, str) or claims.get("email_verified") in (False, "false"):
        return None
    alike = [one for one in the_hall().service.workspace.store.principals() if one.casefold() == name.casefold()]
    here = name if name in alike else alike[0] if len(alike) == 1 else None
    # A name without an @ is somebody of Slack or at this machine, for whom no provider vouches.
    return cl.User(identifier=here) if here is not None and "@" in here else None


async def starters(_user: object = None, _language: object = None) -> list[cl.Starter]:
    """Ways to begin."""
    return [cl.Starter(label=label, message=message) for label, message in STARTERS]


async def started() -> None:
    """Reserve the conversation's id, so that the page's address names it; it is kept with its first words."""
    _own_thread()
    _watch()


async def resumed(_: object) -> None:
    """What was said is shown by the data layer; what happens from now on is told as it comes."""
    cl.user_session.set(_THREAD, page_context.session.thread_id)
    _watch()


def _own_thread() -> str:
    """The conversation's id, reserved by whatever comes first: the page's start, or quick fingers."""
    if cl.user_session.get(_THREAD) is None:
        page_context.session.thread_id = the_hall().service.reserve()
        cl.user_session.set(_THREAD, page_context.session.thread_id)
    return page_context.session.thread_id


def _watch() -> None:
    """Tell what pipelines of this conversation have to say, as long as the page is open."""
    before = cl.user_session.get("news")
    if before is not None and not before.done():
        return
    task = asyncio.create_task(_tell_news())
    # The session holds the task, so that it lives as long as the page does.
    cl.user_session.set("news", task)


async def _tell_news() -> None:
    """A page that lost its connection may come back, so it is watched for as long as Chainlit remembers it."""
    session = page_context.session
    while _is_known(session):
        if _is_connected(session):
            async with aclosing(the_hall().service.news(_principal(), session.thread_id)) as told:
                async for reply in told:
                    await show(reply)
                    if not _is_connected(session):
                        # Nobody may have seen it, so it is not told yet.
                        break
        await asyncio.sleep(NEWS_SECONDS)


def _is_known(session: Any) -> bool:
    from chainlit.session import WebsocketSession

    return WebsocketSession.get_by_id(session.id) is session


def _is_connected(session: Any) -> bool:
    from chainlit.server import sio

    return bool(sio.manager.is_connected(session.socket_id, "/"))


async def said(message: cl.Message) -> None:
    """A message, with files that were dropped."""
    hall, thread = the_hall(), _own_thread()
    principal = _principal()
    data: list[str] = []
    try:
        await asyncio.to_thread(hall.service.begin, principal, message.content, surface="page", thread=thread)
        for element in message.elements or []:
            if element.path:
                # A large file takes a while to copy, and everybody else is served meanwhile.
                taken = await asyncio.to_thread(
                    uploads.take,
                    hall.service.context(principal),
                    thread,
                    Path(element.path),
                    element.name,
                    now=hall.service.clock(),
                )
                data.append(str(taken))
    except DreflowError as error:
        await show(replies.Failure(message=error.message, hint=error.hint, error=error.kind, who=error.who))
        return
    # A phone shows no list of conversations, and only that list writes the page's address.
    await cl.send_window_message({"conversation": thread})
    await _show_all(hall.service.talk(principal, Message(text=message.content, thread=thread, data=tuple(data))))


async def answered(action: cl.Action) -> None:
    """A click on an option of a question."""
    await _echo(str(action.payload["label"]))
    await _act(
        Message(
            thread=page_context.session.thread_id,
            answer=str(action.payload["value"]),
            question=str(action.payload["question"]),
        )
    )


async def decided(action: cl.Action) -> None:
    """A click on Approve or Reject, about exactly the plan of that card."""
    decision = "approve" if action.payload["decision"] == "approve" else "reject"
    await _echo(decision.capitalize())
    await _act(
        Message(
            thread=page_context.session.thread_id,
            decision=cast("Any", decision),
            digest=str(action.payload["digest"]),
        )
    )


async def stopped() -> None:
    """The stop button."""
    the_hall().service.stop(_principal(), page_context.session.thread_id)


async def _echo(text: str) -> None:
    """Show a click as what the person said."""
    await cl.Message(content=text, type="user_message", author=_principal()).send()


async def _act(message: Message) -> None:
    # A click is at work like a message is: that is shown, and can be stopped.
    await page_context.emitter.task_start()
    try:
        await _show_all(the_hall().service.talk(_principal(), message))
    finally:
        await page_context.emitter.task_end()


async def _show_all(stream: AsyncIterator[replies.Reply]) -> None:
    progress: cl.Message | None = None
    async for reply in stream:
        if isinstance(reply, replies.Progress):
            if progress is None:
                progress = cl.Message(content=reply.text)
                await progress.send()
            else:
                progress.content = reply.text
                await progress.update()
            continue
        if progress is not None:
            await progress.remove()
            progress = None
        await show(reply)


def _principal() -> str:
    user = page_context.session.user
    return user.identifier if user is not None else the_hall().local
