"""Vendors' descriptions become one model, however odd they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from known_vendors import RESTFUL, described_in, profile_file

from connectors.http.vendor.checking import Checker
from connectors.http.vendor.description import Description, read_description, together
from connectors.http.vendor.profile import Profile, read_profile
from connectors.http.vendor.schemas import flat, inside
from spec.errors import SpecError


def read(plain: Any, tmp_path: Path, **options: Any) -> Description:
    file = tmp_path / "description.json"
    file.write_text(plain if isinstance(plain, str) else json.dumps(plain), encoding="utf-8")
    return read_description(file, **options)


def api(**path: Any) -> dict[str, Any]:
    return {"openapi": "3.0.0", "info": {"title": "T", "version": "1"}, "paths": {"/things": {"get": path}}}


def answer_of(schema: Any, tmp_path: Path, **components: Any) -> tuple[Description, dict[str, Any]]:
    plain = api(responses={"200": {"content": {"application/json": {"schema": schema}}}})
    plain["components"] = {"schemas": components}
    description = read(plain, tmp_path)
    found = description.operations[0].reply(200, "application/json")
    assert found is not None
    return description, found


ODD: dict[str, Any] = {
    "nothing but its version": {"openapi": "3.0.0"},
    "no answers": api(),
    "answers that are null": api(responses=None),
    "an answer that is a list": api(responses={"200": []}),
    "a schema that is text": api(responses={"200": {"content": {"application/json": {"schema": "string"}}}}),
    "a schema of true": api(responses={"200": {"content": {"application/json": {"schema": True}}}}),
    "a parameter without a name": api(parameters=[{"in": "query"}]),
    "a parameter that is text": api(parameters=["page"]),
    "parameters that are an object": api(parameters={"page": {}}),
    "a reference to another document": api(parameters=[{"$ref": "https://other.example/api.json#/p"}]),
    "a reference to nothing": api(responses={"200": {"$ref": "#/components/responses/Gone"}}),
    "a reference to itself": api(responses={"200": {"$ref": "#/paths/~1things/get/responses/200"}}),
    "servers that are text": {**api(), "servers": "https://x"},
    "a server with a port that is none": {**api(), "servers": [{"url": "https://[oops"}]},
    "paths that are a list": {"openapi": "3.1.0", "paths": []},
    "an empty Swagger": {"swagger": "2.0"},
    "a Swagger without answers": {"swagger": "2.0", "paths": {"/a": {"get": {"parameters": [{"in": "body"}]}}}},
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_description_is_read_as_far_as_it_goes(name: str, tmp_path: Path) -> None:
    assert isinstance(read(ODD[name], tmp_path), Description)


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", "a: [", "<a", "<a/>", "\x00\x01", '{"info": {}}', "just words", "null", "&a [*a]"]
)
def test_what_is_no_description_is_refused_in_a_sentence(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as refused:
        read(text, tmp_path)
    assert "description" in str(refused.value)


def test_an_xml_with_entities_is_not_expanded(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="entities"):
        read('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', tmp_path)


def test_a_path_that_is_not_described_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="/orders"):
        read(api(), tmp_path, paths=["/orders"])


def test_nullable_beside_alternatives_allows_null(tmp_path: Path) -> None:
    _, schema = answer_of({"nullable": True, "anyOf": [{"type": "string"}, {"type": "integer"}]}, tmp_path)
    assert {"type": ["null"]} in schema["anyOf"]


def test_nullable_beside_a_reference_allows_null(tmp_path: Path) -> None:
    _, schema = answer_of({"nullable": True, "$ref": "#/components/schemas/A"}, tmp_path, A={"type": "object"})
    assert {"type": ["null"]} in schema["anyOf"]


def test_nullable_beside_an_enum_allows_null(tmp_path: Path) -> None:
    _, schema = answer_of({"nullable": True, "type": "string", "enum": ["a"]}, tmp_path)
    assert schema == {"type": ["string", "null"], "enum": ["a", None]}


def test_a_reference_in_a_circle_ends(tmp_path: Path) -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/A"}}}
    description, schema = answer_of({"$ref": "#/components/schemas/A"}, tmp_path, A=node)
    assert len(description.definitions) == 1
    assert flat(schema, description.definitions)["properties"]["next"] == schema


def test_definitions_that_refer_to_each_other_alone_are_anything(tmp_path: Path) -> None:
    circle = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    description, schema = answer_of({"$ref": "#/components/schemas/A"}, tmp_path, **circle)
    assert flat(schema, description.definitions) == {}


def test_all_of_puts_properties_and_required_together(tmp_path: Path) -> None:
    parts = [
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        {"$ref": "#/components/schemas/B"},
    ]
    b = {"properties": {"b": {"type": "integer"}}, "required": ["b"]}
    description, schema = answer_of({"allOf": parts}, tmp_path, B=b)
    whole = flat(schema, description.definitions)
    assert (sorted(whole["properties"]), whole["required"]) == (["a", "b"], ["a", "b"])


def test_a_reference_elsewhere_is_anything_and_noted(tmp_path: Path) -> None:
    description, schema = answer_of({"$ref": "https://other.example/record.json#/Record"}, tmp_path)
    assert schema == {}
    assert "https://other.example" in description.notes[0]


def test_an_enum_of_texts_that_yaml_took_for_something_else_is_text_again(tmp_path: Path) -> None:
    file = tmp_path / "api.yaml"
    plain = api(parameters=[{"name": "p", "in": "query", "schema": {"type": "string"}}])
    text = yaml.safe_dump(plain).replace("type: string", "type: string\n          enum: [2024-01-01, no, 1]")
    file.write_text(text, encoding="utf-8")
    [parameter] = read_description(file).operations[0].parameters
    assert parameter.schema["enum"] == ["2024-01-01", "false", "1"]


def test_how_swagger_joins_a_list_is_kept(tmp_path: Path) -> None:
    lists = [
        {"name": form, "in": "query", "type": "array", "items": {"type": "string"}, "collectionFormat": form}
        for form in ("csv", "multi", "pipes")
    ]
    description = read({"swagger": "2.0", "paths": {"/a": {"get": {"parameters": lists}}}}, tmp_path)
    found = {one.name: (one.style, one.explode) for one in description.operations[0].parameters}
    assert found == {"csv": ("form", False), "multi": ("form", True), "pipes": ("pipeDelimited", False)}


@pytest.mark.parametrize(
    ("security", "opened_by"), [([{"a": []}, {"b": []}], ("a", "b")), ([{}, {"a": []}], ()), ([], ())]
)
def test_who_may_ask_is_read(security: list[Any], opened_by: tuple[str, ...], tmp_path: Path) -> None:
    plain = api(security=security)
    plain["components"] = {"securitySchemes": {name: {"type": "http", "scheme": "bearer"} for name in "ab"}}
    assert read(plain, tmp_path).operations[0].opened_by == opened_by


def test_only_the_paths_asked_for_and_what_they_reach_are_kept(tmp_path: Path) -> None:
    plain = api(responses={"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}})
    plain["paths"]["/others"] = {"get": {"responses": {"200": {"$ref": "#/components/schemas/B"}}}}
    plain["components"] = {"schemas": {"A": {"type": "object"}, "B": {"type": "object"}}}
    description = read(plain, tmp_path, paths=["/things"])
    assert [one.path for one in description.operations] == ["/things"]
    assert list(description.definitions) == ["/components/schemas/A"]


def test_what_was_read_is_kept_and_a_changed_file_or_overlay_is_read_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = read(api(), tmp_path, cache=cache)
    assert read(api(), tmp_path, cache=cache) == first
    [kept] = cache.iterdir()
    kept.write_text(kept.read_text().replace('"T"', '"kept"'))
    assert read(api(), tmp_path, cache=cache).title == "kept"
    overlay = [{"at": "/info/title", "set": "Other", "remove": False}]
    assert read(api(), tmp_path, cache=cache, overlay=overlay).title == "Other"
    assert read({**api(), "info": {"title": "New"}}, tmp_path, cache=cache).title == "New"


def test_a_damaged_cache_is_read_anew(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = read(api(), tmp_path, cache=cache)
    [kept] = cache.iterdir()
    kept.write_text('{"title": 1')
    assert read(api(), tmp_path, cache=cache) == first


@pytest.mark.parametrize("name", RESTFUL)
def test_a_published_description_is_read_whole(name: str, vendor_specs_folder: Path) -> None:
    profile = read_profile(profile_file(name))
    found = [read_description(file) for file in described_in(profile, vendor_specs_folder)]
    operations = [one for description in found for one in description.operations]
    assert profile.paths <= {one.path for one in operations}
    assert all(one.replies for one in operations)
    assert all(description.notes == () for description in found)


METADATA = """<?xml version="1.0"?>
<edmx:Edmx Version="{version}" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>
<Schema Namespace="N" Alias="A" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<EntityType Name="Base" Abstract="true"><Property Name="Id" Type="Edm.Guid" Nullable="false"/></EntityType>
<EntityType Name="Order" BaseType="A.Base"><Property Name="Total" Type="Edm.Decimal" Nullable="false"/>
<Property Name="Tags" Type="Collection(Edm.String)"/><Property Name="Address" Type="N.Address"/>
<Property Name="Gone" Type="Other.Type"/></EntityType>
<ComplexType Name="Address"><Property Name="City" Type="Edm.String" MaxLength="5"/></ComplexType>
<EntityContainer Name="C"><EntitySet Name="Orders" EntityType="N.Order"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


