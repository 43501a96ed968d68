"""Turn rows of a thing at several times into stretches: since when, and until when, it was as it was.

Rows of one ``key`` are put in the order of ``at``. A row that changes none of the ``columns`` continues the stretch
before it; one that does ends it. A stretch lasts until the next one begins; of dates, ``until: day_before`` writes the
last day that it holds. The last stretch is open: its end is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Relation
from pipelines.scope import StepScope, ordered
from pipelines.sqltree import is_null, number, over, plus_days
from spec.base import Document, JsonValue
from spec.pipeline import Strings

CHANGES, NEXT = "_changes", "_next"


class Params(Document):
    """What is followed over time, and by what."""

    key: Strings = Field(min_length=1, description="Columns that say which thing a row is about, e.g. customer_id.")
    at: str = Field(description="Column of dates or instants: when the row was true.")
    columns: Strings = Field(default=(), description="Columns whose changes count; all others when empty.")
    valid_from: str = Field(default="valid_from", description="New column: when the stretch begins.")
    valid_to: str = Field(default="valid_to", description="New column: when it ends; empty for the last one.")
    current: str = Field(default="is_current", description="New column: whether it is the last one.")
    until: Literal["next", "day_before"] = Field(
        default="next", description="The end is the start of the next stretch, or the day before it."
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"prices": {"columns": {"item": "VARCHAR", "day": "DATE", "price": "DECIMAL(18,2)"},
                          "primary_key": ["item", "day"],
                          "rows": [["mug", "2026-01-01", "8.00"], ["mug", "2026-02-01", "8.00"],
                                   ["mug", "2026-03-01", "9.00"]]}},
    "step": {"use": "history", "from": "prices", "key": "item", "at": "day", "until": "day_before"},
    "rows": {"": [["mug", "8.00", "2026-01-01", "2026-02-28", False], ["mug", "9.00", "2026-03-01", None, True]]},
}  # fmt: skip
keywords: Final = (
    "slowly changing dimension, SCD, type 2, valid from, valid to, history of changes, price history, when did it "
    "change, address over time, snapshots, effective dates, current version, versions of a record, how prices "
    "changed over time, when was it changed, status over time, old and new address, from when until when"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Rows that change something, each until the next of them."""
    (relation,) = inputs
    key = [item.name for item in scope.fields(params.key, relation, "key")]
    at = scope.field(params.at, relation, "at")
    if at.type != "DATE" and not (at.type.startswith("TIMESTAMP") and params.until == "next"):
        needed = "a day" if params.until == "day_before" else "a date or an instant"
        raise scope.fail(
            f"{at.name!r} is {at.type}; {needed} is needed.",
            field="at",
            hint="Cast it in a 'cast' step first.",
        )
    scope.require_total(key, [at.name], relation, "Which row comes before", "key")
    followed = [item.name for item in scope.fields(params.columns, relation, "columns")]
    followed = followed or [name for name in relation.names if name not in (*key, at.name)]
    scope.distinct([*key, *followed, params.valid_from, params.valid_to, params.current], "valid_from")
    scope.distinct([*relation.names, CHANGES, NEXT], "key")
    group, sort = [column(name) for name in key], [ordered(column(at.name), False)]
    changes: list[exp.Expr] = [proofs.equals(over(exp.RowNumber(), group, sort), number(1))]
    changes += [
        exp.NullSafeNEQ(this=column(name), expression=over(exp.Lag(this=column(name)), group, sort))
        for name in followed
    ]
    kept = [column(name) for name in (*key, *followed, at.name)]
    marked = select_from(relation.name, [*kept, aliased(exp.or_(*changes, copy=False), CHANGES)])
    changed = exp.Select(
        expressions=[
            *(item.copy() for item in kept), aliased(over(exp.Lead(this=column(at.name)), group, sort), NEXT)
        ],
        from_=exp.From(this=proofs.subquery(marked, "marked")),
        where=exp.Where(this=column(CHANGES)),
    )  # fmt: skip
    end = plus_days(column(NEXT), number(-1)) if params.until == "day_before" else column(NEXT)
    query = exp.Select(
        expressions=[
            *(column(name) for name in (*key, *followed)),
            aliased(column(at.name), params.valid_from),
            aliased(end, params.valid_to),
            aliased(is_null(column(NEXT)), params.current),
        ],
        from_=exp.From(this=proofs.subquery(changed, "changed")),
    )
    return Built({MAIN: query}, keys={MAIN: frozenset({frozenset({*key, params.valid_from})})})
