"""The desk at its worst moments: clicks taken up again, notices where nobody may see them, files of the same name."""

from __future__ import annotations

import asyncio
import os
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path

import pytest
from slack_office import Office, office
from slack_server import BOT, FakeSlack, words

from agents import replies
from integrations.slack.events import Heard
from integrations.slack.files import FilesOut
from integrations.slack.sayings import Sayings
from memory.slack_store import SlackStore
from tools import notices, runs
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
ALL = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run"}
WISH = "total amount by region, save it as totals.csv"


def thread_of(ours: Office) -> str:
    (row,) = ours.workspace.store.database.read("SELECT thread FROM slack_threads", {})
    return str(row["thread"])


def trouble(ours: Office, thread: str, text: str = "orders.csv is gone.") -> None:
    notices.add(
        Context(ours.workspace, "worker", frozenset({"ask", "run"})),
        pipeline="totals",
        kind="failed",
        text=text,
        hint="Put the file back.",
        cause=text,
        run_id="r1",
        thread=thread,
        now=NOW,
    )


def look_around(ours: Office) -> None:
    asyncio.run_coroutine_threadsafe(ours.app.desk._look_around(), ours.loop).result(20)
    ours.idle()


# A click that is taken up again


@pytest.mark.parametrize("decision", ["reject", "approve"])
def test_a_click_taken_up_again_does_not_run_what_somebody_else_approved(
    slack: FakeSlack, orders: str, tmp_path: Path, decision: str
) -> None:
    grants = ALL | {"slack:UBEN": "ask plan approve run"}
    with office(slack, tmp_path, now=NOW, data=[orders], grants=grants) as ours:
        slack.say(f"<@{BOT}> {WISH}")
        slack.wait(lambda: "Approve" in slack.buttons())
        slack.click("Approve")
        slack.wait(lambda: "totals.csv" in slack.files())
        ours.idle()
        thread, store = thread_of(ours), SlackStore(ours.workspace.store)
        (plan,) = ours.workspace.store.database.read("SELECT spec_digest FROM thread_plans", {})
        before = len(runs.recent(ours.service.context("slack:UANNA"), limit=9))
        given = {"thread": thread, "digest": str(plan["spec_digest"]), "decision": decision}
        click = Heard("click again", "decide", "UBEN", "C0GENERAL", direct=False, called=True, given=given)
        store.take(click.id, thread, click.to_json(), now=NOW)
        # The process that had it ended before it could say anything.
        store.begin(click.id, seq=10_000)
        look_around(ours)
        assert "No plan is waiting for a decision." in slack.texts()
        assert len(runs.recent(ours.service.context("slack:UANNA"), limit=9)) == before


# Notices


