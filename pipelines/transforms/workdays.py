"""Count the working days between two dates, or move a date by a number of working days.

Working days are all but those of the ``weekend`` and the holidays of the second input, where one is named. Of a count,
``include`` says which ends are days of it: both, as a spreadsheet's NETWORKDAYS has it, or one. An end before the start
counts backwards, below zero. A date moved by 0 stays where it is; by 1 it goes to the next working day, so that adding
-1 to the day after leaves a working day where it is and takes a day off to the one before. With ``on: country`` a
holiday counts for the rows of its own country.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, Expression
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, ordered
from pipelines.sqltree import (
    as_type,
    call,
    is_there,
    minus,
    number,
    or_else,
    over,
    plus,
    plus_days,
    rest,
    text,
    times,
    when,
    whole,
)
from pipelines.transforms.calendar import DAYS, HolidaysOf, Weekend, holidays_of
from spec.base import Document, JsonValue

FROM, TO, BY = "_from", "_to", "_by"
Pairs = Sequence[tuple[Column, Column]]
"""Columns that say whose a holiday is: of the rows, and of the table of holidays."""
MONDAY = "0001-01-01"
"""The first day of the calendar that DuckDB counts in, a Monday: days since then are never below zero."""


class Params(Document):
    """From where to where, or how far, and who works when."""

    start: Expression = Field(description="Column or expression of the first date.")
    end: Expression | None = Field(default=None, description="Column or expression of the last date, to count up to.")
    add: Expression | None = Field(
        default=None, description="In place of end: how many working days to move, e.g. 5, or -2, or a column."
    )
    name: str = Field(default="workdays", description="New column: the number of days, or the date that is reached.")
    include: Literal["both", "end", "start"] = Field(
        default="both", description="For a count: which of the two dates counts, where it is a working day."
    )
    weekend: Weekend = Field(default=("Saturday", "Sunday"), description="Days on which nobody works.")
    holiday: str | None = Field(
        default=None, description="Column of dates of the second input, which holds a row for each holiday."
    )
    on: HolidaysOf = ()

    @model_validator(mode="after")
    def _counts_or_moves(self) -> Params:
        if (self.end is None) == (self.add is None):
            raise ValueError("say up to which date to count (end), or by how many working days to move (add)")
        if len(set(self.weekend)) == 7:
            raise ValueError("a week without a working day counts nothing: leave a day out of weekend")
        return self


arity: Final = (1, 2)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "tickets": {"columns": {"id": "INTEGER", "opened": "DATE", "closed": "DATE"}, "primary_key": ["id"],
                    "rows": [[1, "2026-04-02", "2026-04-07"], [2, "2026-04-04", "2026-04-05"]]},
        "holidays": {"columns": {"date": "DATE"}, "rows": [["2026-04-03"], ["2026-04-06"]]},
    },
    "step": {"use": "workdays", "from": ["tickets", "holidays"], "start": "opened", "end": "closed", "name": "days",
             "holiday": "date"},
    "rows": {"": [[1, "2026-04-02", "2026-04-07", 2], [2, "2026-04-04", "2026-04-05", 0]]},
}  # fmt: skip
keywords: Final = (
    "business days, working days, networkdays, days without weekends, skip holidays, due date in five working days, "
    "SLA, response time in days, weekdays between two dates, deadline, bank holidays, delivery date, add days to a "
    "date, within three business days, not counting weekends, five days after the order, how long did it take in "
    "working days, due in, holidays of each country, holidays by region, public holidays differ, last working day of "
    "the month, the working day before"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Days are counted by arithmetic, less the holidays up to them; a date is moved over a table of all days around."""
    relation = inputs[0]
    scope.distinct([*relation.names, params.name], "name")
    scope.distinct([*relation.names, FROM, TO, BY], "start")
    pairs = holidays_of(params.on, inputs, scope)
    holidays = _holidays(params, pairs, inputs, scope)
    start = _typed(params.start, "start", ("DATE",), relation, scope)
    kept = [column(name) for name in relation.names]
    found: dict[str, exp.Query] = {}
    if params.end is not None:
        end = _typed(params.end, "end", ("DATE",), relation, scope)
        both = select_from(relation.name, [*kept, aliased(start, FROM), aliased(end, TO)])
        if pairs:
            found[MAIN] = _counted_for_each(params, pairs, relation, both, holidays)
        else:
            off = f"{scope.name}._off" if holidays is not None else None
            if holidays is not None:
                found["_off"] = _days_off(holidays)
            found[MAIN] = _counted(params, relation, both, off)
    else:
        by = _typed(params.add or "", "add", ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), relation, scope)
        both = select_from(relation.name, [*kept, aliased(start, FROM), aliased(by, BY)])
        found[MAIN] = _moved(params, pairs, relation, both, holidays)
    return Built(found, keys={MAIN: relation.keys}, order={MAIN: relation.order})


