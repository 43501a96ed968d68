"""Expressions and whole SELECTs as people and models write them: parsed, admitted by the allow-list, resolved.

Nothing written in a spec reaches an engine as text: it becomes a tree here, every node of the tree must be on a list,
and only the tree is turned back into SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import TokenType

from pipelines.functions import (
    AGGREGATES,
    ALLOWED,
    BEFORE_PAREN,
    CLASSES,
    CLOCKS,
    ELSEWHERE,
    INEXACT,
    MADE,
    QUERY_STRUCTURE,
    RANDOMS,
    STRUCTURE,
    TABLES,
    UNORDERED,
    WINDOWS,
)
from pipelines.job import Relation
from spec.errors import SpecError, nearest

if TYPE_CHECKING:
    from sqlglot.dialects.dialect import Dialect

Where = Mapping[str, str | int]

MAX_EXPRESSION = 20_000
MAX_NODES = 20_000
TEXTS = (TokenType.STRING, TokenType.RAW_STRING, TokenType.IDENTIFIER)
_SCALAR_NODES = STRUCTURE
_QUERY_NODES = STRUCTURE | QUERY_STRUCTURE


@cache
def duckdb_dialect() -> Dialect:
    """DuckDB's dialect of SQLGlot, made once."""
    from sqlglot.dialects.dialect import Dialect

    return Dialect.get_or_raise("duckdb")


def to_sql(tree: exp.Expr) -> str:
    """The tree as DuckDB's SQL; comments are left out, so nothing written in one travels."""
    return duckdb_dialect().generate(tree, comments=False)


def parse_expression(text: str, where: Where, parameters: Mapping[str, str]) -> exp.Expr:
    """One expression, admitted node by node. Columns are not yet resolved; parameters carry their declared type.

    ``parameters`` maps each permitted name to its DuckDB type. Raises SpecError naming what is refused.
    """
    tree = _parse(text, where)
    if isinstance(tree, exp.Query | exp.Alias) or not isinstance(tree, exp.Expr):
        what = "a whole SELECT" if isinstance(tree, exp.Query) else "an alias (AS ...)"
        raise SpecError(
            f"Here stands {what}; an expression is needed.",
            hint="Use the 'sql' step for a SELECT." if isinstance(tree, exp.Query) else "Leave out AS and the name.",
            where=where,
            data={"expression": text},
        )
    _admit(tree, _SCALAR_NODES, where)
    return _bind_parameters(tree, where, parameters)


def parse_query(text: str, where: Where, parameters: Mapping[str, str]) -> exp.Query:
    """One read-only SELECT, admitted node by node; tables are not yet resolved."""
    tree = _parse(text, where)
    if not isinstance(tree, exp.Query):
        raise SpecError(
            "Only one read-only SELECT may stand here.",
            hint="Write SELECT ... FROM one of the step's inputs.",
            where=where,
            data={"refused": _called(tree)},
        )
    _admit(tree, _QUERY_NODES, where)
    bound = _bind_parameters(tree, where, parameters)
    assert isinstance(bound, exp.Query)
    return bound


def resolve(tree: exp.Expr, relation: Relation, where: Where, *, table: str | None = None) -> exp.Expr:
    """Each column of ``tree`` replaced by the relation's own, quoted, with its true case; unknown ones are SpecErrors.

    ``table`` qualifies the columns. A dotted name is a field of a struct column, or the relation's own name in front.
    """
    if isinstance(tree, exp.Column):
        return _resolved(tree, relation, where, table)
    for column in list(tree.find_all(exp.Column)):
        column.replace(_resolved(column, relation, where, table))
    return tree


def unknown_column(name: str, relation: Relation, where: Where) -> SpecError:
    """Say which column was asked for, which there are, and the likeliest one."""
    near = nearest(name, relation.names)
    listed = ", ".join(relation.names[:30]) + (", ..." if len(relation.names) > 30 else "")
    return SpecError(
        f"{relation.name!r} has no column {name!r}.",
        hint=f"Did you mean {near!r}?" if near else f"It has: {listed}.",
        where=where,
        data={**where, "what": "column", "unknown": name, "known": list(relation.names), "nearest": near},
    )


def quoted(name: str) -> exp.Identifier:
    """A name that stands for itself, whatever its letters."""
    return exp.Identifier(this=name, quoted=True)


def column(name: str, table: str | None = None) -> exp.Column:
    """A column by its exact name."""
    if table is None:
        return exp.Column(this=quoted(name))
    return exp.Column(this=quoted(name), table=quoted(table))


