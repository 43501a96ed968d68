"""Reckon how figures go on: the next months, weeks or days of each series, with a stated rule.

The rows stay, and after the last period of each ``per`` come as many new ones as ``periods`` says, with ``forecast``
and ``is_forecast``; all columns but the time and those of ``per`` are empty in them. ``last`` repeats the last value,
``mean`` is the mean of the last ``window`` values, ``linear`` the straight line of least squares through all of them,
``season`` the value one season before, ``trend_season`` a straight line with what each period of a season usually lies
above or below it. ``auto`` (the default) tries them on the last periods that are there, and takes the one that came
nearest; ``<step>.methods`` says which. Nothing is drawn at random.

The input has one row for each period of ``per``, which every run proves; a period without a row or a value counts for
nothing ('scaffold' adds missing ones as 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.forecasts import Method, forecast
from pipelines.inorder import taken_in
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import as_type, call, is_there, number, or_else, over, plus, times, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

GROUP, AT, AHEAD = "_g", "_at", "_ahead"
VALUE, LAST, ENDS, METHOD, COUNT = "_value", "_last", "_ends", "_method", "_m"
SEASONS: Final = {"day": 7, "week": 52, "month": 12, "quarter": 4, "year": 0}
MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}
FORECAST, IS_FORECAST = "forecast", "is_forecast"
_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


class Params(Document):
    """What goes on, for how long, and by which rule."""

    time: str = Field(description="Column of dates (any day of the period), or of whole numbers such as a year.")
    value: str = Field(description="Column of numbers that goes on.")
    periods: int = Field(ge=1, le=1000, description="How many periods to reckon after the last one of each series.")
    every: Literal["day", "week", "month", "quarter", "year"] = Field(
        default="month", description="How long a period is; weeks start on Monday. It counts for dates only."
    )
    per: Strings = Field(default=(), description="Columns whose equal rows make a series of their own.")
    method: Method = Field(default="auto", description="Rule by which it goes on: see above.")
    window: int = Field(default=3, ge=1, description="For mean: of how many last values.")
    season: int | None = Field(
        default=None,
        ge=0,
        description="Periods in a season, 0 for none; by default 7 days, 52 weeks, 12 months or 4 quarters.",
    )
    at_least: float | None = Field(default=None, description="No forecast is below this, e.g. 0.")


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {
    "future": "The new rows alone.",
    "methods": "One row a series: its last period, how many values it has, and the rule that was taken.",
}
_SALES: Final[list[JsonValue]] = [[f"2026-0{month}-01", 90 + 10 * month] for month in range(1, 7)]
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"sales": {"columns": {"month": "DATE", "total": "INTEGER"}, "primary_key": ["month"], "rows": _SALES}},
    "step": {"use": "forecast", "from": "sales", "time": "month", "value": "total", "periods": 2},
    "rows": {"future": [["2026-07-01", None, 160.0, True], ["2026-08-01", None, 170.0, True]],
             "methods": [["2026-06-01", 6, "linear"]]},
    "columns": {"": ["month", "total", FORECAST, IS_FORECAST]},
}  # fmt: skip
keywords: Final = (
    "predict next months, sales forecast, projection, extrapolate, trend line, expected sales, what will "
    "it be, outlook, seasonal forecast, moving average forecast, linear regression, budget from last year, run rate, "
    "demand planning, future periods, naive forecast, estimate the future"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Periods go out as numbers; what comes back is put behind the last period of each series."""
    (relation,) = inputs
    time = scope.field(params.time, relation, "time")
    value = scope.field(params.value, relation, "value")
    per = [item.name for item in scope.fields(params.per, relation, "per")]
    if time.type != "DATE" and time.type not in _WHOLE:
        raise scope.fail(f"{time.name!r} is {time.type}; a period is a date or a whole number.", field="time",
                         hint="Cast it in a 'cast' step first, or write cast(time as date).")  # fmt: skip
    if family(value.type) != "number":
        raise scope.fail(f"{value.name!r} is {value.type}, not a number.", field="value", hint="Cast it first.")
    if time.name in per or value.name in (*per, time.name):
        raise scope.fail("The time, the value and what makes a series are different columns.", field="per",
                         hint="Name each column once.")  # fmt: skip
    scope.distinct([*relation.names, FORECAST, IS_FORECAST], "from")
    # The last value is one of those that are there, so nothing has to be reckoned outside of SQL.
    here = params.method == "last"
    series, found, ways = (f"{scope.name}.{name}" for name in ("_series", "_found", "_ways"))
    coming = _coming(params, relation, time, per, series, None if here else found)
    history = [aliased(column(name), name) for name in relation.names]
    history += [aliased(as_type(exp.Null(), "DOUBLE"), FORECAST), aliased(exp.false(), IS_FORECAST)]
    built: dict[str, exp.Query] = {"_series": _series(params, relation, time, per, value if here else None)}
    if not here:
        built["_values"] = _values(params, relation, time, value, per, series)
    built[MAIN] = exp.Union(this=select_from(relation.name, history), expression=coming, distinct=False)
    if scope.wants("future"):
        built["future"] = coming.copy()
    if scope.wants("methods"):
        built["methods"] = _methods(time, per, series, None if here else ways)
    season = params.season if params.season is not None else (SEASONS[params.every] if time.type == "DATE" else 0)
    keys = frozenset({frozenset({*per, time.name})})
    checks = (_one_row(params, time, per, relation, scope),)
    if here:
        return Built(built, keys={MAIN: keys, "future": keys}, checks=checks)
    return Built(
        built,
        keys={MAIN: keys, "future": keys},
        checks=checks,
        apply=_Reckon(scope.name, params.method, params.periods, season, params.window, params.at_least),
        fields={
            "_found": (Column(GROUP, "BIGINT"), Column(AHEAD, "BIGINT"), Column(VALUE, "DOUBLE", exact=False)),
            "_ways": (Column(GROUP, "BIGINT"), Column(COUNT, "BIGINT"), Column(METHOD, "VARCHAR", exact=False)),
        },
        feeds=("_series", "_values"),
    )


