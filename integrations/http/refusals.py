"""What the API answers when it cannot do what was asked: always the same document, never a traceback."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from integrations.http.body import Refused
from spec.errors import AccessError, ApprovalNeededError, BusyError, DreflowError, LimitError, UsageError
from tools import uploads

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOG = logging.getLogger("dreflow.http")
STATUS: tuple[tuple[type[DreflowError], int], ...] = (
    (AccessError, 403),
    (ApprovalNeededError, 403),
    (BusyError, 409),
    (LimitError, 413),
    (UsageError, 422),
)
AROUND = 1 << 20
"""Bytes that a form may have around its file."""


REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": Refused, "description": "Refused, and why; 403 where a right or a login is missing."},
    "5XX": {"model": Refused, "description": "Something broke inside; nothing about it is told here."},
}
"""What the description of each route says of refusals."""


def describe_refusals(app: FastAPI) -> None:
    """Leave out of the description what FastAPI says of unreadable requests: they get our document too."""
    whole = app.openapi

    def described() -> dict[str, Any]:
        found = whole()
        for methods in found["paths"].values():
            for one in methods.values():
                one["responses"].pop("422", None)
        for name in ("HTTPValidationError", "ValidationError"):
            found["components"]["schemas"].pop(name, None)
        return found

    # FastAPI's own way to change its description.
    app.openapi = described  # type: ignore[method-assign]


def failed_inside() -> Refused:
    """What is told of what broke inside; the log has the rest."""
    return Refused(
        message="Something went wrong inside DReflowPro.",
        hint="Try again; the log of the server says where it happened.",
        error="error",
        who="",
    )


def answer_refusals(app: FastAPI, *, below: str) -> None:
    """Let every refusal of the routes below a path be one of our documents; pages keep their own."""

    @app.exception_handler(DreflowError)
    async def told(_: Request, error: DreflowError) -> JSONResponse:
        return _answer(error, next((status for kind, status in STATUS if isinstance(error, kind)), 400))

    @app.exception_handler(RequestValidationError)
    async def unreadable(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return _answer(UsageError(f"{place}: {first['msg']}", hint=f"{below}/openapi.json says what is taken."), 422)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        if not request.url.path.startswith(below):
            return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)
        said = UsageError(f"{error.detail}.", hint=f"{below}/openapi.json says what there is.")
        return _answer(said, error.status_code, error.headers)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return JSONResponse(failed_inside().model_dump(), status_code=500)

    app.add_middleware(BoundedUploads)


def _answer(error: DreflowError, status: int, headers: object = None) -> JSONResponse:
    document = Refused(message=error.message, hint=error.hint, error=error.kind, who=error.who)
    return JSONResponse(document.model_dump(), status, headers=dict(headers) if isinstance(headers, dict) else None)


class BoundedUploads:
    """Refuses a request that says it is longer than any file may be, before a byte of it is kept anywhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._longer(scope):
            error = LimitError(
                f"That is larger than {uploads.LARGEST / (1 << 30):g} GB, the most that can be dropped here.",
                hint="Put it in a folder of this machine or in a database, and name that.",
                data={"limit": uploads.LARGEST},
            )
            await _answer(error, 413)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    @staticmethod
    def _longer(scope: Scope) -> bool:
        said = dict(scope["headers"]).get(b"content-length", b"0")
        return said.isdigit() and int(said) > uploads.LARGEST + AROUND
