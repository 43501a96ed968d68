"""What a model may propose, typed, and how it becomes a spec: everything it has no say in is filled in here.

A proposal has no place for a source's location, a connection, a recipient, a host, a destination or a schedule. The
tables are those of the catalog, the schedule is read from the person's own words, and a personal column is shown only
where the person spoke of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, cast
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from agents.contract import ChartHint, Draft, Option, Question, Refusal, Request
from agents.sensitive import STRICT, Marks
from pipelines.job import Job, Relation
from spec.base import JsonValue
from spec.catalog import Catalog
from spec.errors import SpecError, unknown_name
from spec.pipeline import Check, Output, Pipeline, Source, Step

if TYPE_CHECKING:
    from sqlglot import exp

NAME = "model_answer"


class Proposed(BaseModel):
    """A part of what a model returns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    SQL: ClassVar[frozenset[str]] = frozenset()
    """Names of the fields that hold SQL."""


class File(Proposed):
    """A file to save. Its ending says the kind: csv, tsv, json, ndjson, parquet or xlsx."""

    file: str
    rows_of: str = Field(description="Id of the step whose rows it holds.")
    order_by: list[str] = []


class Drawing(Proposed):
    """How the answer is best drawn."""

    kind: Literal["bar", "line", "pie", "scatter"]
    x: str
    y: list[str]


class ProposedDraft(Proposed):
    """Steps that give what was asked for."""

    TOOL: ClassVar = "draft"

    reading: str = Field(description="One sentence, in plain words: what is computed.")
    tables: list[str] = Field(description="Tables of the catalog that the steps read.", min_length=1)
    steps: list[dict[str, JsonValue]] = Field(
        description="In order; a step reads tables and steps before it.", min_length=1
    )
    answer: str | None = Field(default=None, description="Id of the step whose rows answer; the last one if not said.")
    checks: list[dict[str, JsonValue]] = Field(default=[], description="Promises about the data, for a pipeline.")
    files: list[File] = Field(default=[], description="Files to save, for a pipeline only.")
    assumptions: list[str] = []
    ordered: bool = Field(default=False, description="The rows have an order that was asked for.")
    chart: Drawing | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """With every step's and check's own parameters, so that output can be bound to them."""
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema)["properties"]
        steps, checks = _unit_schemas()
        properties["steps"] = {**properties["steps"], "items": steps}
        properties["checks"] = {**properties["checks"], "items": checks}
        return schema


class ProposedQuery(Proposed):
    """One query whose rows answer a question."""

    TOOL: ClassVar = "query"

    reading: str = Field(description="One sentence, in plain words: what is computed.")
    sql: str = Field(description="One SELECT in DuckDB's dialect over tables of the catalog.")
    ordered: bool = Field(default=False, description="The rows have an order that was asked for.")
    assumptions: list[str] = []

    def draft(self) -> ProposedDraft:
        """The same as a draft of one step. Raises SpecError where it is no query over tables."""
        import sqlglot
        from sqlglot import exp

        try:
            query = sqlglot.parse_one(self.sql, dialect="duckdb")
        except sqlglot.ParseError:
            raise SpecError("The query is not SQL of DuckDB's dialect.", where={"field": "sql"}) from None
        own = {cte.alias.casefold() for cte in query.find_all(exp.CTE)}
        tables = dict.fromkeys(one.name for one in query.find_all(exp.Table) if one.name.casefold() not in own)
        if not tables:
            raise SpecError("The query reads no table.", where={"field": "sql"})
        step: dict[str, JsonValue] = {"id": "answer", "use": "sql", "from": list(tables), "query": self.sql}
        return ProposedDraft(
            reading=self.reading,
            tables=list(tables),
            steps=[step],
            ordered=self.ordered,
            assumptions=self.assumptions,
        )


class ProposedQuestion(Proposed):
    """Asked when readings differ in their figures and only the person can decide."""

    TOOL: ClassVar = "question"

    about: str = Field(description="A short name of what is to be decided, such as 'revenue'.")
    text: str
    options: list[str] = Field(default=[], description="Each reading in plain words.")


class ProposedRefusal(Proposed):
    """The data cannot say, or this is not done here."""

    TOOL: ClassVar = "refusal"

    message: str = Field(description="Why, in a sentence.")
    hint: str = Field(default="", description="What would help.")


