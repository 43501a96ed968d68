"""Compiled plans, kept beside the runs of a workspace, so that a plan which was compiled before is not compiled again.

What is kept is a function of the spec and of the parameters given, and of this program: it is found by a digest of the
first two, and only where no file that the compile was made of has changed since. It can be deleted at any time. What a
run may do is not taken from it: effects, and what the spec allows, are derived from the spec in every run, and a plan
that reaches further than its output folder is not kept at all. A file that is torn, was changed, is another's, or could
be read or written by another account is not used, and nobody is told: the spec is compiled, as without it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from connectors.files.options import with_made
from connectors.trees import noted
from pipelines.contract import CHECKS, TRANSFORMS
from pipelines.effects import effects_of
from pipelines.job import HERE, CompiledCheck, Field, Job, Origin, Relation, Stage
from pipelines.values import BUILT_IN, parameter_values
from spec.base import JsonValue
from spec.codec import digest
from spec.pipeline import Pipeline
from spec.records import record

if TYPE_CHECKING:
    from sqlglot import exp

FOLDER = "compiled"
FORMAT = 1
MOST = 64
"""How many plans are kept; the one that was written longest ago goes first."""
_OWN = ("connectors", "pipelines", "spec")
_NOBODY_ELSE = stat.S_IRWXG | stat.S_IRWXO
_WRITTEN_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


@record(frozen=True)
class Kept:
    """A compiled plan. ``file`` is what was read of it."""

    job: Job
    file: Mapping[str, Any]

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """What earlier runs found out about its statements."""
        return cast("Mapping[str, JsonValue]", self.file["facts"])


def can_be_kept(spec: Pipeline) -> bool:
    """Whether the plan reads files and writes files, and all of its steps and checks are ours."""
    return (
        all(source.connector == "files" for source in spec.sources.values())
        and not (spec.loads or spec.sends or spec.report is not None)
        and all(TRANSFORMS.is_ours(step.use) for step in spec.steps)
        and all(CHECKS.is_ours(check.check) for check in spec.checks)
    )


def load(
    workspace: Path, spec: Pipeline, base: Path, parameters: Mapping[str, JsonValue] | None, now: datetime
) -> Kept | None:
    """The plan as compiled before, for ``now``; None where it is not kept, or what is kept cannot be relied on.

    Raises SpecError for parameters and effects that the spec does not permit, as compiling it does.
    """
    if not can_be_kept(spec):
        return None
    values = parameter_values(spec, parameters or {}, now)
    key = _key(spec, values)
    body = _read(workspace / FOLDER, key)
    if body is None or not _same_program(body["program"]):
        return None
    relations = {item["name"]: _relation(item) for item in body["relations"]}
    effects, _ = effects_of(spec, {name.casefold(): item for name, item in relations.items()}, rebound=False)
    job = Job(
        spec=spec,
        digest=digest(spec),
        base=base,
        sources={
            name: with_made(source).model_copy(update={"columns": body["columns"][name]})
            for name, source in spec.sources.items()
        },
        relations=relations,
        stages=tuple(map(_stage, body["stages"])),
        checks=tuple(map(_check, body["checks"])),
        outputs=tuple(
            output.model_copy(update={"order_by": tuple(order)})
            for output, order in zip(spec.outputs, body["orders"], strict=True)
        ),
        loads=(),
        effects=effects,
        parameters={name: value for name, (_, value) in values.items()},
        notes=tuple(body["notes"]),
        why_engine=body["why_engine"],
        parameter_types={name: type_ for name, (type_, _) in values.items()},
        quarantine=body["quarantine"],
    )
    return Kept(job, {**body, "key": key})


def save(workspace: Path, job: Job) -> None:
    """Keep a job as ``compile_spec`` made it, with the spec's own sources, where the workspace can be written."""
    if not can_be_kept(job.spec) or job.engine != HERE or any(stage.apply is not None for stage in job.stages):
        return
    if not all(map(_is_whole, _queries(job))):
        return
    values = {name: (job.parameter_types[name], value) for name, value in job.parameters.items()}
    body = {
        "key": _key(job.spec, values),
        "program": _program(),
        "columns": {name: dict(source.columns) for name, source in job.sources.items()},
        "relations": [_plain_relation(item) for item in job.relations.values()],
        "stages": [_plain_stage(item) for item in job.stages],
        "checks": [_plain_check(item) for item in job.checks],
        "orders": [list(output.order_by) for output in job.outputs],
        "notes": list(job.notes),
        "why_engine": job.why_engine,
        "quarantine": dict(job.quarantine),
        "facts": {},
    }
    _write(workspace / FOLDER, body)


def learn(workspace: Path, kept: Kept, facts: Mapping[str, JsonValue]) -> None:
    """Keep with a plan what its run found out about its statements, and which further files of ours it used."""
    then, program = kept.file["program"], _program()
    files = {**cast("dict[str, JsonValue]", program["files"]), **then["files"]}
    _write(workspace / FOLDER, {**kept.file, "program": {**program, "files": files}, "facts": dict(facts)})


def _queries(job: Job) -> list[exp.Query]:
    found = [stage.select for stage in job.stages]
    found += [query for check in job.checks for query in (check.query, check.evidence)]
    return [query for query in found if query is not None]


def _is_whole(query: exp.Query) -> bool:
    """Whether a tree comes back as it was."""
    kept = tree(_dumped(query))
    return kept == query and kept.sql(dialect="duckdb") == query.sql(dialect="duckdb")


