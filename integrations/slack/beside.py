"""Work that goes on beside Slack's requests: one task a conversation, begun again when something comes meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

LOG = logging.getLogger("dreflow.slack")


class OneEach:
    """Does ``work`` for a conversation, never twice at once; ``trouble`` is what the log says when it fails."""

    def __init__(self, work: Callable[[str], Coroutine[None, None, None]], *, trouble: str) -> None:
        self._work, self._trouble = work, trouble
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()

    def kick(self, thread: str) -> None:
        """Do what there is to do in a conversation; once more when it is being done."""
        if thread in self._at_work:
            self._again.add(thread)
            return
        task = asyncio.get_running_loop().create_task(self._work(thread), name=f"slack {thread}")
        self._at_work[thread] = task
        task.add_done_callback(lambda _: self._rest(thread))

    async def done(self) -> None:
        """Wait until nothing is at work any more."""
        while self._at_work:
            await asyncio.gather(*self._at_work.values(), return_exceptions=True)
            # What ended may have begun something again.
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Stop; what was not done goes on at the next start."""
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _rest(self, thread: str) -> None:
        task = self._at_work.pop(thread, None)
        again = thread in self._again
        self._again.discard(thread)
        if task is None or task.cancelled():
            return
        if (error := task.exception()) is not None:
            LOG.error(self._trouble, thread, exc_info=error)
        elif again:
            self.kick(thread)
