"""Whether customers come back, as an Italian shop exports its orders: other names, other words, decimal commas."""

from __future__ import annotations

from pathlib import Path

from evals.world import World
from evals.worlds.cohorts import ITALIAN, write_cohorts


def write(root: Path) -> World:
    """The same orders and the same ledger as ``cohorts``."""
    return write_cohorts(root, ITALIAN)
