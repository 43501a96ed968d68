"""What runs keep in the workspace's folder: rows they read, events, notes and digests."""

from __future__ import annotations

import shutil

from spec.errors import UsageError
from tools.context import Context


def workspace(context: Context) -> int:
    """Remove all runs' files. Raises UsageError while one is at work."""
    from tools.runs import is_interrupted

    busy = [
        run.run_id
        for run in context.workspace.store.recent(1000)
        if run.status == "running" and not is_interrupted(context, run)
    ]
    if busy:
        raise UsageError(
            f"{busy[0]} is running.",
            hint=f"Wait for it, or stop it: dreflow runs cancel {busy[0]}.",
            data={"runs": busy},
        )
    folder = context.workspace.runs
    runs = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    if folder.is_dir():
        shutil.rmtree(folder)
    return len(runs)
