"""Find the rows that are connected, directly or over others, and give each group of them one name.

Rows are connected where they have an equal value in one of the columns of ``on``: the same e-mail, or the same phone.
Who shares an e-mail with a second and the second a phone with a third is in one group with both. With ``across`` values
count in whichever of the columns they stand, as those of a list of links do: from account, to account. A group is named
after its first row: the smallest value of ``id_column`` in it. A row that shares nothing is a group of its own.

Values are compared letter by letter: clean them in a 'text' step first. Missing and blank ones connect nothing, but a
word for nothing does, such as n/a: a value that more than half of the rows share is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from pydantic import Field
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.orders import tie_break
from pipelines.scope import StepScope, family, ordered
from pipelines.sqltree import is_there, minus, number, or_else, over, text, when
from spec.base import Document, JsonValue
from spec.errors import LimitError
from spec.pipeline import Strings
from spec.records import record

if TYPE_CHECKING:
    import pyarrow as pa

NUMBER, NODE, END, ROOT, VALUE = "_n", "_node", "_end", "_root", "_value"
MOST_LINKS = 5_000_000
"""Pairs of values that are looked at one after the other; rows that no second column connects are none."""
FEW = 10


class Params(Document):
    """By what rows are connected, and what names a group."""

    on: Strings = Field(min_length=1, description="Columns of which an equal value connects two rows.")
    id_column: str | None = Field(
        default=None, description="Column that identifies a row and names its group; the input's key when empty."
    )
    name: str = Field(default="group", description="New column that holds the group: the smallest id in it.")
    across: bool = Field(
        default=False,
        description="Values of different columns of on are compared as well, as of the two ends of a link.",
    )


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"customers": {"columns": {"id": "INTEGER", "email": "VARCHAR", "phone": "VARCHAR"},
                             "primary_key": ["id"],
                             "rows": [[1, "ann@x.test", "555-1"], [2, "ann@x.test", "555-2"], [3, None, "555-2"],
                                      [4, "bob@x.test", None]]}},
    "step": {"use": "components", "from": "customers", "on": ["email", "phone"], "name": "household"},
    "rows": {"": [[1, "ann@x.test", "555-1", 1], [2, "ann@x.test", "555-2", 1], [3, None, "555-2", 1],
                  [4, "bob@x.test", None, 4]]},
}  # fmt: skip
keywords: Final = (
    "connected components, connected groups, graph, network, clusters, union find, linked accounts, same email or same "
    "phone, households, transitive, linked directly or over others, islands of a network, edges and nodes"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The first row of each value is its node; what a row's values connect goes out, and roots come back."""
    (relation,) = inputs
    items = [scope.field(name, relation, "on") for name in params.on]
    named = scope.field(params.id_column or _key(relation, scope), relation, "id_column")
    if params.across and len({family(item.type) for item in items}) > 1:
        kinds = ", ".join(f"{item.name} is {item.type}" for item in items)
        raise scope.fail(f"{kinds}: these are never equal.", field="on", hint="Cast them to one type first.")
    own = [NUMBER, NODE, END, ROOT, VALUE, *(_first(place) for place in range(len(items)))]
    scope.distinct([*relation.names, params.name, *own], "name")
    scope.require_total([], [named.name], relation, "Which row a group is named after", "id_column")
    rows, firsts, nodes = f"{scope.name}._rows", f"{scope.name}._firsts", f"{scope.name}._nodes"
    outputs: dict[str, exp.Query] = {"_rows": _numbered(named, relation)}
    if params.across:
        outputs["_firsts"] = _firsts(items, rows)
    outputs["_nodes"] = _nodes(items, relation, rows, firsts, across=params.across)
    outputs["_links"] = _links(items, nodes)
    outputs[MAIN] = _grouped(params, named, relation, nodes, f"{scope.name}._found")
    return Built(
        outputs,
        keys={MAIN: relation.keys},
        order={MAIN: relation.order},
        checks=tuple(_not_all(item, relation, scope) for item in items),
        apply=_Roots(scope.name),
        fields={"_found": (Column(NODE, "BIGINT"), Column(ROOT, "BIGINT"))},
        feeds=("_nodes", "_links"),
    )


def _key(relation: Relation, scope: StepScope) -> str:
    for key in sorted(relation.keys, key=sorted):
        if len(key) == 1:
            return next(iter(key))
    raise scope.fail(
        "No one column is known to identify a row here.", field="id_column", hint="Name one, or declare a primary_key."
    )


def _first(place: int) -> str:
    return f"_first{place}"


def _filled(item: Column, table: str | None = None) -> exp.Expr:
    value = column(item.name, table)
    if family(item.type) != "text":
        return is_there(value)
    return exp.NEQ(this=exp.Trim(this=value), expression=text(""))


def _numbered(named: Column, relation: Relation) -> exp.Select:
    order = [ordered(column(name), False) for name in (named.name, *tie_break([named.name], relation))]
    numbers = aliased(over(exp.RowNumber(), (), order), NUMBER)
    return select_from(relation.name, [numbers, *(column(name) for name in relation.names)])


def _firsts(items: Sequence[Column], rows: str) -> exp.Select:
    """Each value, in whichever column it stands, with the first row that holds it."""
    parts = [
        select_from(rows, [aliased(column(item.name), VALUE), column(NUMBER)]).where(_filled(item), copy=False)
        for item in items
    ]
    stacked: exp.Query = parts[0]
    for part in parts[1:]:
        stacked = exp.Union(this=stacked, expression=part, distinct=False)
    query = exp.Select(
        expressions=[column(VALUE), aliased(exp.Min(this=column(NUMBER)), NUMBER)],
        from_=exp.From(this=proofs.subquery(stacked, "stacked")),
    )
    query.set("group", exp.Group(expressions=[column(VALUE)]))
    return query


