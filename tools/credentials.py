"""A connection's secrets in the vault, read and exchanged by any number of processes at once."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from spec.errors import AccessError, BusyError

if TYPE_CHECKING:
    from connectors.http.signing import Secrets
    from connectors.vault import Vault

PATIENCE_S = 150.0
"""How long to wait for another process's renewal; longer than a request to a token endpoint may take."""

_LOOK_AGAIN_S = 0.05
_UNDER_WAY = b"renewing\n"


class Hidden(dict[str, str]):
    """Secrets by name; where they are shown, in a traceback or a log, only their names are."""

    def __repr__(self) -> str:
        return f"Hidden({', '.join(sorted(self))})"


class HeldCredentials:
    """Secrets that are tried before they are saved: in memory alone, used by one caller."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets: Secrets = Hidden(secrets)

    def __repr__(self) -> str:
        return "HeldCredentials()"

    def get(self) -> Secrets:
        """As they are now."""
        return self._secrets

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them."""
        self._secrets = Hidden(change(self._secrets))
        return self._secrets


class VaultCredentials:
    """The secrets of one connection: one JSON text under one name of the vault.

    Renewals are one at a time over all threads and processes, under a lock of this connection alone, so that the vault
    stays free while a token endpoint is asked. What a renewal gives is on disk before anybody sees it. A process that
    is killed in between (after the system's answer, before it is stored) loses the answer: where each refresh token is
    good once, the next renewal is refused and the person has to give consent again, and the error says why. Such a
    renewal leaves a mark in the lock's file; the file holds no secret.
    """

    def __init__(self, vault: Vault, name: str, *, patience: float = PATIENCE_S) -> None:
        self._vault = vault
        self._name = name
        self._patience = patience

    def __repr__(self) -> str:
        return f"VaultCredentials({self._name!r})"

    def get(self) -> Secrets:
        """As they are now. AccessError when the vault holds none, or does not open."""
        text = self._vault.get(self._name)
        if text is None:
            raise AccessError(
                f"The vault holds nothing for the connection {self._short!r}.",
                hint=f"Save it again: dreflow connectors add {self._short}.",
                data={"needs": "secrets"},
            )
        found = _read(text)
        if found is None:
            raise AccessError(
                f"What the vault holds for the connection {self._short!r} is not what was kept for it.",
                hint=f"Save it again: dreflow connectors add {self._short}.",
                data={"needs": "secrets"},
            )
        return found

    def keep(self, secrets: Secrets) -> None:
        """Put others in their place, e.g. those of a new consent; a renewal under way ends first."""
        with self._alone() as handle:
            self._store(secrets)
            _mark(handle, b"")

    def renew(self, change: Callable[[Secrets], Secrets]) -> Secrets:
        """Exchange them; ``change`` gets the newest and is never under way twice.

        When it gives back what it got, nothing is stored. Raises what it raises; BusyError when another renewal does
        not end.
        """
        with self._alone() as handle:
            cut_off = os.pread(handle, len(_UNDER_WAY), 0) == _UNDER_WAY
            newest = self.get()
            _mark(handle, _UNDER_WAY)
            try:
                made = change(newest)
            except AccessError as error:
                # It was told no, so nothing of this try is lost; what an earlier one lost stays lost.
                _mark(handle, _UNDER_WAY if cut_off else b"")
                if cut_off and error.data.get("needs") == "consent":
                    error.hint = f"{error.hint} {_LOST}"
                raise
            if made != newest:
                self._store(made)
            _mark(handle, b"" if made != newest or not cut_off else _UNDER_WAY)
            return Hidden(made)

    @property
    def _short(self) -> str:
        return self._name.rpartition("/")[2]

    def _store(self, secrets: Secrets) -> None:
        self._vault.put(self._name, json.dumps(dict(secrets), sort_keys=True))

    @contextlib.contextmanager
    def _alone(self) -> Iterator[int]:
        """Holds the connection's lock; gives the handle of its file."""
        folder = self._vault.home / "renewals"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"{hashlib.sha256(self._name.encode()).hexdigest()[:32]}.lock"
        handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            self._wait(handle)
            yield handle
        finally:
            os.close(handle)

    def _wait(self, handle: int) -> None:
        until = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise BusyError(
                        f"Another process is renewing the access of {self._short!r} and does not end.",
                        hint="Try again; if it stays so, end the other run.",
                    ) from None
                time.sleep(_LOOK_AGAIN_S)
            else:
                return


_LOST = (
    "The reason may be that an earlier renewal was cut off before its answer could be kept: such a system takes each "
    "key for renewing once."
)


def _read(text: str) -> Hidden | None:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(isinstance(item, str) for item in found.values()):
        return None
    return Hidden(found)


def _mark(handle: int, text: bytes) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text, 0)
