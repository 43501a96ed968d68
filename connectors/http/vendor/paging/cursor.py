"""By an opaque mark in the answer's body or in a header, which the next request carries."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Any, Literal

from pydantic import Field

from connectors.http.vendor.dealing import Dealt, Rows, Size, Turn, onward, resumed
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    param: str = Field(default="cursor", description="Parameter, or place (/after) of the body.")
    size: Size = Size(param="limit")
    next_at: str = ""
    next_header: str = Field(default="", description="A header with the mark, empty on the last page.")
    last: Literal["null", "empty", "absent"] = Field(default="null", description="What the last page tells there.")
    null_at: str = Field(default="", description="An object around the mark that is null on the last page.")
    link_at: str = Field(default="", description="Where the next page's whole address stands beside the mark.")
    path_at: str = Field(default="", description="The same without the host.")
    more_at: str = ""
    short: bool = Field(
        default=False, description="The first page has fewer records than asked for, though more follow."
    )


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The page of that mark; the same mark gives the same page."""
    size = params.size.wanted(turn)
    free = (params.param, params.size.param)
    start = resumed(turn, rows, turn.value(params.param), params.param, *free)
    if params.short and start == 0 and size > 2:
        size -= 1
    mark = onward(turn, rows, start, size, *free)
    told: dict[str, Any] = {params.more_at: mark is not None} if params.more_at else {}
    if params.next_header:
        sent = {params.next_header: mark or ""} if mark or params.last == "empty" else {}
        return Dealt(rows[start : start + size], told, sent)
    if mark is not None:
        link = turn.link(**{params.param: mark})
        told[params.next_at] = mark
        if params.link_at:
            told[params.link_at] = link
        if params.path_at:
            told[params.path_at] = "/" + link.split("/", 3)[3]
    elif params.null_at:
        told[params.null_at] = None
    elif params.last != "absent":
        told[params.next_at] = None if params.last == "null" else ""
    return Dealt(rows[start : start + size], told)
