"""Files of conversations: what was dropped in, what was handed out or waits to be, and folders of plans made there.

What was said in Slack stays there: it is Slack's to delete.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from pipelines import kept
from tools import models
from tools.context import Context

OF_THREADS = ("uploads", "answers", "slack")
OF_WORKSPACES = (*OF_THREADS, "pipelines", "out", "page", "pages", "worker", "evals", kept.FOLDER)
_PLANNED = "SELECT DISTINCT pipeline FROM thread_plans WHERE workspace = :workspace AND thread = :thread"
_USED = """
SELECT pipeline FROM thread_plans WHERE workspace = :workspace AND (status = 'approved' OR thread <> :thread)
UNION SELECT pipeline FROM runs WHERE workspace = :workspace
UNION SELECT pipeline FROM schedules WHERE workspace = :workspace
"""


def thread(context: Context, thread_id: str) -> int:
    """Remove its files, and the folders of plans that nobody approved, ran or scheduled."""
    store, folder = context.workspace.store, context.workspace.folder
    values = {"workspace": store.workspace, "thread": thread_id}
    used = {row["pipeline"] for row in store.database.read(_USED, values)}
    drafts = [str(row["pipeline"]) for row in store.database.read(_PLANNED, values) if row["pipeline"] not in used]
    folders = [*(folder / kind / thread_id for kind in OF_THREADS), *(folder / "pipelines" / name for name in drafts)]
    return sum(map(_removed, folders))


def workspace(context: Context) -> int:
    """Remove all of them, and what the page, the worker, the evals and the choice of models keep here."""
    folder = context.workspace.folder
    settings = folder / models.FILE
    gone = int(settings.is_file())
    settings.unlink(missing_ok=True)
    return gone + sum(_removed(folder / name) for name in OF_WORKSPACES)


def _removed(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    count = sum(path.is_file() for path in folder.rglob("*"))
    shutil.rmtree(folder)
    return count
