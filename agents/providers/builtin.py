"""The planner that needs no model, as a provider."""

from __future__ import annotations

from agents.contract import DataView, Draft, Question, Refusal, Request


def draft(request: Request, data: DataView) -> Draft | Question | Refusal:
    """Deterministic and offline; the same request over the same data gives the same answer."""
    from agents.builtin import planner

    return planner.draft(request, data)
