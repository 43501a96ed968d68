"""What a ``connector.yaml`` may say: frozen models, their JSON Schema, and reading one from a file.

There is no expression language. A text may hold placeholders in braces: ``{shop}`` a setting of the connection,
``{parent.id}`` a value of the parent stream's record, ``{cursor}`` where an incremental read starts, each with a named
form behind a colon where another spelling is needed (``{cursor:epoch}``; ``connectors.http.placeholders`` lists them).
A parameter, header or part of a body whose placeholder has no value is left out. A double brace is a brace.
Places in an answer are JSON Pointers, ``/data`` or ``/customer/id``, as elsewhere in the product.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from connectors.http.writes import Write
from spec.base import Document, JsonValue
from spec.errors import SpecError, nearest

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Pointer = Annotated[str, Field(pattern=r"^(/[^/]*)*$", description="JSON Pointer, e.g. /data; empty for the whole.")]
TimeForm = Literal["epoch", "epoch_ms", "dotnet", "utc"]
Grade = Literal["A", "B", "C", "D", "E"]


def _as_tuple(value: object) -> object:
    return value if isinstance(value, list | tuple) or value is None else (value,)


def _as_day(value: object) -> object:
    # YAML reads 2015-01-31 as a day of its own.
    return value.isoformat() if isinstance(value, date) else value


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Statuses = Annotated[tuple[int, ...], BeforeValidator(_as_tuple)]


class Unit(BaseModel):
    """A unit of a shelf with its parameters beside its name, as a spec's steps are written."""

    model_config = ConfigDict(frozen=True, extra="allow")

    use: Identifier

    @property
    def params(self) -> dict[str, JsonValue]:
        """The unit's own parameters as written."""
        return dict(self.model_extra or {})


class Setting(Document):
    """Something a connection needs to know that is no secret: a shop's name, a tenant."""

    title: str = Field(description="What it is, as a person is asked for it.")
    help: str = Field(default="", description="Where to find it.")
    example: str = ""
    default: str | None = None
    pattern: str = Field(default="", description="Regular expression that a value matches as a whole.")
    puts: dict[Pointer, JsonValue] = Field(
        default={},
        description="What a value puts at places of this definition, * for every stream; {name} is a setting's value, "
        "{{name}} stays a placeholder.",
    )
    choices: dict[str, dict[Pointer, JsonValue]] = Field(
        default={}, description="The values that there are, and what each of them puts."
    )
    each: dict[str, JsonValue] | None = Field(
        default=None,
        description="A stream of this form for each entry of the value, 'name' or 'name by key+key', with commas "
        "between them: {each} is the entry's name, {each.key} its key.",
    )


class Budget(Document):
    """Where an answer tells what is left of an allowance that refills by itself, as systems with a price a query do."""

    left: Pointer = Field(description="Place of what is left.")
    refill: Pointer = Field(description="Place of how much comes back a second.")
    price: Pointer = Field(description="Place of what the request was reckoned to cost: the next one costs the same.")


class Limits(Document):
    """How much the system bears; its own headers and answers tell more as it goes."""

    calls: int = Field(default=10, ge=1, description="Requests within 'seconds'.")
    seconds: float = Field(default=1.0, gt=0)
    concurrency: int = Field(default=4, ge=1, le=32, description="Requests under way at once.")
    remaining: str = Field(default="", description="Header that says how many requests are left in the window.")
    reset: str = Field(default="", description="Header that says when the window ends: seconds from now or epoch.")
    retry_after: str = Field(default="Retry-After", description="Header that says how long to wait.")
    budget: Budget | None = None
    timeout: float = Field(default=60.0, gt=0, description="Seconds until an answer is given up.")
    attempts: int = Field(default=6, ge=1, le=20, description="How often one request is tried.")
    patience: float = Field(
        default=600.0, gt=0, description="Longest wait in seconds that is sat out; a longer one ends the read."
    )


