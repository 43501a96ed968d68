"""The demo's shop over three years, 50,000 orders."""

from __future__ import annotations

from pathlib import Path

from evals.world import World
from evals.worlds.quarter import write_shop


def write(root: Path) -> World:
    """The demo's three years."""
    return write_shop(root, "years")
