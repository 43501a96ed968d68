"""A set of files that appears under the output folder as one, also when the process or the machine dies in between.

Everything is written under ``OUT/.dreflow-publishing/<run>/`` first. Writing ``OUT/.dreflow-publishing/journal.json``
is the commit: before it the set is discarded, after it whoever touches the folder next finishes the renames. Then a
marker in the run's own folder says that the set is out, the journal goes, and ``.dreflow-publishing`` with it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from pipelines.folder import read_json, sync_file, sync_folder, write_json
from spec.base import JsonValue

HIDDEN = ".dreflow-publishing"
"""Never the name of a workspace (`.dreflow`), which may stand in the same folder and must survive."""
JOURNAL = "journal.json"
MARKER = "published.json"
WAIT_SECONDS = 0.05


@contextmanager
def holding(out: Path, check: Callable[[], None], sleep: Callable[[float], None]) -> Iterator[None]:
    """Make the folder and hold it against other runs until the end; the system lets go when the process dies.

    Waits while another run publishes there; ``check`` ends the waiting by raising.
    """
    out.mkdir(parents=True, exist_ok=True)
    handle = os.open(out, os.O_RDONLY)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                sleep(WAIT_SECONDS)
        recover(out)
        yield
    finally:
        os.close(handle)


def staging_folder(out: Path, run_id: str) -> Path:
    """Where a run writes the files of its set: on the same file system as ``out``, so that a rename moves them."""
    folder = out / HIDDEN / run_id
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def commit(
    out: Path,
    run_id: str,
    run_folder: Path,
    *,
    files: Sequence[str],
    obsolete: Sequence[str],
    facts: Mapping[str, JsonValue],
) -> None:
    """Publish the files staged under these names, remove ``obsolete`` ones, and leave ``facts`` as the run's marker."""
    staged = out / HIDDEN / run_id
    for file in files:
        sync_file(staged / file)
    sync_folder(staged)
    journal: dict[str, JsonValue] = {
        "run_id": run_id,
        "marker": str((run_folder / MARKER).resolve()),
        "files": list(files),
        "obsolete": list(obsolete),
        "facts": dict(facts),
    }
    write_json(out / HIDDEN / JOURNAL, journal)
    _finish(out, journal)


def recover(out: Path) -> None:
    """Finish the set whose journal stands; discard the files of a run that died before its journal. The caller holds
    ``out``.
    """
    hidden = out / HIDDEN
    if not hidden.exists():
        return
    journal = read_json(hidden / JOURNAL)
    if journal is not None:
        _finish(out, journal)
    shutil.rmtree(hidden, ignore_errors=True)


def published(run_folder: Path) -> dict[str, JsonValue] | None:
    """The facts of the set that this run published, or None while it has not."""
    return read_json(run_folder / MARKER)


def settled(
    out: Path, run_folder: Path, check: Callable[[], None], sleep: Callable[[float], None]
) -> dict[str, JsonValue] | None:
    """The same after finishing a set whose journal still stands in ``out``; waits as ``holding`` does."""
    if not out.exists():
        return published(run_folder)
    with holding(out, check, sleep):
        return published(run_folder)


def _finish(out: Path, journal: Mapping[str, JsonValue]) -> None:
    staged = out / HIDDEN / str(journal["run_id"])
    for file in cast("list[str]", journal["files"]):
        # One that is not there any more was renamed before the crash.
        if (staged / file).exists():
            (staged / file).replace(out / file)
    for file in cast("list[str]", journal["obsolete"]):
        (out / file).unlink(missing_ok=True)
    sync_folder(out)
    marker = Path(str(journal["marker"]))
    # The folder of a workspace that was deleted meanwhile needs no marker.
    if marker.parent.is_dir():
        # Lost in a power cut, it lets the run repeat a set that is out already, which changes nothing.
        write_json(marker, cast("dict[str, JsonValue]", journal["facts"]), durable=False)
    (out / HIDDEN / JOURNAL).unlink(missing_ok=True)
    shutil.rmtree(out / HIDDEN, ignore_errors=True)
