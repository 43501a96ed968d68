"""How clean some data is: profiles, likely joins, wrong cells, rules that fit, a score, and a plan that repairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, cast

from pipelines.quality.joins import LikelyJoin
from pipelines.quality.profile import TableProfile, profile_table, sampled
from pipelines.quality.rules import Rule, Told, suggest_rules
from pipelines.quality.score import Score, score
from spec.errors import DataError, unknown_name
from tools.context import Context
from tools.data import Found, OpenData, open_data
from tools.values import json_value

if TYPE_CHECKING:
    from pipelines.quality.cells import WrongCell
    from pipelines.quality.examined import Examined
    from spec.base import JsonValue
    from spec.pipeline import Pipeline

MOST_EXAMINED = 50_000
MOST_CELLS = 1_500_000
MOST_TOLD = 10
RULE = 0.97
"""A column that tells another is suggested as a rule from here on; below it is shown alone."""
_SPELLINGS = ("null_values", "date_format", "timestamp_format", "currency", "negative", "thousands", "decimal",
              "true_values", "false_values")  # fmt: skip


@dataclass(frozen=True)
class TableQuality:
    """All that is known of a table's quality.

    ``examined`` rows were searched for wrong ``cells``, as they are written in the file; ``key`` finds a row of them.
    ``told`` are columns that tell others, the surest first.
    """

    profile: TableProfile
    joins: tuple[LikelyJoin, ...]
    told: tuple[Told, ...]
    rules: tuple[Rule, ...]
    score: Score
    cells: tuple[WrongCell, ...]
    examined: int
    key: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table's."""
        return self.profile.name

    def to_json(self) -> dict[str, JsonValue]:
        """As plain data; of the columns that hold secrets no value is told."""
        plain = asdict(self)
        for one in plain["profile"]["columns"]:
            one["empty"] = one["looked"] - one["filled"]
            if one["personal"] == "secret":
                one.update(top=[], least="", greatest="")
        return cast("dict[str, JsonValue]", json_value(plain))


def quality(context: Context, items: Sequence[str], *, table: str | None = None) -> list[TableQuality]:
    """Every table of what the items name, or one of them; joins are sought among all.

    Raises UsageError and DataError as ``open_data`` does, SpecError where there is no such table.
    """
    from pipelines.quality.joins import likely_joins

    with open_data(items, context) as opened, _all_rows(opened) as data, _as_written(data) as written:
        wanted = _wanted(data, table)
        profiles = [profile_table(data.tuples, one) for one in data.catalog.tables]
        joins = likely_joins(data.tuples, profiles) if len(profiles) > 1 else ()
        return [_quality(data, written, one, joins) for one in profiles if one.name in wanted]


def _wanted(data: OpenData, table: str | None) -> set[str]:
    if table is None:
        return set(data.sources)
    found = {name for name in data.sources if name.casefold() == table.casefold()}
    if not found:
        raise unknown_name("table", table, tuple(data.sources))
    return found


def _all_rows(data: OpenData) -> OpenData:
    """The same tables, none of whose rows is left out for a value that cannot be read: it counts as empty."""
    kept = [
        replace(one, offer=replace(one.offer, source=one.source.model_copy(update={"on_error": "null"})))
        for one in data.found
    ]
    return OpenData(kept)


def _as_written(data: OpenData) -> OpenData:
    """The same tables, those of text files with every value as it stands there: a parsed one shows no mistake."""
    return OpenData([_unparsed(found) for found in data.found])


def _unparsed(found: Found) -> Found:
    source, table = found.source, found.offer.table
    if source.connector != "files" or source.options.get("format") not in (None, "csv", "tsv"):
        return found
    if not source.columns or (source.options.get("format") is None and _is_typed(source.location or "")):
        return found
    options = {name: value for name, value in source.options.items() if name not in _SPELLINGS}
    # Whole numbers that all read as such are written as they are, and keep their order in a file.
    whole = {name for name in table.primary_key if source.columns.get(name) == "BIGINT"}
    columns = {name: "BIGINT" if name in whole else "VARCHAR" for name in source.columns}
    plain = source.model_copy(update={"columns": columns, "options": options, "primary_key": ()})
    texts = tuple(one.model_copy(update={"type": columns.get(one.name, one.type)}) for one in table.columns)
    offer = replace(found.offer, source=plain, table=table.model_copy(update={"columns": texts, "primary_key": ()}))
    return replace(found, offer=offer)


def _is_typed(location: str) -> bool:
    bare = location.casefold().removesuffix(".gz").removesuffix(".zst")
    return not bare.endswith((".csv", ".tsv", ".txt"))


def _quality(data: OpenData, written: OpenData, profile: TableProfile, joins: Sequence[LikelyJoin]) -> TableQuality:
    from pipelines.quality.cells import find_cells

    reading = data.reading(profile.name)
    unread = sum(reading.nulled.values()) + sum(aside.rows for aside in reading.quarantined)
    with examined(written, profile) as rows:
        cells = tuple(find_cells(rows))
        told = _told(rows)
        size, key = rows.size, rows.key
    own = tuple(join for join in joins if join.table == profile.name)
    wrong: dict[str, set[str]] = {}
    for cell in cells:
        wrong.setdefault(cell.column, set()).add(cell.value)
    sure = [one for one in told if one.share >= RULE][:MOST_TOLD]
    return TableQuality(
        profile=profile,
        joins=own,
        told=told,
        rules=tuple(suggest_rules(profile, own, sure, wrong)),
        score=score(profile, cells, size, unread),
        cells=cells,
        examined=size,
        key=key,
        remarks=data.remarks(profile.name),
    )


