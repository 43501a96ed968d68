"""Which column of a source identifies each row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from connectors import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def key_of(connection: DuckDBPyConnection, raw: exp.Table, types: Mapping[str, str], called: str) -> tuple[str, ...]:
    """The column that identifies each row, if one is named so (``id``, or ``order_id`` in orders) and does."""
    own = f"{singular(re.split(r'[^A-Za-z]+', called.strip('_'))[-1])}_id".casefold()
    for name, type_ in types.items():
        if name.casefold() not in {"id", own} or type_ not in {"BIGINT", "VARCHAR"}:
            continue
        ids = sql.template("count(DISTINCT :x)", x=sql.column(name))
        unique, rows = sql.row(connection, exp.select(ids, exp.Count(this=exp.Star())).from_(raw))
        if rows and unique == rows:
            return (name,)
    return ()


def singular(noun: str) -> str:
    """An English plural's singular, near enough to name a key."""
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "xes", "ches", "shes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
