"""Pages inside a query's text: ``... STARTPOSITION 101 MAXRESULTS 100``, as QuickBooks has them."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

import re

from pydantic import Field

from connectors.http.asking import Answer, Ask
from spec.base import Document
from spec.errors import SpecError

_POSITION = re.compile(r"\s+STARTPOSITION\s+(\d+)\s+MAXRESULTS\s+\d+\s*$", re.IGNORECASE)


class Params(Document):
    """Names as the vendor spells them."""

    param: str = Field(default="query", description="Parameter with the query.")
    size: int = Field(default=1000, ge=1, description="Records a page.")


def first(params: Params, ask: Ask) -> Ask:
    """The query from its first row on."""
    return _from(params, ask, 1)


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """The next rows after a full page; a short one is the last."""
    if answer.count < params.size:
        return None
    found = _POSITION.search(_query(params, ask))
    return _from(params, ask, (int(found[1]) if found else 1) + answer.count)


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """How many rows there are is not told."""
    del params, ask, answer
    return None


def _query(params: Params, ask: Ask) -> str:
    query = ask.params.get(params.param)
    if not isinstance(query, str):
        raise SpecError(f"The request has no parameter {params.param!r} with a query.")
    return query


def _from(params: Params, ask: Ask, position: int) -> Ask:
    bare = _POSITION.sub("", _query(params, ask))
    return ask.with_given({params.param: f"{bare} STARTPOSITION {position} MAXRESULTS {params.size}"})
