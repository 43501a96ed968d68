"""The measure of cleaning: cells are compared one by one, and the public sets are cleaned as well as they were."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from evals.suites import cleaning
from memory.workspace import Workspace
from spec.errors import UsageError
from tools.context import Context

FLOORS = {"hospital": (0.95, 0.93), "beers": (0.95, 0.95)}
"""F1 of detection and of repair of the public sets, a little below what was measured."""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(Workspace(tmp_path / ".dreflow", datetime(2026, 7, 15, tzinfo=UTC)), "ada")


def test_cells_are_counted_by_place_against_the_clean_table(context: Context) -> None:
    clean = [[str(n), "Milano" if n % 2 else "Torino"] for n in range(60)]
    dirty = [list(row) for row in clean]
    dirty[3][1], dirty[5][1], dirty[8][1] = "Mialno", "Milno", "Milano"
    found = cleaning.compared("towns", ["id", "town"], dirty, clean, context)
    assert (found.cells, found.wrong, found.found, found.hit, found.repaired) == (120, 3, 2, 2, 2)
    assert [round(figure, 3) for figure in found.detection] == [1.0, 0.667, 0.8]


def test_figures_of_nothing_are_zero() -> None:
    assert cleaning.figures(0, 0, 0) == (0.0, 0.0, 0.0)


def test_a_folder_without_sets_is_told(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no sets"):
        list(cleaning.measured(tmp_path, context))


def test_the_suite_prints_a_line_a_set_and_tells_what_fell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "evals" / "cleaning" / "towns"
    folder.mkdir(parents=True)
    clean = "id,town\n" + "".join(f"{n},{'Milano' if n % 2 else 'Torino'}\n" for n in range(60))
    (folder / "clean.csv").write_text(clean, "utf-8")
    (folder / "dirty.csv").write_text(clean.replace("\n5,Milano", "\n5,Mialno"), "utf-8")
    monkeypatch.setenv("DREFLOW_EVALS", str(tmp_path / "evals"))
    out = io.StringIO()
    assert cleaning.run_suite(tmp_path / "results", out) == 0
    assert "1.000" in out.getvalue()
    (folder / "dirty.csv").write_text(clean.replace("\n5,Milano", "\n5,Torino"), "utf-8")
    assert cleaning.run_suite(tmp_path / "results", out) == 1
    assert "worse: towns" in out.getvalue()


def test_the_public_sets_are_cleaned_as_well_as_they_were(context: Context, evals_folder: Path) -> None:
    found = {one.set: (one.detection[2], one.repair[2]) for one in cleaning.measured(evals_folder, context)}
    for name, floors in FLOORS.items():
        assert all(figure >= floor for figure, floor in zip(found[name], floors, strict=True)), name