@pytest.mark.parametrize(
    ("version", "place", "total"), [("1.0", "/d/results/*", "string"), ("4.0", "/value/*", "number")]
)
def test_odata_metadata_is_read_in_both_versions(version: str, place: str, total: str, tmp_path: Path) -> None:
    description = read(METADATA.replace("{version}", version), tmp_path)
    [operation] = description.operations
    schema = operation.reply(200, "application/json")
    assert operation.path == "/Orders"
    assert schema is not None
    record = inside(schema, place, description.definitions)
    assert list(record["properties"]) == ["Id", "Total", "Tags", "Address", "Gone"]
    assert total in record["properties"]["Total"]["type"]
    city = inside(schema, f"{place}/Address/City", description.definitions)
    assert city == {"type": ["string", "null"], "maxLength": 5}
    assert ["Other.Type" in note for note in description.notes] == [True]


DISCOVERY: dict[str, Any] = {
    "kind": "discovery#restDescription",
    "name": "box",
    "version": "v2",
    "title": "Box",
    "servicePath": "box/v2/",
    "auth": {"oauth2": {"scopes": {}}},
    "parameters": {"fields": {"type": "string", "location": "query"}},
    "resources": {
        "things": {
            "resources": {"parts": {"methods": {"list": {"httpMethod": "GET", "path": "parts", "parameters": {}}}}},
            "methods": {
                "put": {
                    "httpMethod": "PUT",
                    "path": "things/{id}",
                    "scopes": ["a"],
                    "parameters": {
                        "id": {"type": "string", "location": "path", "required": True},
                        "size": {"type": "integer", "location": "query", "minimum": "1", "maximum": "1000"},
                        "ranges": {"type": "string", "location": "query", "repeated": True},
                    },
                    "request": {"$ref": "Thing"},
                    "response": {"$ref": "Thing"},
                }
            },
        }
    },
    "schemas": {
        "Thing": {
            "type": "object",
            "properties": {
                "id": {"type": "string", "format": "int64"},
                "any": {"type": "any"},
                "in": {"$ref": "Thing"},
            },
        }
    },
}


