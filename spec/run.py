"""What a run is, what it leaves, and what it needs from outside: an approval and a store."""

# No postponed annotations here: fields are made of them, and as text each would be compiled at every start.

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import Field

from spec.base import Document, JsonValue
from spec.records import record

if TYPE_CHECKING:
    from spec.pipeline import Pipeline

RunStatus = Literal["running", "succeeded", "blocked", "failed", "cancelled"]


class Effect(Document):
    """Something that leaves the run: files under --out need no approval, everything else does."""

    kind: Literal["write", "send", "schedule"]
    target: str
    detail: str = ""
    needs_approval: bool = True


class CheckResult(Document):
    """A check's outcome. A failed check is a result, not an error. ``expected`` and ``found`` are shown as they are;
    ``note`` is what the check means to its owner, as the spec says it.
    """

    check: str
    on: str
    severity: Literal["warn", "block"]
    passed: bool
    expected: str = ""
    found: str = ""
    detail: str = ""
    note: str = ""


class OutputResult(Document):
    """A published file or table. ``digest`` is the table digest of CONTRACTS (``sha256``-free: ``t1:`` + 32 hex)."""

    name: str
    file: str | None = None
    table: str | None = None
    rows: int
    digest: str | None = None
    gone: int = Field(default=0, description="Rows of the table that were removed or marked, being gone in the source.")


class Quarantined(Document):
    """Rows set aside with their reason; none of them is lost."""

    table: str
    rows: int
    file: str | None = None
    reason: str


class RunResult(Document):
    """The document ``dreflow run --json`` prints. Times are UTC."""

    run_id: str
    status: RunStatus
    spec_digest: str
    started: datetime
    finished: datetime | None = None
    data_as_of: datetime | None = None
    outputs: tuple[OutputResult, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    notes: tuple[str, ...] = Field(
        default=(), description="What a person should know of how the sources were read, such as columns left out."
    )
    tokens: int = 0
    events: str = ""
    message: str | None = None
    error: dict[str, JsonValue] | None = None


class RunEvent(Document):
    """One durable fact of a run, appended in order; leases, progress and alerts read only these."""

    run_id: str
    seq: int
    at: datetime
    phase: Literal["start", "extract", "transform", "check", "publish", "report", "finish", "cancel", "error"]
    name: str = ""
    rows: int | None = None
    bytes: int | None = None
    tokens: int = 0
    cost: str = "0"
    data: dict[str, JsonValue] = Field(default={})


class Approval(Protocol):
    """Who approved exactly which spec."""

    @property
    def spec_digest(self) -> str: ...
    @property
    def approved_by(self) -> str: ...
    @property
    def approved_at(self) -> datetime: ...


@record(frozen=True, kw_only=True)
class StoredRun:
    """A run as the store holds it; enough to list, resume, replay and report it later."""

    run_id: str
    pipeline: str
    spec_digest: str
    spec: "Pipeline"
    base: str
    """Folder from which the spec's relative paths start."""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    rebound: Mapping[str, str] = field(default_factory=dict)
    """Sources rebound with --data."""
    out: str
    now: datetime
    status: RunStatus
    started: datetime
    finished: datetime | None = None
    result: RunResult | None = None


class RunStore(Protocol):
    """All the runner knows of the workspace's store. Implementations are safe across processes.

    Times are UTC. ``claim`` is a lease on one pipeline's name: it returns False while a live process holds it.
    """

    def approval(self, spec_digest: str) -> Approval | None:
        """The approval of exactly this digest, if there is one."""

    def claim(self, pipeline: str, run_id: str, *, owner: str, now: datetime, seconds: float) -> bool:
        """Take or renew the lease on a pipeline for a run; False while another run's lease is live."""

    def release(self, pipeline: str, run_id: str) -> None:
        """Give the lease back."""

    def begin(self, run: StoredRun) -> None:
        """Record a started run."""

    def append(self, event: RunEvent) -> None:
        """Append one event; durable when it returns."""

    def finish(self, run_id: str, result: RunResult) -> None:
        """Record how the run ended."""

    def cancel_requested(self, run_id: str) -> bool:
        """True once a person asked for the run to stop."""

    def get(self, run_id: str) -> StoredRun | None:
        """One run, if known."""

    def unfinished(self, pipeline: str, spec_digest: str) -> Sequence[StoredRun]:
        """Runs of this spec recorded as running, newest first; their processes may be gone."""

    def state(self, pipeline: str) -> Mapping[str, JsonValue]:
        """Cursor state of a pipeline whose outputs are files (a destination database keeps its own beside the data)."""

    def save_state(self, pipeline: str, run_id: str, state: Mapping[str, JsonValue]) -> None:
        """Replace that state."""