def _period(value: exp.Expr, time: Column, every: str) -> exp.Expr:
    """The number of the period, counted without gaps."""
    if time.type != "DATE":
        return as_type(value, "BIGINT")
    # 5 January 1970 was a Monday.
    origin = as_type(exp.Literal.string("1970-01-05" if every == "week" else "1970-01-01"), "DATE")
    return as_type(call("date_diff", exp.Literal.string(every), origin, value), "BIGINT")


def _series(params: Params, relation: Relation, time: Column, per: Sequence[str], value: Column | None) -> exp.Select:
    """Each series with its number, its last period, and whether all its dates are the last of a month.

    With ``value`` it has, in place of the number, its last finite value and how many of those there are.
    """
    moment = column(time.name)
    ends: exp.Expr = exp.false()
    if time.type == "DATE" and params.every in MONTHS:
        # The day after the last of a month is a first; this is cheaper than last_day().
        after = call("day", plus(moment.copy(), number(1)))
        ends = or_else(proofs.equals(exp.Max(this=after), number(1)), exp.false())
    groups = [column(name) for name in per]
    more = _known(value, moment) if value is not None else []
    grouped = select_from(
        relation.name, [*(aliased(one, one.name) for one in groups), aliased(exp.Max(this=moment.copy()), LAST),
                        aliased(ends, ENDS), *more],
    )  # fmt: skip
    grouped.set("where", exp.Where(this=is_there(moment.copy())))
    grouped.set("group", exp.Group(expressions=[*(one.copy() for one in groups)] or [exp.Tuple(expressions=[])]))
    if value is not None:
        return grouped
    order = [ordered(one.copy(), False) for one in groups]
    numbers = over(exp.RowNumber(), (), order) if groups else number(1)
    return exp.Select(
        expressions=[aliased(as_type(numbers, "BIGINT"), GROUP), *(column(name) for name in per), column(LAST),
                     column(ENDS)],
        from_=exp.From(this=proofs.subquery(grouped, "series")),
    )  # fmt: skip


