"""Turn columns into another type, with a stated policy for values that do not parse.

Blank text becomes empty (null) and counts as no failure. Text that a number type would have to round ("1.239" as
``DECIMAL(18,2)``, "2.5" as ``INTEGER``) does not parse; a number that is made narrower is rounded, half away from zero.
With a format the ending of a day counts for nothing: 1st August is 1 August; Sept is Sep. How numbers are written
(``decimal``, ``thousands``, ``currency``, ``negative``, ``percent``) counts for all texts that become numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator
from sqlglot import exp

from pipelines import patterns, policies, proofs
from pipelines.contract import Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from pipelines.sqltree import as_type, call, is_there, minus, number, or_else, plus, text, times, when
from spec.base import Document, JsonValue
from spec.pipeline import Strings, as_tuple

_SPACES: Final = (" ", "\u00a0", "\u202f")
_CONTROLS: Final = (9, 10, 13, 11, 12)
"""The codes of what DuckDB takes for space around a number, beside the space."""
_QUARTERS: Final = {"%q": "([1-4])", "%Y": "([0-9]{4})", "%y": "([0-9]{2})"}
_QUARTER: Final = re.compile("(%q|%Y|%y)")


class Params(Document):
    """Columns, their new types, and what happens to a value that does not parse."""

    columns: dict[str, str] = Field(
        min_length=1, description="Column to its new DuckDB type, e.g. DECIMAL(18,2) or DATE."
    )
    format: dict[str, Strings] = Field(
        default={},
        description="Column of text to the format of its dates, e.g. '%d/%m/%Y', or to several, of which the first "
        "that fits a value is taken; ISO 8601 otherwise. %d day, %m month, %B or %b its name, %Y or %y year, %A or %a "
        "day of the week, %H hour, %I hour of 12 with %p, %M minute, %S second. %q is a quarter, which becomes its "
        "first day: 'Q%q %Y'.",
    )
    decimal: Literal[".", ","] = Field(
        default=".",
        description="Decimal sign in the text of numbers; with ',' a '.' groups thousands where nothing else is said.",
    )
    thousands: Literal[",", ".", "'", " "] | None = Field(
        default=None,
        description="Sign before each three digits, as in 1,204.50; ' ' is any space, as in 1 204,50.",
    )
    currency: Strings = Field(
        default=(),
        description="Signs or codes of money that may stand before or behind an amount, e.g. '$', or ['$', USD, EUR].",
    )
    negative: Annotated[tuple[Literal["parentheses", "trailing"], ...], BeforeValidator(as_tuple)] = Field(
        default=(),
        description="How amounts below zero are written as well, one way or both: parentheses for (3.50), trailing for "
        "3.50-.",
    )
    percent: bool = Field(
        default=False, description="A number with a percent sign is a share: 12 % is 0.12; one without it stays."
    )
    null_values: Strings = Field(
        default=(), description="Texts that mean nothing, in all columns of the step, e.g. '-' or [n/a, tbc]."
    )
    on_error: policies.OnError = Field(
        default="stop",
        description="A value that does not parse: nothing is published; it becomes null and counts; or its row goes "
        "to <step>.rejected with the reason, and is counted.",
    )
    at_most: int = Field(default=policies.AT_MOST, ge=0, le=100, description=policies.AT_MOST_MEANS)

    @model_validator(mode="after")
    def _one_sign_each(self) -> Params:
        if self.thousands == self.decimal:
            raise ValueError(f"a {self.decimal!r} cannot be the decimal sign and group thousands as well")
        if not all(self.currency):
            raise ValueError("a sign of currency has at least one letter")
        return self


arity: Final = (1, 1)
outputs: Final[Mapping[str, str]] = {"rejected": "With on_error: quarantine, rows with a value that does not parse."}
example: Final[Mapping[str, JsonValue]] = {
    "tables": {"raw": {"columns": {"id": "INTEGER", "paid": "VARCHAR", "amount": "VARCHAR"},
                       "rows": [[1, "31/12/2026", "1.204,50"], [2, "soon", "7,00"]]}},
    "step": {"use": "cast", "from": "raw", "columns": {"paid": "DATE", "amount": "DECIMAL(18,2)"},
             "format": {"paid": "%d/%m/%Y"}, "decimal": ",", "on_error": "quarantine"},
    "rows": {"": [[1, "2026-12-31", "1204.50"]], "rejected": [[2, "soon", "7,00", "paid is not DATE: soon"]]},
}  # fmt: skip
keywords: Final = (
    "convert, change the type, text to date, text to number, parse a date, date format, month name, numbers stored "
    "as text, decimal comma, currency amount, day first, turn into numbers, datatype, string to integer, to "
    "decimal, read as a date, cannot add up the amount because it is text, number format, thousands separator, "
    "American dates, German numbers, wrong type, dollar sign, currency symbol, accounting parentheses, trailing minus, "
    "percentage to number, quarter text to date, Q3 2025"
)


def build(params: Params, inputs: Sequence[Relation], scope: StepScope) -> Built:
    """All columns, some of another type; the check that says how many values did not parse."""
    (relation,) = inputs
    targets = {
        scope.field(name, relation, f"columns.{name}").name: scope.type(type_, f"columns.{name}")
        for name, type_ in params.columns.items()
    }
    if len(targets) < len(params.columns):
        folded = [name.casefold() for name in params.columns]
        twice = [name for name in params.columns if folded.count(name.casefold()) > 1]
        raise scope.fail(
            f"{' and '.join(twice)} are one column: case does not tell names apart.",
            field="columns",
            hint="A step before has replaced the one by the other; give the new column a name of its own there.",
        )
    formats = {scope.field(name, relation, f"format.{name}").name: texts for name, texts in params.format.items()}
    for name, listed in formats.items():
        if name not in targets:
            raise scope.fail(
                f"The column {name!r} has a format but no type.", field="format", hint="Add it to columns."
            )
        for one in listed:
            if "%q" in one and sorted(re.findall("%.", one)) not in (["%Y", "%q"], ["%q", "%y"]):
                raise scope.fail(
                    f"{one!r} has a quarter, and beside it not a year alone.",
                    field=f"format.{name}",
                    hint="A quarter is read with its year, e.g. 'Q%q %Y' or '%y-Q%q', and becomes its first day.",
                )
    casts = {
        item.name: _cast(item, targets[item.name], formats.get(item.name, ()), params)
        for item in relation.fields
        if item.name in targets
    }
    failures = {name: _failed(relation, name, casts[name], targets[name], params) for name in casts}
    if params.on_error == "null":
        # What would be rounded is read all the same, and has to be emptied.
        for name in [name for name in casts if _may_round(relation.field(name), targets[name])]:
            kept = exp.Not(this=_rounded(name, casts[name], targets[name], params))
            casts[name] = exp.Case(ifs=[exp.If(this=kept, true=casts[name])])
    rows = select_from(relation.name, [aliased(casts.get(name, column(name)), name) for name in relation.names])
    untouched = all(item.removesuffix(" desc") not in casts for item in relation.order)
    named = ", ".join(f"{name} as {type_.sql('duckdb')}" for name, type_ in targets.items())
    return policies.built(
        rows,
        _any(failures),
        _reason(failures, targets),
        params.on_error,
        params.at_most,
        policies.Rejects(
            "cast_rejects", f"each value parses: {named}", "hold one that does not", "a value does not parse"
        ),
        relation,
        scope,
        order=relation.order if untouched else (),
    )


def _text(name: str, params: Params) -> exp.Expr:
    """The text without what is blank around it; null where it means nothing."""
    value: exp.Expr = exp.Trim(this=column(name))
    if not params.null_values:
        return value
    if len(params.null_values) == 1:
        return exp.Nullif(this=value, expression=text(params.null_values[0]))
    named = exp.In(this=value.copy(), expressions=[text(word) for word in params.null_values])
    return exp.Case(ifs=[exp.If(this=named, true=exp.Null())], default=value)


def _cast(item: Column, target: exp.DataType, formats: Sequence[str], params: Params) -> exp.Expr:
    value: exp.Expr = column(item.name)
    if family(item.type) != "text":
        return exp.TryCast(this=value, to=target.copy())
    value = _text(item.name, params)
    # Most values have no space around them, and taking such away is half of the work: what is read as it stands is not
    # asked for again, and most have no ending of a day.
    bare = value if params.null_values else column(item.name)
    kind = family(target.sql("duckdb"))
    if formats:
        read = [_quarter(value, one) if "%q" in one else _strptime(bare, value, [one]) for one in formats]
        if not any("%q" in one for one in formats):
            read = [_strptime(bare, value, formats)]
        return exp.TryCast(this=_first_of(read), to=target.copy())
    if kind == "number":
        return _number(item.name, target, params)
    if kind not in ("date", "time"):
        # No date or time parses from blank text, so for these it would be work for nothing.
        value = exp.Nullif(this=value, expression=text(""))
    return exp.TryCast(this=value, to=target.copy())


def _number(name: str, target: exp.DataType, params: Params) -> exp.Expr:
    """The number that a text spells; null where it spells none."""
    around = patterns.replaced(_text(name, params), r"^\s+|\s+$", "")
    careful = exp.TryCast(this=_plain_number(around, params), to=target.copy())
    if params.null_values or params.currency or params.negative or params.percent:
        return careful
    # DuckDB reads "- " as 0 and "20E " as 20, but neither without the space, so no text is read with one at its end.
    spaces = [text(" "), *(exp.Chr(expressions=[number(code)]) for code in _CONTROLS)]
    blank = exp.or_(*(exp.EndsWith(this=column(name), expression=sign) for sign in spaces))
    plain = exp.TryCast(this=_point(column(name), params), to=target.copy())
    # The engine computes what a CASE repeats only where it is asked for, and what COALESCE repeats for every row.
    asked = when(is_there(column(name)), careful)
    return _first_of([when(exp.Not(this=exp.Paren(this=blank)), plain), asked])


def _first_of(values: Sequence[exp.Expr]) -> exp.Expr:
    first, *others = values
    return exp.Coalesce(this=first, expressions=others) if others else first


def _strptime(bare: exp.Expr, value: exp.Expr, formats: Sequence[str]) -> exp.Expr:
    """The time that the first of the formats that fits reads."""
    # 1st, 2nd, 3rd and 4th are days of which no format knows the ending.
    plain = patterns.replaced(value.copy(), r"(?i)(\d)(st|nd|rd|th)\b", r"\1")
    if any("%b" in one for one in formats):
        # The one short name of a month that is written in two ways, and is read in one.
        plain = patterns.replaced(plain, r"(?i)\bSept\b", "Sep")
    listed = exp.Array(expressions=[text(one) for one in formats])
    return _first_of([call("try_strptime", one, listed.copy()) for one in (bare.copy(), plain)])


def _quarter(value: exp.Expr, format_: str) -> exp.Expr:
    """The first day of a quarter, which the engine's formats do not know; null where the text is none."""
    parts = _QUARTER.split(format_)
    pattern = "^(?i)" + "".join(_QUARTERS.get(part, re.escape(part)) for part in parts) + "$"
    # A format has one %q and one year, so that each group is known by its place.
    found = [part for part in parts if part in _QUARTERS]
    quarter, year = (
        as_type(
            exp.Nullif(this=patterns.group(value.copy(), pattern, found.index(one) + 1), expression=text("")), "INTEGER"
        )
        for one in ("%q", next(part for part in found if part != "%q"))
    )
    if "%y" in found:
        # As strptime reads %y: 69 to 99 are of the last century.
        year = plus(year, when(exp.GTE(this=year.copy(), expression=number(69)), number(1900), number(2000)))
    return call("make_date", year, minus(times(number(3), quarter), number(2)), number(1))


