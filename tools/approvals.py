"""A person's approval of exactly one spec, by its full digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from spec.codec import digest
from spec.errors import UsageError
from spec.pipeline import Pipeline
from spec.run import Effect
from tools import connections
from tools.context import Context


@dataclass(frozen=True)
class Approved:
    """What was approved: the digest, by whom and when, and what it permits. Of a plan without effects, nothing."""

    spec_digest: str
    approved_by: str
    approved_at: datetime
    effects: tuple[Effect, ...]


def approve(
    context: Context, spec: Pipeline, effects: tuple[Effect, ...], *, approved_by: str, now: datetime
) -> Approved:
    """Record who approved this spec; ``effects`` are those of the compiled spec, shown and written to the trail."""
    context.need("approve")
    connections.check_hosts(context, spec)
    name = approved_by.strip()
    if not name:
        raise UsageError("Who approves?", hint="Give a name with --by.")
    approval = context.workspace.store.approve(spec, approved_by=name, entered_by=context.principal, now=now)
    return Approved(approval.spec_digest, approval.approved_by, approval.approved_at, effects)


def withdraw(context: Context, spec: Pipeline, *, withdrawn_by: str, now: datetime) -> bool:
    """Take an approval back: its runs write, send and come by themselves no more. False when there was none."""
    context.need("approve")
    name = withdrawn_by.strip()
    if not name:
        raise UsageError("Who takes it back?", hint="Give a name with --by.")
    return context.workspace.store.withdraw(digest(spec), by=name, entered_by=context.principal, now=now)
