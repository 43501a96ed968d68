"""What lines come to: so many at a price each, where no column of the data holds the amount itself."""

from __future__ import annotations

from agents.builtin.schema.choose import adds_up_over, is_money
from agents.builtin.schema.graph import Col, Schema, Stats

AMOUNT = "amount"
WORTH = "worth"
# How much there is at one time, in a store or on a shelf.
AT_HAND = frozenset("stock hand onhand available inventory instock".split())
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
        at_hand = factors is not None and bool(AT_HAND & set(factors[0].words))
        if factors is None or not (parents or at_hand) or {(table, AMOUNT), (table, WORTH)} & set(schema.columns):
            continue
        above = [column for parent in parents for column in schema.of(parent)]
        own = [set(column.words) for column in schema.of(table) if column.kind == "number"]
        kept = any((adds_up_over(schema, column) and not _is_for_itself(column)) or _is_sum(column) for column in above)
        if kept or any((_SUMS | _CHANGES) & words for words in own):
            continue
        many, price = factors
        rows = schema.rows.get(table, 0)
        filled = min(many.stats.filled, price.stats.filled)
        # What lies there is worth something; it has not been paid by anybody.
        name = WORTH if at_hand else AMOUNT
        schema.columns[table, name] = Col(
            table,
            name,
            "DECIMAL(38, 6)",
            (name,),
            (name,),
            "number",
            Stats(rows, filled, 0),
            product=(many.name, price.name),
        )


def _is_for_itself(column: Col) -> bool:
    """As a delivery fee, which is no sum of the lines beside it."""
    return len(column.core) > 1 and column.core[-1] in {"fee", "charge", "deposit"} and not _SUMS & set(column.core)


def _is_sum(column: Col) -> bool:
    """Whether a column may hold a sum of money, though in whole numbers that need not be money."""
    return column.kind == "number" and not column.is_id and bool({"total", "amount", "revenue"} & set(column.words))


def _factors(schema: Schema, table: str) -> tuple[Col, Col] | None:
    """The one quantity and the one price of a table's rows."""
    numbers = [column for column in schema.of(table) if column.kind == "number" and not column.is_id]
    many = [
        column for column in numbers if column.core in _MANY or (AT_HAND & set(column.words) and not is_money(column))
    ]
    prices = [column for column in numbers if _is_price(column) and _EACH & set(column.core)]
    if not many and any(_HOUR & set(column.words) for column in prices):
        many = [column for column in numbers if column.core[-1:] in {("hour",), ("hours",)} and column not in prices]
    return (many[0], prices[0]) if len(many) == len(prices) == 1 else None


_HOUR = frozenset({"hour", "hours", "hourly"})


def _is_price(column: Col) -> bool:
    """A price for one, as a rate per hour; a rate in percent is none."""
    words = set(column.words)
    return is_money(column) or ("rate" in words and bool(words & _HOUR))
