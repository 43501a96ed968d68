"""What comes out: the golden record of each entity, which record is which entity, and the pairs for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from sqlglot import exp

from pipelines import proofs
from pipelines.entities.laying import NUMBER, RECORD, SIDE, Layout, Merged
from pipelines.expressions import aliased, column, table_of
from pipelines.scope import family, ordered
from spec.records import record

Rule = Literal["most_frequent", "longest", "latest", "earliest", "first", "largest", "smallest"]

FIRST, RANK, TIMES = "_first", "_rank", "_times"
ALONE: Final = "no other record is alike enough"


@record(frozen=True)
class Surviving:
    """Which of the values of its records an entity takes: a rule a column, one for the rest, and what decides."""

    rules: Mapping[str, Rule]
    otherwise: Rule
    latest_by: str
    prefer: Sequence[str]
    prefer_by: str

    def rule(self, name: str) -> Rule:
        """The rule of a column."""
        return self.rules.get(name, self.otherwise)


def members(laid: Layout, source: str, links: str) -> exp.Select:
    """Each record with the number of the first record of its entity and that one's name as ``entity``."""
    first = exp.Coalesce(this=column("first", "l"), expressions=[column(NUMBER, "r")])
    name: exp.Expr = proofs.text(column(RECORD, "e"))
    if laid.two:
        name = proofs.say(_source(laid, "e"), ":", column(RECORD, "e"))
    return exp.Select(
        expressions=[
            aliased(column(NUMBER, "r"), NUMBER), aliased(first, FIRST), aliased(name, "entity"),
            aliased(column("other", "l"), "other"), aliased(column("chance", "l"), "chance"),
            aliased(column("reason", "l"), "reason"),
        ],
        from_=exp.From(this=table_of(source, "r")),
        joins=[
            exp.Join(this=table_of(links, "l"), side="LEFT", on=proofs.equals(column("n", "l"), column(NUMBER, "r"))),
            exp.Join(this=table_of(source, "e"), kind="INNER", on=proofs.equals(column(NUMBER, "e"), first.copy())),
        ],
    )  # fmt: skip


def golden(laid: Layout, surviving: Surviving, source: str, belonging: str) -> exp.Select:
    """One row an entity: its name, each column's surviving value, and how many records it has."""
    times = {item.name: f"{TIMES}{place}" for place, item in enumerate(laid.merged)}
    inner = [
        column("entity", "m"), aliased(column(NUMBER, "r"), NUMBER), aliased(_rank(laid, surviving), RANK),
        *(column(item.name, "r") for item in laid.merged),
    ]  # fmt: skip
    for item in laid.merged:
        if _rule(laid, surviving, item) == "most_frequent":
            parts = [column("entity", "m"), column(item.name, "r")]
            inner.append(
                aliased(exp.Window(this=proofs.count_all(), partition_by=parts, over="OVER"), times[item.name])
            )
    rows = exp.Select(
        expressions=inner,
        from_=exp.From(this=table_of(source, "r")),
        joins=[
            exp.Join(
                this=table_of(belonging, "m"), kind="INNER", on=proofs.equals(column(NUMBER, "m"), column(NUMBER, "r"))
            )
        ],
    )
    chosen = [aliased(_survivor(laid, surviving, item, times[item.name]), item.name) for item in laid.merged]
    return exp.Select(
        expressions=[column("entity"), *chosen, aliased(proofs.count_all(), "records")],
        from_=exp.From(this=proofs.subquery(rows, "rows")),
        group=exp.Group(expressions=[column("entity")]),
    )


def mapping(laid: Layout, source: str, belonging: str) -> exp.Select:
    """Each record, the entity it is, and why: its likeliest partner there, the chance and the reason."""
    reason = exp.Coalesce(this=column("reason", "m"), expressions=[exp.Literal.string(ALONE)])
    partner = column("other", "m")
    return exp.Select(
        expressions=[
            column("entity", "m"), aliased(_source(laid, "r"), "source"), aliased(column(RECORD, "r"), "record"),
            aliased(column(RECORD, "o"), "linked_with"), aliased(_score(column("chance", "m")), "score"),
            aliased(reason, "reason"),
        ],
        from_=exp.From(this=table_of(belonging, "m")),
        joins=[
            _joined(source, "r", column(NUMBER, "m")),
            exp.Join(this=table_of(source, "o"), side="LEFT", on=proofs.equals(column(NUMBER, "o"), partner)),
        ],
    )  # fmt: skip


