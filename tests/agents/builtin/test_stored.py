"""What columns hold beyond their type: days and numbers as text, yes and no under any signs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from agents.builtin.schema.index import index_of
from agents.builtin.schema.stored import _orders
from evals.dataview import FolderView

Folder = Callable[[dict[str, str]], FolderView]


def _as_text(tmp_path: object, name: str, columns: str, rows: str) -> FolderView:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / f"{name}.csv").write_text(f"{columns}\n{rows}", encoding="utf-8")
    typed = ", ".join(f"{column} VARCHAR" for column in columns.split(","))
    (folder / "_schema.sql").write_text(f"CREATE TABLE {name} ({typed});", encoding="utf-8")
    return FolderView(folder)


@pytest.mark.parametrize(
    ("held", "orders"),
    [
        (["31.01.2024", "01.02.2024"], ["dmy"]),
        (["01/31/2024", "02/01/2024"], ["mdy"]),
        (["2024/01/31"], ["ymd"]),
        (["01/02/2024", "03/04/2024"], ["dmy", "mdy"]),
        (["31.01.2024", "soon"], []),
        (["31.01.2024", "01/02/2024"], []),
        ([], []),
    ],
)
def test_the_order_of_day_and_month_is_told_by_the_values(held: list[str], orders: list[str]) -> None:
    assert _orders(held) == orders


def test_days_as_text_are_days(tmp_path: object) -> None:
    view = _as_text(tmp_path, "wash", "wash_no,dt_in,dt_out", "1,31/01/2024,05/02/2024\n2,01/02/2024,\n")
    columns = index_of(view).schema.columns
    assert columns["wash", "dt_in"].kind == columns["wash", "dt_out"].kind == "date"
    assert (columns["wash", "dt_in"].stats.low, columns["wash", "dt_in"].stats.high) == (
        date(2024, 1, 31),
        date(2024, 2, 1),
    )


def test_another_column_tells_the_order_that_one_leaves_open(tmp_path: object) -> None:
    view = _as_text(tmp_path, "wash", "wash_no,dt_in,dt_out", "1,31/01/2024,05/02/2024\n2,01/02/2024,06/03/2024\n")
    assert index_of(view).schema.columns["wash", "dt_out"].pattern == "%d/%m/%Y"


def test_days_that_may_be_either_stay_text(tmp_path: object) -> None:
    view = _as_text(tmp_path, "wash", "wash_no,dt_in", "1,01/02/2024\n2,03/04/2024\n")
    assert index_of(view).schema.columns["wash", "dt_in"].kind == "text"


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        (("Y", "N"), ("Y", "N")),
        (("yes", "no"), ("yes", "no")),
        (("J", "N"), ("J", "N")),
        (("S", "N"), ("S", "N")),
        (("A", "B"), None),
        (("Y", "X"), None),
    ],
)
def test_signs_of_yes_and_no_make_a_flag(tmp_path: object, values: tuple[str, str], signs: object) -> None:
    view = _as_text(tmp_path, "member", "nm,fee_due", f"Ann,{values[0]}\nBo,{values[1]}\nCy,{values[0]}\n")
    assert index_of(view).schema.columns["member", "fee_due"].signs == signs


def test_whole_numbers_of_nothing_but_one_and_zero_are_a_flag(folder: Folder) -> None:
    view = folder({"member": "member_id,insured,children\n1,0,2\n2,1,0\n3,1,1\n"})
    columns = index_of(view).schema.columns
    assert columns["member", "insured"].signs == (1, 0)
    assert columns["member", "children"].signs is None
