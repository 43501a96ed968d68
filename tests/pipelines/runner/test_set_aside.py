"""A policy for odd values does not swallow a table: what is mostly unreadable stops the run with advice."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from compiling import Bench, compile_steps
from hypothesis import given, settings
from hypothesis import strategies as st
from running import Plain, Shop

from pipelines.set_aside import is_too_many
from spec.base import JsonValue


def days(shop: Shop, good: int, bad: int) -> None:
    lines = [f"{number},{f'{number % 12 + 1:02}/03/2026' if number < good else 'soon'}" for number in range(good + bad)]
    shop.write("visits.csv", "\n".join(["id,day", *lines, ""]))


def spec(**source: JsonValue) -> Plain:
    return {
        "name": "visits",
        "sources": {
            "visits": {
                "location": "visits.csv",
                "columns": {"id": "BIGINT", "day": "DATE"},
                "options": {"date_format": "%d/%m/%Y"},
                **source,
            }
        },
        "outputs": [{"file": "visits.csv", "from": "visits"}],
    }


@pytest.mark.parametrize("policy", ["quarantine", "null"])
def test_a_format_that_fits_few_rows_stops_the_run_and_says_what_to_look_at(tmp_path: Path, policy: str) -> None:
    shop = Shop(tmp_path)
    days(shop, good=405, bad=595)
    result = shop.run(spec(on_error=policy))
    assert result.status == "blocked"
    assert result.message is not None
    assert "595 of 1000" in result.message
    assert "likely the wrong one" in result.message
    assert "at_most" in result.message
    assert not (shop.out / "visits.csv").exists()


def test_the_odd_row_is_set_aside_and_the_share_is_stated(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    days(shop, good=980, bad=20)
    result = shop.run(spec())
    assert result.status == "succeeded"
    told = {check.check: check for check in result.checks}["few_set_aside"]
    assert (told.passed, told.expected, told.found) == (
        True, "at most 5 percent of the rows cannot be read", "20 of 1000 rows were set aside"
    )  # fmt: skip


def test_rows_set_aside_on_the_way_straight_into_a_database_are_kept_and_told(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    days(shop, good=98, bad=2)
    plain = spec()
    del plain["outputs"]
    plain["loads"] = [
        {"from": "visits", "connector": "duckdb", "location": "shop.duckdb", "table": "visits", "write": "replace"}
    ]
    result = shop.run(plain | {"allow": {"tables": ["shop.duckdb/visits"]}})
    assert result.status == "succeeded"
    assert [(one.table, one.rows, one.file) for one in result.quarantined] == [("visits", 2, "visits.quarantine.csv")]
    assert (shop.out / "visits.quarantine.csv").read_text(encoding="utf-8").count("not a date: day") == 2
    with duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True) as books:
        tables = books.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '%visits%'").fetchall()
        assert tables == [("visits",)]
        assert books.execute("SELECT count(*) FROM visits").fetchone() == (98,)


def test_values_that_are_emptied_are_counted_in_the_runs_words(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    days(shop, good=980, bad=20)
    assert shop.run(spec(on_error="null")).notes == ("visits: 20 values of day could not be read and count as empty.",)
    days(shop, good=99, bad=1)
    assert shop.run(spec(on_error="null")).notes == ("visits: 1 value of day could not be read and counts as empty.",)


def test_a_share_that_the_plan_permits_is_published(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    days(shop, good=405, bad=595)
    assert shop.run(spec(at_most=60)).status == "succeeded"
    assert shop.run(spec(at_most=59)).status == "blocked"


@pytest.mark.parametrize("policy", ["quarantine", "null"])
@pytest.mark.parametrize(("good", "bad", "passes"), [(980, 20, True), (405, 595, False), (1, 2, True), (1, 3, False)])
def test_a_step_is_held_to_the_same_share(policy: str, good: int, bad: int, passes: bool) -> None:
    rows = [["2026-03-01"]] * good + [["soon"]] * bad
    table = {"columns": {"day": "VARCHAR"}, "rows": rows}
    step = {"id": "c", "use": "cast", "from": "t", "columns": {"day": "DATE"}, "on_error": policy}
    passed, expected, found, detail = Bench(compile_steps({"t": table}, [step]), {"t": table}).checks()[
        "few_rejects", "c"
    ]
    assert passed == passes
    assert "at most 5 percent" in expected
    assert found == f"{bad} of {good + bad} rows hold one that does not"
    assert ("raise at_most" in detail) == (not passes)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 100), st.sampled_from(["quarantine", "null"]))
@settings(max_examples=15, deadline=None)
def test_the_query_of_a_step_and_the_rule_of_a_source_say_the_same(
    good: int, bad: int, at_most: int, policy: str
) -> None:
    table = {"columns": {"n": "VARCHAR"}, "rows": [["1"]] * good + [["x"]] * bad}
    step = {
        "id": "c", "use": "cast", "from": "t", "columns": {"n": "INTEGER"}, "on_error": policy, "at_most": at_most
    }  # fmt: skip
    passed = Bench(compile_steps({"t": table}, [step]), {"t": table}).checks()["few_rejects", "c"][0]
    assert passed == (not is_too_many(bad, good + bad, at_most))
