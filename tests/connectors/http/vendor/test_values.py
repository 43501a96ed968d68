"""Values are made as the schema says, and what is wrong with a value is found: judged by another validator."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from known_vendors import NAMES, RESTFUL, Known

from connectors.http.vendor.checking import Checker
from connectors.http.vendor.description import Description
from connectors.http.vendor.draws import Draw
from connectors.http.vendor.making import NUL, TEXTS, Maker
from connectors.http.vendor.patterns import matching

JSON = "application/json"


def standard(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Our schema with its definitions as the jsonschema library takes them; vendors' patterns may be no Python."""
    text = json.dumps({**schema, "$defs": {key.replace("/", "|"): item for key, item in definitions.items()}})
    plain = json.loads(text)

    def turn(item: Any) -> None:
        if isinstance(item, dict):
            if isinstance(item.get("$ref"), str):
                item["$ref"] = "#/$defs/" + item["$ref"].replace("/", "|")
            for inner in item.values():
                turn(inner)
        elif isinstance(item, list):
            for inner in item:
                turn(inner)

    turn(plain)
    return plain


def lists_of(description: Description) -> Iterator[tuple[str, Any]]:
    for operation in description.operations:
        schema = operation.reply(200, JSON)
        if operation.method == "GET" and schema is not None:
            yield operation.path, schema


@pytest.mark.parametrize("name", NAMES)
def test_made_answers_are_right_for_both_validators(name: str, known: Known) -> None:
    description, _ = known(name)
    maker, checker = Maker(description.definitions, "a"), Checker(description.definitions, "reply")
    for path, schema in lists_of(description):
        judge = jsonschema.Draft202012Validator(standard(schema, description.definitions))
        for number in range(12):
            value = maker.value(schema, number)
            assert checker.problem(schema, value) is None, path
            assert judge.is_valid(value), (path, next(judge.iter_errors(value)).message)


@pytest.mark.parametrize("name", RESTFUL)
def test_both_validators_agree_on_damaged_answers(name: str, known: Known) -> None:
    description, _ = known(name)
    maker, checker = Maker(description.definitions, "b"), Checker(description.definitions, "reply")
    refused = 0
    for path, schema in lists_of(description):
        judge = jsonschema.Draft202012Validator(standard(schema, description.definitions))
        for number in range(4):
            for damaged in damages(maker.value(schema, number), Draw(f"{path}{number}")):
                ours, theirs = checker.problem(schema, damaged), judge.is_valid(damaged)
                if ours is not None and ours.keyword == "format":
                    continue  # a note to the other one
                assert (ours is None) == theirs, (path, ours)
                refused += not theirs
    assert refused > 20


def damages(value: Any, draw: Draw) -> Iterator[Any]:
    """The value with one place after another taken away, nulled, or of another kind."""
    places = list(places_in(value))
    for turn in range(25):
        way = places[draw.number(f"place{turn}", len(places))]
        damaged = copy.deepcopy(value)
        inner = damaged
        for key in way[:-1]:
            inner = inner[key]
        other: Any = [None, "text", 7, 1.5, True, [], {}, {"odd": 1}][draw.number(f"kind{turn}", 8)]
        if not way:
            damaged = other
        elif draw.happens(f"gone{turn}", 40) and isinstance(inner, dict):
            del inner[way[-1]]
        else:
            inner[way[-1]] = other
        yield damaged


def places_in(value: Any) -> Iterator[tuple[Any, ...]]:
    yield ()
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from ((key, *rest) for rest in places_in(item))


@pytest.mark.parametrize("name", RESTFUL)
def test_the_same_seed_makes_the_same_and_another_seed_something_else(name: str, known: Known) -> None:
    description, _ = known(name)
    _, schema = next(lists_of(description))
    one, same, other = (Maker(description.definitions, seed).value(schema, 3) for seed in ("a", "a", "b"))
    assert one == same
    assert one != other


def made(schema: Any, count: int = 200, **options: Any) -> list[Any]:
    maker = Maker({}, "seed", **options)
    return [maker.value(schema, number) for number in range(count)]


