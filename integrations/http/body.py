"""The base of what requests and answers carry."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict

from spec.base import Document

Limit = Annotated[int, Query(ge=1, le=500)]
"""How many of a list are wanted, at most."""


class Body(Document):
    """A document whose validators are there when FastAPI builds its routes, as it expects."""

    model_config = ConfigDict(defer_build=False)


class Refused(Body):
    """What is answered instead, whatever could not be done: what happened, what to do next, and who can.

    ``error`` is its kind: access, approval, busy, limit, usage and so on; ``error`` for what broke inside.
    """

    message: str
    hint: str
    error: str
    who: str
