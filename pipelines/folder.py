"""Durable files: what is said to be written is on the disk, whole, even after a power cut."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from spec.base import JsonValue


def write_durably(path: Path, content: bytes) -> None:
    """Write beside, fsync, rename, fsync the folder: afterwards the file is whole or as it was."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Force a file that something else wrote onto the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Force a folder's entries onto the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Mapping[str, JsonValue], *, durable: bool = True) -> None:
    """Write one JSON object, whole or not at all. Without ``durable`` a power cut may undo it, a kill may not."""
    content = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()
    if durable:
        write_durably(path, content)
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.write_bytes(content)
    beside.replace(path)


def read_json(path: Path) -> dict[str, JsonValue] | None:
    """The object a file holds, or None when there is no such file."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    return cast("dict[str, JsonValue]", json.loads(content))
