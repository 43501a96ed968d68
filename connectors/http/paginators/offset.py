"""Pages by how many records to pass over: ``?offset=200&limit=100``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, says_no, whole_at
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    offset: str = Field(default="offset", description="Parameter with how many to pass over; a place in the body.")
    start: int = Field(default=0, description="What the first page passes over; 1 where counting starts at one.")
    limit: str = Field(default="limit", description="Parameter with the page's size; none when it cannot be chosen.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    total: str = Field(default="", description="Place in the answer of how many records there are.")
    more: str = Field(default="", description="Place in the answer of whether there are more.")
    until_empty: bool = Field(default=False, description="Pages may be short before the last: go on to an empty one.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    sized = ask.put(params.limit, params.size) if params.limit else ask
    return sized.put(params.offset, params.start)


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """As many further as came, unless the answer says or shows that this was the last."""
    passed = _passed(params, ask)
    total = whole_at(answer.document, params.total) if params.total else None
    if answer.count == 0:
        return None
    if total is not None:
        is_last = passed - params.start + answer.count >= total
    elif params.more:
        is_last = says_no(answer.document, params.more)
    else:
        is_last = answer.count < params.size and not params.until_empty
    return None if is_last else ask.put(params.offset, passed + answer.count)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """All other pages, where the first is full and says how many records there are."""
    total = whole_at(answer.document, params.total) if params.total else None
    if total is None or (answer.count < params.size and answer.count < total):
        return None
    return tuple(ask.put(params.offset, params.start + passed) for passed in range(params.size, total, params.size))


def _passed(params: Params, ask: Ask) -> int:
    if params.offset.startswith("/"):
        found = whole_at(ask.body, params.offset)
        return params.start if found is None else found
    return int(str(ask.params[params.offset]))
