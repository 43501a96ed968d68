"""Functions whose Spark spelling is its own: of texts, floating point and dates."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from pipelines.inplace import dates, numbers, texts
from pipelines.inplace.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    MOMENTS,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    CannotSayError,
    Kind,
    built,
)
from pipelines.inplace.scalars import (
    RULES,
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    grouped,
    is_text,
    number,
    only,
    words,
)
from pipelines.inspark.operators import as_text
from pipelines.inspark.rules import says_spark

_EXACT_ABOVE: Final = "4503599627370496"
"""2^52: floating point from here on is whole."""


@says_spark("Trim", "ltrim", "rtrim", name="trim, ltrim, rtrim", examples=RULES["Trim"].examples)
def trim(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without spaces, or stated characters, at its ends."""
    said = texts.trim(scalars, node, scope).tree
    value, characters = said.expressions
    position = {"ltrim": "LEADING", "rtrim": "TRAILING"}.get(said.name, "BOTH")
    return Typed(exp.Trim(this=value, expression=characters, position=position), TEXT)


@says_spark("StrPosition", name="strpos, position, instr", examples=RULES["StrPosition"].examples)
def position(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Where a text stands in another, from 1; 0 where it does not."""
    only(node, "this", "substr")
    found = call("instr", scalars.text(node.this, scope), scalars.text(node.args["substr"], scope))
    return Typed(cast_to(found, BIGINT), BIGINT)


@says_spark("Contains", examples=RULES["Contains"].examples)
def contains(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text stands in another."""
    only(node, "this", "expression")
    return Typed(call("contains", scalars.text(node.this, scope), scalars.text(node.expression, scope)), BOOLEAN)


@says_spark("StartsWith", name="starts_with, prefix", examples=RULES["StartsWith"].examples)
def starts_with(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text begins so."""
    only(node, "this", "expression")
    return Typed(call("startswith", scalars.text(node.this, scope), scalars.text(node.expression, scope)), BOOLEAN)


@says_spark("Concat", examples=RULES["Concat"].examples)
def concat(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text after the other, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    texts = [call("coalesce", as_text(scalars.say(item, scope)), words("")) for item in node.expressions]
    return Typed(call("concat", *texts), TEXT)


@says_spark("ConcatWs", examples=RULES["ConcatWs"].examples)
def concat_ws(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts with a border between, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    border, *rest = node.expressions
    texts = [as_text(scalars.say(item, scope)) for item in rest]
    return Typed(call("concat_ws", scalars.text(border, scope), *texts), TEXT)


@says_spark("Ceil", "Floor", name="ceil, floor", examples=RULES["Ceil"].examples)
def to_whole(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The next whole number; of floating point as such, where Spark would give 64 bits."""
    only(node, "this")
    said = scalars.of(node.this, scope, *NUMBERS)
    function = "ceil" if isinstance(node, exp.Ceil) else "floor"
    if said.kind.family == "decimal":
        return Typed(call(function, said.tree), Kind("decimal"))
    value = cast_to(said.tree, DOUBLE)
    return Typed(_below(value, cast_to(call(function, value.copy()), DOUBLE)), DOUBLE)


def _below(value: exp.Expr, whole: exp.Expr) -> exp.Expr:
    """``whole`` where the value can have decimals, else the value; NaN is above everything to Spark."""
    is_large = exp.GTE(this=call("abs", grouped(value.copy())), expression=cast_to(words(_EXACT_ABOVE), DOUBLE))
    return exp.Case(ifs=[exp.If(this=is_large, true=value.copy())], default=whole)


def _cut(value: exp.Expr) -> exp.Expr:
    return _below(value, cast_to(cast_to(value.copy(), BIGINT), DOUBLE))


@says_spark("Round", examples=RULES["Round"].examples)
def rounded(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Half away from zero, at a constant number of decimals; of floating point multiplied, cut and divided."""
    said = numbers.rounded(scalars, node, scope)
    return Typed(_with_cut(said.tree), said.kind) if said.kind == DOUBLE else said


def _with_cut(tree: exp.Expr) -> exp.Expr:
    for item in [item for item in tree.find_all(exp.Anonymous) if item.name == "trunc"]:
        item.replace(_cut(item.expressions[0]))
    return tree


@says_spark("Trunc", examples=RULES["Trunc"].examples)
def truncated(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without decimals."""
    only(node, "this")
    said = scalars.of(node.this, scope, "decimal", "double")
    if said.kind == DOUBLE:
        return Typed(_cut(said.tree), DOUBLE)
    is_negative = exp.LT(this=grouped(said.tree), expression=number(0))
    up = exp.If(this=is_negative, true=call("ceil", said.tree.copy()))
    return Typed(exp.Case(ifs=[up], default=call("floor", said.tree.copy())), Kind("decimal"))


@says_spark("Sqrt", examples=RULES["Sqrt"].examples)
def square_root(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The square root; of less than zero it stops, where Spark by itself would give NaN."""
    value = cast_to(scalars.of(node.this, scope, *NUMBERS).tree, DOUBLE)
    is_negative = exp.LT(this=value, expression=number(0))
    stop = exp.If(this=is_negative, true=call("raise_error", words("the square root of a negative number")))
    return Typed(exp.Case(ifs=[stop], default=call("sqrt", value.copy())), DOUBLE)


@says_spark("Dayname", "Monthname", name="dayname, monthname", examples=RULES["Dayname"].examples)
def name_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """In English."""
    only(node, "this", "abbreviated")
    said = scalars.of(node.this, scope, *MOMENTS)
    pattern = "EEEE" if isinstance(node, exp.Dayname) else "MMMM"
    return Typed(call("date_format", cast_to(said.tree, TIMESTAMP), words(pattern)), TEXT)


_PARTS: Final = {
    "YEAR": "year",
    "MONTH": "month",
    "DAY": "day",
    "QUARTER": "quarter",
    "WEEK": "weekofyear",
    "HOUR": "hour",
    "MINUTE": "minute",
    "DOY": "dayofyear",
    "DAYOFYEAR": "dayofyear",
}
_WEEKDAYS: Final = {"DOW": ("dayofweek", -1), "DAYOFWEEK": ("dayofweek", -1), "ISODOW": ("weekday", 1)}
_OF_A_DAY: Final = ("HOUR", "MINUTE")


def part_of(said: Typed, part: str) -> Typed:
    """A part of a date as a whole number."""
    if said.kind.family not in MOMENTS or (part in _OF_A_DAY and said.kind != TIMESTAMP):
        raise CannotSayError(f"the {part.lower()} of {said.kind.family}")
    if part in _WEEKDAYS:
        function, more = _WEEKDAYS[part]
        taken: exp.Expr = exp.Add(this=call(function, said.tree), expression=number(more))
    elif part in _PARTS:
        taken = call(_PARTS[part], said.tree)
    else:
        raise CannotSayError(f"the {part.lower()} of {said.kind.family}")
    return Typed(cast_to(taken, BIGINT), BIGINT)


@says_spark(
    *("Year", "Month", "Day", "Quarter", "Week", "DayOfWeek", "DayOfWeekIso", "DayOfYear", "Hour", "Minute"),
    name=RULES["Year"].name,
    examples=RULES["Year"].examples,
)
def date_part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A part of a date."""
    only(node, "this", "mode")
    part = {"DayOfWeekIso": "ISODOW"}.get(type(node).__name__, type(node).__name__.upper())
    return part_of(scalars.say(node.this, scope), part)


@says_spark("Extract", name="extract", examples=RULES["Extract"].examples)
def extract(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    return part_of(scalars.say(node.expression, scope), node.name.upper())


@says_spark("date_part", "datepart", name="date_part", examples=RULES["date_part"].examples)
def date_part_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    if len(node.expressions) != dates.TWO or not is_text(node.expressions[0]):
        raise CannotSayError("date_part() of a part that is no constant")
    return part_of(scalars.say(node.expressions[1], scope), node.expressions[0].name.upper())


@says_spark("TimestampTrunc", "DateTrunc", "date_trunc", name="date_trunc", examples=RULES["DateTrunc"].examples)
def date_trunc(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The beginning of the period, as a time without a zone."""
    said = dates.date_trunc(scalars, node, scope)
    return Typed(cast_to(said.tree, TIMESTAMP), TIMESTAMP)


@says_spark("DateDiff", examples=(*RULES["DateDiff"].examples, "date_diff('quarter', other, day)"))
def date_diff(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """How many borders of days, months, quarters or years lie between."""
    only(node, "this", "expression", "unit", "date_part_boundary")
    unit = node.args["unit"].name.upper()
    # SQLGlot has the end first.
    end, start = (scalars.of(item, scope, *MOMENTS) for item in (node.this, node.expression))
    if unit == "DAY":
        days = call("datediff", cast_to(end.tree, DATE), cast_to(start.tree, DATE))
        return Typed(cast_to(days, BIGINT), BIGINT)
    if unit not in _COUNTED:
        raise CannotSayError(f"date_diff() of {unit.lower()}s")
    part, many = _COUNTED[unit]

    def counted(said: Typed) -> exp.Expr:
        years = exp.Mul(this=part_of(said, "YEAR").tree, expression=number(many))
        return exp.Paren(this=exp.Add(this=years, expression=part_of(said, part).tree) if part else years)

    return Typed(exp.Sub(this=counted(end), expression=counted(start)), BIGINT)


_COUNTED: Final[dict[str, tuple[str, int]]] = {"MONTH": ("MONTH", 12), "QUARTER": ("QUARTER", 4), "YEAR": ("", 1)}


@says_spark("LastDay", examples=RULES["LastDay"].examples)
def last_day(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The last day of the month."""
    only(node, "this")
    said = scalars.of(node.this, scope, *MOMENTS)
    return Typed(call("last_day", cast_to(said.tree, DATE)), DATE)


@says_spark("Explode", name="unnest(generate_series(...))", examples=())
def counted_rows(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A row for each whole number of a stretch, once in a list of columns; Spark would count down where it is empty."""
    first, last = numbers.counted_rows(scalars, node, scope).tree.expressions
    upwards = exp.LTE(this=first, expression=last)
    series = exp.If(this=upwards, true=call("sequence", first.copy(), last.copy()))
    none = exp.Cast(this=call("array"), to=built("bigint[]"))
    return Typed(call("explode", exp.Case(ifs=[series], default=none)), BIGINT)
