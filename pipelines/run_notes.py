"""What a run notes of itself on the disk: in a folder of its own, and beside them all which run is publishing."""

from __future__ import annotations

from pathlib import Path

from pipelines import events
from pipelines.folder import read_json

RUN_FILE = "run.json"
"""In a run's folder: the digest of its spec, its parameters, its clock and its seed."""
DIGESTS = "digests.json"
"""In a run's folder: the digest of each output, whole, written when it begins to publish."""


def run_folder(workspace: Path, run_id: str) -> Path:
    """Where a run keeps its events, its staged rows and its notes."""
    return workspace / "runs" / run_id


def events_file(run_id: str) -> str:
    """Where a run's events are, from the workspace on, as its result says it."""
    return f"runs/{run_id}/{events.FILE}"


def pointer_path(workspace: Path, pipeline: str) -> Path:
    """The note that names the run of a pipeline that is publishing."""
    return workspace / "runs" / f"{pipeline}.publishing.json"


def read_pointer(workspace: Path, pipeline: str) -> str | None:
    """The run that began to publish and did not end, if there is one."""
    note = read_json(pointer_path(workspace, pipeline))
    return str(note["run_id"]) if note else None


def conclude(workspace: Path, pipeline: str) -> None:
    """Everything of the run is out; the note goes."""
    pointer_path(workspace, pipeline).unlink(missing_ok=True)
