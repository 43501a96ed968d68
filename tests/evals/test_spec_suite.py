"""Spec cases: each gives the rows or the error it states, every step and check has one, and a wrong one is found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.casefiles import FileCase, Unlike, find_cases
from evals.places import Places
from evals.suites.spec import SpecCase, read, run
from pipelines.contract import CHECKS, TRANSFORMS
from spec.codec import parse_spec
from spec.errors import DreflowError
from spec.pipeline import Pipeline

ALL = [case for case in find_cases("spec") if isinstance(case, FileCase)]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """Places for the cases of this module."""
    with Places(tmp_path_factory.mktemp("places")) as made:
        yield made


@pytest.mark.parametrize("case", [case for case in ALL if case.sample], ids=lambda case: str(case.id))
def test_a_spec_gives_what_its_case_states(places: Places, case: SpecCase) -> None:
    assert not case.open, "a case that is open proves nothing of a change"
    run(case, places.new(case.id))


def specs() -> Iterator[Pipeline]:
    """Specs of cases that end in rows, not in an error."""
    for case in ALL:
        if case.held.fails is None:
            yield parse_spec(case.held.spec)


def test_every_step_and_every_check_of_the_shelves_has_a_case() -> None:
    found = list(specs())
    assert {step.use for spec in found for step in spec.steps} == set(TRANSFORMS.names())
    assert {check.check for spec in found for check in spec.checks} == set(CHECKS.names())


SMALL = """
title: a small one
data: {orders.csv: "id,total\\n1,2.00\\n2,0.50\\n"}
spec: |
  name: sums
  sources:
    orders: {location: data/orders.csv, columns: {id: BIGINT, total: "DECIMAL(18,2)"}}
  steps:
  - {id: sums, use: aggregate, from: orders, measures: {all: sum(total)}}
  checks:
  - {check: row_count, on: orders, min: 1}
  outputs:
  - {file: sums.csv, from: sums}
files: {sums.csv: "all\\n2.50\\n"}
"""


def small(folder: Path, old: str = "", new: str = "") -> SpecCase:
    """The small case, with a piece of its text changed."""
    assert old in SMALL
    file = folder / "small.yaml"
    file.write_text(SMALL.replace(old, new) if old else SMALL, encoding="utf-8")
    (case,) = read(file, "own/small")
    return case


def test_a_case_that_is_as_it_says_passes(places: Places, tmp_path: Path) -> None:
    run(small(tmp_path), places.new("as it says"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("all\\n2.50", "all\\n2.5", "sums.csv"),
        ('files: {sums.csv: "all\\n2.50\\n"}', "checks: {row_count orders: true}", "does not say what sums.csv holds"),
        ("files: {", "checks: {row_count orders: false}\nfiles: {", "row_count orders passed"),
        ("min: 1", "min: 9", "Proven is False"),
        ("files: {", "quarantined: {orders: 1}\nfiles: {", "Set aside"),
        ("files: {", 'tables: {shop.duckdb/sums: "all\\n"}\nfiles: {', "shop.duckdb"),
        ("files: {", "fails: {kind: spec}\nfiles: {", "should have failed"),
        ("sum(total)", "sum(totl)", "totl"),
    ],
)
def test_what_is_not_as_a_case_says_is_found(places: Places, tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Unlike, match=said.replace("(", r"\(")):
        run(small(tmp_path, old, new), places.new(tmp_path.name))


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        ("{kind: data}", "not 'data'"),
        ("{kind: spec, where: {step: other}}", "without step"),
        ("{kind: spec, says: [the moon]}", "the moon"),
    ],
)
def test_an_error_of_another_kind_place_or_word_is_found(places: Places, tmp_path: Path, fails: str, said: str) -> None:
    file = tmp_path / "small.yaml"
    text = SMALL.replace("sum(total)", "sum(totl)").replace("files: {", f"fails: {fails}\nfiles: {{")
    file.write_text(text, encoding="utf-8")
    (case,) = read(file, "own/small")
    with pytest.raises(Unlike, match=said):
        run(case, places.new(tmp_path.name))


def test_a_case_that_states_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DreflowError, match="a case states"):
        small(tmp_path, 'files: {sums.csv: "all\\n2.50\\n"}', "")
