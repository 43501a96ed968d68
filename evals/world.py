"""A world: files as an owner would hand them over, and what must come of them; the folder is the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from spec.registry import Shelf

WORLDS = Shelf("evals.worlds", "world")


@dataclass(frozen=True)
class World:
    """A written world. ``check`` holds what a run wrote to the ledger of a variant; raises Unlike."""

    data: Path
    check: Callable[[Path, str], None]
    later: Mapping[str, Path] = field(default_factory=dict)
    """What the owner hands over at a later time, by the name of that time."""


class WorldUnit(Protocol):
    """A module ``evals/worlds/<name>.py``."""

    def write(self, root: Path) -> World:
        """Write the world below an empty folder; the same bytes each time."""


def write(name: str | int, root: Path) -> World:
    """The world of that name, or the demo's shop with so many orders."""
    if isinstance(name, int):
        from evals.worlds.quarter import write_shop

        return write_shop(root, name)
    return cast("WorldUnit", WORLDS.load(name)).write(root)
