"""Expressions for another engine: each node of DuckDB's tree is on a list, with what that engine is asked in its place.

What is on no list cannot be said, and a unit or function that DuckDB gains is on none until somebody has put it there
together with an example, which the differential suite runs on both engines. The list here is PostgreSQL's; another
engine brings its own, and may take over rules of this one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Final, NamedTuple

from sqlglot import exp

from pipelines.expressions import duckdb_dialect, function_name, to_sql
from pipelines.inplace.kinds import BOOLEAN, DOUBLE, INTEGER, NULL, TEXT, CannotSayError, Kind, comparable
from spec.base import JsonValue
from spec.records import record


class Typed(NamedTuple):
    """A tree for the engine and the kind of its values."""

    tree: exp.Expr
    kind: Kind


@record(frozen=True)
class Scope:
    """Tables in reach, by casefolded alias: alias as written, and columns by casefolded name."""

    tables: Mapping[str, tuple[str, Mapping[str, tuple[str, Kind]]]]
    outer: Scope | None = None
    aliases: Mapping[str, exp.Expr] = field(default_factory=dict)
    """What names of the select list stand for, where they may be used."""

    def column(self, node: exp.Column) -> Typed:
        """A column by its name, quoted and qualified; CannotSayError where it is not certain which one is meant."""
        if node.args.get("db") or node.args.get("catalog"):
            raise CannotSayError("a field of a nested column")
        name, table = node.name.casefold(), node.table.casefold()
        found = [
            (alias, columns[name])
            for folded, (alias, columns) in self.tables.items()
            if name in columns and (not table or folded == table)
        ]
        if len(found) > 1:
            raise CannotSayError(f"the column {node.name!r}, which several tables have")
        if found:
            alias, (true_name, kind) = found[0]
            tree = exp.Column(this=quoted(true_name), table=quoted(alias))
            return Typed(tree, kind)
        if self.outer is not None:
            return self.outer.column(node)
        raise CannotSayError(f"the name {node.name!r}, which is no column of its tables")


@record(frozen=True, slots=True)
class Rule:
    """How one function or operator is said. ``examples`` are DuckDB's, over the columns of the differential suite."""

    name: str
    say: Callable[[Scalars, exp.Expr, Scope], Typed]
    examples: tuple[str, ...]


RULES: Final[dict[str, Rule]] = {}
"""PostgreSQL's list, by class of node, or by name for functions that SQLGlot has no class for."""


def says(
    *keys: str, name: str = "", examples: tuple[str, ...], rules: dict[str, Rule] = RULES
) -> Callable[[Callable[[Scalars, exp.Expr, Scope], Typed]], Callable[[Scalars, exp.Expr, Scope], Typed]]:
    """Put a rule on a list, for these classes of nodes or names of functions."""

    def listed(work: Callable[[Scalars, exp.Expr, Scope], Typed]) -> Callable[[Scalars, exp.Expr, Scope], Typed]:
        for key in keys:
            rules[key] = Rule(name or function_name_of(key), work, examples)
        return work

    return listed


def function_name_of(key: str) -> str:
    """The name that people know a node by."""
    from pipelines.functions import CLASSES

    return CLASSES.get(key, key).lower()


