"""A recipe at work: the rows as they are by now, what was written down, and what is left to be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from sqlglot import exp

from agents.builtin.pipelines.draftsteps import Draftsman
from agents.builtin.pipelines.recipe.lineage import Traces, own, traced
from agents.contract import DataView, Draft, Question, Refusal, Request
from spec.base import JsonValue
from spec.catalog import Table
from spec.pipeline import Load


@dataclass(frozen=True)
class Rows:
    """A relation of the plan: its columns with their types, in order, and the tables it comes from."""

    id: str
    columns: Mapping[str, str]
    tables: tuple[str, ...]
    measures: tuple[str, ...] = ()
    """Columns that were computed over groups, in order."""
    keys: tuple[str, ...] = ()
    """Columns that identify a row, where known."""
    order: tuple[str, ...] = ()
    traces: Traces = field(default_factory=dict)
    """Where the values of each column can be looked up."""
    one_each: str = ""
    """The table of which each row stands for one row; empty where rows were put together or grouped."""
    identified: Mapping[str, str] = field(default_factory=dict)
    """Tables whose rows are told apart by a column of these rows, with that column."""
    chosen: bool = False
    """Whether somebody said what is to stay, so that "the rest" are rows that these are not."""

    @property
    def names(self) -> list[str]:
        """Columns, in order."""
        return list(self.columns)


_ROW_BY_ROW = frozenset({"filter", "sort", "limit", "dedupe", "rename", "derive", "select"})


def _identified(use: str, first: Rows, params: Mapping[str, object], columns: Mapping[str, str]) -> Mapping[str, str]:
    """What still tells the rows of tables apart after a step on one relation."""
    if use not in _ROW_BY_ROW:
        return {}
    changed = params.get("columns") if use in ("rename", "derive", "select") else None
    if use == "rename" and isinstance(changed, Mapping):
        return {table: str(changed.get(column, column)) for table, column in first.identified.items()}
    computed = {
        column for column, shown in (changed.items() if isinstance(changed, Mapping) else ()) if shown != column
    }
    return {table: column for table, column in first.identified.items() if column in columns and column not in computed}


Problem = Question | Refusal | None


@dataclass(frozen=True)
class Told:
    """An instruction that was read up to ``end``; ``do`` carries it out. A ``plain`` one is a question as well."""

    end: int
    do: Callable[[], Problem]
    plain: bool = False


@dataclass
class Work:
    """State of a recipe that is being read."""

    request: Request
    data: DataView
    ask: Callable[[Request, DataView], Draft | Question | Refusal] | None = None
    draftsman: Draftsman = field(default_factory=Draftsman)
    current: Rows | None = None
    base: Rows | None = None
    """The rows before the last branch: "the paid ones to a.csv and the others to b.csv" speak of the same rows."""
    outputs: list[tuple[str, Rows]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    formats: dict[str, str] = field(default_factory=dict)
    """How a person wants dates of a grain or a column written, such as month to %Y-%m."""
    pair: tuple[Rows, Rows, tuple[tuple[str, str], ...]] | None = None
    """Two tables that were compared: which was looked in, which was looked for, on which columns."""
    only: str = ""
    """The one table that the request can mean, where no other is named."""
    spelled: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    """What was already looked up among the values of the data."""
    loads: list[Load] = field(default_factory=list)
    unpaired: list[tuple[str, str]] = field(default_factory=list)
    """Tables that were to meet on columns nobody named and the data does not tell; every copy writes here."""
    results: list[Rows] = field(default_factory=list)
    """Rows that are written into tables."""

    def copy(self) -> Work:
        """The same state, so that an instruction can be tried."""
        draftsman = Draftsman()
        draftsman.steps, draftsman.checks = list(self.draftsman.steps), list(self.draftsman.checks)
        return replace(
            self, draftsman=draftsman, outputs=list(self.outputs), said=list(self.said), used=list(self.used),
            assumptions=list(self.assumptions), formats=dict(self.formats), loads=list(self.loads),
            results=list(self.results),
        )  # fmt: skip

    def table(self, name: str) -> Table:
        """A table of the data."""
        return next(table for table in self.data.catalog.tables if table.name == name)

    def rows_of(self, table: Table) -> Rows:
        """A table as it is by now: cleaned rows, where it was cleaned."""
        if self.current is not None and self.current.tables == (table.name,) and not self.current.measures:
            return self.current
        return self.raw(table)

    def raw(self, table: Table) -> Rows:
        """A table as it is."""
        if table.name not in self.used:
            self.used.append(table.name)
        key = table.primary_key
        return Rows(
            table.name,
            {column.name: column.type for column in table.columns},
            (table.name,),
            keys=key,
            traces=own(table),
            one_each=table.name,
            identified={table.name: key[0]} if len(key) == 1 else {},
        )

    def subject(self) -> Rows | None:
        """The rows that are spoken of: the current ones, or the only table that the request can mean."""
        if self.current is not None:
            return self.current
        if self.only:
            return self.raw(self.table(self.only))
        return None

    def free(self, wanted: str) -> str:
        """A step's name that nothing has."""
        taken = {step.id.casefold() for step in self.draftsman.steps}
        taken |= {table.name.casefold() for table in self.data.catalog.tables}
        plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted)
        tried, number = plain, 2
        while tried.casefold() in taken:
            tried, number = f"{plain}_{number}", number + 1
        return tried

    def step(
        self,
        wanted: str,
        use: str,
        rows: Rows | tuple[Rows, ...],
        columns: Mapping[str, str],
        /,
        *,
        where: exp.Expr | None = None,
        said: str = "",
        more: Mapping[str, object] | None = None,
        **params: object,
    ) -> Rows:
        """Write a step; the rows it gives, which are current from now on. ``more`` are parameters it may go without."""
        inputs = rows if isinstance(rows, tuple) else (rows,)
        made = self.draftsman.step(
            self.free(wanted),
            use,
            *(one.id for one in inputs),
            where=[where] if where is not None else (),
            note="",
            **cast("dict[str, JsonValue]", {**params, **(more or {})}),
        )
        tables = tuple(dict.fromkeys(table for one in inputs for table in one.tables))
        first = inputs[0]
        kept = tuple(key for key in first.keys if key in columns) if len(inputs) == 1 else ()
        measures = tuple(name for name in first.measures if name in columns)
        ordered = len(inputs) == 1 and all(item.removesuffix(" desc") in columns for item in first.order)
        order = first.order if ordered else ()
        given = {**params, **(more or {})}
        self.current = Rows(
            made,
            dict(columns),
            tables,
            measures,
            kept if kept == first.keys else (),
            order,
            traces=traced(use, [one.traces for one in inputs], given),
            one_each=first.one_each if use in _ROW_BY_ROW else "",
            identified=_identified(use, first, given, columns),
            chosen=first.chosen,
        )
        for either in where.find_all(exp.In) if where is not None else ():
            values = " or ".join(str(value.name) for value in either.expressions)
            column = either.find(exp.Column)
            self.assumptions.append(f"{column.name if column else ''} is {values}: no row has both")
        if said:
            self.said.append(said)
        return self.current

    def now(self, **changes: object) -> None:
        """Say more of the current rows."""
        assert self.current is not None
        self.current = replace(self.current, **changes)  # type: ignore[arg-type]
