"""Connecting an account: a form of our own with masked fields, a system's consent and the way back, what was found.

What is typed goes from the form to the system and to the vault: it is in no address, no answer, no log and no
conversation. A form is taken from where it was given alone: it carries what a cookie of its browser holds. The same
cookie ties a consent to the browser that began it.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from agents.service import Service
from integrations.http import forms, pages
from integrations.http.who import principal_of, service_of
from spec.errors import AccessError, DreflowError, UsageError
from tools import addresses, connecting, conversations, found, passes
from tools.connecting import Connected, Undecided
from tools.context import Context
from tools.tickets import new_secret

if TYPE_CHECKING:
    from tools.connecting import Offer
    from tools.passes import Pass

router = APIRouter(include_in_schema=False)
COOKIE = "dreflow_connecting"
LARGEST_FORM = 1 << 18
COOKIE_SECONDS = 3600


@dataclass(frozen=True)
class Visitor:
    """Who is at the page: by their login, or by a pass that was shown to them alone."""

    context: Context
    browser: str
    brought: Pass | None = None
    secret: str = ""
    by_login: bool = True


@router.get("/connections/new")
def choose(request: Request) -> Response:
    """All systems that can be connected."""
    try:
        context = _context(request)
        context.need("connect")
        offers = [connecting.offer(context, name) for name in connecting.systems()]
    except DreflowError as error:
        return refused(error)
    return pages.page("Connect an account", forms.choosing(offers))


@router.get("/connections/new/{system}")
def form(system: str, request: Request) -> Response:
    """What a system needs, to be typed here."""
    elsewhere = _by_its_own_name(request)
    if elsewhere is not None:
        return elsewhere
    try:
        visitor = _visitor(request, request.query_params.get("pass", ""))
        name = visitor.brought.name if visitor.brought is not None else request.query_params.get("name")
        offer = _offer(visitor, system, name, request.query_params.get("way"))
    except DreflowError as error:
        return refused(error)
    thread = visitor.brought.thread if visitor.brought is not None else request.query_params.get("thread", "")
    return _form(request, visitor, offer, thread)


@router.post("/connections/new/{system}")
async def take(system: str, request: Request) -> Response:
    """What was typed: tried and saved, or the way to the page where a person consents."""
    try:
        given = await _given(request)
        visitor = await run_in_threadpool(_visitor, request, given.get("pass", ""))
        offer = await run_in_threadpool(_offer, visitor, system, given.get("name", ""), given.get("way") or None)
    except DreflowError as error:
        return refused(error)
    thread = visitor.brought.thread if visitor.brought is not None else given.get("thread", "")
    settings = {one.name: given.get(f"set.{one.name}", "").strip() for one in offer.settings}
    settings = {key: value for key, value in settings.items() if value}
    secrets = {one.name: given.get(f"key.{one.name}", "") for one in offer.secrets}
    try:
        if offer.consents:
            write = offer.may_write and given.get("write") == "yes"
            url = await run_in_threadpool(_begun, request, visitor, offer, settings, secrets, thread, write)
            return RedirectResponse(url, 303, pages.headers())
        done = await run_in_threadpool(_with_key, service_of(request), visitor, offer, settings, secrets, thread)
    except DreflowError as error:
        return _form(request, visitor, offer, thread, settings, error)
    return _connected(request, visitor, done)


@router.get("/connections/consent")
async def back(request: Request) -> Response:
    """Somebody comes back from a system's page."""
    query = dict(request.query_params)
    began = None
    try:
        service = service_of(request)
        state = query.get("state", "")
        began = await run_in_threadpool(connecting.still_open, service.workspace, state, now=service.clock())
        visitor = await run_in_threadpool(_who_began, request, began)
        done = await run_in_threadpool(
            connecting.answered, visitor.context, query, now=service.clock(), browser=visitor.browser
        )
    except DreflowError as error:
        return refused(error, again=_again(began))
    if isinstance(done, Undecided):
        return _choice(request, visitor, done)
    return _connected(request, visitor, done)


