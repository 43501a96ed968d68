"""Chainlit's data layer over our own conversations: one truth, so that nothing is kept or forgotten twice."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from chainlit.data.base import BaseDataLayer
from chainlit.types import PageInfo, PaginatedResponse
from chainlit.user import PersistedUser

from agents import replies
from agents.service import Service
from chat_ui.render import rendered
from spec.errors import AccessError, BusyError
from tools import conversations, forget

if TYPE_CHECKING:
    from chainlit.element import Element, ElementDict
    from chainlit.step import StepDict
    from chainlit.types import Feedback, Pagination, ThreadDict, ThreadFilter
    from chainlit.user import User

LOG = logging.getLogger("dreflow.page")
RESERVED = re.compile(r"t\d+")
"""An id of ours; Chainlit makes up another until the page's conversation has one."""
STOPPING = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds to wait, one after the other, for a turn that was told to stop."""


class ThreadLayer(BaseDataLayer):
    """Reads conversations; writing is the service's, so what Chainlit would write is let go."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def get_user(self, identifier: str) -> PersistedUser | None:
        """The person, who needs no row of their own here."""
        return PersistedUser(id=identifier, identifier=identifier, createdAt="")

    async def create_user(self, user: User) -> PersistedUser | None:
        """As ``get_user``."""
        return await self.get_user(user.identifier)

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """The conversations of a person, the one last spoken in first."""
        return await asyncio.to_thread(self._listed, pagination, filters)

    def _listed(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        context = self._service.context(filters.userId or "")
        found = [one for one in conversations.recent(context, limit=1000) if one.surface == "page"]
        if filters.search:
            found = [one for one in found if filters.search.casefold() in one.title.casefold()]
        at = next((i + 1 for i, one in enumerate(found) if one.id == pagination.cursor), 0)
        shown = found[at : at + pagination.first]
        listed = [
            {
                "id": one.id,
                "createdAt": one.updated_at.isoformat(),
                "name": one.title,
                "userId": one.created_by,
                "userIdentifier": one.created_by,
                "tags": [],
                "metadata": {},
                "steps": [],
                "elements": [],
            }
            for one in shown
        ]
        page = PageInfo(
            hasNextPage=at + len(shown) < len(found),
            startCursor=shown[0].id if shown else None,
            endCursor=shown[-1].id if shown else None,
        )
        return PaginatedResponse(pageInfo=page, data=cast("list[ThreadDict]", listed))

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """A conversation with all that was said, its tables and charts."""
        return await asyncio.to_thread(self._thread, thread_id)

    def _thread(self, thread_id: str) -> ThreadDict | None:
        about = conversations.of(self._service.context("")).about(thread_id)
        if about is None:
            return None
        context = self._service.context(about.created_by)
        steps: list[dict[str, Any]] = []
        elements: list[dict[str, Any]] = []
        for message in conversations.of(context).messages(thread_id):
            at = message.at.isoformat()
            if "text" in message.body:
                steps.append(_step(thread_id, message.seq, "user_message", message.author, _said(message.body), at))
                continue
            reply = replies.REPLY.validate_python(message.body["reply"])
            if isinstance(reply, replies.Progress):
                continue
            shown = rendered(reply, live=self._waits(thread_id, reply))
            step = _step(thread_id, message.seq, "assistant_message", "DReflowPro", shown.text, at)
            steps.append(step)
            elements += [
                piece.past(f"{thread_id}-{message.seq}-{number}", thread=thread_id, step=step["id"])
                for number, piece in enumerate(shown.pieces)
            ]
        return cast(
            "ThreadDict",
            {
                "id": thread_id,
                "createdAt": about.created_at.isoformat(),
                "name": about.title,
                "userId": about.created_by,
                "userIdentifier": about.created_by,
                "tags": [],
                "metadata": {},
                "steps": steps,
                "elements": elements,
            },
        )

    def _waits(self, thread: str, reply: replies.Reply) -> bool:
        """Whether a card or a question of the past can still be decided about: when it is the one that is open."""
        context = self._service.context("")
        if isinstance(reply, replies.PlanCard):
            plans = conversations.of(context).plans(thread)
            return bool(plans) and plans[-1].status == "proposed" and plans[-1].spec_digest == reply.spec_digest
        if isinstance(reply, replies.Question):
            saved = context.workspace.store.thread(thread)
            return saved is not None and saved.question is not None and saved.question.get("key") == reply.key
        return False

    async def get_thread_author(self, thread_id: str) -> str:
        """Whose conversation it is."""
        about = conversations.of(self._service.context("")).about(thread_id)
        return about.created_by if about else ""

    async def delete_thread(self, thread_id: str) -> None:
        """Forget a conversation; what is at work in it is stopped first."""
        about = conversations.of(self._service.context("")).about(thread_id)
        if about is None:
            return
        self._service.stop(about.created_by, thread_id)
        context = self._service.context(about.created_by)
        for waits in (*STOPPING, None):
            try:
                await asyncio.to_thread(forget.thread, context, thread_id, now=self._service.clock())
                return
            except BusyError:
                if waits is None:
                    raise
                await asyncio.sleep(waits)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,  # noqa: ARG002 - Chainlit's form
        tags: list[str] | None = None,  # noqa: ARG002 - Chainlit's form
    ) -> None:
        """Open it with its first words, which Chainlit tells with whose they are; else give it another title.

        The page looks at the list as soon as this is done, so a conversation that began only with its turn would not
        be in it yet.
        """
        if name is None:
            return
        if user_id is None:
            about = conversations.of(self._service.context("")).about(thread_id)
            if about is not None:
                owner = self._service.context(about.created_by)
                await asyncio.to_thread(conversations.rename, owner, thread_id, name)
        elif RESERVED.fullmatch(thread_id):
            try:
                await asyncio.to_thread(self._service.begin, user_id, name, surface="page", thread=thread_id)
            except AccessError:
                # Whoever may not ask is told so by the message itself.
                LOG.info("%s may not begin a conversation.", user_id)

    async def create_step(self, step_dict: StepDict) -> None:
        """Kept by the service already."""

    async def update_step(self, step_dict: StepDict) -> None:
        """Kept by the service already."""

    async def delete_step(self, step_id: str) -> None:
        """Kept by the service already."""

    async def create_element(self, element: Element) -> None:
        """Kept by the service already."""

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        """One table, chart or card of a conversation."""
        thread = await self.get_thread(thread_id)
        found = (thread["elements"] or []) if thread is not None else []
        return next((one for one in found if one.get("id") == element_id), None)

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        """Kept by the service already."""

    async def upsert_feedback(self, feedback: Feedback) -> str:  # noqa: ARG002 - Chainlit's form
        """Not offered."""
        return ""

    async def delete_feedback(self, feedback_id: str) -> bool:  # noqa: ARG002 - Chainlit's form
        """Not offered."""
        return False

    async def build_debug_url(self) -> str:
        """There is none."""
        return ""

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:  # noqa: ARG002 - Chainlit's form
        """Not offered."""
        return []

    async def close(self) -> None:
        """The service closes the store."""


def _said(body: Mapping[str, Any]) -> str:
    """What a person said, and below it the names of the files that came with it; the page shows it as it is."""
    files = ", ".join(body.get("files", []))
    return "\n".join(part for part in (str(body["text"]), f"With {files}" if files else "") if part)


def _step(thread: str, seq: int, kind: str, name: str, text: object, at: str) -> dict[str, Any]:
    return {
        "id": f"{thread}-{seq}",
        "threadId": thread,
        "parentId": None,
        "name": name,
        "type": kind,
        "input": "",
        "output": str(text),
        "createdAt": at,
        "start": at,
        "end": at,
        "streaming": False,
        "isError": False,
        "metadata": {},
        "tags": [],
        "generation": None,
        "showInput": False,
    }
