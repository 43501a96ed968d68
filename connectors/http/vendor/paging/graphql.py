"""A Relay connection: ``first`` and ``after`` among a query's variables, ``pageInfo`` in the answer."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from connectors.http.vendor.dealing import Dealt, Rows, Size, Turn, opened, sealed
from spec.base import Document


class Params(Document):
    """``connection`` is the place of the connection in the answer; the names are those of the query's variables."""

    connection: str
    first: str = "first"
    after: str = "after"
    most: int = 250


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The nodes behind a cursor. A cursor is a row's, so that it can be used with any page's size."""
    size = Size(param=f"/variables/{params.first}", default=params.most, most=params.most).wanted(turn)
    name = f"/variables/{params.after}"
    mark = turn.value(name)
    start = 0
    if mark is not None:
        said = opened(turn, mark, params.after)
        position = rows.position(said.get("key"))
        start = int(said["at"]) if position is None else position + 1
    page = rows[start : start + size]
    info = {
        "hasNextPage": start + size < len(rows),
        "hasPreviousPage": start > 0,
        "startCursor": sealed(turn, {"key": page[0].key, "at": start + 1}) if page else None,
        "endCursor": sealed(turn, {"key": page[-1].key, "at": start + len(page)}) if page else None,
    }
    return Dealt(page, {f"{params.connection}/pageInfo": info})
