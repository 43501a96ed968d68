"""A list that is read as one answer is the whole list, or is refused: an answer that says otherwise is believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
from sqlglot import exp

from connectors.contract import Place
from connectors.http.definition import Definition
from connectors.http.engine import Declared
from connectors.http.unread import said_of_more
from spec.base import JsonValue
from spec.errors import DataError

ROWS: list[JsonValue] = [{"id": 1, "next": "x", "has_more": True}, {"id": 2, "next": "y", "has_more": True}]


def read(
    folder: Path, answer: Any, headers: dict[str, str] | None = None, stream: dict[str, Any] | None = None
) -> tuple[int, list[str]]:
    asked: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=answer, headers=headers or {})

    said = {"path": "/rows", "records": "/data", "primary_key": "id", "paginate": {"use": "none"}, **(stream or {})}
    definition = Definition.model_validate(
        {
            "title": "One",
            "proof": {"grade": "E", "tried_on": "nothing"},
            "base_url": "https://one.test",
            "limits": {"calls": 1000, "seconds": 1, "concurrency": 1},
            "streams": {"rows": said},
        }
    )
    unit = Declared(definition, "one", transport=httpx.MockTransport(reply))
    place = Place("one", folder, connection="one")
    with duckdb.connect() as into:
        source = unit.discover(place)[0].source
        return unit.read(source, place, into, exp.table_("rows", quoted=True)).rows, asked


@pytest.mark.parametrize(
    "beside",
    [
        {"has_more": True},
        {"hasMore": "true"},
        {"paging": {"next": {"after": "MQ"}}},
        {"links": {"next": "https://one.test/rows?page=2"}},
        {"_links": {"next": {"href": "/rows?page=2"}}},
        {"response_metadata": {"next_cursor": "dXNlcg"}},
        {"nextPageToken": "abc"},
        {"links": [{"rel": "self", "href": "/rows"}, {"rel": "next", "href": "/rows?page=2"}]},
        {"@odata.nextLink": "https://one.test/rows?$skiptoken=2"},
        {"next_page": 2},
        {"meta": {"total_pages": 3}},
        {"totalCount": 3},
        {"total": 40, "limit": 2},
        {"last": False},
    ],
    ids=str,
)
def test_an_answer_that_says_that_there_is_more_is_refused(beside: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="not all of it"):
        read(tmp_path, {"data": ROWS, **beside})


def test_a_next_page_in_the_header_link_is_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Link"):
        read(tmp_path, {"data": ROWS}, {"Link": '<https://one.test/rows?page=2>; rel="next"'})


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"has_more": False, "next": None, "next_cursor": ""},
        {"paging": {"next": None, "previous": {"before": "x"}}},
        {"total": 40},
        {"total": 2, "limit": 100},
        {"total_pages": 1, "next_sync_token": "abc", "next_payment_date": "2026-01-01"},
        {"last": True, "first": True, "last_page": 1},
        {"sum": {"total": 99}, "links": {"self": "/rows", "last": "/rows"}},
    ],
    ids=str,
)
def test_what_says_nothing_of_more_is_read(beside: dict[str, Any], tmp_path: Path) -> None:
    assert read(tmp_path, {"data": ROWS, **beside})[0] == 2


def test_an_answer_as_full_as_it_can_be_is_refused_and_a_shorter_one_is_read(tmp_path: Path) -> None:
    sized = {"paginate": {"use": "none", "size_param": "limit", "size": 3}}
    rows, asked = read(tmp_path, {"data": ROWS}, stream=sized)
    assert rows == 2
    assert all("limit=3" in url for url in asked)
    full = {"paginate": {"use": "none", "size_param": "limit", "size": 2}}
    with pytest.raises(DataError, match="the most that an answer holds"):
        read(tmp_path, {"data": ROWS}, stream=full)


def test_a_record_that_is_no_list_may_say_what_it_likes(tmp_path: Path) -> None:
    one = {"records": "", "single": True}
    assert read(tmp_path, {"id": 1, "has_more": True, "next": "x"}, stream=one)[0] == 1


def test_lists_are_not_looked_into() -> None:
    assert said_of_more({"data": list(ROWS)}, {}, 2) == ""