def _plain_number(value: exp.Expr, params: Params) -> exp.Expr:
    """The text as a number is written in SQL."""
    blank = r"[\s\x{A0}\x{202F}]*"
    if params.currency:
        signs = "|".join(re.escape(sign) for sign in params.currency)
        pattern = rf"^([-+(]?){blank}(?:{signs}){blank}|{blank}(?:{signs}){blank}([-)]?)$"
        value = patterns.replaced(value, pattern, r"\1\2")
    if "parentheses" in params.negative:
        value = patterns.replaced(value, rf"^\({blank}([^-+()]*?){blank}\)$", r"-\1")
    if "trailing" in params.negative:
        value = patterns.replaced(value, rf"^([0-9.][^-+]*?){blank}-$", r"-\1")
    if params.percent:
        # The exponent is exact in every type of number, a division is not.
        value = patterns.replaced(value, rf"^([^eE%]*[0-9.]){blank}%$", r"\1e-2")
    return _point(value, params)


def _point(value: exp.Expr, params: Params) -> exp.Expr:
    """The text without signs that group digits, and with a point before decimals."""
    groups = params.thousands or ("." if params.decimal == "," else None)
    if groups is None:
        return value
    signs = _SPACES if groups == " " else (groups,)
    sign = "[" + "".join(re.escape(one) for one in signs) + "]"
    # 1,5 is no number where a comma groups thousands, and 1.5 none where a point does: it may well be one and a half.
    grouped = rf"^[^0-9]*[0-9]{{1,3}}({sign}[0-9]{{3}})+([^0-9{sign[1:]}.*)?$"
    joined = when(patterns.matches(value.copy(), grouped), patterns.replaced(value.copy(), sign, ""))
    # A pattern is slow, and most numbers are not that large.
    held = exp.or_(*(exp.Contains(this=value.copy(), expression=text(one)) for one in signs))
    plain = when(held, joined, value)
    return plain if params.decimal == "." else call("replace", plain, text(","), text("."))