def test_texts_are_as_people_type_them() -> None:
    assert set(made({"type": ["string"]})) == set(TEXTS)
    assert NUL in made({"type": ["string"]}, texts=[*TEXTS, NUL])


def test_what_may_be_null_sometimes_is() -> None:
    nulls = made({"type": ["string", "null"]}).count(None)
    assert 5 < nulls < 80


def test_large_whole_numbers_are_among_those_of_64_bits() -> None:
    assert any(value > 2**53 for value in made({"type": ["integer"], "format": "int64"}))
    assert all(value < 2**31 for value in made({"type": ["integer"], "format": "int32"}))


def test_amounts_have_two_places_and_stay_within_their_bounds() -> None:
    amounts = made({"type": ["number"], "minimum": -5, "maximum": 5})
    assert all(-5 <= value <= 5 and round(value, 2) == value for value in amounts)
    assert any(value != int(value) for value in amounts)


def test_a_required_circle_ends_where_it_may_be_null() -> None:
    node = {
        "type": ["object"],
        "properties": {"next": {"anyOf": [{"$ref": "n"}, {"type": ["null"]}]}},
        "required": ["next"],
    }
    assert Maker({"n": node}, "s").value({"$ref": "n"}, 1)["next"] != 0


def test_a_circle_that_cannot_end_is_cut() -> None:
    node = {"type": ["object"], "properties": {"next": {"$ref": "n"}}, "required": ["next"]}
    assert isinstance(Maker({"n": node}, "s").value({"$ref": "n"}, 1), dict)


def test_what_is_written_only_is_neither_made_nor_missed_in_an_answer() -> None:
    secret = {"type": ["string"], "writeOnly": True}
    schema = {"type": ["object"], "properties": {"secret": secret}, "required": ["secret"]}
    assert made(schema, 1) == [{}]
    assert Checker({}, "reply").problem(schema, {}) is None
    assert Checker({}, "request").problem(schema, {}) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        r"^\d{10}\.\d{6}$", r"^[CGD][A-Z0-9]{8,}$", r"^(a|bc)+d?$", r"^[^a-y]$", r"^#?[a-fA-F0-9]{6}$", r"\.csv$",
        r"^(?:[A-Z]{2}-)?\w+$", r"^[\w.-]+@[a-z]+\.[a-z]{2,3}$", r"^$", r"^/v1/charges", r"a{2}", r"^[]x]$", r"^x*?y$",
    ],
)  # fmt: skip
def test_a_text_is_made_that_its_pattern_finds(pattern: str) -> None:
    import re

    for place in range(20):
        text = matching(pattern, Draw("s"), str(place))
        assert text is not None
        assert re.search(pattern, text)


@pytest.mark.parametrize("pattern", [r"^(?=a)b", r"^(a)\1$", "(", r"[z-a]", "", "*a"])
def test_a_pattern_that_is_not_understood_is_said_to_be_so(pattern: str) -> None:
    assert matching(pattern, Draw("s"), "1") in {None, "a"}


values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from(["", "a", "abc"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
kinds = st.lists(
    st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"]),
    min_size=1,
    max_size=3,
    unique=True,
)
schemas: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "enum": st.lists(st.sampled_from([None, 1, True, "a", 0, False]), min_size=1, max_size=3),
            "minimum": st.integers(-3, 3),
            "exclusiveMaximum": st.integers(-3, 3),
            "maxLength": st.integers(0, 2),
            "minItems": st.integers(0, 2),
            "uniqueItems": st.booleans(),
            "pattern": st.sampled_from(["^a", "b"]),
            "multipleOf": st.sampled_from([2, 0.5]),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": st.just(False) | inner,
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "allOf": st.lists(inner, min_size=1, max_size=2),
        },
    ),
    max_leaves=5,
)


@example(schema={"multipleOf": 2}, value=-2.225073858507203e-309)
@given(schema=schemas, value=values)
def test_both_validators_agree_on_any_schema(schema: dict[str, Any], value: Any) -> None:
    ours = Checker({}, "reply").problem(schema, value)
    assert (ours is None) == jsonschema.Draft202012Validator(schema).is_valid(value)