class Scalars:
    """Says expressions by the rules of one engine. ``parameters`` are the values that ``$names`` stand for;
    ``subquery`` says a whole SELECT.
    """

    def __init__(
        self,
        parameters: Mapping[str, JsonValue],
        subquery: Callable[[exp.Query, Scope], tuple[exp.Query, list[Kind]]],
        rules: Mapping[str, Rule] = RULES,
    ) -> None:
        self.parameters = parameters
        self.subquery = subquery
        self._rules = rules

    def say(self, node: exp.Expr, scope: Scope) -> Typed:
        """The expression for the engine. Raises CannotSayError naming what is on no list."""
        if isinstance(node, exp.Column):
            if not node.table and node.name.casefold() in scope.aliases:
                return self._aliased(node, scope)
            return scope.column(node)
        rule = self._rules.get(_key_of(node))
        if rule is None and isinstance(node, exp.Anonymous):
            # Steps write some functions by their names, which SQLGlot reads as nodes of their own.
            node = _read_again(node)
            rule = self._rules.get(_key_of(node))
        if rule is None:
            raise CannotSayError(named(node))
        return rule.say(self, node, scope)

    def truth(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        """A condition."""
        said = self.say(node, scope)
        if said.kind.family not in ("boolean", "null"):
            raise CannotSayError(f"{said.kind.family} as a condition")
        return grouped(said.tree) if said.kind.family == "boolean" else cast_to(said.tree, BOOLEAN)

    def whole(self, node: exp.Expr, scope: Scope) -> Typed:
        """A whole number of at most 64 bits."""
        return self.of(node, scope, "integer")

    def text(self, node: exp.Expr, scope: Scope) -> exp.Expr:
        """A text, compared byte by byte wherever it is used."""
        return collated(self.of(node, scope, "text").tree)

    def of(self, node: exp.Expr, scope: Scope, *families: str) -> Typed:
        """A value of one of these families; an empty value is of the first."""
        said = self.say(node, scope)
        if said.kind.family not in families:
            raise CannotSayError(f"{named(node.parent or node)} of {said.kind.family}")
        return said

    def pair(self, left: exp.Expr, right: exp.Expr, scope: Scope, what: str) -> tuple[Typed, Typed]:
        """Two values that are compared; a text that is written as a constant is read as what it is compared with."""
        if is_text(left) and not is_text(right):
            second = self.say(right, scope)
            return (constant(left.name, second.kind) if second.kind != NULL else self.say(left, scope)), second
        if is_text(right) and not is_text(left):
            first = self.say(left, scope)
            return first, (constant(right.name, first.kind) if first.kind != NULL else self.say(right, scope))
        one, other = self.say(left, scope), self.say(right, scope)
        if not comparable(one.kind, other.kind):
            raise CannotSayError(f"{what} of {one.kind.family} and {other.kind.family}")
        return one, other

    def _aliased(self, node: exp.Column, scope: Scope) -> Typed:
        meant = scope.aliases[node.name.casefold()]
        inner = Scope(scope.tables, scope.outer)
        said = self.say(meant, inner)
        try:
            plain: Typed | None = inner.column(node)
        except CannotSayError:
            plain = None
        if plain is not None and plain.tree != said.tree:
            raise CannotSayError(f"the name {node.name!r}, which is a column and something computed")
        return said


def _key_of(node: exp.Expr) -> str:
    return str(node.name).lower() if isinstance(node, exp.Anonymous) else type(node).__name__


def _read_again(node: exp.Anonymous) -> exp.Expr:
    dialect, text = duckdb_dialect(), to_sql(node)
    (found,) = dialect.parser().parse(dialect.tokenize(text), text)
    return found if found is not None else node


def named(node: exp.Expr) -> str:
    """A node as people know it."""
    if isinstance(node, exp.Anonymous):
        return f"{str(node.name).lower()}()"
    name = function_name(node)
    if name is not None:
        return f"{name}()"
    known = {
        "TryCast": "TRY_CAST",
        "Bracket": "an element of a list",
        "Dot": "a field of a struct",
        "Array": "a list",
        "Struct": "a struct",
        "ILike": "ILIKE",
        "AtTimeZone": "a time zone",
        "Interval": "an interval",
        "Lambda": "a function of list elements",
        "Transform": "a function of list elements",
        "Star": "*",
        "Extract": "EXTRACT",
        "JSONExtract": "a part of JSON",
        "JSONExtractScalar": "a part of JSON",
        "IgnoreNulls": "IGNORE NULLS",
    }
    return known.get(type(node).__name__, type(node).__name__)


def only(node: exp.Expr, *names: str) -> None:
    """Nothing but these arguments is stated at the node: what a rule does not look at it must not drop."""
    for key, value in node.args.items():
        if value and key not in names:
            raise CannotSayError(f"{named(node)} with {key.strip('_').replace('_', ' ')}")


def quoted(name: str) -> exp.Identifier:
    """A name that stands for itself. PostgreSQL cuts longer ones off."""
    if len(name.encode()) > MOST_BYTES:
        raise CannotSayError(f"the name {name!r}, which has more than {MOST_BYTES} bytes")
    return exp.Identifier(this=name, quoted=True)


MOST_BYTES: Final = 63


def call(function: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A function of PostgreSQL by exactly this name."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def grouped(tree: exp.Expr) -> exp.Expr:
    """In parentheses, unless it holds together by itself."""
    alone = exp.Column | exp.Literal | exp.Paren | exp.Anonymous | exp.Cast | exp.Boolean | exp.Null | exp.Case
    return tree if isinstance(tree, alone) else exp.Paren(this=tree)


def cast_to(tree: exp.Expr, kind: Kind) -> exp.Expr:
    """As PostgreSQL's type for that kind."""
    return exp.Cast(this=tree, to=kind.declared)


def collated(tree: exp.Expr) -> exp.Expr:
    """A text that is compared by its bytes, as DuckDB does, whatever the database's own collation is."""
    if isinstance(tree, exp.Collate):
        return tree
    return exp.Collate(this=grouped(tree), expression=exp.Identifier(this="C", quoted=True))


def sorted_by(value: Typed) -> exp.Expr:
    """A value where its order counts."""
    return collated(value.tree) if value.kind.family == "text" else value.tree


def number(value: int) -> exp.Expr:
    """A whole number."""
    literal = exp.Literal.number(abs(value))
    return literal if value >= 0 else exp.Paren(this=exp.Neg(this=literal))


def words(text: str) -> exp.Expr:
    """A constant text of PostgreSQL, which knows no character 0."""
    if "\0" in text:
        raise CannotSayError("the character 0 in a text")
    return exp.Literal.string(text)


def is_text(node: exp.Expr) -> bool:
    """Whether it is a text written as a constant."""
    return isinstance(node, exp.Literal) and node.is_string


def literal_of(node: exp.Expr | None) -> int | None:
    """A whole number written as a constant, or None."""
    if isinstance(node, exp.Neg):
        inner = literal_of(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and node.name.isdigit():
        return int(node.name)
    return None


_MOMENT = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"\d{2}:\d{2}:\d{2}(\.\d{1,6})?"
_WRITTEN: Final = {
    "integer": re.compile(r"-?\d{1,18}"),
    "huge": re.compile(r"-?\d{1,38}"),
    "decimal": re.compile(r"-?\d{1,30}(\.\d{1,20})?"),
    "double": re.compile(r"-?\d{1,15}(\.\d{1,15})?"),
    "date": re.compile(_MOMENT),
    "time": re.compile(_CLOCK),
    "timestamp": re.compile(rf"{_MOMENT}([ T]{_CLOCK})?"),
    "instant": re.compile(rf"{_MOMENT}([ T]{_CLOCK})?(\+00(:00)?|Z)"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "boolean": re.compile(r"true|false"),
}
"""Texts that both engines read as one value; the compiler has had DuckDB read them, so each is a real date."""


def constant(value: JsonValue, kind: Kind) -> Typed:
    """A plain value as a constant of that kind. CannotSayError where the engines might read it differently."""
    if value is None:
        return Typed(cast_to(exp.Null(), kind), kind)
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if kind.family == "text":
        return Typed(cast_to(words(text), kind), kind)
    pattern = _WRITTEN.get(kind.family)
    if pattern is None or not pattern.fullmatch(text):
        raise CannotSayError(f"{text!r} as {kind.family}")
    return Typed(cast_to(words(text), kind), kind)


def bare_literal(node: exp.Literal) -> Typed:
    """A constant as it is written."""
    if node.is_string:
        return Typed(words(node.name), TEXT)
    text = node.name
    if text.isdigit():
        size = int(text)
        if size < 2**63:
            return Typed(exp.Literal.number(text), INTEGER if size < 2**31 else Kind("integer", width=8))
        if size < 10**38:
            return Typed(exp.Literal.number(text), Kind("huge"))
    whole, dot, decimals = text.partition(".")
    if dot and (whole + decimals).isdigit() and len(whole + decimals) <= MOST_DIGITS:
        return Typed(exp.Literal.number(text), Kind("decimal", scale=len(decimals)))
    if re.fullmatch(r"\d+(\.\d*)?[eE][+-]?\d{1,2}", text):
        return Typed(cast_to(exp.Literal.string(text), DOUBLE), DOUBLE)
    raise CannotSayError(f"the number {text}")


MOST_DIGITS: Final = 38
