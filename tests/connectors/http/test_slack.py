"""Slack as its own description has it: every stream whole, messages since, and a refusal that comes with status 200."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import httpx
import pytest
from declared_systems import KilledError, System, behind, definition_of, less, rows, vendor_of

from spec.errors import AccessError, DataError

STREAMS = definition_of("slack").streams


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_read_whole(
    stream: str, tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("slack", vendor_specs_folder, {stream: 205})
    system = System("slack", behind(vendor), tmp_path)
    source = system.found(stream)[0]
    whole = system.read(source, staging)
    assert (whole.rows, whole.quarantined, dict(whole.nulled)) == (len(vendor.tables[stream].keys), (), {})
    assert vendor.violations == []


def test_messages_since_begin_at_the_cursor_and_have_it(
    tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("slack", vendor_specs_folder, {"messages": 60})
    system = System("slack", behind(vendor), tmp_path)
    source = system.found("messages")[0].model_copy(update={"read": "incremental"})
    whole = system.read(source, staging)
    newest = rows(staging, "SELECT max(ts)::VARCHAR FROM loaded")[0][0]
    assert whole.cursor == newest
    channel = vendor.tables["channels"].keys[0]
    vendor.add("messages", parent=channel)
    later = system.read(source, staging, since=str(whole.cursor))
    assert later.rows == 2
    some = system.read(source, staging, since=less(whole.cursor, timedelta(minutes=10)))
    assert 10 < some.rows < 30
    assert vendor.violations == []


def test_the_microseconds_of_a_message_are_kept(
    tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("slack", vendor_specs_folder, {"messages": 20})
    system = System("slack", behind(vendor), tmp_path)
    system.read(system.found("messages")[0], staging)
    spelled = rows(staging, "SELECT format('{:.6f}', epoch_us(ts)::DECIMAL(20, 0) / 1000000) FROM loaded")
    assert sorted(row[0] for row in spelled) == sorted(map(str, vendor.tables["messages"].keys))


def test_a_killed_read_goes_on(tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection) -> None:
    vendor = vendor_of("slack", vendor_specs_folder, {"messages": 450})
    system = System("slack", behind(vendor), tmp_path)
    source = system.found("messages")[0]
    system.sent, system.kill_at = 0, 4
    with pytest.raises(KilledError):
        system.read(source, staging, at="killed")
    system.kill_at = 0
    assert system.read(source, staging, at="killed").rows == 900


CHANNELS = {"ok": True, "channels": [{"id": "C1", "is_member": True}, {"id": "C2", "is_member": False}]}
MESSAGE = {"type": "message", "user": "U1", "text": "hello", "ts": "1512085950.000216"}


def answering(words: dict[str, object], tmp_path: Path) -> tuple[System, list[str]]:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if "conversations.list" in asked[-1]:
            return httpx.Response(200, json=CHANNELS)
        return httpx.Response(200, json=words)

    return System("slack", httpx.MockTransport(answer), tmp_path), asked


def test_a_channel_without_the_bot_is_not_asked_for_and_one_that_it_left_meanwhile_is_empty(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    system, asked = answering({"ok": True, "messages": [MESSAGE], "has_more": False}, tmp_path)
    source = system.found("messages")[0]
    assert not [url for url in asked if "C2" in url]
    left, _ = answering({"ok": False, "error": "not_in_channel"}, tmp_path)
    assert left.read(source, staging).rows == 0


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("missing_scope", "Reinstall"),
        ("invalid_auth", "Bot User OAuth Token"),
        ("account_inactive", "Install it again"),
    ],
)
def test_a_refusal_with_status_200_says_what_to_click(
    word: str, hint: str, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    good, _ = answering({"ok": True, "messages": [MESSAGE], "has_more": False}, tmp_path)
    source = good.found("messages")[0]
    refusing, _ = answering({"ok": False, "error": word}, tmp_path)
    with pytest.raises(AccessError) as caught:
        refusing.read(source, staging)
    assert hint in str(caught.value.hint)


def test_a_word_that_nobody_knows_is_no_empty_list(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    good, _ = answering({"ok": True, "messages": [MESSAGE], "has_more": False}, tmp_path)
    source = good.found("messages")[0]
    refusing, _ = answering({"ok": False, "error": "something_new"}, tmp_path)
    with pytest.raises(DataError, match="something_new"):
        refusing.read(source, staging)
