"""The table digest (``pipelines.digest``) computed by PostgreSQL: the same for the same rows, of which none is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from pipelines.digest import Inexact, TableDigest, digest_text, is_exact
from pipelines.inplace.kinds import BIGINT, DOUBLE, MOMENTS, TEXT, Kind, built
from pipelines.inplace.operators import as_text
from pipelines.inplace.queries import held
from pipelines.inplace.scalars import Typed, call, cast_to, grouped, number, quoted, words
from pipelines.job import Field

Row = Sequence[object]
_HALF: Final = 2**64


def digest_query(table: exp.Table, fields: Sequence[Field]) -> exp.Select:
    """One row: the number of rows, of each half of the sum of hashes a signed sum and how many were negative, and the
    measures of each inexact column.
    """
    columns = {item.name: (exp.Column(this=quoted(item.name)), held(item.name, item.type)) for item in fields}
    cells = [_cell(*columns[item.name]) for item in fields if is_exact(item)]
    row: exp.Expr = cells[0] if cells else words("")
    for cell in cells[1:]:
        # No function takes more than a hundred values.
        row = exp.DPipe(this=exp.DPipe(this=row, expression=words("|")), expression=cell)
    inexact = [columns[item.name][0] for item in fields if not is_exact(item)]
    hashed = exp.Select(
        expressions=[exp.Alias(this=call("md5", row), alias=quoted("h")), *(item.copy() for item in inexact)],
        from_=exp.From(this=table.copy()),
    )
    halves = exp.Select(
        expressions=[
            exp.Alias(this=_half(0), alias=quoted("low")),
            exp.Alias(this=_half(8), alias=quoted("high")),
            *(item.copy() for item in inexact),
        ],
        from_=exp.From(this=exp.Subquery(this=hashed, alias=exp.TableAlias(this=quoted("hashed")))),
    )
    measures: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for name in ("low", "high"):
        half = exp.Column(this=quoted(name))
        negative = exp.Case(ifs=[exp.If(this=exp.LT(this=half, expression=number(0)), true=number(1))])
        measures += [exp.Sum(this=exp.Cast(this=half.copy(), to=built("numeric"))), exp.Count(this=negative)]
    for item in fields:
        if not is_exact(item):
            measures += _measures(*columns[item.name])
    return exp.Select(
        expressions=measures,
        from_=exp.From(this=exp.Subquery(this=halves, alias=exp.TableAlias(this=quoted("halves")))),
    )


def digest_of(row: Row, fields: Sequence[Field]) -> TableDigest:
    """The digest out of the row that ``digest_query`` gives."""
    count, low, low_negative, high, high_negative, *rest = row
    low_sum = _whole(low) + _HALF * _whole(low_negative)
    high_sum = _whole(high) + _HALF * _whole(high_negative)
    total = (low_sum + (high_sum << 64)) % 2**128
    found: dict[str, Inexact] = {}
    for item in fields:
        if not is_exact(item):
            size = len(_measures(exp.Column(this=quoted(item.name)), held(item.name, item.type)))
            values, rest = rest[:size], rest[size:]
            found[item.name] = Inexact(
                _whole(values[0]), *(None if one is None else float(str(one)) for one in values[1:])
            )
    return TableDigest(digest_text(fields, _whole(count), total), _whole(count), found)


def _whole(value: object) -> int:
    return int(str(value or 0))


def _half(first: int) -> exp.Expr:
    """Eight bytes of the hash from the given one on, the last of them the highest, as a signed number."""
    parts = [
        call("substr", exp.Column(this=quoted("h")), number(2 * place + 1), number(2))
        for place in range(first + 7, first - 1, -1)
    ]
    digits: exp.Expr = words("x")
    for part in parts:
        digits = exp.DPipe(this=digits, expression=part)
    return exp.Cast(this=exp.Cast(this=exp.Paren(this=digits), to=built("bit(64)")), to=BIGINT.declared)


def _cell(column: exp.Expr, kind: Kind) -> exp.Expr:
    text: exp.Expr
    if kind.family == "text":
        size = cast_to(call("octet_length", column.copy()), TEXT)
        text = exp.DPipe(this=exp.DPipe(this=size, expression=words(":")), expression=column.copy())
    elif kind.family in ("timestamp", "instant"):
        micros = exp.Mul(
            this=exp.Extract(this=exp.Var(this="EPOCH"), expression=column.copy()), expression=number(10**6)
        )
        finite = exp.If(this=call("isfinite", column.copy()), true=cast_to(cast_to(micros, BIGINT), TEXT))
        text = exp.Case(ifs=[finite], default=cast_to(column.copy(), TEXT))
    elif kind.family == "blob":
        text = call("upper", call("encode", column.copy(), words("hex")))
    elif kind.family in ("date", "integer", "huge", "decimal", "boolean", "uuid", "time"):
        text = as_text(Typed(column.copy(), kind))
    else:
        raise TypeError(f"{kind.family} has no exact text")
    return call("coalesce", text, words("-"))


def _measures(column: exp.Expr, kind: Kind) -> list[exp.Expr]:
    counted: list[exp.Expr] = [exp.Count(this=column.copy())]
    if kind.family in (*MOMENTS, "instant"):
        value: exp.Expr = cast_to(exp.Extract(this=exp.Var(this="EPOCH"), expression=column.copy()), DOUBLE)
    elif kind.family == "boolean":
        value = cast_to(exp.Cast(this=column.copy(), to=built("integer")), DOUBLE)
    elif kind.family in ("integer", "huge", "decimal", "double", "float"):
        value = cast_to(column.copy(), DOUBLE)
    else:
        return counted
    return [*counted, exp.Sum(this=value), call("min", value.copy()), call("max", value.copy())]


__all__ = ["digest_of", "digest_query", "grouped"]
