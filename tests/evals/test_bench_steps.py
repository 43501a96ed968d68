"""The bench of the steps: what it compares is the same work, for each step that has a case."""

from pathlib import Path

import pytest

from evals.bench import __main__ as bench
from evals.bench import stepwork
from pipelines.contract import TRANSFORMS


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("steps") / "given.duckdb"
    stepwork.write_tables(path, 3000)
    return path


@pytest.mark.parametrize("case", stepwork.cases(), ids=lambda case: case.name)
def test_the_step_and_the_sql_by_hand_make_the_same_table(
    case: stepwork.StepCase, database: Path, tmp_path: Path
) -> None:
    assert case.name in TRANSFORMS.names()
    assert case.step["use"] == case.name
    plain = stepwork.by_hand(case.name, str(database), str(tmp_path / "made.duckdb"))
    ours = stepwork.by_step(case.name, str(database), str(tmp_path / "made.duckdb"))
    assert ours["there"] == plain["there"]
    assert int(plain["there"][1][0]) > 0


def test_time_and_memory_of_a_step_are_held_to_those_of_the_sql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stepwork, "cases", lambda: [stepwork.case("filter")])
    found = bench.measured(["steps"], folder=tmp_path, scale=0.0002, repeats=1, postgres=None)
    assert [bound.name for bound in found] == ["step: filter", "step: filter: memory"]
    assert all(bound.value > 0 for bound in found)
