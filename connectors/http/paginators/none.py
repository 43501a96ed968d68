"""The list comes in one answer. One that says that there is more, or is as full as an answer can be, is refused."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.asking import Answer, Ask
from connectors.http.unread import said_of_more
from spec.base import Document
from spec.errors import DataError


class Params(Document):
    """What is asked for, where an answer has a size."""

    size_param: str = Field(default="", description="Parameter with the answer's size; none when it has none.")
    size: int = Field(
        default=0, ge=0, description="Records that an answer has at most: a list of as many may go on behind them."
    )


def first(params: Params, ask: Ask) -> Ask:
    """The request itself, for the largest answer."""
    return ask.put(params.size_param, params.size) if params.size_param and params.size else ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """There is no other page; DataError where the answer says or shows otherwise."""
    del ask
    told = said_of_more(answer.document, answer.headers, answer.count) if answer.is_list else ""
    if not told and params.size and answer.count >= params.size:
        told = f"it has {answer.count} records, which is the most that an answer holds"
    if told:
        raise DataError(
            f"This list is read as one answer, and the answer is not all of it: {told}.",
            hint="Nothing was published. The connector has to say how the list comes in pages (paginate).",
        )
    return None


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """None are known ahead."""
    del params, ask, answer
    return None
