"""The list comes in one answer."""

from __future__ import annotations

from connectors.http.asking import Answer, Ask
from spec.base import Document


class Params(Document):
    """Nothing to say."""


def first(params: Params, ask: Ask) -> Ask:
    """The request itself."""
    del params
    return ask


def following(params: Params, ask: Ask, answer: Answer) -> Ask | None:
    """There is no other page."""
    del params, ask, answer
    return None


def ahead(params: Params, ask: Ask, answer: Answer) -> tuple[Ask, ...] | None:
    """There is no other page."""
    del params, ask, answer
    return ()
