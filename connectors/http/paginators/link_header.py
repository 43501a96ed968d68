"""Pages by the ``Link`` header (RFC 8288): ``<https://api.example/orders?page=2>; rel="next"``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import re

from pydantic import Field

from connectors.http.asking import Answer, Ask
from spec.base import Document

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;=\s]+\s*=\s*(?:\"[^\"]*\"|[^,;\s]*))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^,;\s]*))", re.IGNORECASE)


class Params(Document):
    """Names as the vendor spells them."""

    size_param: str = Field(default="", description="Parameter with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    rel: str = Field(default="next", description="The relation that leads on.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The page at the header's link, on the same host only; the last has none."""
    for match in _LINK.finditer(answer.headers.get("link", "")):
        rel = _REL.search(match[2])
        if rel is not None and params.rel in (rel[1] or rel[2] or "").lower().split():
            return ask.at(match[1])
    return None


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
