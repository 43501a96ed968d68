"""Tells in Slack what pipelines that run by themselves have to say: in the thread that made them, or to its person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from agents.news import replies_of, told
from agents.service import Service
from integrations.slack import render
from integrations.slack.blocks import Note
from memory.slack_store import Outgoing, Place, SlackStore
from spec.base import JsonValue
from spec.errors import AccessError
from tools import channels, conversations, notices
from tools.context import Context


@dataclass(frozen=True)
class Audience:
    """Who hears a notice: all of the thread, or with ``direct`` that person alone."""

    context: Context
    direct: str | None


def tell_notices(store: SlackStore, service: Service) -> None:
    """Queue what was not told yet in conversations that are held here; what nobody there may see waits until one may.

    A notice is marked as told together with what is queued of it, so that it is neither lost nor told twice.
    """
    for thread in store.to_tell():
        place = store.place(thread)
        audience = _audience(service, place) if place is not None else None
        if audience is None:
            continue
        for notice in notices.undelivered(audience.context, thread):
            with store.transaction():
                if not notices.offer(audience.context, notice, now=service.clock()):
                    continue
                said = replies_of(audience.context, thread, notice, now=service.clock())
                told(audience.context, thread, notice, said, now=service.clock())
                shown = [part for reply in said for part in render.shown(reply, thread, people={}, rows=lambda _: None)]
                for at, note in enumerate(cast("list[Note]", shown)):
                    body = _body(note, audience)
                    store.queue(f"notice {notice.id}:{at}", thread, "post", body, now=service.clock())


def to_its_person(store: SlackStore, service: Service, row: Outgoing) -> None:
    """Queue a notice that Slack did not take in its channel for the person of the conversation, who may see it."""
    place = store.place(row.thread)
    person = _person(service, row.thread) if place is not None else None
    if person is not None and "direct" not in row.body:
        body = {**row.body, "direct": person.direct}
        store.queue(f"{row.key}:direct", row.thread, "post", body, now=service.clock())


def is_notice(row: Outgoing) -> bool:
    """Whether a queued message tells a notice."""
    return row.key.startswith("notice ")


def _audience(service: Service, place: Place) -> Audience | None:
    """Who may hear what a conversation has to say, where that is held; None as long as nobody may."""
    if place.channel.startswith("D"):
        person = _person(service, place.thread)
        return None if person is None else Audience(person.context, None)
    # Without a thread the conversation was seen by its person only.
    if place.ts is not None:
        try:
            standing = channels.standing(service.workspace, _maker(service, place.thread), f"slack:{place.channel}")
        except AccessError:
            return None
        if standing.audience == "all":
            return Audience(standing.context, None)
    return _person(service, place.thread)


def _person(service: Service, thread: str) -> Audience | None:
    """The person who began a conversation, as long as they may ask."""
    maker = _maker(service, thread)
    try:
        standing = channels.standing(service.workspace, maker, None)
    except AccessError:
        return None
    return Audience(standing.context, maker.removeprefix("slack:"))


def _maker(service: Service, thread: str) -> str:
    about = conversations.of(service.context("slack")).about(thread)
    return about.created_by if about is not None else ""


def _body(note: Note, audience: Audience) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {"text": note.text, "blocks": cast("JsonValue", list(note.blocks))}
    return body if audience.direct is None else {**body, "direct": audience.direct}
