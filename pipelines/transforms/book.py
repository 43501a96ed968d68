"""Book free places in turn: flights to gates, guests to rooms, jobs to machines, each for a time.

The first input holds what is to be booked, the second the places, each in one row: a run stops where two rows have the
same. Requests are taken in their order; each gets the first place, in the order of ``prefer``, that is free from its
``start`` to its ``end``, and that ``on`` and ``where`` allow. A place is free again at the very end of a booking (of
dates: the night of the last day is not booked), or ``pause`` later. What was booked does not move for a later request.
A request without a free place keeps an empty place; ``<step>.waiting`` holds it, and it is counted. Without ``start``
each place is booked once.

With ``lasts`` in place of ``end`` requests wait for their turn: each gets the place at which it can begin first, and
``begins`` and ``ends`` say when. With ``capacity`` a place holds several: as many as there is room for the ``size`` of
each, at any one time. A column of the places whose name the requests have as well is called ``<name>_<places>`` in
``where``, after the second input. What a place offers in several kinds stands in its one row, as a list that ``where``
looks into: ``contains(skills, skill)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.booking import BEGINS, CHOSEN, CLASS, END, ENDS, FILLED, OFFERED, PLACE, ROOM, SIZE, START, Book
from pipelines.contract import MAIN, Built, Expression, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.inorder import GROUP, NUMBER, handed_out, number_of, numbered, order_keys
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import as_type, call, is_null, minus, number, or_else, over, when
from pipelines.transforms.join import as_pairs
from spec.base import Document, JsonValue
from spec.pipeline import Strings

_COMPLETE: Final = ("every request has a place", " requests found no free place", " request found no free place")
_WHOLE: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_UNITS: Final = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}


class Params(Document):
    """What is booked, for how long, and which places it may have."""

    order: Strings = Field(min_length=1, description="Order in which requests are taken, e.g. 'arrival'; total.")
    place: Strings = Field(min_length=1, description="Columns of the second input that name a place; they are added.")
    start: Expression | None = Field(default=None, description="Column or expression of the first input: from when.")
    end: Expression | None = Field(default=None, description="Until when; the place is free again then.")
    lasts: Expression | None = Field(
        default=None,
        description="In place of end: how long a place is taken, from when one is free, e.g. to_minutes(minutes), or a "
        "number where start is one.",
    )
    pause: str | int | None = Field(
        default=None, description="How long a place stays empty after a booking: '15 minutes', '1 day', or a number."
    )
    prefer: Strings = Field(
        default=(), description="Order in which places are tried, e.g. 'distance'; by the columns of place otherwise."
    )
    on: Annotated[tuple[tuple[str, str], ...], BeforeValidator(as_pairs)] = Field(
        default=(),
        description="Columns that must be equal: names found on both sides, or pairs [left, right].",
        json_schema_extra={"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object"}]},
    )
    where: Expression | None = Field(
        default=None, description="Condition that a request and its place must meet, e.g. seats >= guests."
    )
    capacity: Expression | None = Field(
        default=None, description="Column or expression of the second input: how much a place holds; else one request."
    )
    size: Expression | None = Field(
        default=None, description="With capacity: how much room a request takes, e.g. guests; 1 when empty."
    )
    begins: str = Field(default="begins", description="With lasts: new column, when the booking begins.")
    ends: str = Field(default="ends", description="With lasts: new column, when it ends.")
    filled: str | None = Field(
        default=None, description="With capacity: new column, how full the place is at the begin, with this request."
    )

    @model_validator(mode="after")
    def _from_and_until(self) -> Params:
        if self.end is not None and self.lasts is not None:
            raise ValueError("say until when (end), or how long (lasts)")
        if (self.start is None) != (self.end is None and self.lasts is None):
            raise ValueError("start goes together with end or with lasts")
        if self.capacity is None and (self.size is not None or self.filled is not None):
            raise ValueError("size and filled are of places that hold several: say their capacity")
        if self.pause is not None and self.start is None:
            raise ValueError("a pause is after an end: say start and end")
        return self


arity: Final = (2, 2)
outputs: Final[Mapping[str, str]] = {"waiting": "Requests for which no place was free."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {
        "flights": {"columns": {"flight": "VARCHAR", "arrives": "INTEGER", "leaves": "INTEGER"},
                    "primary_key": ["flight"],
                    "rows": [["A", 900, 1000], ["B", 930, 1030], ["C", 945, 1015], ["D", 1000, 1100]]},
        "gates": {"columns": {"gate": "VARCHAR", "walk": "INTEGER"}, "primary_key": ["gate"],
                  "rows": [["far", 9], ["near", 2]]},
    },
    "step": {"use": "book", "from": ["flights", "gates"], "order": ["arrives", "flight"], "start": "arrives",
             "end": "leaves", "place": "gate", "prefer": "walk"},
    "rows": {"": [["A", 900, 1000, "near"], ["B", 930, 1030, "far"], ["C", 945, 1015, None],
                  ["D", 1000, 1100, "near"]],
             "waiting": [["C", 945, 1015]]},
}  # fmt: skip
keywords: Final = (
    "assign flights to gates, rooms to guests, booking, reservations, first free slot, first come first served, "
    "allocate machines, vans or staff to jobs, seats, schedule, no double booking, availability, desks, meeting rooms, "
    "priorities, greedy assignment, students to projects, drivers to trips, queue, wait for a free machine, earliest "
    "free machine, next free counter, jobs begin when a bench is free, waiting time, seat parties at tables, seating "
    "plan, places with a capacity, load lorries of different sizes, courses with places"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """Ranks in SQL where those settle it; else what is allowed in SQL, and who gets which in ``apply``."""
    left, right = inputs
    if left.name == right.name:
        raise scope.fail("An input is booked in itself.", field="from", hint="Name the requests, then the places.")
    places = [item.name for item in scope.fields(params.place, right, "place")]
    new = {BEGINS: params.begins, ENDS: params.ends} if params.lasts is not None else {}
    new |= {FILLED: params.filled} if params.filled is not None else {}
    scope.distinct([*left.names, *places, *new.values(), NUMBER, GROUP, START, END, CLASS, SIZE], "place")
    prefer = [*params.prefer, *(name for name in places if name not in params.prefer)]
    scope.require_total((), prefer, right, "Which place is tried first", "prefer")
    on = _on(params, left, right, scope)
    simple = params.start is None and params.capacity is None and params.where is None
    if simple and all(_same_groups(x.type, y.type) for x, y in on):
        return _by_rank(params, left, right, on, places, prefer, scope)
    times, kind = _times(params, left, scope)
    shared = params.capacity is not None
    size, filled = _millionths(params.size or "1", left, "size", scope)
    sizes = {SIZE: size} if shared else {}
    rooms = [aliased(_millionths(params.capacity, right, "capacity", scope)[0], ROOM)] if params.capacity else []
    tried = over(exp.RowNumber(), (), scope.order(prefer, right, "prefer"))
    where = _condition(params, left, right, scope)
    asking, having = _told_apart(left, right, on, where)
    rows, ranked, found = (f"{scope.name}.{name}" for name in ("_rows", "_places", "_found"))
    built: dict[str, exp.Query] = {
        "_rows": numbered(left, (), params.order, {**times, **sizes, CLASS: _class(asking)}, scope),
        "_places": select_from(
            right.name, [aliased(tried, PLACE), aliased(_class(having), CLASS), *rooms, *map(column, right.names)]
        ),
        "_asked": handed_out(rows, [START, END, CLASS, *sizes]),
        "_offered": select_from(ranked, [column(PLACE), column(CLASS), *([column(ROOM)] if shared else [])]),
        "_pairs": _pairs(on, where, asking, having, _beside(left, right), rows, ranked),
        MAIN: _booked(left, places, rows, ranked, found, new),
    }
    if scope.wants("waiting"):
        waiting = _booked(left, [], rows, ranked, found, {})
        waiting.set("where", exp.Where(this=is_null(column(CHOSEN, "f"))))
        built["waiting"] = waiting
    return Built(
        built,
        keys={MAIN: left.keys, "waiting": left.keys},
        order={MAIN: left.order},
        checks=(*_once(right, places, scope), _without(found, scope)),
        apply=Book(
            scope.name,
            _pause(params, left, scope),
            timed=params.start is not None,
            waits=params.lasts is not None,
            shared=shared,
            kind=kind,
            filled=filled,
        ),
        fields={"_found": _returned(params, kind, filled)},
        feeds=("_asked", "_offered", "_pairs"),
    )


def _returned(params: Params, kind: str, filled: str) -> tuple[Column, ...]:
    """What comes back of each request."""
    found = [Column(NUMBER, "BIGINT"), Column(CHOSEN, "BIGINT")]
    if params.lasts is not None:
        found += [Column(BEGINS, kind), Column(ENDS, kind)]
    if params.capacity is not None:
        found.append(Column(FILLED, filled))
    return tuple(found)


def _millionths(text_: str, relation: Relation, field: str, scope: StepScope) -> tuple[exp.Expr, str]:
    """A number in millionths, and the type that it is shown in."""
    value, type_ = number_of(text_, relation, field, scope)
    exact = as_type(value, "DECIMAL(18,6)")
    shown = "BIGINT" if type_ in _WHOLE else "DECIMAL(38,6)"
    return as_type(exp.Paren(this=exp.Mul(this=exact, expression=number(1_000_000))), "BIGINT"), shown


def _on(params: Params, left: Relation, right: Relation, scope: StepScope) -> list[tuple[Column, Column]]:
    """The columns that must be equal."""
    found: list[tuple[Column, Column]] = []
    for a, b in params.on:
        x, y = scope.field(a, left, "on"), scope.field(b, right, "on")
        if family(x.type) != family(y.type):
            raise scope.fail(f"{x.name} is {x.type} and {y.name} is {y.type}.", field="on", hint="Cast one of them.")
        found.append((x, y))
    return found


def _same_groups(one: str, other: str) -> bool:
    """Whether values that are equal across the two types are equal within each: no rounding lies between them."""
    return one == other or (one in _WHOLE and other in _WHOLE)


def _by_rank(
    params: Params,
    left: Relation,
    right: Relation,
    on: Sequence[tuple[Column, Column]],
    places: Sequence[str],
    prefer: Sequence[str],
    scope: StepScope,
) -> Built:
    """Of requests that may have the same places, each of which is booked once, the first gets the first, and so on."""

    def ranked(relation: Relation, within: Sequence[str], keys: Sequence[exp.Ordered], mark: str) -> exp.Subquery:
        rank = aliased(over(exp.RowNumber(), [column(name) for name in within], keys), mark)
        return proofs.subquery(select_from(relation.name, [*map(column, relation.names), rank]), mark)

    asking, having = [x.name for x, _ in on], [y.name for _, y in on]
    taken = order_keys(left, (), params.order, scope)
    met = [proofs.equals(column(x.name, NUMBER), column(y.name, PLACE)) for x, y in on]
    met.append(proofs.equals(column(NUMBER, NUMBER), column(PLACE, PLACE)))
    booked = exp.Select(
        expressions=[
            *(aliased(column(name, NUMBER), name) for name in left.names),
            *(aliased(column(name, PLACE), name) for name in places),
        ],
        from_=exp.From(this=ranked(left, asking, taken, NUMBER)),
        joins=[
            exp.Join(
                this=ranked(right, having, scope.order(prefer, right, "prefer"), PLACE),
                side="LEFT",
                on=exp.and_(*met, copy=False),
            )
        ],
    )
    waiting = booked.copy()
    waiting.set("expressions", [aliased(column(name, NUMBER), name) for name in left.names])
    waiting.set("where", exp.Where(this=is_null(column(PLACE, PLACE))))
    built: dict[str, exp.Query] = {MAIN: booked}
    if scope.wants("waiting"):
        built["waiting"] = waiting
    return Built(
        built,
        keys={MAIN: left.keys, "waiting": left.keys},
        order={MAIN: left.order},
        checks=(*_once(right, places, scope), _too_few(left, right, on, waiting.copy(), scope)),
    )


def _once(right: Relation, places: Sequence[str], scope: StepScope) -> list[ImpliedCheck]:
    """No place stands in several rows: it would be free in the one while it is booked in the other."""
    if any(key <= frozenset(places) for key in right.keys):
        return []
    query, evidence = proofs.unique_key(right, list(places))
    return [ImpliedCheck("book_place", scope.name, "block", query, (right.name,), evidence=evidence)]


def _too_few(
    left: Relation, right: Relation, on: Sequence[tuple[Column, Column]], waiting: exp.Select, scope: StepScope
) -> ImpliedCheck:
    """How many requests there are beyond the places that they may have."""

    def counted(relation: Relation, names: Sequence[str], mark: str) -> exp.Subquery:
        groups = [column(name) for name in names]
        query = select_from(relation.name, [*groups, aliased(proofs.count_all(), mark)])
        if groups:
            query.set("group", exp.Group(expressions=[one.copy() for one in groups]))
        return proofs.subquery(query, mark)

    met = [proofs.equals(column(x.name, NUMBER), column(y.name, PLACE)) for x, y in on]
    more = minus(column(NUMBER, NUMBER), or_else(column(PLACE, PLACE), number(0)))
    beyond = exp.Sum(this=when(exp.GT(this=more, expression=number(0)), more.copy()))
    missing = exp.Select(
        expressions=[aliased(as_type(or_else(beyond, number(0)), "BIGINT"), "n")],
        from_=exp.From(this=counted(left, [x.name for x, _ in on], NUMBER)),
        joins=[
            exp.Join(
                this=counted(right, [y.name for _, y in on], PLACE),
                side="LEFT",
                on=exp.and_(*met, copy=False) if met else exp.true(),
            )
        ],
    )
    query = proofs.none_counted(missing, *_COMPLETE)
    return ImpliedCheck("book_complete", scope.name, "warn", query, (left.name, right.name), evidence=waiting)


def _kind(text_: str, relation: Relation, field: str, scope: StepScope) -> tuple[exp.Expr, str]:
    value = scope.expression(text_, relation, field, windows=False)
    (type_,) = scope.binder.types(select_from(relation.name, [aliased(value.copy(), "v")]), scope.where(field))
    if family(type_) not in ("date", "number") or type_ == "TIME":
        raise scope.fail(f"{text_!r} is {type_}; a booking goes from a date, time or number to another.", field=field,
                         hint="Cast it in a 'cast' step first.")  # fmt: skip
    return value, type_


def _times(params: Params, left: Relation, scope: StepScope) -> tuple[dict[str, exp.Expr], str]:
    """From when until when, as whole microseconds or as millionths of a number, and the type of an end."""
    if params.start is None:
        return {START: as_type(exp.Null(), "BIGINT"), END: as_type(exp.Null(), "BIGINT")}, "BIGINT"
    last = params.end if params.lasts is None else f"({params.start}) + ({params.lasts})"
    found: dict[str, exp.Expr] = {}
    kinds: list[str] = []
    for mark, field, said in ((START, "start", params.start), (END, "lasts" if params.lasts else "end", last or "")):
        value, type_ = _kind(said, left, field, scope)
        kinds.append(type_)
        if family(type_) == "date":
            stamp = as_type(value, "TIMESTAMP") if type_ == "DATE" else value
            found[mark] = as_type(call("epoch_us", stamp), "BIGINT")
        else:
            exact = as_type(value, "DECIMAL(18,6)")
            found[mark] = as_type(exp.Paren(this=exp.Mul(this=exact, expression=number(1_000_000))), "BIGINT")
    if family(kinds[0]) != family(kinds[1]):
        raise scope.fail("Start and end are of different kinds.", field="end", hint="Let both be times, or numbers.")
    if family(kinds[1]) == "number":
        return found, "BIGINT" if kinds[1] in _WHOLE else "DECIMAL(38,6)"
    return found, kinds[1]


def _pause(params: Params, left: Relation, scope: StepScope) -> int:
    if params.pause is None or params.start is None:
        return 0
    if family(_kind(params.start, left, "start", scope)[1]) == "number":
        if not re.fullmatch(r"\d+(\.\d{1,6})?", str(params.pause)):
            raise scope.fail("Bookings go by numbers, so the pause is one.", field="pause", hint="E.g. 15.")
        return round(float(params.pause) * 1_000_000)
    told = re.fullmatch(r"([1-9]\d*) ([a-z]+?)s?", str(params.pause))
    if told is None or told[2] not in _UNITS:
        raise scope.fail(f"{params.pause!r} is no length of time.", field="pause", hint="E.g. '15 minutes' or '1 day'.")
    return int(told[1]) * _UNITS[told[2]] * 1_000_000


def _condition(params: Params, left: Relation, right: Relation, scope: StepScope) -> exp.Expr | None:
    """What a request and its place must meet, over the columns of the one and the others of the other."""
    if params.where is None:
        return None
    shown = _beside(left, right)
    others = [Column(shown[item.name], item.type, exact=item.exact) for item in right.fields]
    scope.distinct([*left.names, *shown.values()], "where")
    beside = Relation(f"{scope.name}._beside", (*left.fields, *others))
    plain = exp.Select(
        expressions=[
            *(aliased(column(name, "l"), name) for name in left.names),
            *(aliased(column(name, "p"), new) for name, new in shown.items()),
        ],
        from_=exp.From(this=table_of(left.name, "l")),
        joins=[exp.Join(this=table_of(right.name, "p"), on=exp.true())],
    )
    scope.binder.define(beside.name, plain, scope.where("where"))
    return exp.Paren(this=scope.condition(params.where, beside, "where"))


def _beside(left: Relation, right: Relation) -> dict[str, str]:
    """What the columns of the places are called beside those of a request."""
    own = {name.casefold() for name in left.names}
    suffix = f"_{right.name.replace('.', '_')}"
    return {name: name + suffix if name.casefold() in own else name for name in right.names}


def _told_apart(
    left: Relation, right: Relation, on: Sequence[tuple[Column, Column]], where: exp.Expr | None
) -> tuple[list[str], list[str]]:
    """The columns of each side that say which places a request may have."""
    read = {node.name.casefold() for node in where.find_all(exp.Column)} if where is not None else set()
    shown = _beside(left, right)
    asking = read | {x.name.casefold() for x, _ in on}
    having = {y.name.casefold() for _, y in on}
    return (
        [name for name in left.names if name.casefold() in asking],
        [name for name in right.names if name.casefold() in having or shown[name].casefold() in read],
    )


def _class(names: Sequence[str]) -> exp.Expr:
    """One number for all rows that are equal in the columns."""
    order = [ordered(column(name), False) for name in names]
    return as_type(over(exp.Anonymous(this="dense_rank"), (), order) if names else number(1), "BIGINT")


def _pairs(
    on: Sequence[tuple[Column, Column]],
    where: exp.Expr | None,
    asking: Sequence[str],
    having: Sequence[str],
    shown: Mapping[str, str],
    rows: str,
    ranked: str,
) -> exp.Select:
    """Each class of requests with each class of places that it may have: of those alike one is looked at."""

    def classes(relation: str, names: Sequence[str], alias: str) -> exp.Subquery:
        query = select_from(relation, [column(CLASS), *map(column, names)])
        query.set("distinct", exp.Distinct())
        return proofs.subquery(query, alias)

    tests = [proofs.equals(column(x.name, "r"), column(y.name, "p")) for x, y in on]
    joined = exp.Select(
        expressions=[
            aliased(column(CLASS, "r"), CLASS),
            aliased(column(CLASS, "p"), OFFERED),
            *(aliased(column(name, "r"), name) for name in asking),
            *(aliased(column(name, "p"), shown[name]) for name in having),
        ],
        from_=exp.From(this=classes(rows, asking, "r")),
        joins=[exp.Join(this=classes(ranked, having, "p"), on=exp.and_(*tests, copy=False) if tests else exp.true())],
    )
    return exp.Select(
        expressions=[column(CLASS), column(OFFERED)],
        from_=exp.From(this=proofs.subquery(joined, "pairs")),
        where=exp.Where(this=where.copy()) if where is not None else None,
    )


def _booked(
    left: Relation, places: Sequence[str], rows: str, ranked: str, found: str, new: Mapping[str, str]
) -> exp.Select:
    return exp.Select(
        expressions=[
            *(aliased(column(name, "r"), name) for name in left.names),
            *(aliased(column(name, "p"), name) for name in places),
            *(aliased(column(name, "f"), shown) for name, shown in new.items()),
        ],
        from_=exp.From(this=table_of(rows, "r")),
        joins=[
            exp.Join(
                this=table_of(found, "f"), side="LEFT", on=proofs.equals(column(NUMBER, "r"), column(NUMBER, "f"))
            ),
            exp.Join(
                this=table_of(ranked, "p"), side="LEFT", on=proofs.equals(column(CHOSEN, "f"), column(PLACE, "p"))
            ),
        ],
    )


def _without(found: str, scope: StepScope) -> ImpliedCheck:
    bad = select_from(found, [column(NUMBER)])
    bad.set("where", exp.Where(this=is_null(column(CHOSEN))))
    query = proofs.no_rows(bad.copy(), *_COMPLETE)
    return ImpliedCheck("book_complete", scope.name, "warn", query, (found,), evidence=bad)
