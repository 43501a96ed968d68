"""A vendor's profile says where each of its facts is written, and a wrong one is refused in a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from known_vendors import NAMES, Opened, profile_file

from connectors.http.vendor.dealing import PAGING
from connectors.http.vendor.profile import read_profile
from spec.errors import SpecError

GOOD: dict[str, Any] = {
    "title": "T",
    "description": "t.json",
    "streams": {
        "a": {
            "path": "/a",
            "records": "/data",
            "key": "/id",
            "paging": {"use": "page", "source": "t.json, GET /a"},
        }
    },
}


def written(tmp_path: Path, plain: object) -> Path:
    file = tmp_path / "t.yaml"
    file.write_text(plain if isinstance(plain, str) else yaml.safe_dump(plain), encoding="utf-8")
    return file


def test_a_profile_is_read(tmp_path: Path) -> None:
    assert read_profile(written(tmp_path, GOOD)).paths == {"/a"}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"use": "page"}, "streams.a.paging.source"),
        ({"use": "page", "source": "docs"}, "streams.a.paging.source"),
        ({"source": "t.json, GET /a"}, "streams.a.paging.use"),
    ],
)
def test_a_way_without_its_source_is_refused(change: dict[str, str], place: str, tmp_path: Path) -> None:
    stream = {**GOOD["streams"]["a"], "paging": change}
    with pytest.raises(SpecError) as refused:
        read_profile(written(tmp_path, {**GOOD, "streams": {"a": stream}}))
    assert refused.value.where["field"] == place


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"use": "page", "nummer": "p"}, "streams.a.paging.nummer", "Did you mean 'number'?"),
        ({"use": "page", "first": "one"}, "streams.a.paging.first", "integer"),
        ({"use": "pages"}, "streams.a.paging.use", "Did you mean 'page'?"),
    ],
)
def test_a_way_with_a_mistake_is_told_once_and_where(
    change: dict[str, str], place: str, said: str, tmp_path: Path
) -> None:
    stream = {**GOOD["streams"]["a"], "paging": {**change, "source": "t.json, GET /a"}}
    with pytest.raises(SpecError) as refused:
        read_profile(written(tmp_path, {**GOOD, "streams": {"a": stream}}))
    assert refused.value.where["field"] == place
    assert said in f"{refused.value.message} {refused.value.hint}"


@pytest.mark.parametrize("text", ["a: [", "[]", ""])
def test_what_is_no_profile_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        read_profile(written(tmp_path, text))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError):
        read_profile(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_the_ways_of_a_known_vendor_are_ours_to_deal(name: str) -> None:
    profile = read_profile(profile_file(name))
    assert all(PAGING.has(stream.paging.use) for stream in profile.streams.values())


def test_a_stream_that_belongs_to_none_is_refused(opened: Opened, tmp_path: Path) -> None:
    vendor, _ = opened("asana")
    lonely = vendor.profile.streams["tasks"].model_copy(
        update={"belongs": vendor.profile.streams["tasks"].belongs.model_copy(update={"stream": "nothing"})}  # type: ignore[union-attr]
    )
    with pytest.raises(SpecError, match="nothing"):
        type(vendor)(vendor.description, vendor.profile.model_copy(update={"streams": {"tasks": lonely}}))
