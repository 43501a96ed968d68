"""The meaning of a question, before any SQL: what is shown, of which rows, grouped and ordered how."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agents.builtin.language.periods import Period

Ref = tuple[str, str]
DEFINED = "defined"
"""The label of a measure that is computed as a definition's SQL says."""
CHANGE = "change"
"""The label of a change that is told in percent of the earlier figure."""
WHOLE = "whole"
"""Label of an entity that is shown with all of its columns."""
DOUBT = "doubt:"
"""Begins a problem that is put to the person with the reading; the rest is a sentence without its full stop."""
Scalar = str | int | float | bool


@dataclass
class Compare:
    """A condition on a column. ``op``: = != > >= < <= in start end null notnull day (weekdays 0-6, Monday first)."""

    column: Ref
    op: str
    values: tuple[Scalar, ...] = ()
    negated: bool = False
    other: Ref | None = None


@dataclass
class During:
    """The column's day lies in the period."""

    column: Ref
    period: Period
    negated: bool = False


@dataclass
class Either:
    """At least one of them holds."""

    options: list[Condition]


@dataclass
class Nested:
    """Rows of another set that belong to the row at hand.

    ``kind``: exists, none; measure: ``out`` over them compares with ``value``; in: the row is one of the set's.
    ``via`` names the column through which they belong, where that is not the key. ``alike``: what is said of rows of
    that table outside holds for these too, as in "completed ones in May but not in June". ``average``: ``out`` compares
    with its average over the rows of that table that have any. ``against``: with that column of the row at hand.
    """

    kind: Literal["exists", "none", "measure", "in"]
    scope: Scope
    out: Out | None = None
    op: str = ""
    value: float = 0.0
    via: Ref | None = None
    alike: bool = False
    average: str = ""
    against: Ref | None = None


@dataclass
class Beyond:
    """The column compares with an aggregate over the scope: "above the average price"."""

    column: Ref
    op: str
    out: Out
    scope: Scope


@dataclass
class Shared:
    """Another row of the same set has the same in all of the columns: "clients with the same email"."""

    columns: tuple[Ref, ...]


Condition = Compare | During | Either | Nested | Beyond | Shared


@dataclass
class Out:
    """Something shown, grouped by, ordered by or measured.

    ``kind``: column; entity (its display columns); count; agg (``func`` of ``column``); grain (``column`` cut to
    ``grain``); ratio, share, difference of ``parts``; per (``func`` over groups of ``parts[1]`` of ``parts[0]``);
    rank; formula; course (``func``: change, percent, running; of ``parts[0]`` along the grain ``parts[1]``, apart for
    each of the other parts).
    """

    kind: str
    column: Ref | None = None
    table: str = ""
    func: str = ""
    grain: str = ""
    distinct: bool = False
    conditions: list[Condition] = field(default_factory=list)
    parts: list[Out] = field(default_factory=list)
    label: str = ""
    scale: float = 1.0
    ordinal: bool = False

    @property
    def is_measure(self) -> bool:
        if self.kind in {"difference", "ratio", "formula"}:
            return any(part.is_measure for part in self.parts)
        if self.kind == "rank" and self.label == "rows":
            return False
        return self.kind in {"count", "agg", "share", "per", "rank", "course"}

    def tables(self) -> set[str]:
        own = {self.column[0]} if self.column else {self.table} if self.table else set()
        return own.union(*(part.tables() for part in self.parts)) if self.parts else own


@dataclass
class Scope:
    """A set of rows of ``table`` and what is known of them. ``order``/``limit`` keep only the first of an order."""

    table: str = ""
    conditions: list[Condition] = field(default_factory=list)
    order: list[tuple[Out, bool]] = field(default_factory=list)
    limit: int | None = None
    parent: Scope | None = field(default=None, repr=False, compare=False)


@dataclass
class Meaning:
    """A whole question."""

    scope: Scope
    outs: list[Out] = field(default_factory=list)
    groups: list[Out] = field(default_factory=list)
    order: list[tuple[Out, bool]] = field(default_factory=list)
    having: list[tuple[Out, str, float]] = field(default_factory=list)
    limit: int | None = None
    ties: bool = False
    distinct: bool = False
    everyone: str = ""
    dated: Ref | None = None
    shown: During | None = None
    within: list[Out] = field(default_factory=list)
    asked_order: bool = False
    assumptions: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    days: list[Ref] = field(default_factory=list)
    undated: tuple[Ref, ...] = ()
    """The other days of the rows, where the first of several was taken without a word of which one."""
    told: tuple[Ref, ...] = ()
    relations: list[tuple[Ref, str]] = field(default_factory=list)
    mentions: list[tuple[Ref, float]] = field(default_factory=list)
    score: float = 0.0


def plain_number(number: float) -> Scalar:
    """A whole number without its decimal point."""
    return int(number) if number == int(number) else number
