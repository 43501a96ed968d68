"""Pages by a condition on the last record's key inside of a filter's text: ``status:any AND id:>123``.

For systems that end a list of pages after some number of records, and sort by key when they are asked to. A record that
changes while the list is read stays where it is.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import re

from pydantic import Field

from connectors.http.asking import Answer, Ask, at, text_at
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """Names as the vendor spells them; a name that begins with / is a place in the body."""

    filter: str = Field(description="Parameter or place with the filter's text, e.g. /variables/query.")
    condition: str = Field(description="What is added to it, with {key} for the last record's key, e.g. id:>{key}.")
    joint: str = Field(default=" AND ", description="Between the filter's own text and the condition.")
    key: str = Field(description="Place of the key in a record; it grows from one to the next.")
    size_param: str = Field(default="", description="Parameter or place with the page's size.")
    size: int = Field(default=100, ge=1, description="Records a page.")
    more: str = Field(default="", description="Place in the answer of whether there are more; else a short page ends.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page, with the size wanted."""
    return ask.put(params.size_param, params.size) if params.size_param else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """What stands behind this page's last record; DataError when the records are not sorted by their key."""
    is_last = at(answer.document, params.more) is not True if params.more else answer.count < params.size
    keys = [text_at(one, params.key) for one in answer.records]
    _refuse_unsorted(params, [key for key in keys if key is not None])
    if is_last or not keys:
        return None
    if keys[-1] is None:
        raise DataError(f"The last record of a page has no key at {params.key}.", hint="The connector is wrong.")
    own = _own(params, ask)
    condition = params.condition.replace("{key}", keys[-1])
    return ask.put(params.filter, f"{own}{params.joint}{condition}" if own else condition)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None


def _own(params: Params, ask: Ask) -> str:
    """The filter's text without the condition of the page before."""
    said = at(ask.body, params.filter) if params.filter.startswith("/") else ask.params.get(params.filter)
    before, _, after = params.condition.partition("{key}")
    added = rf"(?:^|{re.escape(params.joint)}){re.escape(before)}[^\s'\"]+{re.escape(after)}$"
    return re.sub(added, "", str(said)) if said else ""


def _refuse_unsorted(params: Params, keys: list[str]) -> None:
    numbers = [int(key) for key in keys if key.isdigit()]
    are_numbers = len(numbers) == len(keys)
    if (sorted(numbers) != numbers) if are_numbers else (sorted(keys) != keys):
        raise DataError(
            f"The records are not sorted by {params.key}, so some would be passed over.",
            hint="Nothing was published. The vendor's API has changed, or the connector is wrong.",
        )
