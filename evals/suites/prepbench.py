"""Other people's tasks of data preparation: words, messy inputs, and the tables that must come out.

A task is a folder ``pipelines/prepbench/<case>`` of the evals (``DREFLOW_EVALS``). Its spec is
``evals/prepbench/<case>.yaml``, written from the words of the task as an analyst would; its sources are the task's own
``inputs``. A task is right when every expected table comes out, as ``evals.expected`` compares them. Those without a
spec are counted as not done.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from evals.expected import difference, read_expected
from evals.outcomes import CaseResult, Outcome, worse
from spec.errors import DreflowError, UsageError

if TYPE_CHECKING:
    from evals.places import Place

SPECS = Path(__file__).parents[1] / "prepbench"
NOW = datetime.fromisoformat("2026-07-15T09:00:00+00:00")


@dataclass(frozen=True)
class Task:
    """One task: its folder, and its spec, which may not be written yet."""

    id: str
    folder: Path
    spec: Path


def tasks(evals: Path, specs: Path = SPECS) -> list[Task]:
    """Every task of the folder of evals, in order. Raises UsageError where there are none, or a spec has no task."""
    root = evals / "pipelines" / "prepbench"
    found = [Task(one.name, one, specs / f"{one.name}.yaml") for one in sorted(root.glob("case_*"))]
    if not found:
        raise UsageError(f"There are no tasks in {root}.", hint="DREFLOW_EVALS names the folder that holds them.")
    known = {task.spec for task in found}
    for spec in sorted(specs.glob("*.yaml")):
        if spec not in known:
            raise UsageError(f"There is no task for {spec.name}.", hint="Name the spec like the folder of its task.")
    return found


def told_by(task: Task, place: Place) -> tuple[Outcome, str]:
    """Run a task's spec on its inputs: its outcome, and the first difference in words."""
    from spec.codec import load_spec
    from tools.runs import run_spec

    try:
        # The paths of a spec start at its task, which is somewhere else on each machine.
        result = run_spec(place.context(NOW), load_spec(task.spec), task.folder, now=NOW, out=place.out)
    except DreflowError as error:
        return "failed", f"{error} {error.hint} {dict(error.where)}"
    if result.status != "succeeded":
        failed = [
            f"{check.check} {check.on}: {check.found} {check.detail}" for check in result.checks if not check.passed
        ]
        return "failed", f"{result.status}: {result.message} {'; '.join(failed)}"
    for expected in read_expected(task.folder / "expected"):
        unlike = difference(expected, place.out / expected.file)
        if unlike:
            return "wrong", unlike
    return "right", ""


def measure(found: Sequence[Task]) -> list[CaseResult]:
    """Each task that has a spec, run in a place of its own."""
    from evals.places import Places

    results: list[CaseResult] = []
    with tempfile.TemporaryDirectory(prefix="dreflow-evals-") as folder, Places(Path(folder)) as places:
        for task in found:
            if not task.spec.is_file():
                continue
            started = time.perf_counter()
            outcome, detail = told_by(task, places.new(task.id))
            seconds = round(time.perf_counter() - started, 3)
            results.append(CaseResult(task.id, "prepbench", outcome, seconds=seconds, detail=" ".join(detail.split())))
    return results


def run_suite(results: Path, out: TextIO) -> int:
    """Measure, print the table and what is not right; 1 where a spec is not right or got worse."""
    place = os.environ.get("DREFLOW_EVALS")
    if not place:
        raise UsageError("There are no tasks here.", hint="Say the folder that holds them with DREFLOW_EVALS.")
    every = tasks(Path(place))
    found = measure(every)
    file = results / "prepbench.jsonl"
    before = _stored(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(one.to_json(), ensure_ascii=False) + "\n" for one in found), encoding="utf-8")
    right = sum(one.outcome == "right" for one in found)
    slow = max((one.seconds for one in found), default=0.0)
    print(f"{'prepbench':<12}{'tasks':>7}{'specs':>7}{'right':>7}{'not right':>11}{'slowest s':>11}", file=out)
    print(f"{'':<12}{len(every):>7}{len(found):>7}{right:>7}{len(found) - right:>11}{slow:>11.3f}", file=out)
    for one in found:
        if one.outcome != "right":
            print(f"{one.id} {one.outcome}: {one.detail[:400]}", file=out)
    got_worse = worse(before, found)
    for old, new in got_worse:
        print(f"worse: {new.id}: {old.outcome} -> {new.outcome}", file=out)
    return 1 if got_worse or right < len(found) else 0


def _stored(file: Path) -> list[CaseResult]:
    if not file.is_file():
        return []
    return [CaseResult(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line]