def examined(written: OpenData, profile: TableProfile) -> Examined:
    """The table's rows as they are written, at most ``MOST_EXAMINED`` of them; close it."""
    from sqlglot import exp

    from connectors import sql
    from pipelines.quality.examined import Examined

    table = written.catalog.table(profile.name)
    if table is None:
        raise unknown_name("table", profile.name, tuple(written.sources))
    names = [one.name for one in table.columns]
    named = exp.Table(this=sql.identifier(table.name))
    rows = sql.whole(written.tuples(exp.select(exp.Count(this=exp.Star())).from_(named))[0][0])
    most = min(MOST_EXAMINED, MOST_CELLS // max(1, len(names)))
    texts = [sql.cast(sql.column(name), "VARCHAR") for name in names]
    found = written.tuples(exp.select(*texts).from_(sampled(table, rows, most)))
    plain = cast("list[tuple[str | None, ...]]", found)
    return Examined(names, plain, _key(profile, names, plain))


def _key(profile: TableProfile, names: Sequence[str], rows: Sequence[Sequence[str | None]]) -> tuple[str, ...]:
    """What finds a row: the first key that holds for the rows as they are written, else all columns together."""
    for key in profile.keys:
        places = [names.index(name) for name in key]
        found = {tuple(row[place] for place in places) for row in rows}
        if len(found) == len(rows) and not any((row[place] or "") == "" for row in rows for place in places):
            return key
    return tuple(names)


def _told(rows: Examined) -> tuple[Told, ...]:
    found = [
        Told(rows.names[one.determinant], rows.names[one.dependent], one.confidence, one.support)
        for one in rows.dependencies
    ]
    # Among equals the rule about the column with fewer values says more: zip tells city, and city tells state.
    values = {name: len(rows.counts[place]) for place, name in enumerate(rows.names)}
    found = [one for one in found if values[one.column] >= values[one.other]]
    return tuple(sorted(found, key=lambda one: (-one.share, values[one.column], one.column, one.other)))


def cleaning_plan(
    context: Context,
    items: Sequence[str],
    *,
    table: str | None = None,
    at_least: float = 0.5,
) -> tuple[Pipeline, TableQuality]:
    """A plan that reads one table as it is written, repairs what is proposed, and proves the rules that fit.

    The repairs stand in the plan itself, row by row, so that what is approved is what is changed; a cell without a
    proposal is not among them. Raises UsageError where several tables are named and none is chosen.
    """
    from spec.errors import UsageError

    found = quality(context, items, table=table)
    if len(found) != 1:
        raise UsageError(
            f"There are {len(found)} tables: {', '.join(one.name for one in found)}.",
            hint="Say which one is to be cleaned: --table NAME.",
        )
    one = found[0]
    with open_data(items, context) as data:
        offered = {name.casefold(): item for name, item in zip(data.sources, data.found, strict=True)}
        source = _unparsed(offered[one.name.casefold()]).source
    return _plan(one, source.model_dump(mode="json", exclude_defaults=True), source.columns, at_least), one


def _plan(
    found: TableQuality, source: Mapping[str, JsonValue], columns: Mapping[str, str], at_least: float
) -> Pipeline:
    from spec.pipeline import Pipeline

    if not columns:
        raise DataError(f"The columns of {found.name} are not known, so no plan can be made.")
    repairs = [cell for cell in found.cells if cell.proposed is not None and cell.confidence >= at_least]
    clash = {"column", "value", "proposed", "reason", "confidence"} & {name.casefold() for name in found.key}
    if clash:
        raise DataError(
            f"The key of {found.name} has the column {min(clash)!r}, as a list of repairs does.",
            hint="Rename the column in the file.",
        )
    kinds = {name: columns[name] for name in found.key}
    listed = {**kinds, "column": "VARCHAR", "value": "VARCHAR", "proposed": "VARCHAR", "reason": "VARCHAR",
              "confidence": "DECIMAL(4,3)"}  # fmt: skip
    rows: list[JsonValue] = [
        [*(text or None for text in cell.key), cell.column, cell.value or None, cell.proposed or None, cell.reason,
         f"{cell.confidence:.3f}"]
        for cell in repairs
    ]  # fmt: skip
    changed: list[JsonValue] = [name for name in columns if name in {cell.column for cell in repairs}]
    plain: dict[str, JsonValue] = {
        "name": f"clean_{found.name}",
        "title": f"Clean {found.name}",
        "reading": f"{len(rows):,} cells of {found.name} are repaired as listed; every other cell stays as it is.",
        "sources": {found.name: dict(source)},
        "outputs": [
            {"file": f"{found.name}_clean.csv", "from": "cleaned" if rows else found.name, "order_by": list(found.key)}
        ],
    }
    target = found.name
    if rows:
        target = "cleaned"
        plain["tables"] = {"repairs": {"version": "1", "columns": dict(listed), "rows": rows}}
        plain["steps"] = [
            {"id": "cleaned", "use": "repair", "from": [found.name, "repairs"], "key": list(found.key),
             "columns": changed}
        ]  # fmt: skip
    # What is read as written is text, of which sizes are not compared; and other tables are not in this plan.
    fitting = [rule for rule in found.rules if rule.check["check"] not in ("range", "foreign_key")]
    plain["checks"] = [{**rule.check, "on": target, "severity": "warn", "note": f"{rule.reason}: {rule.evidence}"}
                       for rule in fitting]  # fmt: skip
    return Pipeline.model_validate(plain)