class ErrorRule(Document):
    """What an answer that is no success means. The first rule that fits decides."""

    status: Statuses = Field(default=(), description="Status codes; none means any.")
    at: Pointer | None = Field(default=None, description="Place in the answer to look at.")
    contains: str = Field(default="", description="Text that stands there, or anywhere when 'at' is not said.")
    do: Literal["retry", "renew", "fail", "deny", "skip", "end", "stop"] = Field(
        description="retry: wait and ask again. renew: renew the credentials, once. fail: end with 'message'. deny: "
        "this account may not see it. skip: this list is empty (a parent that may have none). end: no further pages. "
        "stop: enough for today."
    )
    message: str = Field(default="", description="What a person should know or do.")


class Cursor(Document):
    """How an incremental read starts: ``{cursor}`` in the request, or nothing where the system has no such filter."""

    field: Pointer = Field(description="Place in a record of the value that grows with each change.")
    lookback: str | None = Field(default=None, description="How far back to read again for late rows, e.g. 2 days.")
    newest_first: bool = Field(
        default=False,
        description="The list comes newest first by it, so an incremental read may leave it where it is known; a list "
        "that turns out not to is read to its end.",
    )


class Windows(Document):
    """A long history in parts: ``{window.from}`` and ``{window.to}`` in the request, both ends inclusive."""

    from_: Annotated[str, BeforeValidator(_as_day)] = Field(
        alias="from", description="The first day, as 2015-01-31; a setting's placeholder is allowed."
    )
    every: str | None = Field(
        default=None,
        pattern=r"^[1-9]\d{0,3} (hour|day)s?$",
        description="How long a window is at most, e.g. 30 days; without it there is one, halved where it is full.",
    )
    most: int | None = Field(
        default=None, ge=1, description="Records after which the system ends a list: such a window is halved."
    )

    @model_validator(mode="after")
    def _has_a_reason(self) -> "Windows":
        if self.every is None and self.most is None:
            raise ValueError("windows say how long they are ('every') or how many records fill one ('most')")
        return self

    @property
    def step(self) -> timedelta | None:
        """``every`` as a length of time."""
        if self.every is None:
            return None
        number, unit = self.every.split(" ")
        return timedelta(**{f"{unit.removesuffix('s')}s": int(number)})


class Parent(Document):
    """A stream whose records each have a list of this stream's."""

    stream: Identifier
    keep: dict[Identifier, Pointer] = Field(
        default={},
        description="Values of the parent's record as {parent.name} in the request and as a column 'name' of each row.",
    )
    ask: dict[Identifier, Pointer] = Field(
        default={},
        description="The same for the request alone: for records that several parents have, each of them once.",
    )
    only: Pointer | None = Field(
        default=None, description="Only parents with something there have a list; not where it is false, 0 or empty."
    )
    changes_with_children: bool = Field(
        default=False,
        description="The parent's cursor grows when its list changes, so only changed ones are asked.",
    )


class Listed(Document):
    """A list of what was deleted, or of events that say so."""

    request: dict[str, Any] = Field(description="What is different in its request, e.g. path, params, records.")
    key: dict[str, Pointer] = Field(
        default={}, description="Where a key column's value stands, where that is another place than in a record."
    )
    reaches: str = Field(
        default="",
        pattern=r"^([1-9]\d{0,3} (hour|day|week)s?)?$",
        description="How far back the list reaches, e.g. 30 days; what was deleted before is told by a sweep alone.",
    )


class Deletes(Document):
    """How records that are gone show themselves; a plan says what becomes of them (a source's ``gone``)."""

    flag: Pointer | None = Field(default=None, description="Place of a mark in the record itself, e.g. /archived.")
    values: tuple[JsonValue, ...] = Field(default=(True,), description="Values of the mark that mean it is gone.")
    listed: Listed | None = None
    sweep: bool | dict[str, Any] = Field(
        default=False,
        description="Reading all keys shows what is gone; what is different in the request that asks for them alone.",
    )


class Money(Document):
    """Amounts in the smallest unit of their currency, as 1999 for 19.99 EUR and for 1999 JPY."""

    amounts: tuple[Pointer, ...] = Field(min_length=1, description="Places of the amounts.")
    currency: Pointer = Field(description="Place of the currency's code.")


