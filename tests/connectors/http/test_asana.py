"""Asana as its own description has it: every stream whole, tasks that changed, a task of two projects."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import httpx
import pytest
from declared_systems import KilledError, System, behind, definition_of, less, rows, vendor_of

STREAMS = definition_of("asana").streams


@pytest.mark.parametrize("stream", STREAMS)
def test_every_stream_is_read_whole(
    stream: str, tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("asana", vendor_specs_folder, {stream: 105})
    system = System("asana", behind(vendor), tmp_path)
    source = system.found(stream)[0]
    whole = system.read(source, staging)
    keys = set(map(str, vendor.tables[stream].keys))
    assert (whole.rows, whole.quarantined, dict(whole.nulled)) == (len(keys), (), {})
    assert {row[0] for row in rows(staging, "SELECT gid FROM loaded")} == keys
    assert vendor.violations == []


def test_tasks_that_changed_are_asked_of_every_project(
    tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    vendor = vendor_of("asana", vendor_specs_folder, {"tasks": 150})
    system = System("asana", behind(vendor), tmp_path)
    source = system.found("tasks")[0].model_copy(update={"read": "incremental"})
    whole = system.read(source, staging)
    assert whole.rows == 300
    touched = vendor.tables["tasks"].keys[0]
    vendor.touch("tasks", touched)
    before = len(vendor.calls)
    later = system.read(source, staging, since=less(whole.cursor, timedelta(minutes=5)))
    assert str(touched) in {row[0] for row in rows(staging, "SELECT gid FROM loaded")}
    assert later.rows < 20
    asked = [dict(call.query) for call in vendor.calls[before:] if call.path.endswith("/tasks")]
    assert len(asked) == len(vendor.tables["projects"].keys)
    assert all("modified_since" in one for one in asked)
    assert vendor.violations == []


def test_a_task_of_two_projects_is_one_row_with_both_as_its_memberships(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    homes = [{"project": {"gid": gid, "name": gid}, "section": {"gid": "s", "name": "s"}} for gid in ("p1", "p2")]
    task = {"gid": "t1", "name": "Both", "modified_at": "2026-01-02T03:04:05.678Z", "memberships": homes}
    lists = {"workspaces": [{"gid": "w"}], "projects": [{"gid": "p1"}, {"gid": "p2"}], "tasks": [task]}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"data": lists[request.url.path.rpartition("/")[2]], "next_page": None})

    system = System("asana", httpx.MockTransport(answer), tmp_path)
    own, memberships, *_ = system.found("tasks")
    assert system.read(own, staging).rows == 1
    assert "project" not in own.columns
    assert system.read(memberships, staging).rows == 2
    assert rows(staging, "SELECT DISTINCT task_gid FROM loaded") == [("t1",)]


def test_a_killed_read_goes_on(tmp_path: Path, vendor_specs_folder: Path, staging: duckdb.DuckDBPyConnection) -> None:
    vendor = vendor_of("asana", vendor_specs_folder, {"tasks": 250})
    system = System("asana", behind(vendor), tmp_path)
    source = system.found("tasks")[0]
    system.sent, system.kill_at = 0, 6
    with pytest.raises(KilledError):
        system.read(source, staging, at="killed")
    system.kill_at = 0
    assert system.read(source, staging, at="killed").rows == 500
