"""Trying a model: one small typed question through the same gate as all others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agents.calling import Caller, Job, Said
from agents.models import TIMEOUT, Make, Named, named
from agents.proposal import Proposed
from tools import models as kept
from tools.context import Context


class Sum(Proposed):
    """A sum."""

    total: int


@dataclass(frozen=True)
class Tried:
    """``message`` is for the person and holds nothing of the key."""

    works: bool
    message: str


def tried(context: Context, model: str, *, now: datetime, make: Make = Named.make, timeout: float = TIMEOUT) -> Tried:
    """Whether a model is reached, takes the key and gives typed output. Raises where it names no model."""
    context.need("admin")
    settings = kept.settings(context)
    one = named(context, model, settings)
    caller = Caller(context, settings, clock=lambda: now, make=make, timeout=timeout)
    job: Job[Sum] = Job("route", "You add numbers.", [Sum], prompt=lambda _privacy, _mode: "Add 2 and 3.")
    said: Said[Sum] = caller.run(job, [model])
    if said.output is None:
        return Tried(False, " ".join(said.notes))
    where = "on a machine of yours, so personal columns are not masked" if one.local else "elsewhere"
    sense = "" if said.output.total == 5 else f" It adds 2 and 3 to {said.output.total}, so do not expect much of it."
    return Tried(True, f"{model} answers in the form that is asked for. It runs {where}.{sense}")
