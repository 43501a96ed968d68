"""A spec in plain words: what it reads, does, promises and leaves, and where each column of a result comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipelines import gone
from pipelines.effects import send_target
from pipelines.job import Job, Relation
from spec.base import JsonValue
from spec.pipeline import Check, Source, Step
from spec.run import Effect
from tools.definitions import in_words as meaning_in_words


@dataclass(frozen=True)
class Result:
    """A file or table that a run leaves; ``columns`` are name, type and where the values come from."""

    target: str
    relation: str
    columns: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Explanation:
    """A compiled spec in words."""

    name: str
    title: str
    digest: str
    request: str
    reading: str
    assumptions: Sequence[str]
    words: Sequence[str]
    """What the words of the request mean, by the definitions that the spec was made with."""
    reads: Sequence[tuple[str, str]]
    does: Sequence[tuple[str, str]]
    promises: Sequence[str]
    results: Sequence[Result]
    effects: Sequence[Effect]
    schedule: str
    notes: Sequence[str]


def explained(job: Job) -> Explanation:
    """Put a compiled spec into words."""
    spec = job.spec
    schedule = spec.schedule
    relations = {name.casefold(): relation for name, relation in job.relations.items()}
    results = [(output.file, output.from_) for output in spec.outputs] + [
        (load.table, load.from_) for load in spec.loads
    ]
    results += [(f"{send_target(send)} ({send.action})", send.from_) for send in spec.sends]
    implied = [
        f"{check.check.replace('_', ' ')} on {check.on}, {_else(check.severity)} (the plan relies on it)"
        for check in job.checks
        if check.implied
    ]
    return Explanation(
        name=spec.name,
        title=spec.title or spec.name,
        digest=job.digest,
        request=spec.request,
        reading=spec.reading,
        assumptions=spec.assumptions,
        words=[meaning_in_words(name, meaning) for name, meaning in spec.definitions.items()],
        reads=[(name, _source(source)) for name, source in job.sources.items()]
        + [(name, f"a table in the spec, version {table.version}") for name, table in spec.tables.items()],
        does=[(step.id, _step(step)) for step in spec.steps],
        promises=[_check(check) for check in spec.checks] + list(dict.fromkeys(implied)),
        results=[Result(target, from_, _columns(relations[from_.casefold()])) for target, from_ in results],
        effects=job.effects,
        schedule=f"{schedule.rhythm} ({schedule.timezone})" if schedule else "",
        notes=job.notes,
    )


def _source(source: Source) -> str:
    where = source.connection or source.location or source.connector
    parts = [f"{where} · {source.stream}" if source.stream else where, f"{len(source.columns)} columns"]
    if source.read == "incremental":
        parts.append(f"only what is new by {source.cursor}")
    if source.gone is not None:
        parts.append(gone.in_words(source.gone))
    parts.append(
        {
            "quarantine": "rows that cannot be read are set aside",
            "null": "values that cannot be read count as empty",
            "stop": "stops at a value that cannot be read",
        }[source.on_error]
    )
    return ", ".join(parts)


def _step(step: Step) -> str:
    given = [f"{key.replace('_', ' ')}: {_short(value)}" for key, value in step.params.items()]
    words = f"{step.use} {', '.join(step.from_)}".strip()
    told = f"{step.note} ({words})" if step.note else words
    return f"{told}; {'; '.join(given)}" if given else told


def _check(check: Check) -> str:
    given = [f"{key.replace('_', ' ')}: {_short(value)}" for key, value in check.params.items()]
    return ", ".join([f"{check.check.replace('_', ' ')} on {check.on}", *given, _else(check.severity)])


def _else(severity: str) -> str:
    return "else nothing is published" if severity == "block" else "else a warning"


def _columns(relation: Relation) -> list[tuple[str, str, str]]:
    shown = []
    for item in relation.fields:
        origins = sorted(f"{origin.source}.{origin.column}" for origin in item.origins)
        shown.append((item.name, item.type, ", ".join(origins) or "computed"))
    return shown


def _short(value: JsonValue) -> str:
    """A parameter on one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {_short(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_short(item) for item in value)
    return " ".join(str(value).split())
