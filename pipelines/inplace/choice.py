"""Where a job is computed: in the database that has its data and gets its results, or here; decided before it runs.

The reason is said in the plan. A job goes to the database whole or not at all, and only where every statement of it is
on the list of what both engines compute alike; anything else is computed here, as it always can be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pipelines.contract import ENGINES
from pipelines.inplace.kinds import CannotSayError, kind_of
from pipelines.job import HERE, THERE, CompiledCheck, Relation, Stage
from spec.base import JsonValue
from spec.errors import SpecError
from spec.pipeline import Load, Pipeline, Source
from spec.records import record
from spec.run import Effect


@record(frozen=True)
class Choice:
    """The engine, and the reason as a sentence; ``told`` where it is worth telling: where there was a choice."""

    engine: str
    why: str
    told: bool = False
    where: str = "here, in DuckDB"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the plan says of it."""
        return (f"Computed {self.where}: {self.why}.",) if self.told else ()


@record(frozen=True)
class Obstacle:
    """Why a job cannot be computed in the database, as the rest of a sentence after "because"."""

    why: str
    step: str = ""


def choose(
    spec: Pipeline,
    *,
    sources: Mapping[str, Source],
    relations: Mapping[str, Relation],
    stages: Sequence[Stage],
    checks: Sequence[CompiledCheck],
    loads: Sequence[Load],
    parameters: Mapping[str, JsonValue],
    set_aside: bool,
) -> Choice:
    """Choose for a whole job. ``set_aside`` says whether a step keeps rows that it refused.

    Raises SpecError where the spec insists on another engine and that cannot be.
    """
    pins = sorted({step.engine for step in spec.steps if step.engine not in (None, HERE)})
    wanted = spec.engine if spec.engine != "auto" else pins[0] if pins else None
    if wanted not in (None, HERE, THERE):
        return _brought(wanted, spec, _unsaid_by(wanted, relations, stages, parameters))
    home = _home(sources, loads)
    if wanted == HERE:
        return Choice(HERE, "the spec says engine: duckdb", told=home is not None)
    obstacle = _apart(sources, loads) if home is None else None
    if obstacle is None:
        found = _obstacles(spec, sources, relations, stages, checks, parameters, set_aside=set_aside)
        obstacle = next(found, None)
    if obstacle is None:
        why = f"source and destination are both in {home}, so it is computed there and the rows stay there"
        return Choice(THERE, why, told=True, where="in your database")
    if wanted == THERE:
        raise _refusal(THERE, "PostgreSQL", obstacle)
    if home is None:
        return Choice(HERE, "the data is read into DuckDB")
    return Choice(HERE, f"its rows are in {home} and are read from there, because {obstacle.why}", told=True)


def _unsaid_by(
    engine: str, relations: Mapping[str, Relation], stages: Sequence[Stage], parameters: Mapping[str, JsonValue]
) -> Iterator[Obstacle]:
    return (Obstacle(why, step) for why, step in ENGINES.load(engine).unsaid(relations, stages, parameters))


def _brought(engine: str, spec: Pipeline, unsaid: Iterator[Obstacle]) -> Choice:
    """An engine that computes the steps over rows which are read here, and gives them back; nobody gets it unasked."""
    title = ENGINES.load(engine).TITLE
    other = next((step for step in spec.steps if step.engine not in (None, engine)), None)
    obstacle = Obstacle(f"the step {other.id!r} says engine: {other.engine}", other.id) if other is not None else None
    obstacle = obstacle or next(unsaid, None)
    if obstacle is not None:
        raise _refusal(engine, title, obstacle)
    return Choice(engine, f"the spec says engine: {engine}", told=True, where=f"here, in {title}")


def _refusal(engine: str, title: str, obstacle: Obstacle) -> SpecError:
    where: dict[str, str | int] = {"step": obstacle.step} if obstacle.step else {}
    return SpecError(
        f"This cannot be computed in {title}, because {obstacle.why}.",
        hint=f"Leave out engine: {engine}; it is then computed here, with the same result.",
        where={**where, "field": "engine"},
        data={**where, "field": "engine", "why": obstacle.why},
    )


