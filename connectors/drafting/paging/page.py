"""Pages by number: ``page`` and how many there are, or on to an empty one."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from connectors.drafting.seen import HEADER, Seen, Way
from connectors.drafting.words import words
from spec.base import JsonValue

_TAKES = (
    {"page"},
    {"page", "number"},
    {"page", "no"},
    {"page", "num"},
    {"page", "index"},
    {"p"},
    {"current", "page"},
    {"pg"},
    {"page", "id"},
)
_PAGES = (
    {"total", "pages"},
    {"page", "count"},
    {"pages"},
    {"last", "page"},
    {"num", "pages"},
    {"pages", "count"},
    {"number", "of", "pages"},
    {"max", "page"},
    {"total", "page", "count"},
    {"page", "total"},
    {"pages", "total"},
)
_ZERO = re.compile(
    r"zero[- ]?(?:based|indexed)|0[- ]?(?:based|indexed)|(?:start|begin)\w*\s+(?:at|from|with)\s+(?:0|zero)\b"
    r"|first page is (?:page )?(?:0|zero)\b",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"one[- ]?(?:based|indexed)|1[- ]?(?:based|indexed)|(?:start|begin)\w*\s+(?:at|from|with)\s+(?:1|one)\b"
    r"|first page is (?:page )?(?:1|one)\b|\bpage=1\b",
    re.IGNORECASE,
)


def found(seen: Seen) -> Way | None:
    """A parameter with a page's number. Where the first has which number is shown, said, or asked for the whole API."""
    parameter = seen.taking(*_TAKES)
    if parameter is None or parameter.shape.is_only("boolean", "array", "object"):
        return None
    start, why = _start(seen, parameter)
    sized, said = seen.sized()
    params: dict[str, JsonValue] = {"number": parameter.name, "start": start, **sized}
    pages = seen.telling(*_PAGES)
    in_header = next(
        (leaf for leaf in seen.headers if set(leaf.last) in _PAGES or {"total", "pages"} <= set(leaf.last)), None
    )
    if pages is not None and not pages.is_flag and "next" not in pages.words:
        params["pages"] = pages.place
        end = f"{pages.place} in the answer says how many"
    elif in_header is not None:
        params |= {"pages_header": in_header.place.removeprefix(HEADER), "until_empty": True}
        end = f"the {in_header.place} says how many"
    elif seen.more is not None:
        params["more"] = seen.more.place
        end = f"{seen.more.place} in the answer says whether there are more"
    else:
        params["until_empty"] = True
        end = "nothing says how many, so on to an empty one"
    evidence = "; ".join((f"the parameter {parameter.name!r}", why, end, *said))
    return Way("page", params, evidence, 5)


def _start(seen: Seen, parameter: Parameter) -> tuple[int, str]:
    said = parameter.shape.said
    for key, word in (("default", "by default"), ("minimum", "at least")):
        number = said.get(key)
        if str(number) in {"0", "1"} and not isinstance(number, bool):
            return int(str(number)), f"the first is {number} ({number} {word})"
    if _ZERO.search(parameter.text):
        return 0, "the first is 0, in words"
    if _ONE.search(f"{parameter.text} {seen.endpoint.text}"):
        return 1, "the first is 1, in words"
    shown = next((leaf for leaf in seen.leaves if set(leaf.last) in _TAKES and leaf.shape.example in (0, 1)), None)
    if shown is not None and not isinstance(shown.shape.example, bool):
        return int(str(shown.shape.example)), f"the example of an answer has {shown.place} {shown.shape.example}"
    if str(parameter.example) in {"0", "1"}:
        return int(str(parameter.example)), f"the example is {parameter.example}"
    answer = seen.asking.needed(
        f"paging.{'.'.join(words(parameter.name))}.start",
        f"Which number has the first page in {parameter.name!r}? The description does not say.",
        [("1", "1, as most count"), ("0", "0")],
        stream=seen.stream,
    )
    return int(answer), f"the first is {answer}, you said so"
