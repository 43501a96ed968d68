"""Connectors drafted from vendors' own descriptions, held against those that were written by hand.

A list counts as the same where its address is; of it, where its records stand, its key, how its pages come and what its
changes are asked by. What the draft asks about is counted apart: it is neither right nor wrong.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import urlsplit

from spec.errors import UsageError

if TYPE_CHECKING:
    from connectors.drafting.drafter import Drafted
    from connectors.http.definition import Definition, Stream

PARTS = ("address", "records", "key", "pages", "cursor")


@dataclass
class Held:
    """One system: of ``streams`` written by hand how many each part is the same, and which are not, in words."""

    system: str
    streams: int = 0
    same: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PARTS, 0))
    asked: int = 0
    others: int = 0
    differs: list[str] = field(default_factory=list)


def held(system: str, folder: Path) -> Held | None:
    """One system's draft against the connector by hand; None where its description is not in the folder."""
    from connectors.contract import DECLARED
    from connectors.http.definition import read_definition
    from connectors.http.vendor.profile import read_profile
    from tools.drafting import Wanted, made

    own = DECLARED.path(system)
    file = folder / read_profile(own.with_name("vendor.yaml")).description
    if not file.is_file():
        return None
    drafted = made(Wanted("drafted", file))
    definition = read_definition(own)
    found = Held(system, streams=len(definition.streams))
    by_address = {_address(drafted.definition, one): name for name, one in drafted.definition.streams.items()}
    asked = {_bare(f"{_base(drafted.definition)}{path}"): why for path, why in drafted.left_out}
    for name, one in definition.streams.items():
        address = _address(definition, one)
        if address not in by_address:
            found.asked += address in asked
            found.differs.append(f"{name}: {asked.get(address, 'not among its lists')}")
            continue
        found.same["address"] += 1
        _compare(found, name, definition, drafted, by_address[address])
    found.others = len(drafted.definition.streams) - found.same["address"]
    return found


def _compare(found: Held, name: str, definition: Definition, drafted: Drafted, other: str) -> None:
    mine, theirs = (one.request(n, incremental=False) for one, n in ((definition, name), (drafted.definition, other)))
    one, draft = definition.streams[name], drafted.definition.streams[other]
    kept = set(one.parent.keep) if one.parent is not None else set()
    parts = {
        "records": (mine.records, theirs.records),
        "key": (sorted(set(one.primary_key) - kept), sorted(set(draft.primary_key) - kept)),
        "pages": (mine.paginate.use if mine.paginate else "none", theirs.paginate.use if theirs.paginate else "none"),
        "cursor": (one.cursor.field if one.cursor else "", draft.cursor.field if draft.cursor else ""),
    }
    for part, (wanted, got) in parts.items():
        if wanted == got:
            found.same[part] += 1
        else:
            found.differs.append(f"{name}: {part} is {got or 'none'} and by hand {wanted or 'none'}")


def _base(definition: Definition) -> str:
    return (
        urlsplit(re.sub(r"\{[^}]*\}", "x", definition.base_url)).path.rstrip("/")
        if "{url}" not in definition.base_url
        else ""
    )


def _address(definition: Definition, stream: Stream) -> str:
    # A service's own address is a setting where its description does not say it.
    base = "" if "{" in definition.base_url else _base(definition)
    return _bare(base + stream.path)


def _bare(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def measured(folder: Path) -> Iterator[Held]:
    """Each system of which the vendor's description is in the folder."""
    from connectors.contract import DECLARED

    for system in DECLARED.names():
        if not DECLARED.path(system).with_name("vendor.yaml").is_file():
            continue
        if (found := held(system, folder)) is not None:
            yield found


def run_suite(results: Path, out: TextIO) -> int:
    """Measure and print the table; 1 where there is no description to measure on."""
    del results
    place = os.environ.get("DREFLOW_SPECS")
    if not place:
        raise UsageError("There are no vendors' descriptions here.", hint="Say their folder with DREFLOW_SPECS.")
    found = list(measured(Path(place)))
    print(
        f"{'drafting':<10}{'lists':>7}" + "".join(f"{part:>9}" for part in PARTS) + f"{'asked':>8}{'others':>8}",
        file=out,
    )
    for one in found:
        figures = "".join(f"{one.same[part]:>9}" for part in PARTS)
        print(f"{one.system:<10}{one.streams:>7}{figures}{one.asked:>8}{one.others:>8}", file=out)
    for one in found:
        for text in one.differs:
            print(f"  {one.system} {text}", file=out)
    return 0 if found else 1
