"""The approved pipelines of a workspace: which conversation made each, when it runs, and how it ran last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spec.run import StoredRun
from tools import conversations, runs
from tools.context import Context
from tools.wording import spoken_rhythm


@dataclass(frozen=True)
class ApprovedPipeline:
    """The plan that stands under a name. ``schedule`` is in words, empty when it runs only when asked."""

    name: str
    thread: str
    title: str
    spec_digest: str
    schedule: str
    last: StoredRun | None


def approved(context: Context) -> Sequence[ApprovedPipeline]:
    """The plan last approved under each name, of conversations that this principal may see.

    One whose approval was taken back is left out.
    """
    context.need("ask")
    last = {run.pipeline: run for run in reversed(runs.recent(context, limit=500))}
    titles = {about.id: about.title for about in conversations.recent(context, limit=500)}
    found: dict[str, ApprovedPipeline] = {}
    for thread, plan in conversations.of(context).standing():
        if thread not in titles or plan.pipeline in found:
            continue
        spec = context.workspace.store.spec(plan.spec_digest)
        schedule = spec.schedule if spec is not None else None
        found[plan.pipeline] = ApprovedPipeline(
            plan.pipeline,
            thread,
            titles[thread],
            plan.spec_digest,
            f"{spoken_rhythm(schedule.rhythm)} ({schedule.timezone} time)" if schedule else "",
            last.get(plan.pipeline),
        )
    return list(found.values())
