"""Pages by a whole link in the answer: ``{"next": "https://api.example/orders?page=2"}``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field, model_validator

from connectors.http.asking import Answer, Ask, told_at
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    next: str = Field(default="", description="Place in the answer of the next page's link.")
    next_header: str = Field(
        default="",
        description="Header that is the next page's link, in place of 'next'; for Link there is link_header.",
    )
    size_param: str = Field(default="", description="Parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")

    @model_validator(mode="after")
    def _stands_at_one_place(self) -> "Params":
        if bool(self.next) == bool(self.next_header):
            raise ValueError("the next page's link stands at a place ('next') or in a header ('next_header')")
        return self


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The page at the answer's link, on the same host only; the last gives none."""
    link = told_at(answer, params.next, params.next_header)
    return None if link is None else ask.at(link)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
