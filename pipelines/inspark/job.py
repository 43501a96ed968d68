"""A job said for Spark: each step as one statement over the relations it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlglot import exp

from pipelines.inplace.kinds import CannotSayError, built, kind_of
from pipelines.inplace.queries import Queries
from pipelines.inplace.scalars import call, quoted
from pipelines.inspark import aggregates, functions, operators, regexes
from pipelines.inspark.rules import SPARK
from pipelines.job import Relation, Stage
from spec.base import JsonValue

LISTS: Final = (aggregates, functions, operators, regexes)
"""The modules whose rules are on the list."""
MARK: Final = "_dreflow_t_"
"""Before every alias of a table: Spark takes ``b.i`` for a part of a column ``b`` where there is one."""
_UNHELD: Final = ("time",)
"""Families that PostgreSQL has and Spark lacks, or has not been asked for."""
_TYPES: Final = {
    exp.DataType.Type.TIMESTAMP: "TIMESTAMP_NTZ",
    exp.DataType.Type.TIMESTAMPTZ: "TIMESTAMP_LTZ",
    exp.DataType.Type.UUID: "STRING",
}
Part = tuple[str, str]
"""What cannot be said, as part of a sentence after "because", and the step it is in."""


class SparkJob:
    """Says the steps of a job; each relation is a view of the session under a short name of its own."""

    def __init__(self, relations: Mapping[str, Relation], parameters: Mapping[str, JsonValue]) -> None:
        self._names = {name.casefold(): f"_dreflow_r{number}" for number, name in enumerate(relations)}
        self._queries = Queries(relations, self.table, parameters, rules=SPARK, mark=MARK)

    def view(self, relation: str) -> str:
        """The name of the view that holds a relation's rows."""
        return self._names[relation.casefold()]

    def table(self, relation: str) -> exp.Table:
        """The same, to read from."""
        return exp.Table(this=quoted(self.view(relation)))

    def stage(self, stage: Stage) -> str:
        """A step's rows, as Spark reads it. Raises CannotSayError."""
        if stage.select is None:
            raise CannotSayError("what SQL cannot say")
        return text(self._queries.stage(stage.select, stage.relation.fields))


def unsaid(
    relations: Mapping[str, Relation], stages: Sequence[Stage], parameters: Mapping[str, JsonValue]
) -> Iterator[Part]:
    """What of a job is on no list of what Spark was seen to compute alike."""
    for relation in relations.values():
        for item in relation.fields:
            kind = kind_of(item.type)
            if kind is None or kind.family in _UNHELD:
                yield f"the column {item.name!r} of {relation.name!r} is {item.type}", ""
    said = SparkJob(relations, parameters)
    for stage in stages:
        try:
            said.stage(stage)
        except CannotSayError as error:
            yield f"the step {stage.step!r} has {error}, which is not known to mean the same there", stage.step


def text(query: exp.Query) -> str:
    """The query as Spark reads it. Raises CannotSayError for what only the other engines have."""
    tree = query.copy()
    _check_inner_queries(tree)
    for collated in list(tree.find_all(exp.Collate)):
        # Spark compares texts by their bytes, unless it is told otherwise.
        collated.replace(collated.this)
    for node in list(tree.find_all(exp.Cast)):
        if node.to.this == exp.DataType.Type.UUID and isinstance(node.this, exp.Literal):
            node.replace(call("lower", exp.Literal.string(node.this.name)))
        elif isinstance(node.this, exp.Anonymous) and node.this.name == "explode":
            # Spark makes rows at the outermost place of a column only.
            node.replace(_exploded(node, node.this))
    for kind in list(tree.find_all(exp.DataType)):
        if kind.this == exp.DataType.Type.TIME:
            raise CannotSayError("a time of day")
        if kind.this in _TYPES:
            kind.replace(exp.DataType.build(_TYPES[kind.this], dialect="spark", udt=True))
    return tree.sql(dialect="spark", comments=False)


def _exploded(node: exp.Cast, exploded: exp.Anonymous) -> exp.Expr:
    if node.to != built("bigint"):
        raise CannotSayError("unnest() as another type")
    return exploded.copy()


def _check_inner_queries(tree: exp.Query) -> None:
    """Spark knows a query inside an expression in some places only, and in it the tables of the query around it in
    fewer: in the condition of an EXISTS.
    """
    for select in tree.find_all(exp.Select):
        holder = _holder(select)
        if holder is not None:
            _check_place(holder)
        own = {item.alias_or_name for item in _tables(select)}
        far = [column for column in _columns(select) if column.table and column.table not in own]
        if far and not (isinstance(holder, exp.Exists) and all(_is_in_where(item, select) for item in far)):
            raise CannotSayError("a query over the columns of the query around it")
        around = holder.find_ancestor(exp.Select) if holder is not None else None
        if around is not None and not {item.table for item in far} <= {item.alias_or_name for item in _tables(around)}:
            raise CannotSayError("a query over the columns of a query further out")


def _holder(select: exp.Select) -> exp.Expr | None:
    """The expression that a query is inside, None where it is a table or the statement."""
    parent: exp.Expr | None = select.parent
    while isinstance(parent, exp.SetOperation):
        parent = parent.parent
    if isinstance(parent, exp.Exists):
        return parent
    if not isinstance(parent, exp.Subquery) or parent.arg_key in ("from_", "joins"):
        return None
    if isinstance(parent.parent, exp.From | exp.Join | exp.SetOperation) and parent.arg_key in ("this", "expression"):
        return None
    return parent


def _check_place(holder: exp.Expr) -> None:
    node: exp.Expr = holder
    while not isinstance(node, exp.Where):
        parent = node.parent
        if not isinstance(parent, exp.Expr) or isinstance(parent, exp.AggFunc | exp.Window | exp.Join | exp.Having):
            raise CannotSayError("a query inside an aggregate, a window or the condition of a join")
        if isinstance(parent, exp.Select):
            if parent.args.get("group") is not None or parent.find(exp.AggFunc):
                raise CannotSayError("a query among sums")
            return
        node = parent


def _tables(select: exp.Select) -> list[exp.Expr]:
    source = select.args.get("from_")
    return [*([source.this] if source is not None else []), *(join.this for join in select.args.get("joins") or [])]


def _columns(select: exp.Select) -> Iterator[exp.Column]:
    """The columns that a query itself names, without those of queries inside it."""
    for column in select.find_all(exp.Column):
        if column.find_ancestor(exp.Select) is select:
            yield column


def _is_in_where(column: exp.Column, select: exp.Select) -> bool:
    where = column.find_ancestor(exp.Where)
    return where is not None and where.parent is select
