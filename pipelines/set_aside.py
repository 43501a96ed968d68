"""Whether so much of a source was set aside or emptied that its policy, or the format it is read by, must be wrong.

And what becomes of such rows once they are mended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.state import MAX_HELD_ROWS
from spec.pipeline import Source
from spec.run import CheckResult

if TYPE_CHECKING:
    from pipelines.staging import Staged
    from pipelines.state import Settled


FEW = 10


def is_too_many(bad: int, rows: int, at_most: int) -> bool:
    """Whether so many of the rows cannot be the odd ones: above the share, and above ten or (from three) half."""
    return bad * 100 > at_most * rows and (bad > FEW or (bad > 2 and bad * 2 > rows))


def few_set_aside(sources: Mapping[str, Source], staged: Mapping[str, Staged]) -> list[CheckResult]:
    """A result for each source of which rows were set aside, or values emptied; it blocks above the source's share.

    One more, a warning, where rows set aside are not looked for any longer.
    """
    found: list[CheckResult] = []
    for name, item in staged.items():
        source = sources.get(name)
        if source is None:
            continue
        aside = sum(one.rows for one in item.quarantined)
        column, emptied = max((item.nulled or {}).items(), key=lambda one: (one[1], one[0]), default=("", 0))
        if item.let_go is not None:
            found.append(_left(name, source, item.let_go))
        if not aside and not emptied:
            continue
        # Rows that were read again belong to what was looked at, as those set aside again do.
        rows = item.rows + item.repeated + aside
        bad = max(aside, emptied)
        too_many = is_too_many(bad, rows, source.at_most)
        what = f"{aside} of {rows} rows were set aside" if aside >= emptied else f"{emptied} of {rows} are empty now"
        found.append(
            CheckResult(
                check="few_set_aside",
                on=name,
                severity="block",
                passed=not too_many,
                expected=f"at most {source.at_most} percent of the rows cannot be read",
                found=what if aside >= emptied else f"{what} in {column}",
                detail=(
                    "a format or type that fits so few rows is likely the wrong one; if it is right, raise at_most of "
                    f"the source {name!r}"
                    if too_many
                    else ""
                ),
            )
        )
    return found


def _left(name: str, source: Source, before: str) -> CheckResult:
    """That rows set aside are left behind is told, and does not hold the others back."""
    return CheckResult(
        check="mended_rows_come",
        on=name,
        severity="warn",
        passed=False,
        expected="rows that were set aside are read again until they can be",
        found=f"those from before {before} are not",
        detail=f"more than {MAX_HELD_ROWS:,} rows have come since; once mended, such a row comes in when its "
        f"{source.cursor} changes too",
    )


def emptied(staged: Mapping[str, Staged]) -> list[str]:
    """Values that could not be read and are empty now, in words."""
    return [
        f"{name}: {count:,} {'value' if count == 1 else 'values'} of {column} could not be read and "
        f"{'counts' if count == 1 else 'count'} as empty."
        for name, item in staged.items()
        for column, count in (item.nulled or {}).items()
        if count
    ]


def looked_for(source: Source, settled: Settled) -> list[str]:
    """What becomes of rows set aside when they are mended, in words."""
    told: list[str] = []
    if settled.let_go is not None:
        told.append(
            f"Rows set aside from before {settled.let_go} are not read again, since more than {MAX_HELD_ROWS:,} rows "
            f"have come after them: once mended, such a row comes in when its {source.cursor} changes too."
        )
    held = settled.border.held if settled.border is not None else None
    if held is not None:
        begins = f"reads again from {held} on" if held else "reads everything again"
        told.append(f"The next run {begins}, so that rows set aside come in once they are mended.")
    return told
