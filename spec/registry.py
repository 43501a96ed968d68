"""A shelf: a folder of units, found by name.

The folder is the registry and the file's name is the unit's name, so adding a unit edits no list. Third parties add
units through the entry-point group ``dreflow.<shelf>``.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from spec.errors import unknown_name
from spec.records import record

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@record(frozen=True)
class Shelf:
    """Units of one sort.

    ``package`` is the importable folder, ``noun`` what one unit is called in messages, and ``module`` the file inside
    each unit's folder when a unit is a folder (``connectors/<name>/connector.py``) and empty when it is a file.
    ``data`` is the file inside each unit's folder when a unit is data (``connectors/<name>/connector.yaml``).
    """

    package: str
    noun: str
    module: str = ""
    data: str = ""

    def names(self) -> tuple[str, ...]:
        """All unit names, sorted; lists the folder and imports none of them."""
        if self.data:
            return tuple(sorted(_local_names(self.package, self.data)))
        return tuple(sorted({*_local_names(self.package, self._file()), *_entry_points(self._group())}))

    def has(self, name: str) -> bool:
        """Whether there is a unit of that name."""
        # Ours first: for others the notes of every installed distribution have to be read.
        if self.data:
            return name in _local_names(self.package, self.data)
        return name in _local_names(self.package, self._file()) or name in _entry_points(self._group())

    def is_ours(self, name: str) -> bool:
        """Whether the unit of that name is a file here, and not one that a third party adds."""
        return name in _local_names(self.package, self.data or self._file())

    def path(self, name: str) -> Path:
        """The file of a unit that is data; raises SpecError with the nearest name when there is none."""
        if not self.has(name):
            raise unknown_name(self.noun, name, self.names())
        return next(place for place in _places(self.package, name, self.data) if place.is_file())

    def load(self, name: str) -> ModuleType:
        """Import the one unit; raises SpecError with the nearest name when there is none."""
        if name in _local_names(self.package, self._file()):
            suffix = f".{self.module}" if self.module else ""
            return importlib.import_module(f"{self.package}.{name}{suffix}")
        entry = _entry_points(self._group()).get(name)
        if entry is None:
            raise unknown_name(self.noun, name, self.names())
        loaded = entry.load()
        if not isinstance(loaded, ModuleType):
            raise unknown_name(self.noun, name, self.names())
        return loaded

    def _file(self) -> str:
        return f"{self.module}.py" if self.module else ""

    def _group(self) -> str:
        return "dreflow." + self.package.rpartition(".")[2]


def _places(package: str, name: str, file: str) -> list[Path]:
    return [Path(location, name, file) for location in _locations(package)]


def _locations(package: str) -> list[str]:
    spec = importlib.util.find_spec(package)
    return list(spec.submodule_search_locations or ()) if spec is not None else []


@cache
def _local_names(package: str, file: str) -> frozenset[str]:
    found: set[str] = set()
    for location in _locations(package):
        with os.scandir(location) as entries:
            for entry in entries:
                if entry.name.startswith("_"):
                    continue
                if file and entry.is_dir() and Path(entry.path, file).is_file():
                    found.add(entry.name)
                elif not file and entry.name.endswith(".py"):
                    found.add(entry.name.removesuffix(".py"))
    return frozenset(found)


@cache
def _entry_points(group: str) -> dict[str, EntryPoint]:
    # Importing it takes longer than all else here, and a unit of ours is found without it.
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=group)}
