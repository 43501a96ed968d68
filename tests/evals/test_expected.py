"""Expected tables are compared by what their columns mean, and every way to be wrong is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.expected import difference, read_expected

KINDS = {
    "id": "text_exact",
    "day": "date",
    "at": "datetime",
    "paid": "boolean",
    "total": "number",
    "share": "number",
    "shown": "text_date:%d/%m/%Y",
}
GOLD = (
    "id,day,at,paid,total,share,shown\n"
    "a,05/06/2026,05/06/2026 08:30:00,Yes,100.00,2.5%,05/06/2026\n"
    "b,13/06/2026,,No,,1.0%,13/06/2026\n"
)
FOUND = (
    "total,id,day,at,paid,share,shown\n"
    ",b,2026-06-13,,false,1%,13/06/2026\n"
    "100.009,a,2026-06-05,2026-06-05 08:30:00,true,2.50%,05/06/2026\n"
)


def told(folder: Path, found: str, *, gold: str = GOLD, key: tuple[str, ...] = ("id",)) -> str:
    config = {
        "files": {
            "gold.csv": {
                "key": key,
                "columns": {name: KINDS[name] for name in gold.split("\n", maxsplit=1)[0].split(",")},
            }
        }
    }
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (folder / "gold.csv").write_text(gold, encoding="utf-8")
    (folder / "found.csv").write_text(found, encoding="utf-8")
    (expected,) = read_expected(folder)
    return difference(expected, folder / "found.csv")


def test_the_same_table_in_another_order_and_other_forms_is_right(tmp_path: Path) -> None:
    assert told(tmp_path, FOUND) == ""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("100.009", "100.011", "100.011 as 'total' where 100.00 is due, in the row id=a"),
        ("100.009", "", "None as 'total'"),
        ("100.009", "1e2x", "1e2x as 'total'"),
        (",b,", "0,b,", "0 as 'total' where None is due"),
        ("2.50%", "2.50", "as 'share'"),
        ("2026-06-05,", "2026-06-06,", "as 'day'"),
        ("2026-06-05 08:30", "2026-06-05 08:31", "as 'at'"),
        ("true", "false", "as 'paid'"),
        ("true", "maybe", "as 'paid'"),
        (",a,", ",A,", "has no row id=a"),
        (",a,", ", a,", "has no row id=a"),
        ("05/06/2026\n", "2026-06-05\n", "as 'shown'"),
        ("100.009,a,2026-06-05,2026-06-05 08:30:00,true,2.50%,05/06/2026\n", "", "has 1 rows, not 2"),
        ("\n,b", "\n,b,2026-06-13,,false,1%,13/06/2026\n,b", "a row that is not due"),
        ("total,id", "totals,id", "lacks 'total' and has besides 'totals'"),
        ("paid,share", "paid,paid", "lacks 'share' and has twice 'paid'"),
    ],
)
def test_every_way_to_be_wrong_is_found_and_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert FOUND.count(old) == 1
    assert said in told(tmp_path, FOUND.replace(old, new))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    told(tmp_path, FOUND)
    (expected,) = read_expected(tmp_path)
    assert difference(expected, tmp_path / "other.csv") == "gold.csv was not written"


def test_rows_are_matched_by_numbers_that_are_nearly_the_same(tmp_path: Path) -> None:
    gold = "id,total\na,1000\na,1000.05\n"
    assert told(tmp_path, "id,total\na,1000.04\na,1000.01\n", gold=gold, key=("id", "total")) == ""
    assert "has no row" in told(tmp_path, "id,total\na,1000.04\na,1001\n", gold=gold, key=("id", "total"))


def test_a_row_that_is_due_twice_has_to_come_twice(tmp_path: Path) -> None:
    gold = "id,total\na,1\na,1\n"
    assert told(tmp_path, gold, gold=gold) == ""
    assert "1 rows, not 2" in told(tmp_path, "id,total\na,1\n", gold=gold)


def test_days_that_could_be_either_way_round_are_read_alike_in_the_whole_column(tmp_path: Path) -> None:
    gold = "id,day\na,01/02/2026\nb,03/04/2026\n"
    assert told(tmp_path, "id,day\na,2026-02-01\nb,2026-04-03\n", gold=gold) == ""
    assert "as 'day'" in told(tmp_path, "id,day\na,2026-02-01\nb,2026-03-04\n", gold=gold)


def test_an_empty_value_in_a_table_of_one_column_is_a_row(tmp_path: Path) -> None:
    assert told(tmp_path, "id\na\n\n", gold="id\na\n\n") == ""
    assert "1 rows, not 2" in told(tmp_path, "id\na\n", gold="id\na\n\n")