Whole = ProposedDraft | ProposedQuestion | ProposedRefusal
Proposal = Whole | ProposedQuery
OUTPUTS: tuple[type[Proposed], ...] = (ProposedDraft, ProposedQuestion, ProposedRefusal)
QUERIES: tuple[type[Proposed], ...] = (ProposedQuery, ProposedQuestion, ProposedRefusal)
"""For a question put to a small model: a fiftieth of the size, which such a model's context has room for."""


@cache
def _unit_schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Schemas of a step and of a check, without references, so that they can stand anywhere."""
    from pipelines.schema import json_schema

    whole = cast("dict[str, Any]", json_schema())
    defined = whole["$defs"]
    return _inlined(defined["Step"], defined), _inlined(defined["Check"], defined)


def _inlined(schema: Any, defined: Mapping[str, Any], depth: int = 0) -> Any:
    if isinstance(schema, list):
        return [_inlined(item, defined, depth) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and depth < 8:
        return _inlined(defined[schema["$ref"].rpartition("/")[2]], defined, depth + 1)
    # What a person draws, notes or pins is no model's business, and a tag that points nowhere confuses servers.
    left_out = {"discriminator", "title", "note", "engine", "default"}
    plain = {key: _inlined(value, defined, depth) for key, value in schema.items() if key not in left_out}
    return {"anyOf" if key == "oneOf" else key: value for key, value in plain.items()}


class View(Protocol):
    """What is needed of the data."""

    @property
    def catalog(self) -> Catalog: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...


def answer_spec(
    view: View, tables: Sequence[str], steps: Sequence[Mapping[str, JsonValue]], *, timezone: str, **more: Any
) -> Pipeline:
    """A spec of steps over tables of the catalog. Raises SpecError naming what is unknown or malformed."""
    try:
        return Pipeline.model_validate(
            {"name": NAME, "timezone": timezone, **more, "sources": _sources(view, tables), "steps": list(steps)}
        )
    except ValidationError as error:
        raise _malformed(error) from None


def _sources(view: View, tables: Sequence[str]) -> dict[str, Source]:
    known = {name.casefold(): name for name in view.sources}
    missing = next((name for name in tables if name.casefold() not in known), None)
    if missing is not None:
        raise unknown_name("table", missing, list(known.values()))
    return {known[name.casefold()]: view.sources[known[name.casefold()]] for name in tables}


def _malformed(error: ValidationError) -> SpecError:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return SpecError(f"The draft is not a spec: {first['msg']}.", where={"field": where})


def pipeline_of(proposed: ProposedDraft, request: Request, view: View) -> Pipeline:
    """The spec of a proposal for a request; raises SpecError. Not yet compiled."""
    from agents.builtin.pipelines.schedule import find_timing

    timing = find_timing(request.text, request.timezone) if request.want == "pipeline" else None
    files = proposed.files if request.want == "pipeline" else []
    try:
        outputs = [Output(file=one.file, from_=one.rows_of, order_by=tuple(one.order_by)) for one in files]
        checks = [Check.model_validate(one) for one in proposed.checks]
        for step in proposed.steps:
            Step.model_validate(step)
    except ValidationError as error:
        raise _malformed(error) from None
    last = str(proposed.steps[-1].get("id", ""))
    if request.want == "pipeline" and not outputs:
        outputs = [Output(file="result.csv", from_=last)]
    assumptions = (*proposed.assumptions, *((timing.assumption,) if timing and timing.assumption else ()))
    return answer_spec(
        view,
        proposed.tables,
        proposed.steps,
        timezone=request.timezone,
        name=_identifier(outputs[0].file) if outputs else NAME,
        request=request.text,
        reading=proposed.reading,
        assumptions=assumptions,
        checks=checks,
        outputs=outputs,
        schedule=timing.schedule if timing else None,
    )


def _identifier(file: str) -> str:
    plain = re.sub(r"\W+", "_", file.rpartition(".")[0] or file).strip("_").casefold() or NAME
    return plain if not plain[0].isdigit() else f"plan_{plain}"


def draft_of(proposed: ProposedDraft, spec: Pipeline) -> Draft:
    """The contract's draft of a proposal that compiled."""
    answer = None if spec.outputs else proposed.answer or spec.steps[-1].id
    chart = proposed.chart
    return Draft(
        spec=spec,
        reading=spec.reading,
        assumptions=spec.assumptions,
        answer=answer,
        ordered=proposed.ordered,
        chart=ChartHint(kind=chart.kind, x=chart.x, y=tuple(chart.y)) if chart else None,
    )


