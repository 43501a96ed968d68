"""How each list comes in pages: the surest way that its description shows, or what has to be asked."""

from __future__ import annotations

import re
from typing import cast

from connectors.drafting.paging.none import shows_nothing, signs_of_pages
from connectors.drafting.questions import UnknownError
from connectors.drafting.seen import PAGING, Recogniser, Seen, Way
from connectors.drafting.told import FORMS, is_told, way_of
from connectors.drafting.words import clean
from connectors.http.asking import at
from connectors.http.unread import said_of_more, would_say
from spec.base import JsonValue

_MOST = re.compile(r"\b(?:at\s+most|up\s+to|maximum\s+of|first|last)\s+(\d{1,6})\b", re.IGNORECASE)


def shown(seen: Seen) -> Way | None:
    """The surest of the ways that are shown; None where none is. UnknownError where something of it is not known."""
    if seen.endpoint.paging:
        params = {key: item for key, item in seen.endpoint.paging.items() if key != "use"}
        use, why = str(seen.endpoint.paging["use"]), "the protocol says so"
        if seen.endpoint.samples:
            why = "you said where the next page stands" if use != "none" else "you said that it always comes whole"
            if "next_header" in params:
                why = f"another request carried what an answer's header {params['next_header']} gave"
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


def whole(seen: Seen, *, others_are_paged: bool, unread: bool = False) -> Way:
    """The list comes in one answer: shown by how the API's other lists are described, or said by a person.

    ``unread`` where the description refers to a document that nobody has: its pages may be described there. What an
    answer contradicts, or none could, is not offered.
    """
    if others_are_paged and not unread and shows_nothing(seen):
        evidence = "other lists of this API take parameters for pages; this one takes none and its answer tells of none"
        return Way("none", {}, evidence, 9, sure=False)
    told = next(filter(None, (_said_of_more(one, seen.records) for one in seen.endpoint.samples)), "")
    if told:
        # What an answer contradicts cannot be agreed to.
        text = f"How is the next page of {seen.endpoint.path} asked for? An example answer is not all of it: {told}."
        text += f" Say {FORMS}."
        return way_of(_said(seen, text, []), seen)
    signs = signs_of_pages(seen)
    # The size is asked for, so that an answer as large as can be shows that there may be more.
    sized, said = seen.sized()
    most = _MOST.search(seen.endpoint.text) if not sized else None
    if most is not None:
        sized, said = {"size": int(most[1])}, (f"the description says '{clean(most[0])}'",)
    if unread:
        signs.append("a part of what describes it stands in another document")
    doubt = "The description shows no pages."
    options = [("whole", "yes, always the whole list")]
    if signs:
        doubt = f"It may come in pages, since {', and '.join(signs)}; nothing says how the next one is asked for."
        if not sized and not would_say([leaf.place for leaf in seen.leaves]):
            # No answer could show that it is not all, so a yes that is wrong would never be seen.
            options = []
            doubt += " No answer would show that it is not the whole list, so it cannot be read as one."
    text = f"Does {seen.endpoint.path} always give its whole list in one answer? {doubt} If not, say {FORMS}."
    answer = _said(seen, text, options)
    if is_told(answer):
        return way_of(answer, seen)
    return Way("none", sized, "; ".join(("you said that it always comes whole", *said)), 9)


def _said(seen: Seen, text: str, options: list[tuple[str, str]]) -> str:
    return seen.asking.needed(f"{seen.stream}.paging", text, options, stream=seen.stream, free=is_told)


def _said_of_more(sample: JsonValue, records: str) -> str:
    found = at(sample, records)
    return said_of_more(sample, {}, len(found)) if isinstance(found, list) else ""
