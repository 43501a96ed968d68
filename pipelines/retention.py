"""How long the rows that a run read are kept: as long as it can be replayed and resumed from them."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from pipelines import staging
from pipelines.run_notes import DIGESTS, RUN_FILE

KEEP = timedelta(days=30)
"""How long staged rows are kept where nothing else is asked for."""


def forget_staged(workspace: Path, *, now: datetime, keep: timedelta = KEEP) -> tuple[str, ...]:
    """Remove the staged rows of runs that ended longer ago than ``keep``; their events, notes and digests stay.

    Gives the runs' ids. A run counts as ended when its digests were written; one that never got so far, by its start.
    """
    runs, forgotten = workspace / "runs", []
    # Every run that ever was has a folder here, and each run looks through them: by one look at most of them.
    names = sorted(os.listdir(runs)) if runs.is_dir() else []  # noqa: PTH208 - a path for each name takes five times as long
    for name in names:
        places = (os.path.join(runs, name, kept) for kept in (staging.FILE, staging.PAGES))  # noqa: PTH118 - as above
        if not any(map(os.path.exists, places)):
            continue
        folder = runs / name
        note = folder / RUN_FILE
        if not note.exists():
            continue
        ended = max(path.stat().st_mtime for path in (note, folder / DIGESTS) if path.exists())
        if now.timestamp() - ended > keep.total_seconds():
            staging.forget(folder)
            forgotten.append(folder.name)
    return tuple(forgotten)
