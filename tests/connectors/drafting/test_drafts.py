"""A draft says what a description says, asks what it does not, and never fills a gap in silence."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.drafting.drafter import Drafted, Wish, draft
from connectors.drafting.kinds import openapi3
from connectors.drafting.played import verdicts
from connectors.drafting.sources import from_description
from connectors.http.definition import Definition
from spec.errors import DataError, LimitError, UsageError

FILES = Path(__file__).parent / "files"


def drafted(name: str, **wish: Any) -> Drafted:
    api, where = from_description(FILES / name)
    return draft(api, Wish("mine", **wish), where, source=name)


def of(plain: dict[str, Any], tmp_path: Path, **wish: Any) -> Drafted:
    file = tmp_path / "description.yaml"
    file.write_text(yaml.safe_dump(plain), encoding="utf-8")
    api, where = from_description(file)
    return draft(api, Wish("mine", **wish), where, source=file.name)


def api(**lists: Any) -> dict[str, Any]:
    """A description in which each list has parameters, fields of its answer beside ``data``, and of its records."""
    paths = {}
    for name, said in lists.items():
        record = {"type": "object", "properties": {"id": {"type": "integer"}, **said.get("record", {})}}
        answer = {
            "type": "object",
            "properties": {"data": {"type": "array", "items": record}, **said.get("answer", {})},
        }
        reply = {
            "description": "ok",
            "content": {"application/json": {"schema": answer}},
            "headers": said.get("headers", {}),
        }
        given = [{"name": key, "in": "query", **one} for key, one in said.get("params", {}).items()]
        paths[f"/{name}"] = {"get": {"summary": said.get("text", ""), "parameters": given, "responses": {"200": reply}}}
    return {
        "openapi": "3.0.0",
        "info": {"title": "Made up", "version": "1"},
        "servers": [{"url": "https://api.made.example"}],
        "paths": paths,
        "components": {"securitySchemes": {"k": {"type": "http", "scheme": "bearer"}}},
        "security": [{"k": []}],
    }


WHOLE: dict[str, Any] = {"schema": {"type": "integer"}}
TEXT: dict[str, Any] = {"schema": {"type": "string"}}


def paginate(plain: dict[str, Any], tmp_path: Path, **wish: Any) -> dict[str, Any] | None:
    found = of(plain, tmp_path, **wish)
    if "rows" not in found.definition.streams:
        return None
    unit = found.definition.request("rows", incremental=False).paginate
    assert unit is not None
    return unit.model_dump()


def test_a_description_written_by_hand_becomes_a_connector() -> None:
    found = drafted("bakery.yaml")
    orders = found.definition.streams["orders"]
    assert orders.path == "/orders"
    assert found.definition.request("orders", incremental=False).records == "/orders"
    assert orders.primary_key == ("id",)
    assert orders.cursor is not None
    assert (orders.cursor.field, orders.params["updated_since"]) == ("/updated_at", "{cursor:seconds_iso}")
    assert orders.paginate is not None
    assert orders.paginate.model_dump() == {
        "use": "page",
        "number": "page",
        "start": 1,
        "size_param": "per_page",
        "size": 50,
        "pages": "/meta/total_pages",
    }
    assert found.definition.auth[0].params["header"] == "X-Api-Key"
    assert (found.definition.limits.calls, found.definition.limits.seconds) == (120, 60)
    assert found.definition.limits.remaining == "x-ratelimit-remaining"
    assert found.definition.check is not None
    assert (found.definition.check.path, found.definition.check.account) == ("/me", "/name")
    assert "/total" not in orders.types, "an amount that is spelled as text is left to the data"


def test_each_decision_has_its_evidence() -> None:
    told = {(one.stream, one.what): one.evidence for one in drafted("bakery.yaml").decisions}
    assert "'page'" in told["orders", "pages by page"]
    assert "/meta/total_pages" in told["orders", "pages by page"]
    assert "updated_since" in told["orders", "cursor updated_at"]
    assert all(told.values())


def test_what_is_missing_is_asked_and_the_list_is_left_out_until_it_is_said() -> None:
    found = drafted("bakery.yaml")
    assert {one.key for one in found.questions} == {"lines.key", "stock.paging"}
    assert {path for path, _ in found.left_out} == {"/orders/{order_id}/lines", "/stock"}
    said = drafted("bakery.yaml", answers={"lines.key": "number", "stock.paging": "leave out"})
    lines = said.definition.streams["lines"]
    assert lines.primary_key == ("order_id", "number"), "a number counts within its parent alone"
    assert lines.parent is not None
    assert (lines.parent.stream, dict(lines.parent.keep)) == ("orders", {"order_id": "/id"})
    assert "stock" not in said.definition.streams
    assert said.questions == ()


def test_an_answer_to_nothing_that_is_asked_is_refused() -> None:
    with pytest.raises(UsageError, match="stok"):
        drafted("bakery.yaml", answers={"stok.paging": "whole"})
    with pytest.raises(UsageError, match="perhaps"):
        drafted("bakery.yaml", answers={"stock.paging": "perhaps"})


def test_another_style_of_description_becomes_a_connector_too() -> None:
    found = drafted("fleet.json").definition
    assert found.base_url == "{url}/api"
    assert set(found.settings) == {"url", "tenant_id"}
    assert found.streams["vehicles"].path == "/{tenant_id}/vehicles"
    assert found.streams["vehicles"].primary_key == ("vehicleId",)
    assert found.streams["vehicles"].params == {"modifiedAfter": "{cursor:epoch_ms}"}
    assert found.streams["vehicles"].times == {"/modified": "epoch_ms"}
    assert found.streams["drivers"].primary_key == ("driverNumber",)
    assert found.streams["trips"].path == "/{tenant_id}/vehicles/{parent.vehicle_id}/trips"
    paging = found.request("trips", incremental=False).paginate
    assert paging is not None
    assert paging.model_dump() == {
        "use": "cursor",
        "next": "/paging/next/after",
        "param": "after",
        "size_param": "limit",
        "size": 200,
    }
    client = next(one for one in found.auth if one.use == "oauth2_client")
    assert client.params["scopes"] == ["vehicles:read"], "rights to write are not asked for"


def test_the_same_file_and_answers_give_the_same_draft() -> None:
    assert drafted("fleet.json").digest == drafted("fleet.json").digest
    assert drafted("bakery.yaml").digest != drafted("bakery.yaml", answers={"stock.paging": "whole"}).digest


def test_a_sentence_chooses_among_the_lists() -> None:
    assert list(drafted("fleet.json", about="the drivers of our fleet").definition.streams) == ["drivers"]
    assert set(drafted("fleet.json", about="trips").definition.streams) == {"vehicles", "trips"}


@pytest.mark.parametrize("name", ["bakery.yaml", "fleet.json"])
def test_a_draft_holds_against_the_description_it_was_made_from(name: str) -> None:
    found = list(verdicts(drafted(name), FILES / name))
    assert [one for one in found if one.result == "broken"] == []
    assert {one.stream for one in found if one.result == "kept"} == set(drafted(name).definition.streams)


def test_a_draft_whose_requests_the_description_does_not_know_is_seen() -> None:
    good = drafted("bakery.yaml")
    plain = yaml.safe_load(good.yaml)
    plain["streams"]["orders"]["paginate"]["number"] = "pages"
    wrong = Drafted(**{**vars(good), "definition": Definition.model_validate(plain)})
    assert any(one.result == "broken" for one in verdicts(wrong, FILES / "bakery.yaml", ["orders"]))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (
            {
                "params": {"cursor": TEXT, "limit": {"schema": {"type": "integer", "maximum": 80}}},
                "answer": {"next_cursor": {"type": "string"}, "has_more": {"type": "boolean"}},
            },
            {
                "use": "cursor",
                "next": "/next_cursor",
                "param": "cursor",
                "size_param": "limit",
                "size": 80,
                "more": "/has_more",
            },
        ),
        (
            {
                "params": {"pageToken": TEXT, "maxResults": {**WHOLE, "description": "Maximum is 250."}},
                "answer": {"nextPageToken": {"type": "string"}},
            },
            {"use": "cursor", "next": "/nextPageToken", "param": "pageToken", "size_param": "maxResults", "size": 250},
        ),
        (
            {
                "params": {"page": WHOLE},
                "answer": {"meta": {"type": "object", "properties": {"next_page": {"type": "integer"}}}},
            },
            {"use": "cursor", "next": "/meta/next_page", "param": "page"},
        ),
        (
            {
                "answer": {
                    "links": {"type": "object", "properties": {"next": {"type": "string"}, "prev": {"type": "string"}}}
                }
            },
            {"use": "next_link", "next": "/links/next"},
        ),
        (
            {"params": {"page": WHOLE}, "answer": {"next": {"type": "string", "format": "uri"}}},
            {"use": "next_link", "next": "/next"},
        ),
        (
            {
                "params": {"starting_after": TEXT, "limit": {"schema": {"type": "integer", "maximum": 100}}},
                "answer": {"has_more": {"type": "boolean"}},
            },
            {
                "use": "keyset",
                "after": "starting_after",
                "key": "/id",
                "size_param": "limit",
                "size": 100,
                "more": "/has_more",
            },
        ),
        (
            {
                "params": {"per_page": {**WHOLE, "description": "Results per page (max 100)"}, "page": WHOLE},
                "headers": {"Link": {"schema": {"type": "string"}}},
            },
            {"use": "link_header", "size_param": "per_page", "size": 100},
        ),
        (
            {
                "params": {
                    "page": {"schema": {"type": "integer", "default": 0}},
                    "size": {"schema": {"type": "integer", "default": 20}},
                },
                "answer": {"totalPages": {"type": "integer"}},
            },
            {"use": "page", "number": "page", "start": 0, "size_param": "size", "size": 20, "pages": "/totalPages"},
        ),
        (
            {
                "params": {"offset": WHOLE, "limit": {"schema": {"type": "integer", "maximum": 50}}},
                "answer": {"total": {"type": "integer"}},
            },
            {"use": "offset", "offset": "offset", "limit": "limit", "size": 50, "total": "/total"},
        ),
        (
            {"params": {"skip": WHOLE, "take": WHOLE}},
            {"use": "offset", "offset": "skip", "limit": "", "until_empty": True},
        ),
        (
            {
                "params": {
                    "startingRow": {"schema": {"type": "integer", "minimum": 1}},
                    "rowCount": {"schema": {"type": "integer", "maximum": 75}},
                },
                "answer": {"hasMoreRows": {"type": "string"}},
            },
            {
                "use": "offset",
                "offset": "startingRow",
                "start": 1,
                "limit": "rowCount",
                "size": 75,
                "until_empty": True,
            },
        ),
        (
            {"answer": {"@odata.nextLink": {"type": "string"}}},
            {"use": "odata", "next": ["/@odata.nextLink"], "size": 0},
        ),
    ],
    ids=lambda one: str(one.get("use", "")) if isinstance(one, dict) else "",
)
def test_each_way_of_paging_is_seen_by_what_describes_it(said: Any, wanted: Any, tmp_path: Path) -> None:
    assert paginate(api(rows=said), tmp_path) == wanted


@pytest.mark.parametrize(
    ("said", "key", "answer", "wanted"),
    [
        (
            {"params": {"page": WHOLE}},
            "paging.page.start",
            "0",
            {"use": "page", "number": "page", "start": 0, "until_empty": True},
        ),
        ({}, "rows.paging", "whole", {"use": "none"}),
        (
            {"params": {"cursor": TEXT}},
            "paging.next",
            "/meta/then",
            {"use": "cursor", "next": "/meta/then", "param": "cursor"},
        ),
        (
            {"params": {"offset": {**TEXT, "description": "A token that was returned by the last request."}}},
            "paging.next",
            "/next_cursor",
            {"use": "cursor", "next": "/next_cursor", "param": "offset"},
        ),
    ],
)
def test_paging_that_is_not_described_is_asked(said: Any, key: str, answer: str, wanted: Any, tmp_path: Path) -> None:
    assert paginate(api(rows=said), tmp_path) is None
    assert [one.key for one in of(api(rows=said), tmp_path).questions] == [key]
    assert paginate(api(rows=said), tmp_path, answers={key: answer}) == wanted


def test_a_number_that_is_a_record_is_not_one_of_records_to_pass_over(tmp_path: Path) -> None:
    said = {"params": {"offset": {**WHOLE, "description": "Rows with a number greater than this."}}}
    assert paginate(api(rows=said), tmp_path) is None


def test_a_list_that_may_come_in_pages_is_read_as_one_only_where_a_wrong_yes_would_be_seen(tmp_path: Path) -> None:
    yes = {"rows.paging": "whole"}
    full = {"params": {"limit": {"schema": {"type": "integer", "maximum": 200}}}}
    assert paginate(api(rows=full), tmp_path, answers=yes) == {"use": "none", "size_param": "limit", "size": 200}
    spoken = {"text": "A page has up to 100 rows"}
    assert paginate(api(rows=spoken), tmp_path, answers=yes) == {"use": "none", "size": 100}
    told = {"params": {"limit": WHOLE}, "answer": {"has_more": {"type": "boolean"}}}
    assert paginate(api(rows=told), tmp_path, answers=yes) == {"use": "none"}
    for silent in ({"params": {"limit": WHOLE}}, {"headers": {"X-Next-Cursor": {"schema": {"type": "string"}}}}):
        (asked,) = of(api(rows=silent), tmp_path).questions
        assert [value for value, _ in asked.options] == ["leave out"]
        assert "may come in pages" in asked.text
        with pytest.raises(UsageError, match="leave out"):
            paginate(api(rows=silent), tmp_path, answers=yes)


def test_what_stands_in_another_document_is_a_doubt_about_pages(tmp_path: Path) -> None:
    plain = api(rows={}, others={"params": {"offset": WHOLE}})
    plain["paths"]["/rows"]["get"]["parameters"] = [{"$ref": "common.yaml#/parameters/Page"}]
    assert paginate(plain, tmp_path) is None
    (asked,) = of(plain, tmp_path).questions
    assert "stands in another document" in asked.text


def test_a_number_that_both_sides_call_a_cursor_is_one(tmp_path: Path) -> None:
    said = {"params": {"cursor": WHOLE}, "answer": {"cursor": {"type": "integer"}}}
    assert paginate(api(rows=said), tmp_path) == {"use": "cursor", "next": "/cursor", "param": "cursor"}


def test_the_proof_is_one_that_the_addresses_take(tmp_path: Path) -> None:
    plain = api(rows={"params": {"page": {"schema": {"type": "integer", "default": 1}}}})
    plain["components"]["securitySchemes"]["other"] = {"type": "apiKey", "in": "header", "name": "Authorization"}
    plain["components"]["securitySchemes"]["own"] = {"type": "http", "scheme": "basic"}
    assert [one.use for one in of(plain, tmp_path).definition.auth] == ["bearer"]
    del plain["security"]
    plain["paths"]["/rows"]["get"]["security"] = [{"own": []}]
    assert [one.use for one in of(plain, tmp_path).definition.auth] == ["basic"]
    del plain["paths"]["/rows"]["get"]["security"]
    assert len(of(plain, tmp_path).definition.auth) == 3, "nothing says which: all are offered"


def test_a_list_without_pages_beside_lists_with_them_is_whole_and_that_is_assumed(tmp_path: Path) -> None:
    paged = {"params": {"offset": WHOLE}, "answer": {"total": {"type": "integer"}}}
    found = of(api(rows={}, others=paged), tmp_path)
    assert paginate(api(rows={}, others=paged), tmp_path) == {"use": "none"}
    assert any(one.stream == "rows" and one.what == "pages by none" and not one.sure for one in found.decisions)
    speaks = {"text": "The first page of the rows"}
    assert paginate(api(rows=speaks, others=paged), tmp_path) is None, "words about pages are a doubt"


def test_a_page_no_larger_than_is_known_to_be_given_is_asked_for(tmp_path: Path) -> None:
    page = {"schema": {"type": "integer", "default": 1}}
    unknown = paginate(api(rows={"params": {"page": page, "limit": WHOLE}}), tmp_path)
    assert unknown == {"use": "page", "number": "page", "start": 1, "until_empty": True}
    huge = {"schema": {"type": "integer", "maximum": 100_000}}
    capped = paginate(api(rows={"params": {"page": page, "limit": huge}}), tmp_path)
    assert capped is not None
    assert capped["size"] == 1000


MOMENT = {"type": "string", "format": "date-time"}


@pytest.mark.parametrize(
    ("params", "record", "wanted"),
    [
        (
            {"updated_since": {"schema": MOMENT}},
            {"updated_at": MOMENT, "created_at": MOMENT},
            ("/updated_at", "{cursor:seconds_iso}"),
        ),
        (
            {"modifiedAfter": {"schema": {"type": "string", "format": "date"}}},
            {"dateModified": MOMENT},
            ("/dateModified", "{cursor:date}"),
        ),
        (
            {"updated_since": {"schema": {"type": "integer"}}},
            {"updated": {"type": "integer", "format": "unix-time"}},
            ("/updated", "{cursor:epoch}"),
        ),
        (
            {"since": {"schema": MOMENT, "description": "Rows changed since then"}},
            {"changed": MOMENT},
            ("/changed", "{cursor:seconds_iso}"),
        ),
        ({"since": {"schema": MOMENT, "description": "Rows since then"}}, {"changed": MOMENT}, None),
        ({"updated_since": {"schema": MOMENT}}, {"created_at": MOMENT}, None),
        ({"updated_before": {"schema": MOMENT}}, {"updated_at": MOMENT}, None),
        ({"created_after": {"schema": MOMENT}}, {"created_at": MOMENT}, None),
    ],
)
def test_changes_are_asked_for_where_a_parameter_and_a_field_say_so(
    params: Any, record: Any, wanted: Any, tmp_path: Path
) -> None:
    plain = api(rows={"params": {"offset": WHOLE, **params}, "record": record})
    stream = of(plain, tmp_path).definition.streams["rows"]
    told = (stream.cursor.field, next(iter(stream.params.values()))) if stream.cursor is not None else None
    assert told == wanted


def test_two_moments_of_change_are_asked_about(tmp_path: Path) -> None:
    record = {"updated_at": MOMENT, "modified_at": MOMENT}
    plain = api(rows={"params": {"offset": WHOLE, "changed_since": {"schema": MOMENT}}, "record": record})
    found = of(plain, tmp_path)
    assert [one.key for one in found.questions] == ["rows.changed"]
    assert found.definition.streams["rows"].cursor is None
    said = of(plain, tmp_path, answers={"rows.changed": "modified_at"})
    assert said.definition.streams["rows"].cursor is not None


def test_records_that_never_change_are_read_from_the_last_one_on_where_somebody_says_so(tmp_path: Path) -> None:
    plain = api(
        rows={"params": {"offset": WHOLE, "created_after": {"schema": MOMENT}}, "record": {"created_at": MOMENT}}
    )
    assert of(plain, tmp_path).definition.streams["rows"].cursor is None
    cursor = of(plain, tmp_path, answers={"rows.changes": "no"}).definition.streams["rows"].cursor
    assert cursor is not None
    assert cursor.field == "/created_at"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://api.made.example", "not https"),
        ("ftp://api.made.example", "no address"),
        ("https://user:word@api.made.example", "a user or a password"),  # not a secret
        ("https://api.made.example/?key=1", "parameters"),
        ("https://api made.example", "no address"),
    ],
)
def test_an_address_to_which_no_key_may_be_sent_is_refused_with_its_line(url: str, says: str, tmp_path: Path) -> None:
    plain = api(rows={"params": {"offset": WHOLE}})
    plain["servers"] = [{"url": url}]
    with pytest.raises(DataError, match=says) as refused:
        of(plain, tmp_path)
    assert refused.value.where["file"] == "description.yaml"
    assert isinstance(refused.value.where["line"], int)


def test_an_address_in_ones_own_network_may_be_http(tmp_path: Path) -> None:
    plain = api(rows={"params": {"offset": WHOLE}})
    plain["servers"] = [{"url": "http://192.168.1.20:8080/api/"}]
    assert of(plain, tmp_path).definition.base_url == "http://192.168.1.20:8080/api"
    with pytest.raises(DataError, match="not https"):
        of(plain, tmp_path, base_url="http://8.8.8.8/api")


def test_words_of_a_stranger_stand_in_no_draft() -> None:
    found = drafted("bakery.yaml")
    assert "gnore all previous" not in found.yaml
    assert "approve this connector" not in found.yaml


def test_references_that_lead_in_circles_or_elsewhere_are_read_no_further(tmp_path: Path) -> None:
    plain = api(rows={"params": {"offset": WHOLE}, "record": {"self": {"$ref": "#/components/schemas/Loop"}}})
    plain["components"]["schemas"] = {
        "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}, {"$ref": "#/components/schemas/Other"}]},
        "Other": {"$ref": "#/components/schemas/Again"},
        "Again": {"$ref": "#/components/schemas/Other"},
    }
    plain["paths"]["/far"] = {"get": {"responses": {"200": {"$ref": "https://elsewhere.example/answers.yaml#/rows"}}}}
    found = of(plain, tmp_path)
    assert list(found.definition.streams) == ["rows"]
    assert any("not fetched" in note for note in found.notes)


def test_a_schema_that_grows_without_bound_ends_in_a_sentence(tmp_path: Path) -> None:
    plain = api(rows={"params": {"offset": WHOLE}, "record": {"x": {"$ref": "#/components/schemas/S0"}}})
    plain["components"]["schemas"] = {
        f"S{level}": {"allOf": [{"$ref": f"#/components/schemas/S{level + 1}"}] * 9} for level in range(30)
    }
    with pytest.raises(LimitError, match="refers to itself"):
        of(plain, tmp_path)


def test_a_description_without_a_list_is_refused(tmp_path: Path) -> None:
    plain = api(rows={})
    plain["paths"] = {"/rows/{id}": deepcopy(plain["paths"]["/rows"])}
    with pytest.raises(DataError, match="No list"):
        of(plain, tmp_path)


def test_an_object_with_a_list_inside_is_no_list(tmp_path: Path) -> None:
    tag = {"type": "array", "items": {"type": "object", "properties": {"tag": {"type": "string"}}}}
    plain = api(rows={"params": {"offset": WHOLE}})
    reply = {
        "description": "ok",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {"id": {"type": "integer"}, "owner": {"type": "string"}, "tags": tag},
                }
            }
        },
    }
    plain["paths"]["/settings"] = {"get": {"responses": {"200": reply}}}
    assert list(of(plain, tmp_path).definition.streams) == ["rows"]


def test_a_key_that_nobody_can_tell_is_asked(tmp_path: Path) -> None:
    plain = api(rows={"params": {"offset": WHOLE}})
    answer = plain["paths"]["/rows"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer["properties"]["data"]["items"]["properties"] = {"order_number": TEXT["schema"], "shop_code": TEXT["schema"]}
    assert [one.key for one in of(plain, tmp_path).questions] == ["rows.key"]
    assert of(plain, tmp_path, answers={"rows.key": "order_number"}).definition.streams["rows"].primary_key == (
        "order_number",
    )
    assert of(plain, tmp_path, answers={"rows.key": "none"}).definition.streams["rows"].primary_key == ()


def test_a_document_of_another_kind_is_not_openapi() -> None:
    assert not openapi3.fits({"openapi": "2.0"})
    assert not openapi3.fits([])


def _inside(path: str, given: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """A description with ``/repos`` and a list inside of its records."""
    plain = api(repos={"record": record})
    reply = plain["paths"]["/repos"]["get"]["responses"]["200"]
    named = [{"name": key, "in": "path", "required": True, **one} for key, one in given.items()]
    plain["paths"][path] = {"get": {"parameters": named, "responses": {"200": reply}}}
    return plain


def test_an_address_is_filled_with_the_field_that_its_name_or_words_mean(tmp_path: Path) -> None:
    whole = {"repos.paging": "whole", "tags.paging": "whole"}
    slug = _inside("/repos/{repo_slug}/tags", {"repo_slug": TEXT}, {"slug": {"type": "string"}})
    (place,) = of(slug, tmp_path, answers=whole).definition.streams["tags"].parent.keep.values()  # type: ignore[union-attr]
    assert place == "/slug"
    told = {"schema": {"type": "string"}, "description": "The name of the repository."}
    named = _inside("/repos/{repo}/tags", {"repo": told}, {"name": {"type": "string"}})
    (place,) = of(named, tmp_path, answers=whole).definition.streams["tags"].parent.keep.values()  # type: ignore[union-attr]
    assert place == "/name"


def test_a_number_is_not_taken_for_the_text_that_an_address_wants(tmp_path: Path) -> None:
    whole = {"repos.paging": "whole"}
    plain = _inside("/repos/{repo}/tags", {"repo": TEXT}, {"login": {"type": "string"}})
    found = of(plain, tmp_path, answers=whole)
    assert "tags" not in found.definition.streams
    (asked,) = [one for one in found.questions if one.key == "repos.repo"]
    assert [value for value, _ in asked.options] == ["login", "id", "leave out"]
    said = of(plain, tmp_path, answers={**whole, "repos.repo": "login", "tags.paging": "whole"}).definition
    assert said.streams["tags"].parent is not None
    assert dict(said.streams["tags"].parent.keep) == {"repo": "/login"}


def test_an_outer_name_is_filled_from_an_object_of_the_record_that_a_person_names(tmp_path: Path) -> None:
    owner = {"type": "object", "properties": {"login": {"type": "string"}, "id": {"type": "integer"}}}
    given = {"owner": TEXT, "repo_id": WHOLE}
    plain = _inside("/repos/{owner}/{repo_id}/tags", given, {"owner": owner})
    answers = {"repos.paging": "whole", "tags.paging": "whole", "repos.owner": "/owner/login"}
    found = of(plain, tmp_path, answers=answers).definition.streams["tags"]
    assert found.parent is not None
    assert dict(found.parent.ask) == {"owner": "/owner/login"}
    assert dict(found.parent.keep) == {"repo_id": "/id"}


def test_what_no_list_gives_may_be_a_setting_where_somebody_says_so(tmp_path: Path) -> None:
    plain = _inside("/teams/{team_id}/tags", {"team_id": TEXT}, {})
    left = dict(of(plain, tmp_path, answers={"repos.paging": "whole"}).left_out)
    assert "address.team_id=setting" in left["/teams/{team_id}/tags"]
    answers = {"repos.paging": "whole", "tags.paging": "whole", "address.team_id": "setting"}
    found = of(plain, tmp_path, answers=answers).definition
    assert found.streams["tags"].path == "/teams/{team_id}/tags"
    assert "team_id" in found.settings


def test_a_record_is_known_by_the_field_that_its_own_address_names_after_it(tmp_path: Path) -> None:
    plain = api(pools={})
    plain["paths"]["/pools"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["data"][
        "items"
    ]["properties"] = {"name": {"type": "string"}, "slots": {"type": "integer"}}
    plain["paths"]["/pools/{pool_name}"] = {"get": {"responses": {"200": {"description": "ok"}}}}
    found = of(plain, tmp_path, answers={"pools.paging": "whole"})
    assert found.definition.streams["pools"].primary_key == ("name",)
    del plain["paths"]["/pools/{pool_name}"]
    said = of(plain, tmp_path, answers={"pools.paging": "whole", "pools.key": "name+slots"})
    assert said.definition.streams["pools"].primary_key == ("name", "slots")
    with pytest.raises(UsageError, match="colour"):
        of(plain, tmp_path, answers={"pools.key": "colour"})
