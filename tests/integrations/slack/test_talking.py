"""Talking in Slack: who is answered, what is seen by whom, and each answer once, whatever happens to the network."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from slack_office import Office, office
from slack_server import BOT, SECRET, FakeSlack, words

from integrations.slack.app import LARGEST_REQUEST
from tools import conversations, forget, notices, runs
from tools.context import Context

NOW = datetime(2026, 10, 5, 6, 0, tzinfo=UTC)
ALL = {"slack:C0GENERAL": "ask", "slack:UANNA": "ask plan approve run"}
TOTALS = "total amount by region"


def settled(ours: Office) -> None:
    ours.idle()


# Being heard


def test_a_mention_is_answered_once_in_its_thread(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        asked = slack.say(f"<@{BOT}> {TOTALS}")
        slack.wait(lambda: "110.50" in slack.texts())
        ours.idle()
    # Slack told of it twice, as a message and as a mention.
    assert slack.texts().count("110.50") == 1
    assert {message["thread_ts"] for message in slack.from_us()} == {asked["ts"]}


def test_a_thread_goes_on_without_a_mention_and_knows_what_was_said(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        asked = slack.say(f"<@{BOT}> total amount")
        slack.wait(lambda: "131.75" in slack.texts())
        slack.say("and by region?", thread_ts=asked["ts"])
        slack.wait(lambda: "110.50" in slack.texts())
        ours.idle()
        (thread,) = ours.workspace.store.database.read("SELECT thread FROM slack_threads", {})
        context = ours.service.context("slack:UANNA")
        assert len(conversations.messages(context, str(thread["thread"]))) > 4


def test_what_is_not_said_to_us_is_left_alone(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(TOTALS)
        asked = slack.say(f"<@{BOT}> how many orders")
        slack.wait(slack.from_us)
        ours.idle()
        said = len(slack.from_us())
        slack.say("<@UBEN> total amount by channel?", thread_ts=asked["ts"])
        slack.say("gone", subtype="message_deleted", thread_ts=asked["ts"])
        slack.say("a machine", bot_id="B0777", thread_ts=asked["ts"])
        ours.idle()
        assert len(slack.from_us()) == said


def test_a_command_begins_a_thread_with_what_was_asked(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        assert slack.command(f"ask {TOTALS}", trigger="7.1") == 200
        assert slack.command(f"ask {TOTALS}", trigger="7.1") == 200
        slack.wait(lambda: "110.50" in slack.texts())
        ours.idle()
        root, *rest = slack.from_us()
        assert "<@UANNA> asked" in words(root)
        assert {message["thread_ts"] for message in rest} == {root["ts"]}
        assert slack.texts().count("110.50") == 1
        slack.say("and by channel?", thread_ts=root["ts"], user="UANNA")
        slack.wait(lambda: "wholesale" in slack.texts())


def test_a_command_can_plan_outright(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL):
        slack.command("plan total amount by region, save it as totals.csv")
        slack.wait(lambda: "Approve" in slack.buttons())
        slack.command("runs")
        slack.command("help")
        slack.wait(lambda: len(slack.ephemerals) == 2)
        told = "\n".join(words(one) for one in slack.ephemerals)
        assert "Nothing has run yet." in told
        assert "/dreflow plan" in told


def test_direct_messages_are_one_conversation_of_that_person_alone(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL | {"slack:UBEN": "ask"}) as ours:
        slack.say("total amount", channel="D0ANNA")
        slack.wait(lambda: "131.75" in slack.texts("D0ANNA"))
        slack.say("and by region?", channel="D0ANNA")
        slack.wait(lambda: "110.50" in slack.texts("D0ANNA"))
        ours.idle()
        assert all("thread_ts" not in message for message in slack.from_us("D0ANNA"))
        assert conversations.recent(ours.service.context("slack:UBEN")) == []
        assert len(conversations.recent(ours.service.context("slack:UANNA"))) == 1


# Signatures


def test_a_request_with_a_wrong_or_old_signature_is_refused_and_not_kept(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        event = {"type": "app_mention", "user": "UANNA", "channel": "C0GENERAL", "text": f"<@{BOT}> hi", "ts": "1.1"}
        body = json.dumps({"type": "event_callback", "team_id": "T0001", "event": event, "event_id": "Ev1"})
        assert slack.post(body, secret="another") == 401
        assert slack.post(body, at=time.time() - 301) == 401
        assert slack.post(body, at=time.time() + 301) == 401
        assert slack.post("\x00" * 10, secret=SECRET) == 400
        assert ours.workspace.store.database.read("SELECT id FROM slack_inbox", {}) == []
        assert slack.post(body) == 200
        assert len(ours.workspace.store.database.read("SELECT id FROM slack_inbox", {})) == 1


def test_an_unsigned_body_without_a_length_is_not_read_past_the_largest(slack: FakeSlack, tmp_path: Path) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 64 * LARGEST_REQUEST:
            sent += 1 << 16
            yield b"x" * (1 << 16)

    with office(slack, tmp_path, now=NOW):
        place = urlsplit(slack.target)
        with closing(http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)) as connection:
            stamp = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=0"}
            with contextlib.suppress(OSError):
                connection.request("POST", place.path, body=endless(), headers=stamp, encode_chunked=True)
            with contextlib.suppress(OSError, http.client.HTTPException):
                assert connection.getresponse().status == 413
    assert sent < 16 * LARGEST_REQUEST


def test_slack_asking_whether_we_are_there_gets_its_word_back(slack: FakeSlack, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW):
        assert slack.post(json.dumps({"type": "url_verification", "challenge": "c1"})) == 200


def test_another_workspace_of_slack_is_not_answered(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        event = {"type": "app_mention", "user": "UANNA", "channel": "C0GENERAL", "text": f"<@{BOT}> hi", "ts": "1.1"}
        assert slack.post(json.dumps({"type": "event_callback", "team_id": "T0666", "event": event})) == 200
        assert ours.workspace.store.database.read("SELECT id FROM slack_inbox", {}) == []


# Rights


def test_without_named_people_slack_may_do_nothing_and_is_told_what_to_type(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders]) as ours:
        slack.say(f"<@{BOT}> {TOTALS}")
        slack.say(TOTALS, channel="D0ANNA")
        slack.wait(lambda: slack.ephemerals and slack.from_us("D0ANNA"))
        ours.idle()
        assert slack.from_us() == []
        (one,) = slack.ephemerals
        assert one["to"] == "UANNA"
        assert "dreflow people grant slack:UANNA ask plan" in words(one)
        assert "dreflow people grant slack:C0GENERAL ask" in words(one)
        assert "dreflow people grant slack:UANNA ask plan" in slack.texts("D0ANNA")


def test_in_a_channel_without_the_right_only_the_person_with_it_sees_the_answer(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> {TOTALS}", channel="C0SECRET")
        slack.say(f"<@{BOT}> {TOTALS}", channel="C0SECRET", user="UBEN")
        slack.wait(lambda: len({one["to"] for one in slack.ephemerals}) == 2)
        ours.idle()
    assert slack.from_us("C0SECRET") == []
    assert "110.50" in "\n".join(words(one) for one in slack.ephemerals if one["to"] == "UANNA")
    assert "110.50" not in "\n".join(words(one) for one in slack.ephemerals if one["to"] == "UBEN")


def test_a_file_that_one_person_may_see_is_sent_to_them_directly(slack: FakeSlack, tmp_path: Path) -> None:
    lines = "\n".join(f"{i},{i / 4:.2f}" for i in range(300))
    (tmp_path / "big.csv").write_text(f"id,amount\n{lines}\n", encoding="utf-8")
    with office(slack, tmp_path, now=NOW, data=[str(tmp_path / "big.csv")], grants=ALL) as ours:
        slack.say(f"<@{BOT}> list all id and amount of big", channel="C0SECRET")
        slack.wait(lambda: slack.files("D0ANNA"))
        ours.idle()
        (data,) = slack.files("D0ANNA").values()
        assert len(data.decode("utf-8-sig").splitlines()) == 301
        assert slack.from_us("C0SECRET") == []


def test_somebody_without_the_right_cannot_approve_and_only_they_are_told(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    grants = ALL | {"slack:UBEN": "ask plan"}
    with office(slack, tmp_path, now=NOW, data=[orders], grants=grants) as ours:
        slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(lambda: "Approve" in slack.buttons())
        for user in ("UBEN", "UEVE"):
            slack.click("Approve", user=user)
        slack.wait(lambda: len(slack.ephemerals) == 2)
        ours.idle()
        assert {one["to"] for one in slack.ephemerals} == {"UBEN", "UEVE"}
        assert all("may not approve" in words(one) for one in slack.ephemerals)
        assert not (ours.workspace.folder / "pipelines").exists()
        assert "Approve" in slack.buttons()
        slack.click("Approve")
        slack.wait(lambda: "totals.csv" in slack.files())


def test_a_plan_needs_the_persons_own_right_also_where_the_channel_has_more(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    grants = {"slack:C0GENERAL": "ask plan approve run", "slack:UANNA": "ask"}
    with office(slack, tmp_path, now=NOW, data=[orders], grants=grants) as ours:
        slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(lambda: slack.ephemerals)
        ours.idle()
        assert "may not plan pipelines" in words(slack.ephemerals[0])
        assert "Approve" not in slack.buttons()


def test_an_older_card_loses_its_buttons_and_cannot_be_approved(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        asked = slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(lambda: "Approve" in slack.buttons())
        ours.idle()
        older = json.loads(json.dumps(next(one for one in slack.from_us() if "Plan 1" in words(one))))
        slack.say("number of orders by channel, save it as counts.csv", thread_ts=asked["ts"])
        slack.wait(lambda: "Replaced by a newer plan" in slack.texts())
        assert slack.buttons().count("Approve") == 1
        slack.click("Approve", message=older)
        slack.wait(lambda: "was replaced by a newer one" in slack.texts())
        ours.idle()
        assert slack.files() == {}


def test_a_button_works_only_in_the_channel_it_was_put_in(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL | {"slack:C0SECRET": "ask"}) as ours:
        slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(lambda: "Approve" in slack.buttons())
        card = next(one for one in slack.from_us() if "Plan 1" in words(one))
        assert slack.click("Approve", message=card, channel="C0SECRET") == 200
        ours.idle()
        assert slack.files() == {}
        assert slack.from_us("C0SECRET") == []


# A network that fails


@pytest.mark.parametrize("fault", ["busy", "broken", "broken after", "lost", "slow"])
def test_an_answer_arrives_once_whatever_happens_to_its_message(
    slack: FakeSlack, orders: str, tmp_path: Path, fault: str
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL, timeout=2) as ours:
        slack.fail("chat.postMessage", fault, seconds=3 if fault == "slow" else 1)
        slack.fail("chat.postMessage", fault, seconds=3 if fault == "slow" else 1)
        slack.command(f"ask {TOTALS}")
        slack.wait(lambda: "110.50" in slack.texts())
        ours.idle()
    said = [words(one) for one in slack.from_us()]
    assert len(said) == len(set(said)), said
    assert "<@UANNA> asked" in said[0]
    assert len({one.get("thread_ts") for one in slack.from_us()[1:]}) == 1


@pytest.mark.parametrize("fault", ["broken after", "lost"])
def test_a_file_arrives_once_whatever_happens_to_its_upload(
    slack: FakeSlack, orders: str, tmp_path: Path, fault: str
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL, timeout=5) as ours:
        slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(lambda: "Approve" in slack.buttons())
        slack.fail("files.getUploadURLExternal", fault)
        slack.fail("files.completeUploadExternal", fault)
        slack.click("Approve")
        slack.wait(slack.files)
        ours.idle()
        waiting = list((ours.workspace.folder / "slack").rglob("*.csv"))
    assert len([one for one in slack.from_us() if one.get("files")]) == 1
    assert waiting == []


def test_retry_after_is_waited_for(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL):
        slack.fail("chat.postMessage", "busy", seconds=2)
        began = time.monotonic()
        slack.say(f"<@{BOT}> {TOTALS}")
        slack.wait(lambda: "110.50" in slack.texts())
        assert time.monotonic() - began >= 2


def test_a_channel_that_lets_us_not_speak_is_told_to_the_person(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL | {"slack:C0SECRET": "ask"}) as ours:
        slack.ours.discard("C0SECRET")
        slack.command(f"ask {TOTALS}", channel="C0SECRET")
        slack.wait(lambda: "/invite" in slack.texts("D0ANNA"))
        ours.idle()
        assert slack.from_us("C0SECRET") == []


def test_acknowledgements_come_at_once_while_slack_itself_is_slow(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.fail("chat.postMessage", "slow", seconds=2, times=2)
        for at in range(5):
            began = time.monotonic()
            assert slack.command(f"ask {TOTALS} {at}") == 200
            assert time.monotonic() - began < 3
        ours.idle()
        assert len([one for one in slack.from_us() if "asked" in words(one)]) == 5


def test_trouble_of_a_run_by_itself_is_told_once_in_the_thread_that_made_it(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        asked = slack.say(f"<@{BOT}> {TOTALS}")
        slack.wait(slack.from_us)
        ours.idle()
        (row,) = ours.workspace.store.database.read("SELECT thread FROM slack_threads", {})
        worker = Context(ours.workspace, "worker", frozenset({"ask", "run"}))
        notices.add(
            worker,
            pipeline="totals",
            kind="failed",
            text="totals did not run: orders.csv is gone. <!channel>",
            hint="Put the file back.",
            cause="gone",
            run_id="r1",
            thread=str(row["thread"]),
            now=NOW,
        )
        slack.wait(lambda: "orders.csv is gone" in slack.texts())
        time.sleep(0.2)
        assert slack.texts().count("orders.csv is gone") == 1
        assert "<!channel>" not in slack.texts()
        assert slack.from_us()[-1]["thread_ts"] == asked["ts"]
        assert notices.undelivered(worker, str(row["thread"])) == []


def test_what_a_run_by_itself_asks_is_asked_in_the_thread_that_made_it(
    slack: FakeSlack, orders: str, tmp_path: Path
) -> None:
    spec = (
        "version: 1\nname: totals\nsources: {goods: {location: goods.csv, columns: {id: BIGINT, Quantity: BIGINT}}}\n"
    )
    (tmp_path / "totals.yaml").write_text(f"{spec}outputs: [{{file: t.csv, from: goods}}]\n", encoding="utf-8")
    (tmp_path / "goods.csv").write_text("id,Qty Ord.\n1,5\n2,6\n", encoding="utf-8")
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        asked = slack.say(f"<@{BOT}> {TOTALS}")
        slack.wait(slack.from_us)
        ours.idle()
        (row,) = ours.workspace.store.database.read("SELECT thread FROM slack_threads", {})
        worker = Context(ours.workspace, "worker", frozenset({"ask", "run"}))
        result = runs.run(worker, tmp_path / "totals.yaml", now=NOW, out=tmp_path / "t")
        notices.add(
            worker, pipeline="totals", kind="failed", text="totals failed.", hint="", cause="drift",
            run_id=result.run_id, thread=str(row["thread"]), now=NOW,
        )  # fmt: skip
        slack.wait(lambda: "the new name of 'Quantity'?" in slack.texts())
        ours.idle()
        assert slack.texts().count("the new name of 'Quantity'?") == 1
        assert slack.from_us()[-1]["thread_ts"] == asked["ts"]


def test_a_conversation_that_is_deleted_leaves_no_words_here(slack: FakeSlack, orders: str, tmp_path: Path) -> None:
    with office(slack, tmp_path, now=NOW, data=[orders], grants=ALL) as ours:
        slack.say(f"<@{BOT}> {TOTALS}, save it as totals.csv")
        slack.wait(slack.from_us)
        ours.idle()
        store = ours.workspace.store
        (row,) = store.database.read("SELECT thread FROM slack_threads", {})
        forget.thread(ours.service.context("slack:UANNA"), str(row["thread"]), now=NOW)
        for table in ("slack_threads", "slack_inbox", "slack_outbox", "messages", "threads"):
            assert store.database.read(f"SELECT * FROM {table}", {}) == [], table
        assert not (ours.workspace.folder / "slack" / str(row["thread"])).exists()
