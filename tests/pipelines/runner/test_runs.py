"""A run from a spec to files: what it leaves, what holds it back, what it refuses."""

import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running import NOW, Plain, Shop, orders_spec

from memory.owners import this_owner
from pipelines import journal, runner
from pipelines.approval import permitted
from pipelines.computing import computing, proofs
from pipelines.engines.duckdb import Limits
from pipelines.events import read_events
from pipelines.run_notes import pointer_path, run_folder
from spec.errors import ApprovalNeededError, BusyError, SpecError
from spec.run import RunEvent

ORDERS = "id,region,amount\n1,North,10.50\n2,South,2.25\n3,North,1000.00\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("orders.csv", ORDERS)
    return made


def test_a_run_writes_exactly_its_outputs(shop: Shop) -> None:
    result = shop.run(orders_spec())
    assert result.status == "succeeded"
    assert {path.name: path.read_text(encoding="utf-8") for path in shop.out.iterdir()} == {
        "totals.csv": "region,total,orders\nNorth,1010.50,2\nSouth,2.25,1\n"
    }
    assert [(item.name, item.file, item.rows) for item in result.outputs] == [("totals", "totals.csv", 2)]
    assert result.data_as_of is not None


def test_a_run_leaves_numbered_durable_events_in_its_folder_and_in_the_store(shop: Shop) -> None:
    result = shop.run(orders_spec())
    events = read_events(run_folder(shop.workspace.folder, result.run_id))
    assert [event.seq for event in events] == list(range(len(events)))
    assert list(shop.store.events(result.run_id)) == events
    assert [event.phase for event in events] == [
        "start", "extract", "transform", "check", "publish", "publish", "finish",
    ]  # fmt: skip
    assert events[1].rows == 3
    assert (shop.workspace.folder / result.events).exists()


def test_a_note_left_by_a_run_killed_once_it_was_recorded_goes_with_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = orders_spec()
    with monkeypatch.context() as killed:
        # As if the process had ended between the record and the removal of its note.
        killed.setattr(runner, "conclude", lambda _workspace, _pipeline: None)
        first = shop.run(plain)
    note = pointer_path(shop.workspace.folder, "regions")
    assert first.status == "succeeded"
    assert note.exists()
    before = (shop.out / "totals.csv").read_bytes()
    second = shop.run(plain)
    assert second.status == "succeeded"
    assert second.run_id != first.run_id
    assert not note.exists()
    assert (shop.out / "totals.csv").read_bytes() == before


def test_the_same_data_gives_the_same_digests_and_bytes(shop: Shop) -> None:
    first = shop.run(orders_spec())
    before = (shop.out / "totals.csv").read_bytes()
    shop.write("orders.csv", "id,region,amount\n3,North,1000.00\n2,South,2.25\n1,North,10.50\n")
    second = shop.run(orders_spec())
    assert first.run_id != second.run_id
    assert [item.digest for item in first.outputs] == [item.digest for item in second.outputs]
    assert (shop.out / "totals.csv").read_bytes() == before


def test_a_failed_blocking_check_publishes_nothing_and_tells_all_checks(shop: Shop) -> None:
    shop.run(orders_spec())
    before = (shop.out / "totals.csv").read_bytes()
    shop.write("orders.csv", ORDERS + "4,East,-5.00\n")
    checks = [
        {"check": "range", "on": "orders", "column": "amount", "min": 0},
        {"check": "not_null", "on": "orders", "columns": ["region"]},
    ]
    result = shop.run(orders_spec(checks=checks))
    assert result.status == "blocked"
    assert (shop.out / "totals.csv").read_bytes() == before
    assert [(item.check, item.passed) for item in result.checks] == [
        ("primary_key", True), ("range", False), ("not_null", True),
    ]  # fmt: skip
    assert result.message is not None
    assert "range" in result.message


def test_a_failed_warning_is_told_and_publishes(shop: Shop) -> None:
    checks = [{"check": "range", "on": "orders", "column": "amount", "max": 100, "severity": "warn"}]
    result = shop.run(orders_spec(checks=checks))
    assert result.status == "succeeded"
    assert [item.passed for item in result.checks if item.check == "range"] == [False]


def test_a_line_that_does_not_parse_is_set_aside_counted_and_written(shop: Shop) -> None:
    shop.write("orders.csv", ORDERS + "4,East,lots\n")
    result = shop.run(orders_spec())
    assert [(item.table, item.rows, item.file) for item in result.quarantined] == [
        ("orders", 1, "orders.quarantine.csv")
    ]
    text = (shop.out / "orders.quarantine.csv").read_text(encoding="utf-8")
    assert "5" in text.splitlines()[1]
    assert "amount" in text
    shop.write("orders.csv", ORDERS)
    assert shop.run(orders_spec()).quarantined == ()
    assert not (shop.out / "orders.quarantine.csv").exists()


