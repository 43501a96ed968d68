"""Files between Slack and the workspace: what people drop there, and what waits here to be sent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from agents.service import Service
from integrations.slack.events import GivenFile
from spec.errors import AccessError, TransientError
from tools import uploads
from tools.context import Context

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
                with uploads.receive(context, thread, file.name, now=self._service.clock()) as incoming:
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


class FilesOut:
    """Files that wait to be sent; each is taken away once it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keeper(self, thread: str) -> Callable[[str, bytes], Path]:
        """Keeps bytes under a name for a conversation."""

        def keep(name: str, data: bytes) -> Path:
            path = self._place(thread, name, hashlib.sha256(data).hexdigest())
            beside = path.with_suffix(".part")
            beside.write_bytes(data)
            beside.replace(path)
            return path

        return keep

    def held(self, thread: str, path: Path) -> Path:
        """A file as it is now, whatever becomes of it until it is sent."""
        if path.is_relative_to(self._folder):
            return path
        kept = self._place(thread, path.name, hashlib.sha256(f"{path}{path.stat().st_mtime_ns}".encode()).hexdigest())
        if not kept.exists():
            try:
                os.link(path, kept)
            except OSError:
                shutil.copyfile(path, kept)
        return kept

    def _place(self, thread: str, name: str, digest: str) -> Path:
        folder = self._folder / thread
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{digest[:12]}-{_ODD.sub('_', name)[-80:]}"
