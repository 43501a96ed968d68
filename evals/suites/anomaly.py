"""Anomalies found in series of which somebody else marked the windows.

The set is ``anomaly/nab`` of the evals (``DREFLOW_EVALS``): a CSV a series (``timestamp``, ``value``), and the windows
in ``windows.json``. A window is hit where a reading inside it is above the bound of the step ``anomaly``; an event that
has no reading above the bound in any window is a false alarm. All series are looked at with the step's defaults.
"""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from spec.errors import UsageError

Window = tuple[datetime, datetime]


@dataclass(frozen=True)
class Series:
    """One series: its ``windows``, how many were ``hit``, and ``false`` alarms."""

    name: str
    readings: int
    windows: int
    hit: int
    false: int
    season: str
    seconds: float


def judged(name: str, times: Sequence[datetime], values: Sequence[float], windows: Sequence[Window]) -> Series:
    """One series, looked at with the defaults."""
    from pipelines.anomalies import find_anomalies
    from pipelines.transforms.anomaly import BOUNDS

    started = time.perf_counter()
    order = sorted(range(len(times)), key=lambda place: (times[place], values[place]))
    clock = [times[place].replace(tzinfo=UTC).timestamp() for place in order]
    found = find_anomalies(clock, [values[place] for place in order], bound=BOUNDS["normal"])
    seconds = round(time.perf_counter() - started, 3)
    marks: dict[int, list[datetime]] = {}
    for place, event, score in zip(order, found.event, found.score, strict=True):
        # What is below the bound belongs to an event that is fading, and is no alarm of its own.
        if event is not None and score >= 1:
            marks.setdefault(event, []).append(times[place])
    hit = sum(any(a <= mark <= b for those in marks.values() for mark in those) for a, b in windows)
    false = sum(not any(a <= mark <= b for mark in those for a, b in windows) for those in marks.values())
    return Series(name, len(times), len(windows), hit, false, found.season, seconds)


def measured(folder: Path) -> Iterator[Series]:
    """Every series of a set. Raises UsageError where it is none."""
    windows = folder / "windows.json"
    if not windows.is_file():
        raise UsageError(f"There are no series in {folder}.", hint="DREFLOW_EVALS names the folder with anomaly/nab.")
    marked = json.loads(windows.read_text(encoding="utf-8"))
    for file in sorted((folder / "data").glob("*/*.csv")):
        name = file.relative_to(folder / "data").as_posix()
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.reader(opened))[1:]
        spans = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in marked.get(name, [])]
        yield judged(name, [datetime.fromisoformat(row[0]) for row in rows], [float(row[1]) for row in rows], spans)


def run_suite(results: Path, out: TextIO) -> int:
    """Measure and print the table; 1 where a series hits less or alarms more often than before."""
    place = os.environ.get("DREFLOW_EVALS")
    if not place:
        raise UsageError("There are no series here.", hint="Say the folder that holds them with DREFLOW_EVALS.")
    found = list(measured(Path(place) / "anomaly" / "nab"))
    file = results / "anomaly.jsonl"
    before = {}
    if file.is_file():
        before = {one["name"]: one for one in map(json.loads, file.read_text(encoding="utf-8").splitlines())}
    print(f"{'anomaly':<52}{'readings':>9}{'windows':>9}{'hit':>5}{'false':>7}{'s':>7}  season", file=out)
    for one in found:
        figures = f"{one.readings:>9}{one.windows:>9}{one.hit:>5}{one.false:>7}{one.seconds:>7.2f}"
        print(f"{one.name:<52}{figures}  {one.season}", file=out)
    windows, hit, false = (sum(getattr(one, part) for one in found) for part in ("windows", "hit", "false"))
    most = max(one.false for one in found)
    print(f"{hit} of {windows} windows hit; {false / len(found):.1f} false alarms a series, at most {most}", file=out)
    fallen = [
        one for one in found if one.name in before
        and (one.hit < before[one.name]["hit"] or one.false > before[one.name]["false"])
    ]  # fmt: skip
    for one in fallen:
        old = before[one.name]
        print(f"worse: {one.name}: {old['hit']} hit, {old['false']} false -> {one.hit}, {one.false}", file=out)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(asdict(one)) + "\n" for one in found), encoding="utf-8")
    return 1 if fallen else 0
