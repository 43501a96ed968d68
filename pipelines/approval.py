"""No effect beyond the output folder without a person's approval of exactly this spec."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipelines.job import Job
from spec.errors import ApprovalNeededError
from spec.run import Effect, RunStore


def permitted(job: Job, store: RunStore, rebound: Mapping[str, str]) -> None:
    """Raise ApprovalNeededError unless every effect beyond the output folder is approved for exactly this spec."""
    beyond = [effect for effect in job.effects if effect.needs_approval and effect.kind != "schedule"]
    listed = {load.table for load in job.loads} - {effect.target.rpartition("/")[2] for effect in beyond}
    beyond += [Effect(kind="write", target=table) for table in sorted(listed)]
    if not beyond:
        return
    wanted = [{"kind": effect.kind, "target": effect.target, "detail": effect.detail} for effect in beyond]
    data: dict[str, object] = {"spec_digest": job.digest, "effects": wanted}
    if rebound:
        raise ApprovalNeededError(
            "A run on other data than the spec names may write only to the output folder, and this spec also has: "
            f"{_listed(beyond)}.",
            hint="Leave out --data, or remove those loads and deliveries from the spec.",
            data=data,
        )
    approval = store.approval(job.digest)
    if approval is None or approval.spec_digest != job.digest:
        raise ApprovalNeededError(
            f"This needs a person's approval first: {_listed(beyond)}.",
            hint="Look at it with 'dreflow explain SPEC' and approve it with 'dreflow approve SPEC --by NAME'.",
            data=data,
        )


def _listed(effects: Sequence[Effect]) -> str:
    return "; ".join(f"{effect.kind} {effect.target}" for effect in effects)
