"""The planner that needs no model: a question in words to a spec, a question back, or a reason why not."""

from __future__ import annotations

from agents.builtin.decide import decide
from agents.contract import DataView, Draft, Question, Refusal, Request


class BuiltinPlanner:
    """Deterministic and offline; the same request over the same data gives the same answer."""

    name = "builtin"

    def draft(self, request: Request, data: DataView) -> Draft | Question | Refusal:
        """Answer, ask or refuse. Never guesses between readings whose results differ."""
        if request.want == "pipeline":
            from agents.builtin.pipelines.planner import draft_pipeline

            return draft_pipeline(request, data, decide)
        return decide(request, data)


def draft(request: Request, data: DataView) -> Draft | Question | Refusal:
    """``BuiltinPlanner().draft``."""
    return BuiltinPlanner().draft(request, data)
