"""What lines come to: so many at a price each, where no column of the data holds the amount itself."""

from __future__ import annotations

from agents.builtin.choose import adds_up_over, is_money
from agents.builtin.schema import Col, Schema, Stats

AMOUNT = "amount"
_MANY = {("quantity",), ("qty",), ("unit",), ("units",), ("piece",), ("pieces",), ("count",), ("number",)}
_EACH = frozenset({"price", "rate"})
_SUMS = frozenset("total amount revenue sum net gross value paid".split())
_CHANGES = frozenset("discount rebate tax vat markup surcharge percent".split())


def add_products(schema: Schema) -> None:
    """Give rows that hold a quantity and a price for one, and belong to others, the amount that the two come to.

    Not where a sum of money is kept, in the rows or in those that they belong to, nor where something beside the two,
    such as a discount, would change it.
    """
    for table in list(schema.tables):
        factors = _factors(schema, table)
        parents = {join.parent for join in schema.joins if join.table == table}
        if factors is None or not parents or (table, AMOUNT) in schema.columns:
            continue
        above = [column for parent in parents for column in schema.of(parent)]
        own = [set(column.words) for column in schema.of(table) if column.kind == "number"]
        if any(adds_up_over(schema, column) for column in above) or any((_SUMS | _CHANGES) & words for words in own):
            continue
        many, price = factors
        rows = schema.rows.get(table, 0)
        filled = min(many.stats.filled, price.stats.filled)
        schema.columns[table, AMOUNT] = Col(
            table,
            AMOUNT,
            "DECIMAL(38, 6)",
            (AMOUNT,),
            (AMOUNT,),
            "number",
            Stats(rows, filled, 0),
            product=(many.name, price.name),
        )


def _factors(schema: Schema, table: str) -> tuple[Col, Col] | None:
    """The one quantity and the one price of a table's rows."""
    numbers = [column for column in schema.of(table) if column.kind == "number" and not column.is_id]
    many = [column for column in numbers if column.core in _MANY]
    prices = [column for column in numbers if is_money(column) and _EACH & set(column.core)]
    return (many[0], prices[0]) if len(many) == len(prices) == 1 else None
