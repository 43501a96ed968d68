"""Mounts the chat page into the application."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI, Request

from agents.service import Service
from chat_ui import hall
from chat_ui.front_end import write_front_end
from tools.uploads import LARGEST, READ


class Doorman(Protocol):
    """Who requests of the API are from; the page's own login is one more proof."""

    local: str

    def accept(self, proof: object) -> None:
        """Take a further kind of proof."""


def mount(app: FastAPI, service: Service, who: Doorman) -> None:
    """Add the page at ``/``. Chainlit reads its folder and secret from the environment when it is first imported."""
    from importlib.metadata import version

    folder = service.workspace.folder / "page"
    write_front_end(folder, version=version("chainlit"), largest_upload=LARGEST, endings=READ)
    os.environ["CHAINLIT_APP_ROOT"] = str(folder)
    os.environ.setdefault("CHAINLIT_AUTH_SECRET", _secret(folder / "login.key"))
    hall.open_hall(hall.Hall(service, who.local))
    from chainlit.auth.cookie import get_token_from_cookies
    from chainlit.auth.jwt import decode_jwt
    from chainlit.utils import mount_chainlit

    def from_login(request: Request) -> str | None:
        token = get_token_from_cookies(dict(request.cookies))
        if not token:
            return None
        import jwt

        try:
            return decode_jwt(token).identifier
        except jwt.PyJWTError:
            return None

    who.accept(from_login)
    mount_chainlit(app, str(Path(__file__).with_name("page.py")), path="/")


def _secret(file: Path) -> str:
    """The key that signs logins, made once for this workspace and readable by its owner only."""
    if not file.exists():
        beside = file.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(secrets.token_hex(32))
        beside.replace(file)
    return file.read_text(encoding="utf-8").strip()
