"""How clean a table is, from 0 to 100, and what lowered it.

A table starts at 100. Taken away are, each at most its ``most``:

========================  =====  ==========================================================================
what                      most   how much
========================  =====  ==========================================================================
wrong cells                 50   500 x the share of cells that are probably wrong (a tenth takes all)
empty cells                 20   100 x the share of empty cells, in columns of which at least half is filled
values of another type      10   100 x the share of values that could not be read as their column's type
rows that repeat            15   75 x the share of rows that are the same as another
no key                       5   nothing identifies a row
========================  =====  ==========================================================================

A cell counts for the confidence with which it is held for wrong. Shares are of the cells or rows looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pipelines.quality.cells import WrongCell
from pipelines.quality.profile import TableProfile
from spec.records import record

MOSTLY_FILLED = 0.5
"""A column that is filled less often is optional: its empty cells are no fault."""


@record(frozen=True)
class Deduction:
    """What was taken away: ``points``, for ``what``, with the figures behind it in ``why``."""

    what: str
    points: float
    why: str


@record(frozen=True)
class Score:
    """``points`` from 0 to 100, one decimal, and what was taken away, most first."""

    points: float
    deductions: tuple[Deduction, ...]


def score(profile: TableProfile, cells: Sequence[WrongCell], examined: int, unread: int = 0) -> Score:
    """The score of a table.

    ``cells`` were found among ``examined`` rows; ``unread`` values of the whole table were not of their column's type.
    """
    if not profile.rows or not profile.columns:
        return Score(0.0, (Deduction("no rows", 100.0, "the table holds nothing"),))
    found = [
        _wrong(profile, cells, examined),
        _empty(profile),
        _unread(profile, unread),
        _repeated(profile),
        _keyless(profile),
    ]
    taken = sorted((one for one in found if one.points > 0), key=lambda one: (-one.points, one.what))
    return Score(round(max(0.0, 100 - sum(one.points for one in taken)), 1), tuple(taken))


def _taken(what: str, most: float, factor: float, share: float, why: str) -> Deduction:
    return Deduction(what, round(min(most, factor * share), 1), why)


def _wrong(profile: TableProfile, cells: Sequence[WrongCell], examined: int) -> Deduction:
    total = max(1, examined * len(profile.columns))
    by_column = Counter(cell.column for cell in cells)
    listed = ", ".join(
        f"{name} {count:,}" for name, count in sorted(by_column.items(), key=lambda n: (-n[1], n[0]))[:3]
    )
    why = f"{len(cells):,} of {total:,} cells are probably wrong, most in {listed}"
    return _taken("wrong cells", 50, 500, sum(cell.confidence for cell in cells) / total, why)


def _empty(profile: TableProfile) -> Deduction:
    due = [one for one in profile.columns if one.filled >= MOSTLY_FILLED * one.looked]
    empty, total = sum(one.empty for one in due), sum(one.looked for one in due)
    worst = max(due, key=lambda one: (one.empty, one.name), default=None)
    why = f"{empty:,} of {total:,} cells are empty in columns that are filled as a rule"
    why += f", most in {worst.name}" if worst is not None and worst.empty else ""
    return _taken("empty cells", 20, 100, empty / max(1, total), why)


def _unread(profile: TableProfile, unread: int) -> Deduction:
    total = profile.rows * len(profile.columns)
    return _taken(
        "values of another type", 10, 100, unread / total, f"{unread:,} values are not of their column's type"
    )


def _repeated(profile: TableProfile) -> Deduction:
    why = f"{profile.repeated:,} of {profile.looked:,} rows are the same as another row"
    return _taken("rows that repeat", 15, 75, profile.repeated / max(1, profile.looked), why)


def _keyless(profile: TableProfile) -> Deduction:
    return Deduction("no key", 0.0 if profile.keys else 5.0, "no column, and no pair of columns, identifies a row")
