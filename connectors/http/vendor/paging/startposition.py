"""By ``STARTPOSITION`` and ``MAXRESULTS`` at the end of a query in a text, counted from 1."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import re

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Turn
from spec.base import Document

_START = re.compile(r"\bstartposition\s+(-?[0-9]{1,40})", re.IGNORECASE)
_MOST = re.compile(r"\bmaxresults\s+(-?[0-9]{1,40})", re.IGNORECASE)


class Params(Document):
    """``param`` holds the query; the answer tells the start and how many came."""

    param: str = "query"
    default: int = 100
    most: int = 1000
    start_at: str = ""
    count_at: str = ""


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The rows from that position on."""
    query = str(turn.value(params.param) or "")
    start, size = _START.search(query), _MOST.search(query)
    position, count = int(start[1]) if start else 1, int(size[1]) if size else params.default
    if position < 1:
        raise RefusedError("out_of_bounds", "STARTPOSITION", "counts from 1")
    if not 1 <= count <= params.most:
        raise RefusedError("out_of_bounds", "MAXRESULTS", f"is {count} and has to be from 1 to {params.most}")
    page = rows[position - 1 : position - 1 + count]
    told = {params.start_at: position, params.count_at: len(page)} if page else {}
    return Dealt(page, {key: item for key, item in told.items() if key})
