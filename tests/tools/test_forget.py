"""What is forgotten is gone: every byte of the workspace and of the vault is read afterwards."""

from __future__ import annotations

import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from agents.session import Message, Session
from memory.erasure import erase_workspace
from memory.store import SavedThread
from memory.workspace import Workspace
from pipelines import kept
from spec.errors import AccessError, SpecError, UsageError
from tools import connections, forget, preferences
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SENTINEL = "sentinel-quokka"


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    return Context(Workspace(tmp_path / "shop" / ".dreflow", NOW), "ada")


def traces(folder: Path, what: str = SENTINEL) -> list[str]:
    """Files below a folder with these bytes in them, the store's log included."""
    assert any(folder.rglob("*"))
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and what.encode() in path.read_bytes())


def talk(context: Context, folder: Path) -> str:
    """A conversation full of the sentinel: asked, answered, asked back about and gone on with."""
    (folder / "orders.csv").write_text(f"id,region,total\n1,{SENTINEL},10.50\n2,South,1.25\n", encoding="utf-8")
    with Session(context, clock=NOW) as session:
        data = (str(folder / "orders.csv"),)
        first = session.ask(Message(text=f"sum of total where region is '{SENTINEL}'", data=data))
        assert first.status == "answered"
        session.ask(Message(text=f"how many {SENTINEL} are there", thread=first.thread))
        session.plan(Message(text=f"total by region, save as {SENTINEL}.csv", data=data))
    return str(first.thread)


def test_a_forgotten_conversation_leaves_no_byte(context: Context, tmp_path: Path) -> None:
    thread = talk(context, tmp_path)
    store, folder = context.workspace.store, context.workspace.folder
    # The same conversation was written several times, so copies lie in the log and in free pages too.
    assert traces(folder)
    for known in (row["id"] for row in store.database.read("SELECT id FROM threads", {})):
        done = forget.thread(context, str(known), now=NOW)
        assert done.scrubbed
        assert done.removed["store"] == 1
    assert traces(folder) == []
    assert store.thread(thread) is None
    assert store.first_broken_entry() is None
    [*_, last] = store.audit_trail()
    assert (last.action, last.detail) == ("forget thread", {})


def test_compiled_plans_go_with_their_workspace(context: Context) -> None:
    folder = context.workspace.folder
    assert context.workspace.store.workspace
    (folder / kept.FOLDER).mkdir()
    (folder / kept.FOLDER / "some.json").write_text(SENTINEL, encoding="utf-8")
    done = forget.workspace(context, now=NOW)
    assert traces(folder) == []
    assert done.left == ()


def test_every_table_with_a_column_thread_takes_part(context: Context) -> None:
    from sqlalchemy import Column, String, Table

    from memory.metadata import Base

    store = context.workspace.store
    store.save_thread(SavedThread("t1", "answer", {}, ()), by="ada", now=NOW)
    store.save_thread(SavedThread("t2", "answer", {}, ()), by="ada", now=NOW)
    table = Table(
        "uploads", Base.metadata, *(Column(name, String, nullable=False) for name in ("workspace", "thread", "text"))
    )
    try:
        store.database.write("CREATE TABLE uploads (workspace, thread, text)", {})
        for thread in ("t1", "t2"):
            values = {"workspace": store.workspace, "thread": thread, "text": f"{SENTINEL} {thread}"}
            store.database.write("INSERT INTO uploads VALUES (:workspace, :thread, :text)", values)
        forget.thread(context, "t1", now=NOW)
        assert [row["thread"] for row in store.database.read("SELECT thread FROM uploads", {})] == ["t2"]
        assert traces(context.workspace.folder, f"{SENTINEL} t1") == []
    finally:
        Base.metadata.remove(table)


def test_what_only_says_where_it_came_from_stays_without_that(context: Context) -> None:
    store = context.workspace.store
    store.save_thread(SavedThread("t1", "answer", {}, ()), by="ada", now=NOW)
    add = """
    INSERT INTO schedules (workspace, pipeline, spec_digest, base, out, paused, created_by, created_at, thread)
    VALUES (:workspace, 'totals', 'sha256:1', '/', '/', 0, 'ada', '2026', 't1')
    """
    store.database.write(add, {"workspace": store.workspace})
    tell = """
    INSERT INTO notices (workspace, id, thread, pipeline, kind, text, hint, cause, times, at)
    VALUES (:workspace, 1, 't1', 'totals', 'failed', :text, '', '', 1, '2026')
    """
    store.database.write(tell, {"workspace": store.workspace, "text": SENTINEL})
    forget.thread(context, "t1", now=NOW)
    assert store.database.read("SELECT pipeline, thread FROM schedules", {}) == [{"pipeline": "totals", "thread": None}]
    assert traces(context.workspace.folder) == []