def _known(value: Column, moment: exp.Column) -> list[exp.Expr]:
    """The last finite value of a series, and how many there are."""
    there = is_there(column(value.name))
    if value.type in ("DOUBLE", "FLOAT"):
        there = exp.and_(there, call("isfinite", column(value.name)), copy=False)
    last = exp.ArgMax(this=column(value.name), expression=moment.copy())
    return [
        aliased(as_type(exp.Filter(this=last, expression=exp.Where(this=there)), "DOUBLE"), VALUE),
        aliased(exp.Filter(this=proofs.count_all(), expression=exp.Where(this=there.copy())), COUNT),
    ]


def _values(
    params: Params, relation: Relation, time: Column, value: Column, per: Sequence[str], series: str
) -> exp.Select:
    same = [exp.NullSafeEQ(this=column(name, "t"), expression=column(name, "s")) for name in per]
    number_ = as_type(column(value.name, "t"), "DOUBLE")
    return exp.Select(
        expressions=[
            aliased(column(GROUP, "s"), GROUP),
            aliased(_period(column(time.name, "t"), time, params.every), AT),
            aliased(number_, VALUE),
            aliased(_period(column(LAST, "s"), time, params.every), LAST),
        ],
        from_=exp.From(this=table_of(relation.name, "t")),
        joins=[exp.Join(this=table_of(series, "s"), on=exp.and_(*same, copy=False) if same else exp.true())],
        where=exp.Where(this=is_there(column(time.name, "t"))),
    )


def _methods(time: Column, per: Sequence[str], series: str, ways: str | None) -> exp.Select:
    """The rule taken for each series: what came back, or the last value where there is one."""
    known = column(COUNT, "w" if ways else "s")
    way: exp.Expr = column(METHOD, "w")
    if ways is None:
        way = when(exp.GT(this=known.copy(), expression=number(0)), exp.Literal.string("last"))
    return exp.Select(
        expressions=[
            *(aliased(column(name, "s"), name) for name in per),
            aliased(column(LAST, "s"), time.name),
            aliased(known, "values"),
            aliased(way, "method"),
        ],
        from_=exp.From(this=table_of(series, "s")),
        joins=[exp.Join(this=table_of(ways, "w"), on=proofs.equals(column(GROUP, "s"), column(GROUP, "w")))]
        if ways
        else [],
    )


def _coming(
    params: Params, relation: Relation, time: Column, per: Sequence[str], series: str, found: str | None
) -> exp.Select:
    """The new rows: what makes the series, the next periods, and the forecast.

    Without ``found`` the forecast is the last value of the series.
    """
    last, ahead = column(LAST, "s"), column(AHEAD, "f" if found else "s")
    if time.type != "DATE":
        moment = as_type(plus(last, ahead), time.type)
    elif params.every in MONTHS:
        months = as_type(times(ahead, number(MONTHS[params.every])), "INTEGER")
        moved = as_type(exp.Add(this=last, expression=call("to_months", months)), "DATE")
        moment = exp.Case(
            ifs=[exp.If(this=column(ENDS, "s"), true=as_type(exp.LastDay(this=moved.copy()), "DATE"))], default=moved
        )
    else:
        days = as_type(times(ahead, number(7 if params.every == "week" else 1)), "INTEGER")
        moment = as_type(exp.Add(this=last, expression=call("to_days", days)), "DATE")
    shown: list[exp.Expr] = []
    for item in relation.fields:
        given: exp.Expr = as_type(exp.Null(), item.type)
        if item.name == time.name:
            given = moment
        elif item.name in per:
            given = column(item.name, "s")
        shown.append(aliased(given, item.name))
    if found:
        reckoned: exp.Expr = column(VALUE, "f")
        source: exp.Expr = table_of(found, "f")
        joins = [exp.Join(this=table_of(series, "s"), on=proofs.equals(column(GROUP, "f"), column(GROUP, "s")))]
    else:
        reckoned = column(VALUE, "s")
        if params.at_least is not None:
            least = as_type(exp.Literal.string(repr(params.at_least)), "DOUBLE")
            reckoned = when(exp.LT(this=reckoned, expression=least), least.copy(), reckoned.copy())
        steps = exp.Explode(this=exp.GenerateSeries(start=number(1), end=number(params.periods)))
        source = proofs.subquery(
            select_from(series, [*map(column, (*per, LAST, ENDS, VALUE)), aliased(steps, AHEAD)]), "s"
        )
        joins = []
    return exp.Select(
        expressions=[*shown, aliased(reckoned, FORECAST), aliased(exp.true(), IS_FORECAST)],
        from_=exp.From(this=source),
        joins=joins,
    )


