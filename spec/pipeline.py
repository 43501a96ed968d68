"""The pipeline spec: the whole truth about what a run reads, does, checks, writes and sends.

A step or check is written flat: ``use`` (or ``check``) names a unit on a shelf, and the unit's own parameters stand
beside it. This module does not know the units; the compiler validates their parameters against each unit's ``Params``.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from spec.base import Document, JsonValue, Later
from spec.catalog import ForeignKey, Sensitivity

if TYPE_CHECKING:
    from spec.report import Report
else:
    Report = Annotated[Any, Later("spec.report", "Report")]

SPEC_VERSION = 1

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$", max_length=120)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=120)]


def as_tuple(value: object) -> object:
    """A text that stands for a list of one; anything else as it is."""
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[Name, ...], BeforeValidator(as_tuple)]
Strings = Annotated[tuple[str, ...], BeforeValidator(as_tuple)]


class Gone(Document):
    """Rows that a source no longer has: how they are told, and what becomes of them in tables they were merged into.

    They are told by a column of the row itself, by the system's own list of what was deleted (``listed``), by reading
    all keys (``sweep``), or by what comes together (``within``): a row whose key is not among them is gone.
    """

    column: str | None = Field(
        default=None, description="Column that says of its row whether it is gone: a tombstone or an archived flag."
    )
    values: Strings = Field(
        default=("true",), description="Texts of its values that say so; an empty list means any value."
    )
    listed: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d{0,3} (hour|day|week)s?$",
        description="How far back the system's own list of what was deleted reaches, e.g. '30 days'. It is read at "
        "each run; when the last one was longer ago, all keys are read in its place.",
    )
    sweep: str | None = Field(
        default=None,
        pattern=r"^(every run|[1-9]\d{0,3} (hour|day|week)s?)$",
        description="How often all keys are read and compared: 'every run', or e.g. '7 days'.",
    )
    within: Strings = Field(
        default=(),
        description="Columns that say whose a row is, e.g. order_id: where an owner's rows are read, all of them are, "
        "and one that did not come with them is gone.",
    )
    then: Literal["remove", "mark"] = Field(
        default="remove",
        description="remove: such rows are left out, and removed from merged tables. mark: they stay and are marked.",
    )
    mark: Identifier = Field(default="is_gone", description="For mark: the column of merged tables that is true then.")
    at_most: int = Field(
        default=20,
        ge=1,
        le=100,
        description="Percent of a table's rows that a sweep may find gone; more than that (and than ten) is refused.",
    )

    @model_validator(mode="after")
    def _told_somehow(self) -> "Gone":
        if self.column is None and self.listed is None and self.sweep is None and not self.within:
            raise ValueError("say how rows that are gone are told: column, listed, sweep or within")
        return self


class Source(Document):
    """One table that the pipeline reads, with the columns it was compiled against."""

    connector: str = Field(default="files", description="Unit in connectors/: files, sqlite, duckdb, postgres, mysql.")
    connection: str | None = Field(
        default=None, description="Name of a saved connection; its secrets live in the vault, never here."
    )
    location: str | None = Field(
        default=None, description="Path of a file, folder or database file; relative paths start at the spec's folder."
    )
    stream: str | None = Field(
        default=None, description="Table (schema.table) or worksheet to read; a file without sheets needs none."
    )
    options: dict[str, JsonValue] = Field(
        default={}, description="Read options of the connector, e.g. delimiter, encoding, decimal, header_row, sheet."
    )
    columns: dict[str, str] = Field(
        default={},
        description="Column name to DuckDB type: the contract the data is read by and drift is found against.",
    )
    sensitive: dict[str, Sensitivity] = Field(default={}, description="Columns that are personal or secret.")
    primary_key: Strings = Field(default=(), description="Columns that identify a row; proven unique on the data.")
    foreign_keys: tuple[ForeignKey, ...] = ()
    read: Literal["full_refresh", "incremental"] = "full_refresh"
    cursor: str | None = Field(default=None, description="Column that grows with each change; incremental needs it.")
    lookback: str | None = Field(
        default=None, description="How far before the last cursor to read again for late rows, e.g. '3 days' or '100'."
    )
    on_error: Literal["null", "quarantine", "stop"] = Field(
        default="quarantine",
        description="A value that does not parse: null and counted, its row quarantined and counted, or the run stops.",
    )
    at_most: int = Field(
        default=5,
        ge=0,
        le=100,
        description="Percent of the rows that may be quarantined or nulled. More than that (and than ten rows, or than "
        "half of them) stops the run.",
    )
    drift: Literal["evolve", "freeze", "quarantine", "ask"] = Field(
        default="ask", description="When columns are new, missing or retyped since the spec was compiled."
    )
    known_as: dict[str, Strings] = Field(
        default={},
        description="Column to other headers that it may come under, as agreed; its own name counts first.",
    )
    left_out: Strings = Field(default=(), description="Headers that are known and not read; to find them is no drift.")
    empty: Strings = Field(
        default=(),
        description="Columns that the source no longer has, as agreed: they stay, with nothing in them.",
    )
    gone: Gone | None = Field(
        default=None, description="What becomes of rows that the source no longer has; without it they stay in tables."
    )
    note: str = Field(default="", description="Comment; outside the digest.")

    @model_validator(mode="after")
    def _empty_ones_are_no_keys(self) -> "Source":
        needed = {*self.primary_key, *([self.cursor] if self.cursor else [])}
        for name in self.empty:
            if name not in self.columns:
                raise ValueError(f"empty: {name!r} is none of the columns")
            if name in needed:
                raise ValueError(f"empty: {name!r} is a key or the cursor, and rows cannot be told without it")
        return self


class InlineTable(Document):
    """A small versioned input that lives in the spec: exchange rates, a calendar, a mapping."""

    version: str
    columns: dict[str, str]
    primary_key: Strings = ()
    rows: tuple[tuple[JsonValue, ...], ...]


class Definition(Document):
    """What a business word means here, as agreed; the expression was resolved into the steps that use it."""

    text: str
    version: str = "1"
    author: str = ""
    expression: str | None = None


class Parameter(Document):
    """A value chosen at run time, from what the spec permits; written ``$name`` in expressions."""

    type: str = Field(description="DuckDB type.")
    default: JsonValue = None
    values: tuple[JsonValue, ...] = Field(
        default=(), description="Permitted values; empty with min and max means a range."
    )
    min: JsonValue = None
    max: JsonValue = None


class Step(BaseModel):
    """One transformation: ``id``, ``use`` and the unit's own parameters beside them."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    id: Identifier
    use: str = Field(description="Unit in pipelines/transforms.")
    from_: Names = Field(
        default=(), alias="from", description="Input: a source, an inline table, a step, or step.output."
    )
    engine: str | None = Field(
        default=None, description="Pin the engine; without it the compiler chooses and says why."
    )
    note: str = Field(default="", description="Comment; outside the digest.")

    @property
    def params(self) -> dict[str, JsonValue]:
        """The unit's own parameters as written."""
        return dict(self.model_extra or {})


