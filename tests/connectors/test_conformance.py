"""Every connector of the shelf keeps the same promises."""

from pathlib import Path

import duckdb
import pytest
from connector_cases import TABLE, Case

from connectors.contract import CONNECTORS
from spec.errors import DataError, DriftError, SpecError

UNITS = Path(__file__).resolve().parents[2] / "connectors"


def loaded(staging: duckdb.DuckDBPyConnection, query: str) -> list[tuple[object, ...]]:
    return staging.execute(query).fetchall()


def test_a_reachable_place_passes_its_check(case: Case) -> None:
    case.unit.check(case.place)


def test_discovery_declares_exact_types(case: Case) -> None:
    columns = case.found().source.columns
    assert list(columns) == ["id", "amount", "paid_on", "note", "changed_at"]
    assert columns["amount"].startswith("DECIMAL(")
    assert columns["amount"].endswith(",2)")
    assert columns["paid_on"] == "DATE"
    assert columns["note"] == "VARCHAR"
    assert columns["changed_at"] == "TIMESTAMP"


def test_discovery_describes_the_same_columns_in_source_and_table(case: Case) -> None:
    found = case.found()
    assert {column.name: column.type for column in found.table.columns} == found.source.columns


def test_the_column_that_identifies_a_row_is_told(case: Case) -> None:
    found = case.found()
    assert found.source.primary_key == ("id",)
    assert found.table.primary_key == ("id",)


