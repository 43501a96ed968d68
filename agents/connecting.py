"""Connecting an account in a conversation: the page on which it is done, and what was found once it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode

from agents import cards, replies
from agents.builtin.intents import connect
from memory.notice_store import Notice, NoticeStore
from spec.base import JsonValue
from spec.errors import DreflowError
from tools import connecting, connections, conversations, threads
from tools.context import Context
from tools.notices import QUIET

if TYPE_CHECKING:
    from tools.connecting import Connected
    from tools.found import Found

PAGE = "/connections/new"
MOST_TABLES = 60


def connectable(context: Context) -> Sequence[str]:
    """What somebody may name to connect it: the systems there are, and the connections to them."""
    systems = connecting.systems()
    return (*systems, *(one.name for one in connections.saved(context) if one.connector in systems))


def wished(context: Context, thread: str, text: str) -> Iterator[replies.Reply]:
    """The page for what somebody wants to connect; what there is where that is not clear."""
    if "connect" not in context.rights and conversations.visible(context, thread).surface in conversations.SHARED:
        yield replies.Text(
            text="Write to me directly for that: whose account it is, is between you and me.", tone="note"
        )
        return
    context.need("connect")
    known = connectable(context)
    words = connect.wish(text)
    name = connect.names(text, known) or connect.mentioned(text, known)
    if name is None and words:
        name = _nearly(words, known)
    if name is None:
        yield _choices(words or "")
        return
    yield card(context, name, thread)


def card(context: Context, named: str, thread: str) -> replies.Connect:
    """What leads to the page on which a system, or the account of a connection again, is connected."""
    saved = context.workspace.store.connection(named)
    system = saved.connector if saved is not None else named
    offer = connecting.offer(context, system, name=named if saved is not None else None)
    again = " again" if offer.again else ""
    where = f" on {offer.consents_at}" if offer.consents_at and "{" not in offer.consents_at else " on its own page"
    how = (
        f"You sign in{where} and allow reading; I never see your password."
        if offer.consents
        else "You type its key into a masked field, and it goes to the vault alone. Do not write a key here."
    )
    return replies.Connect(
        system=system,
        title=offer.title,
        name=offer.name,
        text=f"Connect {offer.title}{again}. {how} Then I try it and show what it sees.",
        again=offer.again,
        page=path_of(system, offer.name, thread),
    )


def path_of(system: str, name: str, thread: str) -> str:
    """The page's path; who opens it has to be logged in."""
    return f"{PAGE}/{quote(system)}?{urlencode({'name': name, 'thread': thread})}"


def finding(connected: Connected, seen: Found | DreflowError) -> list[replies.Reply]:
    """What a conversation says once an account was connected: whose it is, its tables, ten rows, what comes next."""
    account = f" as {connected.account}" if connected.account else ""
    first = f"{connected.title} is connected{account}, under the name {connected.name}."
    resumed = "".join(f" {name.replace('_', ' ')} runs by itself again." for name in connected.resumed)
    if isinstance(seen, DreflowError):
        told = f"{first}{resumed} What it sees could not be looked at yet: {seen.message} {seen.hint}".strip()
        return [replies.Text(text=told, tone="done")]
    count = len(seen.tables)
    counted = f"I see {count} tables" if count != 1 else "I see one table"
    be = "is" if seen.tried.startswith("not") else "was"
    told = f"{first}{resumed} {counted}. This connector {be} {seen.tried}."
    said: list[replies.Reply] = [replies.Text(text=told, tone="done")]
    if seen.tables:
        rows: list[list[JsonValue]] = [[one.name, str(one.columns), one.description] for one in seen.tables]
        said.append(cards.listing("What it sees", ("table", "columns", ""), rows[:MOST_TABLES]))
    if seen.preview is not None:
        said.append(cards.table(f"The first rows of {seen.preview_of}", seen.preview))
    if seen.remarks:
        said.append(replies.Text(text=" ".join(seen.remarks), tone="note"))
    if seen.tables:
        asked = (seen.preview_of or seen.tables[0].name).replace("_", " ")
        next_step = f"You can ask now, for instance “how many {asked}”, or say what should be done with it every week."
        said.append(replies.Text(text=next_step))
    return said


def tell(context: Context, connected: Connected, seen: Found | DreflowError, *, now: datetime) -> list[replies.Reply]:
    """Let the conversation in which connecting began say what was found, and look at it from now on."""
    said = finding(connected, seen)
    saved = context.workspace.store.thread(connected.thread) if connected.thread else None
    if saved is None or connected.thread is None:
        return said
    conversations.visible(context, connected.thread)
    if connected.name not in saved.data:
        threads.kept(context, replace(saved, data=(*saved.data, connected.name)), now)
    plain = tuple(cast("JsonValue", replies.REPLY.dump_python(reply, mode="json")) for reply in said)
    first = said[0]
    assert isinstance(first, replies.Text)
    # Each time is news, however often an account is connected in a day.
    cause = f"connected at {now.isoformat()}"
    notice = Notice(
        0, connected.thread, connected.name, None, "recovered", first.text, "", cause, 1, now, replies=plain
    )
    NoticeStore(context.workspace.store).add(notice, quiet=QUIET)
    return said


def _nearly(words: str, known: Sequence[str]) -> str | None:
    from spec.errors import nearest

    return nearest(words.replace(" ", "_"), known)


def _choices(words: str) -> replies.Text:
    named = ", ".join(name.replace("_", " ") for name in connecting.systems())
    unknown = f"I cannot connect “{words}” by itself. " if words else ""
    return replies.Text(
        text=f"{unknown}Say which account, for instance “connect Stripe”. There is: {named}. Databases are added in "
        "the shell, with 'dreflow connectors add NAME URL'; files are dropped here.",
        tone="note",
        cites=("docs/how-to/connect-your-data.md # A system, such as Stripe",),
    )
