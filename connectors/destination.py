"""What a destination is: the protocol each ``connectors/<name>/destination.py`` of a database fulfils.

A session stages a load beside its target, compares counts and sums, and then commits all loads of a run together with
their state, so that the table and the cursor it belongs to can never disagree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol, cast

from connectors.contract import Place
from spec.errors import DataError, DriftError, SpecError
from spec.records import record
from spec.registry import Shelf

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlglot import exp

Promise = Literal["transactional", "atomic rename"]
Write = Literal["append", "replace", "merge"]
DESTINATIONS = Shelf("connectors", "destination", module="destination")
STATE_TABLE = "_dreflow_state"
STATE_COLUMNS = ("pipeline", "load", "run_id", "cursor", "spec_digest", "staged_rows", "committed_at")
STAGING_PREFIX = "_dreflow_s_"


@record(frozen=True)
class StateRow:
    """The last commit of one load: by which run, and the cursors that belong to the data, as JSON text."""

    run_id: str
    cursor: str
    spec_digest: str


@record(frozen=True)
class Removal:
    """Rows of a target that are gone in the source, told by a table of the engine with the load's key columns.

    ``listed`` has the keys of rows that are gone; ``missing`` has all keys that there are, and what is not among them
    is gone; ``within`` says the same of the rows of certain owners alone, which ``owners`` has by ``owned_by``. They
    are removed, or marked by the column ``mark``. ``at_most`` is the percent of the target's rows beyond which a
    ``missing`` is not believed.
    """

    kind: Literal["listed", "missing", "within"]
    rows: exp.Table
    mark: str | None = None
    at_most: int = 100
    owners: exp.Table | None = None
    owned_by: tuple[str, ...] = ()


FEW = 10
"""So many rows may be missing from a table of any size."""


def refuse_implausible(load: TableLoad, removal: Removal, *, keys: int, gone: int, there: int) -> None:
    """Raise DataError where so much would go that the reading of the keys is rather wrong: nothing was published."""
    if removal.kind != "missing" or not gone:
        return
    if keys and gone <= max(FEW, there * removal.at_most // 100):
        return
    said = "no key at all" if not keys else f"{keys:,} keys"
    raise DataError(
        f"The source gave {said}, so {gone:,} of the {there:,} rows of {load.table!r} would be gone: too many.",
        hint="Nothing was published and nothing was removed. Look at the source; if so much is gone there, let the "
        "source's gone.at_most permit it for one run" + (", or replace the table." if not keys else "."),
        where={"table": load.table},
        data={"keys": keys, "gone": gone, "rows": there, "at_most": removal.at_most},
    )


@record(frozen=True)
class TableLoad:
    """One load, decided: what goes where, how, and the state that is committed with it."""

    pipeline: str
    label: str
    """Which load of the pipeline this is; the key of its state."""
    run_id: str
    spec_digest: str
    table: str
    """``table`` or ``schema.table`` in the destination."""
    write: Write
    primary_key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    """Name and DuckDB type, in order."""
    cursor: str
    committed_at: str
    previous_run: str | None
    """Run id of the load's state when this run began; another one at the commit means that someone else published."""
    removals: tuple[Removal, ...] = ()
    """What goes from the target after the rows were merged."""

    @property
    def schema(self) -> str | None:
        """The part before the dot, if there is one."""
        before, dot, _ = self.table.rpartition(".")
        return before if dot else None

    @property
    def name(self) -> str:
        """The table without its schema."""
        return self.table.rpartition(".")[2]

    @property
    def staging(self) -> str:
        """Name of the staging table, in the target's schema: unique to pipeline, run and load."""
        return f"{staging_prefix(self.pipeline)}{_short(self.run_id, self.label)}"

    def keys_of(self, number: int) -> TableLoad:
        """The keys of a removal as a load of their own, staged beside this one's rows."""
        kinds = dict(self.columns)
        columns = tuple((name, kinds[name]) for name in self.primary_key)
        return replace(self, label=f"{self.label}/{number}", write="merge", columns=columns, removals=())

    def owners_of(self, number: int) -> TableLoad:
        """The owners of a removal's rows, likewise."""
        kinds = dict(self.columns)
        owned_by = self.removals[number].owned_by
        columns = tuple((name, kinds[name]) for name in owned_by)
        own = f"{self.label}/{number}/owners"
        return replace(self, label=own, write="merge", primary_key=owned_by, columns=columns, removals=())

    def beside(self) -> tuple[TableLoad, ...]:
        """Everything that is staged for the removals."""
        numbers = range(len(self.removals))
        owners = [self.owners_of(number) for number in numbers if self.removals[number].owners is not None]
        return (*(self.keys_of(number) for number in numbers), *owners)

    def state_values(self, rows: int) -> tuple[str, ...]:
        """The state row, in the order of ``STATE_COLUMNS``; every column is text so that it is alike everywhere."""
        return (self.pipeline, self.label, self.run_id, self.cursor, self.spec_digest, str(rows), self.committed_at)


