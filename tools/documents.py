"""The documents other programs read: what ``ask`` and ``plan`` print with ``--json``. ``run`` prints ``RunResult``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from spec.base import Document, JsonValue
from spec.errors import DreflowError
from spec.run import CheckResult, Effect

Error = dict[str, JsonValue]


class OutColumn(Document):
    """A column of the answer and its DuckDB type."""

    name: str
    type: str


class Choice(Document):
    """One answer that can be given to the open question; ``value`` is what ``--answer`` takes."""

    label: str
    value: str


class Drawing(Document):
    """How the answer is best drawn: a unit of reports/charts and the columns of its axes."""

    kind: str
    x: str
    y: tuple[str, ...]


class AskDocument(Document):
    """An answer, an open question, or why there is none.

    Rows are arrays in the order of ``columns``; DECIMAL and integers beyond 2^53 are strings, dates and times ISO 8601,
    NaN and infinity null.
    """

    id: JsonValue = Field(default=None, description="The id of the line of a batch.")
    status: Literal["answered", "question", "declined", "failed"]
    thread: str | None = Field(default=None, description="Name of the conversation, for --thread.")
    reading: str = Field(default="", description="What the question was taken to mean.")
    columns: tuple[OutColumn, ...] = ()
    rows: tuple[tuple[JsonValue, ...], ...] = ()
    row_count: int = Field(default=0, description="Rows in this document.")
    truncated: bool = Field(default=False, description="There are more rows than --max-rows.")
    sql: str | None = Field(default=None, description="The query in DuckDB's dialect.")
    spec: dict[str, JsonValue] | None = Field(default=None, description="The spec that computes the answer again.")
    assumptions: tuple[str, ...] = ()
    chart: Drawing | None = None
    question: str | None = None
    options: tuple[Choice, ...] = ()
    message: str | None = Field(default=None, description="Why the data cannot say, or what failed.")
    error: Error | None = Field(default=None, description="Only when failed: kind, where, hint.")
    provider: str = "builtin"
    tokens: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, JsonValue]:
        """The document as plain data; ``id`` stands only in a batch, ``error`` only in a failure."""
        return _plain(self)


class PlanDocument(Document):
    """A drafted, compiled and proven plan, an open question, or why there is none."""

    status: Literal["planned", "question", "declined", "failed"]
    thread: str | None = Field(default=None, description="Name of the conversation, for --thread.")
    reading: str = ""
    spec: dict[str, JsonValue] | None = None
    spec_digest: str | None = Field(default=None, description="What an approval is given to.")
    spec_file: str | None = Field(default=None, description="Where the spec was written.")
    effects: tuple[Effect, ...] = ()
    proofs: tuple[CheckResult, ...] = ()
    proven: bool = Field(default=False, description="Every blocking proof passed on the data.")
    rows: dict[str, int] = Field(default={}, description="Rows of each source and step in the proof.")
    assumptions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    question: str | None = None
    options: tuple[Choice, ...] = ()
    message: str | None = None
    error: Error | None = None
    provider: str = "builtin"
    tokens: int = 0
    seconds: float = 0.0

    def to_json(self) -> dict[str, JsonValue]:
        """The document as plain data; ``error`` stands only in a failure."""
        return _plain(self)


def _plain(document: AskDocument | PlanDocument) -> dict[str, JsonValue]:
    plain: dict[str, JsonValue] = document.model_dump(mode="json")
    for name in ("id", "error"):
        if plain.get(name) is None:
            plain.pop(name, None)
    return plain


def failed_ask(error: DreflowError) -> AskDocument:
    """The document of a question that failed."""
    return AskDocument(status="failed", message=_said(error), error=_plain_error(error))


def failed_plan(error: DreflowError) -> PlanDocument:
    """The document of a plan that failed."""
    return PlanDocument(status="failed", message=_said(error), error=_plain_error(error))


def _said(error: DreflowError) -> str:
    return f"{error.message} {error.hint}".strip()


def _plain_error(error: DreflowError) -> Error:
    import json

    plain: Error = json.loads(json.dumps(error.to_json(), default=str))
    return plain