def _typed(text_: str, field: str, types: Sequence[str], relation: Relation, scope: StepScope) -> exp.Expr:
    value = scope.expression(text_, relation, field, windows=False)
    (found,) = scope.binder.types(select_from(relation.name, [aliased(value.copy(), "v")]), scope.where(field))
    if found not in types:
        what = "a date" if types == ("DATE",) else "a whole number of days"
        raise scope.fail(
            f"The {field} has to be {what}; {text_!r} is {found}.",
            field=field,
            hint=f"Cast it first, or write CAST({text_} AS {types[-1]}).",
            data={"type": found},
        )
    return value


def _holidays(params: Params, pairs: Pairs, inputs: Sequence[Relation], scope: StepScope) -> exp.Select | None:
    """The days on which nobody works besides weekends, each once: columns ``day`` and those that say whose they are."""
    if len(inputs) == 1 or params.holiday is None:
        if params.holiday is not None or len(inputs) == 2:
            raise scope.fail(
                "Holidays are a second input and its column of dates.",
                field="holiday" if len(inputs) == 2 else "from",
                hint="Name the table as the second input in 'from', and its column in 'holiday'.",
            )
        return None
    item = scope.field(params.holiday, inputs[1], "holiday")
    if item.type != "DATE":
        raise scope.fail(f"{item.name!r} is {item.type}, not DATE.", field="holiday", hint="Cast it first.")
    whose = [aliased(column(y.name), mark) for (_, y), mark in zip(pairs, _marks(pairs), strict=True)]
    query = select_from(inputs[1].name, [aliased(column(item.name), "day"), *whose])
    query.set("where", exp.Where(this=exp.and_(is_there(column(item.name)), _works(params, column(item.name)))))
    query.set("distinct", exp.Distinct())
    return query


def _marks(pairs: Pairs) -> list[str]:
    """A name for each column that says whose a holiday is."""
    return [f"_of{place}" for place in range(len(pairs))]


def _works(params: Params, date: exp.Expr) -> exp.Expr:
    days = [number(DAYS.index(day) + 1) for day in sorted(set(params.weekend), key=DAYS.index)]
    if not days:
        return exp.true()
    return exp.Paren(this=exp.Not(this=exp.In(this=call("isodow", date), expressions=days)))