class Session(Protocol):
    """An open destination.

    It was opened with a DuckDB connection, in which it attached what it needs; that connection may have been locked
    since.
    """

    def states(self, pipeline: str, schema: str | None) -> Mapping[str, StateRow]:
        """The state of each load of that pipeline, by label; empty where nothing was ever loaded."""

    def holds_table(self, schema: str | None, table: str) -> bool:
        """Whether the destination has that table."""

    def rows_there(self, schema: str | None, table: str) -> int:
        """How many rows that table has; 0 where there is none."""

    def hold(self, pipeline: str) -> None:
        """Take the destination's own lock on that pipeline, where it has one, and drop what dead runs left staged."""

    def inside(self, load: TableLoad) -> exp.Table | None:
        """The staging table as a table of the engine that may be created and filled directly, or None."""

    def stage(self, load: TableLoad, rows: exp.Table) -> int:
        """Bring ``rows`` (a table of the engine) beside the target, compare counts and sums, and give their number.

        ``rows`` is what ``inside`` gave where it gave one; then they are there already.
        """

    def gone(self, load: TableLoad) -> int:
        """How many rows of the target the load's removals will take or mark; the keys are staged like rows.

        Raises DataError when that is implausible.
        """

    def commit(self, loads: Sequence[TableLoad]) -> None:
        """Publish all staged loads, their removals and their state: all of it, or none."""

    def close(self) -> None:
        """Let go of everything; what was staged and not committed is dropped where it can still be reached."""


class Destination(Protocol):
    """A module ``connectors/<name>/destination.py``."""

    promise: Promise

    def open_session(self, place: Place, engine: DuckDBPyConnection) -> Session:
        """Reach the place for writing; raises AccessError, BusyError or TransientError."""


def destination(name: str) -> Destination:
    """The destination of that name; SpecError with the nearest name when there is none."""
    module = DESTINATIONS.load(name)
    if not hasattr(module, "open_session"):
        raise SpecError(
            f"Tables cannot be loaded into {name!r}.",
            hint="Use an output for a file, or a database as destination.",
            where={"field": "loads.connector"},
        )
    return cast("Destination", module)


def staging_prefix(pipeline: str) -> str:
    """What all staging tables of a pipeline begin with; whoever holds the pipeline may drop any of them."""
    return f"{STAGING_PREFIX}{_short(pipeline)}_"


def advisory_key(pipeline: str) -> int:
    """A signed 64-bit number for database locks on that pipeline."""
    return int.from_bytes(hashlib.sha256(f"dreflow:{pipeline}".encode()).digest()[:8], "big", signed=True)


def compare(load: TableLoad, staged: Mapping[str, str | None], arrived: Mapping[str, str | None]) -> None:
    """Raise DataError when a count or sum of the destination's copy is not what was sent."""
    for measure, sent in staged.items():
        if sent != arrived.get(measure):
            raise DataError(
                f"The destination's copy is not what was sent: {measure} is {arrived.get(measure)}, not {sent}.",
                hint="Nothing was published. Run it again; if it stays, look at the destination's column types.",
                where={"table": load.table},
                data={"measure": measure, "sent": sent, "arrived": arrived.get(measure)},
            )


