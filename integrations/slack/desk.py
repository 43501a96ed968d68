"""Between Slack and the conversations: what arrives is kept, answered in order, and the answers are queued.

What arrived is kept before Slack hears that it did, and what is to be said before it is sent, so that a process may end
at any point: the next one goes on where it was, with the same keys, and nothing is lost or said twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

from slack_sdk.web.async_client import AsyncWebClient

from agents import replies
from agents.pasted import without_keys
from agents.service import Service
from agents.session import Message
from integrations.slack import blocks, closing, telling
from integrations.slack.beside import OneEach
from integrations.slack.events import Heard, split_command
from integrations.slack.files import FilesIn, FilesOut
from integrations.slack.outbox import Outbox
from integrations.slack.sayings import Sayings
from memory.slack_store import Arrived, Outgoing, SlackStore
from spec.base import JsonValue
from spec.errors import AccessError, DreflowError
from tools import channels, conversations
from tools.context import Context

LOG = logging.getLogger("dreflow.slack")
MOST_ATTEMPTS = 3
LOOK_AROUND_SECONDS = 10.0
PROGRESS_SECONDS = 1.5
HELP = (
    "`/dreflow ask` and a question about your data, `/dreflow plan` and what should be done with it again and again, "
    "`/dreflow runs` for what ran. Or mention me, or write to me directly; in a thread we go on where we were."
)


@dataclass(frozen=True)
class Turn:
    """One thing heard, at work: as whom it is answered and who sees that."""

    arrived: Arrived
    heard: Heard
    context: Context
    audience: channels.Audience

    @property
    def alone(self) -> bool:
        """Whether only the asking person may see the answer, in a place where others are too."""
        return self.audience == "person" and not self.heard.direct


class Desk:
    """Answers what is heard. Safe to be ended at any time."""

    def __init__(
        self, service: Service, client: AsyncWebClient, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._service, self._clock = service, clock
        self._store = SlackStore(service.workspace.store)
        self.outbox = Outbox(client, self._store, refused=self._not_taken)
        self._incoming = FilesIn(client, service)
        self._files = FilesOut(service.workspace.folder / "slack")
        self._answers = OneEach(self._answer_all, trouble="what was said in %s could not be answered")
        self._watch: asyncio.Task[None] | None = None

    # From start to end

    async def start(self) -> None:
        """Go on with all that was left open, now and whenever another process here is gone."""
        await self._look_around()
        self._watch = asyncio.get_running_loop().create_task(self._keep_looking(), name="slack watch")

    async def close(self) -> None:
        """Stop; what is open goes on at the next start."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._answers.close()
        await self.outbox.close()

    async def idle(self) -> None:
        """Wait until everything heard is answered and said."""
        await self._answers.done()
        await self.outbox.empty()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AROUND_SECONDS)
            try:
                await self._look_around()
            except Exception:
                LOG.exception("looking for what was left open failed; it is tried again")

    async def _look_around(self) -> None:
        await asyncio.to_thread(self._store.adopt)
        for arrived in await asyncio.to_thread(self._store.unanswered):
            if self._store.is_mine(arrived.owner):
                self._answers.kick(arrived.thread)
        await asyncio.to_thread(telling.tell_notices, self._store, self._service)
        for row in await asyncio.to_thread(self._store.unsaid):
            if self._store.is_mine(row.owner):
                self.outbox.kick(row.thread)

    # Hearing

    async def hear(self, heard: Heard) -> None:
        """Keep what was heard; when this returns, it will be answered. A key that somebody wrote is not kept."""
        thread = await asyncio.to_thread(self._kept, heard)
        if thread is not None:
            self._answers.kick(thread)

    def _kept(self, heard: Heard) -> str | None:
        """The conversation it belongs to, when it is new and one of ours."""
        heard = replace(heard, text=without_keys(heard.text))
        if self._store.heard(heard.id):
            return None
        thread = self._thread_of(heard)
        if thread is None:
            return None
        new = self._store.take(heard.id, thread, heard.to_json(), now=self._service.clock())
        return thread if new else None

    def _thread_of(self, heard: Heard) -> str | None:
        now = self._service.clock()
        if heard.kind in {"answer", "decide"}:
            thread = heard.given.get("thread", "")
            place = self._store.place(thread)
            # A button works where it was put, and nowhere else.
            return thread if place is not None and place.channel == heard.channel else None
        if heard.kind == "command" and not heard.direct:
            return self._store.settle(self._service.reserve(), heard.channel, None, now=now)
        if heard.thread_ts is not None and (found := self._store.thread_at(heard.channel, heard.thread_ts)):
            return found
        at = "" if heard.direct else heard.thread_ts or heard.ts or ""
        known = self._store.thread_at(heard.channel, at)
        if known is not None or not heard.called:
            return known
        return self._store.settle(self._service.reserve(), heard.channel, at, now=now)

    # Answering

    async def _answer_all(self, thread: str) -> None:
        """One after the other, as they came: so each turn's replies are those after it began."""
        while True:
            rows = await asyncio.to_thread(self._store.unanswered)
            mine = [row for row in rows if row.thread == thread and self._store.is_mine(row.owner)]
            if not mine:
                return
            try:
                await self._answer(mine[0])
            except Exception:
                # Not even the trouble could be told; the next one is not held up by it.
                LOG.exception("%s of %s could not be answered", mine[0].id, thread)
                await asyncio.to_thread(self._store.end, mine[0].id, "failed")

    async def _answer(self, arrived: Arrived) -> None:
        heard = Heard.from_json(arrived.body)
        sayings = Sayings(
            self._store, arrived, heard, self._files, now=self._service.clock, address=self._service.address
        )
        try:
            turn = await asyncio.to_thread(self._turn, arrived, heard)
            if turn is None:
                await asyncio.to_thread(self._store.end, arrived.id, "done")
                return
            sayings = sayings.of(turn.context, alone=turn.alone)
            await self._held(turn, sayings)
            await asyncio.to_thread(closing.close_cards, self._store, turn.context, heard, arrived.thread)
            await asyncio.to_thread(self._store.end, arrived.id, "done")
        except DreflowError as error:
            await asyncio.to_thread(self._failed, arrived, sayings, error)
        except Exception:
            LOG.exception("%s of %s failed", arrived.id, arrived.thread)
            said = DreflowError(
                "Something went wrong inside DReflowPro.", hint="Nothing was changed. Please try again."
            )
            await asyncio.to_thread(self._failed, arrived, sayings, said)
        finally:
            self.outbox.kick(arrived.thread)

    def _failed(self, arrived: Arrived, sayings: Sayings, error: DreflowError) -> None:
        sayings.say(replies.Failure(message=error.message, hint=error.hint, error=error.kind, who=error.who))
        self._store.end(arrived.id, "failed")

    def _turn(self, arrived: Arrived, heard: Heard) -> Turn | None:
        """As whom it is answered; None for words between people who did not speak to us and may not."""
        channel = None if heard.direct else f"slack:{heard.channel}"
        try:
            standing = channels.standing(self._service.workspace, f"slack:{heard.user}", channel)
        except AccessError:
            if heard.called:
                raise
            return None
        alone = heard.kind == "command" and split_command(heard.text)[0] in {"runs", "help"}
        return Turn(arrived, heard, standing.context, "person" if alone else standing.audience)

    async def _held(self, turn: Turn, sayings: Sayings) -> None:
        """Answer a turn and queue its replies as they come."""
        heard, arrived = turn.heard, turn.arrived
        word, text = split_command(heard.text) if heard.kind == "command" else ("", heard.text)
        if word == "help":
            await asyncio.to_thread(sayings.note, blocks.Note(HELP, (blocks.spoken(HELP),)))
            return
        if word == "runs":
            text = "Show my runs"
        if heard.kind == "command" and not heard.direct and not turn.alone:
            await asyncio.to_thread(sayings.root, text)
            self.outbox.kick(arrived.thread)
        surface = "slack_direct" if heard.direct else "slack"
        await asyncio.to_thread(
            lambda: self._service.begin(turn.context, text or "Files", surface=surface, thread=arrived.thread)
        )
        before = await asyncio.to_thread(conversations.messages, turn.context, arrived.thread)
        await asyncio.to_thread(self._store.begin, arrived.id, seq=before[-1].seq if before else 0)
        if arrived.status == "begun":
            kept = await asyncio.to_thread(self._recorded, turn)
            if kept is not None:
                for reply in kept:
                    await asyncio.to_thread(sayings.say, reply)
                return
            if arrived.attempts >= MOST_ATTEMPTS:
                raise DreflowError(
                    "I was interrupted each time I tried to answer this.",
                    hint="Please say it again, or in other words.",
                )
        data = await self._incoming.take(turn.context, arrived.thread, heard.files) if heard.files else ()
        message = self._message(turn, text, word, tuple(data))
        await self._stream(self._service.talk(turn.context, message), turn, sayings)

    def _message(self, turn: Turn, text: str, word: str, data: tuple[str, ...]) -> Message:
        thread, given = turn.arrived.thread, turn.heard.given
        if turn.heard.kind == "answer":
            return Message(thread=thread, answer=given.get("value", ""), question=given.get("question"))
        if turn.heard.kind == "decide":
            decision: Literal["approve", "reject"] = "approve" if given.get("decision") == "approve" else "reject"
            again = turn.arrived.status == "begun"
            return Message(thread=thread, decision=decision, digest=given.get("digest", ""), again=again)
        message = Message(text=text, thread=thread, data=data)
        return replace(message, wish="plan") if word == "plan" and text.strip() else message

    async def _stream(self, stream: AsyncIterator[replies.Reply], turn: Turn, sayings: Sayings) -> None:
        last = self._clock() - PROGRESS_SECONDS
        async for reply in stream:
            if isinstance(reply, replies.Progress):
                # A message that says "one moment" would stay; a run's own is changed until it says how it ended.
                if not reply.run_id:
                    continue
                if turn.alone or (not reply.done and self._clock() - last < PROGRESS_SECONDS):
                    continue
                last = self._clock()
            await asyncio.to_thread(sayings.say, reply)
            self.outbox.kick(turn.arrived.thread)

    def _recorded(self, turn: Turn) -> Sequence[replies.Reply] | None:
        """What was said in a turn that had ended before the process did; None when it had not."""
        after = turn.arrived.after_seq or 0
        said = conversations.messages(turn.context, turn.arrived.thread, after=after)
        number = max((one.turn for one in said if one.author == turn.context.principal), default=None)
        status = conversations.of(turn.context).turn_status(turn.arrived.thread, number) if number else None
        if status not in {"done", "cancelled"}:
            return None
        return [
            replies.REPLY.validate_python(one.body["reply"])
            for one in said
            if one.turn == number and "reply" in one.body
        ]

    def _not_taken(self, row: Outgoing, why: str) -> None:
        """Slack does not let us speak there: the person hears it directly, once."""
        if telling.is_notice(row):
            telling.to_its_person(self._store, self._service, row)
            return
        person = row.body.get("asked_by")
        if row.kind != "root" or not isinstance(person, str):
            return
        place = self._store.place(row.thread)
        where = f"<#{place.channel}>" if place else "that channel"
        markup = f"I could not answer in {where} ({why}): invite me there with `/invite`, then ask again."
        body: dict[str, JsonValue] = {
            "text": "I could not answer in that channel.",
            "blocks": cast("JsonValue", [blocks.spoken(markup)]),
            "direct": person,
        }
        self._store.queue(f"{row.key}:told", row.thread, "post", body, now=self._service.clock())
