"""Runs from the outside: other data by the plan's rules, killed and finished, cancelled, replayed, reported."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.workspace import Workspace
from spec.errors import AccessError, DreflowError, SpecError, UsageError
from tools import reports, runs
from tools.context import Context

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
SPEC = """
version: 1
name: totals
sources:
  orders:
    location: orders.csv
    columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)', paid: DATE}
    options: {date_format: '%d/%m/%Y'}
    primary_key: id
parameters:
  least: {type: 'DECIMAL(18,2)', default: '0', min: '0', max: '10'}
steps:
  - {id: kept, use: filter, from: orders, where: total >= $least}
  - {id: by_region, use: aggregate, from: kept, group_by: region, measures: {total: sum(total), last: max(paid)}}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
report:
  title: Sales
  sections:
    - title: Summary
      blocks:
        - kind: tiles
          figures: {Sales: {from: by_region, value: sum(total), format: money, currency: EUR}}
        - {kind: table, from: by_region}
"""
ORDERS = "id,region,total,paid\n1,North,10.50,01/02/2026\n2,South,1.25,03/04/2026\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


@pytest.fixture
def context(shop: Path) -> Context:
    return Context(Workspace(shop / ".dreflow", NOW), "ada")


def totals(folder: Path) -> str:
    return (folder / "totals.csv").read_text(encoding="utf-8")


def test_a_run_leaves_its_files_and_its_report(context: Context, shop: Path) -> None:
    result = runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out")
    assert result.status == "succeeded", result.message
    assert totals(shop / "out") == "region,total,last\nNorth,10.50,2026-02-01\nSouth,1.25,2026-04-03\n"
    assert runs.report_files(runs.known(context, result.run_id)) == ["report.html", "report.xlsx"]
    figures = {figure.label: figure for figure in reports.figures(shop / "out" / "report.html")}
    assert figures["Sales"].value == "11.75"
    assert "by_region" in figures["Sales"].sql
    trail = [(entry.principal, entry.action, entry.subject) for entry in context.workspace.store.audit_trail()]
    assert trail == [("ada", "run", result.run_id)]


def test_other_data_is_read_by_the_plans_own_rules(context: Context, shop: Path) -> None:
    # Read by its own looks, 12/13 would mean the 13th of December.
    (shop / "new.csv").write_text("id,region,total,paid\n7,West,3.00,05/06/2026\n", encoding="utf-8")
    result = runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "new", data=[f"orders={shop / 'new.csv'}"])
    assert result.status == "succeeded", result.message
    assert totals(shop / "new") == "region,total,last\nWest,3.00,2026-06-05\n"


def test_a_folder_stands_for_each_source_whose_file_it_has(context: Context, shop: Path) -> None:
    (shop / "july").mkdir()
    (shop / "july" / "orders.csv").write_text(ORDERS.replace("North", "East"), encoding="utf-8")
    runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", data=[str(shop / "july")])
    assert "East" in totals(shop / "out")


@pytest.mark.parametrize("item", ["customers=orders.csv", "orders=nothing.csv", "empty"])
def test_data_that_fits_no_source_is_an_error_that_names_the_sources(context: Context, shop: Path, item: str) -> None:
    (shop / "empty").mkdir()
    name, equals, path = item.rpartition("=")
    with pytest.raises(DreflowError) as caught:
        runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", data=[f"{name}{equals}{shop / path}"])
    assert caught.value.hint
    assert not (shop / "out").exists()


def test_a_parameter_takes_only_what_the_plan_permits(context: Context, shop: Path) -> None:
    runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", parameters={"least": "2"})
    assert "South" not in totals(shop / "out")
    with pytest.raises(SpecError, match="greatest"):
        runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", parameters={"least": "11"})


def test_an_engine_typed_with_a_run_does_not_change_where_it_computes(context: Context, shop: Path) -> None:
    with pytest.raises(SpecError, match="not computed in postgres: the data is read into DuckDB") as caught:
        runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", engine="postgres")
    assert "engine: postgres in the spec" in caught.value.hint
    assert not (shop / "out").exists()
    assert runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out", engine="duckdb").status == "succeeded"


def test_a_killed_run_is_shown_as_interrupted_and_finished_under_its_own_number(context: Context, shop: Path) -> None:
    code = f"""
import datetime, os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from memory.workspace import Workspace
from tools import runs
from tools.context import Context
now = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
def told(event):
    if event.phase == "transform":
        os.kill(os.getpid(), signal.SIGKILL)
