"""How a list comes in pages, as a person says it in one short sentence where no description does."""

from __future__ import annotations

import re

from connectors.drafting.seen import HEADER, Seen, Way, next_of
from spec.base import JsonValue

FORMS = (
    "'PARAMETER takes /place/of/the/mark', 'PARAMETER takes header X-Name', 'PARAMETER is the page' (or '... from 0'), "
    "'PARAMETER passes over records', 'link at /place', 'link in header Link'"
)
_NAME = r"(?P<param>[A-Za-z_$/][\w.$\[\]/-]{0,60})"
_PLACE = r"(?P<place>(?:/[^/\s]+){1,8})"
_HEADER = r"header\s+(?P<header>[A-Za-z][A-Za-z0-9-]{0,60})"
_TAKES = re.compile(rf"{_NAME}\s+takes\s+(?:the\s+)?(?:{_PLACE}|{_HEADER})")
_PAGE = re.compile(rf"{_NAME}\s+is\s+the\s+page(?:\s+from\s+(?P<start>[01]))?")
_OFFSET = re.compile(rf"{_NAME}\s+passes\s+over\s+records")
_LINK = re.compile(rf"link\s+(?:at\s+{_PLACE}|in\s+(?:the\s+)?{_HEADER})", re.IGNORECASE)


def is_told(said: str) -> bool:
    """Whether an answer is one of ``FORMS``."""
    return any(form.fullmatch(_bare(said)) for form in (_TAKES, _PAGE, _OFFSET, _LINK))


def way_of(said: str, seen: Seen) -> Way:
    """The way that an answer of such a form says."""
    text = _bare(said)
    sized, why = seen.sized()
    use, params = _read(text, seen, sized)
    told = next((str(params[key]) for key in ("param", "number", "offset") if key in params), "")
    return Way(use, params, "; ".join((f"you said '{text}'", *why)), 0, told=told)


def _read(text: str, seen: Seen, sized: dict[str, JsonValue]) -> tuple[str, dict[str, JsonValue]]:
    if (link := _LINK.fullmatch(text)) is not None:
        if (link["header"] or "").lower() == "link":
            return "link_header", sized
        return "next_link", {**next_of(link["place"] or HEADER + link["header"].lower()), **sized}
    if (takes := _TAKES.fullmatch(text)) is not None:
        place = takes["place"] or HEADER + takes["header"].lower()
        return "cursor", {**next_of(place), "param": takes["param"], **sized}
    if (page := _PAGE.fullmatch(text)) is not None:
        return "page", {"number": page["param"], "start": int(page["start"] or 1), **sized, "until_empty": True}
    offset = _OFFSET.fullmatch(text)
    assert offset is not None
    limit = seen.sized("limit")[0] or {"limit": ""}
    return "offset", {"offset": offset["param"], **limit, "until_empty": True}


def _bare(said: str) -> str:
    return " ".join(said.split()).rstrip(".!")
