"""Which letter is which in capitals: DuckDB's own answer, one letter for one letter."""

from __future__ import annotations

from functools import cache
from typing import Literal

from sqlglot import exp

_LETTERS = """
CREATE TABLE letters AS SELECT n, chr(n::INTEGER) AS c
FROM (FROM range(1, 55296) UNION ALL FROM range(57344, 125252)) AS r(n)
"""
"""All letters; beyond the last one, none has another case in any edition of Unicode that DuckDB has had."""


@cache
def letters(function: Literal["upper", "lower"]) -> tuple[str, str]:
    """Letters that the function changes, and what each becomes, in the same order."""
    import duckdb

    number, letter = exp.column("n"), exp.column("c")
    changed = exp.Anonymous(this=function, expressions=[letter])
    order = [exp.Ordered(this=number.copy(), nulls_first=False)]
    written = [
        exp.Anonymous(
            this="string_agg", expressions=[item.copy(), exp.Order(this=exp.Literal.string(""), expressions=order)]
        )
        for item in (letter, changed)
    ]
    query = exp.select(*written).from_("letters").where(exp.NEQ(this=changed.copy(), expression=letter.copy()))
    with duckdb.connect(":memory:") as connection:
        connection.execute(_LETTERS)
        found = connection.execute(query.sql(dialect="duckdb")).fetchone()
    before, after = found or ("", "")
    if len(before) != len(after):
        raise RuntimeError(f"{function} no longer gives one letter for one")
    return str(before), str(after)
