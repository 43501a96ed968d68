"""Walk a tree of parents and children: the top of each row, its level and path, or everything below everything.

With ``give: top`` every row keeps its columns and gets the furthest row above it, its level (1 at the top) and the path
from there. With ``give: pairs`` the result has a row for each item (in the column named as ``parent``) and each item
somewhere below it (in that named as ``child``), with how many ``levels`` lie between and, where ``quantity`` names a
column, how many of the lower one go into one of the upper one (a bill of materials): along a way quantities are
multiplied, over several ways they are added. ``give: ways`` has a row for each way from an item to one below it, with
its ``path``; of a thing that may be reached over several ways each is there. ``total`` names a column of numbers, such
as days or a distance, that is added up along the way, over every row of it but that of the upper item itself.
Where ``child`` and ``parent`` are codes, ``label`` names the column whose texts a path is made of.

A walk of more than ``depth`` levels stops the run, as does a circle, in which a row would be above itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import proofs
from pipelines.contract import MAIN, Built, ImpliedCheck
from pipelines.expressions import aliased, column, select_from, table_of
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import as_type, call, is_there, number, or_else, plus, text, times, when
from spec.base import Document, JsonValue

FACTOR: Final = "DECIMAL(18,6)"
SUM: Final = "DECIMAL(28,6)"
QUANTITY, TOTAL, PATH = "_quantity", "_total", "_path"
NAMES = "_names"


class Params(Document):
    """Which columns link a row to the one above it, and what is wanted of the tree."""

    child: str = Field(description="Column that names the row itself, e.g. employee or part.")
    parent: str = Field(description="Column that names what it is below, e.g. manager or assembly; empty at the top.")
    give: Literal["top", "pairs", "ways"] = Field(
        default="top",
        description="top: each row with the top of its tree, its level and path; pairs: a row for each item and each "
        "item below it, at any level; ways: a row for each way between two such items, with its path.",
    )
    depth: int = Field(default=10, ge=1, le=30, description="Most levels that a walk may take.")
    quantity: str | None = Field(
        default=None, description="For pairs and ways: column with how many of the child go into one of the parent."
    )
    total: str | None = Field(default=None, description="For ways: column that is added up along the way, e.g. days.")
    top: str = Field(default="top", description="For top: new column, the row at the top of the tree.")
    level: str = Field(default="level", description="For top: new column, 1 for the top and 1 more for each step down.")
    path: str = Field(
        default="path", description="For top and ways: new column, the names from the top down to the row."
    )
    label: str | None = Field(
        default=None,
        description="For top and ways: column of the names that a path is made of, by default the child's.",
    )
    by: str = Field(default=" / ", description="For top and ways: what stands between the names of a path.")

    @model_validator(mode="after")
    def _quantities_of_pairs(self) -> Params:
        if self.quantity is not None and self.give == "top":
            raise ValueError("quantity is for give: pairs and give: ways")
        if self.total is not None and self.give != "ways":
            raise ValueError("total is for give: ways")
        if self.label is not None and self.give == "pairs":
            raise ValueError("label is for give: top and give: ways, which have a path")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"people": {"columns": {"name": "VARCHAR", "boss": "VARCHAR"}, "primary_key": ["name"],
                          "rows": [["Ada", None], ["Kim", "Ada"], ["Lou", "Kim"]]}},
    "step": {"use": "hierarchy", "from": "people", "child": "name", "parent": "boss"},
    "rows": {"": [["Ada", None, "Ada", 1, "Ada"], ["Kim", "Ada", "Ada", 2, "Ada / Kim"],
                  ["Lou", "Kim", "Ada", 3, "Ada / Kim / Lou"]]},
}  # fmt: skip
keywords: Final = (
    "parent child, tree, organisation chart, org chart, reports to, manager chain, bill of materials, BOM, explode "
    "assemblies into parts, components, recipe ingredients, category path, breadcrumbs, ancestors, descendants, "
    "root, evolution line, levels, roll up accounts, chart of accounts, recursive, parts of parts, made of, "
    "contains which components, all levels below, sub accounts, sub categories, team of a manager, who is whose "
    "boss, top level parent, head of the tree, all paths, all routes from top to bottom, longest path, critical path, "
    "path of names by codes, account path, lead time of an assembly, every way through a network, sum along the path"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The walk up by one join for each level that may be, or each level below by one more query."""
    (relation,) = inputs
    child = scope.field(params.child, relation, "child")
    parent = scope.field(params.parent, relation, "parent")
    if family(child.type) != family(parent.type):
        raise scope.fail(
            f"{child.name} is {child.type} and {parent.name} is {parent.type}, so no row is above another.",
            field="parent",
            hint="Cast one of them in a 'cast' step first.",
            data={"types": [child.type, parent.type]},
        )
    if params.label is not None:
        scope.field(params.label, relation, "label")
    if params.give == "top":
        return _topped(params, child, parent, relation, scope)
    return _paired(params, child, parent, relation, scope)


