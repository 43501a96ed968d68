"""By the ``Link`` header (RFC 8288): next, and beside it what a vendor adds there, first and prev."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from math import ceil

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Size, Turn, whole
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them; the link carries a page's number or an opaque mark, which is the same here."""

    param: str = "page"
    size: Size = Size(param="per_page")
    total_header: str = ""
    pages_header: str = ""


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The page of that number, with links to its neighbours."""
    size = params.size.wanted(turn)
    said = turn.value(params.param)
    number = 1 if said is None else whole(said, params.param)
    if number < 1:
        raise RefusedError("out_of_bounds", params.param, "counts from 1")
    pages = ceil(len(rows) / size)
    links = [f'<{turn.link(**{params.param: "1"})}>; rel="first"'] if number > 1 else []
    links += [f'<{turn.link(**{params.param: str(number - 1)})}>; rel="prev"'] if number > 1 else []
    links += [f'<{turn.link(**{params.param: str(number + 1)})}>; rel="next"'] if number < pages else []
    told = {params.total_header: str(len(rows)), params.pages_header: str(pages), "Link": ", ".join(links)}
    start = (number - 1) * size
    return Dealt(rows[start : start + size], headers={name: item for name, item in told.items() if name and item})