def table_of(name: str, alias: str | None = None) -> exp.Table:
    """A relation by its exact name."""
    if alias is None:
        return exp.Table(this=quoted(name))
    return exp.Table(this=quoted(name), alias=exp.TableAlias(this=quoted(alias)))


def aliased(expression: exp.Expr, name: str) -> exp.Expr:
    """``expression AS "name"``; a column that has the name already stays as it is."""
    if isinstance(expression, exp.Column) and expression.name == name:
        return expression
    return exp.Alias(this=expression, alias=quoted(name))


def select_from(relation: str, projections: Sequence[exp.Expr], alias: str | None = None) -> exp.Select:
    """SELECT the projections FROM the relation."""
    return exp.Select(expressions=list(projections), from_=exp.From(this=table_of(relation, alias)))


def function_name(node: exp.Expr) -> str | None:
    """Canonical lower-case name of a called function; None for operators."""
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    return CLASSES.get(type(node).__name__)


def has_aggregate(tree: exp.Expr) -> bool:
    """Whether an aggregate that is not a window stands in the expression, subqueries aside."""
    for node in tree.walk(prune=lambda item: isinstance(item, exp.Query)):
        name = function_name(node)
        if name in AGGREGATES and not _in_window(node, tree):
            return True
    return False


def has_window(tree: exp.Expr) -> bool:
    """Whether a window stands in the expression, subqueries aside."""
    nodes = tree.walk(prune=lambda item: isinstance(item, exp.Query))
    return any(isinstance(node, exp.Window) or function_name(node) in WINDOWS for node in nodes)


def is_inexact_node(node: exp.Expr) -> bool:
    """Whether floating-point arithmetic happens at this node."""
    if isinstance(node, exp.Div):
        return True
    if isinstance(node, exp.Cast):
        return node.to.this in (exp.DType.FLOAT, exp.DType.DOUBLE)
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in node.name.lower()
    return function_name(node) in INEXACT


def _in_window(node: exp.Expr, root: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Filter | exp.IgnoreNulls | exp.RespectNulls) and node is not root:
        node, parent = parent, parent.parent
    return isinstance(parent, exp.Window) and parent.this is node


def _parse(text: str, where: Where) -> exp.Expr:
    if len(text) > MAX_EXPRESSION:
        raise SpecError(
            f"The expression has {len(text):,} characters; {MAX_EXPRESSION:,} are permitted.",
            hint="Break it into several steps.",
            where=where,
        )
    dialect = duckdb_dialect()
    try:
        tokens = dialect.tokenize(text)
        written = [(token.token_type, token.text) for token in tokens]
        _refuse_tokens(written, where)
        trees = dialect.parser().parse(tokens, text)
    except SqlglotError as error:
        raise SpecError(
            f"This is not SQL that can be read: {_parser_said(error)}.",
            hint="Expressions are SQL in DuckDB's dialect.",
            where=where,
            data={**where, "expression": text},
        ) from None
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        # SQLGlot takes some texts apart before it has looked whether they are what it expects.
        raise SpecError(
            "This is not SQL that can be read.",
            hint="Expressions are SQL in DuckDB's dialect.",
            where=where,
            data={**where, "expression": text},
        ) from None
    except RecursionError:
        raise SpecError(
            "The expression is nested too deeply.", hint="Break it into several steps.", where=where
        ) from None
    statements = [tree for tree in trees if tree is not None]
    if len(statements) != 1:
        raise SpecError(
            "The expression is empty." if not statements else "Only one statement may stand here, without ';'.",
            hint="Write one SQL expression.",
            where=where,
            data={**where, "expression": text},
        )
    tree = statements[0]
    aliases: set[str] = set()
    for node in tree.walk():
        node.comments = None
        if isinstance(node, exp.TableAlias):
            aliases.add(node.name.lower())
    _refuse_calls(written, aliases, where)
    return tree


def _parser_said(error: SqlglotError) -> str:
    details = getattr(error, "errors", None)
    if details:
        first = details[0]
        near = f" near {first['highlight']!r}" if first.get("highlight") else ""
        said = str(first.get("description", "syntax error")).rstrip(".")
        if said.startswith("Required keyword") or "<" in said:
            said = "something is missing"
        return f"{said}{near}"
    return str(error).splitlines()[0].rstrip(".")


