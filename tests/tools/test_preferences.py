"""Preferences are typed, kept a person, and become part of what is planned."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.workspace import Workspace
from spec.errors import DreflowError
from spec.pipeline import Pipeline
from tools import preferences
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def ada(tmp_path: Path) -> Context:
    return Context(Workspace(tmp_path, NOW), "ada")


def spec(**report: object) -> Pipeline:
    plain = {"name": "a", "sources": {}, "report": {"title": "A", "sections": [], **report}}
    return Pipeline.model_validate(plain)


def test_every_default_is_one_that_could_be_chosen_or_stands_for_none(ada: Context) -> None:
    for one in preferences.chosen(ada):
        assert not one.own
        if one.value not in {"none", "workspace"}:
            assert preferences.prefer(ada, one.name, one.value, now=NOW).value == one.value


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("language", " DE ", "de"),
        ("currency", "eur", "EUR"),
        ("report_formats", "xlsx, html,xlsx", "xlsx,html"),
        ("timezone", "Europe/Rome", "Europe/Rome"),
        ("chart", "bar", "bar"),
    ],
)
def test_a_value_is_read_and_kept_for_one_person(name: str, typed: str, kept: str, ada: Context) -> None:
    preferences.prefer(ada, name, typed, now=NOW)
    assert preferences.value_of(ada, name) == kept
    assert preferences.preferred(Context(ada.workspace, "bo"), name) is None
    assert preferences.reset(ada, name)
    assert not preferences.reset(ada, name)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("language", "xx"), ("currency", "euros"), ("report_formats", "html,fax"), ("report_formats", ","),
        ("timezone", "Mars/Base"), ("timezone", "../etc"), ("chart", "spider"), ("colour", "red"),
    ],
)  # fmt: skip
def test_what_is_no_value_is_refused_with_a_hint(name: str, typed: str, ada: Context) -> None:
    with pytest.raises(DreflowError) as caught:
        preferences.prefer(ada, name, typed, now=NOW)
    assert caught.value.hint or caught.value.data
    assert ada.workspace.store.preferences("ada") == {}


def test_a_draft_takes_over_what_it_leaves_open_and_keeps_what_it_says(ada: Context) -> None:
    for name, value in (("language", "de"), ("currency", "USD"), ("report_formats", "html")):
        preferences.prefer(ada, name, value, now=NOW)
    taken = preferences.applied(ada, spec()).report
    said = preferences.applied(ada, spec(language="fr", currency="EUR", formats=["xlsx"])).report
    assert taken is not None
    assert said is not None
    assert (taken.language, taken.currency, taken.formats) == ("de", "USD", ("html",))
    assert (said.language, said.currency, said.formats) == ("fr", "EUR", ("xlsx",))


def test_without_a_choice_a_draft_stays_the_very_same(ada: Context) -> None:
    draft = spec()
    assert preferences.applied(ada, draft) is draft


def test_the_zone_is_the_persons_else_the_workspaces(ada: Context) -> None:
    assert preferences.timezone_of(ada) == ada.workspace.timezone
    preferences.prefer(ada, "timezone", "Asia/Tokyo", now=NOW)
    assert preferences.timezone_of(ada) == "Asia/Tokyo"
