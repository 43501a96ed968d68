"""By offset: the request says how many records to pass over."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Size, Turn, whole
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them; places of the answer are left empty where it tells nothing."""

    offset: str = "offset"
    first: int = 0
    size: Size = Size(param="limit")
    total_at: str = ""
    more_at: str = ""
    offset_at: str = ""
    size_at: str = ""


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The records from there on; none behind the last."""
    size = params.size.wanted(turn)
    said = turn.value(params.offset)
    passed = params.first if said is None else whole(said, params.offset)
    start = passed - params.first
    if start < 0:
        raise RefusedError("out_of_bounds", params.offset, f"is {passed} and counting starts at {params.first}")
    told = {
        params.total_at: len(rows),
        params.more_at: start + size < len(rows),
        params.offset_at: passed,
        params.size_at: size,
    }
    return Dealt(rows[start : start + size], {key: item for key, item in told.items() if key})
