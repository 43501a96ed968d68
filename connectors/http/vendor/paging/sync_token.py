"""By page marks, whose last page gives a token (or link) that asks for what has changed since the first."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from pydantic import Field

from connectors.http.vendor.dealing import Dealt, RefusedError, Rows, Size, Turn, anchored, opened, sealed
from spec.base import Document


class Params(Document):
    """Names as the vendor spells them. With ``links`` both are whole addresses, and ``param`` is inside of them."""

    param: str = "pageToken"
    sync_param: str = "syncToken"
    next_at: str = "/nextPageToken"
    sync_at: str = "/nextSyncToken"
    size: Size = Size(param="maxResults")
    links: bool = Field(default=False, description="The answer gives whole addresses instead of tokens.")


def deal(params: Params, turn: Turn, rows: Rows) -> Dealt:
    """A page of all rows, or of those that changed after a token; deleted ones are among the changed alone."""
    size = params.size.wanted(turn)
    since, upto, start = -1, turn.sequence, 0
    page, sync = turn.value(params.param), turn.value(params.sync_param)
    said = opened(turn, page, params.param) if page else {}
    if sync and not (params.links and page):
        since = int(_of(opened(turn, sync, params.sync_param), "upto", params.sync_param))
    if page:
        if not params.links and _of(said, "since", params.param) != since:
            raise RefusedError(
                "changed_request", params.param, f"was given for a request with another {params.sync_param}"
            )
        since, upto = int(said["since"]), int(said["upto"])
    chosen = Rows([row for row in rows if row.changed > since and (since >= 0 or not row.deleted)])
    start = anchored(chosen, said) if page else 0
    end = start + size
    if end < len(chosen):
        mark = sealed(turn, {"key": chosen[end - 1].key, "at": end, "since": since, "upto": upto})
        link = turn.link(**{params.param: mark, params.sync_param: None})
        return Dealt(chosen[start:end], {params.next_at: link if params.links else mark})
    mark = sealed(turn, {"upto": upto})
    link = turn.link(**{params.sync_param: mark, params.param: None})
    return Dealt(chosen[start:end], {params.sync_at: link if params.links else mark})


def _of(said: dict[str, object], key: str, name: str) -> int:
    found = said.get(key)
    if not isinstance(found, int):
        raise RefusedError("wrong_page", name, "is a mark of another sort")
    return found
