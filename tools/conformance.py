"""A connector of a system, ours or somebody's own, tried against what its vendor says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.contract import DECLARED
from spec.errors import UsageError, unknown_name

if TYPE_CHECKING:
    from connectors.http.conformance.suite import Verdict

VENDOR = "vendor.yaml"
"""Beside ``connector.yaml``: what the vendor's documents say of its lists, written from them and not from ours."""


def verdicts(
    system: str, *, vendor: Path | None = None, description: Path | None = None, stream: str | None = None
) -> Iterator[Verdict]:
    """Each case on each stream of a connector: one of the shelf, or a folder (or file) that somebody wrote.

    The vendor's own description is looked for beside the connector and in the folders of DREFLOW_SPECS. Raises
    UsageError that says what is missing.
    """
    from connectors.http.conformance.suite import run
    from connectors.http.definition import read_definition
    from connectors.http.vendor.description import together
    from connectors.http.vendor.profile import read_profile

    file = _connector_file(system)
    profile_file = vendor or file.with_name(VENDOR)
    if not profile_file.is_file():
        raise UsageError(
            f"Nobody has written down what the vendor of {file.parent.name} says.",
            hint=f"Put it into {VENDOR} beside the connector, or name it with --vendor.",
            where={"file": str(profile_file)},
        )
    profile = read_profile(profile_file)
    said = description or _description(profile.description, file.parent)
    files = [said, *(_description(name, file.parent) for name in profile.beside)]
    definition = read_definition(file)
    if stream is not None and stream not in definition.streams:
        raise unknown_name("list", stream, list(definition.streams))
    found = together(files, profile)
    yield from run(file.parent.name, definition, found, profile, streams=[stream] if stream is not None else ())


def _connector_file(system: str) -> Path:
    if DECLARED.has(system):
        return DECLARED.path(system)
    path = Path(system).expanduser()
    path = path / "connector.yaml" if path.is_dir() else path
    if path.name == "connector.yaml" and path.is_file():
        return path.resolve()
    raise UsageError(
        f"{system!r} is no connector of a system, and no folder with a connector.yaml.",
        hint=f"There is: {', '.join(DECLARED.names())}.",
    )


def _description(name: str, folder: Path) -> Path:
    places = [folder, *(Path(one) for one in os.environ.get("DREFLOW_SPECS", "").split(os.pathsep) if one)]
    for place in places:
        if (place / name).is_file():
            return place / name
    raise UsageError(
        f"The vendor's own description, {name}, is not here.",
        hint="Name it with --description, or the folder that it is in with DREFLOW_SPECS (several as in PATH).",
    )
