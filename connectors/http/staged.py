"""Pages kept as they came: files of one line a page, and a log with a line a page that says how far reading has got.

A line is ``{"parent":{...},"page":<the answer's bytes>}``. The log is appended after the page it speaks of, so a kill
leaves at most a page without its log line, which is cut off when reading goes on. Nothing here holds a secret.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from spec.base import JsonValue
from spec.errors import LimitError
from spec.records import record

FILE_SIZE = 8 << 20
"""Bytes after which the next page goes to another file: what is made into tables at a time."""
_LOG = "log.jsonl"
_MOST = 100_000


@record(frozen=True)
class Kept:
    """A page that was kept. ``walk`` names the list it is of, ``records`` counts its records; ``then`` is the request
    of the next page, ``ahead`` those of all others.
    """

    walk: str
    file: str
    end: int
    records: int
    then: JsonValue = None
    ahead: JsonValue = None

    def to_json(self) -> dict[str, JsonValue]:
        """As a line of the log."""
        found: dict[str, JsonValue] = {"walk": self.walk, "file": self.file, "end": self.end, "records": self.records}
        if self.then is not None:
            found["then"] = self.then
        if self.ahead is not None:
            found["ahead"] = self.ahead
        return found


@dataclass
class Pages:
    """The pages of one read in ``folder``. One writer at a time."""

    folder: Path
    log: list[Kept] = field(default_factory=list)
    begun: str = ""
    """When the read began, ISO 8601."""
    done: bool = False
    extra: dict[str, JsonValue] = field(default_factory=dict)
    """What the last line says beside."""
    _file: IO[bytes] | None = None
    _number: int = 0
    _log_file: IO[bytes] | None = None

    @classmethod
    def opened(cls, folder: Path, *, now: str) -> Pages:
        """The pages in a folder, begun anew or to be gone on with; what a kill left half written is cut off."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pages = cls(folder)
        log = folder / _LOG
        if not log.exists():
            for old in folder.glob("*.ndjson"):
                old.unlink()
            pages.begun = now
            pages._append({"begun": now})
            return pages
        sound = 0
        with log.open("rb") as said:
            for line in said:
                item = _item(line)
                if item is None:
                    break
                sound += len(line)
                pages._take(item)
        os.truncate(log, sound)
        ends = {page.file: page.end for page in pages.log}
        for file in sorted(folder.glob("*.ndjson")):
            if file.name not in ends:
                file.unlink()
            elif file.stat().st_size > ends[file.name]:
                os.truncate(file, ends[file.name])
        if ends:
            pages._number = max(int(name.removesuffix(".ndjson").rpartition("-")[2]) for name in ends)
        return pages

    def _take(self, item: Mapping[str, JsonValue]) -> None:
        if "begun" in item:
            self.begun = str(item["begun"])
        elif item.get("done"):
            self.done = True
            self.extra = {key: value for key, value in item.items() if key != "done"}
        else:
            walk, file, end, records = (item[name] for name in ("walk", "file", "end", "records"))
            counted = cast("int", end), cast("int", records)
            self.log.append(Kept(str(walk), str(file), *counted, item.get("then"), item.get("ahead")))

    @property
    def records(self) -> int:
        """How many records the pages have."""
        return sum(page.records for page in self.log)

    def files(self) -> list[Path]:
        """The files with pages, in order."""
        names = dict.fromkeys(page.file for page in self.log)
        return [self.folder / name for name in names]

    def keep(
        self,
        walk: str,
        content: bytes,
        parent: Mapping[str, JsonValue],
        records: int,
        *,
        then: JsonValue = None,
        ahead: JsonValue = None,
    ) -> None:
        """Append a page and say so in the log."""
        # A line break inside a JSON text stands between tokens only, so a blank in its place changes nothing.
        flat = content.replace(b"\r", b" ").replace(b"\n", b" ")
        head = json.dumps(parent).encode() if parent else b"{}"
        line = b'{"parent":%b,"page":%b}\n' % (head, flat or b"null")
        file = self._open()
        file.write(line)
        file.flush()
        self._say(Kept(walk, f"pages-{self._number:05d}.ndjson", file.tell(), records, then, ahead))

    def finish(self, extra: Mapping[str, JsonValue]) -> None:
        """Say that everything was read."""
        self.done = True
        self.extra = dict(extra)
        self._append({"done": True, **extra})
        self.close()

    def rewritten(self, change: Callable[[bytes], tuple[bytes, int]]) -> None:
        """Put another line, with its number of records, in the place of each page's line; all of them at once."""
        self.close()
        before = self.files()
        log: list[Kept] = []
        pages = iter(self.log)
        for file in before:
            fresh = self.folder / f"settled-{file.name}"
            with fresh.open("wb") as target, file.open("rb") as source:
                for line in source:
                    changed, records = change(line)
                    target.write(changed)
                    page = next(pages)
                    log.append(Kept(page.walk, fresh.name, target.tell(), records, page.then, page.ahead))
                target.flush()
                os.fsync(target.fileno())
        beside = self.folder / f"{_LOG}.new"
        said: list[Mapping[str, JsonValue]] = [{"begun": self.begun}, *(page.to_json() for page in log)]
        beside.write_bytes(b"".join(_line(item) for item in said))
        beside.replace(self.folder / _LOG)
        for file in before:
            file.unlink()
        self.log = log

    def close(self) -> None:
        """Let go of the files."""
        for file in (self._file, self._log_file):
            if file is not None:
                file.close()
        self._file = self._log_file = None

    def _say(self, page: Kept) -> None:
        self.log.append(page)
        self._append(page.to_json())

    def _append(self, item: Mapping[str, JsonValue]) -> None:
        if self._log_file is None:
            self._log_file = (self.folder / _LOG).open("ab")
        self._log_file.write(_line(item))
        self._log_file.flush()

    def _open(self) -> IO[bytes]:
        if self._file is not None and self._file.tell() >= FILE_SIZE:
            self._file.close()
            self._file = None
            self._number += 1
        if self._file is None:
            if self._number >= _MOST:
                raise LimitError("There are more pages than are kept for one read.", hint="Read a shorter period.")
            self._file = (self.folder / f"pages-{self._number:05d}.ndjson").open("ab")
        return self._file


def _line(item: Mapping[str, JsonValue]) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode() + b"\n"


def _item(line: bytes) -> dict[str, JsonValue] | None:
    """A line of the log; None for one that a kill cut off."""
    try:
        return cast("dict[str, JsonValue]", json.loads(line)) if line.endswith(b"\n") else None
    except ValueError:
        return None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One reader of a stream into a folder at a time, over threads and processes; others find it read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def lines(files: Sequence[Path]) -> Iterator[tuple[Path, bytes]]:
    """Each page's line with the file that it stands in."""
    for file in files:
        with file.open("rb") as stream:
            for line in stream:
                yield file, line


def fingerprint(files: Sequence[Path]) -> str:
    """SHA-256 over all pages."""
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return f"sha256:{digest.hexdigest()}"
