"""Business dates: where an instant becomes a day, a month or an hour, it does so in the spec's time zone.

DuckDB would take the session's zone, which is UTC everywhere, so that an order of 00:30 in Rome would count for the day
before. The zone is written into the tree instead: the SQL says what it means, and means the same on every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from pipelines.expressions import function_name

TypeOf = Callable[[exp.Expr], str | None]
"""The DuckDB type of an expression; None where it is not known."""

INSTANT = "TIMESTAMP WITH TIME ZONE"
_LOCAL = (
    exp.DType.DATE,
    exp.DType.TIME,
    exp.DType.TIMESTAMP,
    exp.DType.TIMESTAMPNTZ,
    exp.DType.TIMESTAMP_S,
    exp.DType.TIMESTAMP_MS,
    exp.DType.TIMESTAMP_NS,
)
_PARTS = frozenset(
    """
    extract date_part datepart year month day hour minute quarter week weekofyear yearweek dayofweek weekday
    isodow dayofyear dayofmonth isoyear decade century dayname monthname last_day strftime date
    """.split()
)
_COMPARED = exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.NullSafeEQ | exp.NullSafeNEQ
_WHOLE_DAYS = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR", "DECADE", "CENTURY", "ISOYEAR"})


def in_business_time(tree: exp.Expr, zone: str, type_of: TypeOf) -> exp.Expr:
    """The tree with ``AT TIME ZONE`` where an instant is read as a date or a time of day. UTC needs none."""
    if zone == "UTC":
        return tree
    holder = exp.Paren(this=tree)
    rewrite_all(list(holder.walk()), zone, type_of)
    found: exp.Expr = holder.this
    found.pop()
    return found


def rewrite_all(nodes: Sequence[exp.Expr], zone: str, type_of: TypeOf) -> None:
    """The same for nodes that hang in a tree; inner ones first, so that each sees what its operands became."""
    for node in reversed(nodes):
        _rewrite(node, zone, type_of)


def _rewrite(node: exp.Expr, zone: str, type_of: TypeOf) -> None:
    if isinstance(node, exp.TimestampTrunc):
        if _localise(node.this, zone, type_of):
            # An instant again, as without the zone.
            _wrap(node, zone)
    elif isinstance(node, _COMPARED | exp.Between | exp.In):
        _compare(_sides(node), zone, type_of)
    else:
        for operand in _read_by_the_clock(node):
            _localise(operand, zone, type_of)


def _read_by_the_clock(node: exp.Expr) -> list[exp.Expr]:
    """Operands of which the node takes a date or a time of day."""
    if isinstance(node, exp.Cast):
        return [node.this] if node.to.this in _LOCAL else []
    if isinstance(node, exp.DateDiff):
        whole = str(node.args.get("unit") or "DAY").upper() in _WHOLE_DAYS
        return [node.this, node.expression] if whole else []
    if isinstance(node, exp.Extract):
        return [node.expression]
    if function_name(node) in _PARTS:
        return [item for item in (node.args.get("this"), *node.expressions) if isinstance(item, exp.Expr)]
    return []


def _sides(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Between):
        return [node.this, node.args["low"], node.args["high"]]
    if isinstance(node, exp.In):
        return [node.this, *node.expressions]
    return [node.this, node.expression]


def _compare(sides: list[exp.Expr], zone: str, type_of: TypeOf) -> None:
    """An instant beside a date, or a text without a zone of its own, is compared as the business's clock shows it."""
    if any(_is_local(side, type_of) for side in sides) and not any(_has_zone(side) for side in sides):
        for side in sides:
            _localise(side, zone, type_of)


def _is_local(side: exp.Expr, type_of: TypeOf) -> bool:
    if isinstance(side, exp.Literal):
        return side.is_string
    return type_of(side) in ("DATE", "TIMESTAMP")


def _has_zone(side: exp.Expr) -> bool:
    """Whether a text names its zone: Z, or an offset after the time."""
    if not isinstance(side, exp.Literal) or not side.is_string:
        return False
    clock = side.name[10:]
    return clock.strip().upper().endswith(("Z", "UTC")) or "+" in clock or "-" in clock


def _localise(operand: exp.Expr, zone: str, type_of: TypeOf) -> bool:
    if type_of(operand) != INSTANT:
        return False
    _wrap(operand, zone)
    return True


def _wrap(operand: exp.Expr, zone: str) -> None:
    inner = operand.copy()
    if isinstance(inner, exp.Binary):
        inner = exp.Paren(this=inner)
    operand.replace(exp.AtTimeZone(this=inner, zone=exp.Literal.string(zone)))


def structural_type(node: exp.Expr, column_type: TypeOf) -> str | None:
    """The type of what keeps an instant an instant; None for all else, where the engine has to be asked."""
    if isinstance(node, exp.Paren):
        return structural_type(node.this, column_type)
    if isinstance(node, exp.Column):
        return column_type(node)
    if isinstance(node, exp.Cast):
        return INSTANT if node.to.this == exp.DType.TIMESTAMPTZ else str(node.to.sql("duckdb"))
    if isinstance(node, exp.AtTimeZone):
        return "TIMESTAMP" if structural_type(node.this, column_type) == INSTANT else INSTANT
    if isinstance(node, exp.Add | exp.Sub):
        # Only an interval can be added to an instant, and only an instant minus an interval is one.
        other = structural_type(node.expression, column_type)
        return structural_type(node.this, column_type) if other is None else None
    if isinstance(node, exp.Case):
        return structural_type(node.args["ifs"][0].args["true"], column_type)
    if isinstance(node, exp.Min | exp.Max | exp.Coalesce | exp.Greatest | exp.Least | exp.TimestampTrunc | exp.Window):
        return structural_type(node.this, column_type)
    return None
