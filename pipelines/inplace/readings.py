"""Texts read as values where not every text is one, and dates written by a pattern."""

from __future__ import annotations

from typing import Final, cast

from sqlglot import exp

from pipelines.inplace.kinds import BOOLEAN, MOMENTS, TEXT, TIMESTAMP, CannotSayError, Kind, built, kind_in
from pipelines.inplace.operators import as_text
from pipelines.inplace.scalars import (
    Scalars,
    Scope,
    Typed,
    call,
    cast_to,
    collated,
    grouped,
    is_text,
    number,
    only,
    says,
    words,
)

_YES: Final = ("true", "t", "yes", "y", "1")
_NO: Final = ("false", "f", "no", "n", "0")


@says(
    "TryCast",
    name="try_cast",
    examples=(
        "try_cast(v as boolean)",
        "try_cast(w as varchar)",
        "try_cast(i as smallint)",
        "try_cast(l as integer)",
        "try_cast(d as decimal(4, 1))",
        "try_cast(d as smallint)",
        "try_cast(case when b then 'Yes' else v end as boolean)",
    ),
)
def tried(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """Empty where it is none: a text as true or false, and exact numbers into ones that hold less."""
    only(node, "this", "to", "safe")
    wanted = kind_in(cast("exp.DataType", node.args["to"]))
    said = scalars.say(node.this, scope)
    have = said.kind.family
    if wanted == TEXT:
        return Typed(as_text(said), TEXT)
    if have == "text" and wanted == BOOLEAN:
        letters = call("lower", collated(said.tree))
        ways = [
            exp.If(
                this=exp.In(this=letters.copy(), expressions=[words(item) for item in known]),
                true=exp.Boolean(this=value),
            )
            for known, value in ((_YES, True), (_NO, False))
        ]
        return Typed(exp.Case(ifs=ways, default=cast_to(exp.Null(), BOOLEAN)), BOOLEAN)
    if have in ("integer", "huge", "decimal") and wanted.family in ("integer", "decimal"):
        return Typed(_fitting(said.tree, wanted), wanted)
    # DuckDB reads 9e-10 as 0.01 where the type has two decimals, so that a text which may be any is not told alike.
    raise CannotSayError(f"TRY_CAST of {have} as {wanted.family}")


def _fitting(tree: exp.Expr, wanted: Kind) -> exp.Expr:
    """An exact number, rounded half away from zero, where the type holds it."""
    scale = wanted.scale if wanted.family == "decimal" else 0
    rounded = call("round", exp.Cast(this=tree, to=built("numeric")), number(scale))
    if wanted.family == "integer":
        most = 2 ** (8 * wanted.width - 1)
        low, high = exp.Literal.number(str(most)), exp.Literal.number(str(most - 1))
        fits: exp.Expr = exp.Between(this=rounded, low=exp.Paren(this=exp.Neg(this=low)), high=high)
    else:
        border = exp.Literal.number("1" + "0" * (wanted.precision - wanted.scale))
        fits = exp.LT(this=call("abs", rounded), expression=border)
    return exp.Case(ifs=[exp.If(this=fits, true=cast_to(rounded.copy(), wanted))])


_FIELDS: Final = {
    "m": "MM", "d": "DD", "H": "HH24", "M": "MI", "S": "SS", "j": "DDD", "y": "YY", "I": "HH12",
    "-m": "FMMM", "-d": "FMDD", "-H": "FMHH24", "-M": "FMMI", "-S": "FMSS", "-j": "FMDDD", "-I": "FMHH12",
    "B": "FMMonth", "b": "Mon", "A": "FMDay", "a": "Dy", "p": "AM", "f": "US", "g": "MS", "u": "ID",
}  # fmt: skip
"""What PostgreSQL's to_char calls a field of strftime; the names are English wherever the database stands."""


@says(
    "TimeToStr",
    name="strftime",
    examples=(
        "strftime(day, '%Y-%m-%d')",
        "strftime(ts, '%d.%m.%Y %H:%M:%S')",
        "strftime(day, '%-d/%-m/%y')",
        "strftime(ts, '%A, %B %-d (%a, %b)')",
        "strftime(ts, '%I:%M %p')",
        "strftime(ts, '%-I.%-M.%-S')",
        "strftime(other, 'Day %j, %-j of %Y: %u')",
        "strftime(ts, '%H%M%S.%f %g %-H')",
        "strftime(day, '100%% \"quoted\" %Y')",
    ),
)
def written(scalars: Scalars, node: exp.Expr, scope: Scope) -> Typed:
    """A date by a constant pattern, field by field; an infinite one is written as the word alone."""
    only(node, "this", "format")
    pattern = cast("exp.Expr", node.args["format"])
    if not is_text(pattern):
        raise CannotSayError("strftime() by a pattern that is computed")
    said = scalars.of(node.this, scope, *MOMENTS)
    moment = cast_to(said.tree, TIMESTAMP)
    parts = [words(text) if plain else _field(text, moment.copy()) for text, plain in _pieces(pattern.name)]
    text: exp.Expr = parts[0] if len(parts) == 1 else call("concat", *parts) if parts else words("")
    # Concatenation leaves empty values out, so a value that is none has to be asked for.
    ways = [
        exp.If(this=exp.Is(this=grouped(said.tree.copy()), expression=exp.Null()), true=exp.Null()),
        exp.If(this=exp.Not(this=call("isfinite", said.tree.copy())), true=cast_to(said.tree.copy(), TEXT)),
    ]
    return Typed(collated(exp.Case(ifs=ways, default=cast_to(text, TEXT))), TEXT)


def _pieces(pattern: str) -> list[tuple[str, bool]]:
    """Fields, and the text between them, which is marked; raises CannotSayError for a field that is on no list."""
    found: list[tuple[str, bool]] = []
    plain, place = "", 0
    while place < len(pattern):
        if pattern[place] != "%":
            plain, place = plain + pattern[place], place + 1
            continue
        name = (
            pattern[place + 1 : place + 3] if pattern[place + 1 : place + 2] == "-" else pattern[place + 1 : place + 2]
        )
        place += 1 + len(name)
        if name == "%":
            plain += "%"
            continue
        if name != "Y" and name not in _FIELDS:
            raise CannotSayError(f"strftime() with %{name}")
        found += [*([(plain, True)] if plain else []), (name, False)]
        plain = ""
    return [*found, *([(plain, True)] if plain else [])]


def _field(name: str, moment: exp.Expr) -> exp.Expr:
    if name != "Y":
        return call("to_char", moment, words(_FIELDS[name]))
    # Years before the first are numbers here: 1 BC is 0.
    year: exp.Expr = exp.Extract(this=exp.Var(this="YEAR"), expression=moment)
    before = exp.LT(this=year, expression=number(0))
    shifted = exp.Add(
        this=year.copy(), expression=exp.Case(ifs=[exp.If(this=before, true=number(1))], default=number(0))
    )
    text = cast_to(cast_to(shifted, Kind("integer", width=8)), TEXT)
    is_short = exp.Between(this=shifted.copy(), low=number(0), high=number(999))
    return exp.Case(ifs=[exp.If(this=is_short, true=call("lpad", text, number(4), words("0")))], default=text.copy())
