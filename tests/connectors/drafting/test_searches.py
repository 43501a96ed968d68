"""Lists that are asked for with POST become streams where nothing else lists the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.drafting.drafter import Drafted, Wish, draft
from connectors.drafting.played import verdicts
from connectors.drafting.sources import from_description

RECORD = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "updated_at": {"type": "string", "format": "date-time"}},
}
ANSWER = {
    "type": "object",
    "properties": {"results": {"type": "array", "items": RECORD}, "next_cursor": {"type": "string", "nullable": True}},
}
BODY = {
    "type": "object",
    "properties": {
        "cursor": {"type": "string"},
        "limit": {"type": "integer", "maximum": 50},
        "updated_since": {"type": "string", "format": "date-time"},
        "filter": {"type": "object", "properties": {"name": {"type": "string"}}},
        "order": {"type": "string", "enum": ["id"]},
    },
    "required": ["filter", "order"],
}


def described(paths: Mapping[str, Any] | None = None, *, swagger: bool = False, body: Any = BODY) -> dict[str, Any]:
    """A description with ``POST /visits/search``, and other ``paths`` as they are."""
    post: dict[str, Any] = {"operationId": "searchVisits"}
    if swagger:
        post["parameters"] = [{"name": "body", "in": "body", "required": True, "schema": body}]
        post["responses"] = {"200": {"description": "ok", "schema": ANSWER}}
    else:
        post["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        post["responses"] = {"200": {"description": "ok", "content": {"application/json": {"schema": ANSWER}}}}
    common = {"info": {"title": "Visits", "version": "1"}, "paths": {"/visits/search": {"post": post}, **(paths or {})}}
    if swagger:
        return {"swagger": "2.0", "host": "api.made.example", "consumes": ["application/json"], **common}
    return {"openapi": "3.0.0", "servers": [{"url": "https://api.made.example"}], **common}


def of(plain: dict[str, Any], tmp_path: Path, **wish: Any) -> tuple[Drafted, Path]:
    file = tmp_path / "description.yaml"
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    api, where = from_description(file)
    return draft(api, Wish("mine", **wish), where, source=file.name), file


@pytest.mark.parametrize("swagger", [False, True])
def test_a_search_is_a_list_that_is_asked_for_with_post(swagger: bool, tmp_path: Path) -> None:
    found, file = of(described(swagger=swagger), tmp_path)
    visits = found.definition.streams["visits"]
    assert (visits.method, visits.path) == ("POST", "/visits/search")
    assert visits.body == {"filter": {}, "order": "id", "updated_since": "{cursor:seconds_iso}"}
    unit = found.definition.request("visits", incremental=False).paginate
    assert unit is not None
    assert unit.model_dump() == {
        "use": "cursor", "next": "/next_cursor", "param": "/cursor", "size_param": "/limit", "size": 50,
    }  # fmt: skip
    assert {one.result for one in verdicts(found, file)} == {"kept"}
    assumed = {one.what for one in found.decisions if not one.sure}
    assert {"asked with POST", "filter is empty", "order is id"} <= assumed


def test_a_search_that_needs_what_nobody_gives_is_left_out_with_the_reason(tmp_path: Path) -> None:
    body = {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}
    plain = described({"/rooms": _list()}, body=body)
    found, _ = of(plain, tmp_path, answers={"rooms.paging": "whole"})
    assert "needs query, and no list gives that" in dict(found.left_out)["/visits/search"]
    said, _ = of(
        plain, tmp_path, answers={"rooms.paging": "whole", "address.query": "setting", "visits.paging": "whole"}
    )
    assert said.definition.streams["visits"].body == {"query": "{query}"}


def test_a_search_beside_a_list_of_the_same_is_told_and_not_drafted(tmp_path: Path) -> None:
    found, _ = of(described({"/visits": _list()}), tmp_path, answers={"visits.paging": "whole"})
    assert found.definition.streams["visits"].method == "GET"
    (note,) = found.notes
    assert "/visits/search" in note


def test_a_post_that_makes_something_is_no_list(tmp_path: Path) -> None:
    made = described({"/rooms": _list()})
    made["paths"]["/visits/search"]["post"]["operationId"] = "createSearch"
    found, _ = of(made, tmp_path, answers={"rooms.paging": "whole"})
    assert set(found.definition.streams) == {"rooms"}


def _list() -> dict[str, Any]:
    answer = {"type": "object", "properties": {"data": {"type": "array", "items": RECORD}}}
    return {"get": {"responses": {"200": {"description": "ok", "content": {"application/json": {"schema": answer}}}}}}
