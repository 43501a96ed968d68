"""What is read in part may not stand for the whole: a table is not replaced by the rows that are new."""

from __future__ import annotations

from spec.errors import SpecError
from spec.pipeline import Pipeline


def refuse_partial_replace(spec: Pipeline) -> None:
    """SpecError for a load that replaces a table by rows that come of a source which is read incrementally."""
    for load in spec.loads:
        if load.write != "replace":
            continue
        made_of = _made_of(spec, load.from_)
        partial = [
            key for key, source in spec.sources.items() if key.casefold() in made_of and source.read == "incremental"
        ]
        if partial:
            raise SpecError(
                f"{load.table!r} would be replaced by the new rows of {partial[0]!r} alone.",
                hint="Use write: merge or append, or read the source with read: full_refresh.",
                where={"table": load.table, "source": partial[0]},
                data={"table": load.table, "source": partial[0]},
            )


def _made_of(spec: Pipeline, relation: str) -> set[str]:
    """All that a relation is made of, itself included, in lower case: names differ in nothing but that."""
    inputs = {step.id.casefold(): step.from_ for step in spec.steps}
    found: set[str] = set()
    waiting = [relation]
    while waiting:
        name = waiting.pop().casefold()
        whole, _, _ = name.partition(".")
        for one in {name, whole} - found:
            found.add(one)
            waiting += inputs.get(one, ())
    return found