class Raw(str):
    """A piece of SQL that was itself made by ``spell`` or by ``equal``."""

    __slots__ = ()


def spell(template: str, quote: str, **parts: str | Sequence[str]) -> str:
    """A constant template in which each ``{part}`` is a quoted identifier, a comma list of them, or a ``Raw`` piece.

    ``quote`` is the database's quote character. Identifiers are all that ever enters; values are bound by the driver.
    """
    filled: dict[str, str] = {}
    for key, part in parts.items():
        if isinstance(part, Raw):
            filled[key] = part
        elif isinstance(part, str):
            filled[key] = identifier(part, quote)
        else:
            filled[key] = ", ".join(item if isinstance(item, Raw) else identifier(item, quote) for item in part)
    return template.format_map(filled)


def identifier(text: str, quote: str) -> str:
    """A quoted identifier."""
    return quote + text.replace(quote, quote * 2) + quote


def qualified(quote: str, *parts: str | None) -> Raw:
    """``catalog.schema.table``, quoted, without the parts that are None."""
    return Raw(".".join(identifier(part, quote) for part in parts if part is not None))


def equal(quote: str, left: str, right: str, columns: Sequence[str], between: str = " AND ") -> Raw:
    """``left.a = right.a AND ...`` over columns; an empty ``left`` leaves its prefix out, as SET wants it."""
    prefix = f"{identifier(left, quote)}." if left else ""
    return Raw(
        between.join(
            f"{prefix}{identifier(item, quote)} = {identifier(right, quote)}.{identifier(item, quote)}"
            for item in columns
        )
    )


def fits(load: TableLoad, staged: Mapping[str, str], target: Mapping[str, str]) -> None:
    """Raise DriftError unless each staged column has one of that name in the target that holds all its values
    unchanged.

    Both map a column to its type as the destination spells it.
    """
    known = {name.casefold(): kind for name, kind in target.items()}
    for column, kind in staged.items():
        there = known.get(column.casefold())
        if there is None:
            raise DriftError(
                f"The table {load.table!r} in the destination has no column {column!r}.",
                hint="Add the column there, load into another table, or use write: replace.",
                where={"table": load.table, "column": column},
                data={"known": sorted(target)},
            )
        if not _widens(kind, there):
            raise DriftError(
                f"{column!r} of {load.table!r} is {there} in the destination; {kind} would not fit unchanged.",
                hint="Change the column there, cast in a step, or use write: replace.",
                where={"table": load.table, "column": column},
                data={"have": kind, "there": there},
            )


_INTEGERS = {
    "tinyint": 8, "int1": 8, "smallint": 16, "int2": 16, "mediumint": 24, "integer": 32, "int": 32, "int4": 32,
    "bigint": 64, "int8": 64, "hugeint": 128,
}  # fmt: skip
_TEXTS = ("text", "longtext", "mediumtext", "varchar", "character varying")


def _widens(kind: str, there: str) -> bool:
    have, target = kind.casefold().replace(" unsigned", ""), there.casefold().replace(" unsigned", "")
    if have == target:
        return True
    (have_base, have_size), (base, size) = _split(have), _split(target)
    if have_base in _INTEGERS and base in _INTEGERS:
        return _INTEGERS[have_base] <= _INTEGERS[base]
    if base in {"decimal", "numeric"}:
        # PostgreSQL's numeric without a size holds any.
        if have_base in {"decimal", "numeric"}:
            return not size or (
                bool(have_size) and have_size[1] <= size[1] and have_size[0] - have_size[1] <= size[0] - size[1]
            )
        return have_base in _INTEGERS and not size
    # A text that is too long for a sized column is refused by the database itself, never cut.
    return have_base in _TEXTS and base in {*_TEXTS, "char", "character", "bpchar"}


def _split(kind: str) -> tuple[str, tuple[int, ...]]:
    base, _, rest = kind.partition("(")
    sizes = rest.partition(")")[0]
    return base.strip(), tuple(int(size) for size in sizes.split(",")) if sizes.replace(",", "").replace(
        " ", ""
    ).isdigit() else ()


def _short(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:10]
