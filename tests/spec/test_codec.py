"""The spec's identity, its forms, and what unreadable specs are told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spec.codec import canonical_json, digest, from_plain, load_spec, parse_spec, to_plain, to_yaml
from spec.errors import SpecError

TEXT = """
version: 1
name: demo
sources:
  orders: {location: orders.csv, columns: {id: BIGINT, total: 'DECIMAL(18,2)', on: VARCHAR}, primary_key: id}
steps:
  - {id: paid, use: filter, from: orders, where: total > 5}
checks:
  - {check: not_null, on: paid, columns: [id]}
outputs:
  - {file: a.csv, from: paid}
"""


def test_yaml_and_json_forms_have_the_same_digest() -> None:
    spec = parse_spec(TEXT)
    assert digest(parse_spec(to_yaml(spec))) == digest(spec)
    assert digest(parse_spec(canonical_json(spec).decode())) == digest(spec)
    assert digest(from_plain(to_plain(spec))) == digest(spec)


def test_a_json_spec_means_what_it_means_as_yaml() -> None:
    plain = (
        '{"version": 1, "name": "x", "sources": {}, "layout": {"a": 1.50, "b": 12, "c": 1e3, "d": "é\\u00e9",'
        ' "e": null, "f": [true, -0], "g": "2026-07-01"}}'
    )
    assert to_plain(parse_spec(plain)) == to_plain(parse_spec("# read as YAML\n" + plain))


def test_a_json_spec_may_be_indented_with_tabs() -> None:
    assert parse_spec('{\n\t"version": 1,\n\t"name": "x",\n\t"sources": {}\n}').name == "x"


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ('{"name": "a",\n "name": "b", "sources": {}}', "stands twice", {"line": 2}),
        (
            '{"name": "a",\n "sources": {"a":\n {"locaton": "x"}}}',
            "Extra inputs",
            {"line": 3, "field": "sources.a.locaton"},
        ),
        ('{"name": "a",\n "sources": {', "not valid YAML", {}),
    ],
)
def test_an_unreadable_json_spec_is_told_where(text: str, message: str, where: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_spec(text, name="x.json")
    assert where.items() <= caught.value.where.items()


def test_comments_and_layout_stay_outside_the_digest() -> None:
    spec = parse_spec(TEXT)
    noted = parse_spec(TEXT.replace("where: total > 5", "where: total > 5, note: why not") + "layout: {paid: [1, 2]}\n")
    assert digest(noted) == digest(spec)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("total > 5", "total > 6"),
        ("file: a.csv", "file: b.csv"),
        ("not_null", "unique"),
        ("name: demo", "name: other"),
        ("DECIMAL(18,2)", "DECIMAL(18,3)"),
    ],
)
def test_anything_that_decides_changes_the_digest(old: str, new: str) -> None:
    assert digest(parse_spec(TEXT.replace(old, new))) != digest(parse_spec(TEXT))


def test_a_step_parameter_called_note_deeper_down_counts() -> None:
    deep = TEXT.replace("where: total > 5", "columns: {note: total}")
    assert digest(parse_spec(deep)) != digest(parse_spec(deep.replace("{note: total}", "{note: id}")))


def test_yaml_words_and_dates_stay_text() -> None:
    spec = parse_spec(TEXT.replace("where: total > 5", "day: 2026-07-01, flag: yes, sure: true"))
    assert spec.steps[0].params == {"day": "2026-07-01", "flag": "yes", "sure": True}


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=4))
def test_any_text_survives_the_round_trip(extra: dict[str, str]) -> None:
    plain = to_plain(parse_spec(TEXT))
    plain["definitions"] = {name: {"text": text} for name, text in extra.items()}
    spec = from_plain(plain)
    assert parse_spec(to_yaml(spec)) == spec


@pytest.mark.parametrize(
    ("text", "message", "where"),
    [
        ("version: 2\nname: x\nsources: {}", "version 2", {"field": "version"}),
        (
            "version: 1\nname: x\nsources:\n  a: {locaton: x}\n",
            "Extra inputs",
            {"line": 4, "field": "sources.a.locaton"},
        ),
        ("name: a\nname: b", "stands twice", {"line": 2}),
        ("- 1", "mapping", {"line": 1}),
        ("name: [", "not valid YAML", {"line": 1}),
        ("name: a\nsteps:\n- {id: b, x: {c: round(d, 2)}}", "comma behind 'round\\(d'", {"line": 3}),
        ("name: a\nsteps:\n- {id: b, x: [if(d, 1, 2), e]}", "comma behind 'if\\(d'", {"line": 3}),
        ("", "mapping", {}),
    ],
)
def test_an_unreadable_spec_is_told_where_and_what(text: str, message: str, where: dict[str, object]) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        parse_spec(text, name="x.yaml")
    assert where.items() <= caught.value.where.items()
    assert caught.value.where["file"] == "x.yaml"


def test_a_misspelled_field_gets_the_likeliest_fix() -> None:
    with pytest.raises(SpecError, match="Did you mean 'location'"):
        parse_spec("name: x\nsources:\n  a: {locaton: x}\n")


def test_names_are_shared_by_sources_and_steps() -> None:
    with pytest.raises(SpecError, match="used twice"):
        parse_spec(TEXT.replace("id: paid", "id: Orders").replace("from: paid", "from: orders"))


def test_two_outputs_never_share_a_file() -> None:
    with pytest.raises(SpecError, match="same file name"):
        parse_spec(TEXT + "  - {file: A.csv, from: paid}\n")


def test_an_output_file_never_leaves_its_folder() -> None:
    for name in ("../a.csv", "/tmp/a.csv", "x\\a.csv", ".."):
        with pytest.raises(SpecError):
            parse_spec(TEXT.replace("file: a.csv", f"file: '{name}'"))


def test_a_missing_and_a_binary_spec_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such spec file"):
        load_spec(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(SpecError, match="not a spec file"):
        load_spec(tmp_path / "b.yaml")


def test_a_plan_that_reads_nothing_names_no_sources_and_is_the_same_plan_as_one_that_says_so() -> None:
    bare, said = parse_spec("name: a"), parse_spec("name: a\nsources: {}")
    assert bare == said
    assert (
        digest(bare) == digest(said) == "sha256:" + hashlib.sha256(b'{"name":"a","sources":{},"version":1}').hexdigest()
    )


def test_brackets_that_no_comma_tears_are_left_alone() -> None:
    text = "name: a\nsteps:\n- id: b\n  use: c\n  x: round(d, 2)\n  y: {p: '(', q: (a), r: \"f(x, y)\", s: 'x('}\n"
    assert parse_spec(text).steps[0].params["y"] == {"p": "(", "q": "(a)", "r": "f(x, y)", "s": "x("}


def test_a_quote_that_tears_an_expression_in_a_line_of_braces_is_told_with_its_mend() -> None:
    torn = "name: x\nsteps:\n- {id: a, use: derive, from: t, columns: {m: date_trunc('month', \"Order Date\")}}\n"
    with pytest.raises(SpecError) as caught:
        parse_spec(torn)
    assert "stands in single or double quotes" in caught.value.hint
