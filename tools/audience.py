"""Who may see a run, with what it left: whoever may see the conversation that made its plan, or had a hand in it."""

from __future__ import annotations

from collections.abc import Sequence

from spec.errors import AccessError
from spec.run import StoredRun
from tools.context import Context


def seen(context: Context, runs: Sequence[StoredRun]) -> Sequence[StoredRun]:
    """Those of the runs that this principal may see.

    That is all for an administrator; else those of plans that came of a conversation they may see, that they approved
    themselves, and runs that they started. Of a run on other data than its plan names, only who started it knows.
    """
    if "admin" in context.rights or not runs:
        return runs
    # Whoever runs from the shell sees all and pays nothing for it.
    from tools import conversations

    did = context.workspace.store.done_by(context.principal)
    shown: dict[str, bool] = {}

    def may_see(run: StoredRun) -> bool:
        if ("run", run.run_id) in did:
            return True
        if run.rebound:
            return False
        if run.spec_digest not in shown:
            approved = ("approve", run.spec_digest) in did
            shown[run.spec_digest] = approved or conversations.sees_plan(context, run.spec_digest)
        return shown[run.spec_digest]

    return [run for run in runs if may_see(run)]


def need(context: Context, run: StoredRun) -> None:
    """Refuse to go on with a run that this principal may not see; raises AccessError."""
    if not seen(context, [run]):
        raise AccessError(
            f"{run.run_id} is a run of somebody else's pipeline.",
            hint="They, or an administrator, can show you what it left.",
            data={"principal": context.principal},
        )