def _topped(params: Params, child: Column, parent: Column, relation: Relation, scope: StepScope) -> Built:
    """The walk up is made once for each value that has something below it, of which there are fewer than rows."""
    scope.distinct([*relation.names, params.top, params.level, params.path], "top")
    edges, ways = f"{scope.name}._edges", f"{scope.name}._ways"
    own = column(child.name, "r")
    shown = own if params.label is None else or_else(proofs.text(column(params.label, "r")), proofs.text(own.copy()))
    above = exp.Join(
        this=table_of(ways, "w"), side="LEFT", on=proofs.equals(column("low", "w"), column(parent.name, "r"))
    )
    level = when(is_there(column("level", "w")), plus(column("level", "w"), number(1)), number(1))
    query = exp.Select(
        expressions=[
            *(aliased(column(name, "r"), name) for name in relation.names),
            aliased(or_else(column("top", "w"), own.copy()), params.top),
            aliased(as_type(level, "INTEGER"), params.level),
            aliased(call("concat_ws", text(params.by), column("path", "w"), proofs.text(shown.copy())), params.path),
        ],
        from_=exp.From(this=table_of(relation.name, "r")),
        joins=[above],
    )
    # A row whose walk has not ended: something is above the last that was looked at.
    more = exp.Select(
        expressions=[number(1)],
        from_=exp.From(this=table_of(edges, "more")),
        where=exp.Where(this=proofs.equals(column("low", "more"), column("last", "w"))),
    )
    further = exp.Select(
        expressions=[aliased(own, child.name), aliased(column("last", "w"), "still_above")],
        from_=exp.From(this=table_of(relation.name, "r")),
        joins=[above.copy()],
        where=exp.Where(this=exp.Exists(this=more)),
    )
    return Built(
        {
            **_labels(params, child, relation),
            "_edges": _edges(params, relation, child, parent, scope),
            "_ways": _ways(params, edges, relation, parent, scope),
            MAIN: query,
        },
        keys={MAIN: relation.keys},
        order={MAIN: relation.order},
        checks=(
            _one_parent(child, parent, relation, scope),
            _ends(params, further, (relation.name, edges, ways), scope),
        ),
    )


def _labels(params: Params, child: Column, relation: Relation) -> dict[str, exp.Query]:
    """What each item is called in a path, where a column says so; of several names the first one."""
    if params.label is None:
        return {}
    query = select_from(
        relation.name,
        [aliased(column(child.name), "low"), aliased(exp.Min(this=proofs.text(column(params.label))), "label")],
    )
    query.set("group", exp.Group(expressions=[column(child.name)]))
    return {NAMES: query}


def _called(params: Params, query: exp.Select, item: exp.Expr, alias: str, scope: StepScope) -> exp.Expr:
    """The item's name in a path; the query is joined with the names where there are any."""
    if params.label is None:
        return item.copy()
    on = proofs.equals(column("low", alias), item.copy())
    query.append("joins", exp.Join(this=table_of(f"{scope.name}.{NAMES}", alias), side="LEFT", on=on))
    return or_else(column("label", alias), proofs.text(item.copy()))


def _edges(params: Params, relation: Relation, child: Column, parent: Column, scope: StepScope) -> exp.Select:
    """Each link once whose lower end has something below it in turn."""
    below = exp.Select(
        expressions=[number(1)],
        from_=exp.From(this=table_of(relation.name, "b")),
        where=exp.Where(this=proofs.equals(column(parent.name, "b"), column(child.name, "r"))),
    )
    query = select_from(
        relation.name, [aliased(column(child.name, "r"), "low"), aliased(column(parent.name, "r"), "high")], "r"
    )
    if params.label is not None:
        query.append("expressions", aliased(_called(params, query, column(parent.name, "r"), "n", scope), "called"))
    query.set("where", exp.Where(this=exp.and_(is_there(column(parent.name, "r")), exp.Exists(this=below))))
    query.set("distinct", exp.Distinct())
    return query


