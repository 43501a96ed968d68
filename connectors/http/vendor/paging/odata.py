"""OData: ``$top`` and ``$skip`` of the client, and the server's own next link where it ends a page by itself."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Literal

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Turn, onward, resumed, whole
from spec.base import Document


class Params(Document):
    """``most`` is the server's page; 0 means that it sends all that is asked for."""

    version: Literal[2, 4] = 4
    most: int = 0


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The rows of ``$skip`` and ``$top``, a server's page of them, a next link when that is not all, and a count."""
    skip, top = (_number(turn, name) for name in ("$skip", "$top"))
    wanted = Rows(rows[skip or 0 :][: len(rows) if top is None else top])
    size = params.most or max(len(wanted), 1)
    start = resumed(turn, wanted, turn.value("$skiptoken"), "$skiptoken", "$skiptoken")
    mark = onward(turn, wanted, start, size, "$skiptoken")
    told: dict[str, str | int] = {}
    if mark is not None:
        told["/d/__next" if params.version == 2 else "/@odata.nextLink"] = turn.link(**{"$skiptoken": mark})
    if params.version == 2 and turn.value("$inlinecount") == "allpages":
        told["/d/__count"] = str(len(rows))
    if params.version == 4 and turn.value("$count") in (True, "true"):
        told["/@odata.count"] = len(rows)
    return Dealt(wanted[start : start + size], told)


def _number(turn: Turn, name: str) -> int | None:
    said = turn.value(name)
    if said is None:
        return None
    found = whole(said, name)
    if found < 0:
        raise RefusedError("out_of_bounds", name, "is below zero")
    return found
