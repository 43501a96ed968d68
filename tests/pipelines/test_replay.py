"""A past run computed again from its staged rows."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running import NOW, Shop, orders_spec

from pipelines.replay import Replayed, replay
from pipelines.retention import forget_staged
from pipelines.run_notes import run_folder
from spec.errors import SpecError

ORDERS = "id,region,amount\n1,North,10.50\n2,South,2.25\n3,North,1000.00\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.write("orders.csv", ORDERS)
    return made


def replayed(shop: Shop, run_id: str, **more: object) -> Replayed:
    folder = run_folder(shop.workspace.folder, run_id)
    return replay(shop.job(orders_spec(**more)), run_id, folder, monotonic=time.monotonic)


def test_a_replay_gives_the_same_digests_without_the_source(shop: Shop) -> None:
    result = shop.run(orders_spec())
    (shop.folder / "orders.csv").unlink()
    (shop.out / "totals.csv").unlink()
    again = replayed(shop, result.run_id)
    assert again.status == "same"
    assert [(item.target, item.before) for item in again.outputs] == [("totals.csv", result.outputs[0].digest)]
    assert not (shop.out / "totals.csv").exists()


def test_a_replay_keeps_the_clock_of_its_run(shop: Shop) -> None:
    steps = [{"id": "totals", "use": "derive", "from": "orders", "columns": {"day": "$today"}}]
    result = shop.run(orders_spec(steps=steps))
    shop.now = NOW + timedelta(days=9)
    assert replayed(shop, result.run_id, steps=steps).status == "same"


def test_a_replay_of_floating_point_columns_compares_them_by_value(shop: Shop) -> None:
    steps = [{"id": "totals", "use": "aggregate", "from": "orders", "measures": {"mean": "avg(amount)"}}]
    outputs = [{"file": "totals.csv", "from": "totals"}]
    result = shop.run(orders_spec(steps=steps, outputs=outputs))
    assert replayed(shop, result.run_id, steps=steps, outputs=outputs).status == "same"


def test_a_replay_tells_which_output_differs(shop: Shop) -> None:
    result = shop.run(orders_spec())
    folder = run_folder(shop.workspace.folder, result.run_id)
    import duckdb

    with duckdb.connect(str(folder / "staging.duckdb")) as connection:
        connection.execute("UPDATE orders SET amount = 10.51 WHERE id = 1")
    again = replayed(shop, result.run_id)
    assert again.status == "different"
    assert [item.same for item in again.outputs] == [False]


def test_a_replay_says_when_the_rows_are_no_longer_kept(shop: Shop) -> None:
    result = shop.run(orders_spec())
    now = datetime.now(UTC)
    assert forget_staged(shop.workspace.folder, now=now) == ()
    assert forget_staged(shop.workspace.folder, now=now + timedelta(days=31)) == (result.run_id,)
    again = replayed(shop, result.run_id)
    assert again.status == "expired"
    assert "no longer" in again.message


def test_a_replay_says_that_a_direct_load_kept_no_rows(shop: Shop) -> None:
    more = {
        "steps": [],
        "outputs": [],
        "loads": [{"from": "orders", "connector": "duckdb", "location": "shop.duckdb", "table": "orders"}],
        "allow": {"tables": ["shop.duckdb/orders"]},
    }
    result = shop.run(orders_spec(**more))
    again = replayed(shop, result.run_id, **more)
    assert again.status == "expired"
    assert "straight" in again.message


def test_a_replay_of_a_load_that_takes_the_latest_of_each_key_is_the_same(shop: Shop) -> None:
    shop.write("orders.csv", "id,region,amount\n1,North,10.50\n1,South,10.50\n3,North,1000.00\n")
    more: dict[str, object] = {
        "sources": {
            "orders": {
                "location": "orders.csv",
                "columns": {"id": "BIGINT", "region": "VARCHAR", "amount": "DECIMAL(18,2)"},
                "read": "incremental",
                "cursor": "id",
            }
        },
        "steps": [],
        "outputs": [],
        "loads": [
            {
                "from": "orders",
                "connector": "duckdb",
                "location": "shop.duckdb",
                "table": "latest",
                "write": "merge",
                "primary_key": ["region"],
            }
        ],
        "allow": {"tables": ["shop.duckdb/latest"]},
    }
    result = shop.run(orders_spec(**more))
    assert result.status == "succeeded", result.message
    assert result.outputs[0].rows == 2
    assert replayed(shop, result.run_id, **more).status == "same"


def test_a_replay_with_another_spec_is_refused(shop: Shop) -> None:
    result = shop.run(orders_spec())
    with pytest.raises(SpecError, match="another spec"):
        replayed(shop, result.run_id, timezone="Europe/Rome")


def test_a_run_that_published_nothing_has_nothing_to_compare(shop: Shop) -> None:
    checks = [{"check": "range", "on": "orders", "column": "amount", "max": 1}]
    result = shop.run(orders_spec(checks=checks))
    assert replayed(shop, result.run_id, checks=checks).status == "expired"
