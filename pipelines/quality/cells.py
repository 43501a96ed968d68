"""Cells of a table that are probably wrong: what each detector finds, brought together cell by cell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import prod
from typing import Final, Protocol, cast

from pipelines.quality.examined import Examined, Suspect
from spec.records import record
from spec.registry import Shelf

DETECTORS: Final = Shelf("pipelines.detectors", "detector")
LIKELY = 0.5
"""Cells less sure than this are not shown."""


class Detector(Protocol):
    """A module ``pipelines/detectors/<name>.py``. Its docstring says what it finds and how."""

    def find(self, data: Examined) -> Iterable[Suspect]:
        """Cells that are probably wrong; the same for equal rows in any order."""


@record(frozen=True)
class WrongCell:
    """One cell: ``key`` are its row's values of the key's columns, ``value`` what stands there.

    ``proposed`` is None where nothing better is known, and empty where the cell should be empty. ``confidence`` is from
    0 to 1; where several detectors found the cell, it is one minus the product of what each leaves open.
    """

    row: int
    key: tuple[str, ...]
    column: str
    value: str
    reason: str
    confidence: float
    proposed: str | None
    kinds: tuple[str, ...]


def find_cells(data: Examined, *, at_least: float = LIKELY) -> list[WrongCell]:
    """Every cell that is at least that sure to be wrong, in the order of rows and columns."""
    found: dict[tuple[int, int], list[tuple[str, Suspect]]] = defaultdict(list)
    for name in DETECTORS.names():
        for suspect in cast("Detector", DETECTORS.load(name)).find(data):
            found[suspect.row, suspect.column].append((name, suspect))
    places = [data.names.index(name) for name in data.key]
    cells: list[WrongCell] = []
    for (row, column), told in sorted(found.items()):
        confidence = round(1 - prod(1 - suspect.confidence for _, suspect in told), 3)
        if confidence < at_least:
            continue
        proposed, reasons = _best(told)
        texts = data.rows[row]
        cells.append(
            WrongCell(
                row=row,
                key=tuple(texts[place] for place in places),
                column=data.names[column],
                value=texts[column],
                reason="; ".join(dict.fromkeys(reasons)),
                confidence=min(confidence, 0.99),
                proposed=proposed if proposed != texts[column] else None,
                kinds=tuple(sorted({name for name, _ in told})),
            )
        )
    return cells


def _best(told: Sequence[tuple[str, Suspect]]) -> tuple[str | None, list[str]]:
    """The proposal that most speaks for, and the reasons, those of that proposal first."""
    votes: dict[str, float] = defaultdict(float)
    for _, suspect in told:
        if suspect.proposed is not None:
            votes[suspect.proposed] += suspect.confidence
    best = min(votes, key=lambda value: (-votes[value], value)) if votes else None
    ordered = sorted(told, key=lambda item: (item[1].proposed != best, -item[1].confidence, item[0]))
    return best, [suspect.reason for _, suspect in ordered]
