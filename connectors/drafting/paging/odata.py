"""OData's own links, in a description that is not ``$metadata``."""

from __future__ import annotations

from connectors.drafting.seen import Seen, Way


def found(seen: Seen) -> Way | None:
    """A next link as the protocol names it: the server says where it goes on, and how large its pages are."""
    places = [leaf.place for leaf in seen.leaves if leaf.place in {"/@odata.nextLink", "/odata.nextLink", "/d/__next"}]
    if not places:
        return None
    return Way("odata", {"next": [places[0]], "size": 0}, f"{places[0]} in the answer leads on", 0)
