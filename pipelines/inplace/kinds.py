"""Types as both engines know them: DuckDB's spelling of a column, and what PostgreSQL holds the same values in.

A kind is what the meaning of an operation depends on. It is coarser than a type: whole numbers up to 64 bits are one
kind, because both engines compute them alike and both stop where a result does not fit its column.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from sqlglot import exp

from spec.records import record

Family = Literal[
    "boolean",
    "integer",
    "huge",
    "decimal",
    "double",
    "float",
    "text",
    "date",
    "time",
    "timestamp",
    "instant",
    "uuid",
    "blob",
    "list",
    "null",
]
_DECIMAL: Final = re.compile(r"^DECIMAL\((\d+),\s*(\d+)\)$")
_WIDTHS: Final = {"TINYINT": 1, "SMALLINT": 2, "INTEGER": 4, "BIGINT": 8}
_PLAIN: Final[dict[str, Family]] = {
    "BOOLEAN": "boolean",
    "HUGEINT": "huge",
    "DOUBLE": "double",
    "FLOAT": "float",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "instant",
    "UUID": "uuid",
    "BLOB": "blob",
}
_DECLARED: Final[dict[Family, str]] = {
    "boolean": "boolean",
    "huge": "numeric(38, 0)",
    "double": "double precision",
    "float": "real",
    "text": "text",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "instant": "timestamptz",
    "uuid": "uuid",
    "blob": "bytea",
    "list": "text[]",
}
NUMBERS: Final[tuple[Family, ...]] = ("integer", "huge", "decimal", "double")
"""Numbers, each holding the values of those before it; a FLOAT is none of them, as its arithmetic is another's."""
EXACT: Final[tuple[Family, ...]] = ("integer", "huge", "decimal")
MOMENTS: Final[tuple[Family, ...]] = ("date", "timestamp")


class CannotSayError(Exception):
    """PostgreSQL cannot be asked this with certainly the same meaning; the text says what, as part of a sentence."""


@record(frozen=True, slots=True)
class Kind:
    """``width`` is of whole numbers in bytes; ``precision`` and ``scale`` of decimals, the precision 38 where it is not
    known: it decides no value.
    """

    family: Family
    width: int = 0
    precision: int = 38
    scale: int = 0

    @property
    def declared(self) -> exp.DataType:
        """PostgreSQL's type that holds exactly these values."""
        if self.family == "integer":
            return built({1: "smallint", 2: "smallint", 4: "integer", 8: "bigint"}[self.width])
        if self.family == "decimal":
            return built(f"numeric({self.precision}, {self.scale})")
        if self.family == "null":
            raise CannotSayError("an empty value of no type")
        return built(_DECLARED[self.family])

    def is_like(self, other: Kind) -> bool:
        """Whether values of the one are values of the other as they are, and are written alike."""
        return self.family == other.family and self.scale == other.scale


BOOLEAN: Final = Kind("boolean")
SMALL: Final = Kind("integer", width=2)
INTEGER: Final = Kind("integer", width=4)
BIGINT: Final = Kind("integer", width=8)
HUGE: Final = Kind("huge")
DOUBLE: Final = Kind("double")
TEXT: Final = Kind("text")
DATE: Final = Kind("date")
TIMESTAMP: Final = Kind("timestamp")
LIST: Final = Kind("list")
"""A list of texts within an expression; no column holds one."""
NULL: Final = Kind("null")


def built(text: str) -> exp.DataType:
    """A type of PostgreSQL."""
    return exp.DataType.build(text, dialect="postgres")


def kind_of(type_text: str) -> Kind | None:
    """The kind of a DuckDB type, or None where PostgreSQL has no such values."""
    upper = type_text.upper()
    if upper in _WIDTHS:
        return Kind("integer", width=_WIDTHS[upper])
    found = _DECIMAL.match(upper)
    if found:
        return Kind("decimal", precision=int(found[1]), scale=int(found[2]))
    return Kind(_PLAIN[upper]) if upper in _PLAIN else None


def kind_in(data_type: exp.DataType) -> Kind:
    """The kind of a type in a tree."""
    text = data_type.sql(dialect="duckdb").upper()
    text = {
        "INT": "INTEGER",
        "INT128": "HUGEINT",
        "TEXT": "VARCHAR",
        "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE",
        "DECIMAL": "DECIMAL(18,3)",
        "REAL": "FLOAT",
    }.get(text, text)
    found = kind_of(text)
    if found is None:
        raise CannotSayError(f"the type {text}")
    return found


def one_kind(kinds: Sequence[Kind], what: str) -> Kind:
    """The kind of a value that is one of several, as both engines find it; ``what`` asks for it."""
    known = [kind for kind in kinds if kind.family != "null"]
    if not known:
        return NULL
    families = {kind.family for kind in known}
    if len(families) == 1:
        return Kind(
            known[0].family,
            width=max(kind.width for kind in known),
            precision=38 if len(known) > 1 else known[0].precision,
            scale=max(kind.scale for kind in known),
        )
    if families <= set(NUMBERS):
        widest = max(families, key=NUMBERS.index)
        return Kind(widest, scale=max(kind.scale for kind in known) if widest == "decimal" else 0)
    if families <= set(MOMENTS):
        return TIMESTAMP
    raise CannotSayError(f"{what} of {' and '.join(sorted(families))}")


def comparable(one: Kind, other: Kind) -> bool:
    """Whether both engines compare the two as they are, with one result."""
    families = {one.family, other.family} - {"null"}
    return len(families) <= 1 or families <= set(NUMBERS) or families <= set(MOMENTS)
