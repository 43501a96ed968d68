"""A person's own words, without what they quote: a quotation may hold anything, and only the person wishes."""

from __future__ import annotations

import re

_BLOCK = re.compile(r"^[ \t]*>.*$|^[ \t]*```.*?(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_SAYING = re.compile(
    r"(?:^|(?<=[.!?\n]))[^.!?\n\"“„«]*\b(?:says?|said|reads?|states?|stated|writes?|wrote)\b[^.!?\n\"“„«]{0,40}[\"“„«]"
    r".*[\"”»“][ \t]*[.!?]?",
    re.DOTALL,
)
"""A sentence that tells what something says. It ends at the last quotation mark, because what is quoted may hold some
itself, and what is cut short would be taken for a wish."""
_CONDITION = re.compile(r"\b(?:where|whose|only|that|which|with|if|when|rows?|lines?)\b", re.IGNORECASE)


def own_words(text: str) -> str:
    """``text`` without lines that begin with '>', blocks between ``` and sentences that tell what something says.

    A condition on a text ("only those whose note says ...") is the person's own, and so is a message that is nothing
    but one such sentence.
    """
    own = _BLOCK.sub("", text)
    for found in reversed(list(_SAYING.finditer(own))):
        before = own[found.start() : found.end()].split('"', 1)[0]
        rest = own[: found.start()] + own[found.end() :]
        if rest.strip() and not _CONDITION.search(before):
            own = rest
    return own.strip()
