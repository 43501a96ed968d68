"""Rules that fit a table, ready as checks of a spec, each with its reason and its evidence.

A rule that every row keeps is suggested as one that holds publishing back; one that almost every row keeps, as a
warning. Nothing is suggested from fewer than ``FEWEST`` rows: what holds in ten rows may hold by chance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from pipelines.quality.joins import LikelyJoin
from pipelines.quality.profile import SHOWN, ColumnProfile, TableProfile
from pipelines.scope import family
from spec.base import JsonValue
from spec.records import record

FEWEST = 20
ALMOST = 0.99
NAMED = 4
LISTED = 0.95
EACH = 3
"""How often each value of a list stands there at least."""
EMAIL: Final = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"


@record(frozen=True)
class Rule:
    """A check as it stands in a spec, why it is suggested, and what it was seen on. ``holds`` is the share of rows."""

    check: dict[str, JsonValue]
    reason: str
    evidence: str
    holds: float


@record(frozen=True)
class Told:
    """``column`` tells ``other``: rows with the same value of the one have the same of the other, for ``share``."""

    column: str
    other: str
    share: float
    rows: int


def suggest_rules(
    profile: TableProfile,
    joins: Sequence[LikelyJoin] = (),
    told: Sequence[Told] = (),
    wrong: Mapping[str, Collection[str]] | None = None,
) -> list[Rule]:
    """Rules for the table. ``wrong`` are values of a column that are probably mistakes; no list of values has them."""
    if profile.looked < FEWEST:
        return []
    found = [*_key(profile)]
    keyed = {name for key in profile.keys[:1] for name in key}
    found += _filled(profile, keyed)
    for column in profile.columns:
        if column.name in keyed:
            continue
        found += _listed(profile, column, (wrong or {}).get(column.name, ()))
        found += [*_bounded(profile, column), *_formed(profile, column)]
    found += [_pointing(join) for join in joins if join.table == profile.name]
    found += [_telling(profile, one) for one in told]
    return found


def _rule(
    profile: TableProfile, check: str, params: dict[str, JsonValue], reason: str, evidence: str, holds: float = 1.0
) -> Rule:
    written: dict[str, JsonValue] = {"check": check, "on": profile.name, **params}
    if holds < 1:
        written["severity"] = "warn"
    return Rule(written, reason, evidence, holds)


def _key(profile: TableProfile) -> Iterator[Rule]:
    if profile.keys:
        names = list(profile.keys[0])
        rows = f"{profile.rows:,} rows, each with another value and none empty"
        yield _rule(profile, "unique", {"columns": [*names]}, f"{', '.join(names)} identifies a row", rows)


def _filled(profile: TableProfile, keyed: Collection[str]) -> Iterator[Rule]:
    others = [one for one in profile.columns if one.name not in keyed]
    full: list[JsonValue] = [one.name for one in others if not one.empty]
    if full:
        evidence = f"none of {profile.looked:,} rows has an empty one"
        yield _rule(profile, "not_null", {"columns": full}, f"{_listing(full)} filled in every row", evidence)
    for column in others:
        share = column.filled / column.looked
        if ALMOST <= share < 1:
            evidence = f"{column.empty:,} of {column.looked:,} are empty"
            reason = f"{column.name} is filled in almost every row"
            yield _rule(profile, "not_null", {"columns": column.name}, reason, evidence, share)


def _listing(names: Sequence[JsonValue]) -> str:
    listed = ", ".join(str(name) for name in names[:NAMED])
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{listed}{more} {'is' if len(names) == 1 else 'are'}"


def _listed(profile: TableProfile, column: ColumnProfile, wrong: Collection[str]) -> Iterator[Rule]:
    if family(column.type) != "text" or column.distinct < 2:
        return
    # All values beyond those shown are rarer than these, so what is not shown is counted as another.
    kept = [one for one in column.top if one.rows >= EACH and one.text not in wrong]
    rows = sum(one.rows for one in kept)
    if not kept or len(kept) == SHOWN or rows < LISTED * column.filled or len(kept) * 10 > column.filled:
        return
    values: list[JsonValue] = [one.text for one in sorted(kept, key=lambda one: one.text)]
    holds = rows / column.filled
    rare = f"; {column.filled - rows:,} have another" if holds < 1 else ""
    evidence = f"{len(kept)} values make up {rows:,} of {column.filled:,} rows{rare}"
    reason = f"{column.name} is one of {', '.join(str(value) for value in values)}"
    yield _rule(profile, "accepted_values", {"column": column.name, "values": values}, reason, evidence, holds)


def _bounded(profile: TableProfile, column: ColumnProfile) -> Iterator[Rule]:
    if family(column.type) != "number" or not column.filled or column.distinct < 2:
        return
    least, greatest = float(column.least), float(column.greatest)
    evidence = f"{column.least} to {column.greatest} in {column.filled:,} rows"
    name = column.name.casefold()
    if least >= 0 and re.search(r"percent|pct|share|ratio|rate", name) and greatest <= 100:
        most = 1 if greatest <= 1 else 100
        reason = f"{column.name} is a part of a whole"
        yield _rule(profile, "range", {"column": column.name, "min": 0, "max": most}, reason, evidence)
    elif least >= 0:
        reason = f"no {column.name} is below zero"
        yield _rule(profile, "range", {"column": column.name, "min": 0}, reason, evidence)


def _formed(profile: TableProfile, column: ColumnProfile) -> Iterator[Rule]:
    if family(column.type) != "text" or not column.forms:
        return
    if column.personal == "email":
        yield from _as_form(profile, column, EMAIL, sum(one.rows for one in column.forms if "@" in one.text), "e-mail")
        return
    form = column.forms[0]
    if "9" in form.text:
        yield from _as_form(profile, column, pattern_of(form.text), form.rows, repr(form.text))


def _as_form(profile: TableProfile, column: ColumnProfile, pattern: str, rows: int, shown: str) -> Iterator[Rule]:
    holds = rows / column.filled
    if holds < ALMOST:
        return
    reason = f"{column.name} is written as {shown}"
    evidence = f"{rows:,} of {column.filled:,} values are"
    yield _rule(profile, "format", {"column": column.name, "pattern": pattern}, reason, evidence, holds)


def pattern_of(form: str) -> str:
    """The regular expression of a form: 9 is a digit, A capitals, a other letters; 9+ is five digits or more."""
    parts = {"9+": r"[0-9]{5,}", "9": "[0-9]", "A": r"\p{Lu}+", "a": r"\p{Ll}+"}
    return re.sub(r"9\+|9|A|a|.", lambda part: parts.get(part[0], re.escape(part[0])), form)


def _pointing(join: LikelyJoin) -> Rule:
    params: dict[str, JsonValue] = {"columns": join.column, "to": join.to}
    if join.references != join.column:
        params["references"] = join.references
    written: dict[str, JsonValue] = {"check": "foreign_key", "on": join.table, **params}
    if join.share < 1:
        written["severity"] = "warn"
    reason = f"{join.column} points at {join.to}.{join.references}"
    return Rule(written, reason, f"{join.share:.1%} of its different values stand there", join.share)


def _telling(profile: TableProfile, told: Told) -> Rule:
    params: dict[str, JsonValue] = {"columns": told.column, "tell": told.other}
    evidence = f"it holds for {told.share:.1%} of {told.rows:,} rows"
    return _rule(profile, "determines", params, f"{told.column} tells {told.other}", evidence, told.share)
