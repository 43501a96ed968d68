"""Descriptions in several files: what a file refers to in its own folder or below becomes a part of it.

Nothing is fetched, and nothing outside of the folder is opened: such references stay, and the readers note them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from spec.errors import LimitError

MOST_FILES = 2_000
_PARTS = "x-read-beside"
_SUFFIXES = {".json", ".yaml", ".yml"}
_ELSEWHERE = re.compile(r"[\"']?\$ref[\"']?\s*:\s*[\"']?[^#\"'\s{\[]")


def refers_elsewhere(text: str) -> bool:
    """Whether a document's text has a reference to another one."""
    return _ELSEWHERE.search(text) is not None


def joined(plain: object, file: Path, read: Callable[[Path], object]) -> tuple[object, tuple[Path, ...]]:
    """The document with all that it refers to in files beside it, and these files.

    ``read`` says what a file holds and raises where that cannot be read; LimitError for too many files.
    """
    if not isinstance(plain, Mapping):
        return plain, ()
    folder = _Folder(file.resolve(), read)
    whole = dict(folder.rewritten(plain, file.resolve()))
    if folder.parts:
        whole[_PARTS] = {str(number): part for number, part in enumerate(folder.parts.values())}
    return whole, tuple(folder.parts)


class _Folder:
    """The files that were read so far, by their path."""

    def __init__(self, root: Path, read: Callable[[Path], object]) -> None:
        self._root = root
        self._read = read
        self.parts: dict[Path, object] = {}

    def rewritten(self, plain: Any, own: Path) -> Any:
        """The same with references that hold in the whole document."""
        if isinstance(plain, Mapping):
            return {
                key: self._reference(item, own)
                if key == "$ref" and isinstance(item, str)
                else self.rewritten(item, own)
                for key, item in plain.items()
            }
        return [self.rewritten(item, own) for item in plain] if isinstance(plain, list) else plain

    def _reference(self, reference: str, own: Path) -> str:
        name, _, place = reference.partition("#")
        target = own if not name else self._beside(name, own)
        if target is None:
            return reference
        if target == self._root:
            return f"#{place}"
        if target not in self.parts:
            if len(self.parts) >= MOST_FILES:
                raise LimitError(
                    f"The description stands in more than {MOST_FILES} files.",
                    hint="Cut out the part about the lists that you need.",
                )
            # Before it is read, so that two files may refer to each other.
            self.parts[target] = {}
            self.parts[target] = self.rewritten(self._read(target), target)
        return f"#/{_PARTS}/{list(self.parts).index(target)}{place}"

    def _beside(self, name: str, own: Path) -> Path | None:
        """The file that is meant; None for an address, and for what is no description's file in the folder."""
        if "://" in name or name.startswith(("/", "\\")) or "\x00" in name:
            return None
        target = (own.parent / unquote(name)).resolve()
        is_inside = target.is_relative_to(self._root.parent) and target.suffix.lower() in _SUFFIXES
        return target if is_inside and target.is_file() else None