def _ways(params: Params, edges: str, relation: Relation, parent: Column, scope: StepScope) -> exp.Select:
    """For each value with something below it: the top, the level and the path of the way there; one join a level."""
    starts = select_from(relation.name, [aliased(column(parent.name, "s"), "low")], "s")
    if params.label is not None:
        starts.append("expressions", aliased(_called(params, starts, column(parent.name, "s"), "n", scope), "called"))
    starts.set("where", exp.Where(this=is_there(column(parent.name, "s"))))
    starts.set("distinct", exp.Distinct())
    above: list[exp.Expr] = [column("low", "s")]
    joins: list[exp.Join] = []
    for place in range(1, params.depth):
        due = proofs.equals(column("low", f"m{place}"), above[-1].copy())
        joins.append(exp.Join(this=table_of(edges, f"m{place}"), side="LEFT", on=due))
        above.append(column("high", f"m{place}"))
    top = above[0] if len(above) == 1 else exp.Coalesce(
        this=above[-1].copy(), expressions=[item.copy() for item in reversed(above[:-1])]
    )  # fmt: skip
    level: exp.Expr = number(1)
    for item in above[1:]:
        level = exp.Add(this=level, expression=when(is_there(item.copy()), number(1), number(0)))
    called = above if params.label is None else [column("called", str(item.args["table"].name)) for item in above]
    names = [proofs.text(item.copy()) for item in reversed(called)]
    return exp.Select(
        expressions=[
            aliased(column("low", "s"), "low"),
            aliased(top, "top"),
            aliased(level, "level"),
            aliased(call("concat_ws", text(params.by), *names), "path"),
            aliased(above[-1].copy(), "last"),
        ],
        from_=exp.From(this=proofs.subquery(starts, "s")),
        joins=joins,
    )


def _one_parent(child: Column, parent: Column, relation: Relation, scope: StepScope) -> ImpliedCheck:
    links = select_from(relation.name, [aliased(column(child.name), "low"), aliased(column(parent.name), "high")])
    links.set("where", exp.Where(this=exp.and_(is_there(column(child.name)), is_there(column(parent.name)))))
    links.set("distinct", exp.Distinct())
    bad = exp.Select(
        expressions=[aliased(column("low"), child.name), aliased(proofs.count_all(), "parents")],
        from_=exp.From(this=proofs.subquery(links, "links")),
    )
    bad.set("group", exp.Group(expressions=[column("low")]))
    bad.set("having", exp.Having(this=exp.GT(this=proofs.count_all(), expression=number(1))))
    query = proofs.no_rows(
        bad.copy(),
        f"each {child.name} is below one other",
        f" values of {child.name} are below several; give: pairs shows all that is above each",
        f" value of {child.name} is below several; give: pairs shows all that is above it",
    )
    return ImpliedCheck("hierarchy_one_parent", scope.name, "block", query, (relation.name,), evidence=bad)


def _ends(params: Params, further: exp.Select, inputs: tuple[str, ...], scope: StepScope) -> ImpliedCheck:
    query = proofs.no_rows(
        further.copy(),
        f"no walk takes more than {params.depth} levels or goes in a circle",
        f" walks do; mend the circle, or raise depth (it is {params.depth})",
        f" walk does; mend the circle, or raise depth (it is {params.depth})",
    )
    return ImpliedCheck("hierarchy_ends", scope.name, "block", query, inputs, evidence=further)


