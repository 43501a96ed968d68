"""A compiled spec: every name resolved, every type known, SQL built, effects listed.

Pure data; the runner acts on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from spec.base import JsonValue
from spec.errors import SpecError
from spec.pipeline import Load, Output, Pipeline, Send, Source
from spec.records import record
from spec.run import Effect

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

HERE = "duckdb"
THERE = "postgres"
"""The engines: this process, or the database that has the data."""


@record(frozen=True, slots=True)
class Origin:
    """A column of a source (or inline table) that a computed column comes from."""

    source: str
    column: str


@record(frozen=True, slots=True)
class Field:
    """A column of a relation: its DuckDB type, whether it is exact, and where it comes from.

    Inexact means floating-point arithmetic touched it; such columns are compared by value, not by digest.
    """

    name: str
    type: str
    exact: bool = True
    origins: frozenset[Origin] = frozenset()


@record(frozen=True, slots=True)
class Relation:
    """A source, inline table or step output; ``keys`` are column sets known to identify a row."""

    name: str
    fields: tuple[Field, ...]
    keys: frozenset[frozenset[str]] = frozenset()
    order: tuple[str, ...] = ()
    """Row order that readers keep, as ``column`` or ``column desc`` with nulls last; empty means none was asked for."""

    def field(self, name: str) -> Field | None:
        """The field of that name, compared as SQL does."""
        folded = name.casefold()
        return next((item for item in self.fields if item.name.casefold() == folded), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(item.name for item in self.fields)


class Apply(Protocol):
    """What SQL cannot say: Arrow in, named Arrow tables out; pure and deterministic for equal inputs and seed."""

    def __call__(self, inputs: Sequence[pa.RecordBatchReader], seed: int) -> Mapping[str, pa.Table]: ...


@record(frozen=True)
class Stage:
    """One step's output as a query over earlier relations (``select``), or the call that makes its outputs (``apply``).

    ``materialise`` is set where more than one reader needs the rows; the rest stay CTEs inside their reader.
    """

    step: str
    relation: Relation
    inputs: tuple[str, ...]
    select: exp.Query | None = None
    apply: Apply | None = None
    apply_output: str = ""
    """Which of ``apply``'s outputs this relation is."""
    materialise: bool = False
    engine: str = "duckdb"
    why_engine: str = ""


@record(frozen=True)
class CompiledCheck:
    """A check as one query giving one row ``(passed BOOLEAN, expected VARCHAR, found VARCHAR, detail VARCHAR)``.

    ``implied`` checks were added by the compiler (key uniqueness, join fan-out, lost rows); they prove what the plan
    relies on. ``evidence``, if any, selects rows that show the failure.
    """

    check: str
    on: str
    severity: Literal["warn", "block"]
    query: exp.Query
    inputs: tuple[str, ...]
    implied: bool = False
    evidence: exp.Query | None = None
    note: str = ""


@record(frozen=True)
class Job:
    """All a run needs, resolved."""

    spec: Pipeline
    digest: str
    base: Path
    sources: Mapping[str, Source]
    relations: Mapping[str, Relation]
    stages: tuple[Stage, ...]
    """In an order where each stage comes after its inputs."""
    checks: tuple[CompiledCheck, ...]
    outputs: tuple[Output, ...]
    loads: tuple[Load, ...]
    effects: tuple[Effect, ...]
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    """Values by name, with ``now`` and ``today`` of the run; bound as query parameters, never pasted."""
    notes: tuple[str, ...] = ()
    parameter_types: Mapping[str, str] = field(default_factory=dict)
    """DuckDB type of each parameter; the SQL casts each one where it stands."""
    sends: tuple[Send, ...] = ()
    dry: bool = False
    """Whether requests are shown in place of being sent, and tables are left alone."""
    sweep: bool = False
    """Whether all keys are read now, where the plan says that rows which are gone are told by them."""
    engine: str = "duckdb"
    """Where the whole job is computed: here, or in the database that has its data."""
    why_engine: str = ""
    quarantine: Mapping[str, str] = field(default_factory=dict)
    """Step outputs that hold rows set aside, with the reason; they are reported and kept though nothing reads them."""

    def relation(self, name: str) -> Relation:
        """The relation of that name, compared as SQL does; SpecError where there is none."""
        folded = name.casefold()
        found = next((relation for key, relation in self.relations.items() if key.casefold() == folded), None)
        if found is None:
            raise SpecError(f"There is no table {name!r} in this job.", data={"known": sorted(self.relations)})
        return found
