"""Forgetting in the store: rows go from every table that can hold them, also from tables added later.

Every table names its workspace in ``workspace``. One whose rows belong to a conversation names it in a column
``thread`` (or ``thread_id``) that is never empty, and they go with it. Where the column may be empty, the row only says
where it came from and stays without that, such as a schedule; ``info={"belongs": True}`` on the column makes it go all
the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, bindparam, delete, null, update

from memory.database import Database, Row, SqliteDatabase, Value
from memory.metadata import Base
from memory.store import Store

TRAIL = "audit_trail"
_THREAD = ("thread", "thread_id")
_GUARDS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_trail'"
_PLANNED = "SELECT pipeline FROM thread_plans WHERE workspace = :workspace AND thread = :thread"
_DRAFTS = """
DELETE FROM spec_versions WHERE workspace = :workspace AND (thread = :thread OR (thread IS NULL AND pipeline = :name))
AND digest NOT IN (SELECT spec_digest FROM approvals WHERE workspace = :workspace)
AND digest NOT IN (SELECT spec_digest FROM runs WHERE workspace = :workspace)
AND digest NOT IN (SELECT spec_digest FROM schedules WHERE workspace = :workspace)
AND digest NOT IN (SELECT spec_digest FROM thread_plans WHERE workspace = :workspace AND thread <> :thread)
"""
_LIFT = "ALTER TABLE audit_trail DISABLE TRIGGER USER"
_RESTORE = "ALTER TABLE audit_trail ENABLE TRIGGER USER"
_COUNT = "SELECT count(*) AS entries, max(seq) AS last FROM audit_trail WHERE workspace = :workspace"
_LAST = "SELECT hash FROM audit_trail WHERE workspace = :workspace AND seq = :seq"


def erase_thread(store: Store, thread: str, *, by: str, now: datetime) -> int:
    """Delete a conversation; how many rows went. The trail says that it was forgotten, and by whom."""
    here: Row = {"workspace": store.workspace, "thread": thread}
    chosen: dict[Table, ColumnElement[bool]] = {}
    with store.database.transaction():
        _erase_drafts(store, thread)
        for table in _tables():
            for column in (table.c[name] for name in _THREAD if name in table.c):
                if not column.nullable or column.info.get("belongs"):
                    chosen[table] = column == bindparam("thread")
                else:
                    store.database.write(_loosened(table, column), here)
        threads = Base.metadata.tables["threads"]
        chosen[threads] = threads.c.id == bindparam("thread")
        return _erased(store, chosen, {"thread": thread}, "forget thread", thread, by, now)


def _erase_drafts(store: Store, thread: str) -> None:
    """Plans that came of the conversation and that nobody approved, ran or scheduled: its words, and nothing else."""
    kept = store.thread(thread)
    history = kept.history if kept is not None else ()
    specs = [turn.get("spec") for turn in history if isinstance(turn, dict)]
    names = {str(spec["name"]) for spec in specs if isinstance(spec, dict)}
    values = {"workspace": store.workspace, "thread": thread}
    names |= {str(row["pipeline"]) for row in store.database.read(_PLANNED, values)}
    for name in sorted({*names, ""}):
        store.database.write(_DRAFTS, {**values, "name": name})


def erase_definition(store: Store, name: str, *, by: str, now: datetime) -> int:
    """Delete all versions of a word's meaning; how many rows went."""
    definitions, counters = (Base.metadata.tables[one] for one in ("definitions", "counters"))
    chosen = {definitions: definitions.c.name == bindparam("name"), counters: counters.c.series == bindparam("series")}
    values: Row = {"name": name, "series": f"definition {name}"}
    return _erased(store, chosen, values, "erase definition", name, by, now)


def erase_connection(store: Store, name: str, *, by: str, now: datetime) -> int:
    """Delete a saved connection; how many rows went. Its secrets are the vault's."""
    connections = Base.metadata.tables["connections"]
    chosen: dict[Table, ColumnElement[bool]] = {connections: connections.c.name == bindparam("name")}
    return _erased(store, chosen, {"name": name}, "forget connection", name, by, now)


def erase_workspace(store: Store, *, name: str, by: str, now: datetime) -> int:
    """Delete every row of the workspace, its trail included; how many went.

    A new trail begins, whose first entry says how long the old one was and how it ended, so that a copy kept
    elsewhere can still be told to be whole. It is the one place where the trail's guard is lifted.
    """
    database, here = store.database, {"workspace": store.workspace}
    gone = 0
    with database.transaction(), _unguarded(database):
        told = database.read(_COUNT, here)[0]
        last = database.read(_LAST, {**here, "seq": told["last"]}) if told["last"] else []
        for table in _tables():
            column = table.c["id" if table.name == "workspaces" else "workspace"]
            gone += database.write(_delete(table, column == bindparam("workspace")), here)
        store.enter(name, now)
        ended = str(last[0]["hash"]) if last else ""
        store.record(by, "forget workspace", store.workspace, {"entries": told["entries"], "ended": ended}, now)
    return gone


def scrub(store: Store, *, whole: bool = False) -> bool:
    """Leave no byte of deleted rows in the store's files; False while another process keeps them from being written."""
    large = {"run_events", "runs", TRAIL}
    return store.database.scrub([table.name for table in _tables() if whole or table.name not in large])


def _erased(
    store: Store,
    chosen: dict[Table, ColumnElement[bool]],
    values: Row,
    action: str,
    subject: str,
    by: str,
    now: datetime,
) -> int:
    everything: dict[str, Value] = {"workspace": store.workspace, **values}
    with store.database.transaction():
        gone = sum(
            store.database.write(_delete(table, condition, table.c.workspace == bindparam("workspace")), everything)
            for table, condition in chosen.items()
        )
        store.record(by, action, subject, {}, now)
    return gone


def _loosened(table: Table, column: Column[Any]) -> str:
    """The rows no longer say which conversation they came from."""
    here = table.c.workspace == bindparam("workspace")
    return str(update(table).where(here, column == bindparam("thread")).values({column.name: null()}))


def _delete(table: Table, *conditions: ColumnElement[bool]) -> str:
    return str(delete(table).where(*conditions))


def _tables() -> Sequence[Table]:
    """Those that refer to others first."""
    return [table for table in reversed(Base.metadata.sorted_tables) if {"workspace", "id"} & set(table.c.keys())]


@contextmanager
def _unguarded(database: Database) -> Iterator[None]:
    """Within the transaction at hand, the trail may be deleted from."""
    if not isinstance(database, SqliteDatabase):
        database.write(_LIFT, {})
        yield
        database.write(_RESTORE, {})
        return
    guards = database.read(_GUARDS, {})
    for guard in guards:
        database.write(f'DROP TRIGGER "{guard["name"]}"', {})
    yield
    for guard in guards:
        database.write(str(guard["sql"]), {})