def test_checkpoints_uploads_and_drafted_plans_of_a_conversation_go_with_it(context: Context, tmp_path: Path) -> None:
    pytest.importorskip("langgraph", reason="the extra 'chat' is not installed")
    from langgraph.checkpoint.base import empty_checkpoint

    from memory.threads import checkpoint_thread, checkpoints
    from tools import uploads

    store, folder = context.workspace.store, context.workspace.folder
    (tmp_path / "mine.csv").write_text(f"id,name\n1,{SENTINEL}\n", encoding="utf-8")
    for thread in ("t1", "t2"):
        store.save_thread(SavedThread(thread, "answer", {}, ()), by="ada", now=NOW)
        with checkpoints(context.workspace) as saver:
            named = {
                "configurable": {"thread_id": checkpoint_thread(context.workspace, thread, 1), "checkpoint_ns": ""}
            }
            saver.put(named, {**empty_checkpoint(), "channel_values": {"said": f"{SENTINEL} {thread}"}}, {}, {})  # type: ignore[arg-type]
        uploads.take(context, thread, tmp_path / "mine.csv", f"{thread}.csv", now=NOW)
    assert {"conversations.db", "t1.csv", "t2.csv"} <= {*traces(folder), "conversations.db"}
    done = forget.thread(context, "t1", now=NOW)
    assert (done.removed["checkpoints"], done.removed["files"]) == (1, 1)
    assert traces(folder, f"{SENTINEL} t1") == []
    assert traces(folder, f"{SENTINEL} t2") != []
    assert not (folder / "uploads" / "t1").exists()
    forget.thread(context, "t2", now=NOW)
    assert traces(folder) == []


def test_a_conversation_held_in_full_leaves_no_byte_anywhere(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("langgraph", reason="the extra 'chat' is not installed")
    pytest.importorskip("chromadb", reason="the extra 'docs' is not installed")
    from memory.docs_index import pages
    from memory.docs_index.pages import Page
    from tools import uploads
    from tools.docs import close_docs

    monkeypatch.setattr(pages, "pages", lambda: [Page("docs/roof.md", "# Roofs\n\nTiles keep the rain out.\n")])
    rows = [f"{n},{SENTINEL} {n},{n}.50,2026-09-01" for n in range(1, 400)]
    (tmp_path / "mine.csv").write_text("\n".join(["id,region,amount,day", *rows, ""]), encoding="utf-8")
    with Session(context, clock=NOW) as session:
        thread = session.begin(f"about {SENTINEL}", surface="page")
        dropped = uploads.take(context, thread, tmp_path / "mine.csv", "mine.csv", now=NOW)
        (tmp_path / "mine.csv").unlink()
        for said in (
            f"takings means sum of amount where region is '{SENTINEL} 7'",
            "yes",
            f"what is the amount by region without '{SENTINEL} 9'?",
            "takings by day, save it as totals.csv",
            f"what does the roof of {SENTINEL} mean?",
        ):
            message = Message(text=said, thread=thread, data=(str(dropped),))
            list(session.talk(message, start=lambda *_, **__: pytest.fail("nothing runs here")))
    close_docs()
    everywhere = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert everywhere == {"home", "shop"}
    assert list((tmp_path / "home" / "docs").rglob("chroma.sqlite3"))
    kept = [context.workspace.folder / place / thread for place in ("answers", "uploads")]
    # The pages of an answer are compressed, so their bytes tell nothing.
    assert all(any(folder.iterdir()) for folder in kept)
    assert {"conversations.db", "mine.csv"} < set(traces(tmp_path))
    assert forget.thread(context, thread, now=NOW).scrubbed
    assert not any(folder.exists() for folder in kept)
    # What everybody agreed on is no part of the conversation in which they did.
    assert traces(tmp_path) == ["dreflow.db"]
    assert forget.definition(context, "takings", now=NOW).scrubbed
    assert traces(tmp_path) == []


def test_a_place_joins_by_being_there(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    # As the unit of a later store: a file on the shelf, and no list that names it.
    asked: list[str] = []
    unit = ModuleType("tools.forgetting.uploads")

    def forgets(context: Context, thread: str) -> int:
        asked.append(thread)
        return 3

    unit.__dict__["thread"] = forgets
    monkeypatch.setitem(sys.modules, "tools.forgetting.uploads", unit)
    monkeypatch.setattr("spec.registry._local_names", lambda *_: frozenset({"uploads"}))
    context.workspace.store.save_thread(SavedThread("t1", "answer", {}, ()), by="ada", now=NOW)
    assert forget.thread(context, "t1", now=NOW).removed == {"uploads": 3, "store": 1}
    assert asked == ["t1"]


def test_others_conversations_need_the_right_admin(context: Context) -> None:
    context.workspace.store.save_thread(SavedThread("t1", "answer", {}, ()), by="bo", now=NOW)
    with pytest.raises(AccessError):
        forget.thread(Context(context.workspace, "ada", frozenset({"ask"})), "t1", now=NOW)
    with pytest.raises(UsageError):
        forget.thread(context, "t9", now=NOW)


def test_a_forgotten_definition_is_gone_in_all_versions_and_from_the_trail(context: Context) -> None:
    store = context.workspace.store
    for text in ("first", "second"):
        store.define("margin", f"{SENTINEL} {text}", expression=None, by="ada", now=NOW)
    assert traces(context.workspace.folder)
    forget.definition(context, "margin", now=NOW)
    assert traces(context.workspace.folder) == []
    assert store.definitions() == {}
    with pytest.raises(SpecError):
        forget.definition(context, "margin", now=NOW)


def test_a_forgotten_workspace_is_empty_and_says_only_that_it_was_forgotten(context: Context, tmp_path: Path) -> None:
    from tools.runs import run

    talk(context, tmp_path)
    store, folder = context.workspace.store, context.workspace.folder
    connections.add(context, "till", f"postgresql://ada:{SENTINEL}@127.0.0.1:1/till", now=NOW)
    preferences.prefer(context, "language", "de", now=NOW)
    (tmp_path / "copy.yaml").write_text(
        "version: 1\nname: copy\nsources:\n"
        f"  orders: {{location: {tmp_path}/orders.csv, "
        "columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)'}}\n"
        "outputs: [{file: copy.csv, from: orders}]\n"
    )
    assert run(context, tmp_path / "copy.yaml", now=NOW, out=tmp_path / "out").status == "succeeded"
    (folder / "worker").mkdir()
    (folder / "worker" / "totals.log").write_text(SENTINEL, encoding="utf-8")
    (folder / "pages" / "1" / "till").mkdir(parents=True)
    (folder / "pages" / "1" / "till" / "pages-00000.ndjson").write_text(SENTINEL, encoding="utf-8")
    (folder / "models.json").write_text("{}", encoding="utf-8")
    entries = len(store.audit_trail())
    done = forget.workspace(context, now=NOW)
    assert (done.scrubbed, done.left) == (True, ())
    assert traces(folder) == []
    assert sorted(path.name for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))) == [
        "dreflow.db", "workspace.json",
    ]  # fmt: skip
    assert connections.vault().names() == ()
    [entry] = store.audit_trail()
    assert (entry.action, entry.detail["entries"]) == ("forget workspace", entries)
    assert store.first_broken_entry() is None
    with pytest.raises(Exception, match="append-only"):
        store.database.write("DELETE FROM audit_trail", {})


