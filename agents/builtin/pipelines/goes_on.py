"""A plan asked for again at set times: the plan before, with a schedule."""

from __future__ import annotations

import re

from agents.builtin.pipelines.schedule import find_timing
from agents.contract import Draft, Request

_FILLERS = re.compile(
    r"\b(?:and|also|then|please|pls|do|doing|run|repeat|keep|make|it|that|this|the|same|again|now|instead|but|ok|okay|yes"
    r"|thanks?|you|schedule|plan|for\s+me|can|could|would)\b|[^\w]",
    re.IGNORECASE,
)


def draft_schedule(request: Request) -> Draft | None:
    """The last plan of the conversation with the schedule that this turn asks for; None when it asks for more."""
    before = request.history[-1] if request.history else None
    timing = find_timing(request.text, request.timezone)
    if before is None or before.spec is None or timing is None or not (before.spec.outputs or before.spec.loads):
        return None
    rest = request.text
    for words in timing.words:
        rest = rest.replace(words, " ", 1)
    if _FILLERS.sub("", rest):
        return None
    kept = tuple(said for said in before.spec.assumptions if not said.startswith("runs at "))
    assumptions = (*kept, timing.assumption) if timing.assumption else kept
    reading = f"{before.reading.rstrip('.')}; runs {timing.reading}."
    spec = before.spec.model_copy(
        update={
            "request": f"{before.request}; {request.text}",
            "reading": reading,
            "assumptions": assumptions,
            "schedule": timing.schedule,
        }
    )
    return Draft(spec=spec, reading=reading, assumptions=assumptions)
