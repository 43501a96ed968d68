"""Queues what answers one thing that was heard, each reply under a key that is the same in every attempt."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import cast

from agents import replies
from integrations.slack import blocks, render, tables
from integrations.slack.blocks import Note
from integrations.slack.events import Heard
from integrations.slack.files import FilesOut
from memory.slack_store import Arrived, Kind, SlackStore
from spec.base import JsonValue
from spec.errors import UsageError
from tools import passes
from tools.context import Context

MOST_ROWS = 200_000
"""Rows of a table that go into a file; more belong into an output of a plan."""
PAGE = 1_000


class Sayings:
    """What is said about one arrival. The same words keep their key, so that another attempt says only what is new."""

    def __init__(
        self,
        store: SlackStore,
        arrived: Arrived,
        heard: Heard,
        files: FilesOut,
        *,
        now: Callable[[], datetime],
        context: Context | None = None,
        alone: bool = False,
        address: str | None = None,
    ) -> None:
        self._store, self._arrived, self._heard, self._files, self._now = store, arrived, heard, files, now
        self._context, self._alone, self._address = context, alone, address
        self._said: Counter[str] = Counter()

    def of(self, context: Context, *, alone: bool) -> Sayings:
        """The same, once it is known as whom it is answered; with ``alone`` only that person sees it."""
        return Sayings(
            self._store,
            self._arrived,
            self._heard,
            self._files,
            now=self._now,
            context=context,
            alone=alone,
            address=self._address,
        )

    def to_the_person(self) -> Sayings:
        """The same, seen by the person only."""
        return Sayings(
            self._store,
            self._arrived,
            self._heard,
            self._files,
            now=self._now,
            context=self._context,
            alone=not self._heard.direct,
            address=self._address,
        )

    def root(self, text: str) -> None:
        """Begin the Slack thread of a command with what was asked."""
        asked = blocks.spoken(f"<@{self._heard.user}> asked")
        (first, *_) = blocks.notes(text or "…", [asked, *blocks.words(text or "…")])
        body = self._body(first)
        self._queue(f"{self._arrived.id}:root", "root", {**body, "asked_by": self._heard.user})

    def say(self, reply: replies.Reply) -> None:
        """Queue a reply."""
        if isinstance(reply, replies.Progress):
            self._progress(reply)
            return
        if isinstance(reply, replies.Connect):
            self.to_the_person().connect(reply)
            return
        # What somebody may not do is told to them, not to everyone.
        if isinstance(reply, replies.Failure) and reply.error == "access" and not (self._alone or self._heard.direct):
            self.to_the_person().say(reply)
            return
        thread = self._arrived.thread
        principal = f"slack:{self._heard.user}"
        people = {principal: f"<@{self._heard.user}>"}
        for one in render.shown(reply, thread, people=people, rows=self._rows):
            if isinstance(one, Note):
                self.note(one)
            else:
                self._attach(one)

    def note(self, note: Note) -> None:
        """Queue a message."""
        body = self._body(note)
        key = self._key(json.dumps([note.text, list(note.blocks)], ensure_ascii=False, sort_keys=True))
        if self._alone:
            self._queue(key, "ephemeral", {**body, "user": self._heard.user})
        else:
            self._queue(key, "post", body, waits=note.waits)

    def connect(self, reply: replies.Connect) -> None:
        """Queue a link for this person alone: they may have no login at the page, and Slack has no masked field."""
        url = None
        if self._address is not None and self._context is not None:
            thread = self._arrived.thread
            secret = passes.give(self._context, reply.system, reply.name, thread, now=self._now())
            url = f"{self._address}{reply.page}&pass={secret}"
        for note in render.connect(reply, url):
            self.note(note)

    def _attach(self, one: render.Attachment) -> None:
        key = self._key(f"file {one.name}")
        if self._store.outgoing(key) is None:
            body: dict[str, JsonValue] = {"name": one.name, "title": one.title, "alt": one.alt}
            body["path"] = str(self._files.keep(self._arrived.thread, key, one.name, one.content))
            if self._alone:
                # A file cannot be shown to one person of a channel.
                body["direct"] = self._heard.user
            self._queue(key, "file", body)
        if self._alone:
            self.note(Note("A file", (blocks.spoken("I sent you a file directly, since only you may see it here."),)))

    def _progress(self, reply: replies.Progress) -> None:
        """One message for a run, changed as it goes on."""
        if self._alone:
            return
        note = render.progress(reply)
        first = f"{self._arrived.id}:progress"
        if self._store.outgoing(first) is None:
            self._queue(first, "post", self._body(note))
            return
        self._queue(self._key(f"progress {note.text} {reply.done}"), "update", self._body(note), target=first)

    def _rows(self, table: replies.Table) -> bytes | None:
        """All rows of a table as CSV."""
        if table.row_count == len(table.rows):
            return tables.csv_of(table, table.rows)
        if table.answer is None or self._context is None or table.row_count > MOST_ROWS:
            return None
        try:
            return tables.csv_of(table, self._paged(self._context, table.answer))
        except UsageError:
            return None

    @staticmethod
    def _paged(context: Context, answer: str) -> Iterator[Sequence[JsonValue]]:
        from tools import answers

        offset = 0
        while True:
            page = answers.page(context, answer, offset=offset, limit=PAGE)
            yield from page.rows.rows
            offset += PAGE
            if offset >= page.total:
                return

    def _body(self, note: Note) -> dict[str, JsonValue]:
        return {"text": note.text, "blocks": cast("JsonValue", list(note.blocks))}

    def _key(self, content: str) -> str:
        digest = hashlib.sha256(content.encode()).hexdigest()[:16]
        self._said[digest] += 1
        return f"{self._arrived.id}:{digest}:{self._said[digest]}"

    def _queue(
        self, key: str, kind: Kind, body: dict[str, JsonValue], *, target: str | None = None, waits: str | None = None
    ) -> None:
        self._store.queue(key, self._arrived.thread, kind, body, now=self._now(), target=target, waits=waits)
