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
    """

    package: str
    noun: str
    module: str = ""

    def names(self) -> tuple[str, ...]:
        """All unit names, sorted; lists the folder and imports none of them."""
        return tuple(sorted({*_local_names(self.package, self.module), *_entry_points(self._group())}))

    def has(self, name: str) -> bool:
        """Whether there is a unit of that name."""
        # Ours first: for others the notes of every installed distribution have to be read.
        return name in _local_names(self.package, self.module) or name in _entry_points(self._group())

    def load(self, name: str) -> ModuleType:
        """Import the one unit; raises SpecError with the nearest name when there is none."""
        if name in _local_names(self.package, self.module):
            suffix = f".{self.module}" if self.module else ""
            return importlib.import_module(f"{self.package}.{name}{suffix}")
        entry = _entry_points(self._group()).get(name)
        if entry is None:
            raise unknown_name(self.noun, name, self.names())
        loaded = entry.load()
        if not isinstance(loaded, ModuleType):
            raise unknown_name(self.noun, name, self.names())
        return loaded

    def _group(self) -> str:
        return "dreflow." + self.package.rpartition(".")[2]


@cache
def _local_names(package: str, module: str) -> frozenset[str]:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return frozenset()
    found: set[str] = set()
    for location in spec.submodule_search_locations:
        with os.scandir(location) as entries:
            for entry in entries:
                if entry.name.startswith("_"):
                    continue
                if module and entry.is_dir() and Path(entry.path, f"{module}.py").is_file():
                    found.add(entry.name)
                elif not module and entry.name.endswith(".py"):
                    found.add(entry.name.removesuffix(".py"))
    return frozenset(found)


@cache
def _entry_points(group: str) -> dict[str, EntryPoint]:
    # Importing it takes longer than all else here, and a unit of ours is found without it.
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=group)}