def test_a_load_without_an_approval_is_refused_before_anything_is_read_or_written(shop: Shop) -> None:
    (shop.folder / "orders.csv").unlink()
    plain = loading()
    with pytest.raises(ApprovalNeededError) as refused:
        shop.run(plain, approved=False)
    assert refused.value.exit_code == 4
    assert "approve" in refused.value.hint
    assert not (shop.folder / "shop.duckdb").exists()
    assert not shop.out.exists()
    assert not (shop.workspace.folder / "runs").exists()


def test_an_approval_of_another_version_of_the_spec_does_not_count(shop: Shop) -> None:
    shop.approve(shop.job(loading()).spec)
    with pytest.raises(ApprovalNeededError):
        shop.run(loading(table="others"), approved=False)


def test_files_under_the_output_folder_need_no_approval(shop: Shop) -> None:
    assert shop.run(orders_spec(), approved=False).status == "succeeded"


def test_a_run_on_rebound_data_may_not_load_even_with_an_approval(shop: Shop) -> None:
    job = shop.job(loading())
    shop.approve(job.spec)
    with pytest.raises(ApprovalNeededError):
        permitted(job, shop.store, {"orders": "other.csv"})


def test_a_missing_source_is_a_failed_run_that_names_it_and_touches_nothing(shop: Shop) -> None:
    shop.run(orders_spec())
    before = (shop.out / "totals.csv").read_bytes()
    (shop.folder / "orders.csv").unlink()
    result = shop.run(orders_spec())
    assert result.status == "failed"
    assert result.error is not None
    assert result.error["where"] is not None
    assert "orders" in json.dumps(result.error)
    assert (shop.out / "totals.csv").read_bytes() == before
    stored = shop.store.get(result.run_id)
    assert stored is not None
    assert stored.status == "failed"


def test_a_second_run_at_the_same_time_is_refused_and_the_first_is_named(shop: Shop) -> None:
    shop.store.claim("regions", "r77", owner=this_owner(), now=datetime.now(UTC), seconds=60)
    with pytest.raises(BusyError) as refused:
        shop.run(orders_spec())
    assert "regions" in refused.value.message


def test_a_commit_may_take_longer_than_a_lease_without_another_host_taking_the_pipeline(shop: Shop) -> None:
    """While a destination commits, nothing renews the lease; a process of another host is judged by the clock alone."""
    shop.owner, taken = "elsewhere/1/1", []

    def half_an_hour_later(event: RunEvent) -> None:
        if event.phase == "publish" and event.name != "staged":
            later = datetime.now(UTC) + timedelta(minutes=30)
            taken.append(shop.store.claim("regions", "r77", owner="further/1/1", now=later, seconds=60))

    shop.after = half_an_hour_later
    assert shop.run(orders_spec()).status == "succeeded"
    assert taken
    assert not any(taken)


def test_a_cancelled_run_publishes_nothing(shop: Shop) -> None:
    def cancel(event: RunEvent) -> None:
        if event.phase == "extract":
            shop.store.request_cancel(event.run_id, by="Ada", now=NOW)

    shop.after = cancel
    result = shop.run(orders_spec())
    assert result.status == "cancelled"
    assert not shop.out.exists()
    assert shop.store.events(result.run_id)[-2].phase == "cancel"


def test_a_query_in_flight_is_interrupted_by_a_cancel(shop: Shop) -> None:
    slow: list[Plain] = [
        {
            "id": "totals",
            "use": "sql",
            "from": "orders",
            "query": "SELECT a.region, sum(a.amount) AS t FROM orders a, range(200000) b, range(200000) c GROUP BY 1",
        }
    ]
    shop.write("orders.csv", ORDERS)

    def cancel(event: RunEvent) -> None:
        if event.phase == "extract":
            threading.Timer(
                0.3, lambda: Shop(shop.folder).store.request_cancel(event.run_id, by="Ada", now=NOW)
            ).start()

    shop.after = cancel
    started = time.monotonic()
    result = shop.run(orders_spec(steps=slow))
    assert result.status == "cancelled"
    assert time.monotonic() - started < 10


def test_a_run_that_takes_too_long_is_stopped_and_says_so(shop: Shop) -> None:
    shop.limits = Limits(seconds=0.5)
    query = "SELECT a.region, sum(a.amount) AS total FROM orders a, range(200000) b, range(200000) c GROUP BY 1"
    step: Plain = {"id": "totals", "use": "sql", "from": "orders", "query": query}
    result = shop.run(orders_spec(steps=[step]))
    assert result.status == "failed"
    assert result.error is not None
    assert result.error["kind"] == "limit"


