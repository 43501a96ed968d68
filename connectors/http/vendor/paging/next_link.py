"""By a link in the answer's body, or alone in a header: the next request goes there."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import Literal

from connectors.http.vendor.dealing import Dealt, Rows, Size, Turn, onward, resumed
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them. ``param`` is what the link carries, no business of the client's."""

    next_at: str = ""
    next_header: str = ""
    param: str = "page_token"
    size: Size = Size()
    last: Literal["null", "empty", "absent"] = "absent"
    relative: bool = False


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The page that the link stands for."""
    size = params.size.wanted(turn)
    free = (params.param, params.size.param)
    start = resumed(turn, rows, turn.value(params.param), params.param, *free)
    mark = onward(turn, rows, start, size, *free)
    page = rows[start : start + size]
    if mark is not None:
        link = turn.link(**{params.param: mark})
        link = "/" + link.split("/", 3)[3] if params.relative else link
        return (
            Dealt(page, headers={params.next_header: link})
            if params.next_header
            else Dealt(page, {params.next_at: link})
        )
    if params.next_header:
        return Dealt(page, headers={} if params.last == "absent" else {params.next_header: ""})
    told = {} if params.last == "absent" else {params.next_at: None if params.last == "null" else ""}
    return Dealt(page, told)
