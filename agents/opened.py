"""Data that conversations look at, opened once for all that look at the same."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.context import Context
from tools.data import OpenData, fingerprint, open_data

KEPT_IDLE = 4
"""Opened data that nobody looks at any more and that the next conversation may want."""


@dataclass
class _Entry:
    key: object
    users: int = 0
    data: OpenData | None = None
    opening: threading.Lock = field(default_factory=threading.Lock)


class Opened:
    """Opens data and shares it between conversations over the same files, as long as these have not changed.

    Safe to use from many threads. What one takes it gives back; nothing is closed while somebody has it.
    """

    def __init__(self, *, kept_idle: int = KEPT_IDLE) -> None:
        self._kept_idle = kept_idle
        self._entries: dict[object, _Entry] = {}
        self._lock = threading.Lock()

    def take(self, context: Context, items: tuple[str, ...], answers: Mapping[str, str]) -> OpenData:
        """The data of the items, read as the answers say; raises as ``open_data``."""
        context.need("ask")
        as_it_is = fingerprint(items, context)
        # Data that may have changed unseen is nobody else's.
        key = object() if as_it_is is None else (items, tuple(sorted(answers.items())), as_it_is)
        with self._lock:
            entry = self._entries.setdefault(key, _Entry(key))
            entry.users += 1
            # The one used last stands last.
            self._entries[key] = self._entries.pop(key)
        try:
            with entry.opening:
                if entry.data is None:
                    entry.data = open_data(items, context, answers=answers)
                return entry.data
        except BaseException:
            self._left(entry)
            raise

    def give_back(self, data: OpenData) -> None:
        """Say that somebody who took it is done with it."""
        with self._lock:
            entry = next(one for one in self._entries.values() if one.data is data)
        self._left(entry)

    def close(self) -> None:
        """Close all; whoever still looks at something will fail."""
        with self._lock:
            entries = list(self._entries.values())
            self._entries.clear()
        for entry in entries:
            if entry.data is not None:
                entry.data.close()

    def _left(self, entry: _Entry) -> None:
        with self._lock:
            entry.users -= 1
            idle = [one for one in self._entries.values() if one.users == 0]
            shared = [one for one in idle if isinstance(one.key, tuple) and one.data is not None]
            kept = shared[len(shared) - self._kept_idle :] if len(shared) > self._kept_idle else shared
            kept = kept if self._kept_idle else []
            ended = [one for one in idle if one not in kept]
            for one in ended:
                del self._entries[one.key]
        for one in ended:
            if one.data is not None:
                one.data.close()
