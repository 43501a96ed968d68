"""Pages by number: ``?page=2&per_page=100``, until one is short, or as many as the answer says."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from math import ceil

from pydantic import Field

from connectors.http.asking import Answer, Ask, says_no, whole_at
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """Names as the vendor spells them."""

    number: str = Field(default="page", description="Parameter with the page's number; a place (/page) in the body.")
    start: int = Field(default=1, description="Number of the first page.")
    size_param: str = Field(default="", description="Parameter with the page's size; none when it cannot be chosen.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    pages: str = Field(default="", description="Place in the answer of how many pages there are.")
    total: str = Field(default="", description="Place in the answer of how many records there are.")
    pages_header: str = Field(default="", description="Header with how many pages there are.")
    more: str = Field(default="", description="Place in the answer of whether there are more.")
    until_empty: bool = Field(default=False, description="Pages may be short before the last: go on to an empty one.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    sized = ask.put(params.size_param, params.size) if params.size_param else ask
    return sized.put(params.number, params.start)


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The next number, unless the answer says or shows that this was the last."""
    number = _number(params, ask)
    pages = _pages(params, answer)
    if pages is not None:
        is_last = number - params.start + 1 >= pages
    elif params.more:
        is_last = says_no(answer.document, params.more)
    elif params.until_empty or not params.size_param:
        is_last = answer.count == 0
    else:
        is_last = answer.count < params.size
    return None if is_last else ask.put(params.number, number + 1)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """All other pages, where the first says how many there are."""
    pages = _pages(params, answer)
    if pages is None:
        return None
    total = whole_at(answer.document, params.total) if params.total and not params.pages else None
    if total is not None and answer.count < min(params.size, total):
        raise DataError(
            f"Pages of {params.size} were asked for, they hold {answer.count} of {total}; their number is not told.",
            hint="Nothing was published. The connector's 'size' is more than the vendor gives.",
        )
    return tuple(ask.put(params.number, number) for number in range(params.start + 1, params.start + pages))


def _pages(params: Params, answer: Answer) -> int | None:
    if params.pages_header:
        told = answer.headers.get(params.pages_header.lower(), "")
        return int(told) if told.isdigit() else None
    if params.pages:
        return whole_at(answer.document, params.pages)
    total = whole_at(answer.document, params.total) if params.total else None
    return None if total is None else ceil(total / params.size)


def _number(params: Params, ask: Ask) -> int:
    if params.number.startswith("/"):
        return whole_at(ask.body, params.number) or params.start
    return int(str(ask.params[params.number]))
