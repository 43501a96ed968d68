"""Turn columns into another type, with a stated policy for values that do not parse.

Blank text becomes empty (null) and counts as no failure. Text that a number type would have to round ("1.239" as
``DECIMAL(18,2)``, "2.5" as ``INTEGER``) does not parse; a number that is made narrower is rounded, half away from zero.
With a format the ending of a day counts for nothing: 1st August is 1 August; Sept is Sep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import Field, model_validator
from sqlglot import exp

from pipelines import policies, proofs
from pipelines.contract import Built
from pipelines.expressions import aliased, column, select_from
from pipelines.job import Field as Column
from pipelines.job import Relation
from pipelines.scope import StepScope, family
from spec.base import Document, JsonValue
from spec.pipeline import Strings

_SPACES: Final = (32, 9, 10, 13, 11, 12)
"""The codes of what DuckDB takes for space around a number."""


class Params(Document):
    """Columns, their new types, and what happens to a value that does not parse."""

    columns: dict[str, str] = Field(
        min_length=1, description="Column to its new DuckDB type, e.g. DECIMAL(18,2) or DATE."
    )
    format: dict[str, Strings] = Field(
        default={},
        description="Column of text to the format of its dates, e.g. '%d/%m/%Y', or to several, of which the first "
        "that fits a value is taken; ISO 8601 otherwise. %d day, %m month, %B or %b its name, %Y or %y year, %A or %a "
        "day of the week, %H hour, %I hour of 12 with %p, %M minute, %S second.",
    )
    decimal: Literal[".", ","] = Field(
        default=".", description="Decimal sign in the text of numbers; with ',' a '.' groups thousands."
    )
    thousands: Literal[",", "'", " "] | None = Field(
        default=None, description="Sign before each three digits where the decimal sign is '.', as in 1,204.50."
    )
    on_error: policies.OnError = Field(
        default="stop",
        description="A value that does not parse: nothing is published; it becomes null and counts; or its row goes "
        "to <step>.rejected with the reason, and is counted.",
    )
    at_most: int = Field(default=policies.AT_MOST, ge=0, le=100, description=policies.AT_MOST_MEANS)

    @model_validator(mode="after")
    def _one_sign_each(self) -> Params:
        if self.thousands is not None and self.decimal == ",":
            raise ValueError("with decimal: ',' a '.' groups thousands; leave thousands out")
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
    "American dates, German numbers, wrong type"
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
    for name in formats:
        if name not in targets:
            raise scope.fail(
                f"The column {name!r} has a format but no type.", field="format", hint="Add it to columns."
            )
    casts = {
        item.name: _cast(item, targets[item.name], formats.get(item.name, ()), params)
        for item in relation.fields
        if item.name in targets
    }
    failures = {name: _failed(relation, name, casts[name], targets[name], params) for name in casts}
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


def _cast(item: Column, target: exp.DataType, formats: Sequence[str], params: Params) -> exp.Expr:
    value: exp.Expr = column(item.name)
    if family(item.type) != "text":
        return exp.TryCast(this=value, to=target.copy())
    kind = family(target.sql("duckdb"))
    trimmed: exp.Expr = exp.Trim(this=value.copy())
    # Most values have no space around them and no ending of a day, and taking such away is half of the work: what is
    # read as it stands is not asked for again.
    if formats:
        # 1st, 2nd, 3rd and 4th are days of which no format knows the ending.
        ordinal = [exp.Literal.string(text) for text in (r"(\d)(st|nd|rd|th)\b", r"\1", "gi")]
        plain = exp.Anonymous(this="regexp_replace", expressions=[trimmed, *ordinal])
        if any("%b" in text for text in formats):
            # The one short name of a month that is written in two ways, and is read in one.
            short = [exp.Literal.string(text) for text in (r"\bSept\b", "Sep", "gi")]
            plain = exp.Anonymous(this="regexp_replace", expressions=[plain, *short])
        listed = exp.Array(expressions=[exp.Literal.string(text) for text in formats])
        first, second = (exp.Anonymous(this="try_strptime", expressions=[one, listed.copy()]) for one in (value, plain))
        return exp.TryCast(this=exp.Coalesce(this=first, expressions=[second]), to=target.copy())
    if kind == "number":
        return _number(value, target, params)
    if kind not in ("date", "time"):
        # No date or time parses from blank text, so for these it would be work for nothing.
        trimmed = exp.Nullif(this=trimmed, expression=exp.Literal.string(""))
    return exp.TryCast(this=trimmed, to=target.copy())


def _number(text: exp.Expr, target: exp.DataType, params: Params) -> exp.Expr:
    """The number that a text spells; null where it spells none.

    DuckDB reads "- " as 0 and "20E " as 20, but neither without the space, so a text is never read with one at its end.
    """
    ends = [exp.EndsWith(this=text.copy(), expression=_sign(code)) for code in _SPACES]
    plain = exp.Case(
        ifs=[
            exp.If(
                this=exp.Not(this=exp.Paren(this=exp.or_(*ends))),
                true=exp.TryCast(this=_plain_number(text.copy(), params), to=target.copy()),
            )
        ]
    )
    around = [exp.Literal.string(part) for part in (r"^\s+|\s+$", "", "g")]
    bare = exp.Anonymous(this="regexp_replace", expressions=[exp.Trim(this=text.copy()), *around])
    return exp.Coalesce(this=plain, expressions=[exp.TryCast(this=_plain_number(bare, params), to=target.copy())])


def _sign(code: int) -> exp.Expr:
    return exp.Literal.string(" ") if code == ord(" ") else exp.Chr(expressions=[exp.Literal.number(code)])


def _plain_number(value: exp.Expr, params: Params) -> exp.Expr:
    if params.thousands is not None:
        # 1,5 is left as it is and does not parse: it may well be one and a half.
        grouped = [exp.Literal.string(text) for text in (rf"{params.thousands}([0-9]{{3}})\b", r"\1", "g")]
        return exp.Anonymous(this="regexp_replace", expressions=[value, *grouped])
    if params.decimal == ".":
        return value
    ungrouped = exp.Replace(this=value, expression=exp.Literal.string("."), replacement=exp.Literal.string(""))
    return exp.Replace(this=ungrouped, expression=exp.Literal.string(","), replacement=exp.Literal.string("."))


def _failed(relation: Relation, name: str, cast: exp.Expr, target: exp.DataType, params: Params) -> exp.Expr:
    """True or false, never null: the value is there and did not become what it says."""
    item = next(field for field in relation.fields if field.name == name)
    there = exp.Not(this=exp.Is(this=column(name), expression=exp.Null()))
    gone = exp.Is(this=cast.copy(), expression=exp.Null())
    if family(item.type) != "text":
        return exp.Paren(this=exp.and_(there, gone))
    filled = exp.NEQ(this=exp.Trim(this=column(name)), expression=exp.Literal.string(""))
    bad: exp.Expr = gone
    if family(target.sql("duckdb")) == "number" and target.this not in (exp.DType.DOUBLE, exp.DType.FLOAT):
        text = _plain_number(exp.Trim(this=column(name)), params)
        whole = exp.TryCast(this=text, to=exp.DataType.build("DECIMAL(38,12)", dialect="duckdb"))
        # False where the exact value is unknown, for instance a number too large for 12 decimals.
        rounded = exp.Coalesce(
            this=exp.Paren(this=exp.NEQ(this=whole, expression=cast.copy())), expressions=[exp.false()]
        )
        bad = exp.Paren(this=exp.or_(gone, rounded))
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