def _may_round(item: Column | None, target: exp.DataType) -> bool:
    """An exact number read from text, which the engine rounds to what its type holds."""
    exact = family(target.sql("duckdb")) == "number" and target.this not in (exp.DType.DOUBLE, exp.DType.FLOAT)
    return exact and item is not None and family(item.type) == "text"


def _rounded(name: str, cast: exp.Expr, target: exp.DataType, params: Params) -> exp.Expr:
    """True or false: the text holds digits that its exact type does not."""
    plain = _plain_number(_text(name, params), params)
    whole = exp.TryCast(this=plain, to=exp.DataType.build("DECIMAL(38,12)", dialect="duckdb"))
    # False where the exact value is unknown, for instance a number too large for 12 decimals.
    differs = or_else(exp.Paren(this=exp.NEQ(this=whole, expression=cast.copy())), exp.false())
    if params.percent:
        return differs
    # Reading so many digits takes eight times as long as the cast. It is asked for only where there are more behind the
    # decimal sign than the type holds, or an exponent, which hardly any text has.
    digits = f"%{params.decimal}{'_' * (_scale(target) + 1)}%"
    exponents = [exp.Contains(this=column(name), expression=text(sign)) for sign in "eE"]
    long = exp.Like(this=column(name), expression=text(digits))
    return exp.Case(ifs=[exp.If(this=exp.or_(long, *exponents), true=differs)], default=exp.false())