class Check(BaseModel):
    """A promise about the data: ``check`` names a unit, ``on`` what it looks at, its parameters stand beside them."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    check: str = Field(description="Unit in pipelines/checks.")
    on: Name = Field(description="Source, step or step.output it looks at.")
    severity: Literal["warn", "block"] = "block"
    note: str = Field(default="", description="Comment; outside the digest.")

    @property
    def params(self) -> dict[str, JsonValue]:
        """The unit's own parameters as written."""
        return dict(self.model_extra or {})


class Output(Document):
    """A file under ``--out``: csv, tsv, json, ndjson, parquet or xlsx, by its ending."""

    file: str = Field(pattern=r"^[^./\\\x00-\x1f][^/\\\x00-\x1f]*$", description="Exact file name; no folders.")
    from_: Name = Field(alias="from")
    order_by: Strings = Field(default=(), description="Row order in the file; a column or 'column desc'.")
    formulas: Literal["keep", "text"] = Field(
        default="keep",
        description="In CSV and TSV: texts that a spreadsheet would run as they are, or after an apostrophe.",
    )


class Load(Document):
    """A table written in a destination database; an effect that needs approval."""

    from_: Name = Field(alias="from")
    connector: str
    connection: str | None = None
    location: str | None = None
    table: str = Field(description="Table or schema.table in the destination.")
    write: Literal["append", "replace", "merge"] = "replace"
    primary_key: Strings = Field(default=(), description="Identifies rows for merge.")
    when_empty: Literal["refuse", "replace"] = Field(
        default="refuse",
        description="For replace, when a source gives no row at all and the table has some: refuse, or empty it.",
    )


