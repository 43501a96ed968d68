"""Files of conversations that wait to be sent to Slack. What was said there stays in Slack: it is Slack's to delete."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.context import Context


def thread(context: Context, thread_id: str) -> int:
    """Remove what waits for one conversation."""
    return _removed(context.workspace.folder / "slack" / thread_id)


def workspace(context: Context) -> int:
    """Remove all of them."""
    return _removed(context.workspace.folder / "slack")


def _removed(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    count = sum(path.is_file() for path in folder.rglob("*"))
    shutil.rmtree(folder)
    return count