def test_inline_tables_keep_decimals_dates_and_nulls_exact(shop: Shop) -> None:
    plain = orders_spec(
        tables={
            "rates": {
                "version": "1",
                "columns": {"code": "VARCHAR", "rate": "DECIMAL(18,10)", "since": "DATE"},
                "rows": [["EUR", "1.0852345678", "2026-01-01"], ["it's", 0.1, None]],
            }
        },
        outputs=[{"file": "rates.csv", "from": "rates", "order_by": ["code"]}],
        steps=[],
    )
    shop.run(plain)
    assert (shop.out / "rates.csv").read_text(encoding="utf-8") == (
        "code,rate,since\nEUR,1.0852345678,2026-01-01\nit's,0.1000000000,\n"
    )


def test_the_clock_of_a_run_is_the_one_it_was_given(shop: Shop) -> None:
    step: Plain = {"id": "totals", "use": "derive", "from": "orders", "columns": {"day": "$today"}}
    shop.run(orders_spec(steps=[step], outputs=[{"file": "days.csv", "from": "totals", "order_by": ["id"]}]))
    assert "2026-07-01" in (shop.out / "days.csv").read_text(encoding="utf-8").splitlines()[1]


def test_nothing_a_step_says_reaches_a_file_outside_the_runs_folder(shop: Shop) -> None:
    job = shop.job(orders_spec())
    from pipelines.engines.duckdb import Guard

    guard = Guard(monotonic=time.monotonic, seconds=10)
    with computing(job, shop.place, guard, folder=None, sleep=time.sleep) as (bench, _):
        import duckdb

        for statement in (
            "SELECT * FROM read_csv('orders.csv')",
            "COPY (SELECT 1) TO 'x.csv'",
            "ATTACH 'x.duckdb' AS x",
            "SET memory_limit = '100GB'",
            "INSTALL httpfs",
        ):
            with pytest.raises(duckdb.Error):
                bench.connection.execute(statement)


def test_proofs_come_from_the_real_data_and_publish_nothing(shop: Shop) -> None:
    shop.write("orders.csv", ORDERS + "3,North,1.00\n")
    found = proofs(shop.job(orders_spec()), shop.place, folder=None, monotonic=time.monotonic, sleep=time.sleep)
    assert [(item.check, item.on, item.passed) for item in found] == [("primary_key", "orders", False)]
    assert not shop.out.exists()


