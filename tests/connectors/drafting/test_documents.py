"""A file that a stranger wrote is read within bounds, and what is wrong with it is told with its line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from connectors.drafting import documents
from connectors.drafting.documents import read_document
from connectors.drafting.sources import from_description, looks_like
from connectors.http.vendor.description import read_description
from spec.errors import DataError, LimitError

BOMB = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    + [f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]" for level in range(1, 12)]
)
MERGED = "\n".join(
    ["a0: &a0 {k: v}"]
    + [f"a{level}: &a{level} {{<<: [" + ", ".join([f"*a{level - 1}"] * 9) + "]}" for level in range(1, 12)]
)


@pytest.mark.parametrize(
    ("name", "content", "says", "line"),
    [
        ("a.yaml", b"openapi: 3.0.0\npaths: [1\nb", "not valid YAML", 3),
        ("a.json", b'{"openapi": "3.0.0",\n"paths": }', "not valid JSON", 2),
        ("a.edmx", b"<a>\n<b></a>", "not valid XML", 2),
        ("a.edmx", b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY y "z">]>\n<x>&y;</x>', "XML entities", 2),
        ("a.yaml", b"openapi: 3.0.0\ntitle: \xff\xfe", "not written in UTF-8", 2),
        ("a.yaml", b"", "empty", None),
        ("a.yaml", b"a\x00b", "no text", None),
        ("a.json.gz", b"\x1f\x8bnothing", "packed and damaged", None),
        ("a.json", b"[" * 200_000, "nested too deep", None),
        ("a.yaml", b"when: 2024-02-30", "not valid YAML", None),
    ],
)
def test_a_damaged_file_is_refused_with_file_and_line(
    name: str, content: bytes, says: str, line: int | None, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says) as refused:
        read_document(tmp_path / name)
    assert refused.value.where.get("file") == name
    assert refused.value.where.get("line") == line


@pytest.mark.parametrize("text", [BOMB, MERGED, "- " * 5_000 + "x", "a: &a {b: *a}"])
def test_a_yaml_bomb_is_refused_before_it_is_built(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(LimitError) as refused:
        read_document(tmp_path / "a.yaml")
    assert refused.value.where["file"] == "a.yaml"
    assert "line" in refused.value.where


def test_a_file_that_unpacks_beyond_all_bounds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 1 << 20)
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b" " * (2 << 20)))
    with pytest.raises(LimitError, match="larger than"):
        read_document(tmp_path / "a.json.gz")
    (tmp_path / "b.json").write_bytes(b" " * (2 << 20))
    with pytest.raises(LimitError, match="larger than"):
        read_document(tmp_path / "b.json")


def test_aliases_in_reason_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("a: &a {b: 1}\nc: *a\nd: {<<: *a, e: 2}\n", encoding="utf-8")
    assert read_document(tmp_path / "a.yaml").plain == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


def test_other_encodings_that_say_so_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-32", "utf-8-sig"):
        (tmp_path / "a.json").write_bytes('{"a": "ö"}'.encode(encoding))
        assert read_document(tmp_path / "a.json").plain == {"a": "ö"}


def test_a_file_that_is_no_description_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(DataError, match="no description"):
        from_description(tmp_path / "a.json")
    assert not looks_like(tmp_path / "a.json")
    (tmp_path / "b.yaml").write_text("openapi: 3.0.1\n", encoding="utf-8")
    assert looks_like(tmp_path / "b.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "openapi: 3.0.0\npaths: 5\nservers: 7\ncomponents: []\nsecurity: {}\n",
        "openapi: 3.0.0\npaths: {/a: [1], /b: {get: {responses: [], parameters: {x: 1}}}, 5: null}\n",
        "openapi: 3.0.0\npaths: {/a: {get: {responses: {200: {content: {text/json: {schema: {type: 5}}}}}}}}\n",
        'swagger: "2.0"\nhost: 5\npaths: {/a: {get: {parameters: [5, {name: 1}], responses: {default: 7}}}}\n',
        "openapi: 3.0.0\npaths: {/a: {get: {parameters: [{name: a, in: []}, {name: b, in: {}}]}}}\n",
        "openapi: 3.0.0\npaths: {/a/find: {post: {requestBody: {content: {a/json: {schema: {required: true}}}}}}}\n",
        "openapi: 3.0.0\npaths: {}\ncomponents: {securitySchemes: {a: {type: []}, b: {type: apiKey, in: []}}}\n",
        'swagger: "2.0"\npaths: {/a: {get: {parameters: [{name: a, in: []}]}}}\nsecurityDefinitions: {a: {in: {}}}\n',
    ],
)
def test_a_description_of_odd_forms_ends_in_a_sentence(text: str, tmp_path: Path) -> None:
    from connectors.drafting.drafter import Wish, draft

    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    api, where = from_description(tmp_path / "a.yaml")
    with pytest.raises(DataError, match="No list"):
        draft(api, Wish("mine"), where, source="a.yaml")
    read_description(tmp_path / "a.yaml")
