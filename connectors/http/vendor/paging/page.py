"""By number: the request names a page, the answer may tell how many there are."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from math import ceil

from pydantic import Field

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Size, Turn, whole
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them; places of the answer are left empty where it tells nothing."""

    number: str = "page"
    first: int = 1
    size: Size = Size()
    number_at: str = ""
    size_at: str = ""
    pages_at: str = ""
    total_at: str = ""
    more_at: str = ""
    pages_header: str = ""
    next_at: str = Field(default="", description="Where the next page's number stands, null on the last.")
    next_header: str = Field(default="", description="A header with the next page's number, empty on the last.")
    total_header: str = ""
    without: str = Field(default="page", description="Without a number: the first 'page', or 'all' records.")


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The page with that number; one behind the last is empty."""
    size = params.size.wanted(turn)
    said = turn.value(params.number)
    if said is None and params.without == "all":
        return Dealt(rows[:])
    number = params.first if said is None else whole(said, params.number)
    if number < params.first:
        raise RefusedError("out_of_bounds", params.number, f"is {number} and the first page is {params.first}")
    start = (number - params.first) * size
    pages = ceil(len(rows) / size)
    told = {
        params.number_at: number,
        params.size_at: size,
        params.pages_at: pages,
        params.total_at: len(rows),
        params.more_at: start + size < len(rows),
        params.next_at: number + 1 if start + size < len(rows) else None,
    }
    headers = {
        params.pages_header: str(pages),
        params.total_header: str(len(rows)),
        params.next_header: str(number + 1) if start + size < len(rows) else "",
    }
    return Dealt(
        rows[start : start + size],
        {place: item for place, item in told.items() if place},
        {name: item for name, item in headers.items() if name},
    )
