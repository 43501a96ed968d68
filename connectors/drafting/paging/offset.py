"""Pages by how many records to pass over: ``offset`` and ``limit``."""

from __future__ import annotations

import re

from connectors.drafting.api import Parameter
from connectors.drafting.seen import Seen, Way
from connectors.drafting.words import words
from spec.base import JsonValue

_TAKES = (
    {"offset"},
    {"skip"},
    {"start"},
    {"start", "at"},
    {"page", "offset"},
    {"from"},
    {"result", "offset"},
    *(
        {begins, record}
        for begins in ("start", "starting", "first", "begin", "beginning")
        for record in ("row", "record", "item", "entry", "result", "element", "index", "position")
    ),
)
_TOTAL = (
    {"total"},
    {"total", "count"},
    {"total", "results"},
    {"total", "items"},
    {"total", "records"},
    {"item", "count"},
    {"record", "count"},
    {"total", "size"},
    {"total", "elements"},
    {"total", "hits"},
    {"total", "rows"},
    {"total", "number"},
    {"count", "total"},
    {"total", "entries"},
    {"total", "number", "of", "items"},
)

_PASSES = re.compile(r"greater\s+than|larger\s+than|higher\s+than|\btoken\b|\bcursor\b|returned\s+by", re.IGNORECASE)


def found(seen: Seen) -> Way | None:
    """A parameter with a number of records. Where a first one is counted from is shown, or asked for the whole API."""
    parameter = seen.taking(*_TAKES)
    if parameter is None or parameter.shape.is_only("boolean", "array", "object"):
        return None
    named = set(words(parameter.name))
    if not _counts(parameter) or _PASSES.search(parameter.text):
        return None
    start, why = _start(seen, named)
    sized, said = seen.sized("limit")
    params: dict[str, JsonValue] = {"offset": parameter.name, **({"start": start} if start else {})}
    params |= sized or {"limit": ""}
    total = seen.telling(*_TOTAL)
    if total is not None and not total.is_flag:
        params["total"] = total.place
        end = f"{total.place} in the answer says how many records"
    elif seen.more is not None:
        params["more"] = seen.more.place
        end = f"{seen.more.place} in the answer says whether there are more"
    else:
        params["until_empty"] = True
        end = "nothing says how many, so on to an empty one"
    return Way("offset", params, "; ".join((f"the parameter {parameter.name!r}", why, end, *said)), 6)


def _counts(parameter: Parameter) -> bool:
    """Whether it takes a number of records: a text or a day is a mark or a moment."""
    if parameter.shape.kinds & {"integer", "number"}:
        return True
    return str(parameter.example).isdigit() and not parameter.shape.text("format").startswith("date")


def _start(seen: Seen, named: set[str]) -> tuple[int, str]:
    if named & {"offset", "skip"}:
        return 0, "the first passes over none"
    parameter = seen.taking(*_TAKES)
    assert parameter is not None
    for key in ("default", "minimum"):
        number = parameter.shape.said.get(key)
        if str(number) in {"0", "1"} and not isinstance(number, bool):
            return int(str(number)), f"the first is {number} ({key})"
    shown = next((leaf for leaf in seen.leaves if set(leaf.last) == named and leaf.shape.example in (0, 1)), None)
    if shown is not None and not isinstance(shown.shape.example, bool):
        return int(str(shown.shape.example)), f"the example of an answer has {shown.place} {shown.shape.example}"
    if str(parameter.example) in {"0", "1"}:
        return int(str(parameter.example)), f"the example is {parameter.example}"
    answer = seen.asking.needed(
        f"paging.{'.'.join(words(parameter.name))}.start",
        f"Which number has the first record in {parameter.name!r}? The description does not say.",
        [("0", "0"), ("1", "1")],
        stream=seen.stream,
    )
    return int(answer), f"the first is {answer}, you said so"