def test_a_notice_goes_to_its_person_where_the_channel_may_not_see_it(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region", channel="C0SECRET")
        slack.wait(lambda: slack.ephemerals)
        ours.idle()
        trouble(ours, thread_of(ours))
        look_around(ours)
        assert slack.from_us("C0SECRET") == []
        assert "orders.csv is gone" in slack.texts("D0ANNA")


def test_a_notice_of_a_conversation_without_a_thread_is_told_directly(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.command("ask total amount by region", channel="C0SECRET")
        slack.wait(lambda: slack.ephemerals)
        ours.idle()
        trouble(ours, thread_of(ours))
        look_around(ours)
        assert "orders.csv is gone" in slack.texts("D0ANNA")
        look_around(ours)
        assert slack.texts("D0ANNA").count("orders.csv is gone") == 1


def test_a_notice_that_slack_refuses_in_its_channel_is_told_directly(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        slack.ours.discard("C0GENERAL")
        trouble(ours, thread_of(ours))
        look_around(ours)
        assert "orders.csv is gone" in slack.texts("D0ANNA")


def test_a_notice_waits_until_somebody_may_see_it(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        store = ours.workspace.store
        for name in ALL:
            store.save_principal(name, frozenset(), by="owner", now=NOW)
        trouble(ours, thread_of(ours))
        look_around(ours)
        assert "orders.csv is gone" not in slack.texts() + slack.texts("D0ANNA")
        store.save_principal("slack:C0GENERAL", frozenset({"ask"}), by="owner", now=NOW)
        look_around(ours)
        assert "orders.csv is gone" in slack.texts()


def test_a_notice_reads_as_it_does_in_the_page_and_is_kept_in_the_conversation(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        thread = thread_of(ours)
        trouble(ours, thread)
        look_around(ours)
        assert "totals: orders.csv is gone. Put the file back." in words(slack.from_us()[-1])
        rows = ours.workspace.store.database.read("SELECT body FROM messages WHERE turn = 0", {})
        assert len(rows) == 1


def test_a_notice_that_could_not_be_queued_is_told_the_next_time(
    slack: FakeSlack, orders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        thread = thread_of(ours)
        trouble(ours, thread)
        with monkeypatch.context() as broken:
            broken.setattr(SlackStore, "queue", lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                look_around(ours)
        assert "orders.csv is gone" not in slack.texts()
        assert ours.workspace.store.database.read("SELECT body FROM messages WHERE turn = 0", {}) == []
        look_around(ours)
        look_around(ours)
        assert slack.texts().count("orders.csv is gone") == 1


# Files


def sayings(ours: Office, thread: str, arrival: str, files: FilesOut) -> Sayings:
    store = SlackStore(ours.workspace.store)
    heard = Heard(arrival, "message", "UANNA", "C0GENERAL", direct=False, called=True)
    store.take(arrival, thread, heard.to_json(), now=NOW)
    (arrived,) = [one for one in store.unanswered() if one.id == arrival]
    return Sayings(store, arrived, heard, files, now=lambda: NOW, context=ours.service.context("slack:UANNA"))


CHART = replies.Chart.model_validate(
    {
        "title": "Totals",
        "chart": "bar",
        "x": "name",
        "y": ["n"],
        "columns": [{"name": "name", "type": "VARCHAR"}, {"name": "n", "type": "BIGINT"}],
        "rows": [["a", 1], ["b", 2]],
    }
)


def test_two_files_that_wait_have_a_path_each_and_are_gone_once_sent(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        thread, folder = thread_of(ours), ours.workspace.folder / "slack"
        made = tmp_path / "made.csv"
        made.write_text("first", encoding="utf-8")
        reply = replies.File(name="made.csv", id="r1/made.csv", path=str(made), media_type="text/csv", bytes=5)
        for arrival in ("one", "two"):
            said = sayings(ours, thread, arrival, FilesOut(folder))
            for one in (CHART, CHART, reply):
                said.say(one)
            # A run that comes meanwhile writes the file anew, at the same instant as far as the clock can tell.
            stamp = made.stat()
            made.unlink()
            made.write_text("later", encoding="utf-8")
            os.utime(made, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        shown = len([one for one in slack.from_us() if one.get("files")])
        queued = ours.workspace.store.database.read("SELECT body FROM slack_outbox WHERE status = 'queued'", {})
        assert len({str(row["body"]) for row in queued}) == 6
        ours.loop.call_soon_threadsafe(ours.app.desk.outbox.kick, thread)
        slack.wait(lambda: len([one for one in slack.from_us() if one.get("files")]) == shown + 6)
        ours.idle()
        sent = [slack.uploads[f["id"]]["data"] for one in slack.from_us() for f in one.get("files", ())]
        assert sent.count(b"first") == 1
        assert sent.count(b"later") == 1
        assert [one for one in folder.rglob("*") if one.is_file()] == []


def test_another_attempt_keeps_no_second_copy_of_a_file_that_was_sent(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        thread, folder = thread_of(ours), ours.workspace.folder / "slack"
        said = sayings(ours, thread, "one", FilesOut(folder))
        said.say(CHART)
        ours.loop.call_soon_threadsafe(ours.app.desk.outbox.kick, thread)
        slack.wait(slack.files)
        ours.idle()
        said.of(ours.service.context("slack:UANNA"), alone=False).say(CHART)
        assert [one for one in folder.rglob("*") if one.is_file()] == []


def test_a_file_that_slack_refuses_is_not_kept(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> total amount by region")
        slack.wait(slack.from_us)
        ours.idle()
        thread, folder = thread_of(ours), ours.workspace.folder / "slack"
        slack.ours.discard("C0GENERAL")
        sayings(ours, thread, "one", FilesOut(folder)).say(CHART)
        ours.loop.call_soon_threadsafe(ours.app.desk.outbox.kick, thread)
        slack.wait(lambda: slack.called("files.completeUploadExternal"))
        ours.idle()
        assert [one for one in folder.rglob("*") if one.is_file()] == []


# The event loop


def test_the_store_is_never_used_on_the_event_loop(
    slack: FakeSlack, orders: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.dropped["more.csv"] = Path(orders).read_bytes()
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL | {"slack:C0SECRET": "ask"}) as ours:
        used: set[str] = set()
        database = ours.workspace.store.database
        loop_thread = asyncio.run_coroutine_threadsafe(_here(), ours.loop).result(5)
        for name in ("read", "write", "transaction"):
            whole = getattr(database, name)

            def watched(*given: object, whole: object = whole) -> object:
                if threading.current_thread() is loop_thread:
                    used.add("".join(traceback.format_stack(limit=6)))
                return whole(*given)  # type: ignore[operator]

            monkeypatch.setattr(database, name, watched)
        files = [{"id": "F1", "name": "more.csv", "url_private_download": f"{slack.base}/files/more.csv"}]
        slack.say(f"<@{BOT}> total amount by region", files=files, subtype="file_share")
        slack.ours.discard("C0SECRET")
        slack.command("ask total amount", channel="C0SECRET")
        slack.wait(lambda: "/invite" in slack.texts("D0ANNA"))
        slack.say(f"<@{BOT}> {WISH}")
        slack.wait(lambda: "Approve" in slack.buttons())
        slack.click("Approve")
        slack.wait(lambda: "totals.csv" in slack.files())
        ours.idle()
        look_around(ours)
        assert used == set(), "\n".join(used)


async def _here() -> threading.Thread:
    return threading.current_thread()
