"""What the product says in a conversation: typed, so that every surface renders each kind in its own way.

A turn gives a stream of these. None holds a secret, a stack trace or a path beyond the workspace's own files, and text
from data stays data: a surface escapes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from spec.base import Document, JsonValue
from spec.run import CheckResult, Effect
from tools.documents import Choice, OutColumn

FIRST_ROWS = 100
"""Rows that stand in a Table itself; the rest is paged with ``tools.answers.page``."""
CHART_ROWS = 2_000


class Text(Document):
    """A sentence or two. ``cites`` are places in the documents that it rests on, as 'file # heading'."""

    kind: Literal["text"] = "text"
    text: str
    tone: Literal["plain", "reading", "note", "warning", "done"] = "plain"
    cites: tuple[str, ...] = ()


class Table(Document):
    """Rows of an answer. With ``answer`` all ``row_count`` of them can be sorted, filtered and paged."""

    kind: Literal["table"] = "table"
    title: str = ""
    columns: tuple[OutColumn, ...]
    rows: tuple[tuple[JsonValue, ...], ...] = Field(description="The first rows, in the order of ``columns``.")
    row_count: int
    answer: str | None = Field(default=None, description="Id for tools.answers.")
    sql: str | None = None


class Chart(Document):
    """A drawing of an answer: a unit of reports/charts over the rows given here."""

    kind: Literal["chart"] = "chart"
    title: str = ""
    chart: str
    x: str
    y: tuple[str, ...]
    columns: tuple[OutColumn, ...]
    rows: tuple[tuple[JsonValue, ...], ...]


class ShownStep(Document):
    """A step of a plan as drawn: ``after`` are the sources and steps it reads, ``rows`` what it gave in the proof."""

    id: str
    what: str
    after: tuple[str, ...] = ()
    rows: int | None = None
    source: bool = False


class Impact(Document):
    """What a change does to one figure of an output, on the data as it is now."""

    output: str
    figure: str
    before: str
    after: str


class PlanCard(Document):
    """A proven plan, waiting for a person. An approval is given to ``spec_digest`` and to nothing else."""

    kind: Literal["plan"] = "plan"
    name: str
    title: str
    version: int = Field(description="Which plan of this name in this conversation, from 1.")
    spec_digest: str
    reading: str
    steps: tuple[ShownStep, ...]
    proofs: tuple[CheckResult, ...]
    proven: bool
    effects: tuple[Effect, ...]
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    schedule: str = Field(default="", description="When it runs by itself, in words; empty when it does not.")
    recipients: tuple[str, ...] = ()
    cost: str = Field(default="", description="What planning cost and what runs will cost, in words.")


class DiffCard(Document):
    """What a changed plan changes against the one before, written from the two specs and their data."""

    kind: Literal["diff"] = "diff"
    name: str
    before: str = Field(description="Digest of the plan before.")
    after: str
    changes: tuple[str, ...]
    impact: tuple[Impact, ...] = ()
    effects_change: bool = False


class Question(Document):
    """Something only the person can say. Answered by an option's value, or in their own words."""

    kind: Literal["question"] = "question"
    key: str
    text: str
    options: tuple[Choice, ...] = ()
    reading: str = ""


class Progress(Document):
    """What is being done; any later reply takes its place. ``run_id`` is there while a run is at work."""

    kind: Literal["progress"] = "progress"
    run_id: str = ""
    text: str
    done: bool = False


class File(Document):
    """A file to download; ``path`` is on this machine and never shown, ``id`` names it to a surface."""

    kind: Literal["file"] = "file"
    name: str
    id: str
    path: str
    media_type: str
    bytes: int


class Connect(Document):
    """An account that can be connected. That is done on a page of ours, so that no secret is said in a conversation."""

    kind: Literal["connect"] = "connect"
    system: str
    title: str
    name: str = Field(description="The connection that it will be.")
    text: str
    again: bool = Field(default=False, description="The connection is there, and is connected again.")
    page: str = Field(
        description="The page's path, below the address of the chat page; it asks for a login like the rest."
    )


class Failure(Document):
    """What went wrong, in words for the person, and what to do next."""

    kind: Literal["failure"] = "failure"
    message: str
    hint: str = ""
    error: str = Field(default="error", description="The kind of error, as in spec.errors.")
    who: str = ""


Reply = Annotated[
    Text | Table | Chart | PlanCard | DiffCard | Question | Progress | File | Connect | Failure,
    Field(discriminator="kind"),
]
REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


class Said(Document):
    """One message of a conversation as kept: who said it, and a person's words and files, or one of our replies."""

    seq: int
    turn: int
    at: datetime
    author: str
    text: str | None = None
    files: tuple[str, ...] = ()
    reply: Reply | None = None
