"""Total orders: what depends on the order of rows compiles only where that order leaves nothing open.

An order is total when it covers a set of columns known to identify a row, or all columns (rows alike in all columns
are interchangeable). Where nothing is known to identify a row and the spec says ``orders: proven``, an order that is
stated is held against the rows by every run. All else is refused, and the error names the columns to add.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from sqlglot import exp

from pipelines.expressions import Where, function_name
from pipelines.functions import AGGREGATES, ORDERED_AGGREGATES, ORDERED_WINDOWS
from pipelines.job import Relation
from pipelines.lineage import Keys
from spec.errors import SpecError

BY_VALUE = ("arg_min", "arg_max", "min_by", "max_by")
TIED = "tied"


def is_total(covered: Collection[str], names: Collection[str], keys: Keys) -> bool:
    """Whether ordering (or partitioning) by ``covered`` leaves no two different rows tied."""
    have = {name.casefold() for name in covered}
    if all(name.casefold() in have for name in names):
        return True
    return any(all(name.casefold() in have for name in key) for key in keys)


def require_total(
    covered: Collection[str],
    names: Collection[str],
    keys: Keys,
    *,
    what: str,
    where: Where,
    field: str = "order",
    prove: Callable[[], None] | None = None,
) -> None:
    """Raise SpecError naming the columns to add unless the order is total.

    ``prove`` lets the run find out, where no columns are known to identify a row.
    """
    if is_total(covered, names, keys):
        return
    if prove is not None and not keys:
        prove()
        return
    have = {name.casefold() for name in covered}
    missing = sorted(
        (sorted(name for name in key if name.casefold() not in have) for key in keys),
        key=lambda item: (len(item), item),
    )
    tied = f"rows that are equal in {', '.join(covered)}" if covered else "the rows"
    if missing:
        hint = f"Add {' and '.join(missing[0])} to the {field}: together they identify a row."
    else:
        hint = (
            "No columns are known to identify a row here: declare the source's primary_key, add a blocking 'unique' "
            f"check, or add all remaining columns to the {field}; or say 'orders: proven' in the spec, and every run "
            "stops if rows tie."
        )
    raise SpecError(
        f"{what} depends on the order of rows, and {tied} may come in any order, so the result could change.",
        hint=hint,
        where=where,
        data={
            **where,
            "covered": list(covered),
            "add": missing[0] if missing else [],
            "keys": [sorted(key) for key in sorted(keys, key=sorted)],
        },
    )


def tie_break(covered: Collection[str], relation: Relation) -> tuple[str, ...]:
    """Columns that make an order total when added: the smallest key's, or else all that are left."""
    have = {name.casefold() for name in covered}
    if is_total(covered, relation.names, relation.keys):
        return ()
    key = min(relation.keys, key=lambda item: (len(item), sorted(item)), default=frozenset(relation.names))
    return tuple(name for name in relation.names if name in key and name.casefold() not in have)


def plain_columns(expressions: Iterable[exp.Expr]) -> list[str]:
    """Names of those expressions that are plain columns; any other orders or groups without identifying."""
    found: list[str] = []
    for item in expressions:
        value = item.this if isinstance(item, exp.Ordered) else item
        while isinstance(value, exp.Paren):
            value = value.this
        if isinstance(value, exp.Column):
            found.append(label(value))
    return found


def label(column: exp.Column) -> str:
    """The column as an order check compares it: with its table's alias where it has one."""
    return f"{column.table.casefold()}.{column.name}" if column.table else column.name


def check_orders(
    tree: exp.Expr,
    names: Collection[str],
    keys: Keys,
    where: Where,
    *,
    within: Collection[str] = (),
    prove: Callable[[], None] | None = None,
    mark: bool = False,
) -> None:
    """Refuse aggregates and windows in ``tree`` whose result depends on an order that is not total.

    ``within`` are columns that are equal in all rows of a group, ``prove`` what lets the run find out about windows.
    With ``mark`` an aggregate that states an order which is not total is marked in place of refused: see ``marked``.
    """
    for node in tree.walk(prune=lambda item: isinstance(item, exp.Query) and item is not tree):
        if isinstance(node, exp.Window):
            _check_window(node, names, keys, where, prove)
        else:
            name = function_name(node)
            if name in ORDERED_AGGREGATES and not _windowed(node):
                _check_aggregate(node, name or "", names, keys, where, within, mark=mark)