def _paired(params: Params, child: Column, parent: Column, relation: Relation, scope: StepScope) -> Built:
    low, high = child.name, parent.name
    ways = params.give == "ways"
    measured = {mark: _measure(name, field, relation, scope)
                for mark, field, name in ((QUANTITY, "quantity", params.quantity), (TOTAL, "total", params.total))
                if name is not None}  # fmt: skip
    shown = [item.name for item in measured.values()]
    scope.distinct([high, low, "levels", *([params.path] if ways else []), *shown], "quantity")
    links = select_from(
        relation.name,
        [
            aliased(column(high, "r"), "high"),
            aliased(column(low, "r"), "low"),
            *(aliased(as_type(column(item.name, "r"), FACTOR), mark) for mark, item in measured.items()),
        ],
        "r",
    )
    if ways:
        lower = _called(params, links, column(low, "r"), "n", scope)
        upper = _called(params, links, column(high, "r"), "m", scope)
        links.append("expressions", aliased(_joined(params, upper, lower), PATH))
        links.append("expressions", aliased(proofs.text(lower.copy()), "called"))
    links.set("where", exp.Where(this=exp.and_(is_there(column(low, "r")), is_there(column(high, "r")))))
    if not measured:
        links.set("distinct", exp.Distinct())
    found: dict[str, exp.Query] = {**_labels(params, child, relation), "_links": links}
    names = [f"{scope.name}._links"]
    for place in range(2, params.depth + 2):
        found[f"_{place}"] = _further(params, names[-1], names[0], list(measured))
        names.append(f"{scope.name}._{place}")
    *within, beyond = names
    carried = [*([PATH] if ways else []), *measured]
    every: exp.Query = _level(within[0], 1, carried)
    for place, name in enumerate(within[1:], start=2):
        every = exp.Union(this=every, expression=_level(name, place, carried), distinct=False)
    whole = proofs.subquery(every, "ways")
    ends = [aliased(column("high"), high), aliased(column("low"), low)]
    check = _ends(params, select_from(beyond, [column("high"), column("low")]), (beyond,), scope)
    if ways:
        levels = aliased(as_type(column("levels"), "INTEGER"), "levels")
        sums = [aliased(as_type(column(mark), SUM), item.name) for mark, item in measured.items()]
        path = aliased(column(PATH), params.path)
        found[MAIN] = exp.Select(expressions=[*ends, levels, path, *sums], from_=exp.From(this=whole))
        return Built(found, checks=(check,))
    sums = [aliased(as_type(exp.Sum(this=column(mark)), SUM), item.name) for mark, item in measured.items()]
    levels = aliased(as_type(exp.Min(this=column("levels")), "INTEGER"), "levels")
    query = exp.Select(expressions=[*ends, levels, *sums], from_=exp.From(this=whole))
    query.set("group", exp.Group(expressions=[column("high"), column("low")]))
    found[MAIN] = query
    return Built(found, keys={MAIN: frozenset({frozenset({high, low})})}, checks=(check,))


def _measure(name: str, field: str, relation: Relation, scope: StepScope) -> Column:
    found = scope.field(name, relation, field)
    if family(found.type) != "number":
        raise scope.fail(f"{found.name!r} is {found.type}, not a number.", field=field, hint="Cast it first.")
    return found


def _joined(params: Params, *names: exp.Expr) -> exp.Expr:
    return call("concat_ws", text(params.by), *(proofs.text(name) for name in names))


def _further(params: Params, so_far: str, links: str, measured: Sequence[str]) -> exp.Select:
    """One level more below each end of a way."""
    added: list[exp.Expr] = []
    if QUANTITY in measured:
        product = times(as_type(column(QUANTITY, "a"), FACTOR), column(QUANTITY, "b"))
        added.append(aliased(as_type(product, SUM), QUANTITY))
    if TOTAL in measured:
        # What is unknown of one link is unknown of the whole way.
        added.append(aliased(as_type(plus(column(TOTAL, "a"), column(TOTAL, "b")), SUM), TOTAL))
    if params.give == "ways":
        added.append(aliased(call("concat_ws", text(params.by), column(PATH, "a"), column("called", "b")), PATH))
    query = exp.Select(
        expressions=[aliased(column("high", "a"), "high"), aliased(column("low", "b"), "low"), *added],
        from_=exp.From(this=table_of(so_far, "a")),
        joins=[
            exp.Join(this=table_of(links, "b"), kind="INNER", on=proofs.equals(column("low", "a"), column("high", "b")))
        ],
    )
    if not measured and params.give == "pairs":
        query.set("distinct", exp.Distinct())
    return query


def _level(name: str, levels: int, carried: Sequence[str]) -> exp.Select:
    values = [column(mark) if mark == PATH else as_type(column(mark), SUM) for mark in carried]
    shown = [aliased(value, mark) for value, mark in zip(values, carried, strict=True)]
    return select_from(name, [column("high"), column("low"), aliased(number(levels), "levels"), *shown])
