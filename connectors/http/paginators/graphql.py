"""Relay connections of GraphQL: ``first`` and ``after`` as variables, ``pageInfo`` in the answer."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, at, text_at
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """Names as the vendor spells them."""

    info: str = Field(description="Place of pageInfo in the answer, e.g. /data/orders/pageInfo.")
    first: str = Field(default="first", description="Variable with the page's size.")
    after: str = Field(default="after", description="Variable that takes the last page's end.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    most: int = Field(default=0, ge=0, description="Records after which the system ends a list; 0 when it does not.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.with_body(f"/variables/{params.first}", params.size)


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The page after this one's end; DataError when there is more and no end is told."""
    if at(answer.document, f"{params.info}/hasNextPage") is not True:
        return None
    end = text_at(answer.document, f"{params.info}/endCursor")
    if end is None:
        raise DataError("The answer says that there are more pages and not where this one ends.")
    return ask.with_body(f"/variables/{params.after}", end)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
