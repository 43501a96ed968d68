"""Says in Slack what is queued, each thing once: in order in each conversation, and never twice after a lost answer.

What was begun to be sent and not confirmed is looked for in Slack before it is sent again: a message by the key in its
metadata, a file by the id that Slack gave it. A message that a single person sees cannot be read back, so it may
stand there twice after a lost answer; it is never lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from integrations.slack.beside import OneEach
from memory.slack_store import Outgoing, SlackStore
from spec.base import JsonValue

LOG = logging.getLogger("dreflow.slack")
EVENT = "dreflow_reply"
UNSURE = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable", "unreadable"})
"""What Slack answers when it does not know itself whether something was done."""
LATER = frozenset({"account_inactive", "invalid_auth", "missing_scope", "not_authed", "token_expired", "token_revoked"})
"""What whoever runs this has to put right; until then nothing is given up."""
TOO_MUCH = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
LONGEST_WAIT = 60.0
LONGEST_TEXT = 3_500
LOST = (SlackClientError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""No answer, or one that cannot be read: it may have been done or not."""


class Refused(Exception):
    """Slack will never take this; ``str`` is its word for why."""


class Outbox:
    """Sends what a store has queued for this process."""

    def __init__(
        self,
        client: AsyncWebClient,
        store: SlackStore,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        refused: Callable[[Outgoing, str], None] = lambda _row, _why: None,
    ) -> None:
        self._client, self._store, self._sleep, self._refused = client, store, sleep, refused
        self._sending = OneEach(self._drain, trouble="what is queued for %s could not be sent")

    def kick(self, thread: str) -> None:
        """Say what is queued in a conversation."""
        self._sending.kick(thread)

    async def empty(self) -> None:
        """Wait until all that was queued is said."""
        await self._sending.done()

    async def close(self) -> None:
        """Stop; what was not said goes on at the next start."""
        await self._sending.close()

    async def _drain(self, thread: str) -> None:
        while (row := await asyncio.to_thread(self._store.next_out, thread)) is not None:
            await self._say(row)

    async def _say(self, row: Outgoing) -> None:
        """Send one row, however long it takes."""
        pause = 1.0
        unsure = row.status == "sending"
        while True:
            try:
                if unsure and (found := await self._read_back(row)) is not None:
                    await asyncio.to_thread(self._sent, row, *found)
                    return
                unsure = False
                await asyncio.to_thread(self._store.sending, row.key)
                unsure = True
                try:
                    channel, ts = await self._send(row)
                except SlackApiError as error:
                    # A refusal for being too fast was surely not done.
                    unsure = not _too_fast(error)
                    raise
                await asyncio.to_thread(self._sent, row, channel, ts)
                return
            except Refused as error:
                await asyncio.to_thread(self._give_up, row, str(error))
                return
            except SlackApiError as error:
                word = _word(error)
                if word in TOO_MUCH and row.body.get("blocks"):
                    LOG.error("Slack does not take the blocks of %s (%s); it is sent as text", row.key, word)
                    row = replace(row, body=_as_text(row.body))
                    continue
                wait = _wait(error, pause)
                if wait is None:
                    await asyncio.to_thread(self._give_up, row, word)
                    return
                LOG.warning("Slack asks to wait %.0f s (%s)", wait, word)
                await self._sleep(wait)
            except LOST as error:
                LOG.warning("no answer from Slack (%s), looking again in %.0f s", type(error).__name__, pause)
                await self._sleep(pause)
            pause = min(pause * 2, LONGEST_WAIT)

    def _sent(self, row: Outgoing, channel: str, ts: str) -> None:
        if row.kind == "root":
            self._store.placed(row.thread, ts)
        self._store.sent(row.key, channel=channel, ts=ts)
        _let_go(row)

    def _give_up(self, row: Outgoing, why: str) -> None:
        LOG.error("Slack does not take %s: %s", row.key, why)
        with self._store.transaction():
            self._store.refused(row.key, why)
            self._refused(row, why)
        _let_go(row)

    # Each kind

    async def _send(self, row: Outgoing) -> tuple[str, str]:
        body: dict[str, Any] = dict(row.body)
        channel, thread_ts = await self._where(row)
        if row.kind == "update":
            return await self._update(row, body)
        if row.kind == "file":
            return await self._upload(row, body, channel, thread_ts)
        said: dict[str, Any] = {"text": body["text"], "blocks": body.get("blocks") or None, "parse": "none"}
        if row.kind == "ephemeral":
            answer = await self._client.chat_postEphemeral(
                channel=channel, user=body["user"], thread_ts=thread_ts, link_names=False, **said
            )
            return channel, str(answer.get("message_ts", ""))
        metadata = {"event_type": EVENT, "event_payload": {"key": row.key}}
        answer = await self._client.chat_postMessage(
            channel=channel, thread_ts=thread_ts, metadata=metadata, unfurl_links=False, unfurl_media=False, **said
        )
        return str(answer["channel"]), str(answer["ts"])

    async def _where(self, row: Outgoing) -> tuple[str, str | None]:
        """The channel and Slack thread of a row. ``direct`` in its body names who gets it by direct message."""
        place = await asyncio.to_thread(self._store.place, row.thread)
        if place is None:
            raise Refused("no_place")
        person = row.body.get("direct")
        if isinstance(person, str):
            opened = await self._client.conversations_open(users=person)
            return str(cast("dict[str, Any]", opened["channel"])["id"]), None
        if row.kind in {"root", "ephemeral"}:
            return place.channel, place.ts or None
        if place.ts is None:
            # Its thread's first message was refused, so there is nowhere to say it.
            raise Refused("no_thread")
        return place.channel, place.ts or None

    async def _update(self, row: Outgoing, body: dict[str, Any]) -> tuple[str, str]:
        target = await asyncio.to_thread(self._store.outgoing, row.target or "")
        if target is None or target.channel is None or not target.ts:
            raise Refused("nothing_to_update")
        await self._client.chat_update(
            channel=target.channel, ts=target.ts, text=body["text"], blocks=body.get("blocks") or None, parse="none"
        )
        return target.channel, target.ts

    async def _upload(
        self, row: Outgoing, body: dict[str, Any], channel: str, thread_ts: str | None
    ) -> tuple[str, str]:
        path = Path(str(body["path"]))
        try:
            data = await asyncio.to_thread(path.read_bytes)
        except OSError:
            raise Refused("file_gone") from None
        if not data:
            raise Refused("empty_file")
        begun = await self._client.files_getUploadURLExternal(
            filename=str(body["name"]), length=len(data), alt_txt=body.get("alt") or None
        )
        file = str(begun["file_id"])
        await self._put(str(begun["upload_url"]), data)
        # Kept before Slack shows it: by this id it is found again when the last answer is lost.
        await asyncio.to_thread(self._store.uploading, row.key, file)
        await self._client.files_completeUploadExternal(
            files=[{"id": file, "title": str(body.get("title") or body["name"])}],
            channel_id=channel,
            thread_ts=thread_ts,
        )
        return channel, ""

    async def _put(self, url: str, data: bytes) -> None:
        timeout = aiohttp.ClientTimeout(total=max(60.0, len(data) / 50_000))
        async with aiohttp.ClientSession(timeout=timeout) as session, session.post(url, data=data) as answer:
            if answer.status != 200:
                raise aiohttp.ClientError(f"the upload was answered with {answer.status}")

    # Reading back

    async def _read_back(self, row: Outgoing) -> tuple[str, str] | None:
        """Where what was sent stands in Slack; None when it does not, or cannot be told."""
        if row.kind in {"ephemeral", "update"}:
            # An update done twice is the same; an ephemeral message is seen by its reader only.
            return None
        fresh = await asyncio.to_thread(self._store.outgoing, row.key)
        if fresh is None or (row.kind == "file" and fresh.file is None):
            return None
        channel, thread_ts = await self._where(row)

        def ours(message: dict[str, Any]) -> bool:
            if row.kind == "file":
                return any(one.get("id") == fresh.file for one in message.get("files") or ())
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            return payload.get("key") == row.key

        found = await self._find(channel, thread_ts, row.at, ours)
        if row.kind == "file":
            # Slack shows a file some time after it took it.
            for pause in (1.0, 2.0, 4.0):
                if found is not None:
                    break
                await self._sleep(pause)
                found = await self._find(channel, thread_ts, row.at, ours)
        return None if found is None else (channel, found)

    async def _find(
        self, channel: str, thread_ts: str | None, since: datetime, ours: Callable[[dict[str, Any]], bool]
    ) -> str | None:
        cursor: str | None = None
        # Clocks differ; what was sent cannot be much older than when it was queued.
        oldest = f"{(since - timedelta(minutes=10)).timestamp():.6f}"
        while True:
            more: dict[str, Any] = {"include_all_metadata": True, "limit": 200, "oldest": oldest, "cursor": cursor}
            if thread_ts is not None:
                page = await self._client.conversations_replies(channel=channel, ts=thread_ts, **more)
            else:
                page = await self._client.conversations_history(channel=channel, **more)
            for message in cast("list[dict[str, Any]]", page["messages"]):
                if ours(message):
                    return str(message["ts"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "") or None
            if cursor is None:
                return None


def _let_go(row: Outgoing) -> None:
    """Take away the file of a message that is sent, or never will be."""
    if row.kind == "file":
        Path(str(row.body["path"])).unlink(missing_ok=True)


def _as_text(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A message without its blocks, their words as its text."""
    texts: list[str] = []
    for block in cast("list[dict[str, Any]]", body.get("blocks") or []):
        for part in (block.get("text"), *block.get("elements", ())):
            if isinstance(part, dict):
                inner = part.get("text")
                texts.append(str(inner["text"]) if isinstance(inner, dict) else str(inner or ""))
    text = "\n".join(one for one in texts if one)[:LONGEST_TEXT]
    return {**body, "text": text or body.get("text"), "blocks": []}


def _word(error: SlackApiError) -> str:
    if _status(error) == 429:
        return "ratelimited"
    data = getattr(error.response, "data", None)
    return str(data["error"]) if isinstance(data, dict) and "error" in data else "unreadable"


def _status(error: SlackApiError) -> int:
    return int(getattr(error.response, "status_code", None) or getattr(error.response, "status", 0) or 0)


def _too_fast(error: SlackApiError) -> bool:
    return _status(error) == 429 or _word(error) == "ratelimited"


def _wait(error: SlackApiError, pause: float) -> float | None:
    """Seconds until another try; None when there is no use in one."""
    if _too_fast(error):
        headers = getattr(error.response, "headers", None) or {}
        told = headers.get("Retry-After") or headers.get("retry-after")
        return float(told) if told and str(told).isdigit() else pause
    if _status(error) >= 500 or _word(error) in UNSURE:
        return pause
    return LONGEST_WAIT if _word(error) in LATER else None