def test_files_that_are_not_ours_stay_and_are_named(context: Context) -> None:
    context.workspace.store.next_id("run")
    (context.workspace.folder / "taxes.xlsx").write_text("mine")
    assert forget.workspace(context, now=NOW).left == ("taxes.xlsx",)
    assert (context.workspace.folder / "taxes.xlsx").read_text() == "mine"


def test_another_workspaces_rows_and_passwords_stay(
    tmp_path: Path, fresh_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREFLOW_HOME", str(tmp_path / "home"))
    one, two = (Context(Workspace(tmp_path / name, NOW, fresh_postgres_url), "ada") for name in ("one", "two"))
    for context in (one, two):
        context.workspace.store.save_thread(SavedThread("t1", "answer", {"text": SENTINEL}, ()), by="ada", now=NOW)
        connections.add(context, "till", "postgresql://ada:pw@127.0.0.1:1/till", now=NOW)
    forget.workspace(one, now=NOW)
    assert one.workspace.store.thread("t1") is None
    assert two.workspace.store.thread("t1") is not None
    assert [name.split("/")[1] for name in connections.vault().names()] == [two.workspace.store.workspace]
    assert [entry.action for entry in one.workspace.store.audit_trail()] == ["forget workspace"]
    assert len(two.workspace.store.audit_trail()) == 1
    with pytest.raises(Exception, match="append-only"):
        two.workspace.store.database.write("DELETE FROM audit_trail", {})
    for context in (one, two):
        context.workspace.store.close()


def test_a_reader_elsewhere_is_waited_for_and_told_of(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    store = context.workspace.store
    store.save_thread(SavedThread("t1", "answer", {"text": SENTINEL}, ()), by="ada", now=NOW)
    clock = iter([0.0, *[20.0] * 50])
    monkeypatch.setattr("memory.database.time.monotonic", lambda: next(clock))
    reader = sqlite3.connect(context.workspace.folder / "dreflow.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM threads").fetchone()
    assert not forget.thread(context, "t1", now=NOW).scrubbed
    reader.close()
    monkeypatch.undo()
    assert forget.traces(context).scrubbed
    assert traces(context.workspace.folder) == []


def test_what_fails_while_a_workspace_is_erased_changes_nothing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = context.workspace.store
    store.save_thread(SavedThread("t1", "answer", {}, ()), by="ada", now=NOW)
    store.record("ada", "approve", "something", {}, NOW)

    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(store, "record", broken)
    with pytest.raises(RuntimeError):
        erase_workspace(store, name="shop", by="ada", now=NOW)
    assert store.thread("t1") is not None
    with pytest.raises(Exception, match="append-only"):
        store.database.write("DELETE FROM audit_trail", {})
    assert [entry.subject for entry in store.audit_trail()] == ["something"]
