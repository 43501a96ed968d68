"""A connector from example answers and a sentence: what they show is used, keys in them are not, the rest is asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.drafting.drafter import Drafted, Wish, draft
from connectors.drafting.examples import from_examples
from spec.errors import DataError

SENTENCE = "orders of our web shop, 100 per page, the next page is in meta.next, key in header X-Api-Key"
FIRST = {
    "orders": [{"id": 1, "total": "12.50", "updated_at": "2026-01-01T10:00:00Z"}],
    "meta": {"next": "https://shop.example/api/orders?page=2&per_page=100"},
}
SECOND = {"orders": [{"id": 2, "total": "3.00", "updated_at": None}], "meta": {"next": None}}


def of(folder: Path, files: dict[str, Any], sentence: str = "", **answers: str) -> Drafted:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name).write_text(text, encoding="utf-8")
    api, about = from_examples(tuple(sorted(folder.iterdir())), sentence)
    given = {key.replace("__", "."): said for key, said in answers.items()}
    return draft(api, Wish("shop", about, given), {}, source="example answers", grade="E")


def test_answers_with_a_sentence_become_a_connector(tmp_path: Path) -> None:
    urls = "orders.json https://shop.example/api/orders?per_page=100"
    found = of(tmp_path, {"orders.json": FIRST, "orders-page2.json": SECOND, "urls.txt": urls}, SENTENCE)
    definition = found.definition
    assert definition.base_url == "https://shop.example/api"
    assert definition.auth[0].model_dump() == {"use": "bearer", "title": "API key", "header": "X-Api-Key", "prefix": ""}
    orders = definition.streams["orders"]
    assert (orders.path, orders.primary_key) == ("/orders", ("id",))
    paging = definition.request("orders", incremental=False)
    assert paging.records == "/orders"
    assert paging.paginate is not None
    assert paging.paginate.model_dump() == {
        "use": "next_link",
        "next": "/meta/next",
        "size_param": "per_page",
        "size": 100,
    }
    assert orders.types["/updated_at"] == "TIMESTAMP WITH TIME ZONE"
    assert definition.proof.grade == "E"
    assert found.questions == ()


MARKED = {
    "tickets.json": {"tickets": [{"id": 1}], "meta": {"next": "abc"}},
    "tickets-page2.json": {"tickets": [{"id": 2}], "meta": {"next": None}},
}


@pytest.mark.parametrize("parameter", ["after", "weiter"])
def test_a_mark_that_was_sent_with_the_next_request_is_no_link(tmp_path: Path, parameter: str) -> None:
    calls = (
        "https://help.example/api/tickets?limit=2&api_key=sentinel-one gave tickets.json\n"
        f"https://help.example/api/tickets?limit=2&{parameter}=abc gave tickets-page2.json"
    )
    found = of(tmp_path, {**MARKED, "calls.txt": calls}, "tickets, the next page is in meta.next")
    paging = found.definition.request("tickets", incremental=False).paginate
    assert paging is not None
    assert (paging.use, paging.params["next"], paging.params["param"]) == ("cursor", "/meta/next", parameter)
    assert "sentinel" not in found.yaml


@pytest.mark.parametrize("said", ["is sent as parameter after", "goes into the parameter called after"])
def test_a_mark_is_sent_as_the_sentence_says(tmp_path: Path, said: str) -> None:
    found = of(tmp_path, MARKED, f"tickets; the next page is in meta.next and {said}")
    paging = found.definition.request("tickets", incremental=False).paginate
    assert paging is not None
    assert (paging.use, paging.params["param"]) == ("cursor", "after")


def test_a_mark_of_which_nobody_says_how_it_is_sent_is_no_link(tmp_path: Path) -> None:
    found = of(tmp_path, MARKED, "tickets, the next page is in meta.next")
    assert "tickets" not in found.definition.streams
    assert "tickets.paging" in [one.key for one in found.questions]


def test_a_key_in_an_example_is_dropped_and_told(tmp_path: Path) -> None:
    recorded = {
        "url": "https://ada:sentinel-word@shop.example/api/orders?page=1&api_key=sentinel-one",
        "headers": {"Authorization": "Bearer sentinel-two", "Accept": "application/json"},
        "answer": {"orders": [{"id": 1}], "page": 1, "total_pages": 3},
    }
    found = of(tmp_path, {"orders.json": recorded})
    assert "sentinel" not in found.yaml
    assert not any("sentinel" in f"{one.what} {one.evidence}" for one in found.decisions)
    assert sum("was dropped" in note for note in found.notes) == 3
    assert {one.use for one in found.definition.auth} == {"bearer", "key"}


def test_what_a_browser_saved_is_read(tmp_path: Path) -> None:
    entry = {
        "request": {"method": "GET", "url": "https://shop.example/v2/items?offset=0&limit=20",
                    "headers": [{"name": "X-Auth-Token", "value": "sentinel-three"}]},
        "response": {"content": {"text": json.dumps({"items": [{"id": 1}], "total": 40})}},
    }  # fmt: skip
    found = of(tmp_path, {"saved.har": {"log": {"entries": [entry]}}})
    paging = found.definition.request("items", incremental=False).paginate
    assert paging is not None
    assert paging.model_dump() == {"use": "offset", "offset": "offset", "limit": "limit", "size": 20, "total": "/total"}
    assert found.definition.auth[0].params["header"] == "X-Auth-Token"
    assert "sentinel" not in found.yaml


def test_a_mark_is_known_by_the_request_that_carried_it(tmp_path: Path) -> None:
    first = {"url": "https://shop.example/orders", "answer": {"rows": [{"id": 1}], "more": {"then": "abc"}}}
    second = {"url": "https://shop.example/orders?from=abc", "answer": {"rows": [{"id": 2}], "more": {"then": None}}}
    found = of(
        tmp_path, {"orders-1.json": first, "orders-2.json": second}, "the next page is in more.then; bearer token"
    )
    paging = found.definition.request("orders", incremental=False).paginate
    assert paging is not None
    assert paging.model_dump() == {"use": "cursor", "next": "/more/then", "param": "from"}


def test_answers_alone_leave_more_to_ask(tmp_path: Path) -> None:
    found = of(tmp_path, {"orders.json": {"orders": [{"number": "A1"}]}})
    assert [one.key for one in found.questions] == ["orders.key", "auth"]
    assert found.definition.base_url == "{url}"
    keyed = of(tmp_path, {}, orders__key="number")
    assert [one.key for one in keyed.questions] == ["orders.paging", "auth"]
    whole = of(tmp_path, {}, orders__key="number", orders__paging="whole", auth="basic")
    assert whole.questions == ()
    assert [one.use for one in whole.definition.auth] == ["basic"]
    assert list(whole.definition.streams) == ["orders"]


def test_an_answer_that_is_not_all_cannot_be_called_the_whole_list(tmp_path: Path) -> None:
    files = {"orders.json": {"url": "https://shop.example/orders", "answer": {"rows": [{"id": 1}], "has_more": True}}}
    found = of(tmp_path, files, "bearer token")
    (asked,) = found.questions
    assert asked.key == "orders.paging"
    assert "/has_more is true" in asked.text
    assert [value for value, _ in asked.options] == ["leave out"]


def test_files_without_an_answer_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no example answer"):
        of(tmp_path, {"notes.txt": "orders are here"})
    with pytest.raises(DataError, match="no answer with a list"):
        of(tmp_path, {"orders.json": "5"})