class Send(Document):
    """Rows sent to a system, record by record; an effect that needs approval. Each content of a record is sent once."""

    from_: Name = Field(alias="from")
    connector: str
    connection: str | None = None
    stream: str = Field(description="What takes the records: customers, contacts, tasks, or a sheet's name.")
    action: Identifier = Field(
        description="What is done with them, as the connector's page says: upsert, create, append."
    )
    columns: dict[str, str] = Field(
        default={}, description="Column to the system's name of the field; without any each has its own name."
    )
    key: Strings = Field(default=(), description="Columns that identify a record, where the action does not say so.")
    options: dict[str, str] = Field(default={}, description="What else the action wants to know, e.g. project: '1200'.")
    refused: Literal["go on", "stop"] = Field(
        default="go on", description="After a record that the system refuses: the others are sent, or none any more."
    )

    @property
    def location(self) -> None:
        """A system is reached through its connection alone."""
        return


class Schedule(Document):
    """When the approved pipeline runs by itself: by ``cron``, or ``every`` so often."""

    cron: str | None = Field(default=None, description="Five fields: minute hour day month weekday (0 and 7: Sunday).")
    every: str | None = Field(
        default=None,
        description="Instead of cron: '15 minutes', '6 hours', '2 days', '2 weeks'. Days and weeks keep their time.",
    )
    start: str | None = Field(
        default=None, description="Local date and time from which 'every' counts; without it Monday 2001-01-01T00:00."
    )
    timezone: str = Field(default="UTC", description="IANA name, e.g. Europe/Rome.")
    catch_up: Literal["none", "latest", "all"] = Field(
        default="latest",
        description="Times missed while no worker was there: left out, one run for all of them, or a run for each.",
    )

    @model_validator(mode="after")
    def _one_rhythm(self) -> "Schedule":
        if (self.cron is None) == (self.every is None):
            raise ValueError("a schedule has either 'cron' or 'every'")
        if self.start is not None and self.every is None:
            raise ValueError("'start' belongs to 'every'; cron fields say the time themselves")
        return self

    @property
    def rhythm(self) -> str:
        """The cron fields or the interval, as written."""
        return self.cron if self.cron is not None else f"every {self.every}"


class Allow(Document):
    """What an approval of this spec permits beyond the output folder. Empty permits nothing."""

    recipients: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    tables: tuple[str, ...] = Field(default=(), description="Destination tables: connection-or-location/table.")
    sends: dict[str, Strings] = Field(
        default={}, description="What may be sent: connection-or-connector/stream/action to the fields there."
    )
    columns: tuple[str, ...] | None = Field(
        default=None,
        description="Columns that may leave in files, loads and reports; none stated means all computed ones.",
    )


class Pipeline(Document):
    """A whole spec, version 1."""

    version: Literal[1] = 1
    name: Identifier
    title: str = ""
    request: str = Field(default="", description="What the owner asked for, in their words.")
    reading: str = Field(default="", description="How the request was understood, in one paragraph.")
    assumptions: tuple[str, ...] = ()
    timezone: str = Field(default="UTC", description="The business's IANA time zone; business dates are in it.")
    engine: str = Field(
        default="auto",
        description="Where it is computed. auto: in the PostgreSQL that has all sources and gets all tables, if it is "
        "known to give the same, else here in DuckDB. duckdb, postgres and spark insist; spark is an extra.",
    )
    orders: Literal["total", "proven"] = Field(
        default="total",
        description="Where the order of rows matters. total: only an order that is known to leave no two rows tied "
        "compiles. proven: where no key is known, a stated order is held against the rows by every run, which stops "
        "if rows tie.",
    )
    sources: dict[Identifier, Source] = Field(default={})
    tables: dict[Identifier, InlineTable] = Field(default={})
    definitions: dict[str, Definition] = Field(default={})
    parameters: dict[Identifier, Parameter] = Field(default={})
    steps: tuple[Step, ...] = ()
    checks: tuple[Check, ...] = ()
    outputs: tuple[Output, ...] = ()
    loads: tuple[Load, ...] = ()
    sends: tuple[Send, ...] = ()
    report: Report | None = None
    schedule: Schedule | None = None
    allow: Allow = Allow()
    layout: dict[str, JsonValue] = Field(default={}, description="Positions for drawing; outside the digest.")

    @model_validator(mode="after")
    def _names_are_unique(self) -> "Pipeline":
        taken: set[str] = set()
        for name in [*self.sources, *self.tables, *(step.id for step in self.steps)]:
            if name.casefold() in taken:
                raise ValueError(f"the name {name!r} is used twice; sources, tables and steps share one set of names")
            taken.add(name.casefold())
        files = [output.file.casefold() for output in self.outputs]
        if len(files) != len(set(files)):
            raise ValueError("two outputs have the same file name")
        return self
