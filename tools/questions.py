"""A planned question, answered: its spec compiled to one query, run read-only over the data as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pipelines.compiler import compile_spec
from pipelines.query import job_sql, to_text
from spec.base import JsonValue
from spec.errors import SpecError
from spec.pipeline import Pipeline, Source
from tools.context import Context
from tools.values import Rows

if TYPE_CHECKING:
    from sqlglot import exp


class Queried(Protocol):
    """The data an answer is computed on; ``tools.data.OpenData`` is one."""

    def answer(self, query: exp.Query, *, limit: int) -> Rows: ...
    def named_as(self, sources: Mapping[str, Source]) -> tuple[str, ...]: ...
    def remarks(self, table: str) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Answer:
    """``sql`` stands by itself: the values of parameters are in it. ``remarks`` tell what the reading set aside."""

    rows: Rows
    sql: str
    remarks: tuple[str, ...] = ()


def answer(context: Context, spec: Pipeline, step: str | None, data: Queried, *, now: datetime, limit: int) -> Answer:
    """At most ``limit`` rows of ``step`` (the last one when None). Raises SpecError where the plan does not compile."""
    query = query_of(context, spec, step, data, now=now)
    used = data.named_as(spec.sources)
    rows = data.answer(query, limit=limit)
    return Answer(rows, to_text(query), tuple(remark for table in used for remark in data.remarks(table)))


def query_of(context: Context, spec: Pipeline, step: str | None, data: Queried, *, now: datetime) -> exp.Query:
    """The query that gives all rows of a step over the data; raises as ``answer``."""
    context.need("ask")
    target = step or (spec.steps[-1].id if spec.steps else None)
    if target is None:
        raise SpecError("The plan has no step whose rows would answer.", data={"spec": spec.name})
    job = compile_spec(spec, base=Path.cwd(), now=now)
    data.named_as(spec.sources)
    return _with_values(job_sql(job, target), job.parameters)


def _with_values(query: exp.Select, values: Mapping[str, JsonValue]) -> exp.Query:
    """Literals where parameters stood; each stands in a cast to its type."""
    from sqlglot import exp

    from pipelines.scope import constant

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder | exp.Parameter):
            value = values.get(node.name)
            return constant(value if value is None or isinstance(value, bool) else str(value))
        return node

    result = query.transform(replaced)
    assert isinstance(result, exp.Query)
    return result
