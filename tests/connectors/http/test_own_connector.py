"""A connector that somebody writes in a folder of their own, from the docs alone, and the mistakes that people make."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.http.conformance.suite import Verdict, run
from connectors.http.definition import read_definition
from connectors.http.vendor.description import read_description
from connectors.http.vendor.profile import read_profile
from spec.errors import SpecError

APIARY = Path(__file__).parent / "apiary"
GONE = object()
"""In place of a value: the entry is left out."""


def written(folder: Path, changes: Mapping[str, Any]) -> Path:
    """The connector with other values at some places."""
    plain = yaml.safe_load((APIARY / "connector.yaml").read_text(encoding="utf-8"))
    for place, value in changes.items():
        *way, last = place.split(".")
        inner = plain
        for key in way:
            inner = inner[key]
        if value is GONE:
            inner.pop(last)
        else:
            inner[last] = value
    file = folder / "connector.yaml"
    file.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    return file


def verdicts(file: Path, stream: str, *cases: str) -> list[Verdict]:
    profile = read_profile(APIARY / "vendor.yaml")
    description = read_description(APIARY / "openapi.yaml", paths=profile.paths)
    return list(run("apiary", read_definition(file), description, profile, streams=[stream], cases=cases))


@pytest.mark.parametrize("stream", ["hives", "readings", "visits"])
def test_a_connector_by_hand_for_marks_in_headers_searches_and_lists_inside_of_lists_keeps_to_every_case(
    stream: str, tmp_path: Path
) -> None:
    found = verdicts(written(tmp_path, {}), stream)
    assert [(one.case, one.detail) for one in found if one.result not in {"kept", "not applicable"}] == []
    assert {"whole", "killed", "led_in_circles"} <= {one.case for one in found if one.result == "kept"}


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "another address": ("hives as_written", {"streams.hives.path": "/hive"}, "no path"),
    "pages larger than are given": ("hives as_written", {"streams.hives.paginate.size": 500}, "from 1 to 50"),
    "a parameter that there is not": (
        "hives incremental",
        {"streams.hives.params": {"changed_since": "{cursor:epoch_ms}"}},
        "changed_since is no parameter",
    ),
    "seconds where milliseconds are meant": (
        "hives incremental",
        {"streams.hives.params": {"changed_since_ms": "{cursor:epoch}"}},
        "was asked for what changed since 1970",
    ),
    "another header for the next page": (
        "hives whole",
        {"streams.hives.paginate.next_header": "X-Next"},
        "of 25 records 10 arrived",
    ),
    "another place of the list": ("visits whole", {"streams.visits.records": "/data"}, "nothing to read"),
    "a key that tells nothing apart": (
        "readings whole",
        {"streams.readings.primary_key": ["hive_id", "weight"]},
        "told apart by /no",
    ),
    "the proof in another header": (
        "hives whole",
        {"auth": [{"use": "bearer", "title": "Key", "header": "X-Key", "prefix": ""}]},
        "does not let us in",
    ),
    "amounts in the smallest unit as they stand": (
        "visits money",
        {"streams.visits.money": GONE},
        "counts /fee in the smallest unit",
    ),
    "no word of currencies without cents": ("visits money", {"decimals": GONE}, "jpy"),
    "a mark of deletion that is none": ("hives flagged", {"streams.hives.deletes": {"flag": "/colour"}}, "/colour"),
    "a cursor that does not grow": ("visits incremental", {"streams.visits.cursor.field": "/fee"}, "is no moment"),
    "passing over one too many": ("readings whole", {"streams.readings.paginate.start": 1}, "missing"),
    "a parent's name for its key": (
        "readings whole",
        {"streams.readings.parent.keep.hive_id": "/name"},
        "no such parent",
    ),
    "a refused key that is tried for ever": (
        "hives unauthorized",
        {"errors": [{"status": 401, "do": "retry"}]},
        "passed over",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_words_that_lead_to_it(mistake: str, tmp_path: Path) -> None:
    where, changes, says = MISTAKES[mistake]
    stream, case = where.split(" ")
    (verdict,) = verdicts(written(tmp_path, changes), stream, case)
    assert verdict.result == "broken"
    assert says in verdict.detail


def test_a_bare_no_of_yaml_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="in quotes"):
        read_definition(written(tmp_path, {"streams.readings.primary_key": [False]}))


def test_a_connector_that_goes_wrong_inside_is_one_broken_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.http.paginators import cursor

    def lost(*_: object) -> None:
        raise KeyError("nobody thought of it")

    monkeypatch.setattr(cursor, "following", lost)
    found = verdicts(written(tmp_path, {}), "hives", "whole", "nothing_there")
    assert [one.result for one in found] == ["broken", "broken"]
    assert "nobody thought of it" in found[0].detail
