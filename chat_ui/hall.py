"""What the page's handlers work with; set once, when the page is mounted."""

from __future__ import annotations

from dataclasses import dataclass

from agents.service import Service
from spec.errors import UsageError


@dataclass(frozen=True)
class Hall:
    """The service, and who is at a page that asks for no login."""

    service: Service
    local: str


_mounted: list[Hall] = []


def open_hall(hall: Hall) -> None:
    """Let the handlers work with this; Chainlit can be mounted once in a process."""
    _mounted[:] = [hall]


def the_hall() -> Hall:
    """What the page was mounted with."""
    if not _mounted:
        raise UsageError("The chat page is not open.", hint="Start it with 'dreflow chat'.")
    return _mounted[0]
