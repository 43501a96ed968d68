"""Wrong cells found and repaired, measured on tables of which somebody else knows the clean ones.

A set is a folder ``cleaning/<set>`` of the evals (``DREFLOW_EVALS``) with ``dirty.csv`` and ``clean.csv``: the same
rows in the same order, columns by place. A cell is wrong where its text differs. Detection counts the cells that were
found, repair those whose proposal is the clean text; recall of both is of all wrong cells. The file is read as a person
reads it who types ``dreflow clean``; no rule knows a set, and nothing is learned from clean cells.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from spec.errors import UsageError

if TYPE_CHECKING:
    from tools.context import Context

NOW = datetime.fromisoformat("2026-07-15T09:00:00+00:00")
WORSE = 0.005
"""A fall of F1 by more than this is told as worse."""


@dataclass(frozen=True)
class Cleaned:
    """One set: ``wrong`` cells, cells ``found``, of them ``hit``; ``proposed`` values, of them ``repaired`` right."""

    set: str
    cells: int
    wrong: int
    found: int
    hit: int
    proposed: int
    repaired: int
    seconds: float

    @property
    def detection(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of finding wrong cells."""
        return figures(self.hit, self.found, self.wrong)

    @property
    def repair(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of proposals."""
        return figures(self.repaired, self.proposed, self.wrong)


def figures(right: int, given: int, due: int) -> tuple[float, float, float]:
    """Precision, recall and F1; each 0 where nothing was given, or nothing was due."""
    precision, recall = right / given if given else 0.0, right / due if due else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def compared(
    name: str, names: Sequence[str], dirty: Sequence[Sequence[str]], clean: Sequence[Sequence[str]], context: Context
) -> Cleaned:
    """One table against its clean one; both have the same rows in the same order."""
    from tools.quality import quality

    with tempfile.TemporaryDirectory(prefix="dreflow-evals-") as folder:
        file = Path(folder) / f"{name}.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([names, *dirty])
        started = time.perf_counter()
        (table,) = quality(context, [str(file)])
        seconds = round(time.perf_counter() - started, 3)
    places = [names.index(column) for column in table.key]
    rows: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(dirty):
        rows.setdefault(tuple(row[place] for place in places), []).append(number)
    wrong = {
        (number, place)
        for number, (left, right) in enumerate(zip(dirty, clean, strict=True))
        for place in range(len(names))
        if left[place] != right[place]
    }
    found, proposals = set[tuple[int, int]](), dict[tuple[int, int], str]()
    for cell in table.cells:
        place = names.index(cell.column)
        for number in rows[cell.key]:
            found.add((number, place))
            if cell.proposed is not None:
                proposals[number, place] = cell.proposed
    return Cleaned(
        set=name,
        cells=len(dirty) * len(names),
        wrong=len(wrong),
        found=len(found),
        hit=len(found & wrong),
        proposed=len(proposals),
        repaired=sum(at in wrong and clean[at[0]][at[1]] == text for at, text in proposals.items()),
        seconds=seconds,
    )


def measured(evals: Path, context: Context) -> Iterator[Cleaned]:
    """Every set of the folder of evals. Raises UsageError where there is none."""
    folders = [one for one in sorted((evals / "cleaning").glob("*")) if (one / "dirty.csv").is_file()]
    if not folders:
        raise UsageError(f"There are no sets in {evals / 'cleaning'}.", hint="DREFLOW_EVALS names the folder of them.")
    for folder in folders:
        names, dirty = _read(folder / "dirty.csv")
        _, clean = _read(folder / "clean.csv")
        yield compared(folder.name, names, dirty, clean, context)


def _read(file: Path) -> tuple[list[str], list[list[str]]]:
    with file.open(encoding="utf-8", newline="") as opened:
        head, *rows = csv.reader(opened)
    return head, rows


def run_suite(results: Path, out: TextIO) -> int:
    """Measure and print the table; 1 where a set got worse."""
    from evals.places import Places

    place = os.environ.get("DREFLOW_EVALS")
    if not place:
        raise UsageError(
            "There are no tables to clean here.", hint="Say the folder that holds them with DREFLOW_EVALS."
        )
    stored = results / "cleaning.jsonl"
    before = _stored(stored)
    folder = tempfile.mkdtemp(prefix="dreflow-evals-")
    try:
        with Places(Path(folder)) as places:
            found = list(measured(Path(place), places.new("cleaning").context(NOW)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{'':<22}{'':>8}{'':>7}  {'detection':^24}  {'repair':^24}", file=out)
    columns = f"{'precision':>10}{'recall':>8}{'F1':>6}"
    print(f"{'cleaning':<22}{'cells':>8}{'wrong':>7}  {columns}  {columns}{'s':>8}", file=out)
    for one in found:
        told = "  ".join(f"{p:>10.3f}{r:>8.3f}{f:>6.3f}" for p, r, f in (one.detection, one.repair))
        print(f"{one.set:<22}{one.cells:>8}{one.wrong:>7}  {told}{one.seconds:>8.1f}", file=out)
    fallen = [one for one in found if one.set in before and _f1(one) < before[one.set] - WORSE]
    for one in fallen:
        print(f"worse: {one.set}: F1 of detection and repair {before[one.set]:.3f} -> {_f1(one):.3f}", file=out)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found), encoding="utf-8")
    return 1 if fallen else 0


def _f1(one: Cleaned) -> float:
    return (one.detection[2] + one.repair[2]) / 2


def _stored(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    lines = [Cleaned(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return {one.set: _f1(one) for one in lines}