def test_a_discovery_document_of_google_is_read_with_its_paths_parameters_and_closed_schemas(tmp_path: Path) -> None:
    description = read(DISCOVERY, tmp_path)
    operations = {(one.method, one.path): one for one in description.operations}
    assert set(operations) == {("PUT", "/box/v2/things/{id}"), ("GET", "/box/v2/parts")}
    put = operations["PUT", "/box/v2/things/{id}"]
    found = {one.name: one for one in put.parameters}
    assert set(found) == {"id", "size", "ranges", "fields"}
    assert (found["size"].schema["minimum"], found["size"].schema["maximum"]) == (1, 1000)
    assert found["ranges"].schema["type"] == ["array"]
    assert (put.opened_by, found["id"].required) == (("oauth2",), True)
    checker = Checker(description.definitions, "request")
    assert checker.problem(put.bodies["application/json"], {"id": "1", "any": [1], "in": {"id": "2"}}) is None
    assert checker.problem(put.bodies["application/json"], {"in": {"idd": "2"}}) is not None


def test_descriptions_of_two_services_stand_beside_each_other(tmp_path: Path) -> None:
    other = {**DISCOVERY, "name": "bag", "servicePath": "bag/v2/"}
    files = []
    for name, plain in (("box", DISCOVERY), ("bag", other)):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps(plain))
    paging = {"use": "whole", "source": "made for this test"}
    profile = Profile.model_validate(
        {
            "title": "T", "description": "box.json", "beside": ["bag.json"], "also": ["/bag/v2/things/{id}"],
            "streams": {"parts": {"path": "/box/v2/parts", "records": "/a", "key": "/id", "paging": paging}},
        }
    )  # fmt: skip
    found = together(files, profile)
    assert {one.path for one in found.operations} == {"/box/v2/parts", "/bag/v2/things/{id}"}
    with pytest.raises(SpecError):
        together(files, profile.model_copy(update={"also": ("/none",)}))
