"""The newest value of a date or time column is recent, counted back from the run's instant ($now)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import BuiltCheck
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue

UNITS = ("minute", "hour", "day", "week", "month")


class Params(Document):
    """A column and an age."""

    column: str = Field(description="Column of dates or times.")
    within: str = Field(description="Greatest age of its newest value, e.g. '1 day' or '36 hours'.")


example: Final[Mapping[str, JsonValue]] = {
    "columns": {"id": "INTEGER", "paid": "DATE"},
    "check": {"check": "freshness", "column": "paid", "within": "3 days"},
    "good": [[1, "2026-07-14"]],
    "bad": [[1, "2026-07-01"], [2, None]],
}


def build(params: Params, on: Relation, scope: StepScope) -> BuiltCheck:
    """The newest value beside the oldest that passes."""
    item = scope.field(params.column, on, "column")
    if family(item.type) != "date":
        raise scope.fail(f"{item.name!r} is {item.type}, not a date or time.", field="column", hint="Cast it first.")
    matched = re.fullmatch(r"\s*(\d{1,6})\s*([a-z]+?)s?\s*", params.within.lower())
    if matched is None or matched[2] not in UNITS:
        raise scope.fail(
            f"{params.within!r} is not a length of time.", field="within", hint="For instance '1 day' or '36 hours'."
        )
    age = exp.Interval(this=exp.Literal.string(matched[1]), unit=exp.Var(this=matched[2].upper()))
    instant = item.type.endswith("TIME ZONE")
    # A date or a time without a zone is in the business's own time zone, so it is compared with the clock there.
    now: exp.Expr = exp.Cast(this=exp.Placeholder(this="now"), to=exp.DataType.build("TIMESTAMPTZ", dialect="duckdb"))
    if not instant:
        now = exp.AtTimeZone(this=now, zone=exp.Literal.string(scope.timezone))
    oldest: exp.Expr = exp.Sub(this=now, expression=age)
    if item.type == "DATE":
        oldest = exp.Cast(this=exp.Paren(this=oldest), to=exp.DataType.build("DATE"))
    newest = select_from(on.name, [aliased(exp.Max(this=column(item.name)), "newest"), aliased(oldest, "oldest")])
    fresh = exp.Coalesce(this=exp.GTE(this=column("newest"), expression=column("oldest")), expressions=[exp.false()])
    query = proofs.verdict(
        fresh,
        proofs.say(f"newest {item.name} at or after ", column("oldest")),
        exp.Coalesce(this=proofs.text(column("newest")), expressions=[exp.Literal.string("no value")]),
        exp.Literal.string(""),
        proofs.subquery(newest, "newest"),
    )
    return BuiltCheck(query, (on.name,))