@router.post("/connections/decide")
async def decide(request: Request) -> Response:
    """Which of several organisations is meant."""
    try:
        given = await _given(request)
        service, ticket = service_of(request), given.get("ticket", "")
        began = await run_in_threadpool(connecting.still_open, service.workspace, ticket, now=service.clock())
        visitor = await run_in_threadpool(_who_began, request, began)
        done = await run_in_threadpool(
            connecting.decided,
            visitor.context,
            ticket,
            given.get("value", ""),
            now=service.clock(),
            browser=visitor.browser,
        )
    except DreflowError as error:
        return refused(error)
    return _connected(request, visitor, done)


@router.get("/connections/seen/{name}")
async def seen(name: str, request: Request) -> Response:
    """What a saved connection can see."""
    try:
        context = await run_in_threadpool(_context, request)
        looked = await run_in_threadpool(found.found, context, name)
        where = await run_in_threadpool(_way_back, context, request.query_params.get("thread", ""))
    except DreflowError as error:
        return refused(error)
    return pages.page(name, forms.found(looked, where))


def refused(error: DreflowError, *, again: str = "") -> Response:
    """What went wrong and what to do, on a page."""
    more = pages.button("Start again", again) if again else ""
    status = 403 if isinstance(error, AccessError) else 400
    return pages.page("Not connected", forms.refusal(error) + more, status=status)


# Who is there


def _context(request: Request) -> Context:
    return service_of(request).context(principal_of(request))


def _visitor(request: Request, secret: str) -> Visitor:
    """By a pass where one is brought, else by the login."""
    service = service_of(request)
    browser = request.cookies.get(COOKIE, "")
    if not secret:
        return Visitor(_context(request), browser)
    brought = passes.look(service.workspace, secret, now=service.clock())
    if brought is None:
        raise AccessError(
            "This link was used already, or is older than half an hour.",
            hint="Say again what to connect where you got it, and use the new link.",
        )
    return Visitor(service.context(brought.by), browser, brought, secret, by_login=False)


def _who_began(request: Request, began: connecting.Open | None) -> Visitor:
    """Who comes back. Who began with a pass has no login here: their browser alone can prove that it is them."""
    browser = request.cookies.get(COOKIE, "")
    if began is not None and began.by_pass and browser:
        return Visitor(service_of(request).context(began.by), browser, by_login=False)
    return Visitor(_context(request), browser)


def _by_its_own_name(request: Request) -> Response | None:
    """On this machine the page has several names, and a system sends people back to one: they begin under that."""
    address = service_of(request).address
    host = request.headers.get("host", "")
    if address is None or not addresses.is_loopback(address) or host == urlsplit(address).netloc:
        return None
    if not addresses.is_loopback(f"http://{host}"):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{address}{request.url.path}{query}", 307, pages.headers())


# Forms


