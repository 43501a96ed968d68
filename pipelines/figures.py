"""The report's side of a compile: its figures as queries, its tables and charts proven to name real columns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlglot import exp

from pipelines.binder import Binder
from pipelines.expressions import aliased, has_aggregate, select_from
from pipelines.job import Field, Job, Relation
from pipelines.lineage import derive
from pipelines.planning import report_parts
from pipelines.scope import StepScope
from spec.pipeline import Pipeline
from spec.records import record
from spec.report import ChartBlock, Figure, TableBlock


@record(frozen=True, slots=True)
class CompiledFigure:
    """One number: a query giving one row with one column ``value``, and what that value is."""

    query: exp.Select
    field: Field
    relation: str


def report_sources(spec: Pipeline, scope: StepScope) -> None:
    """Prove every figure, table and chart of the report; raises SpecError naming the block."""
    for label, where, part in report_parts(spec):
        place = StepScope(
            name=str(where["report"]),
            binder=scope.binder,
            relations=scope.relations,
            parameters=scope.parameters,
            noun="report",
            timezone=scope.timezone,
            notes=scope.notes,
        )
        at = str(where["field"])
        if isinstance(part, Figure):
            build_figure(part, place, at)
        else:
            _check_block(label, part, place, at)


def _check_block(label: str, block: TableBlock | ChartBlock, scope: StepScope, at: str) -> None:
    relation = scope.relation(block.from_, f"{at}.from")
    if isinstance(block, TableBlock):
        scope.fields([item.name for item in block.columns], relation, f"{at}.columns")
        if not (block.order_by or relation.order or relation.keys):
            scope.notes.append(
                f"The table {label!r} of the report shows rows of {relation.name!r} in the order of all its columns, "
                "because no columns are known to identify a row."
            )
        return
    for name in (block.x, *block.y, *([block.series] if block.series else ())):
        scope.field(name, relation, f"{at}.x" if name == block.x else f"{at}.y")


def build_figure(figure: Figure, scope: StepScope, at: str) -> CompiledFigure:
    """The figure over its relation, with its type as DuckDB gives it."""
    relation = scope.relation(figure.from_, f"{at}.from")
    value = scope.expression(figure.value, relation, f"{at}.value", aggregates=True)
    if not has_aggregate(value):
        at_most_one = frozenset() in relation.keys
        if not at_most_one:
            raise scope.fail(
                f"{figure.value!r} gives a value for each row; a figure is one value.",
                field=f"{at}.value",
                hint="Wrap it in sum(...), count(...), min(...) or max(...).",
                data={"expression": figure.value},
            )
    query = select_from(relation.name, [aliased(value, "value")])
    if figure.where:
        query.set("where", exp.Where(this=scope.condition(figure.where, relation, f"{at}.where")))
    type_ = scope.binder.types(query, scope.where(f"{at}.value"))[0]
    shown = derive(query, scope.relations).fields[0]
    exact = shown.exact and not ("DOUBLE" in type_ or "FLOAT" in type_)
    return CompiledFigure(query, Field("value", type_, exact, shown.origins), relation.name)


def compile_figure(job: Job, figure: Figure, *, where: str = "figure") -> CompiledFigure:
    """A figure of a compiled job, for whoever renders it; raises SpecError naming ``where``."""
    values = {name: (type_, job.parameters.get(name)) for name, type_ in job.parameter_types.items()}
    with Binder(job.spec.timezone, values) as binder:
        relations = {relation.name.casefold(): relation for relation in job.relations.values()}
        for relation in relations.values():
            binder.declare(relation.name, {item.name: item.type for item in relation.fields}, {"report": where})
        scope = StepScope(
            name=where,
            binder=binder,
            relations=relations,
            parameters=job.parameter_types,
            noun="report",
            timezone=job.spec.timezone,
        )
        return build_figure(figure, scope, where)


def compile_figures(job: Job) -> Mapping[tuple[int, int, str], CompiledFigure]:
    """All figures of the job's report by (section number, block number, label)."""
    values = {name: (type_, job.parameters.get(name)) for name, type_ in job.parameter_types.items()}
    found: dict[tuple[int, int, str], CompiledFigure] = {}
    if job.spec.report is None:
        return found
    with Binder(job.spec.timezone, values) as binder:
        relations = {relation.name.casefold(): relation for relation in job.relations.values()}
        for relation in relations.values():
            binder.declare(relation.name, {item.name: item.type for item in relation.fields}, {"report": relation.name})
        for number, section in enumerate(job.spec.report.sections):
            scope = StepScope(
                name=section.title,
                binder=binder,
                relations=relations,
                parameters=job.parameter_types,
                noun="report",
                timezone=job.spec.timezone,
            )
            for position, block in enumerate(section.blocks):
                for label, figure in getattr(block, "figures", {}).items():
                    at = f"blocks.{position}.figures.{label}"
                    found[number, position, label] = build_figure(figure, scope, at)
    return found


def total_order(relation: Relation) -> tuple[str, ...]:
    """An order that leaves nothing open: the relation's own, then its smallest key, then all columns."""
    key = min(relation.keys, key=lambda item: (len(item), sorted(item)), default=None)
    rest = [name for name in relation.names if name in key] if key is not None else list(relation.names)
    stated = {item.removesuffix(" desc") for item in relation.order}
    return (*relation.order, *(name for name in rest if name not in stated))


def utc(instant: datetime) -> datetime:
    """The instant in UTC."""
    return instant.astimezone(UTC)
