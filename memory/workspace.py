"""A workspace: a folder with a store, the runs' files and what the connectors keep."""

from __future__ import annotations

import json
import os
import uuid
from datetime import datetime
from functools import cached_property
from pathlib import Path

from connectors import own
from memory.database import open_database
from memory.store import Store
from spec.errors import AccessError
from spec.records import record


@record(frozen=True)
class Workspace:
    """``folder`` is made when needed. Without ``database_url`` (PostgreSQL) the store is a file in it."""

    folder: Path
    made_at: datetime
    """The clock, for what is recorded when the workspace is new."""
    database_url: str | None = None

    @cached_property
    def store(self) -> Store:
        """The store, opened at first use."""
        identity = self._identity()
        store = Store(open_database(self.database_url, self.folder / "dreflow.db"), identity)
        store.enter(self.folder.resolve().parent.name, self.made_at)
        own.look_in(self.connectors, store.approved_connector)
        return store

    @property
    def runs(self) -> Path:
        """Where each run keeps its files."""
        return self.folder / "runs"

    @property
    def connectors(self) -> Path:
        """Connectors of the workspace's own, a folder each."""
        return self.folder / "connectors"

    @property
    def timezone(self) -> str:
        """The business's IANA time zone: ``timezone`` in ``workspace.json``, else that of this machine, else UTC."""
        return self._stated("timezone") or _machine_zone()

    @property
    def address(self) -> str | None:
        """Where people reach the chat page: ``address`` in ``workspace.json``, None where nobody set it."""
        return self._stated("address")

    def _stated(self, name: str) -> str | None:
        file = self.folder / "workspace.json"
        found = json.loads(file.read_text(encoding="utf-8")).get(name) if file.exists() else None
        return str(found) if found else None

    def _identity(self) -> str:
        """Read or make ``workspace.json``: one store on a server may hold several workspaces, and a folder can move."""
        file = self.folder / "workspace.json"
        try:
            if not file.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                beside = file.with_name(f"workspace.{uuid.uuid4().hex}.json")
                beside.write_text(json.dumps({"id": uuid.uuid4().hex}) + "\n", encoding="utf-8")
                # Two first commands at once must agree: a link is made by one of them only.
                try:
                    file.hardlink_to(beside)
                except FileExistsError:
                    pass
                finally:
                    beside.unlink()
            return str(json.loads(file.read_text(encoding="utf-8"))["id"])
        except (OSError, ValueError, KeyError) as error:
            raise AccessError(
                f"This folder cannot be a workspace: {error}.",
                hint="Name another folder with --workspace.",
                where={"file": str(file)},
            ) from error


def _machine_zone() -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    linked = str(Path("/etc/localtime").resolve()) if Path("/etc/localtime").is_symlink() else ""
    for name in (os.environ.get("TZ", "").removeprefix(":"), linked.partition("zoneinfo/")[2]):
        try:
            if name:
                key = ZoneInfo(name).key
                return "UTC" if key in {"Etc/UTC", "Etc/Universal", "Etc/Zulu"} else key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"
