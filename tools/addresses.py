"""Where the chat page is reached, and with it where systems send people back to after a consent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from memory.workspace import Workspace
from spec.errors import UsageError

VARIABLE = "DREFLOW_ADDRESS"
PORT = 8000
"""The chat page's port where none is said."""
CONSENT = "/connections/consent"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def stated(workspace: Workspace, given: str | None = None, *, environ: Mapping[str, str] | None = None) -> str | None:
    """The address that somebody set: ``given``, else DREFLOW_ADDRESS, else ``address`` in ``workspace.json``.

    Raises UsageError where that is none that people can be sent back to.
    """
    text = given or (os.environ if environ is None else environ).get(VARIABLE) or workspace.address
    if not text:
        return None
    parts = urlsplit(text.rstrip("/"))
    local = parts.hostname in _LOOPBACK
    plain = not (parts.path or parts.query or parts.fragment or parts.username)
    if parts.hostname and plain and (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return text.rstrip("/")
    raise UsageError(
        f"{text!r} is no address of the chat page.",
        hint="It looks like https://data.example.com, or http://localhost:8000 on this machine, and ends there.",
    )


def of_page(workspace: Workspace, given: str | None = None, *, port: int = PORT) -> str:
    """Where the chat page is reached; without a setting, this machine's own name for itself."""
    return stated(workspace, given) or f"http://localhost:{port}"


def consent(address: str) -> str:
    """Where a system sends a person back to: the redirect address that an app is registered with."""
    return address + CONSENT


def is_loopback(address: str) -> bool:
    """Whether an address leads to this machine only."""
    return urlsplit(address).hostname in _LOOPBACK
