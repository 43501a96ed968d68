"""How each list comes in pages: the surest way that its description shows, or what has to be asked."""

from __future__ import annotations

from typing import cast

from connectors.drafting.paging.none import shows_nothing
from connectors.drafting.questions import UnknownError
from connectors.drafting.seen import PAGING, Recogniser, Seen, Way


def shown(seen: Seen) -> Way | None:
    """The surest of the ways that are shown; None where none is. UnknownError where something of it is not known."""
    if seen.endpoint.paging:
        params = {key: item for key, item in seen.endpoint.paging.items() if key != "use"}
        use, why = str(seen.endpoint.paging["use"]), "the protocol says so"
        if seen.endpoint.samples:
            why = "you said where the next page stands" if use != "none" else "you said that it always comes whole"
            params |= seen.sized()[0] if use != "none" else {}
        return Way(use, params, why, 0)
    unknown: UnknownError | None = None
    ways: list[Way] = []
    before = dict(seen.asking.open)
    for name in PAGING.names():
        try:
            way = cast("Recogniser", PAGING.load(name)).found(seen)
        except UnknownError as error:
            unknown = unknown or error
            continue
        if way is not None:
            ways.append(way)
    if not ways and unknown is not None:
        raise unknown
    if not ways:
        return None
    # What another way would have needed to know need not be asked.
    seen.asking.open = before
    return min(ways, key=lambda one: one.order)


def whole(seen: Seen, *, others_are_paged: bool) -> Way:
    """The list comes in one answer: shown by how the API's other lists are described, or said by a person."""
    if others_are_paged and shows_nothing(seen):
        evidence = "other lists of this API take parameters for pages; this one takes none and its answer tells of none"
        return Way("none", {}, evidence, 9, sure=False)
    said = seen.asking.needed(
        f"{seen.stream}.paging",
        f"Does {seen.endpoint.path} always give its whole list in one answer? The description shows no pages.",
        [("whole", "yes, always the whole list")], stream=seen.stream,
    )  # fmt: skip
    del said
    return Way("none", {}, "you said that it always comes whole", 9)
