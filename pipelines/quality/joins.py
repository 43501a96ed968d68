"""Likely joins between tables: columns whose values stand in another table's key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

from sqlglot import exp

from connectors import sql
from pipelines.quality.profile import Ask, ColumnProfile, TableProfile
from pipelines.scope import family
from spec.records import record

ENOUGH = 0.9
FEWEST = 3
MOST_PAIRS = 200
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")


@record(frozen=True)
class LikelyJoin:
    """``share`` of the different values of ``table.column`` stand in ``to.references``."""

    table: str
    column: str
    to: str
    references: str
    share: float


def likely_joins(ask: Ask, profiles: Sequence[TableProfile]) -> tuple[LikelyJoin, ...]:
    """Columns that point at another table, as their names say and their values prove.

    Whole numbers are in most keys by chance, so for them the names have to fit; texts of at least five different
    values are enough by themselves.
    """
    pairs: list[tuple[TableProfile, ColumnProfile, TableProfile, ColumnProfile, bool]] = []
    for child in profiles:
        for parent in profiles:
            if child.name == parent.name:
                continue
            keys = [parent.column(key[0]) for key in parent.keys if len(key) == 1]
            for key in keys:
                for column in child.columns:
                    fits = _named_alike(column.name, key.name, parent.name)
                    if _comparable(column, key) and (fits or _telling(column)):
                        pairs.append((child, column, parent, key, fits))
    # Where names fit is looked first: the number of looks is bounded.
    pairs.sort(key=lambda pair: (not pair[4], pair[0].name, pair[1].name, pair[2].name, pair[3].name))
    best: dict[tuple[str, str], tuple[float, LikelyJoin]] = {}
    for child, column, parent, key, fits in pairs[:MOST_PAIRS]:
        share = _inclusion(ask, child.name, column.name, parent.name, key.name)
        if share < ENOUGH:
            continue
        rank = share + fits
        place = child.name, column.name
        if place not in best or rank > best[place][0]:
            best[place] = rank, LikelyJoin(child.name, column.name, parent.name, key.name, round(share, 6))
    return tuple(join for _, join in (best[place] for place in sorted(best)) if not _mirrored(join, best))


def _mirrored(join: LikelyJoin, best: Mapping[tuple[str, str], tuple[float, LikelyJoin]]) -> bool:
    """Whether the other side points back just as well; then one of the two is enough."""
    other = best.get((join.to, join.references))
    back = other is not None and (other[1].to, other[1].references) == (join.table, join.column)
    return back and other is not None and (other[1].share, join.table) > (join.share, join.to)


def _words(name: str) -> list[str]:
    return [word.casefold().rstrip("s") for word in _WORD.findall(name)]


def _named_alike(column: str, key: str, table: str) -> bool:
    ours, theirs, owner = _words(column), _words(key), _words(table)
    if ours == theirs:
        return len(ours) > 1 or ours[0] not in ("id", "key", "code", "name", "number", "no")
    return ours in ([*owner, *theirs], owner, [*owner[-1:], *theirs], owner[-1:])


def _comparable(column: ColumnProfile, key: ColumnProfile) -> bool:
    kinds = family(column.type), family(key.type)
    return (
        kinds[0] == kinds[1]
        and kinds[0] in ("number", "text")
        and column.distinct >= min(FEWEST, max(1, key.distinct))
        and not column.type.startswith(("DOUBLE", "FLOAT", "DECIMAL"))
    )


def _telling(column: ColumnProfile) -> bool:
    return family(column.type) == "text" and column.distinct >= 5


def _inclusion(ask: Ask, child: str, column: str, parent: str, key: str) -> float:
    mine = exp.select(exp.alias_(sql.column(column), "v")).from_(exp.Table(this=sql.identifier(child))).distinct()
    theirs = exp.select(exp.alias_(sql.column(key), "v")).from_(exp.Table(this=sql.identifier(parent))).distinct()
    query = sql.template("SELECT count(*), count(k.v) FROM c LEFT JOIN k ON c.v = k.v WHERE c.v IS NOT NULL")
    query.set("from_", exp.From(this=mine.subquery("c")))
    query.args["joins"][0].set("this", theirs.subquery("k"))
    total, found = map(sql.whole, ask(cast("exp.Query", query))[0])
    return found / total if total else 0.0
