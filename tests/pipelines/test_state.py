"""Where an incremental read starts, and which rows at that border are known."""

import duckdb
import pytest
from sqlglot import exp

from pipelines import state
from pipelines.state import Border
from spec.errors import LimitError, SpecError
from spec.pipeline import Source

TABLE = exp.table_("t", quoted=True)


def source(kind: str, lookback: str | None = None, cursor: str = "at") -> Source:
    columns = {"id": "BIGINT", "at": kind}
    return Source(columns=columns, read="incremental", cursor=cursor, lookback=lookback)


@pytest.mark.parametrize(
    ("kind", "cursor", "lookback", "start"),
    [
        ("DATE", "2026-03-01", "3 days", "2026-02-26"),
        ("TIMESTAMP", "2026-03-01 00:00:01", "2 seconds", "2026-02-28 23:59:59"),
        ("TIMESTAMP WITH TIME ZONE", "2026-03-01 00:00:00+00", "1 hour", "2026-02-28 23:00:00+00"),
        ("BIGINT", "1000", "100", "900"),
        ("DECIMAL(18,2)", "10.50", "10", "0.50"),
        ("DATE", "2026-03-01", None, "2026-03-01"),
    ],
)
def test_the_lookback_is_taken_off_the_cursor(kind: str, cursor: str, lookback: str | None, start: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        assert state.start(connection, source(kind, lookback), cursor) == start


def test_a_cursor_that_is_no_column_is_refused() -> None:
    with duckdb.connect() as connection, pytest.raises(SpecError, match="not a column"):
        state.start(connection, source("DATE", "1 day", cursor="when"), "2026-01-01")


def settled(rows: str, before: Border | None, lookback: str | None = None) -> tuple[Border | None, int, list[int]]:
    with duckdb.connect() as connection:
        connection.execute('CREATE TABLE t (id BIGINT, "at" DATE)')
        if rows:
            connection.execute(f"INSERT INTO t VALUES {rows}")
        done = state.settle(connection, TABLE, source("DATE", lookback), before)
        left = [int(row[0]) for row in connection.execute("SELECT id FROM t ORDER BY id").fetchall()]
        return done.border, done.repeated, left


def test_rows_at_the_border_are_taken_once_and_new_ones_there_pass() -> None:
    first, _, _ = settled("(1, '2026-01-01'), (2, '2026-01-02'), (3, '2026-01-02')", None)
    assert first is not None
    assert first.cursor == "2026-01-02"
    assert len(first.seen) == 2
    second, repeated, left = settled("(2, '2026-01-02'), (3, '2026-01-02'), (4, '2026-01-02')", first)
    assert (repeated, left) == (2, [4])
    assert second is not None
    assert len(second.seen) == 3


def test_a_row_that_stood_twice_is_known_twice() -> None:
    first, _, _ = settled("(1, '2026-01-01'), (1, '2026-01-01')", None)
    _, repeated, left = settled("(1, '2026-01-01'), (1, '2026-01-01'), (1, '2026-01-01')", first)
    assert (repeated, left) == (2, [1])


def test_within_the_lookback_late_rows_pass_and_known_ones_do_not() -> None:
    first, _, _ = settled("(1, '2026-01-01'), (2, '2026-01-05')", None, "7 days")
    _, repeated, left = settled("(1, '2026-01-01'), (9, '2026-01-03'), (2, '2026-01-05')", first, "7 days")
    assert (repeated, left) == (2, [9])


def test_a_read_that_brings_nothing_keeps_the_border() -> None:
    before = Border("2026-01-05", {"x": 1})
    assert settled("", before) == (before, 0, [])


def test_a_cursor_never_goes_back() -> None:
    before = Border("2026-01-05", {})
    after, _, _ = settled("(1, '2026-01-03')", before, "7 days")
    assert after is not None
    assert after.cursor == "2026-01-05"


def test_a_border_of_too_many_rows_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_BORDER_ROWS", 2)
    with pytest.raises(LimitError, match="lookback") as refused:
        settled("(1, '2026-01-01'), (2, '2026-01-01'), (3, '2026-01-01')", None)
    assert "finer cursor" in refused.value.hint


def test_state_is_the_same_after_writing_and_reading() -> None:
    borders = {"orders": Border("2026-01-05", {"ab": 2}), "refunds": Border("7", {})}
    assert state.loaded(state.dumped(borders)) == borders
    assert state.loaded("") == {}
