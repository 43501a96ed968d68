"""The bench of the steps: what it compares is the same work, and every step of the shelf has a case."""

from pathlib import Path

import pytest

from evals.bench import __main__ as bench
from evals.bench import steptables, stepwork
from pipelines.contract import TRANSFORMS


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return steptables.write_tables(tmp_path_factory.mktemp("steps"), 3000)


def test_tables_are_made_once_and_again_when_they_are_other_tables(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = database.stat().st_mtime_ns
    assert steptables.write_tables(database.parent, 3000) == database
    assert database.stat().st_mtime_ns == made
    monkeypatch.setattr(steptables, "TABLES", {"cities": ("", "SELECT 'Ashbury' AS city", ["city"])})
    assert steptables.write_tables(database.parent, 3000) != database


def test_every_step_of_the_shelf_has_a_case() -> None:
    assert stepwork.names() == sorted(TRANSFORMS.names())
    assert [case.name for case in stepwork.cases() if case.step["use"] != case.name] == []


@pytest.mark.parametrize("case", [one for one in stepwork.cases() if one.sql], ids=lambda case: case.name)
def test_the_step_and_the_sql_by_hand_make_the_same_table(
    case: stepwork.StepCase, database: Path, tmp_path: Path
) -> None:
    plain = stepwork.by_hand(case.name, str(database), str(tmp_path / "made.duckdb"))
    ours = stepwork.by_step(case.name, str(database), str(tmp_path / "made.duckdb"))
    assert ours["there"] == plain["there"]
    assert int(plain["there"][1][0]) > 0


@pytest.mark.parametrize("case", [one for one in stepwork.cases() if not one.sql], ids=lambda case: case.name)
def test_a_case_without_sql_says_why_and_what_the_step_may_take(
    case: stepwork.StepCase, database: Path, tmp_path: Path
) -> None:
    assert len(case.why.split()) > 10
    assert case.seconds > 0
    assert case.mib > 0
    ours = stepwork.by_step(case.name, str(database), str(tmp_path / "made.duckdb"))
    assert int(ours["there"][1][0]) > 0
    assert all(count > 0 for count in ours["given"].values())
    with pytest.raises(ValueError, match="no SQL by hand"):
        stepwork.by_hand(case.name, str(database), str(tmp_path / "made.duckdb"))


def test_time_and_memory_of_a_step_are_held_to_those_of_the_sql(tmp_path: Path) -> None:
    found = bench.measured(["steps:filter", "steps:match"], folder=tmp_path, scale=0.0002, repeats=1, postgres=None)
    assert [bound.name for bound in found] == [
        "step: filter", "step: filter: memory", "step: match", "step: match: memory",
    ]  # fmt: skip
    assert [bound.unit for bound in found] == ["x", "x", "s", "MiB"]
    assert all(bound.value > 0 for bound in found)
    assert "100 payouts and 90 bank" in found[2].how


def test_a_bench_that_is_not_there_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        bench.main(["steps:windows"])
    told = capsys.readouterr().err
    assert "no bench 'steps:windows'" in told
    assert "steps:window," in told
