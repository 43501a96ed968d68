"""One read-only SELECT over the step's inputs, for what no other step says.

It may join, nest, use WITH and set operations. It reads the named inputs and nothing else, calls listed functions only,
and LIMIT, row_number() and the like need a total order, as everywhere. A struct's field is written ``column.field``;
UNNEST turns a list into rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import Field
from sqlglot import exp

from pipelines.contract import MAIN, Built
from pipelines.expressions import Where, quoted
from pipelines.job import Relation
from pipelines.lineage import Seen, derive
from pipelines.orders import check_orders, label, plain_columns, require_total
from pipelines.scope import StepScope
from pipelines.zones import rewrite_all, structural_type
from spec.base import Document, JsonValue
from spec.errors import SpecError, nearest, unknown_name


class Params(Document):
    """A SELECT."""

    query: str = Field(
        description="One SELECT in DuckDB's dialect over the inputs named in 'from'; parameters are written $name."
    )


arity: Final = (1, None)
outputs: Final[Mapping[str, str]] = {}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"orders": {"columns": {"id": "INTEGER", "items": "STRUCT(sku VARCHAR, qty INTEGER)[]"},
                          "primary_key": ["id"],
                          "rows": [[1, [{"sku": "mug", "qty": 2}, {"sku": "cup", "qty": 1}]], [2, []]]}},
    "step": {"use": "sql", "from": "orders",
             "query": "SELECT o.id, u.item.sku AS sku, u.item.qty AS qty FROM orders o, UNNEST(o.items) AS u(item)"},
    "rows": {"": [[1, "mug", 2], [1, "cup", 1]]},
}  # fmt: skip
keywords: Final = (
    "query, select statement, subquery, self join, custom, advanced, union all, anything else, own SQL, something "
    "no other step does, write the query myself"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """The SELECT with every table and column resolved and every star written out."""
    where = scope.where("query")
    written = scope.query(params.query, "query")
    _resolve_tables(written, inputs, where)
    names = _written_names(written)
    query = _qualified(written, inputs, where)
    order = _outer_order(query, scope)
    _restore_case(query, inputs, names)
    relations = {relation.name.casefold(): relation for relation in inputs}
    for select in list(query.find_all(exp.Select)):
        _in_business_time(select, relations, scope.timezone)
    shown = derive(query, relations, lambda seen: _check(seen, where))
    scope.distinct([field.name for field in shown.fields], "query")
    for select in query.find_all(exp.Select):
        _check_types(select, inputs, scope)
    known = {field.name.casefold(): field.name for field in shown.fields}
    kept = tuple(item for item in order if item.removesuffix(" desc").casefold() in known)
    if len(kept) < len(order):
        kept = ()
    return Built({MAIN: query}, order={MAIN: kept})


def _resolve_tables(query: exp.Query, inputs: Sequence[Relation], where: Where) -> None:
    """Each table is an input or a CTE; nothing else can be read, whatever it is called."""
    by_name = {relation.name.casefold(): relation.name for relation in inputs}
    ctes = {cte.alias.casefold() for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            continue
        name = ".".join(part.name for part in table.parts)
        if name.casefold() in ctes:
            continue
        true_name = by_name.get(name.casefold())
        if true_name is None:
            known = [relation.name for relation in inputs]
            error = unknown_name("input", name, known, where=where)
            error.hint = error.hint if error.data["nearest"] else f"Name it in 'from'; there: {', '.join(known)}."
            raise error
        if "." in true_name and not table.alias:
            table.set("alias", exp.TableAlias(this=quoted(true_name.rpartition(".")[2])))
        table.set("this", quoted(true_name))
        table.set("db", None)


def _written_names(query: exp.Query) -> dict[str, str]:
    """Output names as written, by casefold, because resolving them changes their case."""
    names: dict[str, str] = {}
    for select in query.find_all(exp.Select):
        for projection in select.expressions:
            name = projection.alias_or_name
            if name and name != "*":
                names.setdefault(name.casefold(), name)
    return names


def _qualified(query: exp.Query, inputs: Sequence[Relation], where: Where) -> exp.Query:
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify

    schema: dict[str, object] = {
        relation.name: {field.name: field.type for field in relation.fields} for relation in inputs
    }
    try:
        found = qualify(query, schema=schema, dialect="duckdb", quote_identifiers=True)
    except SqlglotError as error:
        raise _readable(str(error).splitlines()[0], inputs, where) from None
    assert isinstance(found, exp.Query)
    return found


def _readable(text: str, inputs: Sequence[Relation], where: Where) -> SpecError:
    known = sorted({name for relation in inputs for name in relation.names})
    if "could not be resolved" in text and "'" in text:
        name = text.split("'")[1]
        near = nearest(name, known)
        return SpecError(
            f"No input has a column {name!r}.",
            hint=f"Did you mean {near!r}?" if near else f"There is: {', '.join(known[:30])}.",
            where=where,
            data={**where, "what": "column", "unknown": name, "known": known, "nearest": near},
        )
    return SpecError(
        f"The SELECT cannot be resolved: {text.split('. Line', maxsplit=1)[0]}.", where=where, data={**where}
    )


def _restore_case(query: exp.Query, inputs: Sequence[Relation], names: Mapping[str, str]) -> None:
    true_tables = {relation.name.casefold(): relation.name for relation in inputs}
    true_columns: dict[str, str] = dict(names)
    for relation in inputs:
        for name in relation.names:
            true_columns[name.casefold()] = name
    for table in query.find_all(exp.Table):
        if isinstance(table.this, exp.Identifier) and table.name.casefold() in true_tables:
            table.this.set("this", true_tables[table.name.casefold()])
    for column in query.find_all(exp.Column):
        if isinstance(column.this, exp.Identifier) and column.name.casefold() in true_columns:
            column.this.set("this", true_columns[column.name.casefold()])
    for alias in query.find_all(exp.Alias):
        identifier = alias.args.get("alias")
        if isinstance(identifier, exp.Identifier):
            folded = identifier.name.casefold()
            identifier.set("this", names.get(folded, true_columns.get(folded, identifier.name)))


def _in_business_time(select: exp.Select, relations: Mapping[str, Relation], zone: str) -> None:
    """As in every other step, for each clause of one SELECT; the SELECTs inside it have their own turn."""

    def column_type(node: exp.Expr) -> str | None:
        return _type_of(node, relations) if isinstance(node, exp.Column) else None

    def own(clause: exp.Expr) -> list[exp.Expr]:
        return [
            node
            for node in clause.walk(prune=lambda item: isinstance(item, exp.Query))
            if not isinstance(node, exp.Query)
        ]

    clauses = [*select.expressions, *(join.args.get("on") for join in select.args.get("joins") or ())]
    clauses += [select.args.get(name) for name in ("where", "group", "having", "qualify", "order")]
    for clause in clauses if zone != "UTC" else ():
        if clause is not None:
            rewrite_all(own(clause), zone, lambda node: structural_type(node, column_type))


def _type_of(column: exp.Column, relations: Mapping[str, Relation]) -> str | None:
    """A qualified column's type where it is an input's own, or what a subquery or CTE makes of one."""
    select = column.find_ancestor(exp.Select)
    while select is not None:
        for item in [select.args.get("from_"), *(select.args.get("joins") or ())]:
            source = item.this if item is not None else None
            if source is not None and source.alias_or_name.casefold() == column.table.casefold():
                return _type_in(source, column.name, relations)
        select = select.find_ancestor(exp.Select)
    return None


def _type_in(source: exp.Expr, name: str, relations: Mapping[str, Relation]) -> str | None:
    inner = source.this if isinstance(source, exp.Subquery) else None
    if isinstance(source, exp.Table):
        inner = next((cte.this for cte in source.root().find_all(exp.CTE) if cte.alias == source.name), None)
        if inner is None:
            relation = relations.get(source.name.casefold())
            field = relation.field(name) if relation else None
            return field.type if field else None
    while isinstance(inner, exp.SetOperation | exp.Subquery):
        inner = inner.this
    if not isinstance(inner, exp.Select):
        return None
    for projection in inner.expressions:
        if projection.alias_or_name.casefold() == name.casefold():
            value = projection.this if isinstance(projection, exp.Alias) else projection
            return structural_type(
                value, lambda node: _type_of(node, relations) if isinstance(node, exp.Column) else None
            )
    return None


def _outer_order(query: exp.Query, scope: StepScope) -> tuple[str, ...]:
    """The outermost ORDER BY as an order that readers keep, where it is by plain output columns."""
    order = query.args.get("order")
    if order is None:
        return ()
    by_value = {
        item.this.sql(): item.alias for item in getattr(query, "expressions", ()) if isinstance(item, exp.Alias)
    }
    found: list[str] = []
    for item in order.expressions:
        value = item.this
        name = by_value.get(value.sql()) or (value.name if isinstance(value, exp.Column) and not value.table else None)
        if name is None:
            scope.notes.append(f"{scope.name}: its order is not kept, because it is not by columns of the result.")
            return ()
        found.append(f"{name} desc" if item.args.get("desc") else name)
    return tuple(found)


def _check(seen: Seen, where: Where) -> None:
    query = seen.query
    if isinstance(query, exp.Select):
        _check_select(query, seen, where)
    if query.args.get("limit") is not None or query.args.get("offset") is not None:
        _check_limit(query, seen, where)


def _check_select(query: exp.Select, seen: Seen, where: Where) -> None:
    group = query.args.get("group")
    # Without a FROM there is one row, but columns are an outer query's, all of whose rows an engine may let it see.
    names, keys = seen.names or ("",), seen.keys if seen.names else frozenset()
    parts = [*query.expressions, *(query.args.get(clause) for clause in ("qualify", "having", "order"))]
    for part in parts:
        if part is None:
            continue
        for node in part.walk(prune=lambda item: isinstance(item, exp.Query)):
            if isinstance(node, exp.Window) and (group is not None or _is_aggregated(query)):
                # Over groups, a row of the window is a group: what identifies it are the columns grouped by.
                grouped = [label(item) for item in group.expressions if isinstance(item, exp.Column)] if group else []
                check_orders(node, grouped, frozenset({frozenset(grouped)}), where)
        if group is None and not _is_aggregated(query):
            check_orders(part, names, keys, where)
        else:
            _check_aggregates(part, names, keys, where)


def _check_aggregates(part: exp.Expr, names: Sequence[str], keys: frozenset[frozenset[str]], where: Where) -> None:
    if part.find(exp.Window) is None:
        check_orders(part, names, keys, where)


def _is_aggregated(query: exp.Select) -> bool:
    from pipelines.expressions import has_aggregate

    return any(has_aggregate(item) for item in query.expressions)


def _check_limit(query: exp.Query, seen: Seen, where: Where) -> None:
    order = query.args.get("order")
    if frozenset() in seen.result.keys:
        return
    items = order.expressions if order is not None else []
    outputs: dict[str, str] = {}
    for projection in getattr(query, "expressions", ()):
        value = projection.this if isinstance(projection, exp.Alias) else projection
        outputs[value.sql()] = projection.alias_or_name
    covered: list[str] = []
    inner: list[str] = []
    for item in items:
        value = item.this
        if isinstance(value, exp.Column) and not value.table:
            covered.append(value.name)
        elif value.sql() in outputs:
            covered.append(outputs[value.sql()])
        inner += plain_columns([value])
    grouped = isinstance(query, exp.Select) and (query.args.get("group") or query.args.get("distinct"))
    if not grouped and seen.keys and any(key <= set(inner) for key in seen.keys):
        return
    names = [field.name for field in seen.result.fields]
    require_total(covered, names, seen.result.keys, what="LIMIT", where=where, field="ORDER BY")


def _check_types(select: exp.Select, inputs: Sequence[Relation], scope: StepScope) -> None:
    """Comparisons of text with other types are refused here as everywhere, where the columns are an input's own."""
    if len(inputs) == 1:
        for clause in ("where", "having", "qualify"):
            part = select.args.get(clause)
            if part is not None:
                scope.check_literals(part, inputs[0], "query")
