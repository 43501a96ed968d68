"""Where plans wait for a person: LangGraph's checkpoints, which hold what was said and drafted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from spec.errors import TransientError
from tools.context import Context


def thread(context: Context, thread_id: str) -> int:
    """Remove the checkpoints of one conversation, all its turns."""
    return _erased(context, f"{context.workspace.store.workspace}/{thread_id}/")


def workspace(context: Context) -> int:
    """Remove those of the whole workspace; a file of its own goes with them."""
    from memory.threads import FILE

    gone = _erased(context, f"{context.workspace.store.workspace}/")
    if context.workspace.database_url is None:
        for ending in ("", "-wal", "-shm", "-journal"):
            (context.workspace.folder / f"{FILE}{ending}").unlink(missing_ok=True)
    return gone


def _erased(context: Context, beginning: str) -> int:
    from memory.threads import FILE, checkpoints

    file = context.workspace.folder / FILE
    if context.workspace.database_url is None and not file.is_file():
        return 0
    with checkpoints(context.workspace) as saver:
        every = {str(one.config["configurable"]["thread_id"]) for one in saver.list(None)}
        gone = sorted(name for name in every if name.startswith(beginning))
        for name in gone:
            saver.delete_thread(name)
    if context.workspace.database_url is None:
        _scrub(file)
    return len(gone)


def _scrub(file: Path) -> None:
    """Write the file anew, so that no byte of what was deleted stays in its free pages or its log."""
    with closing(sqlite3.connect(str(file), timeout=10, isolation_level=None)) as connection:
        try:
            connection.execute("VACUUM")
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            busy = 1
    if busy == 1:
        raise TransientError(
            "A conversation is at work just now, so this could not be finished.", hint="Try again when it has ended."
        )
