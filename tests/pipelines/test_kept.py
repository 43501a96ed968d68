"""Compiled plans that are kept: the same job as compiled afresh, and none where anything of it is another."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines import kept
from pipelines.compiler import compile_spec
from pipelines.job import Job
from spec.codec import from_plain
from spec.errors import SpecError
from spec.pipeline import Pipeline

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
PLAIN: dict[str, Any] = {
    "name": "totals",
    "timezone": "Europe/Rome",
    "sources": {
        "orders": {
            "location": "orders.csv",
            "columns": {"id": "INT", "region": "VARCHAR", "amount": "DECIMAL(18,2)", "paid": "TIMESTAMPTZ"},
            "primary_key": "id",
        },
    },
    "tables": {
        "areas": {"version": "1", "columns": {"region": "VARCHAR", "area": "VARCHAR"}, "rows": [["North", "Ours"]]}
    },
    "parameters": {"least": {"type": "DECIMAL(18,2)", "default": "0", "min": "0", "max": "10"}},
    "steps": [
        {
            "id": "large",
            "use": "filter",
            "from": "orders",
            "where": "amount >= $least and CAST(paid AS DATE) <= $today",
        },
        {
            "id": "by_region",
            "use": "aggregate",
            "from": "large",
            "group_by": "region",
            "measures": {"total": "sum(amount)", "mean": "avg(amount)"},
        },
    ],
    "checks": [{"check": "not_null", "on": "by_region", "columns": ["region"]}],
    "outputs": [
        {"file": "totals.csv", "from": "by_region", "order_by": "total desc"},
        {"file": "large.csv", "from": "large", "order_by": "region"},
    ],
}


def spec_with(**changes: Any) -> Pipeline:
    return from_plain(json.loads(json.dumps({**PLAIN, **changes})))


def compiled(spec: Pipeline, base: Path, *, now: datetime = NOW, **parameters: str) -> Job:
    return compile_spec(spec, base=base, parameters=parameters, now=now)


def loaded(spec: Pipeline, base: Path, *, now: datetime = NOW, **parameters: str) -> Job | None:
    found = kept.load(base, spec, base, parameters, now)
    return None if found is None else found.job


def file_of(workspace: Path) -> Path:
    [found] = (workspace / kept.FOLDER).iterdir()
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """One in which the plan was compiled and kept."""
    kept.save(tmp_path, compiled(spec_with(), tmp_path))
    return tmp_path


def test_a_plan_comes_back_as_it_was_compiled(workspace: Path) -> None:
    job = loaded(spec_with(), workspace)
    assert job == compiled(spec_with(), workspace)
    assert job is not None
    assert [stage.select.sql() for stage in job.stages if stage.select is not None]
    assert list(job.relations) == list(compiled(spec_with(), workspace).relations)


def test_the_time_of_the_run_is_its_own(workspace: Path) -> None:
    later = NOW + timedelta(days=40)
    assert loaded(spec_with(), workspace, now=later) == compiled(spec_with(), workspace, now=later)


def _changed(path: str, value: object) -> Callable[[], Pipeline]:
    def made() -> Pipeline:
        plain = json.loads(json.dumps(PLAIN))
        place: Any = plain
        *parts, last = path.split("/")
        for part in parts:
            place = place[int(part) if isinstance(place, list) else part]
        place[int(last) if isinstance(place, list) else last] = value
        return from_plain(plain)

    return made


@pytest.mark.parametrize(
    "changed",
    [
        _changed("sources/orders/columns/more", "VARCHAR"),
        _changed("sources/orders/columns/amount", "DECIMAL(18,4)"),
        _changed("sources/orders/location", "sales.csv"),
        _changed("sources/orders/options", {"date_format": "%d/%m/%Y"}),
        _changed("sources/orders/primary_key", []),
        _changed("tables/areas/rows", [["South", "Ours"]]),
        _changed("parameters/least/default", "1"),
        _changed("steps/0/where", "amount >= $least"),
        _changed("checks/0/severity", "warn"),
        _changed("checks/0/note", "why"),
        _changed("outputs/1/order_by", "id"),
        _changed("timezone", "America/New_York"),
        _changed("name", "others"),
        _changed("title", "another"),
    ],
)
def test_a_changed_spec_is_compiled(workspace: Path, changed: Callable[[], Pipeline]) -> None:
    assert loaded(spec_with(), workspace) is not None
    assert loaded(changed(), workspace) is None


def test_another_parameter_is_compiled_and_one_that_is_not_permitted_refused(workspace: Path) -> None:
    assert loaded(spec_with(), workspace, least="5") is None
    # What is given is what the plan says anyway.
    assert loaded(spec_with(), workspace, least="0") is not None
    with pytest.raises(SpecError, match="outside"):
        loaded(spec_with(), workspace, least="11")


def test_another_program_compiles_for_itself(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as changed:
        changed.setattr("duckdb.__version__", "0.0.1")
        assert loaded(spec_with(), workspace) is None
    with monkeypatch.context() as changed:
        changed.setattr(kept, "FORMAT", kept.FORMAT + 1)
        assert loaded(spec_with(), workspace) is None
    assert loaded(spec_with(), workspace) is not None


@pytest.mark.parametrize("unit", ["compiler.py", "expressions.py", "transforms/aggregate.py", "checks/not_null.py"])
def test_a_changed_file_of_the_program_compiles_afresh(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    mark = kept._mark
    monkeypatch.setattr(kept, "_mark", lambda file: [1, 2, 3] if file.endswith(f"pipelines/{unit}") else mark(file))
    assert loaded(spec_with(), workspace) is None


def _torn(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-40])


def _tampered(file: Path) -> None:
    content = file.read_bytes()
    assert content.count(b"avg") + content.count(b"Avg") > 0
    file.write_bytes(content.replace(b"Avg", b"Sum").replace(b"avg", b"sum"))


def _emptied(file: Path) -> None:
    file.write_bytes(b"")


def _of_another_key(file: Path) -> None:
    content = file.read_bytes()
    key = file.stem.encode()
    file.write_bytes(content.replace(b"dreflow 1 " + key, b"dreflow 1 " + b"0" * 64, 1))


def _readable(file: Path) -> None:
    file.chmod(0o640)


def _writable(file: Path) -> None:
    file.chmod(0o602)


def _in_a_folder_of_all(file: Path) -> None:
    file.parent.chmod(0o770)


def _linked(file: Path) -> None:
    elsewhere = file.parent.parent / "elsewhere.json"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "spoilt",
    [
        _torn, _tampered, _emptied, _of_another_key, _readable, _writable, _in_a_folder_of_all, _linked, _a_folder,
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_relied_on_is_not_used(workspace: Path, spoilt: Callable[[Path], None]) -> None:
    assert loaded(spec_with(), workspace) is not None
    spoilt(file_of(workspace))
    assert loaded(spec_with(), workspace) is None


def test_a_file_of_another_account_is_not_used(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    assert loaded(spec_with(), workspace) is None


def test_only_its_account_can_read_what_is_kept(workspace: Path) -> None:
    assert (workspace / kept.FOLDER).stat().st_mode & 0o777 == 0o700
    assert file_of(workspace).stat().st_mode & 0o777 == 0o600


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    # A file in the folder's place stops every account, the administrator's too.
    (tmp_path / kept.FOLDER).write_text("", encoding="utf-8")
    kept.save(tmp_path, compiled(spec_with(), tmp_path))
    assert loaded(spec_with(), tmp_path) is None


def test_the_plans_written_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    specs = [spec_with(name=name) for name in ("first", "second", "third")]
    for number, spec in enumerate(specs):
        kept.save(tmp_path, compiled(spec, tmp_path))
        for file in (tmp_path / kept.FOLDER).iterdir():
            os.utime(file, (number, min(file.stat().st_mtime, number)))
    assert [loaded(spec, tmp_path) is not None for spec in specs] == [False, True, True]


@pytest.mark.parametrize(
    "further",
    [
        {
            "loads": [{"from": "by_region", "connector": "duckdb", "location": "x.duckdb", "table": "totals"}],
            "allow": {"tables": ["x.duckdb/totals"]},
        },
        {"report": {"title": "T", "sections": [{"title": "S", "blocks": [{"kind": "table", "from": "by_region"}]}]}},
    ],
    ids=["loads", "report"],
)
def test_a_plan_that_does_more_than_write_its_files_is_not_kept(tmp_path: Path, further: dict[str, Any]) -> None:
    spec = spec_with(**further)
    kept.save(tmp_path, compiled(spec, tmp_path))
    assert not (tmp_path / kept.FOLDER).exists()
    assert loaded(spec, tmp_path) is None


@pytest.mark.parametrize(
    "changed",
    [
        _changed("steps/0/use", "theirs"),
        _changed("checks/0/check", "theirs"),
        _changed("sources/orders/connector", "sqlite"),
        _changed("sources/orders/connector", "theirs"),
    ],
)
def test_a_plan_with_a_unit_of_others_or_of_no_files_is_not_kept(changed: Callable[[], Pipeline]) -> None:
    assert kept.can_be_kept(spec_with())
    assert not kept.can_be_kept(changed())


def test_what_a_run_may_do_is_derived_from_the_spec_each_time(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise SpecError("not allowed")

    monkeypatch.setattr(kept, "effects_of", refused)
    with pytest.raises(SpecError, match="not allowed"):
        loaded(spec_with(), workspace)


def test_what_a_run_learned_is_kept_with_the_plan(workspace: Path) -> None:
    plan = kept.load(workspace, spec_with(), workspace, {}, NOW)
    assert plan is not None
    kept.learn(workspace, plan, {"a": "SELECT 1"})
    again = kept.load(workspace, spec_with(), workspace, {}, NOW)
    assert again is not None
    assert again.facts == {"a": "SELECT 1"}
    assert again.job == plan.job
