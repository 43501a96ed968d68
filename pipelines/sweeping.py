"""A sweep that a person asks for: all keys are read in this run, whatever their rhythm."""

from __future__ import annotations

from dataclasses import replace

from pipelines.gone import has_keys_to_read
from pipelines.job import Job
from spec.errors import UsageError


def sweeping(job: Job) -> Job:
    """The same job, which reads all keys now and not only on its rhythm; UsageError where the plan has none to read."""
    if not any(has_keys_to_read(source.gone) for source in job.sources.values()):
        raise UsageError(
            "The plan does not say that rows which are gone are told by their keys.",
            hint="Write gone: {sweep: 7 days} into the source that it is about, and approve that.",
        )
    if not any(load.write == "merge" for load in job.loads):
        raise UsageError(
            "This run merges into no table, so no keys would be compared.",
            hint="Leave out --sweep, or --data and --dry-run, with which a run writes files alone.",
        )
    return replace(job, sweep=True)
