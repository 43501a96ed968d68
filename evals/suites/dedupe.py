"""Other people's tables with known duplicates: which pairs the step ``entities`` finds with its defaults alone.

A set is a folder ``dedupe/<name>`` of the evals (``DREFLOW_EVALS``): ``gt.csv`` with the true pairs by id, and the two
tables that are linked, or the one that holds duplicates. The step is given the tables and the column of ids, and for
two tables that they are clean; nothing is set for a set. Counted are pairs: those made automatically, those with the
review list taken as true, and those a person who is always right would end with.
"""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from spec.base import JsonValue
from spec.errors import DataError, UsageError

if TYPE_CHECKING:
    from evals.places import Place

NOW = datetime.fromisoformat("2026-07-15T09:00:00+00:00")
GOLD = "gt.csv"
Record = tuple[str, str]
"""Table and id."""
Pairs = frozenset[tuple[Record, Record]]


@dataclass(frozen=True)
class DuplicateSet:
    """One set: its tables (name to header and rows) and the true pairs."""

    name: str
    tables: Mapping[str, list[list[str]]]
    gold: Pairs


@dataclass(frozen=True)
class Score:
    """Pairs found, and how many of them are true."""

    found: int
    true: int
    of: int

    @property
    def precision(self) -> float:
        """True of found; 1 where none was found."""
        return self.true / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Found of all true ones."""
        return self.true / self.of if self.of else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True)
class Measured:
    """A set's figures: the automatic pairs, the review list taken as true, and what a perfect reviewer reaches."""

    name: str
    records: int
    automatic: Score
    with_review: Score
    reviewed: Score
    seconds: float


def sets(evals: Path) -> list[DuplicateSet]:
    """Every set of the folder of evals, in order. Raises UsageError where there are none."""
    found = [read_set(one.parent) for one in sorted((evals / "dedupe").glob(f"*/{GOLD}"))]
    if not found:
        raise UsageError(
            f"There are no sets in {evals / 'dedupe'}.", hint="DREFLOW_EVALS names the folder that holds them."
        )
    return found


def read_set(folder: Path) -> DuplicateSet:
    """One set. Raises DataError where it does not have one table or two."""
    gold = _rows(folder / GOLD)
    files = [one for one in sorted(folder.glob("*.csv")) if one.name != GOLD]
    if len(files) not in (1, 2):
        raise DataError(f"{folder} has {len(files)} tables.", hint="A set has one table or two, and gt.csv.")
    tables = {one.stem: _rows(one) for one in files}
    names = list(tables)
    pairs = [(row[0], row[1]) for row in gold[1:] if len(row) > 1]
    if len(names) == 1:
        return DuplicateSet(folder.name, tables, frozenset(pair(names[0], a, names[0], b) for a, b in pairs))
    first, second = _turned(tables, pairs)
    return DuplicateSet(folder.name, tables, frozenset(pair(first, a, second, b) for a, b in pairs))


def pair(a_table: str, a: str, b_table: str, b: str) -> tuple[Record, Record]:
    """Two records, the lesser first."""
    one, other = (a_table, a), (b_table, b)
    return (one, other) if one <= other else (other, one)


def _rows(file: Path) -> list[list[str]]:
    """The cells of a file; what separates them is the character between the first two words of gt.csv's header."""
    head = (file.parent / GOLD).read_text(encoding="utf-8").splitlines()[0]
    separator = next((letter for letter in head if not letter.isalnum()), ",")
    with file.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle, delimiter=separator))
    width = len(rows[0])
    return [[*row, *[""] * width][:width] for row in rows if row]


