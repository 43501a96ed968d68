"""The next page's link in the header ``Link``."""

from __future__ import annotations

import re

from connectors.drafting.seen import Seen, Way

_SAID = re.compile(r"\blink\b.{0,30}\bheader|header.{0,30}\blink\b|rel=\W{0,2}next", re.IGNORECASE)


def found(seen: Seen) -> Way | None:
    """A header ``Link`` among those of the answer, or words about it."""
    if "link" in seen.endpoint.headers:
        evidence = "the answer has a header Link"
    elif _SAID.search("\n".join((seen.endpoint.text, *(one.text for one in seen.query)))):
        evidence = "the description speaks of the header Link"
    else:
        return None
    sized, said = seen.sized()
    return Way("link_header", sized, "; ".join((evidence, *said)), 4)
