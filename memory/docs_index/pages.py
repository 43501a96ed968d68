"""Where the docs are: beside the code in a checkout, among the data files of an installed distribution.

A connector's ``README.md`` lies in its folder in both, and a third party's beside its module.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, entry_points
from pathlib import Path

DISTRIBUTION = "dreflowpro"
SHARE = "share/dreflowpro/"
"""Where pyproject.toml's data files put the docs, below the environment's root."""
_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Page:
    """One document. ``file`` is how it is cited: ``docs/reports.md``, ``connectors/postgres/README.md``."""

    file: str
    text: str


def pages() -> Sequence[Page]:
    """All pages by the names they are cited under; one that cannot be read as text is left out."""
    found: dict[str, Path] = {}
    for file, path in (*_product(), *_connectors()):
        found.setdefault(file, path)
    return [page for file, path in sorted(found.items()) if (page := _read(file, path)) is not None]


def _read(file: str, path: Path) -> Page | None:
    # A third party's page in some other encoding is its author's mistake, and no reason to have no docs at all.
    try:
        return Page(file, path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def _product() -> Iterator[tuple[str, Path]]:
    if (_CHECKOUT / "docs").is_dir() and (_CHECKOUT / "pyproject.toml").is_file():
        for path in (_CHECKOUT / "README.md", *sorted((_CHECKOUT / "docs").rglob("*.md"))):
            yield path.relative_to(_CHECKOUT).as_posix(), path
        return
    try:
        installed: Distribution = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return
    for file in installed.files or ():
        before, share, name = file.as_posix().rpartition(SHARE)
        if share and name.endswith(".md") and set(before.split("/")) <= {"", ".."}:
            listed = Path(str(file.locate()))
            # After 'pip install --target' the list still has the way that an environment would have had.
            yield name, listed if listed.is_file() else Path(str(installed.locate_file(SHARE + name)))


def _connectors() -> Iterator[tuple[str, Path]]:
    spec = importlib.util.find_spec("connectors")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        for path in sorted(Path(location).glob("*/README.md")):
            yield f"connectors/{path.parent.name}/README.md", path
    for entry in entry_points(group="dreflow.connectors"):
        folder = _folder(entry)
        if folder is not None and (folder / "README.md").is_file():
            yield f"connectors/{entry.name}/README.md", folder / "README.md"


def _folder(entry: EntryPoint) -> Path | None:
    """The folder of a third party's unit; its own module is not imported for it."""
    try:
        found = importlib.util.find_spec(entry.module)
    except ImportError:
        return None
    return Path(found.origin).parent if found is not None and found.origin else None