def _counted(params: Params, relation: Relation, both: exp.Select, off: str | None) -> exp.Select:
    """Each row with the working days up to its last day that counts, less those up to the day before the first."""
    start, end = column(FROM), column(TO)
    back = exp.LT(this=end, expression=start)
    with_start, with_end = params.include in ("both", "start"), params.include in ("both", "end")
    # Backwards the end is the earlier day, so what counts of it lies after the day before it.
    up_to = when(back.copy(), _before(end, counts=with_end), _before(end, counts=not with_end))
    after = when(back.copy(), _before(start, counts=not with_start), _before(start, counts=with_start))
    kept = [column(name) for name in relation.names]
    asked = exp.Select(
        expressions=[*kept, aliased(after, FROM), aliased(up_to, TO)],
        from_=exp.From(this=proofs.subquery(both, "asked")),
    )
    value: exp.Expr = exp.Sub(this=_so_far(params, column(TO, "d")), expression=_so_far(params, column(FROM, "d")))
    joins: list[exp.Join] = []
    if off is not None:
        value = plus(minus(exp.Paren(this=value), _off_by(TO, "t")), _off_by(FROM, "f"))
        joins = [
            exp.Join(this=table_of(off, side), side="LEFT", on=proofs.equals(column("day", side), column(name, "d")))
            for name, side in ((TO, "t"), (FROM, "f"))
        ]
        whole_list = select_from(off, [aliased(exp.Max(this=column("day")), "last"),
                                       aliased(exp.Max(this=column("so_far")), "every")])  # fmt: skip
        joins.append(exp.Join(this=proofs.subquery(whole_list, "o"), side="LEFT", on=exp.true()))
    return exp.Select(
        expressions=[
            *(column(name, "d") for name in relation.names),
            aliased(as_type(exp.Paren(this=value), "INTEGER"), params.name),
        ],
        from_=exp.From(this=proofs.subquery(asked, "d")),
        joins=joins,
    )


def _before(date: exp.Expr, *, counts: bool) -> exp.Expr:
    return plus_days(date.copy(), number(-1)) if counts else date.copy()


def _counted_for_each(
    params: Params, pairs: Pairs, relation: Relation, both: exp.Select, holidays: exp.Select | None
) -> exp.Select:
    """As ``_counted`` where rows have holidays of their own, as of their country: these are counted row by row."""
    value = _count(params, pairs, holidays)
    return exp.Select(
        expressions=[*(column(name, "d") for name in relation.names), aliased(value, params.name)],
        from_=exp.From(this=proofs.subquery(both, "d")),
    )


def _count(params: Params, pairs: Pairs, holidays: exp.Select | None) -> exp.Expr:
    start, end = column(FROM, "d"), column(TO, "d")
    first = plus_days(start, number(1)) if params.include == "end" else start
    last = plus_days(end, number(-1)) if params.include == "start" else end
    forwards = _between(params, first, last, pairs, holidays)
    # Backwards the earlier date is the end that was named.
    first = plus_days(end, number(1)) if params.include == "start" else end
    last = plus_days(start, number(-1)) if params.include == "end" else start
    backwards = exp.Neg(this=exp.Paren(this=_between(params, first, last, pairs, holidays)))
    return as_type(when(exp.LT(this=end, expression=start), backwards, forwards), "INTEGER")


def _between(params: Params, first: exp.Expr, last: exp.Expr, pairs: Pairs, holidays: exp.Select | None) -> exp.Expr:
    """How many working days lie between two dates, both counting."""
    found: exp.Expr = exp.Sub(this=_so_far(params, last), expression=_so_far(params, plus_days(first, number(-1))))
    if holidays is not None:
        whose = [
            proofs.equals(column(mark, "h"), column(x.name, "d"))
            for (x, _), mark in zip(pairs, _marks(pairs), strict=True)
        ]
        within = exp.Between(this=column("day", "h"), low=first.copy(), high=last.copy())
        counted = exp.Select(
            expressions=[proofs.count_all()],
            from_=exp.From(this=proofs.subquery(holidays.copy(), "h")),
            where=exp.Where(this=exp.and_(within, *whose, copy=False)),
        )
        found = exp.Sub(this=found, expression=exp.Subquery(this=counted))
    return found


