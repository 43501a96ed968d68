"""A connector.yaml reads what a system has: all of it, each once, with its types, and says what it could not."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from http_systems import NOW, TOKEN, Held, Shop, body, connected, definition, on_nth, order, orders, place
from sqlglot import exp

from connectors.contract import Reading
from connectors.http.engine import Declared
from connectors.http.staged import Pages
from spec.errors import AccessError, DataError, DriftError, LimitError, TransientError
from spec.pipeline import Source

ORDERS = exp.table_("orders")


def columns_of(shop: Shop, folder: Path) -> Source:
    return connected(Shop(list(shop.orders))).discover(place(folder / "look"))[0].source


def read(
    shop: Shop, folder: Path, into: duckdb.DuckDBPyConnection, source: Source | None = None, **given: Any
) -> Reading:
    unit: Declared = given.pop("unit", None) or connected(shop)
    return unit.read(source or columns_of(shop, folder), place(folder), into, ORDERS, **given)


def ids(into: duckdb.DuckDBPyConnection, column: str = "id") -> list[str]:
    return [str(row[0]) for row in into.execute(f"SELECT {column} FROM orders ORDER BY 1").fetchall()]


def test_discovery_types_money_instants_and_nested_objects_and_gives_lists_tables_of_their_own(tmp_path: Path) -> None:
    found = connected(Shop(orders(30))).discover(place(tmp_path))
    assert [one.name for one in found] == ["orders", "orders_lines"]
    assert found[0].source.columns == {
        "id": "VARCHAR",
        "total": "DECIMAL(18,2)",
        "changed": "TIMESTAMP WITH TIME ZONE",
        "customer_id": "BIGINT",
        "customer_email": "VARCHAR",
        "note": "VARCHAR",
    }
    assert found[0].source.primary_key == ("id",)
    assert found[0].source.cursor == "changed"
    assert found[0].table.rows == 30
    assert found[1].source.columns == {"order_id": "VARCHAR", "sku": "VARCHAR", "quantity": "BIGINT"}
    assert found[1].source.foreign_keys[0].table == "orders"


def test_every_record_arrives_once_with_its_child_rows(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(730))
    found = connected(Shop(list(shop.orders))).discover(place(tmp_path / "look"))
    unit = connected(shop)
    wanted = [(one.source, exp.table_(one.name)) for one in found]
    parent, child = unit.read_together(wanted, place(tmp_path), staging)
    assert (parent.rows, parent.expected_rows, child.rows) == (730, 730, 1460)
    assert parent.as_of == NOW
    assert len(shop.requests) == 8
    total = staging.execute("SELECT sum(total)::VARCHAR, min(changed)::VARCHAR, max(note) FROM orders").fetchone()
    assert total == ("266888.00", "2025-10-09 08:53:21+00", "Zoë 😀")
    lost = staging.execute("SELECT count(*) FROM orders_lines WHERE order_id NOT IN (SELECT id FROM orders)").fetchone()
    assert lost == (0,)


@pytest.mark.parametrize(
    ("header", "waited"),
    [({"Retry-After": "7"}, 7.0), ({"Retry-After": format_datetime(NOW.replace(second=5), usegmt=True)}, 5.0)],
)
def test_a_busy_system_is_asked_again_when_it_said(
    header: dict[str, str], waited: float, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(150))
    source = columns_of(shop, tmp_path)
    shop.fault = on_nth([2], lambda: httpx.Response(429, headers=header))
    assert read(shop, tmp_path, staging, source).rows == 150
    assert shop.waits == [waited]
    assert len(shop.requests) == 3


def test_a_busy_system_that_says_nothing_is_waited_for_longer_each_time(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(10))
    source = columns_of(shop, tmp_path)
    shop.fault = on_nth([1, 2, 3], lambda: httpx.Response(503))
    assert read(shop, tmp_path, staging, source).rows == 10
    assert len(shop.waits) == 3
    assert all(half <= wait <= whole for wait, half, whole in zip(shop.waits, (0.5, 1, 2), (1, 2, 4), strict=True))


def test_a_system_that_wants_hours_is_not_waited_for(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(150))
    source = columns_of(shop, tmp_path)
    shop.fault = on_nth([2], lambda: httpx.Response(429, headers={"Retry-After": "7200"}))
    with pytest.raises(LimitError, match="2 hours"):
        read(shop, tmp_path, staging, source)
    assert not shop.waits
    shop.fault = None
    before = len(shop.requests)
    assert read(shop, tmp_path, staging, source).rows == 150
    assert len(shop.requests) == before + 1, "the first page was kept"


def lost_line() -> httpx.Response:
    raise httpx.ReadTimeout("https://shop.test/v1/orders?token=secret timed out")


def cut_off() -> httpx.Response:
    return httpx.Response(200, content=body({"data": orders(5)})[:100])


@pytest.mark.parametrize("answer", [lost_line, cut_off, lambda: httpx.Response(502, text="<html>bad gateway")])
def test_a_request_that_fails_is_sent_again_and_given_up_in_the_end(
    answer: Any, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(150))
    source = columns_of(shop, tmp_path)
    shop.fault = on_nth([1, 3], answer)
    assert read(shop, tmp_path / "a", staging, source).rows == 150
    assert len(shop.requests) == 4
    shop.fault = lambda _nth, _request: answer()
    with pytest.raises(TransientError) as caught:
        read(shop, tmp_path / "b", staging, source)
    assert "token=secret" not in str(caught.value)


def test_a_token_that_is_refused_is_said_without_showing_it(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(5))
    source = columns_of(shop, tmp_path)
    wrong = place(tmp_path, token="tok-wr0ng-5e17inel")  # not a secret
    with pytest.raises(AccessError) as caught:
        connected(shop).read(source, wrong, staging, ORDERS)
    assert caught.value.data["needs"] == "consent"
    assert "wr0ng" not in str(caught.value) + repr(caught.value.to_json()) + repr(wrong)
    assert len(shop.requests) == 1
    kept = "".join(file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    assert TOKEN not in kept
    assert "wr0ng" not in kept


def test_a_right_that_is_missing_is_said_with_the_systems_own_words(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(5))
    source = columns_of(shop, tmp_path)
    shop.fault = lambda *_: httpx.Response(403, json={"errors": [{"message": "scope read_orders is missing"}]})
    with pytest.raises(AccessError, match="scope read_orders is missing"):
        read(shop, tmp_path, staging, source)


@pytest.mark.parametrize("number", [100, 200])
def test_a_last_page_that_is_full_is_the_last(number: int, tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(number))
    source = columns_of(shop, tmp_path)
    assert read(shop, tmp_path, staging, source).rows == number
    assert len(shop.requests) == number // 100


@pytest.mark.parametrize("answer", [{"data": [], "has_more": False}, {"has_more": False}, None])
def test_a_list_without_a_record_is_an_empty_table(
    answer: object, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(5))
    source = columns_of(shop, tmp_path)
    shop.fault = lambda *_: httpx.Response(204) if answer is None else httpx.Response(200, json=answer)
    assert read(shop, tmp_path, staging, source).rows == 0
    assert staging.execute("DESCRIBE orders").fetchall()[1][:2] == ("total", "DECIMAL(18,2)")


def test_a_system_that_leads_back_to_a_page_is_not_read_for_ever(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(5))
    source = columns_of(shop, tmp_path)
    pages = [orders(3), [order(3, total="9.99")]]
    shop.fault = lambda nth, _: httpx.Response(200, json={"data": pages[nth - 1], "has_more": True})
    with pytest.raises(DataError, match="leads back"):
        read(shop, tmp_path, staging, source)
    assert len(shop.requests) == 2


def test_a_record_that_comes_twice_stays_once_in_its_newest_form_with_its_own_lines(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(150))
    found = connected(Shop(list(shop.orders))).discover(place(tmp_path / "look"))
    newer = order(100, changed=1_770_000_000, total="0.05", lines=[{"sku": "only", "quantity": 9}])
    pages = [orders(100), [newer, *orders(150)[100:]]]
    shop.fault = lambda nth, _request: httpx.Response(200, content=body({"data": pages[nth - 1], "has_more": nth == 1}))
    wanted = [(one.source, exp.table_(one.name)) for one in found]
    parent, child = connected(shop).read_together(wanted, place(tmp_path), staging)
    assert (parent.rows, child.rows) == (150, 299)
    assert "1 records came twice" in parent.warnings[0]
    assert staging.execute("SELECT total::VARCHAR FROM orders WHERE id = 'o000100'").fetchall() == [("0.05",)]
    assert staging.execute("SELECT sku FROM orders_lines WHERE order_id = 'o000100'").fetchall() == [("only",)]


def test_a_killed_read_goes_on_behind_the_last_page_and_ends_alike(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(550))
    source = columns_of(shop, tmp_path)
    undisturbed = read(Shop(list(shop.orders)), tmp_path / "whole", staging, source)

    class Killed(BaseException):
        """The process is gone."""

    def die() -> httpx.Response:
        raise Killed

    shop.fault = on_nth([4], die)
    with pytest.raises(Killed):
        read(shop, tmp_path, staging, source)
    kept = next(tmp_path.glob("orders-*"))
    with next(kept.glob("pages-*.ndjson")).open("ab") as file:
        file.write(b'{"parent":{},"page":{"data":[{"id":"half')
    with (kept / "log.jsonl").open("ab") as file:
        file.write(b'{"walk":"","file":"pages-0')
    shop.fault = None
    again = read(shop, tmp_path, staging, source)
    assert again.rows == 550
    assert again.fingerprint == undisturbed.fingerprint
    assert [one.get("starting_after") for one in shop.asked()[3:]] == ["o000300", "o000300", "o000400", "o000500"]


def test_pages_that_were_read_are_not_asked_for_again(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(250))
    source = columns_of(shop, tmp_path)
    for _ in range(2):
        assert read(shop, tmp_path, staging, source).rows == 250
    assert len(shop.requests) == 3


def test_two_that_want_the_same_stream_at_once_fetch_it_once(tmp_path: Path) -> None:
    shop = Shop(orders(250))
    source = columns_of(shop, tmp_path)
    rows: list[int] = []

    def one() -> None:
        with duckdb.connect() as into:
            rows.append(read(shop, tmp_path, into, source).rows)

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [250] * 4
    assert len(shop.requests) == 3


def test_an_incremental_read_asks_from_its_cursor_on_and_keeps_the_border(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(120))
    source = columns_of(shop, tmp_path).model_copy(update={"read": "incremental"})
    whole = read(shop, tmp_path, staging, source)
    assert whole.cursor == str(datetime.fromtimestamp(1_760_000_120, UTC)).replace("+00:00", "+00")
    later = read(shop, tmp_path, staging, source, since="2025-10-09 08:55:00+00")
    assert shop.asked()[-1]["changed[gte]"] == "1760000100"
    assert later.rows == 21
    assert ids(staging)[0] == "o000100"


def test_a_cursor_that_is_not_the_systems_own_is_compared_here(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(120))
    source = columns_of(shop, tmp_path).model_copy(update={"read": "incremental", "cursor": "total"})
    assert read(shop, tmp_path, staging, source, since="100.10").rows == 21
    assert "changed[gte]" not in shop.asked()[-1]


def test_a_new_field_is_drift_before_anything_is_loaded(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(130))
    source = columns_of(shop, tmp_path)
    shop.orders[120]["discount"] = "1.00"
    with pytest.raises(DriftError) as caught:
        read(shop, tmp_path, staging, source)
    assert caught.value.data["added"] == ["discount"]
    evolving = source.model_copy(update={"drift": "evolve"})
    assert read(shop, tmp_path, staging, evolving).rows == 130


@pytest.mark.parametrize("field", ["total", "customer"])
def test_a_field_that_was_always_there_and_is_gone_is_drift(
    field: str, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(130))
    source = columns_of(shop, tmp_path)
    for one in shop.orders:
        del one[field]
    with pytest.raises(DriftError) as caught:
        read(shop, tmp_path, staging, source)
    assert field in str(caught.value.data["missing"])


def test_a_field_that_some_records_lack_is_nothing_there(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(130))
    del shop.orders[3]["note"]
    source = columns_of(shop, tmp_path)
    for one in shop.orders:
        one.pop("note", None)
    assert read(shop, tmp_path, staging, source).rows == 130
    assert staging.execute("SELECT count(note) FROM orders").fetchall() == [(0,)]


def test_a_column_that_is_something_else_by_now_is_drift(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(130))
    source = columns_of(shop, tmp_path)
    for one in shop.orders:
        one["total"] = "about ten"
    with pytest.raises(DriftError, match="total"):
        read(shop, tmp_path, staging, source)


def test_a_value_that_cannot_be_read_is_set_aside_with_its_record(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(130))
    source = columns_of(shop, tmp_path)
    shop.orders[7]["total"] = "1.234.567"
    reading = read(shop, tmp_path, staging, source)
    assert (reading.rows, reading.expected_rows) == (129, 130)
    assert reading.quarantined[0].rows == 1
    aside = staging.execute(f'SELECT reason, record FROM "{reading.quarantined[0].table}"').fetchall()
    assert "total" in aside[0][0]
    assert "o000008" in aside[0][1]


def test_odd_values_arrive_as_they_are(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(
        [
            order(1, big=9007199254740993, amount=0.1, note='"quoted", \\ and\nlines', customer=None),
            order(2, big=123456789012345678901234567890, amount=12345678901234.56, note="", customer={"id": 1}),
            order(3, big=3, amount=-5, note="ends in a line\u2028separator", lines=[]),
        ]
    )
    source = columns_of(shop, tmp_path)
    assert source.columns["big"] == "DECIMAL(38,0)" or source.columns["big"] == "VARCHAR"
    read(shop, tmp_path, staging, source)
    found = staging.execute(
        "SELECT big::VARCHAR, amount::VARCHAR, note, customer_id FROM orders ORDER BY id"
    ).fetchall()
    assert found == [
        ("9007199254740993", "0.10", '"quoted", \\ and\nlines', None),
        ("123456789012345678901234567890", "12345678901234.56", "", 1),
        ("3", "-5.00", "ends in a line\u2028separator", 3),
    ]


def test_a_link_to_another_host_is_not_followed(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    described = definition(paginate={"use": "next_link", "next": "/next"})
    shop = Shop(orders(5))
    answers = [{"data": orders(3), "next": "https://elsewhere.test/orders?page=2"}]
    shop.fault = lambda nth, _request: httpx.Response(200, json=answers[min(nth, len(answers)) - 1])
    source = columns_of(Shop(orders(5)), tmp_path)
    with pytest.raises(AccessError, match=r"elsewhere\.test"):
        connected(shop, described).read(source, place(tmp_path), staging, ORDERS)
    assert [str(one.url.host) for one in shop.requests] == ["shop.test"]


def test_a_redirect_is_not_followed(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    shop = Shop(orders(5))
    source = columns_of(shop, tmp_path)
    shop.fault = lambda *_: httpx.Response(302, headers={"Location": "https://elsewhere.test/"})
    with pytest.raises(DataError, match="elsewhere"):
        read(shop, tmp_path, staging, source)
    assert {str(one.url.host) for one in shop.requests} == {"shop.test"}


def test_a_preview_asks_for_one_page(tmp_path: Path) -> None:
    shop = Shop(orders(730))
    source = columns_of(shop, tmp_path)
    shown = connected(shop).preview(source, place(tmp_path), limit=3)
    assert [row[0] for row in shown.rows] == ["o000001", "o000002", "o000003"]
    assert shown.truncated
    assert len(shop.requests) == 1


def test_the_pace_is_kept_to(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    described = definition()
    slow = described.model_copy(update={"limits": described.limits.model_copy(update={"calls": 2, "seconds": 10.0})})
    shop = Shop(orders(450))
    source = columns_of(shop, tmp_path)
    read(shop, tmp_path, staging, source, unit=connected(shop, slow))
    assert len(shop.requests) == 5
    assert sum(shop.waits) == pytest.approx(20)


def test_kept_pages_hold_no_secret_and_are_for_their_owner_alone(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    shop = Shop(orders(50))
    read(shop, tmp_path, staging)
    kept = next(tmp_path.glob("orders-*"))
    assert kept.stat().st_mode & 0o077 == 0
    assert all(TOKEN.encode() not in file.read_bytes() for file in kept.iterdir())
    assert Pages.opened(kept, now="").done


def test_a_secret_is_not_shown_where_the_place_is(tmp_path: Path) -> None:
    assert TOKEN not in repr(place(tmp_path))
    assert isinstance(place(tmp_path).credentials, Held)
