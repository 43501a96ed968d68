"""Two versions of a spec on the same data, compared in numbers."""

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from running import Shop, orders_spec

from pipelines.impact import OutputImpact, compare_jobs

ORDERS = "id,region,amount\n1,North,10.50\n2,South,2.25\n3,North,1000.00\n4,,5.00\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("orders.csv", ORDERS)
    return made


def compared(shop: Shop, before: Mapping[str, object], after: Mapping[str, object]) -> tuple[OutputImpact, ...]:
    return compare_jobs(
        shop.job(orders_spec(**before)),
        shop.job(orders_spec(**after)),
        shop.place,
        folder=shop.folder / "scratch",
        monotonic=time.monotonic,
        sleep=time.sleep,
    )


def summed(where: str) -> dict[str, object]:
    return {
        "steps": [
            {"id": "kept", "use": "filter", "from": "orders", "where": where},
            {
                "id": "totals",
                "use": "aggregate",
                "from": "kept",
                "group_by": ["region"],
                "measures": {"total": "sum(amount)"},
            },
        ]
    }


def test_a_filter_shows_rows_removed_and_changed_and_the_sum_before_and_after(shop: Shop) -> None:
    (found,) = compared(shop, summed("amount > 0"), summed("amount > 6"))
    assert found.target == "totals.csv"
    assert found.rows == (3, 1)
    assert found.sums == {"total": ("1017.75", "1010.50")}
    assert found.key == ("region",)
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (0, 2, 0)
    (other,) = compared(shop, summed("amount > 0"), summed("amount < 100"))
    assert (other.rows_added, other.rows_removed, other.rows_changed) == (0, 0, 1)


def test_the_same_spec_changes_nothing(shop: Shop) -> None:
    (found,) = compared(shop, {}, {})
    assert (found.rows_added, found.rows_removed, found.rows_changed) == (0, 0, 0)
    assert found.sums == {"total": ("1017.75", "1017.75"), "orders": ("4", "4")}


def test_columns_and_outputs_that_come_and_go_are_named(shop: Shop) -> None:
    more = {
        "steps": [
            {
                "id": "totals",
                "use": "aggregate",
                "from": "orders",
                "group_by": ["region"],
                "measures": {"total": "sum(amount)", "largest": "max(amount)"},
            }
        ],
        "outputs": [{"file": "totals.csv", "from": "totals"}, {"file": "all.csv", "from": "orders"}],
    }
    found = {item.target: item for item in compared(shop, {}, more)}
    assert found["totals.csv"].columns_added == ("largest",)
    assert found["totals.csv"].columns_removed == ("orders",)
    assert found["all.csv"].rows == (None, 4)
    back = {item.target: item for item in compared(shop, more, {})}
    assert back["all.csv"].rows == (4, None)


def test_without_a_common_key_rows_and_sums_tell(shop: Shop) -> None:
    one = {"steps": [{"id": "totals", "use": "select", "from": "orders", "columns": ["region", "amount"]}]}
    (found,) = compared(shop, one, one)
    assert found.key == ()
    assert found.rows_added is None
    assert found.rows == (4, 4)