def _so_far(params: Params, date: exp.Expr) -> exp.Expr:
    """How many days that are no weekend there were by the end of a date, since the first Monday there is."""
    since = call("date_diff", exp.Literal.string("day"), as_type(exp.Literal.string(MONDAY), "DATE"), date)
    days = plus(since, number(1))
    begun = rest(days.copy(), number(7))
    # What of the week begun is weekend comes off, each stretch of it by itself.
    for first, length in _stretches([day in params.weekend for day in DAYS]):
        over_it = exp.Greatest(this=minus(rest(days.copy(), number(7)), number(first)), expressions=[number(0)])
        begun = minus(begun, over_it if first + length == 7 else exp.Least(this=over_it, expressions=[number(length)]))
    return plus(times(whole(days, number(7)), number(7 - len(set(params.weekend)))), begun)


def _stretches(marked: Sequence[bool]) -> list[tuple[int, int]]:
    """Where those that are marked begin, and how many follow each other there."""
    found: list[tuple[int, int]] = []
    for place, is_marked in enumerate(marked):
        if is_marked and found and sum(found[-1]) == place:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif is_marked:
            found.append((place, 1))
    return found


def _off_by(name: str, side: str) -> exp.Expr:
    """How many holidays there were by the end of a date: before the first of them none, after the last all."""
    beyond = when(exp.GT(this=column(name, "d"), expression=column("last", "o")), column("every", "o"), number(0))
    return or_else(column("so_far", side), beyond)


def _days_off(holidays: exp.Select) -> exp.Select:
    """Each day from the first holiday to the last, with how many of them there were by its end."""
    ends = exp.Select(
        expressions=[
            aliased(exp.Min(this=column("day")), "first"),
            aliased(call("date_diff", text("day"), exp.Min(this=column("day")), exp.Max(this=column("day"))), "span"),
        ],
        from_=exp.From(this=proofs.subquery(holidays.copy(), "off")),
    )
    numbered = exp.Select(
        expressions=[
            column("first"),
            aliased(
                exp.Explode(this=exp.GenerateSeries(start=number(0), end=or_else(column("span"), number(-1)))), "n"
            ),
        ],
        from_=exp.From(this=proofs.subquery(ends, "ends")),
    )
    dated = exp.Select(
        expressions=[aliased(plus_days(column("first"), column("n")), "day")],
        from_=exp.From(this=proofs.subquery(numbered, "numbered")),
    )
    order = [ordered(column("day", "dated"), False)]
    return exp.Select(
        expressions=[
            aliased(column("day", "dated"), "day"),
            aliased(over(exp.Count(this=column("day", "off")), order=order, start="UNBOUNDED"), "so_far"),
        ],
        from_=exp.From(this=proofs.subquery(dated, "dated")),
        joins=[
            exp.Join(
                this=proofs.subquery(holidays, "off"),
                side="LEFT",
                on=proofs.equals(column("day", "off"), column("day", "dated")),
            )
        ],
    )


def _moved(
    params: Params, pairs: Pairs, relation: Relation, both: exp.Select, holidays: exp.Select | None
) -> exp.Select:
    """Each date joined to its place among the working days, and from there to the one that many further."""
    days = _days(params, pairs, both, holidays)
    marks = _marks(pairs)
    here, there = proofs.subquery(days, "here"), proofs.subquery(_only_working(days.copy(), marks), "there")
    going_back = exp.and_(exp.LT(this=column(BY, "d"), expression=number(0)), exp.Not(this=column("works", "here")))
    # From a day off, one step back is the last working day before it, whose number it has.
    steps = exp.Add(this=column(BY, "d"), expression=when(going_back, number(1), number(0)))
    due = proofs.equals(column("place", "there"), plus(column("place", "here"), steps))
    today = proofs.equals(column("day", "here"), column(FROM, "d"))
    for (x, _), mark in zip(pairs, marks, strict=True):
        # Rows that say no country have the days on which nobody has a holiday.
        today = exp.and_(today, exp.NullSafeEQ(this=column(mark, "here"), expression=column(x.name, "d")), copy=False)
        due = exp.and_(due, exp.NullSafeEQ(this=column(mark, "there"), expression=column(x.name, "d")), copy=False)
    value = when(proofs.equals(column(BY, "d"), number(0)), column(FROM, "d"), column("day", "there"))
    return exp.Select(
        expressions=[*(column(name, "d") for name in relation.names), aliased(value, params.name)],
        from_=exp.From(this=proofs.subquery(both, "d")),
        joins=[
            exp.Join(this=here, side="LEFT", on=today),
            exp.Join(this=there, side="LEFT", on=due),
        ],
    )


