"""Models by name, ``provider:model``: found on the shelf, given their key and address, told apart by where they run.

Importing this loads no vendor's library; making a model does.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, Protocol, cast
from urllib.parse import urlsplit

from agents.desk import BUILTIN, PROVIDERS, ROUTED
from spec.errors import UnsupportedError, UsageError
from tools import models as kept
from tools.context import Context
from tools.models import ModelSettings, Task

if TYPE_CHECKING:
    from pydantic_ai.models import Model

Ability = Literal["tools", "schema", "local"]
"""``tools``: calls tools by itself. ``schema``: its output can be bound to a JSON Schema. ``local``: may run here."""
Mode = Literal["tool", "native", "prompted"]
"""How a typed output is asked for: as a call of a tool, bound by the server to a schema, or by words alone."""
TIMEOUT = 60.0
"""Seconds one attempt may take."""


@dataclass(frozen=True)
class Access:
    """What a provider needs to be reached. ``url`` is empty for the vendor's own address."""

    key: str = field(default="", repr=False)
    url: str = ""


class Provider(Protocol):
    """A unit of ``agents/providers`` other than ``builtin``: one vendor, and what its models can do."""

    TITLE: str
    CAN: frozenset[Ability]
    KEYS: tuple[str, ...]
    """Environment variables that may hold its key."""
    NEEDS_KEY: bool
    URL: str
    """Environment variable that may hold its address."""
    HOME: str
    """Its address without that; empty where there is none, or where the vendor's library knows it."""

    def model(self, name: str, access: Access) -> Model: ...


@dataclass(frozen=True)
class Named:
    """A model that can be called: its provider's unit, its name there, and whether it runs on a machine of ours."""

    provider: str
    model: str
    unit: Provider = field(repr=False)
    access: Access
    local: bool
    tools: bool

    def __str__(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def modes(self) -> tuple[Mode, ...]:
        """How a typed output can be asked for, the best first."""
        first: tuple[Mode, ...] = ("tool",) if self.tools else ()
        second: tuple[Mode, ...] = ("native",) if "schema" in self.unit.CAN else ()
        return (*first, *second, "prompted")

    def make(self) -> Model:
        """The model, with a client of its own that its ``async with`` closes."""
        return self.unit.model(self.model, self.access)


Make = Callable[[Named], "Model"]


def providers() -> tuple[str, ...]:
    """Names of all providers of models."""
    return tuple(name for name in PROVIDERS.names() if name != BUILTIN)


def provider(name: str) -> Provider:
    """One provider's unit; raises SpecError with the nearest name when there is none."""
    unit = PROVIDERS.load(name)
    if name == BUILTIN or not hasattr(unit, "CAN"):
        raise UnsupportedError(f"{name!r} is not a provider of models.", hint=f"There is: {', '.join(providers())}.")
    return cast("Provider", unit)


def named(context: Context, text: str, settings: ModelSettings | None = None) -> Named:
    """The model that ``provider:model`` names. Raises UsageError, SpecError or, without its key, AccessError."""
    chosen = settings or kept.settings(context)
    name, colon, model = text.partition(":")
    unit = provider(name)
    if not colon or not model.strip():
        raise UsageError(f"{text!r} names no model.", hint=f"Write {name}:MODEL, the model as {unit.TITLE} calls it.")
    url = chosen.urls.get(name) or os.environ.get(unit.URL, "") or unit.HOME
    if not url and "local" in unit.CAN:
        raise UsageError(
            f"The address of {unit.TITLE} is not known.", hint=f"Give it with 'dreflow models url {name} URL'."
        )
    needed = kept.need_key if unit.NEEDS_KEY else None
    key = needed(context, name, unit.TITLE, unit.KEYS) if needed else kept.key_of(context, name, unit.KEYS)
    return Named(
        provider=name,
        model=model.strip(),
        unit=unit,
        access=Access(key or "", url),
        local="local" in unit.CAN and is_ours(url, chosen.trusted_hosts) and not _relayed(model),
        tools="tools" in unit.CAN and text not in chosen.without_tools,
    )


def is_ours(url: str, trusted: tuple[str, ...]) -> bool:
    """Whether an address is this machine's, or a host that the workspace trusts by name."""
    host = (urlsplit(url).hostname or "").casefold()
    if host in {"localhost", *(one.casefold() for one in trusted)}:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _relayed(model: str) -> bool:
    """A local server passes a model of such a name on to the vendor's cloud."""
    return model.strip().casefold().endswith(("-cloud", ":cloud"))


def preferred(context: Context) -> str:
    """Who plans here when nobody names a model: ``routes`` where a route for it is set, else ``builtin``."""
    settings = kept.settings(context)
    return ROUTED if chain(settings, "answer") or chain(settings, "draft") else BUILTIN


def chain(settings: ModelSettings, task: Task) -> tuple[str, ...]:
    """Models of a task's route, in the order to try them."""
    return tuple(dict.fromkeys(one for one in settings.routes.get(task, ()) if one != BUILTIN))
