"""Where plans wait: LangGraph's checkpoints of each workspace, in a file of its folder or in its PostgreSQL store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from memory.workspace import Workspace

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

FILE = "conversations.db"


@contextmanager
def checkpoints(workspace: Workspace) -> Iterator[BaseCheckpointSaver[str]]:
    """The checkpointer, for as long as the ``with`` block lasts. What it holds is plain JSON data."""
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

    # Nothing but plain data is written, so nothing else may come back.
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    if workspace.database_url is None:
        from langgraph.checkpoint.sqlite import SqliteSaver

        workspace.folder.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(workspace.folder / FILE, timeout=30, check_same_thread=False)) as connection:
            connection.execute("PRAGMA busy_timeout = 30000")
            yield SqliteSaver(connection, serde=serde)
        return
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg import Connection
    from psycopg.rows import dict_row

    url = workspace.database_url.replace("postgresql+psycopg://", "postgresql://")
    with Connection.connect(url, autocommit=True, prepare_threshold=0, row_factory=dict_row) as server:
        saver = PostgresSaver(server, serde=serde)
        saver.setup()
        yield saver


def checkpoint_thread(workspace: Workspace, thread: str, turn: int) -> str:
    """The name of a plan's checkpoints: of this workspace, this conversation and the turn that planned it."""
    return f"{workspace.store.workspace}/{thread}/{turn}"
