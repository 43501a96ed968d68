"""OData: the server's own next link (``__next`` in version 2, ``@odata.nextLink`` in 4), else ``$skip``."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask, text_at, whole_at
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """Names as the vendor spells them."""

    next: tuple[str, ...] = Field(
        default=("/d/__next", "/@odata.nextLink"), description="Places of the next link, the first that is there."
    )
    size: int = Field(default=0, ge=0, description="$top of each page; 0 leaves the size to the server.")
    total: str = Field(default="", description="Place in the answer of how many records there are in all.")


def first(params: Params, ask: Ask) -> Ask:
    """The first page; with a size of our own it says where it starts."""
    return ask.with_given({"$top": str(params.size), "$skip": "0"}) if params.size else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The server's next page; without its link and with a size of our own the next ``$skip``.

    A server may send fewer than ``$top`` asks for, with a link to the rest of those or without one. So a short page is
    the last one only where nothing tells how many there are. DataError when it tells more than it gives.
    """
    for place in params.next:
        link = text_at(answer.document, place)
        if link is not None:
            return ask.at(link)
    total = whole_at(answer.document, params.total) if params.total else None
    if not params.size or ("$skiptoken" in ask.params and "$top" not in ask.params):
        if total is not None and not ask.params.keys() & {"$skiptoken", "$skip"} and answer.count < total:
            raise _short(total, answer.count)
        return None
    start = int(str(ask.params.get("$skip", "0")))
    is_windowed = "$skiptoken" in ask.params
    passed = start + (params.size if is_windowed else min(answer.count, params.size))
    if total is None:
        is_last = answer.count == 0 if is_windowed else answer.count < params.size
    else:
        is_last = passed >= total
        if not is_last and not answer.count:
            raise _short(total, start)
    if is_last:
        return None
    return ask.with_given({"$skiptoken": None, "$top": str(params.size), "$skip": str(passed)})


def _short(total: int, given: int) -> DataError:
    return DataError(
        f"The answer tells of {total} records and gives none behind the first {given}.",
        hint="Nothing was published. Run again; if it stays so, the system ends its lists early.",
    )


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """Each page is known by the one before alone."""
    del params, ask, answer
    return None
