"""What customers owe, as a German system exports it: other names, other words, decimal commas."""

from __future__ import annotations

from pathlib import Path

from evals.world import World
from evals.worlds.receivables import GERMAN, write_receivables


def write(root: Path) -> World:
    """The same papers and the same ledger as ``receivables``."""
    return write_receivables(root, GERMAN)
