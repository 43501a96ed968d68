"""What a changed spec changes in numbers: both versions computed on the same data, output by output."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from connectors import sql
from pipelines.computing import computing
from pipelines.digest import EXACT_NUMBERS, is_exact, row_text, spelled
from pipelines.engines.duckdb import Guard, Limits, quoted
from pipelines.job import Job, Relation
from pipelines.staging import Places
from pipelines.transform import Workbench
from spec.records import record

if TYPE_CHECKING:
    from sqlglot import exp

KEPT = "_dreflow_before"


@record(frozen=True)
class OutputImpact:
    """One file or table in both versions; None where a version does not have it.

    ``sums`` maps each number column both have to its exact totals before and after, as decimal text. The three counts
    of rows are by ``key``, a key both versions have; without one they are None and ``rows`` and ``sums`` have to tell.
    """

    target: str
    rows: tuple[int | None, int | None]
    sums: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    rows_added: int | None = None
    rows_removed: int | None = None
    rows_changed: int | None = None


def compare_jobs(
    before: Job,
    after: Job,
    places: Places,
    *,
    folder: Path,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
    limits: Limits | None = None,
) -> tuple[OutputImpact, ...]:
    """Compute both jobs on their sources' present data and compare what they would publish. ``folder`` is scratch."""
    bounds = limits or Limits()
    old, new = folder / "old", folder / "new"
    for place in (old, new):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    guard = Guard(monotonic=monotonic, seconds=bounds.seconds)
    rows_before = old / "rows.duckdb"
    with computing(before, places, guard, folder=old, limits=bounds, sleep=sleep) as (bench, _):
        bench.run_stages()
        bench.connection.execute(f"ATTACH {quoted(str(rows_before))} AS {KEPT}")
        for number, relation in enumerate(_targets(before).values()):
            bench.materialise(f"t{number}", bench.select(relation), (), schema=f"{KEPT}.main")
    results: list[OutputImpact] = []
    earlier, later = _targets(before), _targets(after)
    numbers = {target: number for number, target in enumerate(earlier)}
    with computing(after, places, guard, folder=new, limits=bounds, sleep=sleep, also=(old,)) as (bench, _):
        bench.run_stages()
        bench.connection.execute(f"ATTACH {quoted(str(rows_before))} AS {KEPT} (READ_ONLY)")
        for target in dict.fromkeys([*earlier, *later]):
            was = before.relation(earlier[target]) if target in earlier else None
            results.append(_impact(bench, target, was, numbers.get(target), later.get(target)))
    return tuple(results)


def _targets(job: Job) -> dict[str, str]:
    """What a job publishes: file or table to the relation it holds."""
    found = {output.file: output.from_ for output in job.outputs}
    return found | {load.table: load.from_ for load in job.loads}


def _impact(
    bench: Workbench, target: str, was: Relation | None, number: int | None, wanted: str | None
) -> OutputImpact:
    from sqlglot import exp

    there = exp.table_(f"t{number}", db="main", catalog=KEPT, quoted=True)
    if wanted is None:
        return OutputImpact(target, (sql.count(bench.connection, there), None))
    relation = bench.relation(wanted)
    if was is None:
        return OutputImpact(target, (None, bench.count(wanted)))
    here = f"_dreflow_after_{number}"
    bench.materialise(here, bench.select(wanted), ())
    table = exp.table_(here, db="main", catalog="memory", quoted=True)
    both = [item.name for item in was.fields if relation.field(item.name)]
    key = _common_key(was, relation)
    added, removed, changed = _by_key(bench, there, table, was, relation, key) if key else (None, None, None)
    return OutputImpact(
        target,
        (sql.count(bench.connection, there), sql.count(bench.connection, table)),
        sums=_sums(
            bench, there, table, [name for name in both if _is_number(was, name) and _is_number(relation, name)]
        ),
        columns_added=tuple(item.name for item in relation.fields if not was.field(item.name)),
        columns_removed=tuple(item.name for item in was.fields if not relation.field(item.name)),
        key=key,
        rows_added=added,
        rows_removed=removed,
        rows_changed=changed,
    )


def _is_number(relation: Relation, name: str) -> bool:
    item = relation.field(name)
    return item is not None and item.type.startswith(EXACT_NUMBERS) and not item.type.endswith("]")


def _sums(
    bench: Workbench, before: exp.Table, after: exp.Table, names: Sequence[str]
) -> dict[str, tuple[str | None, str | None]]:
    from sqlglot import exp

    if not names:
        return {}
    rows = [
        sql.row(
            bench.connection,
            exp.select(*(sql.cast(exp.Sum(this=sql.column(name)), "VARCHAR") for name in names)).from_(table.copy()),
        )
        for table in (before, after)
    ]
    texts = [[None if value is None else str(value) for value in row] for row in rows]
    return {name: (texts[0][index], texts[1][index]) for index, name in enumerate(names)}


def _common_key(before: Relation, after: Relation) -> tuple[str, ...]:
    """The smallest key both versions have, in the order of the columns."""
    known = {frozenset(name.casefold() for name in key) for key in after.keys if key}
    shared = [key for key in before.keys if key and frozenset(name.casefold() for name in key) in known]
    if not shared:
        return ()
    best = min(shared, key=lambda key: (len(key), sorted(key)))
    return tuple(item.name for item in before.fields if item.name in best)


def _by_key(
    bench: Workbench, before: exp.Table, after: exp.Table, was: Relation, now: Relation, key: Sequence[str]
) -> tuple[int, int, int]:
    """Rows added, removed and changed; a row has changed when an exact column that both versions have differs."""
    from sqlglot import exp

    compared = [
        (item.name, spelled(item.type))
        for item in was.fields
        if (other := now.field(item.name)) is not None
        and is_exact(item)
        and is_exact(other)
        and spelled(item.type) == spelled(other.type)
    ]

    def keyed(table: exp.Table) -> exp.Select:
        columns = [exp.alias_(sql.column(name), f"k{number}") for number, name in enumerate(key)]
        return exp.select(*columns, exp.alias_(row_text(compared), "text")).from_(table.copy())

    same = exp.and_(
        *(
            exp.NullSafeEQ(this=exp.column(f"k{number}", table="a"), expression=exp.column(f"k{number}", table="b"))
            for number in range(len(key))
        )
    )
    query = exp.select(
        sql.template("count_if(b.text IS NULL)"),
        sql.template("count_if(a.text IS NULL)"),
        sql.template("count_if(a.text <> b.text)"),
    ).from_(keyed(after).subquery("a"))
    query = query.join(keyed(before).subquery("b"), on=same, join_type="full")
    row = bench.guard.call(bench.connection, lambda: sql.row(bench.connection, query))
    return cast("tuple[int, int, int]", tuple(int(cast("int", value)) for value in row))