class Request(Document):
    """One request for a list."""

    method: Literal["GET", "POST"] = "GET"
    base_url: str = Field(default="", description="For a request that goes to another address of the same vendor.")
    path: str = Field(default="", description="Behind the base URL; placeholders allowed.")
    params: dict[str, str | int | bool | list[str]] = Field(default={})
    headers: dict[str, str] = Field(default={})
    body: JsonValue = None
    query: str = Field(default="", description="A GraphQL query; 'body' then holds its variables.")
    records: Pointer = Field(default="", description="Place of the list in the answer.")
    paginate: Unit | None = None


class Stream(Request):
    """A table that the system offers."""

    description: str = ""
    single: bool = Field(default=False, description="What stands at 'records' is one record and no list.")
    primary_key: Strings = Field(default=(), description="Columns that identify a row.")
    cursor: Cursor | None = None
    incremental: dict[str, Any] = Field(
        default={}, description="What is different in the request of an incremental read, e.g. path, method, body."
    )
    windows: Windows | None = None
    parent: Parent | None = None
    times: dict[Pointer, TimeForm] = Field(
        default={}, description="Instants that are spelled as numbers or without a zone, by place."
    )
    types: dict[Pointer, str] = Field(default={}, description="DuckDB types that the data may not show, by place.")
    fields: tuple[Pointer, ...] = Field(
        default=(),
        description="Places that are read, also where the first records have nothing there; /lines/*/sku is one of "
        "each entry of a list. All else is left out, and no drift. None: all are read.",
    )
    names: dict[Pointer, str] = Field(
        default={}, description="Columns under other names than their places make, * for a list's entries."
    )
    leave_out: tuple[Pointer, ...] = Field(default=(), description="Places that are not read.")
    keep_as_text: tuple[Pointer, ...] = Field(default=(), description="Objects and lists that stay one JSON text.")
    deletes: Deletes | None = None
    money: tuple[Money, ...] = Field(
        default=(), description="Amounts in smallest units: their columns are exact amounts of the currency."
    )

    def request_of_keys(self, form: str) -> dict[str, Any]:
        """What is different in the request of a read of the keys, ``sweep`` or ``listed``."""
        if self.deletes is None:
            return {}
        if form == "listed":
            return self.deletes.listed.request if self.deletes.listed is not None else {}
        return self.deletes.sweep if isinstance(self.deletes.sweep, dict) else {}


class Listing(Request):
    """Streams that a request lists: sheets, whose cells are read part by part and in each of which a table is found."""

    needs: Identifier | None = Field(default=None, description="A setting without which nothing is listed.")
    name: Pointer = Field(description="Place of a sheet's name in its entry.")
    keep: dict[Identifier, Pointer] = Field(
        default={}, description="Values of an entry, as {each.name} in what is asked of its sheet."
    )
    leave_out: dict[Pointer, tuple[JsonValue, ...]] = Field(
        default={}, description="Values at places of an entry that mean that the sheet is not read."
    )
    grid: Unit = Field(description="How a sheet's pages tell its cells: a module of grids/.")
    sheet: Request = Field(description="The request for a sheet's cells.")
    change: Request | None = Field(default=None, description="The request that changes cells; without one none are.")


class Check(Document):
    """The request that proves a connection, and what it tells about the account."""

    path: str
    method: Literal["GET", "POST"] = "GET"
    query: str = ""
    account: Pointer = Field(default="", description="Place of the account's name in the answer.")


class Proof(Document):
    """How far the connector has been tried, A to E, and on what."""

    grade: Grade
    tried_on: str = Field(description="A server, an emulator, the vendor's description and its date.")