def _refuse_tokens(tokens: list[tuple[TokenType, str]], where: Where) -> None:
    for kind, text in tokens:
        # DuckDB's ~ matches the whole text and SQLGlot writes it back as a search within it: another result, silently.
        if "~" in text and kind not in TEXTS and not text.strip("~!*"):
            raise SpecError(
                f"The operator {text!r} is not offered.",
                hint="Use regexp_full_match(text, pattern) or regexp_matches(text, pattern).",
                where=where,
                data={**where, "refused": text},
            )


def _refuse_calls(
    tokens: list[tuple[TokenType, str]], aliases: set[str], where: Where, *, also: frozenset[str] = frozenset()
) -> None:
    """Each name before a parenthesis, as written: SQLGlot parses some unlisted functions into a listed one's class."""
    for (kind, text), (following, _) in pairwise(tokens):
        name = text.lower()
        if following != TokenType.L_PAREN or kind in (TokenType.STRING, TokenType.RAW_STRING, TokenType.NUMBER):
            continue
        if not name.isidentifier() or name in ALLOWED or name in BEFORE_PAREN or name in TABLES or name in aliases:
            continue
        if name in also:
            continue
        raise refused(name, where)


def statement(query: exp.Query, where: Where) -> str:
    """A query as SQL, after a last look at the text itself: it calls what is listed and nothing else.

    The tree was admitted node by node; this holds should a node ever write something that its class does not show.
    """
    try:
        text = duckdb_dialect().generate(query, comments=False, unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        raise SpecError(
            f"This cannot be said to the engine: {str(error).splitlines()[0].rstrip('.')}.",
            hint="Leave out the argument or write it another way.",
            where=where,
            data={**where},
        ) from None
    aliases = {alias.name.lower() for alias in query.find_all(exp.TableAlias)}
    tokens = [(token.token_type, token.text) for token in duckdb_dialect().tokenize(text)]
    if any(kind == TokenType.SEMICOLON for kind, _ in tokens):
        raise refused(";", where)
    _refuse_calls(tokens, aliases, where, also=MADE)
    return text


def _admit(tree: exp.Expr, nodes: frozenset[str], where: Where) -> None:
    count = 0
    for node in tree.walk():
        count += 1
        kind = type(node).__name__
        if kind in nodes:
            _admit_operator(node, where)
        elif kind in CLASSES:
            _admit_function(node, CLASSES[kind], where, tables="Select" in nodes)
        elif isinstance(node, exp.Anonymous):
            _admit_function(node, str(node.name).lower(), where, tables="Select" in nodes)
        else:
            raise refused(_called(node), where)
    if count > MAX_NODES:
        raise SpecError("The expression is too large.", hint="Break it into several steps.", where=where)


def _admit_function(node: exp.Expr, name: str, where: Where, *, tables: bool) -> None:
    if name in TABLES and tables and isinstance(node, exp.Explode | exp.GenerateSeries | exp.Anonymous):
        return
    if name not in ALLOWED:
        raise refused(name, where)
    # With one argument it counts from today.
    if name == "age" and len(node.expressions) != 2:
        raise refused("age", where, clock=True)
    if name == "list_distinct" and (not node.parent or function_name(node.parent) not in UNORDERED):
        raise SpecError(
            "list_distinct does not say in which order it gives the elements.",
            hint="Write list_sort(list_distinct(...)), or count them with list_unique(...).",
            where=where,
            data={**where, "refused": name},
        )
    if isinstance(node.parent, exp.Dot):
        raise SpecError(
            f"Write {name}(value), not value.{name}().", where=where, data={**where, "refused": f".{name}()"}
        )


def _admit_operator(node: exp.Expr, where: Where) -> None:
    problem = ""
    if isinstance(node, exp.Star):
        star_is_fine = isinstance(node.parent, exp.Count | exp.Select) or (
            isinstance(node.parent, exp.Column) and isinstance(node.parent.parent, exp.Select)
        )
        problem = "" if star_is_fine else "*"
    elif isinstance(node, exp.Table):
        if not isinstance(node.this, exp.Identifier):
            name = function_name(node.this)
            problem = "" if name in TABLES else _called(node.this)
        elif node.args.get("catalog"):
            problem = ".".join(part.name for part in node.parts)
    elif isinstance(node, exp.With | exp.Distinct | exp.Limit | exp.Join | exp.Select):
        problem = _refused_clause(node)
    elif isinstance(node, exp.Var):
        # A unit such as DAY is written back as it is, so it must be a word and nothing else.
        problem = "" if node.name.isascii() and node.name.isidentifier() else f"the unit {node.name!r}"
    elif isinstance(node, exp.DataType):
        problem = _refused_type(node)
    if problem:
        raise refused(problem, where)


def _refused_clause(node: exp.Expr) -> str:
    if isinstance(node, exp.With):
        return "WITH RECURSIVE" if node.args.get("recursive") else ""
    if isinstance(node, exp.Distinct):
        return "DISTINCT ON" if node.args.get("on") else ""
    if isinstance(node, exp.Limit):
        return "" if isinstance(node.parent, exp.Query) else "LIMIT inside a function"
    if isinstance(node, exp.Join):
        return f"{node.method} JOIN" if node.method else ""
    return "SELECT AS" if node.args.get("kind") else ""


def _refused_type(node: exp.DataType) -> str:
    """A type of the engine's own, whose parameters are numbers, types, fields or the texts of an enumeration."""
    if node.this == exp.DType.USERDEFINED or node.args.get("kind") is not None:
        return f"the type {node.args.get('kind') or node.name}"
    for part in node.expressions:
        value = part.this if isinstance(part, exp.DataTypeParam) else part
        if not isinstance(value, exp.Literal | exp.DataType | exp.ColumnDef):
            return "a type with such parameters"
    return ""


def refused(name: str, where: Where, *, clock: bool = False) -> SpecError:
    """Say that something is not on the list, and what to use instead."""
    folded = name.lower()
    data = {**where, "refused": name}
    if clock or folded in CLOCKS:
        return SpecError(
            f"{name} reads the clock, so the same spec would give another result tomorrow.",
            hint="Use $today (a date) or $now (an instant): the run is given them, and replay gives the same.",
            where=where,
            data={**data, "use": ["$today", "$now"]},
        )
    if folded in RANDOMS:
        return SpecError(
            f"{name} gives another value each time, so a run could not be repeated.",
            hint="Make a key from columns, for instance with md5(concat_ws('|', ...)).",
            where=where,
            data=data,
        )
    if folded in ("exists", "subquery", "select"):
        return SpecError(
            "A SELECT cannot stand inside an expression.",
            hint="Use a 'join' step (how: semi or anti keeps or drops rows with a match), or the 'sql' step.",
            where=where,
            data=data,
        )
    if folded in ELSEWHERE:
        return SpecError(
            f"{name} is not among the functions and operators an expression may use.",
            hint=f"Here it is {ELSEWHERE[folded]}.",
            where=where,
            data={**data, "use": ELSEWHERE[folded]},
        )
    near = nearest(folded, ALLOWED)
    return SpecError(
        f"{name} is not among the functions and operators an expression may use.",
        hint=f"Did you mean {near!r}?" if near else "Expressions compute from columns and read nothing else.",
        where=where,
        data={**data, "nearest": near},
    )


def _called(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.name).lower()
    if isinstance(node, exp.Func):
        return node.sql_name().lower()
    if isinstance(node, exp.Command):
        return str(node.name).upper()
    return node.key.upper()


def _bind_parameters(tree: exp.Expr, where: Where, parameters: Mapping[str, str]) -> exp.Expr:
    for node in list(tree.find_all(exp.Placeholder)):
        name = node.name
        if name not in parameters:
            near = nearest(name, parameters) if name else None
            raise SpecError(
                f"There is no parameter ${name}." if name else "A parameter needs a name: $name.",
                hint=f"Did you mean ${near}?" if near else "Declare it under 'parameters'.",
                where=where,
                data={**where, "what": "parameter", "unknown": name, "known": sorted(parameters), "nearest": near},
            )
        typed = exp.Cast(this=node.copy(), to=exp.DataType.build(parameters[name], dialect="duckdb"))
        if node is tree:
            return typed
        node.replace(typed)
    return tree


def _resolved(node: exp.Column, relation: Relation, where: Where, table: str | None) -> exp.Expr:
    names = [part.name for part in node.parts]
    field = relation.field(names[0])
    rest = names[1:]
    if rest and (field is None or not field.type.upper().startswith(("STRUCT", "JSON", "MAP"))):
        if names[0].casefold() != relation.name.casefold():
            raise unknown_column(names[0] if field is None else ".".join(names), relation, where)
        field, rest = relation.field(names[1]), names[2:]
        names = names[1:]
    if field is None:
        error = unknown_column(names[0], relation, where)
        if node.parts[0].args.get("quoted"):
            error.hint = f"Text is written in single quotes: '{names[0]}'. {error.hint}"
        raise error
    found: exp.Expr = column(field.name, table)
    for part in rest:
        found = exp.Dot(this=found, expression=quoted(part))
    return found
