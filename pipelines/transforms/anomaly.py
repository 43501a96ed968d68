"""Tell what is unusual in readings over time: spikes and drops, levels that moved, unrest, values that stand still.

Each reading gets what was ``expected`` (the median of its hour of the day or of the week, found from the data, with a
trend where there is one), a ``score`` (1 is the bound), and, where it is part of an anomaly, what kind (``high``,
``low``, ``unsteady``, ``still``) and the number of its ``event``. A series is measured by itself: a moment is unusual
when it is unlike the wildest moments of the other days (of the other weeks, for daily readings). A reading without a
time or a value is not judged. The method is in ``pipelines/anomalies.py``; it draws nothing at random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built
from pipelines.expressions import aliased, column, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, family, ordered
from pipelines.zones import INSTANT
from spec.base import Document, JsonValue
from spec.errors import LimitError
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

BOUNDS: Final[Mapping[str, float]] = {"low": 3.0, "normal": 2.4, "high": 2.0}
"""How many spreads above the usual peak of a cycle a moment has to be, by sensitivity."""
MOST_READINGS = 2_000_000
NUMBER, GROUP = "_n", "_g"
ADDED: Final = {"expected": "DOUBLE", "score": "DOUBLE", "anomaly": "VARCHAR", "event": "BIGINT"}
MISSED = 3
"""So many usual distances without a reading are a gap."""


class Params(Document):
    """What is read, when, and of what."""

    time: str = Field(description="Column of dates or times.")
    value: str = Field(description="Column of numbers.")
    per: Strings = Field(default=(), description="Columns whose equal rows make a series of their own.")
    season: Literal["auto", "none", "day", "workday", "week"] = Field(
        default="auto",
        description="What repeats: the hours of a day, of a workday (weekends apart), of a week, or nothing.",
    )
    sensitivity: Literal["low", "normal", "high"] = Field(
        default="normal", description="high tells more, and is wrong more often."
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {
    "events": "One row an event: its first and last reading, how many, its highest score, and the kind of that.",
    "missing": "One row a gap: three usual distances or more without a reading.",
}
_DAYS = [f"2026-03-{day:02}" for day in range(1, 17)]
_SOLD = [20, 21, 19, 20, 22, 20, 21, 20, 19, 95, 21, 20, 19, 21, 20, 20]
keywords: Final = (
    "unusual days or hours, spikes and drops in sales, a sudden jump or fall, something strange in the readings, "
    "sensor stuck at one value, missing readings in a series, level has shifted, monitor a metric over time"
)
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"day": "DATE", "sold": "INTEGER"}, "primary_key": ["day"],
                         "rows": [list(row) for row in zip(_DAYS, _SOLD, strict=True)]}},
    "step": {"use": "anomaly", "from": "sales", "time": "day", "value": "sold"},
    "rows": {"events": [[1, "2026-03-10", "2026-03-10", 1, 8.431, "high"]], "missing": []},
    "columns": {"": ["day", "sold", "expected", "score", "anomaly", "event"]},
}  # fmt: skip


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Readings go out as numbers and come back judged; everything else is SQL."""
    (relation,) = inputs
    moment = scope.field(params.time, relation, "time")
    value = scope.field(params.value, relation, "value")
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    if family(moment.type) != "date":
        raise scope.fail(f"{moment.name!r} is {moment.type}, not a date or time.", field="time",
                         hint="Cast it in a 'cast' step first.")  # fmt: skip
    if family(value.type) != "number":
        raise scope.fail(f"{value.name!r} is {value.type}, not a number.", field="value",
                         hint="Cast it in a 'cast' step first.")  # fmt: skip
    if {moment.name, value.name} & set(per) or moment.name == value.name:
        raise scope.fail("The time, the value and what makes a series are different columns.", field="per",
                         hint="Name each column once.")  # fmt: skip
    scope.distinct([*relation.names, NUMBER, GROUP, *ADDED], "from")
    rows, found = f"{scope.name}._rows", f"{scope.name}._found"
    built: dict[str, exp.Query] = {
        "_rows": _numbered(relation, per, moment),
        "_readings": _readings(rows, moment, value, scope),
        MAIN: _judged(relation, rows, found),
    }
    if scope.wants("events"):
        built["events"] = _events(per, moment, rows, found)
    if scope.wants("missing"):
        built["missing"] = _missing(per, moment, relation)
    returned = (Column(NUMBER, "BIGINT"), *(Column(name, kind, exact=False) for name, kind in ADDED.items()))
    return Built(
        built,
        keys={MAIN: relation.keys},
        apply=_Judge(scope.name, params.season, BOUNDS[params.sensitivity]),
        fields={"_found": returned},
        feeds=("_rows", "_readings"),
    )