async def _given(request: Request) -> dict[str, str]:
    """The fields of a form of ours. AccessError for one that does not come from the page that we gave."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise _not_ours()
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise UsageError("That is longer than any form of ours.", hint="Type what is asked for, and nothing else.")
    try:
        given = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except ValueError:
        raise _not_ours() from None
    held = request.cookies.get(COOKIE, "")
    if not held or not hmac.compare_digest(given.get("form", "").encode(), held.encode()):
        raise _not_ours()
    return given


def _not_ours() -> AccessError:
    return AccessError(
        "This form does not come from a page that was opened here.",
        hint="Nothing was saved. Open the page again, let it keep cookies, and send it from there.",
    )


def _form(
    request: Request,
    visitor: Visitor,
    offer: Offer,
    thread: str,
    settings: Mapping[str, str] | None = None,
    error: DreflowError | None = None,
) -> Response:
    held = visitor.browser or new_secret()
    hidden = {"form": held, "thread": thread, "pass": visitor.secret}
    redirect = addresses.consent(_address(request)) if offer.consents else ""
    content = forms.form(offer, hidden, settings or {}, redirect=redirect, error=error)
    response = pages.page(
        f"Connect {offer.title}", content, status=400 if error is not None else 200, leads_to=_leads_to(offer)
    )
    _keep_browser(request, response, held)
    return response


def _leads_to(offer: Offer) -> tuple[str, ...]:
    """Where the form may end: browsers hold a redirect behind it against this, too."""
    if not offer.consents:
        return ()
    if offer.consents_at and "{" not in offer.consents_at:
        return (f"https://{offer.consents_at}",)
    return ("https:", "http://localhost:*", "http://127.0.0.1:*")


def _choice(request: Request, visitor: Visitor, asked: Undecided) -> Response:
    held = visitor.browser or new_secret()
    content = forms.choice(asked, {"form": held, "ticket": asked.ticket})
    response = pages.page(asked.title, content, here="/connections/new")
    _keep_browser(request, response, held)
    return response


def _keep_browser(request: Request, response: Response, held: str) -> None:
    response.set_cookie(
        COOKIE,
        held,
        max_age=COOKIE_SECONDS,
        path="/connections",
        secure=_address(request).startswith("https:"),
        httponly=True,
        # A person who comes back from the system's own page brings it along.
        samesite="lax",
    )


def _address(request: Request) -> str:
    return service_of(request).address or f"http://localhost:{request.url.port or addresses.PORT}"


# Steps


def _offer(visitor: Visitor, system: str, name: str | None, way: str | None) -> Offer:
    brought = visitor.brought
    if brought is not None and (system, name) != (brought.system, brought.name):
        raise AccessError("This link is for another account.", hint="Use the link as it was given to you.")
    return connecting.offer(visitor.context, system, name=name or None, way=way)


def _begun(
    request: Request,
    visitor: Visitor,
    offer: Offer,
    settings: Mapping[str, str],
    client: Mapping[str, str],
    thread: str,
    write: bool,
) -> str:
    service = service_of(request)
    return connecting.begin(
        visitor.context,
        offer.system,
        offer.name,
        settings,
        client,
        redirect=addresses.consent(_address(request)),
        now=service.clock(),
        way=offer.way,
        thread=_own(visitor.context, thread),
        browser=visitor.browser,
        by_pass=visitor.secret,
        write=write,
    )


def _with_key(
    service: Service,
    visitor: Visitor,
    offer: Offer,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    thread: str,
) -> Connected:
    own = _own(visitor.context, thread)
    done = connecting.with_key(
        visitor.context, offer.system, offer.name, settings, secrets, now=service.clock(), way=offer.way, thread=own
    )
    if visitor.secret:
        passes.use_up(visitor.context.workspace, visitor.secret)
    return done


def _own(context: Context, thread: str) -> str | None:
    """The conversation that is to be told, where it is one that they may see."""
    if not thread:
        return None
    try:
        conversations.visible(context, thread)
    except DreflowError:
        return None
    return thread


def _again(began: connecting.Open | None) -> str:
    if began is None or began.by_pass:
        return ""
    return f"/connections/new/{quote(began.system)}?{urlencode({'name': began.name, 'thread': began.thread})}"


# What was found


def _connected(request: Request, visitor: Visitor, done: Connected) -> Response:
    """At once that it is connected, then what it sees, which takes a moment. The conversation is told either way."""
    service = service_of(request)
    looking = asyncio.create_task(run_in_threadpool(_looked, service, visitor.context, done))
    at_work: set[asyncio.Task[Any]] = request.app.state.answers_at_work
    at_work.add(looking)
    looking.add_done_callback(at_work.discard)
    # Who has no login cannot open it a second time, and a code is no address to keep.
    here = (
        f"/connections/seen/{quote(done.name)}?{urlencode({'thread': done.thread or ''})}" if visitor.by_login else "/"
    )

    async def pieces() -> AsyncIterator[str]:
        yield pages.head(f"{done.title} is connected", here=here) + forms.connected(done)
        # Somebody who leaves takes nothing away from the conversation.
        yield await asyncio.shield(looking)
        yield pages.FOOT

    return StreamingResponse(pieces(), media_type="text/html", headers=pages.headers())


def _looked(service: Service, context: Context, done: Connected) -> str:
    from agents.connecting import tell

    looked: found.Found | DreflowError
    try:
        looked = found.found(context, done.name)
    except DreflowError as error:
        looked = error
    tell(context, done, looked, now=service.clock())
    where = _way_back(context, done.thread or "")
    return forms.looked(looked, where)


def _way_back(context: Context, thread: str) -> forms.WayBack:
    """Where the conversation is held that sent somebody here."""
    if not thread:
        return forms.WayBack("", "You can close this page.")
    try:
        about = conversations.visible(context, thread)
    except DreflowError:
        return forms.WayBack("", "You can close this page.")
    if about.surface == "page":
        return forms.WayBack(f"/thread/{quote(thread)}", "Back to the conversation")
    return forms.WayBack("", "Go back to the conversation: it says the same. You can close this page.")