def _nodes(items: Sequence[Column], relation: Relation, rows: str, firsts: str, *, across: bool) -> exp.Select:
    """Each row with the node of each of its values, and the first of these as its own; its number where it has none."""
    found: list[exp.Expr] = []
    joins: list[exp.Join] = []
    for place, item in enumerate(items):
        if across:
            alias = f"v{place}"
            on = exp.and_(_filled(item, "r"), proofs.equals(column(item.name, "r"), column(VALUE, alias)), copy=False)
            joins.append(exp.Join(this=table_of(firsts, alias), side="LEFT", on=on))
            found.append(column(NUMBER, alias))
        else:
            least = over(exp.Min(this=column(NUMBER, "r")), [column(item.name, "r")])
            found.append(when(_filled(item, "r"), least))
    inner = exp.Select(
        expressions=[
            column(NUMBER, "r"),
            *(column(name, "r") for name in relation.names),
            *(aliased(value, _first(place)) for place, value in enumerate(found)),
        ],
        from_=exp.From(this=table_of(rows, "r")),
        joins=joins,
    )
    known = [column(_first(place)) for place in range(len(items))]
    node = exp.Coalesce(this=known[0].copy(), expressions=[*(one.copy() for one in known[1:]), column(NUMBER)])
    return exp.Select(
        expressions=[column(NUMBER), *(column(name) for name in relation.names), *known, aliased(node, NODE)],
        from_=exp.From(this=proofs.subquery(inner, "met")),
    )


def _links(items: Sequence[Column], nodes: str) -> exp.Query:
    """Pairs of different nodes that a row connects, each once."""
    parts: list[exp.Query] = []
    for place in range(1, len(items)) or range(1):
        part = select_from(nodes, [column(NODE), aliased(column(_first(place)), END)])
        parts.append(part.where(exp.NEQ(this=column(NODE), expression=column(_first(place))), copy=False))
    links: exp.Query = parts[0]
    for other in parts[1:]:
        links = exp.Union(this=links, expression=other, distinct=False)
    query = exp.Select(expressions=[column(NODE), column(END)], from_=exp.From(this=proofs.subquery(links, "links")))
    query.set("distinct", exp.Distinct())
    return query


def _grouped(params: Params, named: Column, relation: Relation, nodes: str, found: str) -> exp.Select:
    root = or_else(column(ROOT, "f"), column(NODE, "r"))
    return exp.Select(
        expressions=[
            *(aliased(column(name, "r"), name) for name in relation.names),
            aliased(column(named.name, "g"), params.name),
        ],
        from_=exp.From(this=table_of(nodes, "r")),
        joins=[
            exp.Join(this=table_of(found, "f"), side="LEFT", on=proofs.equals(column(NODE, "r"), column(NODE, "f"))),
            exp.Join(this=table_of(nodes, "g"), side="LEFT", on=proofs.equals(root, column(NUMBER, "g"))),
        ],
    )


def _not_all(item: Column, relation: Relation, scope: StepScope) -> ImpliedCheck:
    """A value that most rows share is likely a word for nothing."""
    counted = select_from(relation.name, [aliased(column(item.name), VALUE), aliased(proofs.count_all(), "rows")])
    counted.where(_filled(item), copy=False)
    counted.set("group", exp.Group(expressions=[column(item.name)]))
    summed = exp.Select(
        expressions=[
            aliased(exp.Max(this=column("rows")), "most"),
            aliased(exp.Sum(this=column("rows")), "total"),
        ],
        from_=exp.From(this=proofs.subquery(counted, "values")),
    )
    rest = minus(column("total"), column("most"))
    several = exp.GT(this=column("most"), expression=number(FEW))
    most = exp.GT(this=column("most"), expression=rest)
    passed = or_else(exp.Not(this=exp.Paren(this=exp.and_(several, most, copy=False))), exp.true())
    query = proofs.verdict(
        passed,
        text(f"no value of {item.name} connects more than half of the rows that have one"),
        proofs.say("one value connects ", or_else(column("most"), number(0)), " of them"),
        text(""),
        proofs.subquery(summed, "summed"),
    )
    return ImpliedCheck("components_value", scope.name, "warn", query, (relation.name,))


@record(frozen=True)
class _Roots:
    """Finds the least node of each group. Inputs: the rows with their nodes, which are only made; the links."""

    step: str

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]:
        """Each node that a link names with the least of its group; ``seed`` is not used, because nothing is drawn."""
        import pyarrow as pa

        del seed
        links = inputs[-1].read_all()
        if links.num_rows > MOST_LINKS:
            raise LimitError(
                f"There are more than {MOST_LINKS:,} links between groups to look at one after the other.",
                hint="Leave out the column of 'on' that connects the most, or keep fewer rows in a 'filter' step.",
                where={"step": self.step},
                data={"step": self.step, "limit": MOST_LINKS},
            )
        above: dict[int, int] = {}
        for one, other in zip(links.column(NODE).to_pylist(), links.column(END).to_pylist(), strict=True):
            low, high = _top(above, one), _top(above, other)
            if low != high:
                above[max(low, high)] = min(low, high)
        nodes = sorted(above)
        made = {NODE: pa.array(nodes, pa.int64()), ROOT: pa.array([_top(above, node) for node in nodes], pa.int64())}
        return {"_found": pa.table(made)}


def _top(above: dict[int, int], node: int) -> int:
    """The least node of its group so far; the way there is halved for whoever comes next."""
    while node in above:
        over_it = above[node]
        if over_it in above:
            above[node] = above[over_it]
        node = over_it
    return node
