"""The order of steps: who reads whom, found before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from pipelines.job import CompiledCheck, Stage
from spec.errors import SpecError, unknown_name
from spec.pipeline import Pipeline, Step
from spec.records import record

if TYPE_CHECKING:
    from spec.report import ChartBlock, Figure, TableBlock

REFERENCES = ("from", "to", "plus")
"""Parameters of checks that name relations; an output named there is made because of it."""


@record(frozen=True)
class Plan:
    """Steps in an order where each comes after its inputs, and who reads what.

    ``inputs`` maps a step to the relations it reads, with their true case; ``final_readers`` counts outputs, loads and
    report blocks by casefolded relation.
    """

    steps: tuple[Step, ...]
    inputs: dict[str, tuple[str, ...]]
    outputs: dict[str, frozenset[str]]
    final_readers: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def wanted(self, step: str) -> frozenset[str]:
        """Further outputs of the step that someone reads."""
        return self.outputs.get(step, frozenset())


def plan_steps(spec: Pipeline) -> Plan:
    """Order the steps. Raises SpecError for unknown inputs and for steps that read each other in a circle."""
    bases = {name.casefold(): name for name in (*spec.sources, *spec.tables)}
    steps = {step.id.casefold(): step for step in spec.steps}
    outputs: dict[str, set[str]] = {}

    def true_name(name: str, where: dict[str, str | int]) -> str:
        head, _, output = name.partition(".")
        if head.casefold() in bases and not output:
            return bases[head.casefold()]
        step = steps.get(head.casefold())
        if step is None:
            known = [*bases.values(), *(item.id for item in spec.steps)]
            raise unknown_name("source, table or step", name, known, where=where)
        if output:
            outputs.setdefault(step.id, set()).add(output)
        return f"{step.id}.{output}" if output else step.id

    inputs = {
        step.id: tuple(true_name(name, {"step": step.id, "field": "from"}) for name in step.from_)
        for step in spec.steps
    }
    final: dict[str, int] = {}
    for name, where in _read_at_the_end(spec):
        folded = true_name(name, where).casefold()
        final[folded] = final.get(folded, 0) + 1
    checked = {true_name(check.on, {"check": check.check, "field": "on"}).casefold() for check in spec.checks}
    for check in spec.checks:
        for key in REFERENCES:
            for name in _named_in(check.params.get(key)):
                if name.partition(".")[0].casefold() in steps:
                    checked.add(true_name(name, {"check": check.check, "field": key}).casefold())
    return Plan(
        steps=tuple(_in_order(spec, inputs)),
        inputs=inputs,
        outputs={step: frozenset(names) for step, names in outputs.items()},
        final_readers=final,
        notes=tuple(_unused(spec, inputs, set(final) | checked)),
    )


def _read_at_the_end(spec: Pipeline) -> Iterator[tuple[str, dict[str, str | int]]]:
    for output in spec.outputs:
        yield output.from_, {"output": output.file, "field": "from"}
    for load in spec.loads:
        yield load.from_, {"load": load.table, "field": "from"}
    for send in spec.sends:
        yield send.from_, {"send": send.stream, "field": "from"}
    for _, where, figure in report_parts(spec):
        yield figure.from_, where


def report_parts(
    spec: Pipeline,
) -> Iterator[tuple[str, dict[str, str | int], Figure | TableBlock | ChartBlock]]:
    """Everything of the report that reads a relation: (label, place, figure or block)."""
    if spec.report is None:
        return
    from spec.report import Text, Tiles

    for section in spec.report.sections:
        for number, block in enumerate(section.blocks):
            where: dict[str, str | int] = {"report": section.title, "field": f"blocks.{number}"}
            if isinstance(block, Text | Tiles):
                for label, figure in block.figures.items():
                    yield label, {**where, "field": f"blocks.{number}.figures.{label}"}, figure
            else:
                yield block.title or block.from_, where, block


def _named_in(value: object) -> Iterator[str]:
    """A name, or each of a list of names."""
    for item in value if isinstance(value, list | tuple) else (value,):
        if isinstance(item, str):
            yield item


def _in_order(spec: Pipeline, inputs: dict[str, tuple[str, ...]]) -> Iterator[Step]:
    waiting = {step.id: {name.partition(".")[0] for name in inputs[step.id]} for step in spec.steps}
    done = {*spec.sources, *spec.tables}
    remaining = list(spec.steps)
    while remaining:
        ready = [step for step in remaining if waiting[step.id] <= done]
        if not ready:
            circle = _circle(waiting, remaining[0].id, done)
            raise SpecError(
                f"The steps read each other in a circle: {' -> '.join(circle)}.",
                hint="Let one of them read a source or an earlier step.",
                where={"step": circle[0], "field": "from"},
                data={"step": circle[0], "field": "from", "circle": circle},
            )
        yield from ready
        done |= {step.id for step in ready}
        remaining = [step for step in remaining if step.id not in done]


def _circle(waiting: dict[str, set[str]], start: str, done: set[str]) -> list[str]:
    path = [start]
    while True:
        following = next(name for name in sorted(waiting[path[-1]] - done))
        if following in path:
            return [*path[path.index(following) :], following]
        path.append(following)


def _unused(spec: Pipeline, inputs: dict[str, tuple[str, ...]], read: set[str]) -> Iterator[str]:
    everything = {name.casefold() for names in inputs.values() for name in names} | read
    heads = {name.partition(".")[0] for name in everything}
    for step in spec.steps:
        if step.id.casefold() not in heads:
            yield f"The result of step {step.id!r} is not used by any output, load, report or check."
    for name in spec.sources:
        if name.casefold() not in heads:
            yield f"The source {name!r} is not used."


def materialised(stages: Sequence[Stage], plan: Plan, checks: Sequence[CompiledCheck]) -> list[Stage]:
    """Mark what more than one reader needs; the rest stay inside their only reader."""
    readers: dict[str, int] = {}
    for stage in stages:
        for name in stage.inputs:
            readers[name.casefold()] = readers.get(name.casefold(), 0) + 1
    for check in checks:
        for name in check.inputs:
            readers[name.casefold()] = readers.get(name.casefold(), 0) + 1
    for name, number in plan.final_readers.items():
        readers[name] = readers.get(name, 0) + number
    return [
        replace(stage, materialise=stage.materialise or readers.get(stage.relation.name.casefold(), 0) > 1)
        for stage in stages
    ]