def _home(sources: Mapping[str, Source], loads: Sequence[Load]) -> str | None:
    """The one database that has all sources and gets all tables, as people know it."""
    items: list[Source | Load] = [*sources.values(), *loads]
    places = {(item.connector, item.connection, item.location) for item in items}
    if len(places) != 1 or not sources or not loads:
        return None
    connector, connection, location = places.pop()
    return (connection or location) if connector == THERE else None


def _apart(sources: Mapping[str, Source], loads: Sequence[Load]) -> Obstacle:
    if not loads:
        return Obstacle("nothing is written into it")
    other = next((name for name, item in sources.items() if item.connector != THERE), None)
    if other is not None:
        return Obstacle(f"the source {other!r} is not in PostgreSQL")
    return Obstacle("sources and destination are not in one PostgreSQL by one connection")


def _obstacles(
    spec: Pipeline,
    sources: Mapping[str, Source],
    relations: Mapping[str, Relation],
    stages: Sequence[Stage],
    checks: Sequence[CompiledCheck],
    parameters: Mapping[str, JsonValue],
    *,
    set_aside: bool,
) -> Iterator[Obstacle]:
    pinned = next((step.id for step in spec.steps if step.engine == HERE), None)
    if pinned is not None:
        yield Obstacle(f"the step {pinned!r} says engine: duckdb", pinned)
    for name, source in sources.items():
        if source.read == "incremental":
            yield Obstacle(f"of {name!r} only what is new is read")
        if source.empty:
            yield Obstacle(f"columns of {name!r} that are gone stay empty")
        if source.gone is not None:
            yield Obstacle(f"rows that are gone from {name!r} are looked for")
    if spec.outputs:
        yield Obstacle(f"the file {spec.outputs[0].file!r} is made here")
    if spec.report is not None:
        yield Obstacle("the report is made here")
    if spec.sends:
        yield Obstacle(f"the records for {spec.sends[0].stream!r} are sent from here")
    if set_aside:
        yield Obstacle("rows that a step refuses are kept in a file here")
    yield from _unsaid(spec, relations, stages, checks, parameters)


def _unsaid(
    spec: Pipeline,
    relations: Mapping[str, Relation],
    stages: Sequence[Stage],
    checks: Sequence[CompiledCheck],
    parameters: Mapping[str, JsonValue],
) -> Iterator[Obstacle]:
    """What is on no list of what both engines compute alike."""
    # Few jobs come as far as this, and no other has to load it.
    from pipelines.inplace.job import SaidJob

    for relation in relations.values():
        for item in relation.fields:
            if kind_of(item.type) is None:
                yield Obstacle(f"the column {item.name!r} of {relation.name!r} is {item.type}")
    said = SaidJob(relations, parameters)
    parts: list[tuple[str, str, Callable[[], object]]] = [
        *((f"the table {name!r}", "", partial(said.inline, table)) for name, table in spec.tables.items()),
        *((f"the step {stage.step!r}", stage.step, partial(said.stage, stage)) for stage in stages),
        *((f"the check {check.check!r} on {check.on!r}", "", partial(said.check, check)) for check in checks),
    ]
    for what, step, say in parts:
        try:
            say()
        except CannotSayError as error:
            yield Obstacle(f"{what} has {error}, which is not known to mean the same there", step)


def on_engine(stages: Sequence[Stage], choice: Choice) -> list[Stage]:
    """The stages with the engine that computes them and why."""
    return [replace(stage, engine=choice.engine, why_engine=stage.why_engine or choice.why) for stage in stages]


def effects_there(effects: Sequence[Effect], choice: Choice) -> tuple[Effect, ...]:
    """The effects, those on tables telling that the database computes them itself."""
    if choice.engine != THERE:
        return tuple(effects)
    return tuple(
        effect.model_copy(update={"detail": f"{effect.detail}, computed in that database"})
        if effect.kind == "write"
        else effect
        for effect in effects
    )
