"""Spec to Job: every name, type and key resolved, SQL built as trees, lineage derived, effects listed.

Pure but for an empty, locked, in-memory DuckDB that says the types (binder.py). Anything that cannot be proven right
here is refused with a SpecError that names the step, the thing and the likeliest fix, or becomes a check on the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from sqlglot import exp

from connectors import contract as connectors
from connectors.files.options import with_made
from pipelines import gone, proofs
from pipelines.binder import Binder, parse_type
from pipelines.choosing import check_arity, unit_of, unknown_output
from pipelines.constants import check_exact
from pipelines.contract import ENGINES, MAIN, Built, ImpliedCheck, check_unit
from pipelines.effects import effects_of
from pipelines.finding import steps_with
from pipelines.inplace.choice import choose, effects_there, on_engine
from pipelines.job import CompiledCheck, Field, Job, Origin, Relation, Stage
from pipelines.lineage import derive, smallest
from pipelines.newest import newest_column
from pipelines.orders import tie_break
from pipelines.partial import refuse_partial_replace
from pipelines.planning import Plan, materialised, plan_steps
from pipelines.scope import StepScope, constant
from pipelines.sending import key_checks
from pipelines.values import BUILT_IN, parameter_values
from spec.base import Document, JsonValue
from spec.codec import digest
from spec.errors import SpecError, nearest, unknown_name
from spec.pipeline import Check, InlineTable, Output, Pipeline, Source, Step

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def compile_spec(
    spec: Pipeline,
    *,
    base: Path,
    parameters: Mapping[str, JsonValue] | None = None,
    now: datetime,
    rebound: Mapping[str, Source] | None = None,
    spare: DuckDBPyConnection | None = None,
) -> Job:
    """Resolve a whole spec.

    ``base`` is the folder its relative paths start from, ``now`` the instant of the run (with a zone), ``rebound`` the
    sources to read instead of the spec's own of the same name; with any, the job writes its output folder only.
    ``spare`` is an empty database in memory that may be used up, in place of opening one.
    Raises SpecError; UsageError when ``now`` has no zone.
    """
    if spec.engine != "auto" and not ENGINES.has(spec.engine):
        raise unknown_name(ENGINES.noun, spec.engine, ("auto", *ENGINES.names()), where={"field": "engine"})
    values = parameter_values(spec, parameters or {}, now)
    sources = _sources(spec, rebound or {})
    plan = plan_steps(spec)
    with Binder(spec.timezone, values, spare) as binder:
        building = _Building(spec, binder, plan, {name: type_ for name, (type_, _) in values.items()})
        building.check_parameters(values)
        for name, source in sources.items():
            building.add_source(name, source)
        for name, table in spec.tables.items():
            building.add_table(name, table)
        building.add_declared_keys()
        for step in plan.steps:
            building.add_step(step)
        building.outputs()
        checks = building.checks()
        if spec.report is not None:
            from pipelines.figures import report_sources

            report_sources(spec, building.scope("report", noun="report"))
    if not rebound:
        refuse_partial_replace(spec)
    effects, dropped = effects_of(spec, building.relations, rebound=bool(rebound))
    stages = materialised(building.stages, plan, checks)
    choice = choose(
        spec,
        sources=sources,
        relations=building.relations,
        stages=stages,
        checks=checks,
        loads=() if rebound else spec.loads,
        parameters={name: value for name, (_, value) in values.items()},
        set_aside=bool(building.quarantine),
    )
    return Job(
        spec=spec,
        digest=digest(spec),
        base=base,
        sources={name: building.typed(name, source) for name, source in sources.items()},
        relations={relation.name: relation for relation in building.relations.values()},
        stages=tuple(on_engine(stages, choice)),
        checks=tuple(checks),
        outputs=tuple(building.ordered(output) for output in spec.outputs),
        loads=() if rebound else spec.loads,
        sends=() if rebound else spec.sends,
        effects=effects_there(effects, choice),
        parameters={name: value for name, (_, value) in values.items()},
        notes=(*plan.notes, *building.notes, *dropped, *choice.notes),
        engine=choice.engine,
        why_engine=choice.why,
        parameter_types={name: type_ for name, (type_, _) in values.items()},
        quarantine=dict(building.quarantine),
    )


def _sources(spec: Pipeline, rebound: Mapping[str, Source]) -> dict[str, Source]:
    known = {name.casefold(): name for name in spec.sources}
    own_sources = {name: with_made(source) for name, source in spec.sources.items()}
    found = dict(own_sources)
    for name, source in rebound.items():
        own = known.get(name.casefold())
        if own is None:
            near = nearest(name, list(spec.sources))
            raise SpecError(
                f"The spec has no source {name!r} to read from elsewhere.",
                hint=f"Did you mean {near!r}?" if near else f"Its sources: {', '.join(spec.sources)}.",
                where={"source": name},
                data={"what": "source", "unknown": name, "known": list(spec.sources), "nearest": near},
            )
        # The contract stays the spec's: other data, the same columns and keys.
        contract = own_sources[own]
        found[own] = source.model_copy(
            update={
                "columns": contract.columns,
                "primary_key": contract.primary_key,
                "foreign_keys": contract.foreign_keys,
                "sensitive": contract.sensitive,
                "on_error": contract.on_error,
                "at_most": contract.at_most,
                "drift": contract.drift,
                # What a row says of itself holds there too; keys are compared with tables, which stay as they are.
                "gone": gone.by_row(contract.gone),
            }
        )
    return found


@dataclass
class _Building:
    """What is known so far while a spec is compiled, in the order of its steps."""

    spec: Pipeline
    binder: Binder
    plan: Plan
    parameters: Mapping[str, str]
    relations: dict[str, Relation] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)
    implied: list[ImpliedCheck] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    quarantine: dict[str, str] = field(default_factory=dict)
    declared: dict[str, list[frozenset[str]]] = field(default_factory=dict)

    def scope(self, name: str, *, noun: str = "step", wanted: frozenset[str] = frozenset()) -> StepScope:
        return StepScope(
            name=name,
            binder=self.binder,
            relations=self.relations,
            parameters=self.parameters,
            noun=noun,
            wanted=wanted,
            timezone=self.spec.timezone,
            prove_orders=self.spec.orders == "proven",
            notes=self.notes,
        )

    def check_parameters(self, values: Mapping[str, tuple[str, JsonValue]]) -> None:
        """Types exist, and values convert to them."""
        for name, (type_, value) in values.items():
            where: dict[str, str | int] = {"parameter": name}
            kind = parse_type(type_, where)
            self.binder.constants([exp.Cast(this=constant(value), to=kind)], where)
            if name not in BUILT_IN:
                check_exact(value, kind, where)

    def add_source(self, name: str, source: Source) -> None:
        where: dict[str, str | int] = {"source": name}
        _check_connector(source.connector, where)
        if source.read == "incremental" and source.cursor is None:
            raise SpecError(
                f"The source {name!r} is read incrementally and names no cursor.",
                hint="Name the column that grows with each change in 'cursor', or read it in full.",
                where={**where, "field": "cursor"},
                data={"source": name, "field": "cursor", "known": list(source.columns)},
            )
        if not source.columns:
            raise SpecError(
                f"The source {name!r} does not say its columns.",
                hint="'dreflow connectors discover' shows them with their types.",
                where=where,
                data={"what": "columns", "source": name},
            )
        self._add_base(name, source.columns, source.primary_key, where)
        for column in (*source.sensitive, *([source.cursor] if source.cursor else ())):
            self.scope(name, noun="source").field(column, self.relations[name.casefold()], "columns")

    def typed(self, name: str, source: Source) -> Source:
        """The source with its types in DuckDB's own spelling, the only one that connectors know: INT is INTEGER."""
        fields = self.relations[name.casefold()].fields
        return source.model_copy(update={"columns": {item.name: item.type for item in fields}})

    def add_table(self, name: str, table: InlineTable) -> None:
        where: dict[str, str | int] = {"table": name}
        for number, row in enumerate(table.rows, start=1):
            if len(row) != len(table.columns):
                raise SpecError(
                    f"Row {number} of the table {name!r} has {len(row)} values for {len(table.columns)} columns.",
                    hint=f"The columns are {', '.join(table.columns)}.",
                    where={**where, "row": number},
                )
        self._add_base(name, table.columns, table.primary_key, where)
        scope = self.scope(name, noun="table")
        types = [scope.type(type_, "columns") for type_ in table.columns.values()]
        written = [
            (value, type_, number, column)
            for number, row in enumerate(table.rows, start=1)
            for value, type_, column in zip(row, types, table.columns, strict=True)
            if value is not None and not isinstance(value, list | dict)
        ]
        if written:
            constants = [exp.Cast(this=exp.Literal.string(str(value)), to=type_) for value, type_, _, _ in written]
            self.binder.constants(constants, {**where, "field": "rows"})
        for value, type_, number, column in written:
            check_exact(value, type_, {**where, "row": number, "column": column})

    def _add_base(self, name: str, columns: Mapping[str, str], key: Sequence[str], where: dict[str, str | int]) -> None:
        self.scope(name, noun=next(iter(where))).distinct(list(columns), "columns")
        types = self.binder.declare(name, columns, where)
        fields = tuple(
            Field(column, type_, exact=not _floating(type_), origins=frozenset({Origin(name, column)}))
            for column, type_ in zip(columns, types, strict=True)
        )
        relation = Relation(name, fields)
        scope = self.scope(name, noun=next(iter(where)))
        names = [item.name for item in scope.fields(key, relation, "primary_key")]
        if names:
            relation = replace(relation, keys=frozenset({frozenset(names)}))
            query, evidence = proofs.unique_key(relation, names)
            self.implied.append(ImpliedCheck("primary_key", name, "block", query, (name,), evidence=evidence))
        self.relations[name.casefold()] = relation

    def add_declared_keys(self) -> None:
        """A blocking ``unique`` check identifies rows: what relies on it is published only when it holds."""
        for check in self.spec.checks:
            if check.check == "unique" and check.severity == "block":
                columns = check.params.get("columns")
                names = [columns] if isinstance(columns, str) else columns
                if isinstance(names, list | tuple) and all(isinstance(name, str) for name in names):
                    self.declared.setdefault(check.on.casefold(), []).append(frozenset(str(name) for name in names))
        for folded, relation in self.relations.items():
            self.relations[folded] = self._with_declared(relation)

    def _with_declared(self, relation: Relation) -> Relation:
        found = set(relation.keys)
        for key in self.declared.get(relation.name.casefold(), ()):
            fields = [relation.field(name) for name in key]
            if all(fields):
                found.add(frozenset(item.name for item in fields if item is not None))
        return replace(relation, keys=smallest(found))

    def add_step(self, step: Step) -> None:
        unit = unit_of(step)
        if step.engine is not None and not ENGINES.has(step.engine):
            raise unknown_name(ENGINES.noun, step.engine, ENGINES.names(), where={"step": step.id, "field": "engine"})
        params = read_params(unit.Params, step.params, {"step": step.id})
        reads = self.plan.inputs[step.id]
        check_arity(step, unit, len(reads))
        inputs = [self.relations[name.casefold()] for name in reads]
        wanted = self.plan.wanted(step.id)
        for output in wanted - set(unit.outputs) - {MAIN}:
            raise unknown_output(step, unit, output)
        scope = self.scope(step.id, wanted=frozenset(wanted))
        built = unit.build(params, inputs, scope)
        before = built.made_before()
        for output in before:
            self._add_stage(step, output, built.outputs[output], built, reads)
        for output, fields in built.fields.items():
            self._add_applied(step, output, fields, built)
        for output, query in built.outputs.items():
            if output not in before:
                self._add_stage(step, output, query, built, reads)
        self.implied += (*built.checks, *scope.proven)
        self.notes += built.notes

    def _add_stage(self, step: Step, output: str, query: exp.Query, built: Built, reads: Sequence[str]) -> None:
        name = f"{step.id}.{output}" if output else step.id
        where: dict[str, str | int] = {"step": step.id}
        types = self.binder.define(name, query, where)
        shown = derive(query, self.relations)
        if len(shown.fields) != len(types):
            raise SpecError(
                "One expression of it gives several columns, whose names and origins cannot be told.",
                hint="Name each column, for instance element.field of an unnested list.",
                where=where,
                data={**where, "columns": len(types), "named": len(shown.fields)},
            )
        fields = tuple(
            replace(item, type=type_, exact=item.exact and not _floating(type_))
            for item, type_ in zip(shown.fields, types, strict=True)
        )
        keys = smallest(shown.keys | built.keys.get(output, frozenset()))
        names = {item.name for item in fields}
        order = tuple(item for item in built.order.get(output, ()) if item.removesuffix(" desc") in names)
        relation = self._with_declared(Relation(name, fields, keys, order))
        self.relations[name.casefold()] = relation
        self.stages.append(
            Stage(
                step=step.id,
                relation=relation,
                inputs=self._read_by(query, reads, step.id),
                select=query,
            )
        )
        if output in built.quarantine:
            self.quarantine[name] = built.quarantine[output]

    def _read_by(self, query: exp.Query, reads: Sequence[str], step: str) -> tuple[str, ...]:
        """What the query reads: the step's inputs, and its own outputs where it has several."""
        own = f"{step}.".casefold()
        named = {table.name.casefold() for table in query.find_all(exp.Table)}
        inputs = [name for name in reads if name.casefold() in named]
        inputs += [
            self.relations[name].name for name in sorted(named) if name.startswith(own) and name in self.relations
        ]
        return tuple(dict.fromkeys(inputs))

    def _add_applied(self, step: Step, output: str, fields: tuple[Field, ...], built: Built) -> None:
        name = f"{step.id}.{output}" if output else step.id
        self.binder.declare(name, {item.name: item.type for item in fields}, {"step": step.id})
        relation = self._with_declared(
            Relation(name, fields, built.keys.get(output, frozenset()), built.order.get(output, ()))
        )
        self.relations[name.casefold()] = relation
        feeds = tuple(f"{step.id}.{item}" for item in built.feeds)
        self.stages.append(
            Stage(
                step=step.id,
                relation=relation,
                inputs=feeds,
                apply=built.apply,
                apply_output=output,
                materialise=True,
                why_engine="SQL cannot say this step; it is computed here",
            )
        )

    def checks(self) -> list[CompiledCheck]:
        found = [
            CompiledCheck(
                check=item.check,
                on=item.on,
                severity=item.severity,
                query=item.query,
                inputs=item.inputs,
                implied=True,
                evidence=item.evidence,
            )
            for item in self.implied
        ]
        found += [self._check(check, number) for number, check in enumerate(self.spec.checks)]
        for compiled in found:
            where: dict[str, str | int] = {"check": compiled.check, "on": compiled.on}
            self.binder.types(compiled.query, where)
        return found

    def _check(self, check: Check, number: int) -> CompiledCheck:
        unit = check_unit(check.check)
        where: dict[str, str | int] = {"check": check.check, "field": f"checks.{number}"}
        params = read_params(unit.Params, check.params, where)
        scope = self.scope(check.check, noun="check")
        on = scope.relation(check.on, "on")
        built = unit.build(params, on, scope)
        return CompiledCheck(
            check=check.check,
            on=on.name,
            severity=check.severity,
            query=built.query,
            inputs=built.inputs,
            evidence=built.evidence,
            note=check.note,
        )

    def ordered(self, output: Output) -> Output:
        """The output with ties of its order broken by what identifies a row, so that two runs write the same bytes."""
        relation = self.relations[output.from_.casefold()]
        stated = output.order_by or relation.order
        if not stated:
            return output
        scope = self.scope(output.file, noun="output")
        covered = scope.order_columns(stated, relation)
        return output.model_copy(update={"order_by": (*stated, *tie_break(covered, relation))})

    def outputs(self) -> None:
        """Outputs and loads name what exists, and their orders and keys name columns of it."""
        for output in self.spec.outputs:
            scope = self.scope(output.file, noun="output")
            relation = scope.relation(output.from_)
            scope.order(output.order_by, relation, "order_by")
        for load in self.spec.loads:
            scope = self.scope(load.table, noun="load")
            _check_connector(load.connector, {"load": load.table})
            relation = scope.relation(load.from_)
            scope.fields(load.primary_key, relation, "primary_key")
            if load.write == "merge" and not load.primary_key:
                raise scope.fail(
                    "Merging needs to know which columns identify a row.",
                    field="primary_key",
                    hint="Name them in primary_key, or use write: replace.",
                )
            # Of rows read by a cursor the runner merges the latest of each key, so several in one read are no mistake.
            latest = load.write == "merge" and newest_column(relation, self.spec.sources) is not None
            if load.primary_key and not latest:
                # Also where the key is known: an empty value in it would match nothing, and be added by every run.
                names = [item.name for item in scope.fields(load.primary_key, relation, "primary_key")]
                query, evidence = proofs.unique_key(relation, names)
                self.implied.append(
                    ImpliedCheck("load_key", relation.name, "block", query, (relation.name,), evidence=evidence)
                )
        gone.refuse_unreachable(self.spec, self.relations)
        self.implied += key_checks(self.spec, self.scope)


