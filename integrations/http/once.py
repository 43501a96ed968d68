"""A request that is sent again with the same key is not done again: whoever repeats it gets the first answer.

The header is that of draft-ietf-httpapi-idempotency-key-header. What has begun goes on to its end although the client
left, because a client that lost the answer asks for it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, cast

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from agents.service import Service
from integrations.http.refusals import failed_inside
from integrations.http.who import principal_of, service_of
from memory.http_store import Asked, Claim, FirstAnswer, HttpStore
from spec.errors import BusyError, DreflowError, UsageError
from tools import conversations

LOG = logging.getLogger("dreflow.http")
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
LONGEST_KEY = 255
PIECE = 1 << 20

T = TypeVar("T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _named(
    _: Annotated[
        str | None,
        Header(
            alias=HEADER,
            min_length=1,
            max_length=LONGEST_KEY,
            description="A name of yours for this request, new for each: sent again with it within 24 hours, it is not "
            "done again but answered as the first time; 409 while that is at work, 422 with another body.",
        ),
    ] = None,
) -> None:
    """The header, for the description and for what may stand in it."""


class OnceRoute(APIRoute):
    """A route whose effects a client can ask for once, however often it has to send the request."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(_named)]
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        """As FastAPI's, with what was answered before in place of doing it again."""
        whole = super().get_route_handler()

        async def handler(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if request.method != "POST" or key is None or not 1 <= len(key) <= LONGEST_KEY:
                return await whole(request)
            return await _once(request, key, whole)

        return handler


def begun_before_of(request: Request) -> Claim | None:
    """The claim of a request that a process which is gone had begun; None for one that is done for the first time."""
    return getattr(request.state, "begun_before", None)


BegunBefore = Annotated[Claim | None, Depends(begun_before_of)]


async def _once(request: Request, key: str, whole: Handler) -> Response:
    principal = await run_in_threadpool(principal_of, request)
    service = service_of(request)
    asked = Asked(principal, key, await _digest(request), request.path_params.get("thread"))
    store = await run_in_threadpool(lambda: HttpStore(service.workspace.store))
    claim = await run_in_threadpool(lambda: store.claim(asked, now=service.clock()))
    if not claim.mine:
        await request.close()
        return await run_in_threadpool(_of_before, service, asked, claim)
    if claim.again:
        request.state.begun_before = claim
    # What has begun is done and kept although the client, and with it this task, may go away.
    work = _at_work(request, _done(request, _Keeping(store, asked), whole))
    return await asyncio.shield(work)


async def _done(request: Request, keep: _Keeping, whole: Handler) -> Response:
    try:
        response = await whole(request)
    except (DreflowError, HTTPException, RequestValidationError):
        # Refused before anything was done, so the next try may be a better one.
        await run_in_threadpool(keep.store.release, keep.asked)
        raise
    except Exception as error:
        # How far it came nobody knows, so it is not done again under this key.
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        response = JSONResponse(failed_inside().model_dump(), status_code=500)
    return await _kept(request, keep, response)


def _at_work(request: Request, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """A task that the application waits for when it ends."""
    task = asyncio.create_task(work)
    tasks: set[asyncio.Task[Any]] = request.app.state.answers_at_work
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return task


def _of_before(service: Service, asked: Asked, claim: Claim) -> Response:
    """What a key stands for already; what was answered, only for who may still see it."""
    context = service.context(asked.principal)
    context.need("ask")
    if claim.request != asked.request:
        raise UsageError(f"This {HEADER} was sent with another request.", hint="Give each request a key of its own.")
    if claim.answer is None:
        raise BusyError("This request is being answered.", hint="Send it again in a moment, with the same key.")
    if asked.thread is not None:
        conversations.visible(context, asked.thread)
    headers = {REPLAYED: "true"}
    return Response(claim.answer.body, claim.answer.status, headers, claim.answer.media_type)


async def _digest(request: Request) -> str:
    """What is asked, whatever a client writes between the parts of a form."""
    said = hashlib.sha256(f"{request.url.path}?{request.url.query}\n".encode())
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        for name, value in (await request.form()).multi_items():
            said.update(f"\n{name}\n".encode())
            if isinstance(value, UploadFile):
                said.update(f"{value.filename}\n".encode())
                while piece := await value.read(PIECE):
                    said.update(piece)
                await value.seek(0)
            else:
                said.update(value.encode())
    else:
        said.update(await request.body())
    return said.hexdigest()


@dataclass(frozen=True)
class _Keeping:
    store: HttpStore
    asked: Asked

    async def __call__(self, response: Response, body: bytes) -> None:
        answer = FirstAnswer(response.status_code, response.headers.get("content-type"), body.decode())
        await run_in_threadpool(self.store.answered, self.asked, answer)


async def _kept(request: Request, keep: _Keeping, response: Response) -> Response:
    """The response, kept when it is whole; one that streams is read to its end although nobody listens any more."""
    if not isinstance(response, StreamingResponse):
        await keep(response, bytes(response.body))
        return response
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
    _at_work(request, _read(cast("AsyncIterator[bytes]", response.body_iterator), pieces, keep, response))

    async def heard() -> AsyncIterator[bytes]:
        while (piece := await pieces.get()) is not None:
            yield piece

    response.body_iterator = heard()
    return response


async def _read(
    stream: AsyncIterator[bytes], pieces: asyncio.Queue[bytes | None], keep: _Keeping, response: Response
) -> None:
    whole = bytearray()
    try:
        async for piece in stream:
            whole += piece
            pieces.put_nowait(piece)
        # Kept before the client learns that it was all: whoever has the end finds the same under the key.
        await keep(response, bytes(whole))
    except Exception:
        LOG.exception("the answer to %s of %s could not be kept", keep.asked.key, keep.asked.principal)
    finally:
        pieces.put_nowait(None)
