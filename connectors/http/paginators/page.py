"""Pages by number: ``?page=2&per_page=100``, until one is short, or as many as the answer says."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from math import ceil

from pydantic import Field

from connectors.http.asking import Answer, Ask, whole_at
from spec.base import Document


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
    return _numbered(params, _put(ask, params.size_param, params.size), params.start)


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The next number, unless the answer says or shows that this was the last."""
    number = _number(params, ask)
    pages = _pages(params, answer)
    if pages is not None:
        is_last = number - params.start + 1 >= pages
    elif params.more:
        is_last = answer_says_no(params, answer)
    elif params.until_empty or not params.size_param:
        is_last = answer.count == 0
    else:
        is_last = answer.count < params.size
    return None if is_last else _numbered(params, ask, number + 1)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """All other pages, where the first says how many there are."""
    pages = _pages(params, answer)
    if pages is None:
        return None
    return tuple(_numbered(params, ask, number) for number in range(params.start + 1, params.start + pages))


def answer_says_no(params: Params, answer: Answer) -> bool:
    """Whether the place of 'more' says that there are none."""
    from connectors.http.asking import at

    return at(answer.document, params.more) in (False, None, 0, "false", "")


def _pages(params: Params, answer: Answer) -> int | None:
    if params.pages_header:
        told = answer.headers.get(params.pages_header.lower(), "")
        return int(told) if told.isdigit() else None
    if params.pages:
        return whole_at(answer.document, params.pages)
    total = whole_at(answer.document, params.total) if params.total else None
    return None if total is None else ceil(total / params.size)


def _put(ask: Ask, name: str, value: int) -> Ask:
    if not name:
        return ask
    return ask.with_body(name, value) if name.startswith("/") else ask.with_given({name: str(value)})


def _numbered(params: Params, ask: Ask, number: int) -> Ask:
    return _put(ask, params.number, number)


def _number(params: Params, ask: Ask) -> int:
    if params.number.startswith("/"):
        return whole_at(ask.body, params.number) or params.start
    return int(str(ask.params[params.number]))
