"""A page that answers every path, as the chat page does."""

from __future__ import annotations

from fastapi import FastAPI

from agents.service import Service
from integrations.http.who import Who


def mount(app: FastAPI, _service: Service, _who: Who) -> None:
    """Take whatever is left."""

    @app.get("/{path:path}")
    async def taken(path: str) -> dict[str, str]:
        return {"page": path}
