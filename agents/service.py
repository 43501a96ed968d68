"""Conversations as a server holds them: who speaks, their sessions kept at hand, and turns off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from agents.opened import Opened
from agents.session import Message, Session
from memory.workspace import Workspace
from tools.context import Context, context_of

if TYPE_CHECKING:
    from agents.replies import Reply
    from agents.stages import Start

TURNS_AT_ONCE = 16
SESSIONS_KEPT = 48
"""Sessions whose data stays open between turns; the one unused longest is closed first."""


class Service:
    """One workspace's conversations. Safe to use from many tasks and threads."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        start: Start,
        clock: Callable[[], datetime],
        model: str = "builtin",
        data: tuple[str, ...] = (),
        address: str | None = None,
    ) -> None:
        self.workspace = workspace
        self.clock = clock
        self.address = address
        """Where people reach the chat page; None where there is none."""
        self._start, self._model, self._data = start, model, data
        self._beginning = threading.Lock()
        self._opened = Opened()
        self._pool = ThreadPoolExecutor(TURNS_AT_ONCE, thread_name_prefix="turn")
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._busy: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def context(self, principal: str) -> Context:
        """A principal at work here, with the rights that were given to them."""
        return context_of(self.workspace, principal)

    def reserve(self) -> str:
        """The id of a conversation that may begin later."""
        return f"t{self.workspace.store.next_id('thread')}"

    def begin(self, who: str | Context, text: str, *, surface: str, thread: str | None = None) -> str:
        """Open a conversation, under a reserved id where one is given; its id. One that is open already stays."""
        # Begun twice at once, the second would put the first words in place of what the first turn has kept.
        with self._beginning, Session(self._context_of(who), clock=self.clock, model=self._model) as session:
            return session.begin(text, surface=surface, thread=thread)

    async def talk(self, who: str | Context, message: Message) -> AsyncIterator[Reply]:
        """Answer a message reply by reply, each as soon as it is there. Leaving early stops the turn.

        ``who`` is a principal, or a context whose rights depend on more than that, such as where it is spoken. What
        pipelines have to say comes first, and counts as told when the caller asks for what comes after it.
        """
        principal = who.principal if isinstance(who, Context) else who
        async for told in self.news(who, message.thread or ""):
            yield told
        loop = asyncio.get_running_loop()
        replies: asyncio.Queue[Reply | None] = asyncio.Queue()
        key = (principal, message.thread or "")

        def held() -> None:
            try:
                session = self._taken(key, self._context_of(who))
                try:
                    for reply in session.talk(message, start=self._start, data=self._data, tells=False):
                        loop.call_soon_threadsafe(replies.put_nowait, reply)
                finally:
                    self._given_back(key)
            finally:
                loop.call_soon_threadsafe(replies.put_nowait, None)

        work = loop.run_in_executor(self._pool, held)
        try:
            while (reply := await replies.get()) is not None:
                yield reply
        except (GeneratorExit, asyncio.CancelledError):
            self.stop(*key)
            raise
        # What went wrong in the other thread is raised here.
        await work

    async def news(self, who: str | Context, thread: str) -> AsyncGenerator[Reply, None]:
        """What pipelines of a conversation have to say since somebody looked, each until somebody has shown it.

        Whoever asks for the next one has shown the one before; who ends earlier leaves it to be told again.
        """
        from agents.news import news

        def opened() -> Iterator[Reply]:
            if self.workspace.store.thread(thread) is None:
                return iter(())
            return news(self._context_of(who), thread, clock=self.clock)

        told = await asyncio.to_thread(opened)
        while (reply := await asyncio.to_thread(next, told, None)) is not None:
            yield reply

    def stop(self, principal: str, thread: str) -> None:
        """Stop the turn that a conversation is at."""
        with self._lock:
            session = self._sessions.get((principal, thread))
        if session is not None:
            session.stop(thread)
            return
        with Session(self.context(principal), clock=self.clock) as other:
            other.stop(thread)

    def close(self) -> None:
        """End what is at work and let go of all data."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for session in self._sessions.values():
                session.close()
            self._sessions.clear()
        self._opened.close()

    def _context_of(self, who: str | Context) -> Context:
        return who if isinstance(who, Context) else self.context(who)

    def _taken(self, key: tuple[str, str], context: Context) -> Session:
        with self._lock:
            session = self._sessions.pop(key, None)
            if session is None or session.context.rights != context.rights:
                session = Session(context, clock=self.clock, model=self._model, opened=self._opened)
            self._sessions[key] = session
            self._busy[key] = self._busy.get(key, 0) + 1
            idle = [one for one in self._sessions if one not in self._busy]
            for old in idle[: max(0, len(self._sessions) - SESSIONS_KEPT)]:
                self._sessions.pop(old).close()
            return session

    def _given_back(self, key: tuple[str, str]) -> None:
        with self._lock:
            left = self._busy[key] - 1
            if left:
                self._busy[key] = left
            else:
                del self._busy[key]
