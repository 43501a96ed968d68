"""What a unit may ask while it is built: columns, expressions, orders and types, with errors that name the step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace

from sqlglot import exp

from pipelines.binder import Binder, parse_type
from pipelines.contract import ImpliedCheck
from pipelines.expressions import (
    aliased,
    column,
    function_name,
    has_aggregate,
    has_window,
    parse_expression,
    parse_query,
    resolve,
    select_from,
    unknown_column,
)
from pipelines.job import Field, Relation
from pipelines.lineage import derive as derived_of
from pipelines.lineage import is_aggregate_call
from pipelines.orders import check_orders, marked, require_total
from pipelines.proofs import no_ties
from pipelines.wholedays import days_stay_days
from pipelines.zones import INSTANT, in_business_time, structural_type
from spec.base import JsonValue
from spec.errors import SpecError, unknown_name
from spec.records import record

COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.NullSafeNEQ)


@record(frozen=True)
class StepScope:
    """One step or check being built. ``wanted`` are the further outputs that someone reads."""

    name: str
    binder: Binder
    relations: Mapping[str, Relation]
    """Everything already built, by casefolded name."""
    parameters: Mapping[str, str]
    noun: str = "step"
    wanted: frozenset[str] = frozenset()
    timezone: str = "UTC"
    notes: list[str] = field(default_factory=list)
    prove_orders: bool = False
    """Whether the spec leaves it to every run that a stated order leaves no rows tied."""
    proven: list[ImpliedCheck] = field(default_factory=list)
    """What is held against the rows because it could not be known here."""

    def where(self, field: str = "") -> dict[str, str | int]:
        """The place of an error: this step, and a parameter of it."""
        return {self.noun: self.name, "field": field} if field else {self.noun: self.name}

    def wants(self, output: str) -> bool:
        """Whether someone reads that further output."""
        return output in self.wanted

    def fail(
        self, message: str, *, field: str = "", hint: str = "", data: Mapping[str, object] | None = None
    ) -> SpecError:
        """A SpecError at this step."""
        where = self.where(field)
        return SpecError(message, hint=hint, where=where, data={**where, **(data or {})})

    def relation(self, name: str, field: str = "from") -> Relation:
        """A source, table or step output by name, without regard to case."""
        found = self.relations.get(name.casefold())
        if found is None:
            known = [relation.name for relation in self.relations.values()]
            raise unknown_name("source, table or step", name, known, where=self.where(field))
        return found

    def field(self, name: str, relation: Relation, field: str) -> Field:
        """A column of the relation, without regard to case."""
        found = relation.field(name)
        if found is None:
            raise unknown_column(name, relation, self.where(field))
        return found

    def fields(self, names: Collection[str], relation: Relation, field: str) -> list[Field]:
        """Columns of the relation, each at most once."""
        found: list[Field] = []
        for name in names:
            item = self.field(name, relation, field)
            if item in found:
                raise self.fail(f"The column {item.name!r} stands twice.", field=field, hint="Name it once.")
            found.append(item)
        return found

    def distinct(self, names: Sequence[str], field: str) -> None:
        """Refuse two columns of one name; case does not tell them apart."""
        seen: set[str] = set()
        for name in names:
            if name.casefold() in seen:
                raise self.fail(f"Two columns would be named {name!r}.", field=field, hint="Give one another name.")
            seen.add(name.casefold())

    def expression(
        self,
        text: str,
        relation: Relation,
        field: str,
        *,
        aggregates: bool = False,
        windows: bool = True,
        table: str | None = None,
        within: Collection[str] = (),
        mark: bool = False,
    ) -> exp.Expr:
        """An expression over the relation's columns: admitted, resolved, and independent of the order of rows.

        Without ``aggregates`` an aggregate must be a window; with it, windows are refused, and ``within`` are the
        columns that are equal in all rows of a group; ``mark`` is that of ``check_orders``.
        """
        where = self.where(field)
        named = relation.field(text.strip())
        if named is not None and not aggregates:
            # A name as it stands, whatever its characters, before it is read as SQL.
            return column(named.name, table)
        tree = resolve(parse_expression(text, where, self.parameters), relation, where, table=table)
        if (aggregates or not windows) and has_window(tree):
            raise self.fail("A window cannot stand here.", field=field, hint="Use a 'window' step.")
        if not aggregates and has_aggregate(tree):
            raise self.fail(
                f"{text!r} aggregates over rows.", field=field, hint="Use an 'aggregate' step, or a 'window' step."
            )
        mark = mark and self.prove_orders
        check_orders(tree, relation.names, relation.keys, where, within=within, mark=mark)
        marks = marked(tree)
        self.check_literals(tree, relation, field)
        tree = self.in_business_time(days_stay_days(tree, _types(relation)), relation, field)
        if marked(tree) != marks:
            raise self.fail(
                f"The order inside {text!r} cannot be proven.", field=field, hint="Break it into two steps."
            )
        return tree

    def in_business_time(self, tree: exp.Expr, relation: Relation, field: str) -> exp.Expr:
        """Instants read as dates or times of day are read in the spec's time zone."""

        def column_type(node: exp.Expr) -> str | None:
            known = relation.field(node.name)
            return known.type if known else None

        def type_of(node: exp.Expr) -> str | None:
            found = structural_type(node, column_type)
            if found is not None or isinstance(node, exp.Literal | exp.Interval | exp.Var | exp.Null):
                return found
            probe = node.copy()
            for item in list(probe.find_all(exp.Column)):
                item.set("table", None)
            try:
                return self.binder.types(select_from(relation.name, [aliased(probe, "v")]), self.where(field))[0]
            except SpecError:
                # What does not bind is refused as a whole, with its own message.
                return None

        if self.timezone == "UTC" or not _may_hold_instants(tree, relation):
            return tree
        return in_business_time(tree, self.timezone, type_of)

    def condition(self, text: str, relation: Relation, field: str, *, table: str | None = None) -> exp.Expr:
        """An expression that is true or false for a row."""
        tree = self.expression(text, relation, field, windows=False, table=table)
        probe = tree.copy()
        for node in [probe] if isinstance(probe, exp.Column) else list(probe.find_all(exp.Column)):
            node.set("table", None)
        type_ = self.binder.types(
            select_from(relation.name, [exp.Alias(this=probe, alias=exp.to_identifier("c"))]), self.where(field)
        )[0]
        if type_ != "BOOLEAN":
            raise self.fail(
                f"A condition must be true or false; {text!r} is {type_}.",
                field=field,
                hint="Compare it with something: =, <, >, IS NOT NULL.",
                data={"type": type_},
            )
        return tree

    def query(self, text: str, field: str) -> exp.Query:
        """A whole read-only SELECT, admitted but with its tables and columns as written."""
        return parse_query(text, self.where(field), self.parameters)

    def staged(self, number: int, query: exp.Query, relation: Relation, field: str) -> Relation:
        """The rows of a query over ``relation`` as a relation of the step's own, so that expressions may read them.

        It is there while the step is built, to say types; the step's own query holds ``query`` as a subquery.
        ``number`` tells several apart. Keys stay ``relation``'s, whose columns the query has to keep.
        """
        name = f"{self.name}._{number}"
        types = self.binder.define(name, query, self.where(field))
        shown = derived_of(query, self.relations)
        fields = tuple(replace(item, type=type_) for item, type_ in zip(shown.fields, types, strict=True))
        return Relation(name, fields, relation.keys, relation.order)

    def order(self, items: Sequence[str], relation: Relation, field: str) -> list[exp.Ordered]:
        """``column``, ``column desc`` or an expression with ``asc`` or ``desc``; nulls come last either way."""
        return [ordered(*self._order_item(item, relation, field)) for item in items]

    def _order_item(self, item: str, relation: Relation, field: str) -> tuple[exp.Expr, bool]:
        text, descending = split_order(item)
        known = relation.field(text)
        if known is not None:
            return column(known.name), descending
        return self.expression(text, relation, field, windows=False), descending

    def order_columns(self, items: Sequence[str], relation: Relation) -> list[str]:
        """The columns among the items of an order; expressions cover nothing."""
        found = [relation.field(split_order(item)[0]) for item in items]
        return [known.name for known in found if known is not None]

    def require_total(
        self,
        per: Sequence[str],
        order: Sequence[str],
        relation: Relation,
        what: str,
        field: str,
        *,
        first: exp.Expr | None = None,
    ) -> None:
        """An order that leaves rows of equal ``per`` tied is refused, naming the columns to add.

        Where nothing is known to identify a row, every run proves that none are tied; with ``first`` that it is certain
        which are the first so many.
        """
        left_to_run = self.prove_orders and not relation.keys
        items = self.order(order, relation, field) if order and left_to_run else []
        require_total(
            [*per, *self.order_columns(order, relation)],
            relation.names,
            relation.keys,
            what=what,
            where=self.where(field),
            field=field,
            prove=(lambda: self.prove_no_ties(relation, per, items, field, first=first)) if items else None,
        )

    def prove_no_ties(
        self,
        relation: Relation,
        per: Sequence[str],
        order: Sequence[exp.Ordered],
        field: str,
        *,
        first: exp.Expr | None = None,
    ) -> None:
        """Every run holds the order against the rows."""
        check = no_ties(self.name, relation, per, order, field, first=first)
        if check.query not in [known.query for known in self.proven]:
            self.proven.append(check)

    def type(self, text: str, field: str) -> exp.DataType:
        """A type by its spelling."""
        return parse_type(text, self.where(field))

    def literal(self, value: JsonValue, type_: str, field: str) -> exp.Expr:
        """A plain value of the spec (or a parameter, ``$name``) as a constant of a column's type, proven to convert."""
        to = parse_type(type_, self.where(field))
        if isinstance(value, str) and value.startswith("$") and value[1:] in self.parameters:
            return exp.Cast(this=parse_expression(value, self.where(field), self.parameters), to=to)
        tree = constant(value)
        if value is None:
            return tree
        cast = exp.Cast(this=tree, to=to)
        self.binder.constants([cast], self.where(field))
        return cast

    def check_literals(self, tree: exp.Expr, relation: Relation, field: str) -> None:
        """Refuse text compared with other types, and constants that do not convert to what they are compared with."""
        constants: list[exp.Expr] = []
        for node in tree.walk():
            if isinstance(node, exp.Cast) and not isinstance(node, exp.TryCast) and _is_text(node.this):
                constants.append(node)
            pairs = _compared(node)
            for left, right in pairs:
                self._check_pair(left, right, relation, field, constants)
        if constants:
            self.binder.constants(constants, self.where(field))

    def _check_pair(
        self, left: exp.Expr, right: exp.Expr, relation: Relation, field: str, constants: list[exp.Expr]
    ) -> None:
        types = [self._known_type(item, relation) for item in (left, right)]
        if None not in types and (family(types[0] or "") == "text") != (family(types[1] or "") == "text"):
            raise self.fail(
                f"{left.sql('duckdb')} ({types[0]}) and {right.sql('duckdb')} ({types[1]}) are compared, "
                "and one of them is text.",
                field=field,
                hint="Cast the text first, in a 'cast' step that says what happens to values that do not parse.",
                data={"types": types},
            )
        for value, type_ in ((left, types[1]), (right, types[0])):
            if _is_text(value) and type_ and family(type_) not in ("text", "other"):
                constants.append(exp.Cast(this=value.copy(), to=exp.DataType.build(type_, dialect="duckdb")))

    def _known_type(self, node: exp.Expr, relation: Relation) -> str | None:
        while isinstance(node, exp.Paren):
            node = node.this
        if isinstance(node, exp.Column):
            found = relation.field(node.name)
            return found.type if found else None
        if isinstance(node, exp.Cast):
            return str(node.to.sql("duckdb"))
        if isinstance(node, exp.Lower | exp.Upper | exp.Trim | exp.Concat | exp.DPipe | exp.Substring | exp.Replace):
            return "VARCHAR"
        return None