def _key(spec: Pipeline, values: Mapping[str, tuple[str, JsonValue]]) -> str:
    """All that is compiled: every field of the spec, and the parameters but for the time, which is bound to the SQL."""
    given = {name: value for name, value in values.items() if name not in BUILT_IN}
    text = json.dumps([FORMAT, spec.model_dump(mode="json", by_alias=True), given], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _program() -> dict[str, JsonValue]:
    """Which program compiled: Python, DuckDB, SQLGlot, and each file of ours that was loaded, by its size and times."""
    modules = [module for name, module in sorted(sys.modules.items()) if name.partition(".")[0] in _OWN]
    files = [module.__file__ for module in modules if module.__file__ is not None]
    return {"versions": _versions(), "files": {file: _mark(file) for file in files}}


def _same_program(program: Mapping[str, Any]) -> bool:
    try:
        return program["versions"] == _versions() and all(
            mark == _mark(file) for file, mark in program["files"].items()
        )
    except OSError:
        # A file is gone.
        return False


def _versions() -> list[JsonValue]:
    from importlib.util import find_spec

    import duckdb

    # Importing it for its version is what is to be spared.
    found = find_spec("sqlglot")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    sqlglot = [Path(place, "_version.py").read_text(encoding="utf-8") for place in places]
    return [sys.version, duckdb.__version__, *cast("list[JsonValue]", sqlglot)]


def _mark(file: str) -> list[JsonValue]:
    found = os.stat(file)  # noqa: PTH116 - a hundred of them, for which a Path each would take longer
    # What a package brings may well have one time for all versions; that of the change is the disk's own.
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _read(folder: Path, key: str) -> dict[str, Any] | None:
    try:
        if not _is_own(folder):
            return None
        handle = os.open(folder / f"{key}.json", os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            if found.st_mode & _NOBODY_ELSE or found.st_uid != os.geteuid() or not stat.S_ISREG(found.st_mode):
                return None
            head, _, content = file.read().partition(b"\n")
    except OSError:
        # There is none, or it is not for us.
        return None
    return json.loads(content) if head.decode("ascii", "replace") == _head(key, content) else None


def _write(folder: Path, body: Mapping[str, Any]) -> None:
    # A full disk, or a workspace that cannot be written: the plan is compiled again the next time.
    with suppress(OSError):
        _written(folder, body["key"], body)


def _written(folder: Path, key: str, body: Mapping[str, Any]) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if not _is_own(folder):
        return
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    beside = folder / f".{key}.{os.getpid()}.new"
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_head(key, content).encode() + b"\n" + content)
    beside.replace(folder / f"{key}.json")
    for old in _oldest(folder):
        old.unlink(missing_ok=True)


def _is_own(folder: Path) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _WRITTEN_BY_OTHERS


def _oldest(folder: Path) -> Iterator[Path]:
    there = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    yield from there[MOST:]


def _head(key: str, content: bytes) -> str:
    return f"dreflow {FORMAT} {key} {hashlib.sha256(content).hexdigest()}"


def _plain_relation(item: Relation) -> dict[str, JsonValue]:
    fields: list[JsonValue] = [
        [one.name, one.type, one.exact, sorted([origin.source, origin.column] for origin in one.origins)]  # type: ignore[list-item]
        for one in item.fields
    ]
    keys: list[JsonValue] = [list(key) for key in sorted(sorted(key) for key in item.keys)]
    return {"name": item.name, "fields": fields, "keys": keys, "order": list(item.order)}


def _relation(plain: Mapping[str, Any]) -> Relation:
    return Relation(
        plain["name"],
        tuple(
            Field(name, type_, exact, frozenset(Origin(source, column) for source, column in origins))
            for name, type_, exact, origins in plain["fields"]
        ),
        frozenset(map(frozenset, plain["keys"])),
        tuple(plain["order"]),
    )


def _plain_stage(item: Stage) -> dict[str, JsonValue]:
    return {
        "step": item.step,
        "relation": _plain_relation(item.relation),
        "inputs": list(item.inputs),
        "select": _plain_tree(item.select),
        "materialise": item.materialise,
        "engine": item.engine,
        "why_engine": item.why_engine,
    }


def _stage(plain: Mapping[str, Any]) -> Stage:
    found = {**plain, "relation": _relation(plain["relation"]), "inputs": tuple(plain["inputs"])}
    return Stage(**found | {"select": _tree(plain["select"])})


def _plain_check(item: CompiledCheck) -> dict[str, JsonValue]:
    return {
        "check": item.check,
        "on": item.on,
        "severity": item.severity,
        "query": _plain_tree(item.query),
        "inputs": list(item.inputs),
        "implied": item.implied,
        "evidence": _plain_tree(item.evidence),
        "note": item.note,
    }


def _check(plain: Mapping[str, Any]) -> CompiledCheck:
    trees = {"query": _tree(plain["query"]), "evidence": _tree(plain["evidence"])}
    return CompiledCheck(**{**plain, "inputs": tuple(plain["inputs"]), **trees})


def _plain_tree(query: exp.Query | None) -> str | None:
    return None if query is None else _dumped(query)


def _dumped(query: exp.Expr) -> str:
    from sqlglot.serde import dump

    return json.dumps(dump(query), ensure_ascii=False, separators=(",", ":"))


def _tree(nodes: str | None) -> exp.Query | None:
    return None if nodes is None else tree(nodes)


@noted
def tree(nodes: str) -> exp.Query:
    """A tree of the nodes as they were kept."""
    from sqlglot.serde import load as loaded

    return cast("exp.Query", loaded(json.loads(nodes)))
