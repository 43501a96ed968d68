"""Cases written as YAML, one file each: found, run one after the other, shown as a table, and kept as lines.

A suite of such cases is a module of ``evals/suites`` with ``read(file, name)``, which makes the cases of a file, and
``run(case, place)``, which gives the result of one. Its cases lie in ``evals/cases/<suite>/<topic>/<case>.yaml``.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TextIO, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.outcomes import CaseResult, Outcome, worse
from spec.base import JsonValue
from spec.errors import SpecError
from spec.registry import Shelf

if TYPE_CHECKING:
    from evals.places import Place

CASES = Path(__file__).parent / "cases"
SUITES = Shelf("evals.suites", "suite")
_ORDER: tuple[Outcome, ...] = ("right", "wrong", "asked", "declined", "failed")
STRIDE = 25
"""After so many cases it is told how far a suite is."""
Told = TypeVar("Told", bound=BaseModel)


class Written(BaseModel):
    """A part of a case file. An unknown word is an error, so that nothing is asserted that nobody checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Case(Protocol):
    """One case. ``id`` is ``topic/file``, with a number where a file stands for several."""

    @property
    def id(self) -> str: ...
    @property
    def topic(self) -> str: ...

    @property
    def sample(self) -> bool:
        """Part of the fixed sample that every change is tested on."""

    @property
    def open(self) -> str:
        """Why the product does not do this yet; empty for what it must do."""


class Suite(Protocol):
    """What a module of ``evals/suites`` offers whose cases are YAML files."""

    def read(self, file: Path, name: str) -> Sequence[Case]:
        """Cases of one file; ``name`` is its topic and stem."""

    def run(self, case: Case, place: Place) -> None:
        """Hold the case to what it says; raises Unlike where something is otherwise."""


class Held(Protocol):
    """A case file that is one case."""

    @property
    def sample(self) -> bool:
        """Whether it is tested with every change."""

    @property
    def open(self) -> str:
        """Why it does not do yet."""


HeldT = TypeVar("HeldT", bound=Held)


@dataclass(frozen=True)
class FileCase(Generic[HeldT]):
    """The one case of a file; ``id`` is its topic and stem."""

    id: str
    held: HeldT

    @property
    def topic(self) -> str:
        """The folder it lies in."""
        return self.id.partition("/")[0]

    @property
    def sample(self) -> bool:
        """Whether it is tested with every change."""
        return self.held.sample

    @property
    def open(self) -> str:
        """Why it does not do yet."""
        return self.held.open


class Unlike(Exception):
    """Something is not what the case says. ``outcome`` tells how bad: an answer nobody asked for is worse than a no."""

    def __init__(self, message: str, outcome: Outcome = "wrong") -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass(frozen=True)
class Measured:
    """Results with the reasons why some cases are known to be open."""

    results: tuple[CaseResult, ...]
    open: dict[str, str]
    pending: tuple[str, ...] = ()
    """Parts of cases that are not done yet: told, never counted."""


def is_case_suite(name: str) -> bool:
    """Whether ``name`` is a suite whose cases are YAML files."""
    return name in SUITES.names() and any((CASES / name).rglob("*.yaml"))


def suite_of(path: Path) -> str | None:
    """The suite that a path's case files belong to, by the folder they lie in or by their form; None without cases."""
    files = [path] if path.suffix == ".yaml" else sorted(path.rglob("*.yaml")) if path.is_dir() else []
    if not files:
        return None
    inside = [part for part in path.resolve().parts if is_case_suite(part)]
    return inside[-1] if inside else next((suite for suite in SUITES.names() if _reads(suite, files[0])), None)


def _reads(suite: str, file: Path) -> bool:
    if not is_case_suite(suite):
        return False
    try:
        return bool(cast("Suite", SUITES.load(suite)).read(file, file.stem))
    except SpecError:
        return False


def run_cases(suite: str, results: Path, out: TextIO, *, path: Path | None = None) -> int:
    """Run a suite's cases, or those of a path; 0 when all that must be right is right and nothing got worse, else 1."""
    measured = measure(suite, path=path, told=sys.stderr)
    _print_table(suite, measured, out)
    file = results / f"{suite}.jsonl"
    before = _stored(file)
    _store(file, before, measured.results, whole=path is None)
    for old, new in worse(before, measured.results):
        print(f"worse: {new.id}: {old.outcome} -> {new.outcome}. {new.detail}", file=out)
    return _verdict(measured, before, results, out)


