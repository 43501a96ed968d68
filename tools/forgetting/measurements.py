"""Results of ``dreflow eval`` that lie in the workspace's folder; they hold questions and answers."""

from __future__ import annotations

import shutil

from tools.context import Context


def workspace(context: Context) -> int:
    """Remove them."""
    folder = context.workspace.folder / "evals"
    found = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    if folder.is_dir():
        shutil.rmtree(folder)
    return len(found)
