"""Pages that start after a record: ``?starting_after=ch_123&limit=100`` with the last record's id.

Both may be places in a body (``/filterGroups/0/filters/1/value``): a search that is sorted by the key is asked again
for what lies behind the last one.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, says_no, text_at
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """Names as the vendor spells them."""

    after: str = Field(
        default="starting_after", description="Parameter with the last record's key, or place in the body."
    )
    key: str = Field(default="/id", description="Place of the key in a record.")
    size_param: str = Field(default="limit", description="Parameter with the page's size, or place in the body.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    more: str = Field(default="", description="Place in the answer of whether there are more; else a short page ends.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The page after the last record; DataError when that has no key though there is more."""
    if params.more:
        is_last = says_no(answer.document, params.more)
    else:
        is_last = answer.count < params.size
    if is_last or answer.count == 0:
        return None
    key = text_at(answer.records[-1], params.key)
    if key is None:
        raise DataError(f"The last record of a page has no {params.key}, so the next page cannot be asked for.")
    return ask.put(params.after, key)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