def _days(params: Params, pairs: Pairs, both: exp.Select, holidays: exp.Select | None) -> exp.Select:
    """Every day that may be reached, with whether it is a working day and how many there were up to it."""
    furthest: exp.Expr = exp.Max(this=exp.Abs(this=column(BY)))
    if holidays is not None:
        every = exp.Select(expressions=[proofs.count_all()], from_=exp.From(this=proofs.subquery(holidays.copy(), "h")))
        furthest = plus(furthest, exp.Subquery(this=every))
    reach = plus(times(furthest, number(7)), number(14))
    ends = exp.Select(
        expressions=[
            aliased(plus_days(exp.Min(this=column(FROM)), exp.Neg(this=reach.copy())), "first"),
            aliased(plus_days(exp.Max(this=column(FROM)), reach), "last"),
        ],
        from_=exp.From(this=proofs.subquery(both.copy(), "asked")),
        where=exp.Where(this=exp.and_(is_there(column(FROM)), is_there(column(BY)))),
    )
    span = call("date_diff", exp.Literal.string("day"), column("first"), column("last"))
    numbered = exp.Select(
        expressions=[
            column("first"),
            aliased(exp.Explode(this=exp.GenerateSeries(start=proofs.zero(), end=or_else(span, number(-1)))), "step"),
        ],
        from_=exp.From(this=proofs.subquery(ends, "ends")),
    )
    dated = exp.Select(
        expressions=[aliased(plus_days(column("first"), column("step")), "day")],
        from_=exp.From(this=proofs.subquery(numbered, "numbered")),
    )
    works = _works(params, column("day", "dated"))
    joins: list[exp.Join] = []
    marks = _marks(pairs)
    if pairs:
        whose = [aliased(column(x.name), mark) for (x, _), mark in zip(pairs, marks, strict=True)]
        each = exp.Select(expressions=whose, from_=exp.From(this=proofs.subquery(both.copy(), "rows")))
        each.set("distinct", exp.Distinct())
        joins.append(exp.Join(this=proofs.subquery(each, "whose"), kind="CROSS"))
    if holidays is not None:
        off = proofs.subquery(holidays.copy(), "off")
        met = [proofs.equals(column("day", "off"), column("day", "dated"))]
        met += [proofs.equals(column(mark, "off"), column(mark, "whose")) for mark in marks]
        joins.append(exp.Join(this=off, side="LEFT", on=exp.and_(*met, copy=False)))
        works = exp.and_(works, exp.Is(this=column("day", "off"), expression=exp.Null()), copy=False)
    marked = exp.Select(
        expressions=[
            aliased(column("day", "dated"), "day"),
            aliased(works, "works"),
            *(aliased(column(mark, "whose"), mark) for mark in marks),
        ],
        from_=exp.From(this=proofs.subquery(dated, "dated")),
        joins=joins,
    )
    place = over(
        exp.Sum(this=when(column("works"), number(1), number(0))),
        [column(mark) for mark in marks],
        [ordered(column("day"), False)],
        start="UNBOUNDED",
    )
    return exp.Select(
        expressions=[column("day"), column("works"), *map(column, marks), aliased(place, "place")],
        from_=exp.From(this=proofs.subquery(marked, "marked")),
    )


def _only_working(days: exp.Select, marks: Sequence[str]) -> exp.Select:
    return exp.Select(
        expressions=[column("day"), column("place"), *map(column, marks)],
        from_=exp.From(this=proofs.subquery(days, "counted")),
        where=exp.Where(this=column("works")),
    )