shop = Path({str(shop)!r})
runs.run(Context(Workspace(shop / ".dreflow", now), "ada"), shop / "totals.yaml", now=now, out=shop / "out", told=told)
"""
    killed = subprocess.run([sys.executable, "-c", code], check=False)
    assert killed.returncode == -signal.SIGKILL
    [run] = runs.recent(context, limit=5)
    assert run.status == "running"
    assert runs.is_interrupted(context, run)
    assert not (shop / "out" / "totals.csv").exists()
    result = runs.resume(context, run.run_id)
    assert (result.status, result.run_id) == ("succeeded", run.run_id)
    assert totals(shop / "out") == "region,total,last\nNorth,10.50,2026-02-01\nSouth,1.25,2026-04-03\n"
    assert [one.status for one in runs.recent(context, limit=5)] == ["succeeded"]


def test_a_running_run_hears_that_it_is_cancelled_and_publishes_nothing(context: Context, shop: Path) -> None:
    code = f"""
import datetime, sys, time
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from memory.workspace import Workspace
from tools import runs
from tools.context import Context
now = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
def told(event):
    if event.phase == "extract":
        print("reading", flush=True)
        sys.stdin.readline()
shop = Path({str(shop)!r})
result = runs.run(
    Context(Workspace(shop / ".dreflow", now), "ada"), shop / "totals.yaml", now=now, out=shop / "out", told=told
)
print(result.status)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        [run] = runs.recent(context, limit=5)
        assert not runs.is_interrupted(context, run)
        runs.cancel(context, run.run_id, now=NOW)
        rest, _ = process.communicate("\n", timeout=60)
    assert rest.strip() == "cancelled"
    assert not (shop / "out" / "totals.csv").exists()


def test_an_interrupted_run_can_be_cancelled_though_nobody_hears_it(context: Context, shop: Path) -> None:
    result = runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out")
    stored = runs.known(context, result.run_id)
    context.workspace.store.begin(replace(stored, run_id="r77", status="running", result=None))
    runs.cancel(context, "r77", now=NOW)
    assert runs.known(context, "r77").status == "cancelled"
    with pytest.raises(UsageError, match="not running"):
        runs.cancel(context, "r77", now=NOW)


def test_a_past_run_gives_the_same_digests_and_report_although_its_source_is_gone(context: Context, shop: Path) -> None:
    result = runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out")
    (shop / "orders.csv").unlink()
    assert runs.replay(context, result.run_id).status == "same"
    [path] = reports.of_run(context, result.run_id, formats=["html"], out=shop / "again")
    assert path.read_bytes() == (shop / "out" / "report.html").read_bytes()


def test_a_report_of_a_plan_is_made_without_a_run(context: Context, shop: Path) -> None:
    [path] = reports.of_spec(context, shop / "totals.yaml", formats=["xlsx"], out=shop / "look", now=NOW)
    assert path.is_file()
    assert runs.recent(context, limit=5) == []
    with pytest.raises(UsageError, match="report format"):
        reports.of_spec(context, shop / "totals.yaml", formats=["pdff"], out=shop / "look", now=NOW)


def test_without_the_right_to_run_nothing_runs(context: Context, shop: Path) -> None:
    stranger = Context(context.workspace, "eve", frozenset({"ask"}))
    with pytest.raises(AccessError, match="may not run"):
        runs.run(stranger, shop / "totals.yaml", now=NOW, out=shop / "out")
    assert not (shop / "out").exists()


def test_an_output_folder_that_holds_the_workspace_leaves_it_whole(shop: Path) -> None:
    context = Context(Workspace(shop / "out" / ".dreflow", NOW), "ada")
    for _ in range(2):
        assert runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out").status == "succeeded"
    assert [run.run_id for run in runs.recent(context, limit=5)] == ["r2", "r1"]
    assert len(list((shop / "out" / ".dreflow" / "runs").iterdir())) == 2


def test_two_runs_at_once_of_one_plan_do_not_both_publish(context: Context, shop: Path) -> None:
    code = f"""
import datetime, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from memory.workspace import Workspace
from spec.errors import BusyError
from tools import runs
from tools.context import Context
now = datetime.datetime(2026, 11, 2, 8, tzinfo=datetime.UTC)
shop = Path({str(shop)!r})
def told(event):
    if event.phase == "extract":
        print("reading", flush=True)
        sys.stdin.readline()
context = Context(Workspace(shop / ".dreflow", now), "bo")
print(runs.run(context, shop / "totals.yaml", now=now, out=shop / "out", told=told).status)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "reading\n"
        started = time.monotonic()
        with pytest.raises(DreflowError) as caught:
            runs.run(context, shop / "totals.yaml", now=NOW, out=shop / "out")
        assert caught.value.kind == "busy"
        assert time.monotonic() - started < 30
        assert process.communicate("\n", timeout=60)[0].strip() == "succeeded"