def _numbered(relation: Relation, per: Sequence[str], moment: Column) -> exp.Select:
    """Rows with a number by series and time, and the number of their series."""
    first = [*per, moment.name]
    order = [ordered(column(name), False) for name in (*first, *tie_break(first, relation))]
    number = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=order), over="OVER")
    of = exp.Order(expressions=[ordered(column(name), False) for name in per]) if per else None
    group: exp.Expr = exp.Literal.number(1)
    if of is not None:
        group = exp.Window(this=exp.Anonymous(this="dense_rank", expressions=[]), order=of, over="OVER")
    return exp.Select(
        expressions=[aliased(number, NUMBER), aliased(group, GROUP), *(column(name) for name in relation.names)],
        from_=exp.From(this=table_of(relation.name)),
    )


def _readings(rows: str, moment: Column, value: Column, scope: StepScope) -> exp.Select:
    """Number, series, seconds on the business's clock, and the value."""
    clock: exp.Expr = column(moment.name)
    if moment.type == INSTANT:
        clock = exp.AtTimeZone(this=clock, zone=exp.Literal.string(scope.timezone))
    stamp = exp.Cast(this=clock, to=exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    seconds = exp.Anonymous(this="epoch", expressions=[stamp])
    double = exp.DataType.build("DOUBLE", dialect="duckdb")
    number = exp.Cast(this=column(value.name), to=double)
    finite = exp.Anonymous(this="isfinite", expressions=[number.copy()])
    there = exp.Not(this=exp.Is(this=column(moment.name), expression=exp.Null()))
    days = exp.Anonymous(this="isfinite", expressions=[column(moment.name)])
    return exp.Select(
        expressions=[
            column(NUMBER),
            column(GROUP),
            aliased(exp.Cast(this=seconds, to=double.copy()), "seconds"),
            aliased(number, "value"),
        ],
        from_=exp.From(this=table_of(rows)),
        where=exp.Where(this=exp.and_(there, days, finite)),
    )


def _joined(rows: str, found: str, shown: list[exp.Expr]) -> exp.Select:
    same = proofs.equals(column(NUMBER, "f"), column(NUMBER, "r"))
    return exp.Select(
        expressions=shown,
        from_=exp.From(this=table_of(rows, "r")),
        joins=[exp.Join(this=table_of(found, "f"), side="LEFT", on=same)],
    )


def _judged(relation: Relation, rows: str, found: str) -> exp.Select:
    own = [aliased(column(name, "r"), name) for name in relation.names]
    return _joined(rows, found, [*own, *(aliased(column(name, "f"), name) for name in ADDED)])


def _events(per: Sequence[str], moment: Column, rows: str, found: str) -> exp.Select:
    """The events of each series; the kind is that of the highest score, the first of several."""
    groups = [column(name, "r") for name in per]
    highest = exp.Tuple(expressions=[column("score", "f"), exp.Neg(this=column(NUMBER, "r"))])
    peak = exp.Anonymous(this="arg_max", expressions=[column("anomaly", "f"), highest])
    query = _joined(
        rows,
        found,
        [
            *(aliased(group, group.name) for group in groups),
            aliased(column("event", "f"), "event"),
            aliased(exp.Min(this=column(moment.name, "r")), "first"),
            aliased(exp.Max(this=column(moment.name, "r")), "last"),
            aliased(proofs.count_all(), "readings"),
            aliased(exp.Max(this=column("score", "f")), "score"),
            aliased(peak, "anomaly"),
        ],
    )
    query.set("where", exp.Where(this=exp.Not(this=exp.Is(this=column("event", "f"), expression=exp.Null()))))
    query.set("group", exp.Group(expressions=[*(group.copy() for group in groups), column("event", "f")]))
    return query


def _missing(per: Sequence[str], moment: Column, relation: Relation) -> exp.Select:
    """Gaps of each series, by the usual distance of its readings."""
    groups = [column(name) for name in per]
    stamp = exp.Cast(this=column(moment.name), to=exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    seconds = exp.Anonymous(this="epoch", expressions=[stamp])
    before = exp.Window(
        this=exp.Lag(this=column(moment.name)),
        partition_by=[group.copy() for group in groups],
        order=exp.Order(expressions=[ordered(column(moment.name), False)]),
        over="OVER",
    )
    there = exp.Not(this=exp.Is(this=column(moment.name), expression=exp.Null()))
    times = exp.Select(
        expressions=[*groups, column(moment.name)],
        distinct=exp.Distinct(),
        from_=exp.From(this=table_of(relation.name)),
        where=exp.Where(this=there),
    )
    pairs = exp.Select(
        expressions=[
            *(group.copy() for group in groups),
            aliased(before, "after"),
            aliased(column(moment.name), "before"),
            aliased(seconds, "s"),
        ],
        from_=exp.From(this=proofs.subquery(times, "times")),
    )
    last = exp.Anonymous(
        this="epoch",
        expressions=[exp.Cast(this=column("after"), to=exp.DataType.build("TIMESTAMP", dialect="duckdb"))],
    )
    apart = exp.Sub(this=column("s"), expression=last)
    usual = exp.Window(
        this=exp.Anonymous(this="median", expressions=[column("apart")]),
        partition_by=[group.copy() for group in groups],
        over="OVER",
    )
    measured = exp.Select(
        expressions=[*(group.copy() for group in groups), column("after"), column("before"), aliased(apart, "apart")],
        from_=exp.From(this=proofs.subquery(pairs, "pairs")),
    )
    compared = exp.Select(
        expressions=[exp.Star(), aliased(usual, "usual")], from_=exp.From(this=proofs.subquery(measured, "measured"))
    )
    steps = exp.Sub(
        this=exp.Round(this=exp.Div(this=column("apart"), expression=column("usual"))), expression=exp.Literal.number(1)
    )
    return exp.Select(
        expressions=[
            *(group.copy() for group in groups),
            column("after"),
            column("before"),
            aliased(exp.Cast(this=steps, to=exp.DataType.build("BIGINT")), "readings"),
        ],
        from_=exp.From(this=proofs.subquery(compared, "compared")),
        where=exp.Where(
            this=exp.GTE(
                this=column("apart"),
                expression=exp.Mul(this=exp.Literal.number(MISSED), expression=column("usual")),
            )
        ),
    )


@record(frozen=True)
class _Judge:
    """Judges each series apart. Inputs: the rows, of which only the next is made; number, series, seconds, value."""

    step: str
    season: Literal["auto", "none", "day", "workday", "week"]
    bound: float

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The judged readings by number; ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        from pipelines.anomalies import find_anomalies

        del seed
        given = inputs[1].read_all()
        if given.num_rows > MOST_READINGS:
            raise LimitError(
                f"There are more than {MOST_READINGS:,} readings to judge.",
                hint="Sum them up by hour or by day in an 'aggregate' step first.",
                where={"step": self.step},
                data={"step": self.step, "limit": MOST_READINGS},
            )
        given = given.sort_by(NUMBER)
        numbers, groups, times, values = (given.column(name).to_pylist() for name in given.column_names)
        found: dict[str, list[object]] = {name: [] for name in ADDED}
        start = 0
        while start < len(groups):
            end = start
            while end < len(groups) and groups[end] == groups[start]:
                end += 1
            judged = find_anomalies(times[start:end], values[start:end], bound=self.bound, season=self.season)
            found["expected"] += judged.expected
            # Three decimals are more than a score means, and alike on every machine.
            found["score"] += [round(one, 3) for one in judged.score]
            found["anomaly"] += judged.kind
            found["event"] += judged.event
            start = end
        types = {"expected": pa.float64(), "score": pa.float64(), "anomaly": pa.string(), "event": pa.int64()}
        return {
            "_found": pa.table(
                {NUMBER: pa.array(numbers, pa.int64()), **{n: pa.array(found[n], t) for n, t in types.items()}}
            )
        }
