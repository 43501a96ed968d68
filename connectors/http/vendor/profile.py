"""What a vendor's prose says and its description does not: how a list is dealt out and what a filter means.

A profile is written from the vendor's documents, never from our connector: the two are proven against each other.
"""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.http.vendor.instants import Form
from spec.base import Document
from spec.errors import SpecError, unknown_name

Place = Annotated[str, Field(pattern=r"^(/[^/]*)*$", description="JSON Pointer, e.g. /data; empty for the whole.")]
Source = Annotated[str, Field(min_length=10, description="Where the vendor says so: page or place, and its words.")]


class Way(BaseModel):
    """A way of dealing out a list (a module of ``paging/``) or of keeping things, with its parameters beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    use: str
    source: Source

    @property
    def params(self) -> dict[str, Any]:
        """The way's own parameters."""
        return dict(self.model_extra or {})


class Growing(Document):
    """A value in each record that grows with each change."""

    field: Place
    form: Form = "iso"


class Filter(Document):
    """A parameter that leaves records out."""

    param: str = Field(description="Its name; a place in the body for 'body'; the column's name for 'text'.")
    place: Literal["query", "header", "body", "text"] = Field(
        default="query", description="text: the column is compared inside of a query that a parameter holds."
    )
    text_param: str = Field(default="query", description="For 'text': the parameter, or place in the body (/query).")
    field: Place = Field(description="Place in a record that is compared.")
    keeps: Literal["from", "after", "until", "before", "equal"] = Field(description="from and until are inclusive.")
    inclusive_param: str = Field(default="", description="A parameter that, when true, makes the border inclusive.")
    form: Form | Literal["plain"] = Field(default="iso", description="How the parameter spells an instant.")
    source: Source


class Selecting(Document):
    """A parameter that says which fields a record has, comma-separated, nested ones with dots."""

    param: str
    always: tuple[str, ...] = ()
    default: tuple[str, ...] = Field(default=(), description="Fields without the parameter; none means all.")
    source: Source


class Belonging(Document):
    """A list inside of another stream's record."""

    stream: str
    param: str = Field(description="Parameter of the path or query that names the parent.")
    field: Place | None = Field(default=None, description="Place in the record that holds the parent's key.")
    prefix: str = Field(default="", description="What stands before the parent's key in the parameter.")


class Condition(Document):
    """Tells streams apart that share a path: a text in a parameter, or at a place (/query) of the body."""

    param: str
    contains: str


class RecordOf(Document):
    """Where the description has the whole record, when its list has an excerpt."""

    path: str
    place: Place


class Telling(Document):
    """A list of events in which the vendor tells that a record was deleted."""

    stream: str
    key: Place = Field(description="Where the deleted record's key stands in an event.")
    set: dict[Place, Any] = Field(default={}, description="What else such an event says, e.g. its type.")
    source: Source


class Span(Document):
    """Two parameters that say from when to when, no further apart than so many days; both are required."""

    start: str
    end: str
    days: int
    form: Form = "iso"
    source: Source


class VendorStream(Document):
    """A list that the vendor offers."""

    path: str = Field(description="Path template as the vendor's description spells it.")
    method: Literal["GET", "POST"] = "GET"
    when: Condition | None = None
    records: Place = Field(description="Place of the list in the answer.")
    record: RecordOf | None = None
    key: Place
    key_prefix: str = ""
    growing: Growing | None = None
    order: Literal["oldest_first", "newest_first", "by_number"] = "oldest_first"
    belongs: Belonging | None = None
    needs: tuple[tuple[str, ...], ...] = Field(default=(), description="Sets of parameters of which one is required.")
    filters: tuple[Filter, ...] = ()
    smallest_units: tuple[Place, ...] = Field(
        default=(), description="Amounts in the smallest unit of their currency, as the vendor's documents say."
    )
    selecting: Selecting | None = None
    set: dict[Place, Any] = Field(default={}, description="Values that every record has.")
    spelled: dict[Place, str] = Field(default={}, description="Texts that are made of the key, {key} in them.")
    deleted: dict[Place, Any] = Field(default={}, description="Marks of a deleted record; without, it is gone.")
    deleting_grows: bool = Field(default=False, description="A record that gets these marks counts as changed.")
    told_in: Telling | None = None
    ends_after: int | None = Field(default=None, description="A list gives so many records and no more.")
    span: Span | None = None
    paging: Way


class Refusal(Document):
    """How the vendor says no. ``{reason}`` in the body's texts is why."""

    status: int
    body: Any = None


class Change(BaseModel):
    """An addition to the vendor's description, where that is incomplete."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Place
    set: Any = None
    remove: bool = False
    source: Source


class Profile(Document):
    """A vendor."""

    title: str
    description: str = Field(description="File name of the vendor's own description.")
    base: str | None = Field(default=None, description="Path before all others, where the description has none.")
    overlay: tuple[Change, ...] = ()
    beside: tuple[str, ...] = Field(default=(), description="Further descriptions of the vendor, by file name.")
    also: tuple[str, ...] = Field(default=(), description="Paths that are no stream, e.g. the one of a check.")
    mask: str = Field(default="", description="Parameter that says what of an answer comes, as Google's 'fields' does.")
    keeps: dict[str, Way] = Field(default={}, description="What it keeps or takes beside lists: modules of keeping/.")
    headers: dict[str, str] = Field(default={}, description="What every answer carries.")
    refusals: dict[str, Refusal] = Field(
        default={}, description="By reason: unauthorized, forbidden, limited, invalid, unknown, failing, unavailable."
    )
    decimals: dict[int, tuple[str, ...]] = Field(
        default={}, description="Currencies with so many decimals, of amounts in the smallest unit; others have 2."
    )
    streams: dict[str, VendorStream]

    @property
    def paths(self) -> set[str]:
        """The paths that are needed of the description."""
        whole = {stream.record.path for stream in self.streams.values() if stream.record is not None}
        taken = {str(way.params["path"]) for way in self.keeps.values() if "path" in way.params}
        return {*(stream.path for stream in self.streams.values()), *self.also, *whole, *taken}

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The overlay as ``read_description`` takes it."""
        return [one.model_dump(exclude={"source"}) for one in self.overlay]


def read_profile(file: Path) -> Profile:
    """Read a vendor's profile; SpecError names the place in it that is wrong."""
    import yaml

    where = {"file": str(file)}
    try:
        profile = Profile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SpecError("The vendor's profile cannot be read.", hint=str(error), where=where) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SpecError(f"{place or 'The profile'}: {first['msg']}.", where={**where, "field": place}) from None
    _check_ways(profile, where)
    return profile


def _check_ways(profile: Profile, where: Mapping[str, str | int]) -> None:
    """SpecError for a way that there is not, or that has no such parameter."""
    from connectors.http.vendor.dealing import PAGING
    from connectors.http.vendor.kept import KEEPING
    from connectors.spelling import parse_options

    ways = [(f"streams.{name}.paging", PAGING, stream.paging) for name, stream in profile.streams.items()]
    ways += [(f"keeps.{name}", KEEPING, way) for name, way in profile.keeps.items()]
    for place, shelf, way in ways:
        try:
            if not shelf.has(way.use):
                raise unknown_name("way", way.use, shelf.names())
            parse_options(shelf.load(way.use).Params, way.params)
        except SpecError as error:
            option = str(error.data.get("option") or "use")
            field = f"{place}.{option}"
            raise SpecError(f"{field}: {error.message}", hint=error.hint, where={**where, "field": field}) from None