def _turned(tables: Mapping[str, list[list[str]]], pairs: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Which table the first column of the gold speaks of: there its ids exist, or its pairs share more words."""
    first, second = tables
    held = {name: {row[0]: _words(row[1:]) for row in rows[1:]} for name, rows in tables.items()}

    def fits(one: str, other: str) -> tuple[int, int]:
        known = [(a, b) for a, b in pairs if a in held[one] and b in held[other]]
        return len(known), sum(len(held[one][a] & held[other][b]) for a, b in known)

    return (first, second) if fits(first, second) >= fits(second, first) else (second, first)


def _words(cells: Sequence[str]) -> set[str]:
    return set(re.findall(r"\w+", " ".join(cells).casefold()))


def plan_of(held: DuplicateSet) -> dict[str, JsonValue]:
    """The plan for a set: its tables as text, the step by its defaults, the mapping and the review list as files."""
    sources: dict[str, JsonValue] = {}
    for name, rows in held.tables.items():
        columns: dict[str, JsonValue] = dict.fromkeys(rows[0], "VARCHAR")
        sources[name] = {"location": f"data/{name}.csv", "columns": columns}
    ids: list[JsonValue] = [rows[0][0] for rows in held.tables.values()]
    tables: list[JsonValue] = list(held.tables)
    steps: list[JsonValue] = [{"id": "found", "use": "entities", "from": tables, "id_column": ids}]
    outputs: list[JsonValue] = [
        {"file": "mapping.csv", "from": "found.mapping"},
        {"file": "review.csv", "from": "found.review"},
    ]
    return {"version": 1, "name": "duplicates", "sources": sources, "steps": steps, "outputs": outputs}


def measure(held: DuplicateSet, place: Place) -> Measured:
    """Run the step on a set and count its pairs. Raises DataError where the run does not succeed."""
    from evals.places import read_rows
    from spec.codec import from_plain
    from tools.runs import run_spec

    place.data.mkdir()
    for name, rows in held.tables.items():
        with (place.data / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows(rows)
    started = time.perf_counter()
    result = run_spec(place.context(NOW), from_plain(plan_of(held)), place.folder, now=NOW, out=place.out)
    seconds = round(time.perf_counter() - started, 2)
    if result.status != "succeeded":
        failed = [f"{check.check}: {check.found} {check.detail}" for check in result.checks if not check.passed]
        raise DataError(f"{held.name} {result.status}: {result.message} {'; '.join(failed)}")
    automatic = _made(read_rows(place.out / "mapping.csv")[1:], linking=len(held.tables) == 2)
    asked = frozenset(pair(*row[:4]) for row in read_rows(place.out / "review.csv")[1:])
    records = sum(len(rows) - 1 for rows in held.tables.values())
    return Measured(
        held.name,
        records,
        _score(automatic, held.gold),
        _score(automatic | asked, held.gold),
        _score(automatic | asked & held.gold, held.gold),
        seconds,
    )


def _made(mapping: Sequence[tuple[str, ...]], *, linking: bool) -> Pairs:
    """The pairs within each entity; linking two tables, those across them."""
    members: dict[str, list[Record]] = {}
    for row in mapping:
        members.setdefault(row[0], []).append((row[1], row[2]))
    return frozenset(
        pair(*one, *other)
        for records in members.values()
        for one, other in combinations(sorted(records), 2)
        if not linking or one[0] != other[0]
    )


def _score(found: Pairs, gold: Pairs) -> Score:
    return Score(len(found), len(found & gold), len(gold))


def run_suite(results: Path, out: TextIO) -> int:
    """Measure every set and print the table; 1 where an F1 of the automatic pairs got worse."""
    from evals.places import Places

    where = os.environ.get("DREFLOW_EVALS")
    if not where:
        raise UsageError("There are no sets here.", hint="Say the folder that holds them with DREFLOW_EVALS.")
    file = results / "dedupe.jsonl"
    before = _stored(file)
    every = sets(Path(where))
    with tempfile.TemporaryDirectory(prefix="dreflow-evals-") as folder, Places(Path(folder)) as places:
        found = [measure(one, places.new(one.name)) for one in every]
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps({**asdict(one), "f1": round(one.automatic.f1, 4)}) + "\n" for one in found]
    file.write_text("".join(lines), encoding="utf-8")
    _print(found, out)
    worse = [one for one in found if round(one.automatic.f1, 4) < before.get(one.name, 0.0)]
    for one in worse:
        print(f"worse: {one.name}: F1 {before[one.name]:.3f} -> {one.automatic.f1:.3f}", file=out)
    return 1 if worse else 0


def _print(found: Sequence[Measured], out: TextIO) -> None:
    bands = ("automatic", "automatic and review", "with a perfect reviewer")
    print(f"{'':<22}" + "".join(f"{band:^27}" for band in bands), file=out)
    figures = f"{'precision':>11}{'recall':>8}{'F1':>8}"
    print(f"{'dedupe':<8}{'rows':>7}{'pairs':>7}" + figures * len(bands) + f"{'asked':>8}{'s':>7}", file=out)
    for one in found:
        scores = (one.automatic, one.with_review, one.reviewed)
        shown = "".join(f"{score.precision:>11.3f}{score.recall:>8.3f}{score.f1:>8.3f}" for score in scores)
        asked = one.with_review.found - one.automatic.found
        print(f"{one.name:<8}{one.records:>7}{one.automatic.of:>7}{shown}{asked:>8}{one.seconds:>7.1f}", file=out)


def _stored(file: Path) -> dict[str, float]:
    if not file.is_file():
        return {}
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return {str(row["name"]): float(row["f1"]) for row in rows}