def test_a_failed_read_is_tried_again_when_it_may_go_through_later(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.files import connector
    from spec.errors import TransientError

    waits: list[float] = []
    shop.sleep = waits.append
    read, failures = connector.read, [TransientError("later"), TransientError("later")]

    def flaky(*arguments: object, **named: object) -> object:
        if failures:
            raise failures.pop()
        return read(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(connector, "read", flaky)
    assert shop.run(orders_spec()).status == "succeeded"
    assert waits == [1.0, 4.0]
    failures += [TransientError("later")] * 9
    result = shop.run(orders_spec())
    assert result.status == "failed"
    assert result.error is not None
    assert result.error["kind"] == "transient"


def test_a_run_whose_process_died_is_repeated_under_its_own_id(shop: Shop) -> None:
    died = died_at(shop, "transform", orders_spec())
    result = shop.run(orders_spec())
    assert (result.run_id, result.status) == (died, "succeeded")


def test_a_dead_run_of_other_parameters_is_recorded_as_failed(shop: Shop) -> None:
    plain = orders_spec(parameters={"least": {"type": "DECIMAL(18,2)", "default": "0"}})
    plain["steps"] = [
        {"id": "totals", "use": "filter", "from": "orders", "where": "amount >= $least"},
    ]
    died = died_at(shop, "transform", plain)
    result = shop.run(plain, least="5")
    assert result.run_id != died
    stored = shop.store.get(died)
    assert stored is not None
    assert stored.status == "failed"


def test_resume_goes_on_from_the_staged_rows_though_the_source_is_gone(shop: Shop) -> None:
    died = died_at(shop, "check", orders_spec())
    (shop.folder / "orders.csv").unlink()
    result = runner.resume(shop.job(orders_spec()), shop.setting(), died)
    assert result.status == "succeeded"
    assert (shop.out / "totals.csv").exists()


def test_resume_of_an_unknown_run_and_of_another_spec_is_refused(shop: Shop) -> None:
    with pytest.raises(SpecError, match="no run"):
        runner.resume(shop.job(orders_spec()), shop.setting(), "r99")
    died = died_at(shop, "check", orders_spec())
    with pytest.raises(SpecError, match="another spec"):
        runner.resume(shop.job(orders_spec(title="x", timezone="Europe/Rome")), shop.setting(), died)


def test_a_journal_that_stands_is_finished_by_whoever_comes_next(shop: Shop) -> None:
    folder, out = shop.folder / "run", shop.out
    folder.mkdir()
    staged = journal.staging_folder(out, "r1")
    for name in ("a.csv", "b.csv"):
        (staged / name).write_text(name, encoding="utf-8")
    (out / "b.csv").write_text("old", encoding="utf-8")
    real = Path.replace
    moved: list[Path] = []

    def once(self: Path, target: Path) -> Path:
        if self.parent == staged and moved:
            raise KeyboardInterrupt
        if self.parent == staged:
            moved.append(self)
        return real(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", once)
        with pytest.raises(KeyboardInterrupt):
            journal.commit(out, "r1", folder, files=["a.csv", "b.csv"], obsolete=[], facts={"x": 1})
    assert (out / "b.csv").read_text(encoding="utf-8") == "old"
    journal.recover(out)
    assert sorted(path.name for path in out.iterdir()) == ["a.csv", "b.csv"]
    assert (out / "b.csv").read_text(encoding="utf-8") == "b.csv"
    assert journal.published(folder) == {"x": 1}


def test_files_staged_by_a_run_that_died_before_its_journal_are_discarded(shop: Shop) -> None:
    staged = journal.staging_folder(shop.out, "r1")
    (staged / "a.csv").write_text("half", encoding="utf-8")
    journal.recover(shop.out)
    assert list(shop.out.iterdir()) == []


def test_a_report_made_from_the_run_is_published_with_its_outputs(shop: Shop) -> None:
    job = shop.job(orders_spec())
    result = runner.run(
        job,
        shop.setting(),
        new_id=shop.new_id,
        out=shop.out,
        now=shop.now,
        documents=lambda bench, _: {"report.txt": str(bench.count("totals")).encode()},
    )
    assert result.status == "succeeded"
    assert (shop.out / "report.txt").read_text(encoding="utf-8") == "2"


def test_incremental_files_hold_what_is_new_since_the_last_run(shop: Shop) -> None:
    plain = orders_spec(
        steps=[],
        outputs=[{"file": "new.csv", "from": "orders", "order_by": ["id"]}],
    )
    plain["sources"] = {
        "orders": {
            "location": "orders.csv",
            "columns": {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"},
            "read": "incremental",
            "cursor": "id",
        }
    }
    shop.run(plain)
    shop.write("orders.csv", ORDERS + "3,West,7.00\n4,East,5.00\n")
    shop.run(plain)
    text = (shop.out / "new.csv").read_text(encoding="utf-8")
    assert text == "id,region,amount\n3,West,7.00\n4,East,5.00\n"


def test_a_replaced_table_fed_by_new_rows_alone_is_refused(shop: Shop) -> None:
    plain = loading()
    plain["sources"] = {
        "orders": {
            "location": "orders.csv",
            "columns": {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"},
            "read": "incremental",
            "cursor": "id",
        }
    }
    with pytest.raises(SpecError, match="new rows of 'orders' alone"):
        shop.run(plain)


def test_the_run_of_a_later_day_computes_for_that_day(shop: Shop) -> None:
    step: Plain = {"id": "totals", "use": "derive", "from": "orders", "columns": {"day": "$today"}}
    plain = orders_spec(steps=[step], outputs=[{"file": "days.csv", "from": "totals", "order_by": ["id"]}])
    died_at(shop, "check", plain)
    shop.later(NOW + timedelta(days=1)).run(plain)
    assert "2026-07-02" in (shop.out / "days.csv").read_text(encoding="utf-8")


def loading(table: str = "orders") -> Plain:
    """Orders into a DuckDB file."""
    return orders_spec(
        steps=[],
        outputs=[],
        loads=[{"from": "orders", "connector": "duckdb", "location": "shop.duckdb", "table": table}],
        allow={"tables": [f"shop.duckdb/{table}"]},
    )


class Died(BaseException):
    """Stands for SIGKILL: nothing after it runs that a killed process would not have run."""


def died_at(shop: Shop, phase: str, plain: Plain) -> str:
    """Start a run that stops at a phase without recording how, as a killed process would."""
    seen: list[str] = []

    def die(event: RunEvent) -> None:
        seen.append(event.run_id)
        if event.phase == phase:
            raise Died

    # A process that is gone: this one's name, and a start time that is not its own.
    ghost = Shop(shop.folder, urls=shop.urls, after=die, owner=this_owner() + "0")
    with pytest.raises(Died):
        ghost.run(plain)
    return seen[0]
