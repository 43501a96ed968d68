"""Tasks of data preparation: a right spec is right, a wrong or broken one is named, and the public ones are right."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from evals.outcomes import CaseResult
from evals.suites import prepbench
from spec.errors import UsageError

SPEC = """
name: total
sources:
  sales: {location: inputs/input_01.csv, columns: {day: DATE, total: "DECIMAL(18,2)"}}
steps:
- {id: all, use: aggregate, from: sales, measures: {total: sum(total)}}
outputs:
- {file: output_01.csv, from: all}
"""


def task(folder: Path, spec: str = SPEC) -> tuple[Path, Path]:
    """A folder of evals with one small task, and a folder with its spec."""
    one, specs = folder / "evals" / "pipelines" / "prepbench" / "case_001", folder / "specs"
    (one / "inputs").mkdir(parents=True)
    (one / "expected").mkdir()
    specs.mkdir()
    (one / "inputs" / "input_01.csv").write_text("day,total\n2026-07-01,1.50\n2026-07-02,2.00\n", encoding="utf-8")
    (one / "expected" / "output_01.csv").write_text("total\n3.5\n", encoding="utf-8")
    config = {"files": {"output_01.csv": {"key": ["total"], "columns": {"total": "number"}}}}
    (one / "expected" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (specs / "case_001.yaml").write_text(spec, encoding="utf-8")
    return folder / "evals", specs


def held(folder: Path, spec: str = SPEC) -> CaseResult:
    (result,) = prepbench.measure(prepbench.tasks(*task(folder, spec)))
    return result


def test_a_spec_that_gives_the_expected_tables_is_right(tmp_path: Path) -> None:
    assert held(tmp_path).outcome == "right"


@pytest.mark.parametrize(
    ("old", "new", "outcome", "said"),
    [
        ("sum(total)", "max(total)", "wrong", "has no row total=3.5"),
        ("output_01.csv, from", "output_02.csv, from", "wrong", "output_01.csv was not written"),
        ("sum(total)", "sum(totl)", "failed", "Did you mean 'total'?"),
        ("inputs/input_01.csv", "inputs/input_09.csv", "failed", "input_09"),
    ],
)
def test_a_spec_that_does_not_is_named_with_the_reason(
    tmp_path: Path, old: str, new: str, outcome: str, said: str
) -> None:
    result = held(tmp_path, SPEC.replace(old, new))
    assert result.outcome == outcome
    assert said in result.detail


def test_a_task_without_a_spec_is_counted_as_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evals, specs = task(tmp_path)
    (specs / "case_001.yaml").unlink()
    monkeypatch.setenv("DREFLOW_EVALS", str(evals))
    monkeypatch.setattr(prepbench, "tasks", lambda place: [prepbench.Task("case_001", place, specs / "case_001.yaml")])
    out = io.StringIO()
    assert prepbench.run_suite(tmp_path / "kept", out) == 0
    assert out.getvalue().splitlines()[1].split()[:3] == ["1", "0", "0"]


def test_a_spec_of_no_task_and_a_folder_of_no_tasks_are_refused(tmp_path: Path) -> None:
    evals, specs = task(tmp_path)
    (specs / "case_01.yaml").write_text(SPEC, encoding="utf-8")
    with pytest.raises(UsageError, match=r"case_01\.yaml"):
        prepbench.tasks(evals, specs)
    with pytest.raises(UsageError, match="no tasks in"):
        prepbench.tasks(tmp_path, specs)


def test_without_the_public_tasks_the_suite_says_where_it_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DREFLOW_EVALS", raising=False)
    with pytest.raises(UsageError) as refused:
        prepbench.run_suite(tmp_path, io.StringIO())
    assert "DREFLOW_EVALS" in refused.value.hint


def test_a_sample_of_the_specs_gives_what_the_public_tasks_expect(evals_folder: Path) -> None:
    # `make eval` runs them all.
    sample = [task for task in prepbench.tasks(evals_folder) if task.spec.is_file()][::8]
    assert len(sample) > 5
    missed = {one.id: one.detail for one in prepbench.measure(sample) if one.outcome != "right"}
    assert missed == {}