class Definition(Document):
    """A connector as data."""

    title: str
    description: str = ""
    docs: str = Field(default="", description="Where the vendor documents the API.")
    api: str = Field(default="", description="The vendor's version that the requests are written for.")
    proof: Proof
    base_url: str
    settings: dict[Identifier, Setting] = Field(default={})
    auth: tuple[Unit, ...] = Field(default=(), description="Ways to prove who asks; the first is proposed.")
    headers: dict[str, str] = Field(default={})
    limits: Limits = Limits()
    errors: tuple[ErrorRule, ...] = ()
    paginate: Unit | None = Field(default=None, description="For streams that do not say their own.")
    records: Pointer | None = Field(default=None, description="For streams that do not say their own.")
    check: Check | None = None
    streams: dict[Identifier, Stream] = Field(default={})
    decimals: dict[int, tuple[str, ...]] = Field(
        default={},
        description="For 'money': currencies with so many decimals as the vendor counts them; others have 2.",
    )
    decimals_unclear: tuple[str, ...] = Field(
        default=(), description="Currencies of which the vendor's word is not clear: such amounts are refused."
    )
    listed: Listing | None = Field(default=None, description="Further streams, which the system itself lists.")
    writes: dict[Identifier, dict[Identifier, Write]] = Field(
        default={}, description="What can be sent: actions by stream, such as contacts, upsert."
    )

    @model_validator(mode="after")
    def _windows_have_keys(self) -> "Definition":
        for name, stream in self.streams.items():
            if stream.windows is not None and not stream.primary_key:
                raise ValueError(f"the stream {name!r} is read in windows and needs a primary_key: windows overlap")
        return self

    @model_validator(mode="after")
    def _parents_are_streams(self) -> "Definition":
        for name, stream in self.streams.items():
            if stream.parent is not None and stream.parent.stream not in self.streams:
                raise ValueError(f"the stream {name!r} has the parent {stream.parent.stream!r}, which is no stream")
        return self

    def request(self, name: str, *, incremental: bool, keys: str = "") -> Request:
        """The request of a stream, with what the whole connector says filled in; ``keys`` is ``sweep`` or ``listed``
        where its keys alone are read.
        """
        stream = self.streams[name]
        said = {field: getattr(stream, field) for field in Request.model_fields if field in stream.model_fields_set}
        if incremental:
            said |= stream.incremental
        if keys:
            said |= stream.request_of_keys(keys)
        whole = {"paginate": self.paginate, "records": self.records}
        return Request.model_validate({**{key: item for key, item in whole.items() if item is not None}, **said})


def read_definition(path: Path) -> Definition:
    """Read and check a ``connector.yaml``; SpecError names the place in it and the likeliest word meant."""
    import yaml

    where = {"file": str(path)}
    try:
        plain = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError("The connector cannot be read.", hint=str(error), where=where) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = {"line": mark.line + 1, "column": mark.column + 1} if mark is not None else {}
        raise SpecError(
            f"The connector is not valid YAML: {getattr(error, 'problem', error)}.", where={**where, **at}
        ) from None
    try:
        return Definition.model_validate(plain)
    except ValidationError as error:
        raise _refused(error, where) from None


def _refused(error: ValidationError, where: dict[str, str]) -> SpecError:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    hint = ""
    if first["type"] == "extra_forbidden":
        known = _known_at(first["loc"])
        near = nearest(str(first["loc"][-1]), known)
        hint = f"Did you mean {near!r}?" if near else f"There is: {', '.join(known)}."
    if first["type"] == "string_type" and isinstance(first.get("input"), bool):
        hint = "YAML reads a bare no, yes, on or off as a truth value: write it in quotes, 'no'."
    return SpecError(
        f"{place or 'The connector'}: {first['msg']}.",
        hint=hint,
        where={**where, "field": place},
        data={"field": place},
    )


def _known_at(place: tuple[int | str, ...]) -> list[str]:
    models: dict[str, type[Document]] = {
        "limits": Limits, "errors": ErrorRule, "cursor": Cursor, "parent": Parent, "deletes": Deletes,
        "listed": Listed, "windows": Windows, "money": Money,
        "check": Check, "proof": Proof, "settings": Setting, "streams": Stream,
    }  # fmt: skip
    for part in reversed(place[:-1]):
        if part in models:
            return sorted(models[str(part)].model_fields)
    return sorted(Definition.model_fields)
