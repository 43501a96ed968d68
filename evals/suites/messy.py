"""Messy files: each is loaded as a person would drop it, without a word on how it is written, and held to a clean one.

A set is a folder of ``messy_files`` in the evals (``DREFLOW_EVALS``) with ``csv/<file>``, ``clean/<file>`` (the same
table in the plainest CSV) and ``parameters/<file>_parameters.json`` (``header_lines``, 0 for none).

A file is *right* when header, records and cells equal the clean ones; *refused* when it is not loaded, or some of its
lines are set aside and everything else is right, and the reason that is told is the one that holds; else it is
*silently wrong* or, with another reason, wrongly refused. Cells are compared as they are written, so columns are read
as text; read with the types that were found, no row may be missing that is there as text.

The score is the simple one of Pollock (Vitagliano, Hameed, Jiang, Reisener, Wu, Naumann: "Pollock: A Data Loading
Benchmark", PVLDB 16(8), 2023): for each file 1 if it is loaded, and precision, recall and F1 of header, records and
cells as multisets, 0 to 10; the mean over all files.
"""

from __future__ import annotations

import csv
import json
import os
import re
import time
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from evals.outcomes import CaseResult, Outcome, worse
from spec.base import JsonValue
from spec.errors import DreflowError, UsageError

Row = tuple[str, ...]
REASONS = {
    "file_multitable": r"tables?\b",
    "file_no_payload": r"empty",
    "row_less_sep": r"values than|values where",
    "row_more_sep": r"values than|values where",
    "row_field_delimiter": r"values than|values where|delimiter",
    "row_extra_quote": r"quote",
    "file_escape_char": r"quote",
    "file_quotation_char": r"quote",
    "file_record_delimiter": r"line",
    "file_field_delimiter": r"values than|values where|delimiter",
}
"""What makes a file of this kind messy, as a reason has to say it; for another kind there is no reason to refuse it."""


@dataclass(frozen=True)
class Case:
    """A messy file and the clean one."""

    id: str
    messy: Path
    clean: Path
    has_header: bool


@dataclass
class Loaded:
    """What a file was read as: rows as text, how many lines were set aside, and what was told."""

    header: Row = ()
    rows: list[Row] = field(default_factory=list)
    aside: int = 0
    typed_rows: int = 0
    told: str = ""
    refused: bool = False


@dataclass(frozen=True)
class Measured:
    """A case's result and its ten figures added up."""

    result: CaseResult
    score: float


def cases(evals: Path) -> list[Case]:
    """Every file of every set, in order. Raises UsageError where there are none."""
    root = evals / "messy_files"
    found = []
    for messy in sorted(root.glob("*/csv/*")):
        parameters = messy.parents[1] / "parameters" / f"{messy.name}_parameters.json"
        lines = json.loads(parameters.read_text(encoding="utf-8")).get("header_lines", 1)
        found.append(Case(messy.name, messy, messy.parents[1] / "clean" / messy.name, has_header=lines > 0))
    if not found:
        raise UsageError(f"There are no files in {root}.", hint="DREFLOW_EVALS names the folder that holds them.")
    return found


def load(path: Path) -> Loaded:
    """Discover a file with no options and read it, as text and with the types that were found."""
    import duckdb
    from sqlglot import exp

    from connectors.contract import Place
    from connectors.files import connector as files

    place = Place("files", path.parent, location=path.name)
    table = exp.Table(this=exp.to_identifier("loaded"))
    try:
        found = files.discover(place)[0]
        named = found.source.options.get("header_row", 1) != 0
        columns = dict.fromkeys(found.source.columns, "VARCHAR")
        words: dict[str, JsonValue] = {"null_values": [], "true_values": [], "false_values": []}
        as_text = found.source.model_copy(update={"columns": columns, "options": {**found.source.options, **words}})
        with duckdb.connect() as connection:
            typed = files.read(found.source, place, connection, table)
            reading = files.read(as_text, place, connection, table)
            rows = connection.execute("SELECT coalesce(COLUMNS(*), '') FROM loaded").fetchall()
    except DreflowError as error:
        return Loaded(told=f"{error.message} {error.hint}", refused=True)
    aside = sum(one.rows for one in reading.quarantined)
    # Rows whose values do not fit the types that were found are told, and not lost; here they count as there.
    kept = typed.rows + sum(one.rows for one in typed.quarantined) - aside
    told = "; ".join((*found.warnings, *(one.reason for one in reading.quarantined)))
    header = tuple(found.source.columns) if named else ()
    return Loaded(header, [tuple(map(str, row)) for row in rows], aside, kept, told)


