"""Connectors of somebody's own: a folder with a ``connector.yaml`` in a workspace is found without any list.

They are data like those that come with the product, and never code. One is used as it was approved and in no other
state: its file's digest is held against the approval each time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from spec.errors import ApprovalNeededError, SpecError, unknown_name
from spec.records import record
from spec.registry import Shelf

FILE = "connector.yaml"
NAME = r"[a-z][a-z0-9_]{0,59}"
Approved = Callable[[str], str | None]
"""Gives the digest of the file that was approved under a name; None when none was."""
_FOLDERS: dict[Path, Approved] = {}


def look_in(folder: Path, approved: Approved) -> None:
    """Find the connectors of a workspace's folder from now on, also those that come later."""
    _FOLDERS[folder] = approved


def digest(content: bytes) -> str:
    """Identity of a connector's file, to which an approval is given."""
    return hashlib.sha256(content).hexdigest()


def names() -> frozenset[str]:
    """All that are there, approved or not."""
    found: set[str] = set()
    for folder in list(_FOLDERS):
        if folder.is_dir():
            found |= {file.parent.name for file in folder.glob(f"*/{FILE}") if re.fullmatch(NAME, file.parent.name)}
    return frozenset(found)


def has(name: str) -> bool:
    """Whether there is one of that name, approved or not."""
    return re.fullmatch(NAME, name) is not None and any((folder / name / FILE).is_file() for folder in list(_FOLDERS))


def path(name: str) -> Path:
    """The file of an approved one.

    ApprovalNeededError where nobody approved it as it is; SpecError where two workspaces that are at work in this
    process have different ones of that name.
    """
    found = {
        folder: (folder / name / FILE).read_bytes() for folder in list(_FOLDERS) if (folder / name / FILE).is_file()
    }
    if len({digest(content) for content in found.values()}) > 1:
        raise SpecError(
            f"Two workspaces have different connectors called {name!r}.", hint="Work in one of them at a time."
        )
    for folder, content in found.items():
        known = _FOLDERS[folder](name)
        if known != digest(content):
            what = "was changed since it was approved" if known else "is not approved"
            raise ApprovalNeededError(
                f"The connector {name!r} {what}.",
                hint=f"Look at it, then: dreflow connectors approve {name} --by YOU",
                where={"file": str(folder / name / FILE)},
                data={"connector": name, "digest": digest(content)},
            )
        return folder / name / FILE
    raise unknown_name("connector", name, names())


@record(frozen=True)
class Systems:
    """Connectors that are data: those on the product's shelf, and those of one's own."""

    shelf: Shelf

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted({*self.shelf.names(), *names()}))

    def has(self, name: str) -> bool:
        """Whether there is one of that name."""
        return self.shelf.has(name) or has(name)

    def path(self, name: str) -> Path:
        """The file of one; the product's own go first. Raises as ``path`` does, SpecError with the nearest name."""
        if not self.shelf.has(name) and has(name):
            return path(name)
        if not self.shelf.has(name):
            raise unknown_name(self.shelf.noun, name, self.names())
        return self.shelf.path(name)
