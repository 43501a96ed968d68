"""What is computed from dates in whole days is a date; what has a time of day keeps it."""

import pytest
from compiling import Bench, compile_steps

from spec.base import JsonValue
from spec.errors import SpecError

TABLES = {
    "t": {
        "columns": {"d": "DATE", "n": "INTEGER", "ts": "TIMESTAMP", "at": "TIMESTAMP WITH TIME ZONE", "l": "VARCHAR[]"},
        "rows": [["2026-03-31", 2, "2026-01-01 10:00", "2026-01-01 10:00:00+00", ["b", "a", "b"]]],
        "primary_key": ["n"],
    }
}


def computed(text: str) -> tuple[str, JsonValue]:
    bench = Bench(compile_steps(TABLES, [{"id": "a", "use": "derive", "from": "t", "columns": {"c": text}}]), TABLES)
    return bench.types("a")[-1], bench.rows("a")[0][-1]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("date_trunc('month', d)", "2026-03-01"),
        ("date_trunc('month', cast(ts as date))", "2026-01-01"),
        ("d + interval 1 month", "2026-04-30"),
        ("d + n * interval 1 month", "2026-05-31"),
        ("d - interval '3 days'", "2026-03-28"),
        ("d + to_months(n)", "2026-05-31"),
        ("date_trunc('month', d) + interval 1 month - interval 1 day", "2026-03-31"),
        ("coalesce(d, date '2026-01-01') + interval 1 year", "2027-03-31"),
        ("case when n > 5 then d else date '2026-01-31' end + interval 1 month", "2026-02-28"),
    ],
)
def test_a_date_that_is_cut_or_moved_by_whole_days_is_a_date(text: str, day: str) -> None:
    assert computed(text) == ("DATE", day)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("d + interval 2 hour", "TIMESTAMP"),
        ("date_trunc('hour', d)", "TIMESTAMP"),
        ("date_trunc('month', ts)", "TIMESTAMP"),
        ("ts + interval 1 day", "TIMESTAMP"),
        ("date_trunc('month', at)", "TIMESTAMP WITH TIME ZONE"),
        ("case when n > 5 then d else ts end + interval 1 month", "TIMESTAMP"),
    ],
)
def test_what_has_a_time_of_day_keeps_it(text: str, type_: str) -> None:
    assert computed(text)[0] == type_


def test_a_list_without_doubles_needs_an_order() -> None:
    assert computed("array_to_string(list_sort(list_distinct(l)), ',')") == ("VARCHAR", "a,b")
    with pytest.raises(SpecError, match="in which order") as told:
        computed("list_distinct(l)")
    assert "list_sort(list_distinct" in told.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("eomonth(d)", "last_day(date)"),
        ("networkdays(d, d)", "a 'workdays' step"),
        ("vlookup(n, n)", "a 'join' step"),
        ("dateadd('day', 1, d)", "date + interval 3 day"),
        ("list_transform(l, x -> x)", "an 'explode' or 'split' step"),
    ],
)
def test_another_systems_function_names_what_it_is_here(text: str, said: str) -> None:
    with pytest.raises(SpecError) as told:
        computed(text)
    assert said in told.value.hint