def clean_rows(case: Case) -> tuple[Row, list[Row]]:
    """Header (empty where there is none) and records of the clean file."""
    csv.field_size_limit(1 << 24)
    with case.clean.open(encoding="utf-8", newline="") as stream:
        rows = [tuple(row) for row in csv.reader(stream) if row]
    return (rows[0], rows[1:]) if case.has_header and rows else ((), rows)


def judged(case: Case, loaded: Loaded) -> tuple[Outcome, str]:
    """Right, refused (``declined``), refused for another reason (``failed``) or silently ``wrong``, and why."""
    reason = next((words for kind, words in REASONS.items() if case.id.startswith(kind)), None)
    is_reason = reason is not None and re.search(reason, loaded.told) is not None
    if loaded.refused:
        return ("declined" if is_reason else "failed"), loaded.told
    header, rows = clean_rows(case)
    if tuple(_cell(name) for name in loaded.header) != tuple(_cell(name) for name in header):
        return "wrong", f"The header is {loaded.header}, not {header}."
    wanted, there = Counter(map(_record, rows)), Counter(map(_record, loaded.rows))
    extra, lacking = there - wanted, wanted - there
    if extra:
        return "wrong", f"There is a record {next(iter(extra))}."
    if loaded.typed_rows != len(loaded.rows):
        return "wrong", f"With types there are {loaded.typed_rows} rows, and {len(loaded.rows)} as text."
    if not lacking:
        return ("right" if not loaded.aside else "wrong"), loaded.told
    if lacking.total() != loaded.aside:
        return "wrong", f"{lacking.total()} records are missing, and {loaded.aside} lines are set aside."
    return ("declined" if is_reason else "failed"), loaded.told


def score(case: Case, loaded: Loaded) -> float:
    """The ten figures of a file added up: 0 when it is refused."""
    if loaded.refused:
        return 0.0
    header, rows = clean_rows(case)
    named = _figures(map(_cell, loaded.header), map(_cell, header))
    records = _figures(map(_record, loaded.rows), map(_record, rows))
    cells = _figures((_cell(one) for row in loaded.rows for one in row), (_cell(one) for row in rows for one in row))
    return 1.0 + sum(named) + sum(records) + sum(cells)


def _figures(found: Iterable[Hashable], wanted: Iterable[Hashable]) -> tuple[float, float, float]:
    """Precision, recall and F1 of a multiset; all 1 where nothing was wanted and nothing found."""
    there, gold = Counter(found), Counter(wanted)
    if not there and not gold:
        return 1.0, 1.0, 1.0
    both = (there & gold).total()
    precision = both / there.total() if there else 0.0
    recall = both / gold.total() if gold else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0


def _record(row: Row) -> Row:
    return tuple(map(_cell, row))


def _cell(text: str) -> str:
    return " ".join(text.split())


def measure(found: Sequence[Case]) -> list[Measured]:
    """Each file, loaded and judged."""
    measured = []
    for case in found:
        started = time.perf_counter()
        loaded = load(case.messy)
        seconds = round(time.perf_counter() - started, 3)
        outcome, detail = judged(case, loaded)
        result = CaseResult(case.id, "messy", outcome, seconds=seconds, detail=" ".join(detail.split())[:1000])
        measured.append(Measured(result, score(case, loaded)))
    return measured


def run_suite(results: Path, out: TextIO) -> int:
    """Measure, print the shares, the score and what is not right; 1 where a file is silently wrong or got worse."""
    place = os.environ.get("DREFLOW_EVALS")
    if not place:
        raise UsageError("There are no files here.", hint="Say the folder that holds them with DREFLOW_EVALS.")
    measured = measure(cases(Path(place)))
    found = [one.result for one in measured]
    file = results / "messy.jsonl"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    before = [CaseResult(**json.loads(line)) for line in lines if line]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in found), encoding="utf-8")
    counts = Counter(one.outcome for one in found)
    slow = max(one.seconds for one in found)
    mean = sum(one.score for one in measured) / len(measured)
    heads = ("files", "right", "refused", "wrongly refused", "silently wrong", "score of 10", "slowest s")
    print("messy".ljust(8) + "".join(head.rjust(len(head) + 3) for head in heads), file=out)
    shown = [str(len(found)), *(_share(counts[kind], len(found)) for kind in ("right", "declined", "failed", "wrong"))]
    shown += [f"{mean:.3f}", f"{slow:.3f}"]
    print(" " * 8 + "".join(one.rjust(len(head) + 3) for head, one in zip(heads, shown, strict=True)), file=out)
    for one in measured:
        if one.result.outcome != "right":
            print(f"{one.result.id} {one.result.outcome} {one.score:.2f}: {one.result.detail[:200]}", file=out)
    got_worse = worse(before, found)
    for old, new in got_worse:
        print(f"worse: {new.id}: {old.outcome} -> {new.outcome}", file=out)
    return 1 if got_worse or counts["wrong"] or counts["failed"] else 0


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
