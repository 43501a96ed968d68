"""Systems that can be connected, for programs: which there are, the page for their person, what an account sees.

No key is taken here: it is typed by a person, on the page.
"""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from integrations.http.body import Body
from integrations.http.once import OnceRoute
from integrations.http.who import Principal, TheService
from spec.base import JsonValue
from spec.errors import UsageError
from tools import connecting, conversations, forget, found
from tools.documents import OutColumn
from tools.found import TRIED

router = APIRouter(tags=["connections"], route_class=OnceRoute)


class System(Body):
    """A system that can be connected; ``tried`` says how far its connector was."""

    name: str
    title: str
    description: str
    tried: str


class Account(Body):
    """Which account is to be connected, and which conversation is told of it."""

    system: str = ""
    name: str | None = Field(default=None, description="What the connection is called; without it, one is proposed.")
    thread: str | None = None


class Page(Body):
    """The page on which a person connects it; they have to be logged in there as the one who asked."""

    system: str
    name: str
    consents: bool = Field(description="A person says yes on a page of the system's; else they type a key.")
    url: str


class Table(Body):
    """A table that a connection offers."""

    name: str
    columns: int
    description: str


class Gone(Body):
    """A connection that was forgotten; ``told`` says what became of its key or consent at the system."""

    name: str
    paused: tuple[str, ...] = Field(description="Pipelines that ran by themselves through it and are paused now.")
    told: str


class Seen(Body):
    """What a connection sees; ``rows`` are the first ones of the table ``rows_of``, in the order of ``columns``."""

    name: str
    title: str
    account: str | None
    tried: str
    tables: tuple[Table, ...]
    rows_of: str
    columns: tuple[OutColumn, ...]
    rows: tuple[tuple[JsonValue, ...], ...]
    remarks: tuple[str, ...]


@router.get("/systems")
def systems(principal: Principal, service: TheService) -> list[System]:
    """All systems that can be connected."""
    context = service.context(principal)
    offers = [connecting.offer(context, name) for name in connecting.systems()]
    return [
        System(name=one.system, title=one.title, description=one.description, tried=TRIED[one.grade]) for one in offers
    ]


@router.post("/connections", status_code=201)
def begin(account: Account, principal: Principal, service: TheService) -> Page:
    """The page on which an account is connected, or connected again. Nothing is saved or sent yet."""
    from agents.connecting import path_of

    context = service.context(principal)
    offer = connecting.offer(context, account.system, name=account.name)
    if account.thread is not None:
        conversations.visible(context, account.thread)
    if service.address is None:
        raise UsageError("There is no page here to connect accounts on.", hint="Start it: dreflow chat.")
    url = service.address + path_of(offer.system, offer.name, account.thread or "")
    return Page(system=offer.system, name=offer.name, consents=offer.consents, url=url)


@router.get("/connections/{name}/seen")
def seen(name: str, principal: Principal, service: TheService) -> Seen:
    """What a saved connection sees, asked of the system now."""
    looked = found.found(service.context(principal), name)
    preview = looked.preview
    pairs = zip(preview.names, preview.types, strict=True) if preview is not None else ()
    return Seen(
        name=looked.name,
        title=looked.title,
        account=looked.account,
        tried=looked.tried,
        tables=tuple(Table(name=one.name, columns=one.columns, description=one.description) for one in looked.tables),
        rows_of=looked.preview_of,
        columns=tuple(OutColumn(name=title, type=kind) for title, kind in pairs),
        rows=preview.rows if preview is not None else (),
        remarks=looked.remarks,
    )


@router.delete("/connections/{name}")
def disconnect(name: str, principal: Principal, service: TheService, *, anyway: bool = False) -> Gone:
    """Forget a connection with its secrets, and pause what runs by itself through it. It cannot be undone.

    With ``anyway`` also when its system cannot be asked to end a consent, as when it is gone for good.
    """
    done = forget.connection(service.context(principal), name, now=service.clock(), anyway=anyway)
    return Gone(name=done.name, paused=done.paused, told=done.told)