def test_what_is_read_is_what_was_there(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    found = case.found()
    reading = case.unit.read(found.source, case.place, staging, TABLE)
    assert reading.rows == 4
    assert reading.expected_rows == 4
    assert not reading.quarantined
    assert reading.as_of is not None
    assert reading.as_of.utcoffset() is not None
    rows = loaded(staging, "SELECT id::INT, CAST(COLUMNS(* EXCLUDE id) AS VARCHAR) FROM loaded ORDER BY id")
    assert [tuple(row) for row in rows] == [
        (1, "19.99", "2026-07-01", "first, of many", "2026-07-01 09:00:00"),
        (2, "0.10", "2026-07-02", None, "2026-07-02 09:00:00"),
        (3, "1204.50", "2026-07-03", 'said "yes"', "2026-07-03 09:00:00"),
        (4, "-12.05", "2026-07-03", "Söhne", "2026-07-03 09:00:00"),
    ]


def test_the_loaded_table_has_exactly_the_declared_types(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    found = case.found()
    case.unit.read(found.source, case.place, staging, TABLE)
    described = loaded(staging, "DESCRIBE loaded")
    assert {str(row[0]): str(row[1]) for row in described} == found.source.columns


def test_sums_taken_at_the_source_equal_the_loaded_ones(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    reading = case.unit.read(case.found().source, case.place, staging, TABLE)
    assert all(there == here for there, here in reading.sums.values())
    if case.connector != "files":
        assert set(reading.sums) == {"amount"}


def test_reading_again_replaces_what_was_read_before(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    found = case.found()
    for _ in range(2):
        case.unit.read(found.source, case.place, staging, TABLE)
    assert loaded(staging, "SELECT count(*) FROM loaded") == [(4,)]


def test_reading_leaves_nothing_else_behind(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    case.unit.read(case.found().source, case.place, staging, TABLE)
    tables = loaded(staging, "SELECT table_name FROM duckdb_tables() ORDER BY 1")
    assert [row[0] for row in tables] == ["loaded"]
    databases = {
        str(row[0]) for row in loaded(staging, "SELECT database_name FROM duckdb_databases() WHERE NOT internal")
    }
    assert databases == {"memory"}
    assert loaded(staging, "SELECT count(*) FROM duckdb_secrets()") == [(0,)]


def test_an_incremental_read_starts_at_its_cursor_and_includes_it(
    case: Case, staging: duckdb.DuckDBPyConnection
) -> None:
    source = case.found().source.model_copy(update={"read": "incremental", "cursor": "changed_at"})
    whole = case.unit.read(source, case.place, staging, TABLE)
    assert whole.cursor == "2026-07-03 09:00:00"
    later = case.unit.read(source, case.place, staging, TABLE, since="2026-07-02 09:00:00")
    assert later.rows == 3
    assert later.cursor == "2026-07-03 09:00:00"
    none = case.unit.read(source, case.place, staging, TABLE, since="2027-01-01 00:00:00")
    assert none.rows == 0
    assert none.cursor is None


def test_a_row_without_a_cursor_comes_with_every_incremental_read(
    case: Case, staging: duckdb.DuckDBPyConnection
) -> None:
    source = case.found().source.model_copy(update={"read": "incremental", "cursor": "note"})
    later = case.unit.read(source, case.place, staging, TABLE, since="said")
    numbers = {number for (number,) in loaded(staging, "SELECT id FROM loaded")}
    assert {2, 3} <= numbers
    assert 1 not in numbers
    assert later.rows == len(numbers)


def test_a_cursor_that_is_no_column_is_the_plan_s_mistake(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    source = case.found().source.model_copy(update={"read": "incremental", "cursor": "changed"})
    with pytest.raises(SpecError, match="changed"):
        case.unit.read(source, case.place, staging, TABLE, since="2026-01-01")


def test_a_new_column_is_drift_with_its_name(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    source = case.found().source
    case.add_column()
    with pytest.raises(DriftError) as caught:
        case.unit.read(source, case.place, staging, TABLE)
    assert caught.value.data["added"] == ["extra"]
    assert caught.value.data["missing"] == []


def test_a_new_column_is_left_out_and_told_where_that_is_the_policy(
    case: Case, staging: duckdb.DuckDBPyConnection
) -> None:
    source = case.found().source.model_copy(update={"drift": "evolve"})
    case.add_column()
    reading = case.unit.read(source, case.place, staging, TABLE)
    assert reading.rows == 4
    assert any("extra" in warning for warning in reading.warnings)


def test_a_missing_column_is_drift_whatever_the_policy(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    source = case.found().source
    declared = {**source.columns, "gone": "VARCHAR"}
    with pytest.raises(DriftError) as caught:
        case.unit.read(source.model_copy(update={"columns": declared, "drift": "evolve"}), case.place, staging, TABLE)
    assert caught.value.data["missing"] == ["gone"]


def test_a_column_is_read_under_a_header_that_was_agreed_for_it(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    found = case.found().source
    columns = {"price" if name == "amount" else name: type_ for name, type_ in found.columns.items()}
    source = found.model_copy(update={"columns": columns, "known_as": {"price": ("cost", "AMOUNT")}})
    assert case.unit.read(source, case.place, staging, TABLE).rows == 4
    assert loaded(staging, "SELECT CAST(sum(price) AS VARCHAR) FROM loaded") == [("1212.54",)]
    with pytest.raises(DriftError) as caught:
        case.unit.read(source.model_copy(update={"known_as": {}}), case.place, staging, TABLE)
    assert (caught.value.data["missing"], caught.value.data["added"]) == (["price"], ["amount"])
    assert caught.value.data["declared"] == list(columns)
    assert caught.value.data["present"] == list(found.columns)


def test_a_header_that_is_known_and_not_read_is_no_drift(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    source = case.found().source.model_copy(update={"left_out": ("EXTRA",)})
    case.add_column()
    assert case.unit.read(source, case.place, staging, TABLE).rows == 4


def test_a_vanished_table_is_an_error_that_names_it(case: Case, staging: duckdb.DuckDBPyConnection) -> None:
    source = case.found().source
    case.remove()
    with pytest.raises(DataError) as caught:
        case.unit.read(source, case.place, staging, TABLE)
    assert "orders" in str(caught.value)
    assert caught.value.hint


def test_a_preview_is_short_and_says_when_it_was_cut(case: Case) -> None:
    source = case.found().source
    short = case.unit.preview(source, case.place, limit=2)
    assert len(short.rows) == 2
    assert short.truncated
    whole = case.unit.preview(source, case.place, limit=10)
    assert len(whole.rows) == 4
    assert not whole.truncated
    assert [name for name, _ in whole.columns] == ["id", "amount", "paid_on", "note", "changed_at"]


def test_a_read_option_that_does_not_exist_is_refused(case: Case) -> None:
    with pytest.raises(SpecError, match="delimeter"):
        case.unit.discover(case.place, options={"delimeter": ";"})


@pytest.mark.parametrize("name", CONNECTORS.names())
def test_each_connector_declares_what_it_can_do_and_is_described(name: str) -> None:
    unit = CONNECTORS.load(name)
    assert {"discover", "read"} <= unit.can
    readme = (UNITS / name / "README.md").read_text(encoding="utf-8")
    for heading in ("## What it reads", "## Options", "## Types", "## Limits"):
        assert heading in readme
