"""A filter leaves out what it says, and what a record does not tell is not filtered by either."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from known_vendors import Opened, client_of
from made_vendor import SOURCE, described, parameter, vendor_of

from connectors.http.vendor.instants import FORMS, spelled, understood

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)


@pytest.mark.parametrize(("form", "lost"), [(form, form) for form in FORMS])
def test_an_instant_is_understood_as_it_is_spelled(form: str, lost: str) -> None:
    step = {
        "iso_ms": timedelta(milliseconds=1), "epoch_ms": timedelta(milliseconds=1), "dotnet": timedelta(milliseconds=1),
        "decimal_epoch": timedelta(microseconds=1), "date": timedelta(days=1),
    }.get(lost, timedelta(seconds=1))  # fmt: skip
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    assert understood(spelled(MOMENT, form), form) == zero + (MOMENT - zero) // step * step


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_instant_is_none(form: str) -> None:
    assert understood("yesterday", form) is None
    assert understood(None, form) is None


def charges(opened: Opened, **params: Any) -> tuple[list[int], list[int]]:
    vendor, client = opened("stripe", count=30)
    everything = [record["created"] for record in vendor.records("charges")]
    got = [one["created"] for one in client.get("/v1/charges", params={"limit": 100, **params}).json()["data"]]
    assert vendor.violations == []
    return everything, got


@pytest.mark.parametrize("operator", ["gte", "gt", "lte", "lt"])
def test_stripes_created_keeps_what_its_name_says(operator: str, opened: Opened) -> None:
    everything, _ = charges(opened)
    border = sorted(everything)[12]
    _, got = charges(opened, **{f"created[{operator}]": border})
    holds = {"gte": border.__le__, "gt": border.__lt__, "lte": border.__ge__, "lt": border.__gt__}[operator]
    assert got == [one for one in everything if holds(one)]
    assert 0 < len(got) < len(everything)


def test_records_of_the_same_moment_exist_so_that_a_border_can_be_missed(opened: Opened) -> None:
    everything, _ = charges(opened)
    assert len(set(everything)) < len(everything)
    assert everything == sorted(everything, reverse=True)


def test_a_moment_is_compared_as_the_record_tells_it(opened: Opened) -> None:
    vendor, client = opened("stripe", count=0)
    vendor.add("charges", moment=MOMENT)
    told = vendor.records("charges")[0]["created"]
    counts = {one: client.get("/v1/charges", params={f"created[{one}]": told}).json()["data"] for one in ("gt", "gte")}
    assert {name: len(rows) for name, rows in counts.items()} == {"gt": 0, "gte": 1}


def test_xeros_header_keeps_what_changed_after_it(opened: Opened) -> None:
    vendor, client = opened("xero", count=12)
    moments = [row.moment for row in vendor.tables["invoices"].rows()]
    assert moments[5] is not None
    header = {"If-Modified-Since": str(spelled(moments[5], "local_iso"))}
    got = client.get("/Invoices", params={"page": 1}, headers=header).json()["Invoices"]
    assert len(got) == sum(moment is not None and moment > moments[5] for moment in moments)
    assert got[0]["UpdatedDateUTC"].startswith("/Date(")


def test_slacks_oldest_is_left_out_unless_it_is_asked_for(opened: Opened) -> None:
    vendor, client = opened("slack", count=9)
    channel = vendor.tables["channels"].keys[3]
    params: dict[str, Any] = {"channel": channel, "limit": 100}
    everything = [one["ts"] for one in client.get("/conversations.history", params=params).json()["messages"]]
    params["oldest"] = everything[4]
    got = [one["ts"] for one in client.get("/conversations.history", params=params).json()["messages"]]
    params["inclusive"] = "true"
    more = [one["ts"] for one in client.get("/conversations.history", params=params).json()["messages"]]
    assert (got, more) == (everything[:4], everything[:5])
    assert vendor.violations == []


def test_asanas_tasks_have_the_fields_that_are_asked_for(opened: Opened) -> None:
    vendor, client = opened("asana", count=3)
    params = {"project": vendor.tables["projects"].keys[0]}
    plain = client.get("/tasks", params=params).json()["data"]
    assert "modified_at" not in plain[0]
    asked = client.get("/tasks", params={**params, "opt_fields": "modified_at,memberships.project"}).json()["data"]
    assert {"gid", "modified_at"} <= asked[0].keys() <= {"gid", "modified_at", "memberships"}


def test_a_touched_record_is_the_newest_and_has_other_values(opened: Opened) -> None:
    vendor, client = opened("xero", count=5)
    before = vendor.records("invoices")
    vendor.touch("invoices", before[0]["InvoiceID"])
    after = client.get("/Invoices").json()["Invoices"]
    assert after[-1]["InvoiceID"] == before[0]["InvoiceID"]
    assert any(after[-1].get(name) != item for name, item in before[0].items() if name != "UpdatedDateUTC")
    assert after[:-1] == before[1:]


@pytest.mark.parametrize(("operator", "kept"), [("ge", 4), ("gt", 3), ("le", 2), ("lt", 1), ("eq", 1)])
def test_odatas_filter_keeps_what_it_says(operator: str, kept: int, opened: Opened) -> None:
    vendor, client = opened("sap", count=5)
    moments = [row.moment for row in vendor.tables["business_partners"].rows()]
    assert moments[1] is not None
    asked = {"$filter": f"LastChangeDate {operator} datetime'{spelled(moments[1], 'local_iso')}'"}
    got = client.get("/A_BusinessPartner", params=asked).json()["d"]["results"]
    same = moments.count(moments[1])
    assert len(got) == kept + (same - 1 if operator in {"le", "eq"} else 1 - same if operator == "gt" else 0)
    assert vendor.violations == []


def test_a_comparison_inside_of_a_query_filters() -> None:
    changed = {"param": "Meta.Changed", "place": "text", "text_param": "query", "field": "/changed", "keeps": "from"}
    stream = {"filters": [{**changed, "source": SOURCE}]}
    vendor = vendor_of(described([parameter("query")]), {"use": "startposition"}, stream=stream, count=9)
    client = client_of(vendor)
    moments = [record["changed"] for record in vendor.records("orders")]

    def asked(comparison: str) -> list[str]:
        query = f"select * from Order where Meta.Changed {comparison} '{moments[4]}' STARTPOSITION 1 MAXRESULTS 100"
        return [one["changed"] for one in client.get("/orders", params={"query": query}).json()["orders"]]

    assert asked(">=") == [one for one in moments if one >= moments[4]]
    assert asked("<") == [one for one in moments if one < moments[4]]
    assert len(asked(">")) < len(asked(">="))


def test_a_plain_value_is_compared_as_it_is() -> None:
    given = [
        {"id": f"or_{n}", "changed": "2026-01-01T00:00:00Z", "name": None, "status": "ab"[n % 2]} for n in range(5)
    ]
    one = {"param": "status", "field": "/status", "keeps": "equal", "form": "plain", "source": SOURCE}
    vendor = vendor_of(
        described([parameter("status")]), {"use": "whole"}, stream={"filters": [one]}, records_given=given
    )
    got = client_of(vendor).get("/orders", params={"status": "b"}).json()["orders"]
    assert [record["id"] for record in got] == ["or_1", "or_3"]


def test_given_records_are_served_as_they_are(opened: Opened) -> None:
    given = [{"id": f"ch_{n}", "object": "charge", "created": 1_700_000_000 + n} for n in range(12)]
    vendor, client = opened("stripe", records={"charges": given})
    page = client.get("/v1/charges", params={"limit": 100, "created[gte]": 1_700_000_004}).json()
    assert page["data"] == given[:3:-1]
    assert [one.side for one in vendor.violations] == ["reply"], "and judged all the same"
