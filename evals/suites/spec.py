"""Specs: a plan and small tables give exactly the stated rows, or the stated error.

A case holds its ``data`` (files with their text), its ``spec`` and its clock. It ends in ``files`` (CSV text of each
output; in the file's own order where the output states one), or in ``fails``: an error's kind, with the place it
names and words of it. A run may also be held back (``status: blocked`` with ``failed_checks``), set rows aside
(``quarantined``) or write tables of a database file (``tables``). Cases are run as the shell runs them: a plan with
effects is refused until it is approved, and a second run and a replay give the same digests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from evals.casefiles import FileCase, Unlike, Written, read_case
from evals.places import Place, read_rows, read_table, rows_of, same_rows
from spec.codec import digest, load_spec, parse_spec, to_yaml
from spec.errors import DreflowError
from spec.pipeline import Pipeline
from spec.run import RunResult


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more)]


class Failure(Written):
    """The error a case must end in, raised before the run or told in its result."""

    kind: str
    where: dict[str, str | int] = Field(default={}, description="Part of the place it names.")
    says: Texts = ()


class SpecFile(Written):
    """A case file."""

    title: str
    data: dict[str, str] = Field(default={})
    spec: str = Field(description="The plan's YAML, as its file holds it.")
    now: datetime = datetime.fromisoformat("2026-07-15T09:00:00+00:00")
    parameters: dict[str, str] = Field(default={})
    status: Literal["succeeded", "blocked", "failed"] = "succeeded"
    files: dict[str, str] = Field(default={})
    tables: dict[str, str] = Field(default={}, description="'place/table' of a database file beside the plan.")
    twice: bool = Field(default=False, description="Tables hold the stated rows after a second run as well.")
    checks: dict[str, bool] = Field(default={}, description="'check on' of a check to whether it passed.")
    quarantined: dict[str, int] = Field(default={}, description="Table to the number of rows set aside.")
    says: Texts = Field(default=(), description="Words of the details of checks.")
    fails: Failure | None = None
    sample: bool = True
    open: str = ""

    @model_validator(mode="after")
    def _something_is_expected(self) -> SpecFile:
        expected = (self.files, self.tables, self.fails, self.quarantined, self.checks)
        if not any(expected):
            raise ValueError("a case states files, tables, checks, quarantined or fails")
        return self


SpecCase = FileCase[SpecFile]


def read(file: Path, name: str) -> Sequence[SpecCase]:
    """The case of a file."""
    return [SpecCase(name, read_case(file, SpecFile))]


def run(case: SpecCase, place: Place) -> None:
    """Compile, prove and run one case; raises Unlike."""
    held = case.held
    place.write(held.data)
    try:
        place.spec_file.write_text(held.spec, encoding="utf-8")
        spec = load_spec(place.spec_file)
        _prove(spec, place, held)
        result = place.run(held.now, parameters=held.parameters)
    except DreflowError as error:
        _check_error(held.fails, error.to_json())
        return
    if result.status == "failed":
        _check_error(held.fails, result.error or {"kind": "?", "message": result.message})
        return
    if held.fails is not None:
        raise Unlike(f"The run {result.status}; it should have failed with {held.fails.kind!r}.")
    _check_result(held, spec, result, place)


def _prove(spec: Pipeline, place: Place, held: SpecFile) -> None:
    """Prove it as the shell does, and see that it stays the same plan when it is written and read again."""
    from tools.plans import prove

    if digest(parse_spec(to_yaml(spec))) != digest(spec):
        raise Unlike("Written and read again, the plan has another digest.")
    if not held.parameters and not held.fails:
        proof = prove(place.context(held.now), spec, base=place.folder, now=held.now)
        proven = all(check.passed or check.severity == "warn" for check in proof.checks)
        if proven != (held.status == "succeeded"):
            raise Unlike(f"Proven is {proven}, but the run must end as {held.status}.")


def _check_error(expected: Failure | None, error: Mapping[str, object]) -> None:
    if expected is None:
        raise Unlike(f"{error['kind']} error: {error['message']} {error.get('where')} {error.get('hint')}", "failed")
    if error["kind"] != expected.kind:
        raise Unlike(f"The error is {error['kind']!r}, not {expected.kind!r}: {error['message']}", "failed")
    where = error.get("where")
    found = where if isinstance(where, dict) else {}
    for key, value in expected.where.items():
        if found.get(key) != value:
            raise Unlike(f"The error names {found}, without {key} {value!r}: {error['message']}", "failed")
    shown = f"{error['message']} {error.get('hint')}"
    for words in expected.says:
        if words.casefold() not in shown.casefold():
            raise Unlike(f"The error does not say {words!r}: {shown}", "failed")


def _check_result(held: SpecFile, spec: Pipeline, result: RunResult, place: Place) -> None:
    if result.status != held.status:
        failed = [f"{check.check} {check.on}: {check.detail}" for check in result.checks if not check.passed]
        raise Unlike(f"The run {result.status}, not {held.status}: {result.message} {failed}", "failed")
    if result.tokens:
        raise Unlike(f"The run spent {result.tokens} tokens.")
    _check_checks(held, result)
    aside = {one.table: one.rows for one in result.quarantined}
    if aside != held.quarantined:
        raise Unlike(f"Set aside are {aside}, not {held.quarantined}.")
    _check_files(held, spec, place)
    if result.status == "succeeded":
        _check_tables(held, place)
        place.run_again(result, held.now, parameters=held.parameters)
        if held.twice:
            _check_tables(held, place)


def _check_checks(held: SpecFile, result: RunResult) -> None:
    passed: dict[str, bool] = {}
    for check in result.checks:
        name = f"{check.check} {check.on}"
        passed[name] = passed.get(name, True) and check.passed
    for name, due in held.checks.items():
        if passed.get(name) is not due:
            raise Unlike(f"{name} passed: {passed.get(name)}, not {due}; the checks are {passed}.")
    unnamed = [name for name, good in passed.items() if not good and name not in held.checks]
    if unnamed:
        raise Unlike(f"{', '.join(unnamed)} failed, which the case does not say.")
    shown = " ".join(f"{check.detail} {check.expected} {check.found}" for check in result.checks)
    for words in held.says:
        if words.casefold() not in shown.casefold():
            raise Unlike(f"The checks do not say {words!r}: {shown}")


def _check_files(held: SpecFile, spec: Pipeline, place: Place) -> None:
    sorted_ones = {step.id for step in spec.steps if step.use == "sort"}
    for output in spec.outputs:
        if held.status != "succeeded":
            if (place.out / output.file).exists():
                raise Unlike(f"{output.file} was published by a run that was held back.")
            continue
        if output.file not in held.files:
            raise Unlike(f"The case does not say what {output.file} holds.")
        ordered = bool(output.order_by) or output.from_ in sorted_ones
        same_rows(output.file, read_rows(place.out / output.file), rows_of(held.files[output.file]), ordered=ordered)


def _check_tables(held: SpecFile, place: Place) -> None:
    for name, text in held.tables.items():
        at, _, table = name.rpartition("/")
        same_rows(name, read_table(place.folder / at, table), rows_of(text))