def _scale(target: exp.DataType) -> int:
    """How many digits behind the decimal sign an exact type holds."""
    sizes = [int(size.name) for size in target.expressions] if target.this == exp.DType.DECIMAL else []
    return sizes[1] if len(sizes) > 1 else 0


def _failed(relation: Relation, name: str, cast: exp.Expr, target: exp.DataType, params: Params) -> exp.Expr:
    """True or false, never null: the value is there and did not become what it says."""
    item = next(field for field in relation.fields if field.name == name)
    there = exp.Not(this=exp.Is(this=column(name), expression=exp.Null()))
    gone = exp.Is(this=cast.copy(), expression=exp.Null())
    if family(item.type) != "text":
        return exp.Paren(this=exp.and_(there, gone))
    filled: exp.Expr = exp.NEQ(this=_text(name, params), expression=text(""))
    if params.null_values:
        filled = or_else(exp.Paren(this=filled), exp.false())
    bad: exp.Expr = gone
    if _may_round(item, target):
        bad = exp.Paren(this=exp.or_(gone, _rounded(name, cast, target, params)))
    return exp.Paren(this=exp.and_(there, filled, bad))


def _any(failures: Mapping[str, exp.Expr]) -> exp.Expr:
    return exp.or_(*(failure.copy() for failure in failures.values()))


def _reason(failures: Mapping[str, exp.Expr], targets: Mapping[str, exp.DataType]) -> exp.Expr:
    reasons: list[exp.Expr] = [
        exp.If(this=failure.copy(), true=proofs.say(f"{name} is not {targets[name].sql('duckdb')}: ", column(name)))
        for name, failure in failures.items()
    ]
    cases = [exp.Case(ifs=[reason]) for reason in reasons]
    return exp.Anonymous(this="concat_ws", expressions=[exp.Literal.string("; "), *cases])
