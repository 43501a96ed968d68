"""Pages by a mark that the answer gives for the next one: ``{"paging": {"next": {"after": "b64"}}}``.

The mark may stand in a header (``X-Next-Cursor``); one with the next page's number (``X-Next-Page``) is a mark as well.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field, model_validator

from connectors.http.asking import Answer, Ask, says_no, told_at
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    next: str = Field(default="", description="Place in the answer of the next page's mark.")
    next_header: str = Field(default="", description="Header with the next page's mark, in place of 'next'.")
    param: str = Field(default="cursor", description="Parameter that takes it; a place (/after) in the body.")
    size_param: str = Field(default="", description="Parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    more: str = Field(default="", description="Place in the answer of whether there are more.")

    @model_validator(mode="after")
    def _stands_at_one_place(self) -> "Params":
        if bool(self.next) == bool(self.next_header):
            raise ValueError("the next page's mark stands at a place ('next') or in a header ('next_header')")
        return self


def first(params: Params, ask: Ask) -> Ask:
    """The first page needs no mark."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The page that the answer's mark stands for; the last gives none."""
    if params.more and says_no(answer.document, params.more):
        return None
    mark = told_at(answer, params.next, params.next_header)
    if mark is None:
        return None
    return ask.put(params.param, mark)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
