"""Pages by a page token; the last gives a token (or link) that asks for what has changed since."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, text_at
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    next: str = Field(default="/nextPageToken", description="Place of the next page's token or link.")
    param: str = Field(default="pageToken", description="Parameter that takes it; empty when it is a link.")
    sync: str = Field(default="/nextSyncToken", description="Place, on the last page, of where to go on.")
    sync_param: str = Field(default="syncToken", description="Parameter that takes it; empty when it is a link.")
    size_param: str = Field(default="", description="Parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The next page of this reading."""
    return _at(ask, params.param, text_at(answer.document, params.next))


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None


def onward(params: Params, answer: Answer) -> str | None:
    """What the next incremental read starts from, on the last page."""
    return text_at(answer.document, params.sync)


def resumed(params: Params, ask: Ask, token: str) -> Ask:
    """The first page of what has changed since ``token``."""
    found = _at(ask, params.sync_param, token)
    return ask if found is None else found


def _at(ask: Ask, param: str, value: str | None) -> Ask | None:
    if value is None:
        return None
    return ask.with_given({param: value}) if param else ask.at(value)