def question_of(proposed: ProposedQuestion) -> Question:
    """The contract's question."""
    key = "model." + re.sub(r"\W+", "_", proposed.about.casefold()).strip("_")[:60]
    options = tuple(Option(label=text, value=text) for text in proposed.options)
    return Question(key=key, text=proposed.text, options=options)


def refusal_of(proposed: ProposedRefusal) -> Refusal:
    """The contract's refusal."""
    return Refusal(message=proposed.message, hint=proposed.hint)


_SPOKEN: Mapping[str, str] = {
    "email": r"e-?mail|mail|contact|address",
    "phone": r"phone|telephone|mobile|cell|number|contact|call",
    "iban": r"iban|bank|account",
    "card": r"card",
    "birth": r"birth|age|born|old|young",
    "identity": r"tax|passport|ssn|social|identity|licen[cs]e",
    "network": r"ip|device|network",
}


def check_personal(job: Job, target: Sequence[str], marks: Marks, request: Request) -> None:
    """Refuse to show personal columns that nobody spoke of; raises SpecError. Names tell rows apart and may be."""
    said = " ".join(
        [request.text, request.context, *request.answers.values(), *(turn.request for turn in request.history)]
    )
    words = set(re.findall(r"[^\W_]+", said.casefold()))
    shown = _shown(job)
    for name in target:
        relation = shown.get(name.casefold())
        for field in relation.fields if relation is not None else ():
            for origin in field.origins:
                mark = marks.get((origin.source.casefold(), origin.column.casefold()))
                if mark is None or mark.kind not in STRICT or _is_spoken(origin.column, mark.kind, said, words):
                    continue
                raise SpecError(
                    f"The column {field.name!r} comes from {origin.source}.{origin.column}, which is personal "
                    "and was not asked for.",
                    hint="Leave it out.",
                    where={"step": name},
                    data={"column": field.name, "origin": f"{origin.source}.{origin.column}"},
                )


def check_moving(spec: Pipeline, request: Request) -> None:
    """Refuse a plan in which days that are counted from the day of a run are written as days; raises SpecError.

    "Last month" of a plan is the month before each run; written as a date it would be the same month forever.
    """
    from agents.builtin.saying.moving import days_said

    if request.want != "pipeline":
        return
    today = request.now.astimezone(ZoneInfo(request.timezone)).date()
    said = days_said(request.text, today)
    for step in spec.steps:
        written = json.dumps(step.params, default=str)
        for day, words in said.items():
            if day.isoformat() in written:
                raise SpecError(
                    f"{words!r} is counted from the day of each run, and the step {step.id!r} has it as {day}.",
                    hint="Write it from $today, such as date_trunc('month', $today) - INTERVAL 1 MONTH.",
                    where={"step": step.id},
                    data={"written": day.isoformat(), "said": words, "use": ["$today"]},
                )


def _shown(job: Job) -> Mapping[str, Relation]:
    """Each relation, its fields' origins the columns whose values it shows.

    How many values there are, and whether one is like another, shows none.
    """
    from pipelines.lineage import derive

    known = dict(job.relations)
    for stage in job.stages:
        if stage.select is None:
            continue
        relation = known[stage.relation.name.casefold()]
        origins = [field.origins for field in derive(_without_counts(stage.select), known).fields]
        if len(origins) == len(relation.fields):
            pairs = zip(relation.fields, origins, strict=True)
            fields = tuple(replace(field, origins=only) for field, only in pairs)
            known[stage.relation.name.casefold()] = replace(relation, fields=fields)
    return known


def _without_counts(query: exp.Query) -> exp.Query:
    from sqlglot import exp

    def one(node: exp.Expr) -> exp.Expr:
        tells_how_many = isinstance(node, exp.Count | exp.CountIf | exp.ApproxDistinct | exp.Predicate)
        return exp.Literal.number(1) if tells_how_many and not isinstance(node, exp.Query) else node

    result = query.copy()
    for select in list(result.find_all(exp.Select)):
        select.set("expressions", [_named(item.transform(one), item.alias_or_name) for item in select.expressions])
    return result


def _named(value: exp.Expr, name: str) -> exp.Expr:
    from sqlglot import exp

    return value if value.alias_or_name == name or not name else exp.alias_(value, name, quoted=True)


def _is_spoken(column: str, kind: str, said: str, words: set[str]) -> bool:
    if kind == "secret":
        return False
    if re.search(rf"\b(?:{_SPOKEN.get(kind, '(?!)')})s?\b", said, re.IGNORECASE):
        return True
    named = [word for word in re.findall(r"[^\W_]+", column.casefold()) if len(word) > 2]
    return bool(named) and set(named) <= words