def measure(suite: str, *, path: Path | None = None, sample: bool = False, told: TextIO | None = None) -> Measured:
    """All cases of a suite, or those of a path or of the sample, one after the other under pydantic-evals.

    ``told`` hears how far it is, and at once of a case that is not right.
    """
    from pydantic_evals import Case as Timed
    from pydantic_evals import Dataset

    from evals.places import Places

    unit = cast("Suite", SUITES.load(suite))
    cases = [case for case in find_cases(suite, path=path) if case.sample or not sample]
    dataset: Dataset[Case, CaseResult, None] = Dataset(
        name=suite, cases=[Timed(name=case.id, inputs=case) for case in cases]
    )
    counted = itertools.count(1)
    with tempfile.TemporaryDirectory(prefix="dreflow-evals-") as folder, Places(Path(folder)) as places:

        async def task(case: Case) -> CaseResult:
            result = _result(suite, case, lambda: unit.run(case, places.new(case.id)))
            _tell(result, next(counted), len(cases), told)
            return result

        # On a loop of its own, closed afterwards; the synchronous form leaves one open.
        report = asyncio.run(dataset.evaluate(task, max_concurrency=1, progress=False))
    if report.failures:
        failed = report.failures[0]
        raise RuntimeError(f"{suite} {failed.name}: {failed.error_message}")
    pending = tuple(f"{case.id}: {part}" for case in cases for part in getattr(case, "pending", ()))
    return Measured(
        tuple(case.output for case in report.cases), {case.id: case.open for case in cases if case.open}, pending
    )


def _tell(result: CaseResult, number: int, count: int, told: TextIO | None) -> None:
    if told is not None and (result.outcome != "right" or number % STRIDE == 0):
        wrong = f": {result.id} {result.outcome}" if result.outcome != "right" else ""
        print(f"{number} of {count} cases{wrong}", file=told, flush=True)


def find_cases(suite: str, *, path: Path | None = None) -> list[Case]:
    """Cases in the order of their files' names."""
    unit = cast("Suite", SUITES.load(suite))
    home = CASES / suite
    files = [path] if path is not None and path.is_file() else sorted((path or home).rglob("*.yaml"))
    return [case for file in files for case in unit.read(file, f"{file.parent.name}/{file.stem}")]


def read_case(file: Path, model: type[Told]) -> Told:
    """A case file as its suite writes it; raises SpecError naming file and field."""
    import yaml

    try:
        plain = yaml.safe_load(file.read_text(encoding="utf-8"))
        return model.model_validate(plain)
    except yaml.YAMLError as error:
        raise SpecError(f"The case is not valid YAML: {error}.", where={"file": str(file)}) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SpecError(f"The case is not valid: {first['msg']}.", where={"file": str(file), "field": field}) from None


def _result(suite: str, case: Case, run: Callable[[], None]) -> CaseResult:
    started = time.perf_counter()
    outcome: Outcome = "right"
    detail = ""
    try:
        run()
    except Unlike as unlike:
        outcome, detail = unlike.outcome, str(unlike)
    except Exception as error:  # noqa: BLE001 - a crash is the worst result of a case, not the end of the suite
        outcome, detail = "failed", f"{type(error).__name__}: {error}"
    return CaseResult(
        id=case.id,
        set=suite,
        outcome=outcome,
        construct=case.topic,
        seconds=round(time.perf_counter() - started, 3),
        detail=" ".join(detail.split()),
    )


def _print_table(suite: str, measured: Measured, out: TextIO) -> None:
    head = f"{suite:<22}{'cases':>6}" + "".join(f"{name:>10}" for name in _ORDER) + f"{'p95 s':>9}"
    print(head, file=out)
    topics = list(dict.fromkeys(result.construct for result in measured.results))
    for topic in topics:
        print(_line(topic, [result for result in measured.results if result.construct == topic]), file=out)
    if len(topics) > 1:
        print(_line("all", measured.results), file=out)


def _line(name: str, results: Sequence[CaseResult]) -> str:
    counts = dict.fromkeys(_ORDER, 0)
    for result in results:
        counts[result.outcome] += 1
    seconds = sorted(result.seconds for result in results)
    slow = seconds[int(0.95 * (len(seconds) - 1))] if seconds else 0.0
    return f"{name:<22}{len(results):>6}" + "".join(f"{counts[name]:>10}" for name in _ORDER) + f"{slow:>9.3f}"


def _verdict(measured: Measured, before: Sequence[CaseResult], results: Path, out: TextIO) -> int:
    due = 0
    for result in measured.results:
        reason = measured.open.get(result.id)
        if result.outcome == "right":
            if reason:
                print(f"no longer open: {result.id} is right now; take 'open' out of its file", file=out)
            continue
        due += reason is None
        print(f"{'open' if reason else 'not right'}: {result.id}: {result.outcome}. {result.detail[:400]}", file=out)
    for part in measured.pending:
        print(f"pending: {part}", file=out)
    got_worse = worse(before, measured.results)
    right = sum(result.outcome == "right" for result in measured.results)
    print(
        f"{right} of {len(measured.results)} as they must be, {len(measured.results) - right - due} open, "
        f"{len(got_worse)} worse than the last time; every case is in {results}",
        file=out,
    )
    return 1 if due or got_worse else 0


def _stored(file: Path) -> list[CaseResult]:
    if not file.is_file():
        return []
    return [CaseResult(**json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line]


def _store(file: Path, before: Sequence[CaseResult], now: Sequence[CaseResult], *, whole: bool) -> None:
    """Keep the last result of each case; a part of the suite leaves what is known of the rest as it is."""
    kept = {} if whole else {result.id: result for result in before}
    kept |= {result.id: result for result in now}
    file.parent.mkdir(parents=True, exist_ok=True)
    lines: list[dict[str, JsonValue]] = [result.to_json() for result in kept.values()]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