def _one_row(params: Params, time: Column, per: Sequence[str], relation: Relation, scope: StepScope) -> ImpliedCheck:
    start = _period(column(time.name), time, params.every)
    bad = select_from(
        relation.name,
        [*(column(name) for name in per), aliased(exp.Min(this=column(time.name)), time.name),
         aliased(proofs.count_all(), "rows")],
    )  # fmt: skip
    bad.set("where", exp.Where(this=is_there(column(time.name))))
    bad.set("group", exp.Group(expressions=[*(column(name) for name in per), start]))
    bad.set("having", exp.Having(this=exp.GT(this=proofs.count_all(), expression=number(1))))
    query = proofs.no_rows(
        bad.copy(),
        "each period has one row" + (f" for each {', '.join(per)}" if per else ""),
        " periods have several; add them up in an 'aggregate' step first",
        " period has several; add them up in an 'aggregate' step first",
    )
    return ImpliedCheck("forecast_one_row", scope.name, "block", query, (relation.name,), evidence=bad)


@record(frozen=True)
class _Reckon:
    """Reckons each series. Inputs: the series; number of the series, period, value and last period of each row."""

    step: str
    method: Method
    periods: int
    season: int
    window: int
    at_least: float | None

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """The forecasts and the rules taken, by series; ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        del seed
        groups = sorted(inputs[0].read_all().column(GROUP).to_pylist())
        given = taken_in(inputs[1], self.step, AT)
        series: dict[int, list[tuple[int, float]]] = {group: [] for group in groups}
        ends: dict[int, int] = {}
        columns = (given.column(name).to_pylist() for name in (GROUP, AT, VALUE, LAST))
        for group, at, value, last in zip(*columns, strict=True):
            ends[group] = last
            if value is not None and isfinite(value):
                series[group].append((at, value))
        found: list[tuple[int, int, float | None]] = []
        ways: list[tuple[int, int, str | None]] = []
        for group in groups:
            values = series[group]
            # The last periods may have no value: they are reckoned over, not given.
            late = ends[group] - values[-1][0] if values else 0
            reckoned, way = forecast(values, self.periods + late, self.method, season=self.season, window=self.window)
            shown: list[float | None] = [self._bounded(one) for one in reckoned[late:]]
            shown = shown or [None] * self.periods
            found += [(group, ahead, one) for ahead, one in enumerate(shown, 1)]
            ways.append((group, len(values), way if values else None))
        return {
            "_found": _table((GROUP, AHEAD, VALUE), found, (pa.int64(), pa.int64(), pa.float64())),
            "_ways": _table((GROUP, COUNT, METHOD), ways, (pa.int64(), pa.int64(), pa.string())),
        }

    def _bounded(self, value: float) -> float:
        return value if self.at_least is None else max(value, self.at_least)


def _table(names: Sequence[str], rows: Sequence[tuple[object, ...]], types: Sequence[pa.DataType]) -> pa.Table:
    import pyarrow as pa

    columns = zip(names, types, strict=True)
    return pa.table({name: pa.array([row[at] for row in rows], type_) for at, (name, type_) in enumerate(columns)})
