"""Files between Slack and the workspace: what people drop there, and what waits here to be sent."""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from agents.service import Service
from integrations.slack.events import GivenFile
from spec.errors import AccessError, TransientError
from tools import uploads
from tools.context import Context

T = TypeVar("T")
PIECE = 1 << 18
_ODD = re.compile(r"[^\w.\-]+")


class FilesIn:
    """Takes files that were dropped into Slack, from Slack only: our token goes nowhere else."""

    def __init__(self, client: AsyncWebClient, service: Service) -> None:
        self._client, self._service = client, service

    async def take(self, context: Context, thread: str, files: Sequence[GivenFile]) -> list[str]:
        """Bring the files into the conversation; their paths here."""
        return [await self._one(context, thread, file) for file in files]

    async def _one(self, context: Context, thread: str, file: GivenFile) -> str:
        if not self._is_slacks(file.url):
            raise AccessError(f"{file.name} does not lie in Slack, so I do not fetch it.", hint="Drop the file itself.")
        headers = {"Authorization": f"Bearer {self._client.token}"}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=30.0)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(file.url, headers=headers, allow_redirects=False) as answer,
            ):
                # Without the right to read files, Slack answers with a page that asks to log in.
                if answer.status != 200 or answer.content_type == "text/html":
                    raise AccessError(
                        f"Slack did not give me {file.name}.", hint="The app needs the permission files:read."
                    )
                receiving = uploads.receive(context, thread, file.name, now=self._service.clock())
                async with _in_threads(receiving) as incoming:
                    async for piece in answer.content.iter_chunked(PIECE):
                        await asyncio.to_thread(incoming.write, piece)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise TransientError(f"{file.name} did not arrive from Slack.", hint="Drop it again.") from error
        return str(incoming.path)

    def _is_slacks(self, url: str) -> bool:
        asked, ours = urlsplit(url), urlsplit(self._client.base_url)
        if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
            return True
        host = asked.hostname or ""
        return asked.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")) and asked.port is None


@asynccontextmanager
async def _in_threads(work: AbstractContextManager[T]) -> AsyncIterator[T]:
    """What a context manager does on its way in and out, off the event loop."""
    entered = await asyncio.to_thread(work.__enter__)
    try:
        yield entered
    except BaseException as error:
        if not await asyncio.to_thread(work.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await asyncio.to_thread(work.__exit__, None, None, None)


class FilesOut:
    """Files that wait to be sent, each under the key of its message and taken away once it was sent or refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, thread: str, key: str, name: str, content: bytes | Path) -> Path:
        """Keep bytes, or a file as it is now whatever becomes of it until it is sent; where they lie."""
        folder = self._folder / thread
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}-{_ODD.sub('_', name)[-80:]}"
        beside = path.with_name(f"{path.name}.part")
        beside.unlink(missing_ok=True)
        if isinstance(content, bytes):
            beside.write_bytes(content)
        else:
            shutil.copyfile(content, beside)
        beside.replace(path)
        return path
