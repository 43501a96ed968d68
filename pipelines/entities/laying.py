"""The records of one or two inputs laid side by side: one relation, one column for what both hold."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from pipelines import proofs
from pipelines.entities.columns import Compared
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field, Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, constant, family, ordered
from spec.records import record

NUMBER, SIDE, RECORD = "_n", "_s", "_id"
BIGINT = exp.DataType(this=exp.DType.BIGINT)


@record(frozen=True, slots=True)
class Merged:
    """A column of the golden record and the column of each side that fills it."""

    name: str
    left: Field | None
    right: Field | None

    @property
    def as_text(self) -> bool:
        """Whether the two sides hold different types, so that only their texts fit one column."""
        return self.left is not None and self.right is not None and family(self.left.type) != family(self.right.type)


@record(frozen=True)
class Layout:
    """The inputs (one or two), what names a record in each, the merged columns, and what of them is compared."""

    sides: tuple[Relation, ...]
    ids: tuple[Field, ...]
    merged: tuple[Merged, ...]
    compared: tuple[tuple[str, Compared], ...]
    """Merged column and what it compares."""

    @property
    def two(self) -> bool:
        """Whether there are two inputs."""
        return len(self.sides) == 2

    @property
    def id_type(self) -> str:
        """The type of what names a record: its own where both sides have the same, else text."""
        return self.ids[0].type if len({item.type for item in self.ids}) == 1 else "VARCHAR"


def layout(sides: Sequence[Relation], ids: Sequence[Field], compared: Sequence[Compared], scope: StepScope) -> Layout:
    """Columns in the order of the left side, then those that only the right one has.

    Columns that are compared with each other, or have one name, become one; what names a record stays apart.
    """
    left, right = sides[0], sides[-1]
    if len(sides) == 1:
        merged = [Merged(item.name, item, None) for item in left.fields]
        names = {item.left.name: item.left.name for item in compared}
        scope.distinct(["entity", *left.names, "records"], "from")
        return Layout(tuple(sides), tuple(ids), tuple(merged), tuple((names[c.left.name], c) for c in compared))
    partner = {item.left.name: item.right for item in compared}
    taken = {item.right.name for item in compared}
    for item in left.fields:
        other = right.field(item.name)
        if item.name in partner or other is None or other.name in taken or item == ids[0] or other == ids[1]:
            continue
        partner[item.name] = other
        taken.add(other.name)
    merged = [Merged(item.name, item, partner.get(item.name)) for item in left.fields]
    used = {item.name.casefold() for item in merged}
    for item in right.fields:
        if item.name not in taken:
            name = f"{item.name}_{right.name.replace('.', '_')}" if item.name.casefold() in used else item.name
            merged.append(Merged(name, None, item))
    scope.distinct(["entity", *(item.name for item in merged), "records"], "from")
    return Layout(tuple(sides), tuple(ids), tuple(merged), tuple((item.left.name, item) for item in compared))


def records(laid: Layout) -> exp.Query:
    """Every record of all sides with a number that depends on what it holds alone: ``_n, _s, _id`` and the columns."""
    found: exp.Query = _side(laid, 0)
    return exp.Union(this=found, expression=_side(laid, 1), distinct=False) if laid.two else found


def _side(laid: Layout, side: int) -> exp.Select:
    relation, identity = laid.sides[side], laid.ids[side]
    order = [ordered(column(name), False) for name in (identity.name, *tie_break([identity.name], relation))]
    number: exp.Expr = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=order), over="OVER")
    if side:
        before = exp.Subquery(this=select_from(laid.sides[0].name, [proofs.count_all()]))
        number = exp.Add(this=number, expression=before)
    projections: list[exp.Expr] = [
        aliased(exp.Cast(this=number, to=BIGINT.copy()), NUMBER),
        aliased(exp.Literal.number(side), SIDE),
        aliased(_typed(column(identity.name), laid.id_type), RECORD),
    ]
    for item in laid.merged:
        own, other = (item.right, item.left) if side else (item.left, item.right)
        if own is None:
            value: exp.Expr = exp.Cast(this=exp.Null(), to=exp.DataType.build(_type_of(other), dialect="duckdb"))
        else:
            value = proofs.text(column(own.name)) if item.as_text else column(own.name)
        projections.append(aliased(value, item.name))
    return select_from(relation.name, projections)


def _type_of(item: Field | None) -> str:
    return item.type if item is not None else "VARCHAR"


def _typed(value: exp.Expr, type_: str) -> exp.Expr:
    return exp.Cast(this=value, to=exp.DataType.build(type_, dialect="duckdb"))


def values(laid: Layout, source: str) -> exp.Query:
    """Every filled value that is compared, as text: ``n, s, f, v`` with the place of its column as ``f``."""
    found: list[exp.Query] = []
    for place, (name, _) in enumerate(laid.compared):
        text = exp.Trim(this=proofs.text(column(name)))
        rows = select_from(
            source,
            [
                aliased(column(NUMBER), "n"), aliased(column(SIDE), "s"), aliased(exp.Literal.number(place), "f"),
                aliased(text, "v"),
            ],
        )  # fmt: skip
        rows.set("where", exp.Where(this=exp.NEQ(this=text.copy(), expression=exp.Literal.string(""))))
        found.append(rows)
    result = found[0]
    for item in found[1:]:
        result = exp.Union(this=result, expression=item, distinct=False)
    return result


def groups(source: str, block: Sequence[str]) -> exp.Select:
    """What must be equal before records are compared, as ``n, v``; who lacks any of it is compared with none."""
    parts = [item for name in block for item in (proofs.text(column(name)), exp.Literal.string("|"))]
    value = exp.Concat(expressions=parts, safe=True, coalesce=True) if parts else exp.Literal.string("")
    rows = select_from(source, [aliased(column(NUMBER), "n"), aliased(value, "v")])
    if block:
        rows.set("where", exp.Where(this=proofs.present(block)))
    return rows


def constants(
    names: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[str | int | bool | None]]
) -> exp.Select:
    """A relation of stated rows."""
    columns = [exp.to_identifier(name, quoted=True) for name in names]
    made = exp.Values(
        expressions=[exp.Tuple(expressions=[constant(value) for value in row]) for row in rows],
        alias=exp.TableAlias(this=exp.to_identifier("rows", quoted=True), columns=columns),
    )
    return exp.Select(
        expressions=[aliased(_typed(column(name), type_), name) for name, type_ in zip(names, types, strict=True)],
        from_=exp.From(this=made),
    )
