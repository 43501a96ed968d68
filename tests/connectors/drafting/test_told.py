"""What no description says of pages, a person says in one short sentence; marks in headers are found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.drafting.drafter import Drafted, Wish, draft
from connectors.drafting.examples import from_examples
from connectors.drafting.played import verdicts
from connectors.drafting.sources import from_description
from spec.errors import UsageError

RECORD = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
TEXT = {"schema": {"type": "string"}}


def of(
    tmp_path: Path, *, params: dict[str, Any], headers: dict[str, Any], beside: dict[str, Any], answers: dict[str, str]
) -> tuple[Drafted, Path]:
    """A draft from a description with one list, ``/rows``."""
    answer = {"type": "object", "properties": {"data": {"type": "array", "items": RECORD}, **beside}}
    reply = {"description": "ok", "headers": headers, "content": {"application/json": {"schema": answer}}}
    given = [{"name": name, "in": "query", **one} for name, one in params.items()]
    plain = {
        "openapi": "3.1.0", "info": {"title": "Made up", "version": "1"}, "servers": [{"url": "https://a.example"}],
        "paths": {"/rows": {"get": {"parameters": given, "responses": {"200": reply}}}},
    }  # fmt: skip
    file = tmp_path / "description.yaml"
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    api, where = from_description(file)
    return draft(api, Wish("mine", answers=answers), where, source=file.name), file


def paginate(found: Drafted) -> dict[str, Any] | None:
    if "rows" not in found.definition.streams:
        return None
    unit = found.definition.request("rows", incremental=False).paginate
    return unit.model_dump() if unit is not None else None


@pytest.mark.parametrize(
    ("params", "headers", "wanted"),
    [
        (
            {"cursor": TEXT, "limit": {"schema": {"type": "integer", "maximum": 30}}},
            {"X-Next-Cursor": TEXT},
            {"use": "cursor", "next_header": "x-next-cursor", "param": "cursor", "size_param": "limit", "size": 30},
        ),
        (
            {"page": {"schema": {"type": "integer"}}},
            {"x-next-page": {"schema": {"type": "integer"}}},
            {"use": "cursor", "next_header": "x-next-page", "param": "page"},
        ),
        (
            {"page": {"schema": {"type": "integer", "default": 1}}, "per_page": {"schema": {"maximum": 10}}},
            {"X-Total-Pages": {"schema": {"type": "integer"}}},
            {"use": "page", "number": "page", "start": 1, "size_param": "per_page", "size": 10,
             "pages_header": "x-total-pages", "until_empty": True},
        ),
        (
            {},
            {"X-Next": {"schema": {"type": "string"}, "description": "URL of the next page."}},
            {"use": "next_link", "next_header": "x-next"},
        ),
    ],
)  # fmt: skip
def test_what_leads_on_in_a_header_is_found_and_holds(
    params: dict[str, Any], headers: dict[str, Any], wanted: dict[str, Any], tmp_path: Path
) -> None:
    found, file = of(tmp_path, params=params, headers=headers, beside={}, answers={})
    assert paginate(found) == wanted
    assert {one.result for one in verdicts(found, file)} <= {"kept", "not applicable"}


def test_an_address_that_is_only_called_one_in_words_is_a_link(tmp_path: Path) -> None:
    said = {"next_page": {"type": "string", "description": "A URL that calls the next page of the response."}}
    found, _ = of(tmp_path, params={"after": {"schema": {"type": "number"}}}, headers={}, beside=said, answers={})
    assert paginate(found) == {"use": "next_link", "next": "/next_page"}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("from takes /then", {"use": "cursor", "next": "/then", "param": "from"}),
        ("from takes header X-Then", {"use": "cursor", "next_header": "x-then", "param": "from"}),
        ("seite is the page", {"use": "page", "number": "seite", "start": 1, "until_empty": True}),
        ("seite is the page from 0.", {"use": "page", "number": "seite", "start": 0, "until_empty": True}),
        ("weg passes over records", {"use": "offset", "offset": "weg", "limit": "", "until_empty": True}),
        ("link at /then", {"use": "next_link", "next": "/then"}),
        ("Link in header X-Then", {"use": "next_link", "next_header": "x-then"}),
        ("link in the header Link", {"use": "link_header"}),
    ],
)
def test_what_nothing_describes_is_told_in_a_sentence(answer: str, wanted: dict[str, Any], tmp_path: Path) -> None:
    beside = {"then": {"type": "string", "nullable": True}, "has_more": {"type": "boolean"}}
    given: dict[str, Any] = {"params": {}, "headers": {}, "beside": beside}
    asked, _ = of(tmp_path, **given, answers={})
    assert [one.key for one in asked.questions] == ["rows.paging", "auth"]
    assert "PARAMETER takes /place" in asked.questions[0].text
    found, file = of(tmp_path, **given, answers={"rows.paging": answer})
    assert paginate(found) == wanted
    assert {one.result for one in verdicts(found, file)} <= {"kept", "not applicable"}
    (evidence,) = [one.evidence for one in found.decisions if one.what.startswith("pages by")]
    assert answer.rstrip(".") in evidence


def test_a_sentence_of_another_form_is_refused_with_what_can_be_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="somehow"):
        of(tmp_path, params={}, headers={}, beside={}, answers={"rows.paging": "somehow"})


def test_a_parameter_whose_mark_stands_in_a_header_is_answered_so(tmp_path: Path) -> None:
    given: dict[str, Any] = {"params": {"cursor": TEXT}, "headers": {}, "beside": {}}
    found, _ = of(tmp_path, **given, answers={"paging.next": "header X-Mark"})
    assert paginate(found) == {"use": "cursor", "next_header": "X-Mark", "param": "cursor"}


def test_a_header_that_a_browser_saved_tells_the_next_mark(tmp_path: Path) -> None:
    def entry(query: str, told: str) -> dict[str, Any]:
        return {
            "request": {"method": "GET", "url": f"https://shop.example/v2/rows{query}", "headers": []},
            "response": {
                "headers": [{"name": "X-Next-Cursor", "value": told}, {"name": "Set-Cookie", "value": "sentinel"}],
                "content": {"text": json.dumps({"rows": [{"id": 1}]})},
            },
        }

    file = tmp_path / "saved.har"
    file.write_text(json.dumps({"log": {"entries": [entry("", "abc"), entry("?from=abc", "")]}}), encoding="utf-8")
    api, about = from_examples((file,), "bearer token")
    found = draft(api, Wish("shop", about), {}, source="example answers", grade="E")
    assert paginate(found) == {"use": "cursor", "next_header": "x-next-cursor", "param": "from"}
    assert "sentinel" not in found.yaml
    said, about = from_examples(
        (file,), "cursor parameter; the next page is in the header X-Weiter; key in header X-Key"
    )
    assert "x-weiter" in said.endpoints[0].headers
    assert [one.unit.get("header") for one in said.proofs] == ["X-Key"]
