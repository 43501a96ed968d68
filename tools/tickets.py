"""Tickets: something that is good once, for a while, to whoever brings the secret it was given out with.

What a ticket stands for lies in the vault, encrypted, so that it outlives a restart; under the secret's digest, so that
nothing at rest opens it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.vault import Vault

Content = Mapping[str, str]


def new_secret() -> str:
    """43 characters that nobody can guess."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")


def digest_of(secret: str) -> str:
    """What a secret is kept as."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Tickets:
    """The tickets of one purpose in one workspace."""

    def __init__(self, vault: Vault, workspace: str, purpose: str) -> None:
        self._vault = vault
        self._folder = f"{purpose}/{workspace}/"

    def give(self, secret: str, content: Content, *, now: datetime, life: timedelta) -> None:
        """Keep what ``secret`` stands for. What nobody came for meanwhile is forgotten."""
        for name in self._vault.names():
            text = self._vault.get(name) if name.startswith(self._folder) else None
            if text is not None and _until(text) <= now:
                self._vault.delete(name)
        kept = {"until": (now + life).isoformat(), "content": dict(content)}
        self._vault.put(self._name(secret), json.dumps(kept, sort_keys=True))

    def look(self, secret: str, *, now: datetime) -> Content | None:
        """What it stands for, as long as it is good; it stays so."""
        text = self._vault.get(self._name(secret))
        if text is None or _until(text) <= now:
            return None
        content: dict[str, str] = json.loads(text)["content"]
        return content

    def take(self, secret: str) -> bool:
        """Use it up. True for exactly one caller, over all processes."""
        return self._vault.delete(self._name(secret))

    def _name(self, secret: str) -> str:
        return f"{self._folder}{digest_of(secret)[:40]}"


def _until(text: str) -> datetime:
    return datetime.fromisoformat(json.loads(text)["until"])
