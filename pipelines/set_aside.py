"""Whether so much of a source was set aside or emptied that its policy, or the format it is read by, must be wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipelines.policies import is_too_many
from spec.pipeline import Source
from spec.run import CheckResult

if TYPE_CHECKING:
    from pipelines.staging import Staged


def few_set_aside(sources: Mapping[str, Source], staged: Mapping[str, Staged]) -> list[CheckResult]:
    """A result for each source of which rows were set aside, or values emptied; it blocks above the source's share."""
    found: list[CheckResult] = []
    for name, item in staged.items():
        source = sources.get(name)
        if source is None:
            continue
        aside = sum(one.rows for one in item.quarantined)
        column, emptied = max((item.nulled or {}).items(), key=lambda one: (one[1], one[0]), default=("", 0))
        if not aside and not emptied:
            continue
        rows = item.rows + aside
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