def _windowed(node: exp.Expr) -> bool:
    return node.find_ancestor(exp.Window, exp.Query) is not None and isinstance(
        node.find_ancestor(exp.Window, exp.Query), exp.Window
    )


def _check_window(
    window: exp.Window, names: Collection[str], keys: Keys, where: Where, prove: Callable[[], None] | None
) -> None:
    function = window.this
    while isinstance(function, exp.IgnoreNulls | exp.RespectNulls | exp.Filter):
        function = function.this
    name = function_name(function) or function.key
    spec = window.args.get("spec")
    frame_of_rows = spec is not None and str(spec.args.get("kind") or "").upper() == "ROWS"
    by_row = name in ORDERED_WINDOWS or name in ORDERED_AGGREGATES or (frame_of_rows and name in AGGREGATES)
    if not by_row:
        return
    order = window.args.get("order")
    covered = plain_columns(window.args.get("partition_by") or ())
    covered += plain_columns(order.expressions if order is not None else ())
    prove = prove if order is not None else None
    require_total(covered, names, keys, what=f"{name}(...)", where=where, field="window's order", prove=prove)


def _check_aggregate(
    node: exp.Expr,
    name: str,
    names: Collection[str],
    keys: Keys,
    where: Where,
    within: Collection[str],
    *,
    mark: bool,
) -> None:
    order = next((item for item in node.find_all(exp.Order) if item.find_ancestor(exp.Func) is node), None)
    if name == "mode" and order is None:
        raise SpecError(
            "mode(...) gives any one of the values that are equally frequent.",
            hint="Say which of them comes first by an order of the value itself inside the call: "
            f"{_with_order(node, [label(column) for column in node.find_all(exp.Column)])}.",
            where=where,
            data={**where, "refused": "mode"},
        )
    covered = plain_columns(order.expressions) if order is not None else []
    if name in BY_VALUE:
        measure = node.args.get("expression") or (node.expressions[1] if len(node.expressions) > 1 else None)
        while isinstance(measure, exp.Order):
            measure = measure.this
        covered = [*plain_columns([measure] if measure is not None else []), *covered]
    elif name == "any_value" and order is None:
        covered = []
    values = dict.fromkeys(label(column) for column in node.find_all(exp.Column))
    missing = [value for value in values if value not in covered]
    if (covered and not missing) or is_total([*covered, *within], names, keys):
        return
    if mark and (order is not None or name in BY_VALUE) and node.find(exp.Distinct) is None:
        node.meta[TIED] = True
        return
    # One function with three names, of which an expression that is read keeps none; this one the docs use.
    said = "string_agg" if name == "group_concat" else name
    raise SpecError(
        f"{said}(...) depends on the order of rows"
        + (f", and rows that are equal in {', '.join(covered)} may come in any order." if covered else "."),
        hint=f"Say which comes first by an order inside the call: {_with_order(node, missing or list(values))}.",
        where=where,
        data={**where, "covered": covered, "add": missing},
    )


def marked(tree: exp.Expr) -> int:
    """How many aggregates of the tree have an order that may leave rows tied."""
    return sum(TIED in node.meta for node in tree.walk())


def with_ties_broken(tree: exp.Expr, *, descending: bool) -> exp.Expr:
    """The tree with rows that tie in a marked aggregate in the order of what it takes from them, or the reverse.

    Both give the same exactly where it does not matter in which order such rows come.
    """
    found = exp.Paren(this=tree.copy())
    for node in [item for item in found.walk() if TIED in item.meta]:
        by_value = isinstance(node, exp.ArgMax | exp.ArgMin)
        order = node.args["expression"] if by_value else node.this
        taken = node.this if by_value else order.this
        last = exp.Ordered(this=taken.copy(), desc=descending, nulls_first=not descending)
        if isinstance(order, exp.Order):
            order.append("expressions", last)
        else:
            node.set("expression", exp.Order(this=order.copy(), expressions=[last]))
    inner: exp.Expr = found.this
    return inner


def _with_order(node: exp.Expr, names: Collection[str]) -> str:
    """The call with these columns at the end of its order, as it can be written."""
    call = node.copy()
    added = ", ".join(exp.column(name, quoted=not name.isidentifier()).sql("duckdb") for name in names)
    inside = call.sql("duckdb").removesuffix(")")
    if isinstance(call, exp.GroupConcat):
        inside = f"string_agg({inside.partition('(')[2]}"
    return f"{inside}, {added})" if call.find(exp.Order) is not None else f"{inside} ORDER BY {added})"
