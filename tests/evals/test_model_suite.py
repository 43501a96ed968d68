"""Scripted models: the suite's cases are as they must be."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals.casefiles import FileCase, find_cases
from evals.places import Places
from evals.suites.models import ModelCase, run

ALL = [case for case in find_cases("models") if isinstance(case, FileCase)]


@pytest.mark.parametrize("case", [case for case in ALL if case.sample], ids=lambda case: str(case.id))
def test_a_scripted_model_comes_to_what_its_case_says(tmp_path: Path, case: ModelCase) -> None:
    assert not case.open, "a case that is open proves nothing of a change"
    with Places(tmp_path) as places:
        run(case, places.new(case.id))


def test_there_are_cases_of_every_topic() -> None:
    assert {case.topic for case in ALL} == {"drafts", "referee", "failing"}
