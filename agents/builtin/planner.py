"""The planner that needs no model: a question in words to a spec, a question back, or a reason why not."""

from __future__ import annotations

import re

from agents.builtin.decide import decide
from agents.builtin.language.words import LONGEST_REQUEST
from agents.builtin.listen import listen
from agents.builtin.pipelines.answers import asked_again
from agents.builtin.pipelines.goes_on import without_times
from agents.contract import DataView, Draft, Question, Refusal, Request

_BLANKS = re.compile(r"\s{2,}")


def _one_blank(run: re.Match[str]) -> str:
    return "\n" if "\n" in run[0] else " "


class BuiltinPlanner:
    """Deterministic and offline; the same request over the same data gives the same answer."""

    name = "builtin"

    def draft(self, request: Request, data: DataView) -> Draft | Question | Refusal:
        """Answer, ask or refuse. Never guesses between readings whose results differ."""
        if len(request.text) > LONGEST_REQUEST:
            return Refusal(
                message=f"This is {len(request.text):,} characters long; I read up to {LONGEST_REQUEST:,} at a time.",
                hint="Say it in fewer words, or in several messages, one for each file.",
            )
        # Long runs of blanks say nothing, and are what patterns are slowest at.
        request = request.model_copy(update={"text": _BLANKS.sub(_one_blank, request.text)})
        reply = _drafted(without_times(request) if request.history else request, data)
        return asked_again(reply, request.answers) if isinstance(reply, Question) else reply


def _drafted(request: Request, data: DataView) -> Draft | Question | Refusal:
    if request.want == "pipeline":
        from agents.builtin.pipelines.formats import with_file
        from agents.builtin.pipelines.named import as_asked, in_columns
        from agents.builtin.pipelines.planner import draft_pipeline

        named, said = in_columns(request, data)
        filed = named.model_copy(update={"text": with_file(named.text)})
        reply = draft_pipeline(filed, data, decide)
        if isinstance(reply, Draft) and reply.spec.request == filed.text != request.text:
            spec = reply.spec.model_copy(update={"request": request.text})
            reply = reply.model_copy(update={"spec": spec})
        return as_asked(reply, request, said)
    return listen(request, data)


def draft(request: Request, data: DataView) -> Draft | Question | Refusal:
    """``BuiltinPlanner().draft``."""
    return BuiltinPlanner().draft(request, data)
