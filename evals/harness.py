"""Running suites: a table on stdout, a file with every case, and what got worse since the last time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TextIO, cast

from evals.casefiles import SUITES, is_case_suite, run_cases, suite_of
from evals.outcomes import CaseResult, Summary, summarise, trade_off, worse
from evals.suites.questions import Item, QuestionSet, is_set
from spec.errors import UsageError

OWN_CASES = Path(__file__).parent / "cases"
RESULTS = Path(".dreflow") / "evals"
_GATES = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


class Standalone(Protocol):
    """A suite that is neither questions to tables nor YAML cases, and measures itself."""

    def run_suite(self, results: Path, out: TextIO) -> int:
        """Print its table and keep every case below ``results``; 0 when nothing got worse, else 1."""


def run_eval(
    name: str, *, results: Path = RESULTS, typed: bool = True, out: TextIO | None = None, constructs: bool = True
) -> int:
    """Measure a suite, a set or a folder of sets. 0 when nothing got worse than the stored result, else 1.

    ``name``: ``questions`` (all sets that can be found), a suite of cases (``conversation``, ``spec``), one that
    measures itself (``docs``), the name of a set, or the path of a set, a case or a folder of cases. ``results`` is
    where the last result is kept: a line a case, ``SET.jsonl``. Of a suite of cases, one that is not right makes 1 as
    well, unless its file says that it is open.
    Raises UsageError when there is no such suite or set.
    """
    out = out or sys.stdout
    suite = name if is_case_suite(name) else suite_of(Path(name))
    if suite is None and name in SUITES.names() and hasattr(unit := SUITES.load(name), "run_suite"):
        return cast("Standalone", unit).run_suite(results, out)
    if suite is not None:
        return run_cases(suite, results, out, path=None if suite == name else Path(name))
    folders = find_sets(name)
    everything: list[CaseResult] = []
    regressions: list[tuple[CaseResult, CaseResult]] = []
    print(_HEAD, file=out)
    for folder in folders:
        found = measure(folder, typed=typed)
        everything += found
        print(_line(summarise(folder.name, found)), file=out)
        file = results / f"{folder.name}{'' if typed else '-sniffed'}.jsonl"
        regressions += worse(_stored(file), found)
        _store(file, found)
    if len(folders) > 1:
        print(_line(summarise("all", everything)), file=out)
    if constructs:
        _print_constructs(everything, out)
        _print_curve(everything, out)
    for old, new in regressions:
        print(f"worse: {new.set} {new.id}: {old.outcome} -> {new.outcome}. {new.detail[:200]}", file=out)
    print(f"{len(regressions)} cases got worse; every case is in {results}", file=out)
    return 1 if regressions else 0


def find_sets(name: str) -> list[Path]:
    """Folders of the sets that a name or a path stands for."""
    roots = [OWN_CASES]
    if os.environ.get("DREFLOW_EVALS"):
        roots.append(Path(os.environ["DREFLOW_EVALS"]) / "nl2sql")
    known = {
        folder.name: folder for root in roots if root.is_dir() for folder in sorted(root.iterdir()) if is_set(folder)
    }
    if name == "questions":
        return list(known.values())
    if name in known:
        return [known[name]]
    path = Path(name)
    if is_set(path):
        return [path]
    if path.is_dir():
        inside = [folder for folder in sorted(path.iterdir()) if is_set(folder)]
        if inside:
            return inside
    raise UsageError(
        f"There is no suite or set called {name!r}.",
        hint=f"Known are {', '.join((*SUITES.names(), *sorted(known)))}, "
        "or the path of a folder with questions.jsonl and tables/. "
        "DREFLOW_EVALS names a folder with more sets.",
        data={"unknown": name, "known": [*SUITES.names(), *sorted(known)]},
    )


def measure(folder: Path, *, typed: bool = True) -> list[CaseResult]:
    """All cases of one set, run one after the other under pydantic-evals."""
    from pydantic_evals import Case, Dataset

    questions = QuestionSet(folder, typed=typed)
    items = list(questions.items())
    dataset: Dataset[Item, CaseResult, None] = Dataset(
        name=folder.name, cases=[Case(name=item.id, inputs=item) for item in items]
    )

    async def task(item: Item) -> CaseResult:
        return questions.run(item)

    # On a loop of its own, closed afterwards; the synchronous form leaves one open.
    report = asyncio.run(dataset.evaluate(task, max_concurrency=1, progress=False))
    if report.failures:
        failed = report.failures[0]
        raise RuntimeError(f"{folder.name} {failed.name}: {failed.error_message}")
    return [case.output for case in report.cases]


_HEAD = (
    f"{'set':<22}{'cases':>6}{'strict':>9}{'relaxed':>9}{'coverage':>10}{'precision':>11}{'kept back':>13}{'p95 s':>8}"
)


def _line(summary: Summary) -> str:
    kept = f"{summary.kept_back}/{summary.unanswerable}" if summary.unanswerable else "-"
    return (
        f"{summary.name:<22}{summary.cases:>6}{summary.strict_accuracy:>9.1%}{summary.relaxed_accuracy:>9.1%}"
        f"{summary.coverage:>10.1%}{summary.precision:>11.1%}{kept:>13}{summary.slow:>8.3f}"
    )


def _print_constructs(results: Sequence[CaseResult], out: TextIO) -> None:
    wrong = summarise("", results).wrong_by_construct
    if wrong:
        print("wrong by construct: " + ", ".join(f"{name} {count}" for name, count in wrong.most_common(12)), file=out)


def _print_curve(results: Sequence[CaseResult], out: TextIO) -> None:
    print(
        "confidence gate: "
        + "  ".join(f"{gate:.2f} cov {cov:.0%} prec {prec:.0%}" for gate, cov, prec in trade_off(results, _GATES)),
        file=out,
    )


def _stored(file: Path) -> list[CaseResult]:
    if not file.is_file():
        return []
    return [CaseResult(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line]


def _store(file: Path, results: Sequence[CaseResult]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(json.dumps(result.to_json(), ensure_ascii=False) + "\n" for result in results), encoding="utf-8"
    )
