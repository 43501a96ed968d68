"""A German wholesaler's workbook, month by month: other words, columns and layout, and a sheet of notes."""

from __future__ import annotations

from pathlib import Path

from evals.world import World
from evals.worlds.supplier import GERMAN, write_supplier


def write(root: Path) -> World:
    """As ``supplier``, in another form; the new column of the second month stands in the middle."""
    return write_supplier(root, GERMAN)