_EXPECTED = {
    "tuple_type": "a list, [a, b]",
    "list_type": "a list, [a, b]",
    "dict_type": "a mapping, {name: value}",
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "missing": "stated",
}
"""What a parameter has to be, by the kind of what is wrong with it."""


def read_params(model: type[Document], written: Mapping[str, JsonValue], where: dict[str, str | int]) -> Document:
    """A unit's parameters as its own model; SpecError naming the field and, for an unknown one, the likeliest."""
    try:
        return model.model_validate(dict(written))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        # A misspelt parameter is often also a missing one; the misspelling says more.
        first = next((item for item in problems if item["type"] == "extra_forbidden"), problems[0])
        path = ".".join(str(part) for part in first["loc"] if not str(part).endswith("]"))
        known = [item.alias or name for name, item in model.model_fields.items()]
        at = {**where, "field": path}
        data: dict[str, object] = {**at, "problems": [{"field": p["loc"], "problem": p["msg"]} for p in problems]}
        if first["type"] == "extra_forbidden":
            unknown = str(first["loc"][0])
            near = nearest(unknown, known)
            others = steps_with(unknown) if near is None and "step" in where else []
            beside = f" A step that has it is {' or '.join(map(repr, others[:2]))}." if others else ""
            raise SpecError(
                f"There is no parameter {unknown!r} here.",
                hint=f"Did you mean {near!r}?" if near else f"It takes: {', '.join(known) or 'none'}.{beside}",
                where=at,
                data={**data, "what": "parameter", "unknown": unknown, "known": known, "nearest": near},
            ) from None
        field = model.model_fields.get(str(first["loc"][0])) if first["loc"] else None
        about = f"{path.partition('.')[0]}: {field.description} " if field is not None and field.description else ""
        expected = _EXPECTED.get(first["type"])
        said = f"{path!r} is to be {expected}" if expected else first["msg"].removeprefix("Value error, ").rstrip(".")
        raise SpecError(
            f"The parameters are not valid: {said}.",
            hint=f"{about}It takes: {', '.join(known)}.",
            where=at,
            data=data,
        ) from None


def _check_connector(name: str, where: dict[str, str | int]) -> None:
    if not connectors.has(name):
        raise unknown_name("connector", name, connectors.names(), where={**where, "field": "connector"})


def _floating(type_: str) -> bool:
    return "DOUBLE" in type_ or "FLOAT" in type_
