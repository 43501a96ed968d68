"""HubSpot after its documented examples: lists in pages, and a search that ends after 10,000 records."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from declared_systems import SENTINEL, KilledError, System, definition_of, less, rows

from spec.errors import AccessError

START = datetime(2026, 1, 1, tzinfo=UTC)
OBJECTS = [name for name, stream in definition_of("hubspot").streams.items() if stream.incremental]
MOST = 10_000


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@dataclass
class HubSpot:
    """Objects of one kind by id, as the list and the search give them; ``asked`` holds bodies and params."""

    ids: list[int]
    changed: dict[int, datetime] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refusal: httpx.Response | None = None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.refusal is not None:
            return self.refusal
        assert request.headers["authorization"] == f"Bearer {SENTINEL}"
        if request.url.path.endswith("/search"):
            assert request.method == "POST"
            return self.searched(json.loads(request.content))
        asked = dict(request.url.params)
        self.asked.append(asked)
        start, size = int(asked.get("after", "0")), int(asked["limit"])
        assert size <= 100
        always = ["hs_object_id", "createdate", "hs_lastmodifieddate"]
        properties = [*asked["properties"].split(","), *always]
        return self.page([self.of(one, properties) for one in self.ids], start, size)

    def searched(self, body: dict[str, Any]) -> httpx.Response:
        self.asked.append(body)
        assert body["limit"] <= 200
        assert len(body["filterGroups"]) <= 5
        found = self.ids
        for one in body["filterGroups"][0]["filters"]:
            border = int(one["value"])
            if one["propertyName"] == "hs_object_id":
                assert one["operator"] == "GT"
                found = [number for number in found if number > border]
            else:
                assert (one["propertyName"], one["operator"]) in {
                    ("lastmodifieddate", "GTE"),
                    ("hs_lastmodifieddate", "GTE"),
                }
                found = [number for number in found if self.moment(number).timestamp() * 1000 >= border]
        assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        start = int(body.get("after", "0"))
        if start + body["limit"] > MOST:
            return httpx.Response(400, json={"status": "error", "message": "paging beyond 10,000"})
        return self.page(
            [self.of(one, body["properties"]) for one in sorted(found)], start, body["limit"], total=len(found)
        )

    def page(self, found: list[dict[str, Any]], start: int, size: int, **more: int) -> httpx.Response:
        here = {"results": found[start : start + size], **more}
        if start + size < len(found):
            here["paging"] = {"next": {"after": str(start + size), "link": "?"}}
        return httpx.Response(200, json=here)

    def moment(self, number: int) -> datetime:
        return self.changed.get(number, START + timedelta(milliseconds=number))

    def of(self, number: int, properties: list[str]) -> dict[str, Any]:
        own = dict.fromkeys(properties) | {
            "hs_object_id": str(number), "createdate": iso(START), "hs_lastmodifieddate": iso(self.moment(number)),
            "amount": "1500", "hs_is_closed_won": "true", "closedate": "2026-02-01T10:00:00Z", "price": "0.123456",
        }  # fmt: skip
        return {
            "id": str(number),
            "properties": {name: value for name, value in own.items() if name in properties},
            "createdAt": iso(START),
            "updatedAt": iso(self.moment(number)),
            "archived": False,
        }


def system_of(hubspot: HubSpot, folder: Path, **settings: str) -> System:
    return System("hubspot", httpx.MockTransport(hubspot), folder, settings)


@pytest.mark.parametrize("stream", OBJECTS)
def test_every_kind_of_record_is_listed_whole_and_then_searched_for_what_changed(
    stream: str, tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    hubspot = HubSpot(list(range(1001, 1251)))
    system = system_of(hubspot, tmp_path)
    source = system.found(stream)[0].model_copy(update={"read": "incremental"})
    whole = system.read(source, staging)
    assert (whole.rows, whole.quarantined, dict(whole.nulled)) == (250, (), {})
    hubspot.changed[1003] = START + timedelta(hours=5)
    later = system.read(source, staging, since=str(whole.cursor))
    assert {row[0] for row in rows(staging, "SELECT id FROM loaded")} == {"1003", "1250"}
    assert later.rows == 2
    assert isinstance(hubspot.asked[-1]["properties"], list)


def test_more_changes_than_a_search_gives_arrive_all(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    hubspot = HubSpot(list(range(1, 10_451)))
    few = system_of(HubSpot(hubspot.ids[:40]), tmp_path / "few")
    source = few.found("deals")[0].model_copy(update={"read": "incremental"})
    system = system_of(hubspot, tmp_path)
    reading = system.read(source, staging, since=less(START.isoformat(), timedelta(hours=1)))
    assert reading.rows == 10_450
    assert rows(staging, "SELECT count(DISTINCT id), min(properties_amount)::VARCHAR FROM loaded") == [
        (10_450, "1500.0000")
    ]
    assert not any("after" in one for one in hubspot.asked)


def test_a_killed_search_goes_on(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    system = system_of(HubSpot(list(range(1, 700))), tmp_path)
    source = system.found("deals")[0].model_copy(update={"read": "incremental"})
    since = less(START.isoformat(), timedelta(hours=1))
    system.sent, system.kill_at = 0, 3
    with pytest.raises(KilledError):
        system.read(source, staging, since=since)
    system.kill_at = 0
    assert system.read(source, staging, since=since).rows == 699
    assert system.sent == 5


def test_a_property_of_ones_own_is_asked_for_in_both_ways(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    hubspot = HubSpot(list(range(1, 30)))
    system = system_of(hubspot, tmp_path, deal_properties="dealname, amount,our_margin")
    source = system.found("deals")[0].model_copy(update={"read": "incremental"})
    assert "our_margin" in hubspot.asked[-1]["properties"]
    system.read(source, staging, since=less(START.isoformat(), timedelta(hours=1)))
    assert hubspot.asked[-1]["properties"] == ["dealname", "amount", "our_margin"]


def test_the_companies_of_a_deal_are_rows_and_a_list_that_was_cut_shows(
    tmp_path: Path, staging: duckdb.DuckDBPyConnection
) -> None:
    pair = [{"id": "77", "type": "deal_to_company"}, {"id": "78", "type": "deal_to_company"}]
    cut = {"results": pair, "paging": {"next": {"after": "79", "link": "?"}}}
    deals = [{"id": "1", "associations": {"companies": cut}}, {"id": "2", "properties": {"hs_object_id": "2"}}]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"results": deals}))
    own, companies = System("hubspot", transport, tmp_path).found("deal_links")[:2]
    system = System("hubspot", transport, tmp_path)
    assert system.read(own, staging).rows == 2
    told = rows(staging, "SELECT id, associations_companies_paging_next_after FROM loaded ORDER BY id")
    assert told == [("1", "79"), ("2", None)]
    assert system.read(companies, staging).rows == 2


def test_the_stages_of_a_pipeline_have_their_names(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    stage = {
        "id": "closedwon",
        "label": "Won",
        "displayOrder": 5,
        "metadata": {"isClosed": "true", "probability": "1.0"},
    }
    whole = {"results": [{"id": "default", "label": "Sales", "displayOrder": 0, "archived": False, "stages": [stage]}]}
    system = System("hubspot", httpx.MockTransport(lambda _: httpx.Response(200, json=whole)), tmp_path)
    _, stages = system.found("deal_pipelines")
    system.read(stages, staging)
    assert rows(staging, "SELECT label, metadata_isClosed, metadata_probability::VARCHAR FROM loaded") == [
        ("Won", True, "1.0000")
    ]


def test_a_scope_that_is_missing_is_said(tmp_path: Path, staging: duckdb.DuckDBPyConnection) -> None:
    hubspot = HubSpot(list(range(1, 30)))
    source = system_of(hubspot, tmp_path).found("deals")[0]
    hubspot.refusal = httpx.Response(403, json={"status": "error", "category": "MISSING_SCOPES", "message": "no scope"})
    with pytest.raises(AccessError) as caught:
        system_of(hubspot, tmp_path).read(source, staging)
    assert "Service keys" in str(caught.value.hint)
