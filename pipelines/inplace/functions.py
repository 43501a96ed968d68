"""Functions on the list: of texts, numbers and dates."""

from __future__ import annotations

from typing import Final, cast

from sqlglot import exp

from pipelines.inplace.kinds import (
    BIGINT,
    BOOLEAN,
    DATE,
    DOUBLE,
    EXACT,
    INTEGER,
    MOMENTS,
    NULL,
    NUMBERS,
    TEXT,
    TIMESTAMP,
    CannotSayError,
    Kind,
    one_kind,
)
from pipelines.inplace.operators import as_text, choice
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    collated,
    grouped,
    is_text,
    literal_of,
    named,
    number,
    only,
    says,
    words,
)

SPACES: Final = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
"""What DuckDB's trim takes away: the separators of Unicode, and neither tabs nor ends of lines."""


@says(
    "Coalesce",
    examples=("coalesce(v, w, '')", "coalesce(d, 0)", "coalesce(i, l)", "coalesce(d, e)", "ifnull(day, other)"),
)
def coalesce(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first that is not empty."""
    only(node, "this", "expressions")
    trees, kind = choice(scalars, [node.this, *node.expressions], scope, "coalesce()")
    return Typed(call("coalesce", *trees), kind)


@says("Nullif", examples=("nullif(v, '')", "nullif(i, 0)", "nullif(d, e)"))
def nullif(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Empty where the two are equal."""
    one, other = scalars.pair(node.this, node.expression, scope, "nullif()")
    same = exp.EQ(this=grouped(one.tree), expression=grouped(other.tree))
    empty = exp.If(this=same, true=exp.Null())
    return Typed(exp.Case(ifs=[empty], default=one.tree.copy()), one.kind)


@says(
    "Greatest",
    "Least",
    name="greatest, least",
    examples=(
        "greatest(i, l, 3)",
        "least(v, w)",
        "greatest(d, 0)",
        "least(day, other)",
    ),
)
def extreme(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The largest or smallest of several, empty ones aside."""
    only(node, "this", "expressions", "ignore_nulls")
    trees, kind = choice(scalars, [node.this, *node.expressions], scope, named(node))
    if kind.family in ("boolean", "uuid"):
        raise CannotSayError(f"{named(node)} of {kind.family}")
    return Typed(call("greatest" if isinstance(node, exp.Greatest) else "least", *trees), kind)


@says("Length", name="length, len", examples=("length(v)", "len(w)"))
def length(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Characters; of a list, how many parts."""
    only(node, "this", "binary", "encoding")
    said = scalars.of(node.this, scope, "text", "list")
    if said.kind.family == "list":
        return Typed(cast_to(call("cardinality", said.tree), BIGINT), BIGINT)
    return Typed(cast_to(call("char_length", scalars.text(node.this, scope)), BIGINT), BIGINT)


@says(
    "Trim", "ltrim", "rtrim", name="trim, ltrim, rtrim", examples=("trim(v)", "ltrim(v)", "rtrim(v)", "trim(v, 'ab')")
)
def trim(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without spaces, or stated characters, at its ends."""
    if isinstance(node, exp.Anonymous):
        function: str | None = str(node.name).lower()
        value, which = (*node.expressions, None)[:2]
    else:
        only(node, "this", "expression", "position")
        function = {"": "btrim", "LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(node.args.get("position") or ""))
        value, which = node.this, node.expression
    if function is None or (which is not None and not (is_text(which) and which.name)):
        raise CannotSayError("trim() of characters that are computed")
    characters = words(which.name) if which is not None else words(SPACES)
    return Typed(call(function, scalars.text(value, scope), characters), TEXT)


@says("Replace", examples=("replace(v, 'a', '-')", "replace(v, 'ab', w)", "replace(v, '', 'x')"))
def replace(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Every occurrence."""
    only(node, "this", "expression", "replacement")
    parts = [scalars.text(item, scope) for item in (node.this, node.expression, node.args["replacement"])]
    return Typed(call("replace", *parts), TEXT)


@says("Substring", examples=("substr(v, 1, 2)", "substring(v, 2)", "substr(v, 3, 0)"))
def substring(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """From a place, so many characters; both are written as constants, since from the end the engines differ."""
    only(node, "this", "start", "length")
    start, size = literal_of(node.args.get("start")), node.args.get("length")
    many = literal_of(size)
    if start is None or start < 1 or (size is not None and (many is None or many < 0)):
        raise CannotSayError("substring() from a place that is not a constant from 1 on")
    rest = [number(start)] if many is None else [number(start), number(many)]
    return Typed(call("substr", scalars.text(node.this, scope), *rest), TEXT)


@says("Left", "Right", name="left, right", examples=("left(v, 2)", "right(v, 2)", "left(v, 0)", "right(v, 1)"))
def side(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The first or last so many characters, a constant."""
    size = literal_of(node.expression)
    if size is None or size < 0:
        raise CannotSayError(f"{named(node)} of a length that is no constant")
    function = "left" if isinstance(node, exp.Left) else "right"
    return Typed(call(function, scalars.text(node.this, scope), number(size)), TEXT)


@says("SplitPart", examples=("split_part(v, 'a', 1)", "split_part(v, ' ', 2)"))
def split_part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The part of that number, counted from 1."""
    only(node, "this", "delimiter", "part_index")
    border, place = node.args["delimiter"], literal_of(node.args.get("part_index"))
    if not is_text(border) or not border.name or place is None or place < 1:
        raise CannotSayError("split_part() by a border or a place that is no constant")
    return Typed(call("split_part", scalars.text(node.this, scope), words(border.name), number(place)), TEXT)


@says("StrPosition", name="strpos, position, instr", examples=("strpos(v, 'b')", "strpos(v, '')", "position('a' in w)"))
def position(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Where a text stands in another, from 1; 0 where it does not."""
    only(node, "this", "substr")
    found = call("strpos", scalars.text(node.this, scope), scalars.text(node.args["substr"], scope))
    return Typed(cast_to(found, BIGINT), BIGINT)


@says("Contains", examples=("contains(v, 'a')", "contains(v, w)"))
def contains(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text stands in another."""
    only(node, "this", "expression")
    found = call("strpos", scalars.text(node.this, scope), scalars.text(node.expression, scope))
    return Typed(exp.GT(this=found, expression=number(0)), BOOLEAN)


@says("StartsWith", name="starts_with, prefix", examples=("starts_with(v, 'a')", "starts_with(v, w)"))
def starts_with(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Whether a text begins so."""
    only(node, "this", "expression")
    return Typed(call("starts_with", scalars.text(node.this, scope), scalars.text(node.expression, scope)), BOOLEAN)


@says("Concat", examples=("concat(v, w)", "concat(v, '-', i, d)", "concat(day, b)"))
def concat(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """One text after the other, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    texts = [as_text(scalars.say(item, scope)) for item in node.expressions]
    return Typed(call("concat", *texts), TEXT)


@says("ConcatWs", examples=("concat_ws('; ', v, w)", "concat_ws('-', v, null, i)"))
def concat_ws(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Texts with a border between, empty ones left out."""
    only(node, "expressions", "safe", "coalesce")
    border, *rest = node.expressions
    texts = [as_text(scalars.say(item, scope)) for item in rest]
    return Typed(call("concat_ws", scalars.text(border, scope), *texts), TEXT)


@says("Pad", name="lpad, rpad", examples=("lpad(v, 5, '0')", "rpad(v, 3, 'xy')", "lpad(v, 1, '-')"))
def pad(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Filled up, or cut, to so many characters."""
    only(node, "this", "expression", "fill_pattern", "is_left")
    size, fill = literal_of(node.expression), node.args.get("fill_pattern")
    if size is None or size < 0 or fill is None or not is_text(fill) or not fill.name:
        raise CannotSayError(f"{named(node)} with a length or a filling that is no constant")
    function = "lpad" if node.args.get("is_left") else "rpad"
    return Typed(call(function, scalars.text(node.this, scope), number(size), words(fill.name)), TEXT)


@says("MD5", examples=("md5(v)",))
def md5(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The hash of the text's bytes, as hex."""
    only(node, "this")
    return Typed(call("md5", scalars.text(node.this, scope)), TEXT)


@says("Abs", examples=("abs(i)", "abs(d)", "abs(f)", "abs(l)"))
def absolute(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without its sign."""
    said = scalars.of(node.this, scope, *NUMBERS)
    return Typed(call("abs", said.tree), said.kind)


@says("Sign", examples=("sign(i)", "sign(d)"))
def sign(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """-1, 0 or 1."""
    said = scalars.of(node.this, scope, *EXACT)
    return Typed(cast_to(call("sign", said.tree), Kind("integer", width=1)), Kind("integer", width=1))


@says(
    "Ceil", "Floor", name="ceil, floor", examples=("ceil(d)", "floor(d)", "ceil(f)", "floor(f)", "floor(e)", "ceil(i)")
)
def to_whole(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The next whole number."""
    only(node, "this")
    said = scalars.of(node.this, scope, *NUMBERS)
    function = "ceil" if isinstance(node, exp.Ceil) else "floor"
    if said.kind.family == "decimal":
        return Typed(call(function, said.tree), Kind("decimal"))
    return Typed(call(function, cast_to(said.tree, DOUBLE)), DOUBLE)


@says(
    "Round",
    examples=(
        "round(d, 1)",
        "round(d)",
        "round(e, 2)",
        "round(d, 5)",
        "round(i, 2)",
        "round(d, -1)",
        "round(i, -2)",
        "round(f, 2)",
        "round(f)",
        "round(d / 3, 2)",
        "round(-f, 1)",
    ),
)
def rounded(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Half away from zero, at a constant number of decimals."""
    only(node, "this", "decimals")
    stated = node.args.get("decimals")
    places = 0 if stated is None else literal_of(stated)
    if places is None or abs(places) > MOST_PLACES:
        raise CannotSayError("round() to a number of decimals that is no constant")
    said = scalars.of(node.this, scope, "integer", "decimal", "double")
    if said.kind.family == "integer":
        if places >= 0:
            return said
        tens = call("round", cast_to(said.tree, Kind("huge")), number(places))
        return Typed(cast_to(tens, said.kind), said.kind)
    if said.kind.family == "decimal":
        scale = min(max(places, 0), said.kind.scale)
        tree = call("round", said.tree, number(places)) if places < said.kind.scale else said.tree
        return Typed(tree, Kind("decimal", scale=scale))
    if places < 0:
        raise CannotSayError("round() of floating point to tens")
    return Typed(rounded_double(said.tree, places), DOUBLE)


MOST_PLACES: Final = 15


def rounded_double(tree: exp.Expr, places: int) -> exp.Expr:
    """As DuckDB computes it: multiplied, rounded half away from zero (PostgreSQL's round goes to even), divided.

    Where the multiplication leaves the range the value stays as it is, which is what DuckDB gives.
    """
    power = cast_to(exp.Literal.string("1" + "0" * places), DOUBLE)
    large: exp.Expr = grouped(exp.Mul(this=grouped(tree), expression=power)) if places else grouped(tree)
    cut = call("trunc", large)
    rest = exp.Sub(this=large.copy(), expression=cut.copy())
    away = exp.GTE(this=call("abs", rest), expression=cast_to(exp.Literal.string("0.5"), DOUBLE))
    more = exp.Case(ifs=[exp.If(this=away, true=call("sign", large.copy()))], default=cast_to(number(0), DOUBLE))
    whole: exp.Expr = exp.Paren(this=exp.Add(this=cut, expression=more))
    if places:
        whole = exp.Div(this=whole, expression=power.copy(), typed=True, safe=False)
    is_huge = exp.GTE(this=call("abs", grouped(tree.copy())), expression=cast_to(words("1e290"), DOUBLE))
    return exp.Case(ifs=[exp.If(this=is_huge, true=tree.copy())], default=whole)


@says("Explode", name="unnest(generate_series(...))", examples=())
def counted_rows(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A row for each whole number of a stretch, once in a list of columns."""
    only(node, "this")
    numbers, select = node.this, node.parent.parent if isinstance(node.parent, exp.Alias) else None
    if not isinstance(numbers, exp.GenerateSeries) or not isinstance(select, exp.Select):
        raise CannotSayError("unnest()")
    if len([item for item in select.expressions if item.find(exp.Explode)]) > 1:
        raise CannotSayError("several lists as rows")
    only(numbers, "start", "end")
    ends = [scalars.of(numbers.args[end], scope, "integer").tree for end in ("start", "end")]
    return Typed(call("generate_series", *(cast_to(item, BIGINT) for item in ends)), BIGINT)


@says("Trunc", examples=("trunc(d)", "trunc(f)", "trunc(-e)", "trunc(i / 3)"))
def truncated(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Without decimals."""
    only(node, "this")
    said = scalars.of(node.this, scope, "decimal", "double")
    return Typed(call("trunc", said.tree), Kind("decimal") if said.kind.family == "decimal" else DOUBLE)


@says("DateFromParts", name="make_date", examples=("make_date(2024, 2, 29)", "make_date(abs(s) + 1, 1, 2)"))
def make_date(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A date of year, month and day; of what is none both stop."""
    only(node, "year", "month", "day")
    parts = [scalars.of(node.args[part], scope, "integer").tree for part in ("year", "month", "day")]
    return Typed(call("make_date", *(cast_to(part, INTEGER) for part in parts)), DATE)


@says("Dayname", "Monthname", name="dayname, monthname", examples=("dayname(day)", "monthname(ts)", "dayname(other)"))
def name_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """In English, whatever the database speaks."""
    only(node, "this", "abbreviated")
    said = scalars.of(node.this, scope, *MOMENTS)
    pattern = "FMDay" if isinstance(node, exp.Dayname) else "FMMonth"
    return Typed(call("to_char", cast_to(said.tree, TIMESTAMP), words(pattern)), TEXT)


@says("Sqrt", examples=("sqrt(abs(f))",))
def square_root(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The square root; of less than zero both stop."""
    said = scalars.of(node.this, scope, *NUMBERS)
    return Typed(call("sqrt", cast_to(said.tree, DOUBLE)), DOUBLE)


_PARTS: Final = {
    "YEAR": "YEAR",
    "MONTH": "MONTH",
    "DAY": "DAY",
    "QUARTER": "QUARTER",
    "WEEK": "WEEK",
    "HOUR": "HOUR",
    "MINUTE": "MINUTE",
    "DOW": "DOW",
    "DAYOFWEEK": "DOW",
    "ISODOW": "ISODOW",
    "DOY": "DOY",
    "DAYOFYEAR": "DOY",
}
_OF_A_DAY: Final = ("HOUR", "MINUTE")


def part_of(said: Typed, part: str) -> Typed:
    """A part of a date as a whole number; of infinity, empty."""
    unit = _PARTS.get(part)
    if unit is None or said.kind.family not in MOMENTS or (unit in _OF_A_DAY and said.kind != TIMESTAMP):
        raise CannotSayError(f"the {part.lower()} of {said.kind.family}")
    taken: exp.Expr = exp.Extract(this=exp.Var(this=unit), expression=said.tree)
    if unit == "YEAR":
        # Before the first year the one counts it as year 0, the other as 1 BC.
        before = exp.LT(this=grouped(said.tree.copy()), expression=cast_to(words("0001-01-01"), DATE))
        taken = exp.Add(this=taken, expression=exp.Case(ifs=[exp.If(this=before, true=number(1))], default=number(0)))
    finite = exp.If(this=call("isfinite", said.tree.copy()), true=cast_to(taken, BIGINT))
    return Typed(exp.Case(ifs=[finite]), BIGINT)


@says(
    "Year",
    "Month",
    "Day",
    "Quarter",
    "Week",
    "DayOfWeek",
    "DayOfWeekIso",
    "DayOfYear",
    "Hour",
    "Minute",
    name="year, month, day, quarter, week, dayofweek, isodow, dayofyear, hour, minute",
    examples=(
        "year(day)",
        "month(ts)",
        "day(day)",
        "quarter(day)",
        "week(day)",
        "dayofweek(day)",
        "isodow(ts)",
        "dayofyear(day)",
        "hour(ts)",
        "minute(ts)",
        "year(ts)",
    ),
)
def date_part(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A part of a date."""
    only(node, "this", "mode")
    part = {"DayOfWeekIso": "ISODOW"}.get(type(node).__name__, type(node).__name__.upper())
    return part_of(scalars.say(node.this, scope), part)


@says("Extract", name="extract", examples=("extract(year from day)", "extract(month from ts)", "extract(dow from day)"))
def extract(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    return part_of(scalars.say(node.expression, scope), node.name.upper())


@says("date_part", "datepart", name="date_part", examples=("date_part('year', day)", "date_part('quarter', ts)"))
def date_part_of(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The same, written otherwise."""
    if len(node.expressions) != TWO or not is_text(node.expressions[0]):
        raise CannotSayError("date_part() of a part that is no constant")
    return part_of(scalars.say(node.expressions[1], scope), node.expressions[0].name.upper())


TWO: Final = 2


@says(
    "TimestampTrunc",
    "DateTrunc",
    "date_trunc",
    name="date_trunc",
    examples=(
        "date_trunc('month', day)",
        "date_trunc('quarter', ts)",
        "date_trunc('year', day)",
        "date_trunc('week', day)",
        "date_trunc('day', ts)",
        "date_trunc('hour', ts)",
    ),
)
def date_trunc(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The beginning of the period."""
    if isinstance(node, exp.Anonymous):
        # Steps write it by its name.
        part, value = node.expressions
        unit = part.name.upper() if is_text(part) else ""
    else:
        only(node, "this", "unit")
        unit, value = node.args["unit"].name.upper(), node.this
    said = scalars.of(value, scope, *MOMENTS)
    if unit not in ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE"):
        raise CannotSayError(f"date_trunc() to {unit.lower()}")
    return Typed(call("date_trunc", words(unit.lower()), cast_to(said.tree, TIMESTAMP)), TIMESTAMP)


@says(
    "DateDiff",
    examples=("date_diff('day', day, other)", "date_diff('month', day, ts)", "date_diff('year', day, other)"),
)
def date_diff(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """How many borders of days, months, quarters or years lie between."""
    only(node, "this", "expression", "unit", "date_part_boundary")
    unit = node.args["unit"].name.upper()
    # SQLGlot has the end first.
    end, start = (scalars.of(item, scope, *MOMENTS) for item in (node.this, node.expression))
    if unit == "DAY":
        days = exp.Sub(this=cast_to(end.tree, DATE), expression=cast_to(start.tree, DATE))
        return Typed(cast_to(days, BIGINT), BIGINT)
    months = {"MONTH": ("MONTH", 12), "QUARTER": ("QUARTER", 4), "YEAR": (None, 1)}.get(unit)
    if months is None:
        raise CannotSayError(f"date_diff() of {unit.lower()}s")
    part, many = months

    def counted(said: Typed) -> exp.Expr:
        years = exp.Mul(this=part_of(said, "YEAR").tree, expression=number(many))
        return exp.Add(this=years, expression=part_of(said, part).tree) if part else years

    difference = exp.Sub(this=exp.Paren(this=counted(end)), expression=exp.Paren(this=counted(start)))
    return Typed(difference, BIGINT)


@says("LastDay", examples=("last_day(day)", "last_day(ts)"))
def last_day(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """The last day of the month."""
    only(node, "this")
    said = scalars.of(node.this, scope, *MOMENTS)
    first = call("date_trunc", words("month"), cast_to(said.tree, TIMESTAMP))
    month = exp.Cast(this=words("1 month -1 day"), to=exp.DataType.build("interval", dialect="postgres"))
    return Typed(cast_to(exp.Add(this=first, expression=month), DATE), DATE)


@says("Upper", "Lower", name="upper, lower", examples=("upper(v)", "lower(w)", "lower(v || w)"))
def letter_case(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Letter by letter, as DuckDB does, whatever the database's own rules are."""
    only(node, "this")
    from pipelines.inplace.letters import letters

    function = "upper" if isinstance(node, exp.Upper) else "lower"
    text = scalars.text(node.this, scope)
    before, after = letters(function)
    plain = exp.EQ(this=call("octet_length", text.copy()), expression=call("char_length", text.copy()))
    # PostgreSQL looks each letter up in the whole list, so a text of plain letters does not come by it.
    quick = exp.If(this=plain, true=call(function, text))
    return Typed(
        collated(exp.Case(ifs=[quick], default=call("translate", text.copy(), words(before), words(after)))), TEXT
    )


__all__ = ["BOOLEAN", "INTEGER", "NULL", "cast", "one_kind"]
