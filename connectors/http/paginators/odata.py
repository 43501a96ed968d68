"""OData: the server's own next link (``__next`` in version 2, ``@odata.nextLink`` in 4), else ``$skip``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, text_at
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    next: tuple[str, ...] = Field(
        default=("/d/__next", "/@odata.nextLink"), description="Places of the next link, the first that is there."
    )
    size: int = Field(default=0, ge=0, description="$top of each page; 0 leaves the size to the server.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page; with a size of our own it says where it starts."""
    return ask.with_given({"$top": str(params.size), "$skip": "0"}) if params.size else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The server's next page; without its link and with a size of our own the next ``$skip`` after a full page."""
    for place in params.next:
        link = text_at(answer.document, place)
        if link is not None:
            return ask.at(link)
    if not params.size or answer.count < params.size:
        return None
    return ask.with_given({"$skip": str(int(str(ask.params.get("$skip", "0"))) + answer.count)})


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
