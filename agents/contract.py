"""What every planner takes and gives, whether a model stands behind it or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from pydantic import Field

from spec.base import Document, JsonValue
from spec.catalog import Catalog
from spec.pipeline import Definition, Pipeline, Source

if TYPE_CHECKING:
    from sqlglot import exp


class Option(Document):
    """One answer a person can click; ``value`` is what is recorded."""

    label: str
    value: str


YES = "yes"
NAMES_HINT = "Name the tables, columns and values as the data does, or say what the word means."
"""What helps where words fit nothing in the data; a conversation can say more."""


class Meant(Document):
    """What a business word is to mean, as it is kept once a person says yes."""

    word: str
    text: str
    expression: str | None = Field(description="SQL over the columns of one table; None for a meaning in words.")
    goes_on: bool = Field(description="A request waits for it and goes on then; else nothing more was said.")


class Question(Document):
    """Asked when readings differ in result. ``key`` names the decision, so that an answer settles it for good."""

    kind: Literal["question"] = "question"
    key: str
    text: str
    options: tuple[Option, ...] = ()
    reading: str = ""
    keeps: Meant | None = Field(default=None, description="What is kept for good where the answer is yes.")


class ChartHint(Document):
    """How the answer is best drawn."""

    kind: str
    x: str
    y: tuple[str, ...]


class Draft(Document):
    """A proposed spec. ``answer`` is the step that holds the rows of a plain question; None for a pipeline."""

    kind: Literal["draft"] = "draft"
    spec: Pipeline
    reading: str
    assumptions: tuple[str, ...] = ()
    answer: str | None = None
    ordered: bool = Field(default=False, description="The rows of the answer have an order that was asked for.")
    chart: ChartHint | None = None


class Refusal(Document):
    """The data cannot say, or we do not do this; ``message`` tells why and what would help."""

    kind: Literal["refusal"] = "refusal"
    message: str
    hint: str = ""


Reply = TypeVar("Reply", bound=Document)


def noted(reply: Reply, notes: Sequence[str]) -> Reply:
    """A planner's reply with what a person should know of who did not give it."""
    if isinstance(reply, Draft):
        return reply.model_copy(update={"assumptions": (*reply.assumptions, *notes)})
    field = "reading" if isinstance(reply, Question) else "hint"
    said = str(getattr(reply, field))
    new = [note for note in notes if note not in said]
    return reply.model_copy(update={field: " ".join([said, *new]).strip()}) if new else reply


class Turn(Document):
    """An earlier exchange of the thread: what was asked, and what it was read as."""

    request: str
    reading: str = ""
    spec: Pipeline | None = None
    answer: str | None = Field(default=None, description="The step that holds the rows of a plain question's answer.")
    chart: ChartHint | None = None


class Request(Document):
    """What a person said, with all that the planner may depend on. ``now`` has a zone; nothing else is a clock."""

    text: str
    now: datetime
    timezone: str = "UTC"
    context: str = Field(default="", description="Instructions that belong to the request (definitions, conventions).")
    answers: dict[str, str] = Field(default={}, description="Question key to the answer given, as value or free text.")
    history: tuple[Turn, ...] = ()
    want: Literal["answer", "pipeline"] = Field(default="answer", description="'ask' wants rows, 'plan' a pipeline.")
    repair: tuple[dict[str, JsonValue], ...] = Field(
        default=(), description="The compiler's errors of the drafts before this one, oldest first."
    )


class DataView(Protocol):
    """The data a planner may look at: read-only, bounded, in a locked connection.

    ``sources`` say how a spec would read each table of the ``catalog``; tables are queried under their catalog names.
    """

    @property
    def catalog(self) -> Catalog: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...
    @property
    def definitions(self) -> Mapping[str, Definition]: ...

    def rows(self, query: exp.Query, *, limit: int = 1000) -> Sequence[Sequence[JsonValue]]:
        """At most ``limit`` rows of a read-only query in DuckDB's dialect; decimals as text, dates as ISO 8601."""

    def scalars(self, query: exp.Query) -> Sequence[object]:
        """The first row as Python values (Decimal, date, datetime ...), empty when there is none."""


class Planner(Protocol):
    """``builtin`` and every model-backed planner: a request and a view of the data in, one of three things out.

    A planner that can act on a compiler's errors has ``REPAIRS = True`` and is given them in ``Request.repair``.
    """

    def draft(self, request: Request, data: DataView) -> Draft | Question | Refusal: ...
