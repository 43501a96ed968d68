"""Amounts that a system gives in a currency's smallest unit, as exact amounts of the currency.

The plan names each such column with that of its currency (the option ``money``), so a plan that was made before keeps
what it read. How many decimals a currency has is the vendor's word, and not the standard's: vendors differ from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from sqlglot import exp

from connectors import sql
from connectors.files.pointers import Keys, parse
from connectors.http.definition import Definition, Stream
from connectors.http.tables import MONEY
from spec.base import JsonValue
from spec.errors import DataError
from spec.pipeline import Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TYPE = "DECIMAL(28,4)"
USUAL = 2
_HIDDEN = "dreflow_currency"


def told(stream: Stream, paths: Mapping[str, Keys]) -> dict[str, str]:
    """The columns that hold such amounts, each with the place of its currency, as a plan states them."""
    places = {parse(amount): one.currency for one in stream.money for amount in one.amounts}
    return {name: places[path] for name, path in paths.items() if path in places}


def with_currency(source: Source) -> Source:
    """The source with a column for each currency that its amounts need, however few columns were asked for."""
    amounts = cast("dict[str, str]", source.options.get(MONEY, {}))
    places = {place for name, place in amounts.items() if name in source.columns}
    if not places:
        return source
    hidden = {f"{_HIDDEN}_{number}": place for number, place in enumerate(sorted(places))}
    fields = {**cast("dict[str, str]", source.options.get("fields", {})), **hidden}
    options = {**source.options, "fields": cast("JsonValue", fields)}
    optional = [*cast("list[str]", source.options.get("optional", [])), *hidden]
    return source.model_copy(
        update={
            "options": {**options, "optional": cast("JsonValue", optional)},
            "columns": {**source.columns, **dict.fromkeys(hidden, "VARCHAR")},
        }
    )


def settle(definition: Definition, source: Source, into: DuckDBPyConnection, table: exp.Table, *, shown: str) -> None:
    """Turn amounts of the smallest unit into amounts of the currency, exactly; ``source`` as ``with_currency`` gave it.

    DataError for an amount without a currency, or one that is no whole number.
    """
    amounts = cast("dict[str, str]", source.options.get(MONEY, {}))
    wanted = {name: place for name, place in amounts.items() if name in source.columns}
    if not wanted:
        return
    own = cast("dict[str, str]", source.options["fields"])
    hidden = {own[name]: name for name in source.columns if name.startswith(_HIDDEN)}
    for name, place in wanted.items():
        is_text = _is_text(into, table, name)
        amount = _amount(sql.column(name)) if is_text else sql.column(name)
        _refuse_unclear(into, table, name, amount, hidden[place], shown, definition.decimals_unclear)
        # A product of decimals is exact, a quotient is not.
        factor = _factor(definition, hidden[place])
        worth = sql.template("CAST(:x * :factor AS DECIMAL(28, 4))", x=amount.copy(), factor=factor)
        if is_text:
            # What is no number stays as it came, for whoever decides about values of another kind.
            worth = sql.template("coalesce(CAST(:worth AS VARCHAR), :came)", worth=worth, came=sql.column(name))
        sql.run(into, exp.update(table.copy(), {name: worth}))
    for name in hidden.values():
        column = exp.Drop(tables=[sql.column(name)], kind="COLUMN")
        sql.run(into, exp.Alter(this=table.copy(), kind="TABLE", actions=[column]))


def _amount(text: exp.Expression) -> exp.Expression:
    return exp.Case().when(sql.is_number(text), sql.try_cast(text.copy(), TYPE))


def _is_text(into: DuckDBPyConnection, table: exp.Table, name: str) -> bool:
    """Whether a column came as text, since some of its values are no numbers."""
    kind = sql.row(into, exp.select(sql.template("any_value(typeof(:x))", x=sql.column(name))).from_(table))[0]
    return str(kind) == "VARCHAR"


def _refuse_unclear(
    into: DuckDBPyConnection,
    table: exp.Table,
    name: str,
    amount: exp.Expression,
    currency: str,
    shown: str,
    unclear: Sequence[str],
) -> None:
    found = sql.template(
        "count_if(:x <> 0 AND (:c IS NULL OR :x <> trunc(:x) OR list_contains(:unclear, upper(:c))))",
        x=amount, c=sql.column(currency), unclear=[one.upper() for one in unclear],
    )  # fmt: skip
    count = sql.whole(sql.row(into, exp.select(found).from_(table))[0])
    if count:
        raise DataError(
            f"What {count} amounts of {name!r} are worth is not clear: no currency, no whole number of its smallest "
            f"unit{', or ' + ' or '.join(unclear) if unclear else ''}.",
            hint="Nothing was published. Leave the column out, or look at these records in the system.",
            where={"stream": shown, "column": name},
        )


def _factor(definition: Definition, currency: str) -> exp.Expression:
    """What one of the smallest unit is worth in the currency."""
    if not definition.decimals:
        return _worth(USUAL)
    code = exp.Upper(this=sql.column(currency))
    chosen = exp.Case()
    for decimals, codes in definition.decimals.items():
        among = exp.In(this=code.copy(), expressions=[sql.value(one.upper()) for one in codes])
        chosen = chosen.when(among, _worth(decimals))
    return chosen.else_(_worth(USUAL))


def _worth(decimals: int) -> exp.Expression:
    text = "1" if not decimals else "0." + "1".rjust(decimals, "0")
    return sql.cast(sql.value(text), "DECIMAL(5,4)")
