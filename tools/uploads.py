"""Files that people give a conversation, and files that runs leave for them."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from spec.errors import LimitError, UnsupportedError, UsageError
from tools import connections, conversations, runs
from tools.context import Context

LARGEST = 2 << 30
"""Bytes of one file; larger data belongs in a database or a folder that is named."""
READ = (
    ".csv",
    ".tsv",
    ".txt",
    ".json",
    ".ndjson",
    ".jsonl",
    ".parquet",
    ".xlsx",
    ".db",
    ".duckdb",
    ".sqlite",
    ".sqlite3",
    # Descriptions of systems, of which connectors are drafted.
    ".yaml",
    ".yml",
    ".edmx",
    ".xml",
)
_ODD = re.compile(r"[^\w.\- ]+")


class Incoming:
    """A file that is arriving; it takes its name when it is complete."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self.path, self.size = file, path, 0

    def write(self, piece: bytes) -> None:
        """Add a piece. Raises LimitError past the largest size."""
        self.size += len(piece)
        if self.size > LARGEST:
            raise LimitError(
                f"{self.path.name} is larger than {LARGEST >> 30} GB, the most that can be dropped here.",
                hint="Put it in a folder of this machine or in a database, and name that.",
                data={"limit": LARGEST},
            )
        self._file.write(piece)


@contextmanager
def receive(context: Context, thread: str, name: str, *, now: datetime) -> Iterator[Incoming]:
    """Take a file into a conversation's folder. One of the same name is kept beside it with the time it was replaced.

    Raises UnsupportedError for a kind that is not read, LimitError for one too large; nothing is left of either.
    """
    conversations.visible(context, thread)
    path = _folder(context, thread) / _clean(name)
    if path.suffix.casefold() not in READ:
        raise UnsupportedError(
            f"{path.name} is not a kind of file I read.",
            hint=f"I read {', '.join(ending.removeprefix('.') for ending in READ)}.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with beside.open("wb") as file:
            incoming = Incoming(file, path)
            yield incoming
        if path.exists():
            earlier = path.parent / "earlier"
            earlier.mkdir(exist_ok=True)
            path.replace(earlier / f"{now:%Y%m%dT%H%M%S%f}-{path.name}")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def take(context: Context, thread: str, source: Path, name: str, *, now: datetime) -> Path:
    """As ``receive``, of a file that is on this machine already; its path in the conversation."""
    with receive(context, thread, name, now=now) as incoming, source.open("rb") as file:
        while piece := file.read(1 << 20):
            incoming.write(piece)
    return incoming.path


def may_look(context: Context, thread: str, item: str) -> None:
    """Refuse data that this principal may not name: all but the conversation's own files and saved connections takes
    the right to connect, since it is read with the rights of this machine. Raises AccessError.
    """
    if "connect" in context.rights:
        return
    try:
        at = connections.located(context, item, base=Path.cwd())
    except UsageError:
        # Nor is it told whether there is something.
        context.need("connect")
        raise
    own = _folder(context, thread).resolve()
    inside = at.url is None and at.location is not None and Path(at.location).resolve().is_relative_to(own)
    if at.connection is None and not inside:
        context.need("connect")


def run_file(context: Context, run_id: str, name: str) -> Path:
    """A file that a run left under its output folder, by its plain name."""
    stored = runs.known(context, run_id)
    listed = {output.file for output in stored.result.outputs} if stored.result else set()
    listed |= {one.file for one in stored.result.quarantined} if stored.result else set()
    path = Path(stored.out) / name
    if name not in {*listed, *runs.report_files(stored)} or not path.is_file():
        raise UsageError(f"{run_id} left no file {name!r} that is still there.", hint="Run the pipeline again.")
    return path


def _folder(context: Context, thread: str) -> Path:
    return context.workspace.folder / "uploads" / thread


def _clean(name: str) -> str:
    """A plain file name: the last part of a path, without what a shell or a page would stumble over."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    plain = _ODD.sub("_", plain).strip(" .") or "file"
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:80]}{dot}{ending[:12]}" if dot else plain[:80]