def _types(relation: Relation) -> Callable[[str], str | None]:
    return lambda name: known.type if (known := relation.field(name)) else None


def ordered(expression: exp.Expr, descending: bool) -> exp.Ordered:
    """One item of an ORDER BY with nulls last, spelled out, because engines differ in their default."""
    return exp.Ordered(this=expression, desc=descending, nulls_first=False)


def split_order(item: str) -> tuple[str, bool]:
    """``total desc`` as (``total``, True)."""
    text = item.strip()
    head, _, last = text.rpartition(" ")
    if head and last.lower() in ("asc", "desc"):
        return head.strip(), last.lower() == "desc"
    return text, False


def constant(value: JsonValue) -> exp.Expr:
    """A plain JSON value as a constant; lists and objects are not constants."""
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int):
        return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
    return exp.Literal.string(str(value))


_FAMILIES = {
    "number": ("TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
               "UHUGEINT", "DECIMAL", "NUMERIC", "FLOAT", "DOUBLE", "REAL"),
    "text": ("VARCHAR", "TEXT", "CHAR", "STRING", "ENUM"),
    "date": ("DATE", "TIMESTAMP"),
    "time": ("TIME",),
    "boolean": ("BOOL",),
}  # fmt: skip


def family(type_: str) -> str:
    """Number, text, date, time, boolean or other: types within one compare without a cast."""
    upper = type_.upper()
    if upper.endswith("]") or upper.startswith("INTERVAL"):
        return "other"
    if upper.startswith("TIMESTAMP"):
        return "date"
    return next((name for name, starts in _FAMILIES.items() if upper.startswith(starts)), "other")


def rename_relation(relation: Relation, name: str) -> Relation:
    """The same relation under another name."""
    return replace(relation, name=name)


def _may_hold_instants(tree: exp.Expr, relation: Relation) -> bool:
    """Whether anything in the tree can be an instant at all; asking the engine for types costs time."""
    for node in tree.walk():
        if isinstance(node, exp.Column):
            known = relation.field(node.name)
            if known is not None and known.type == INSTANT:
                return True
        elif (
            (isinstance(node, exp.Cast) and node.to.this == exp.DType.TIMESTAMPTZ)
            or function_name(node) in ("to_timestamp", "timezone")
            or isinstance(node, exp.AtTimeZone)
        ):
            return True
    return False


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string


def _compared(node: exp.Expr) -> list[tuple[exp.Expr, exp.Expr]]:
    if isinstance(node, COMPARISONS):
        return [(node.this, node.expression)]
    if isinstance(node, exp.Between):
        return [(node.this, node.args["low"]), (node.this, node.args["high"])]
    if isinstance(node, exp.In):
        return [(node.this, item) for item in node.expressions]
    return []


__all__ = ["StepScope", "constant", "family", "is_aggregate_call", "ordered", "rename_relation", "split_order"]
