"""One FastAPI application: the API, and the pages that are mounted into it."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, cast

from fastapi import FastAPI, HTTPException, Request
from starlette.routing import Match

from agents.service import Service
from integrations.http import answers, connecting, files, lists, quality, systems, threads
from integrations.http.refusals import REFUSALS, answer_refusals, describe_refusals
from integrations.http.who import Who

VERSION = "v1"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
DESCRIPTION = """\
Conversations, answers, plans, approvals and runs of one workspace. What a program may do is what its principal may do;
replies have the same form as in the chat page.
"""


class Page(Protocol):
    """A module that mounts a page into the application, such as ``chat_ui.app``."""

    def mount(self, app: FastAPI, service: Service, who: Who) -> None:
        """Add its routes."""


def make_app(service: Service, who: Who, *, pages: Sequence[str] = ()) -> FastAPI:
    """The application over one service; ``pages`` are modules, loaded by name because they stand beside this one."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.gather(*app.state.answers_at_work, return_exceptions=True)
        service.close()

    app = FastAPI(
        title="DReflowPro",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url=f"/api/{VERSION}/openapi.json",
        # The usual documentation pages load their scripts from elsewhere; ours ask for nothing outside the machine.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service, app.state.who, app.state.answers_at_work = service, who, set()
    for module in (threads, answers, files, lists, quality, systems):
        app.include_router(module.router, prefix=f"/api/{VERSION}", responses=REFUSALS)
    app.include_router(connecting.router)
    describe_refusals(app)
    answer_refusals(app, below=f"/api/{VERSION}")
    app.add_api_route("/api/{path:path}", _nothing_here, methods=METHODS, include_in_schema=False)
    for name in pages:
        cast("Page", importlib.import_module(name)).mount(app, service, who)
    return app


async def _nothing_here(request: Request) -> None:
    """A path of the API that is none. Without it the page, which takes every path, would answer a program with HTML."""
    app: FastAPI = request.app
    other_method = any(route.matches(request.scope)[0] is Match.PARTIAL for route in app.routes)
    raise HTTPException(405 if other_method else 404)
