"""Sets of duplicates: figures are those of the pairs, the gold's direction is found, and nothing is set for a set."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from evals.places import Places
from evals.suites import dedupe
from spec.errors import DataError, UsageError

OURS = "id|name|phone\n0|Ann Barton|020 5550 1234\n1|Kim Velasco|021 7771 9999\n2|Lee Osten|\n"
THEIRS = "id|name|phone\n0|Velasco Kim|+44 21 7771 9999\n1|Barton, Ann|+44 20 5550 1234\n2|Ruth Ostrander|\n"


def written(folder: Path, **files: str) -> Path:
    """A folder of evals with one set."""
    one = folder / "dedupe" / "people"
    one.mkdir(parents=True)
    for name, text in files.items():
        (one / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def measured(folder: Path) -> dedupe.Measured:
    (held,) = dedupe.sets(folder)
    with Places(folder / "places") as places:
        return dedupe.measure(held, places.new(held.name))


def test_two_tables_are_linked_and_pairs_counted(tmp_path: Path) -> None:
    found = measured(written(tmp_path, a=OURS, b=THEIRS, gt="D1|D2\n0|1\n1|0\n2|2\n"))
    assert (found.automatic.found, found.automatic.true, found.automatic.of) == (2, 2, 3)
    assert found.automatic.precision == 1
    assert round(found.automatic.f1, 3) == 0.8


def test_one_table_is_searched_for_its_duplicates(tmp_path: Path) -> None:
    rows = OURS + "3|Barton, Ann|+44 20 5550 1234\n"
    found = measured(written(tmp_path, a=rows, gt="D1|D2\n3|0\n"))
    assert (found.automatic.found, found.automatic.true, found.records) == (1, 1, 4)


def test_the_gold_may_name_the_second_table_first(tmp_path: Path) -> None:
    (held,) = dedupe.sets(written(tmp_path, a=OURS, b=THEIRS, gt="D1|D2\n1|0\n0|1\n"))
    (turned,) = dedupe.sets(written(tmp_path / "t", a=OURS, b=THEIRS.replace("\n2|", "\n7|"), gt="D1|D2\n7|2\n1|0\n"))
    assert held.gold == {(("a", "0"), ("b", "1")), (("a", "1"), ("b", "0"))}
    assert turned.gold == {(("a", "2"), ("b", "7")), (("a", "0"), ("b", "1"))}


def test_the_table_of_figures_names_each_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DREFLOW_EVALS", str(written(tmp_path, a=OURS, b=THEIRS, gt="D1|D2\n0|1\n1|0\n")))
    out = io.StringIO()
    assert dedupe.run_suite(tmp_path / "kept", out) == 0
    assert out.getvalue().splitlines()[2].split()[:6] == ["people", "6", "2", "1.000", "1.000", "1.000"]


def test_what_is_no_set_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="no sets in"):
        dedupe.sets(tmp_path)
    with pytest.raises(DataError, match="has 0 tables"):
        dedupe.sets(written(tmp_path, gt="D1|D2\n0|1\n"))
    monkeypatch.delenv("DREFLOW_EVALS", raising=False)
    with pytest.raises(UsageError) as refused:
        dedupe.run_suite(tmp_path, io.StringIO())
    assert "DREFLOW_EVALS" in refused.value.hint


def test_public_products_are_linked_with_few_errors(evals_folder: Path, tmp_path: Path) -> None:
    # `make eval` measures all sets; the fewer rows the quicker, so the one with most pairs a row stands for them.
    held = max(dedupe.sets(evals_folder), key=lambda one: len(one.gold) / sum(map(len, one.tables.values())))
    with Places(tmp_path) as places:
        found = dedupe.measure(held, places.new(held.name))
    assert found.automatic.precision >= 0.95
    assert found.automatic.f1 >= 0.60
