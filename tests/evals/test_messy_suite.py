"""Messy files: right, refused with the reason that holds, or silently wrong; and the score of the benchmark."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from evals.suites import messy
from spec.errors import UsageError

CLEAN = '"id","note"\n"1","a"\n"2","b, c"\n'


def case(folder: Path, name: str, text: str, clean: str = CLEAN, *, header: int = 1) -> messy.Case:
    """A set of one file."""
    one = folder / "messy_files" / "own"
    for part in ("csv", "clean", "parameters"):
        (one / part).mkdir(parents=True, exist_ok=True)
    (one / "csv" / name).write_text(text, encoding="utf-8")
    (one / "clean" / name).write_text(clean, encoding="utf-8")
    (one / "parameters" / f"{name}_parameters.json").write_text(json.dumps({"header_lines": header}), encoding="utf-8")
    return next(found for found in messy.cases(folder) if found.id == name)


@pytest.mark.parametrize(
    ("name", "text", "outcome"),
    [
        ("file_plain.csv", 'id;note\n1;a\n2;"b, c"\n', "right"),
        ("row_less_sep.csv", "id,note\n1,a\n2b\n", "declined"),
        ("row_other.csv", "id,note\n1,a\n2b\n", "failed"),
        ("file_no_payload.csv", "", "declined"),
        ("file_plain2.csv", 'id,note\n1,a\n2,"b, d"\n', "wrong"),
        ("file_plain3.csv", 'id,text\n1,a\n2,"b, c"\n', "wrong"),
        ("file_plain4.csv", "id,note\n1,a\n", "wrong"),
    ],
)
def test_a_file_is_right_refused_or_silently_wrong(tmp_path: Path, name: str, text: str, outcome: str) -> None:
    (measured,) = messy.measure([case(tmp_path, name, text)])
    assert measured.result.outcome == outcome, measured.result.detail


def test_the_score_adds_up_ten_figures(tmp_path: Path) -> None:
    one = case(tmp_path, "a.csv", CLEAN)
    assert messy.score(one, messy.load(one.messy)) == 10.0
    assert messy.score(one, messy.Loaded(refused=True)) == 0.0
    # One record of two: precision 1, recall 1/2 and F1 2/3, for records and for cells.
    half = messy.Loaded(header=("id", "note"), rows=[("1", "a")])
    assert messy.score(one, half) == pytest.approx(1 + 3 + 2 * (1 + 1 / 2 + 2 / 3))


def test_a_file_without_a_header_is_held_to_its_records(tmp_path: Path) -> None:
    one = case(tmp_path, "a.csv", "1,2026-07-01\n2,2026-07-02\n", '"1","2026-07-01"\n"2","2026-07-02"\n', header=0)
    (measured,) = messy.measure([one])
    assert (measured.result.outcome, measured.score) == ("right", 10.0)


def test_the_suite_prints_the_shares_and_names_what_got_worse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREFLOW_EVALS", str(tmp_path))
    one = case(tmp_path, "a.csv", CLEAN)
    out = io.StringIO()
    assert messy.run_suite(tmp_path / "kept", out) == 0
    assert "100.0%" in out.getvalue()
    assert "10.000" in out.getvalue()
    one.messy.write_text("id,other\n1,a\n", encoding="utf-8")
    out = io.StringIO()
    assert messy.run_suite(tmp_path / "kept", out) == 1
    assert "worse: a.csv: right -> wrong" in out.getvalue()


def test_no_files_are_an_error_that_says_where_they_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="There are no files in"):
        messy.cases(tmp_path)
    monkeypatch.delenv("DREFLOW_EVALS", raising=False)
    with pytest.raises(UsageError):
        messy.run_suite(tmp_path, io.StringIO())


def test_none_of_a_sample_of_the_public_files_is_silently_wrong(evals_folder: Path) -> None:
    sample = messy.cases(evals_folder)[::5]
    missed = {
        one.result.id: one.result.detail
        for one in messy.measure(sample)
        if one.result.outcome not in {"right", "declined"}
    }
    assert missed == {}
