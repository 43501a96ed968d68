"""A run of a plan that was compiled before is the run that compiling it gives, and does without SQLGlot."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import duckdb
import pytest
from shell import environment
from sqlglot import exp, parse_one
from sqlglot.dialects.dialect import Dialect

from connectors import trees
from connectors.files.destination import prepare, write_file
from evals.casefiles import FileCase, find_cases
from evals.suites.spec import SpecCase
from memory.workspace import Workspace
from pipelines import kept
from spec.errors import DreflowError
from tools import runs
from tools.context import Context

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
CASES = [case for case in find_cases("spec") if isinstance(case, FileCase) and not case.held.tables]
FORMATS = ("csv", "tsv", "json", "ndjson", "parquet", "xlsx")
OF_THE_RUN = {"run_id", "started", "finished", "events"}
SPEC = """
name: totals
sources:
  orders: {location: orders.csv, columns: {id: BIGINT, region: VARCHAR, total: 'DECIMAL(18,2)'}, primary_key: id}
steps:
  - {id: by_region, use: aggregate, from: orders, group_by: region, measures: {total: sum(total)}}
checks:
  - {check: not_null, on: by_region, columns: region}
outputs:
  - {file: totals.csv, from: by_region, order_by: region}
"""
TOLD = """
import sys
from integrations.cli.app import main
code = main(["run", "totals.yaml", "--json", *sys.argv[1:]])
print("sqlglot" in sys.modules, "pipelines.compiler" in sys.modules, file=sys.stderr)
sys.exit(code)
"""


class Desk:
    """A folder with a plan and its data, where runs are compared."""

    def __init__(self, folder: Path, spec: str, *, now: datetime = NOW, **parameters: str) -> None:
        self.folder = folder
        self.now = now
        self.parameters = parameters
        (folder / "spec.yaml").write_text(spec, encoding="utf-8")
        self.context = Context(Workspace(folder / ".dreflow", now), "ada")

    def run(self, *, alone: bool) -> tuple[str, dict[str, list[bytes]]]:
        """What a run says and writes; ``alone`` as in a process of its own."""
        spare = duckdb.connect(":memory:") if alone else None
        file, out = self.folder / "spec.yaml", self.folder / "out"
        try:
            result = runs.run(self.context, file, now=self.now, out=out, parameters=self.parameters, spare=spare)
        except DreflowError as error:
            return json.dumps(error.to_json(), default=str), {}
        document = {key: value for key, value in result.model_dump(mode="json").items() if key not in OF_THE_RUN}
        # Where a plan states no order, the rows of a file have none; a workbook holds when it was made.
        written = [path for path in out.glob("*") if path.is_file() and path.suffix != ".xlsx"]
        return json.dumps(document, default=str), {
            path.name: sorted(path.read_bytes().splitlines()) for path in written
        }


def desk_of(folder: Path, case: SpecCase) -> Desk:
    """The desk of a case, with its data."""
    for name, text in case.held.data.items():
        file = folder / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return Desk(folder, case.held.spec, now=case.held.now, **case.held.parameters)


@pytest.fixture
def tapes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[trees.Recording]]:
    """The recordings of runs that begin as in a new process, without SQLGlot."""
    found: list[trees.Recording] = []
    begin = trees.begin

    def begun() -> trees.Recording | None:
        tape = begin()
        if tape is not None:
            found.append(tape)
        return tape

    monkeypatch.setattr(trees, "is_loaded", lambda: False)
    monkeypatch.setattr(trees, "begin", begun)
    yield found
    assert trees.exp.Select.__module__.startswith("sqlglot"), "a recording goes on after its run"


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.id))
def test_a_run_of_a_kept_plan_is_the_run_of_the_compiled_one(
    tmp_path: Path, case: SpecCase, tapes: list[trees.Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: set[object] = set()
    generate = Dialect.generate

    def noted(*args: object, **named: object) -> object:
        text = generate(*args, **named)  # type: ignore[arg-type]
        texts.add(text)
        return text

    desk = desk_of(tmp_path, case)
    with monkeypatch.context() as patched:
        patched.setattr(Dialect, "generate", noted)
        afresh = desk.run(alone=False)
    assert not (tmp_path / ".dreflow" / kept.FOLDER).exists()
    assert [desk.run(alone=True) for _ in range(3)] == [afresh] * 3
    if not (tmp_path / ".dreflow" / kept.FOLDER).exists():
        # It is not compiled at all, or does what only a compile can say.
        return
    last = tapes[-1]
    known = {text for text in last.facts.values() if isinstance(text, str)}
    # A file that is read record by record is copied under a name of its own in every run.
    passing = {text for text in known if "/dreflow-" in text}
    assert known - passing <= texts
    assert not last.has_built or not last.is_exact or passing


def test_most_plans_of_files_run_without_a_tree(tmp_path: Path, tapes: list[trees.Recording]) -> None:
    counted = {True: 0, False: 0}
    for case in (case for case in CASES if str(case.id).startswith("checks/")):
        folder = tmp_path / str(case.id).replace("/", "-")
        folder.mkdir()
        desk = desk_of(folder, case)
        for _ in range(3):
            desk.run(alone=True)
        if (folder / ".dreflow" / kept.FOLDER).exists():
            counted[tapes[-1].has_built] += 1
    assert counted[True] == 0
    assert counted[False] > 10


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_is_read_and_written_alike(tmp_path: Path, ending: str, tapes: list[trees.Recording]) -> None:
    columns = {"id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(18,2)", "day": "DATE", "share": "DOUBLE"}
    picked = ", ".join(f"CAST({name} AS {type_}) AS {name}" for name, type_ in columns.items())
    values = "(1, 'a', 2.50, '2026-01-02', 0.5), (2, NULL, 1, NULL, 2)"
    rows = f"SELECT {picked} FROM (VALUES {values}) t({', '.join(columns)})"
    with duckdb.connect() as here:
        prepare(here, [f"rows.{ending}"])
        write_file(here, cast("exp.Query", parse_one(rows, dialect="duckdb")), tmp_path / f"rows.{ending}")
    spec = {
        "version": 1,
        "name": "formats",
        "sources": {"rows": {"location": f"rows.{ending}", "columns": columns}},
        "steps": [{"id": "kept", "use": "filter", "from": "rows", "where": "id > 0"}],
        "outputs": [{"file": f"kept.{form}", "from": "kept", "order_by": "id"} for form in FORMATS],
    }
    desk = Desk(tmp_path, json.dumps(spec))
    afresh = desk.run(alone=False)
    assert json.loads(afresh[0])["status"] == "succeeded"
    assert [desk.run(alone=True) for _ in range(3)] == [afresh] * 3
    assert len(tapes) == 3


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "orders.csv").write_text("id,region,total\n1,North,2.50\n2,South,1.00\n", encoding="utf-8")
    (tmp_path / "totals.yaml").write_text(SPEC, encoding="utf-8")
    return tmp_path


def told(shop: Path, *arguments: str) -> tuple[dict[str, object], str]:
    """The document of ``dreflow run``, and whether SQLGlot and the compiler were loaded."""
    done = subprocess.run(
        [sys.executable, "-c", TOLD, *arguments],
        cwd=shop, env=environment(shop), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    return {key: value for key, value in found.items() if key not in OF_THE_RUN}, done.stderr.strip()


def test_a_plan_that_ran_before_runs_without_sqlglot(shop: Path) -> None:
    first, loaded = told(shop)
    assert loaded == "True True"
    second, loaded = told(shop)
    assert loaded == "True False"
    third, loaded = told(shop)
    assert loaded == "False False"
    assert first == second == third
    # Other rows, another time and another folder are no other plan.
    (shop / "orders.csv").write_text("id,region,total\n1,North,2.50\n3,East,7.00\n", encoding="utf-8")
    fourth, loaded = told(shop, "--now", "2026-12-24T08:00:00Z", "--out", "elsewhere")
    assert loaded == "False False"
    assert (shop / "elsewhere" / "totals.csv").read_text(encoding="utf-8") == "region,total\nEast,7.00\nNorth,2.50\n"
    assert fourth["outputs"] != third["outputs"]


def test_another_text_of_the_plan_is_compiled(shop: Path) -> None:
    for _ in range(3):
        told(shop)
    (shop / "totals.yaml").write_text(SPEC.replace("sum(total)", "max(total)"), encoding="utf-8")
    _, loaded = told(shop)
    assert loaded == "True True"
    changed = SPEC.replace("sum(total)", "min(total)").replace("order_by: region", "order_by: total")
    (shop / "totals.yaml").write_text(changed, encoding="utf-8")
    _, loaded = told(shop)
    assert loaded == "True True"


def test_data_that_breaks_a_kept_plan_stops_it_as_before(shop: Path) -> None:
    for _ in range(3):
        told(shop)
    (shop / "orders.csv").write_text("id,region,total\n1,North,2.50\n1,South,1.00\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        cwd=shop, env=environment(shop), capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["status"] == "blocked"
    assert [check["check"] for check in found["checks"] if not check["passed"]] == ["primary_key"]


def test_a_kept_plan_that_cannot_be_relied_on_is_compiled_and_said_nothing_of(shop: Path) -> None:
    first, _ = told(shop)
    told(shop)
    [file] = (shop / ".dreflow" / kept.FOLDER).iterdir()
    file.write_bytes(file.read_bytes().replace(b"total", b"tot4l"))
    again, loaded = told(shop)
    assert loaded == "True True"
    assert again == first
