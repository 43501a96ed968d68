"""By the last record's key: the next request asks for what comes after it."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Size, Turn, after
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them."""

    after: str = "starting_after"
    before: str = ""
    size: Size = Size(param="limit")
    more_at: str = ""


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """The records behind that one."""
    size = params.size.wanted(turn)
    behind = turn.value(params.after)
    ahead = turn.value(params.before) if params.before else None
    if behind is not None and ahead is not None:
        raise RefusedError("wrong_page", params.before, f"cannot be together with {params.after}")
    if ahead is not None:
        end = after(rows, ahead, params.before) - 1
        start = max(end - size, 0)
        more = start > 0
    else:
        start = 0 if behind is None else after(rows, behind, params.after)
        end = start + size
        more = end < len(rows)
    return Dealt(rows[start:end], {params.more_at: more} if params.more_at else {})
