"""What a step and a check are: the protocol each ``transforms/<name>.py`` and ``checks/<name>.py`` module fulfils.

A unit is pure: its parameters and the relations it reads go in, SQLGlot trees come out. It never sees data, a
connection or a clock. Types, lineage and surviving keys are derived from the trees by the compiler, so a unit states
only what a tree cannot say: for instance that a join by a proven key leaves the left side's keys intact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, cast

from pydantic import BeforeValidator
from pydantic import Field as Described
from pydantic.config import JsonDict

from pipelines.job import Apply, Field, Relation
from spec.base import Document, JsonValue
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from sqlglot import exp

    from pipelines.scope import StepScope

Severity = Literal["warn", "block"]
TRANSFORMS = Shelf("pipelines.transforms", "step")
CHECKS = Shelf("pipelines.checks", "check")
ENGINES = Shelf("pipelines.engines", "engine")

MAIN = ""
"""Key of a step's main output, which is named like the step; the others are ``<step>.<output>``."""


def _as_text(value: object) -> object:
    # YAML turns 0 and true into numbers and booleans; in an expression they are SQL.
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Expression = Annotated[
    str,
    BeforeValidator(_as_text),
    Described(
        json_schema_extra={"format": "sql-expression"},
        description="SQL expression in DuckDB's dialect over the input's columns; parameters are written $name.",
    ),
]


def as_mapping(value: object) -> object:
    """Names alone, as a string or a list, stand for themselves."""
    if isinstance(value, str):
        return {value: value}
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return {item: item for item in value}
    return value


NAMES_OR_EXPRESSIONS: JsonDict = {
    "anyOf": [
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {"type": "string", "format": "sql-expression"}},
    ]
}


@record(frozen=True, slots=True)
class ImpliedCheck:
    """A proof that a step's result relies on. ``query`` gives one row ``(passed, expected, found, detail)``."""

    check: str
    on: str
    severity: Severity
    query: exp.Query
    inputs: tuple[str, ...]
    evidence: exp.Query | None = None


@record(frozen=True)
class Built:
    """What a step became.

    ``outputs`` maps an output's name (``MAIN`` for the step's own) to its query over the inputs, each named as its
    relation, with one named projection a column. Names that start with ``_`` are for the step's own use.

    What SQL cannot say is done by ``apply``: it is given the rows of the outputs named in ``feeds``, in that order, and
    makes the outputs named in ``fields``. An output may read those before it, as ``<step>.<output>``; those after the
    last feed may read what ``apply`` made as well.
    """

    outputs: Mapping[str, exp.Query]
    keys: Mapping[str, frozenset[frozenset[str]]] = field(default_factory=dict)
    """Further column sets known to identify a row, by output, beside those that the tree shows."""
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Row order that a reader keeps, by output: ``column`` or ``column desc``."""
    checks: tuple[ImpliedCheck, ...] = ()
    notes: tuple[str, ...] = ()
    quarantine: Mapping[str, str] = field(default_factory=dict)
    """Outputs that hold rows set aside, with the reason; they are always made and reported."""
    apply: Apply | None = None
    fields: Mapping[str, tuple[Field, ...]] = field(default_factory=dict)
    """With ``apply``: the columns of each output it makes."""
    feeds: tuple[str, ...] = ()

    def made_before(self) -> tuple[str, ...]:
        """The outputs that are made before ``apply``: all up to its last feed."""
        names = tuple(self.outputs)
        return names[: max((names.index(name) + 1 for name in self.feeds), default=0)]


class Transform(Protocol):
    """A module ``pipelines/transforms/<name>.py``. Its docstring is the step's documentation."""

    Params: type[Document]
    arity: tuple[int, int | None]
    """Fewest and most inputs; None means any number."""
    outputs: Mapping[str, str]
    """Further outputs by name, each with what its rows are."""
    example: Mapping[str, JsonValue]
    """A documented example: ``tables`` (columns and rows), ``step``, and the ``rows`` expected of each output."""
    keywords: str
    """Other words that people have for what it does, separated by commas: what a search finds it by."""

    def build(self, params: Document, inputs: Sequence[Relation], scope: StepScope) -> Built:
        """The step as queries over its inputs. Raises SpecError naming the field and the likeliest fix."""


@record(frozen=True, slots=True)
class BuiltCheck:
    """A check as a query giving one row ``(passed, expected, found, detail)``, and one selecting its evidence."""

    query: exp.Query
    inputs: tuple[str, ...]
    evidence: exp.Query | None = None


class CheckUnit(Protocol):
    """A module ``pipelines/checks/<name>.py``. Its docstring is the check's documentation."""

    Params: type[Document]
    example: Mapping[str, JsonValue]
    """A documented example: ``tables``, ``check``, and for ``good`` and ``bad`` rows what is found."""

    def build(self, params: Document, on: Relation, scope: StepScope) -> BuiltCheck:
        """The check as a query. Raises SpecError naming the field and the likeliest fix."""


def transform(name: str) -> Transform:
    """The step unit of that name; SpecError with the nearest name when there is none."""
    return cast("Transform", TRANSFORMS.load(name))


def check_unit(name: str) -> CheckUnit:
    """The check unit of that name; SpecError with the nearest name when there is none."""
    return cast("CheckUnit", CHECKS.load(name))