def review(laid: Layout, source: str, pairs: str) -> exp.Select:
    """The pairs that a person has to look at, the compared values of both side by side."""
    shown: list[exp.Expr] = []
    for name, _ in laid.compared:
        shown += [aliased(column(name, "l"), f"left_{name}"), aliased(column(name, "r"), f"right_{name}")]
    return exp.Select(
        expressions=[
            aliased(_source(laid, "l"), "left_source"), aliased(column(RECORD, "l"), "left_record"),
            aliased(_source(laid, "r"), "right_source"), aliased(column(RECORD, "r"), "right_record"),
            aliased(_score(column("chance", "p")), "score"), column("reason", "p"), *shown,
        ],
        from_=exp.From(this=table_of(pairs, "p")),
        joins=[
            _joined(source, "l", column("a", "p")),
            _joined(source, "r", column("b", "p")),
        ],
    )  # fmt: skip


def _joined(records: str, alias: str, number: exp.Expr) -> exp.Join:
    return exp.Join(this=table_of(records, alias), kind="INNER", on=proofs.equals(column(NUMBER, alias), number))


def _source(laid: Layout, table: str) -> exp.Expr:
    names = [exp.Literal.string(side.name) for side in laid.sides]
    if len(names) == 1:
        return names[0]
    return exp.Case(
        ifs=[exp.If(this=proofs.equals(column(SIDE, table), proofs.zero()), true=names[0])], default=names[1]
    )


def _score(chance: exp.Expr) -> exp.Expr:
    whole = exp.Cast(this=chance, to=exp.DataType.build("DECIMAL(4,0)", dialect="duckdb"))
    return exp.Cast(
        this=exp.Mul(this=whole, expression=exp.Literal.number("0.001")),
        to=exp.DataType.build("DECIMAL(4,3)", dialect="duckdb"),
    )


def _rank(laid: Layout, surviving: Surviving) -> exp.Expr:
    """How far up its source stands: 0 is the most trusted, those that are not named come last."""
    value = proofs.text(column(surviving.prefer_by, "r")) if surviving.prefer_by else _source(laid, "r")
    order = surviving.prefer or ([] if surviving.prefer_by else [side.name for side in laid.sides])
    if not order:
        return proofs.zero()
    ifs = [
        exp.If(this=proofs.equals(value.copy(), exp.Literal.string(name)), true=exp.Literal.number(place))
        for place, name in enumerate(order)
    ]
    return exp.Case(ifs=ifs, default=exp.Literal.number(len(order)))


def _rule(laid: Layout, surviving: Surviving, item: Merged) -> Rule:
    # What names a record is that of the entity's first record, so that the golden row can be looked up.
    if item.left in laid.ids or item.right in laid.ids:
        return "first"
    return surviving.rule(item.name)


def _survivor(laid: Layout, surviving: Surviving, item: Merged, times: str) -> exp.Expr:
    """The first filled value by the rule, then by source, length and the records' own order, which leaves no tie."""
    value = column(item.name)
    rule = _rule(laid, surviving, item)
    identity = item.left in laid.ids or item.right in laid.ids
    length = ordered(exp.Length(this=proofs.text(value.copy())), True)
    rank, last = ordered(column(RANK), False), ordered(column(NUMBER), False)
    order: list[exp.Ordered]
    if rule == "most_frequent":
        order = [ordered(column(times), True), rank, length, last]
    elif rule == "longest":
        order = [length, rank, last]
    elif rule in ("latest", "earliest"):
        order = [ordered(column(surviving.latest_by), rule == "latest"), rank, last]
    elif rule in ("largest", "smallest"):
        order = [ordered(value.copy(), rule == "largest"), rank, last]
    else:
        order = [last] if identity else [rank, last]
    kept = exp.First(this=exp.Order(this=value, expressions=order))
    filled: exp.Expr = exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null()))
    if family(_kind(item)) == "text":
        filled = exp.NEQ(this=exp.Trim(this=value.copy()), expression=exp.Literal.string(""))
    return exp.Filter(this=kept, expression=exp.Where(this=filled))


def _kind(item: Merged) -> str:
    held = item.left or item.right
    return "VARCHAR" if item.as_text or held is None else held.type
