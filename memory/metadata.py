"""The store's tables as SQLAlchemy models: the one place their shape is written.

Alembic's migrations build these tables in SQLite and PostgreSQL alike, and ``schema.sql`` is what they amount to in
SQLite, so that a bare shell makes a store without loading SQLAlchemy. Instants are ISO 8601 text in UTC with
microseconds, which sorts and reads the same in both; documents are JSON text.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The root of the models; constraints get names that a migration can address."""

    metadata = MetaData(naming_convention=NAMING)


class Workspace(Base):
    """A business's own corner; with SQLite there is one a file, a PostgreSQL store may hold several."""

    __tablename__ = "workspaces"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[str]


class Counter(Base):
    """The last number given out in a series: runs ``r1``, threads ``t1``, entries of the audit trail."""

    __tablename__ = "counters"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class Principal(Base):
    """Someone or something that acts; ``rights`` is a JSON list."""

    __tablename__ = "principals"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    rights: Mapped[str]
    created_at: Mapped[str]
    __table_args__ = (CheckConstraint("kind IN ('person', 'service')", name="kind"),)


class Connection(Base):
    """A saved connection; ``config`` is JSON without secrets, ``secret`` names an entry of the vault."""

    __tablename__ = "connections"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    connector: Mapped[str]
    config: Mapped[str]
    secret: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[str]


class SpecVersion(Base):
    """A spec that was planned, approved or run, by its full digest; ``spec`` is JSON with comments."""

    __tablename__ = "spec_versions"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    pipeline: Mapped[str]
    spec: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[str]
    thread: Mapped[str | None]
    """The conversation that made it, if one did."""
    __table_args__ = (Index(None, "workspace", "pipeline", "created_at"),)


class Approval(Base):
    """Who approved exactly which spec, and when."""

    __tablename__ = "approvals"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    spec_digest: Mapped[str]
    approved_by: Mapped[str]
    approved_at: Mapped[str]
    entered_by: Mapped[str]
    withdrawn_by: Mapped[str | None]
    withdrawn_at: Mapped[str | None]
    __table_args__ = (Index(None, "workspace", "spec_digest"),)


class Thread(Base):
    """A conversation: the request with its data, what was answered so far, and the question that is open, if any."""

    __tablename__ = "threads"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    want: Mapped[str]
    request: Mapped[str]
    data: Mapped[str]
    answers: Mapped[str]
    question: Mapped[str | None]
    history: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[str]
    updated_at: Mapped[str]
    title: Mapped[str | None]
    surface: Mapped[str | None]
    __table_args__ = (CheckConstraint("want IN ('answer', 'pipeline')", name="want"),)


class Run(Base):
    """A run with all that resuming, replaying and reporting it later needs."""

    __tablename__ = "runs"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    run_id: Mapped[str] = mapped_column(primary_key=True)
    pipeline: Mapped[str]
    spec_digest: Mapped[str]
    spec: Mapped[str]
    base: Mapped[str]
    parameters: Mapped[str]
    rebound: Mapped[str]
    out: Mapped[str]
    now: Mapped[str]
    status: Mapped[str]
    started: Mapped[str]
    finished: Mapped[str | None]
    result: Mapped[str | None]
    cancel_requested_by: Mapped[str | None]
    cancel_requested_at: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("status IN ('running', 'succeeded', 'blocked', 'failed', 'cancelled')", name="status"),
        Index(None, "workspace", "pipeline", "status"),
    )


class RunEvent(Base):
    """One durable fact of a run, in order."""

    __tablename__ = "run_events"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    event: Mapped[str]


class Lease(Base):
    """Which run holds a pipeline, by which process and until when."""

    __tablename__ = "leases"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    pipeline: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    owner: Mapped[str]
    expires: Mapped[str]


class PipelineState(Base):
    """Cursors of a pipeline whose outputs are files."""

    __tablename__ = "pipeline_state"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    pipeline: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[str]
    state: Mapped[str]


class Definition(Base):
    """What a business word means here; a new meaning is a new version, the old ones stay."""

    __tablename__ = "definitions"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str]
    expression: Mapped[str | None]
    author: Mapped[str]
    created_at: Mapped[str]


class Preference(Base):
    """What one person prefers, such as a language; ``value`` is text as it was typed and checked."""

    __tablename__ = "preferences"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    at: Mapped[str]


class Schedule(Base):
    """An approved spec that runs by itself. ``next_at`` is the first time that is not among ``due_runs`` yet.

    ``spec_file`` is held against the digest before each run; None where the spec lives in the store alone.
    ``paused_for`` is the connection whose refused access paused it; None where a person did.
    """

    __tablename__ = "schedules"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    pipeline: Mapped[str] = mapped_column(primary_key=True)
    spec_digest: Mapped[str]
    base: Mapped[str]
    out: Mapped[str]
    paused: Mapped[int]
    next_at: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[str]
    spec_file: Mapped[str | None]
    thread: Mapped[str | None]
    paused_for: Mapped[str | None]


class DueRun(Base):
    """One due time of a pipeline, run once. ``fence`` counts the claims: only the last one's process may publish.

    ``covers`` is how many due times this one run stands for; ``attempt`` how often it was tried.
    """

    __tablename__ = "due_runs"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    pipeline: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[str] = mapped_column(primary_key=True)
    spec_digest: Mapped[str]
    covers: Mapped[int]
    status: Mapped[str]
    attempt: Mapped[int]
    not_before: Mapped[str]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[str | None]
    fence: Mapped[int]
    run_id: Mapped[str | None]
    message: Mapped[str | None]
    finished_at: Mapped[str | None]
    __table_args__ = (
        CheckConstraint(
            "status IN ('waiting', 'running', 'succeeded', 'blocked', 'failed', 'cancelled', 'held', 'missed')",
            name="status",
        ),
        Index(None, "workspace", "status", "not_before"),
    )


class Notice(Base):
    """Something to tell in a conversation (``thread``), or to whoever looks when no conversation made the pipeline.

    ``cause`` is compared to tell the same trouble once a day; ``times`` counts how often it came. ``shown_by`` is the
    process that is showing it just now. ``replies`` is JSON of what is said in place of ``text`` where more is to say.
    """

    __tablename__ = "notices"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    thread: Mapped[str | None] = mapped_column(info={"belongs": True})
    pipeline: Mapped[str]
    run_id: Mapped[str | None]
    kind: Mapped[str]
    text: Mapped[str]
    hint: Mapped[str]
    cause: Mapped[str]
    times: Mapped[int]
    at: Mapped[str]
    delivered_at: Mapped[str | None]
    delivered_by: Mapped[str | None]
    shown_by: Mapped[str | None]
    shown_until: Mapped[str | None]
    replies: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("kind IN ('failed', 'held_back', 'not_run', 'recovered')", name="kind"),
        Index(None, "workspace", "thread", "delivered_at"),
        Index(None, "workspace", "pipeline", "id"),
    )


class Turn(Base):
    """One message at work in a conversation. Turns of a thread are taken in the order of their numbers."""

    __tablename__ = "turns"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    said_by: Mapped[str]
    owner: Mapped[str]
    status: Mapped[str]
    began: Mapped[str]
    until: Mapped[str]
    ended: Mapped[str | None]
    pipeline: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'done', 'cancelled', 'failed')", name="status"),
    )


class Message(Base):
    """What was said in a conversation, by a person or by us; ``body`` is JSON."""

    __tablename__ = "messages"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn: Mapped[int]
    at: Mapped[str]
    author: Mapped[str]
    body: Mapped[str]


class ThreadPlan(Base):
    """A plan that a conversation made, in the order they were made, and what became of it."""

    __tablename__ = "thread_plans"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    pipeline: Mapped[str]
    spec_digest: Mapped[str]
    status: Mapped[str]
    at: Mapped[str]
    by: Mapped[str]
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'approved', 'rejected', 'replaced')", name="status"),
        Index(None, "workspace", "pipeline"),
    )


class Login(Base):
    """How a person proves who they are; ``password`` is an Argon2id hash with its parameters and salt."""

    __tablename__ = "logins"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    password: Mapped[str]
    changed_at: Mapped[str]
    failures: Mapped[int]
    locked_until: Mapped[str | None]


class Usage(Base):
    """One call of a model: what for, and what it took. ``cost`` is money as text, null where no price is known."""

    __tablename__ = "usage"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    principal: Mapped[str]
    thread: Mapped[str | None]
    task: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    input_tokens: Mapped[int]
    output_tokens: Mapped[int]
    cost: Mapped[str | None]
    __table_args__ = (Index(None, "workspace", "at"),)


class Budget(Base):
    """What models may take in a calendar month (UTC); null is no bound."""

    __tablename__ = "budgets"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    tokens: Mapped[int | None]
    money: Mapped[str | None]
    set_by: Mapped[str]
    set_at: Mapped[str]


class SlackThread(Base):
    """Where in Slack a conversation is held. ``ts`` names the thread there: none before its first message is sent,
    empty for the direct messages with one person.
    """

    __tablename__ = "slack_threads"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    thread: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str]
    ts: Mapped[str | None]
    at: Mapped[str]
    __table_args__ = (UniqueConstraint("workspace", "channel", "ts"),)


class SlackInbox(Base):
    """What was said or clicked in Slack, kept before it is acknowledged; ``id`` is the same in every delivery of it."""

    __tablename__ = "slack_inbox"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    thread: Mapped[str]
    body: Mapped[str]
    status: Mapped[str]
    owner: Mapped[str]
    at: Mapped[str]
    after_seq: Mapped[int | None]
    attempts: Mapped[int]
    __table_args__ = (
        CheckConstraint("status IN ('new', 'begun', 'done', 'failed')", name="status"),
        UniqueConstraint("workspace", "number"),
        Index(None, "workspace", "status"),
    )


class SlackOutbox(Base):
    """What is to be said in Slack, in order of ``number`` in each conversation; ``key`` tells what was queued before.

    ``target`` is the key of the message that an update changes, ``waits`` what its buttons wait for, ``file`` Slack's
    id of an upload that began.
    """

    __tablename__ = "slack_outbox"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    thread: Mapped[str]
    kind: Mapped[str]
    body: Mapped[str]
    target: Mapped[str | None]
    waits: Mapped[str | None]
    status: Mapped[str]
    owner: Mapped[str]
    at: Mapped[str]
    attempts: Mapped[int]
    channel: Mapped[str | None]
    ts: Mapped[str | None]
    file: Mapped[str | None]
    error: Mapped[str | None]
    __table_args__ = (
        CheckConstraint("kind IN ('root', 'post', 'ephemeral', 'file', 'update')", name="kind"),
        CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed')", name="status"),
        UniqueConstraint("workspace", "number"),
        Index(None, "workspace", "thread", "status"),
    )


class HttpAnswer(Base):
    """The first answer to a request that came with a client's own ``key``; ``status`` is None while it is at work.

    ``request`` is a digest of what was asked, ``after_seq`` the last message of the conversation before it.
    """

    __tablename__ = "http_answers"
    workspace: Mapped[str] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    thread: Mapped[str | None] = mapped_column(info={"belongs": True})
    after_seq: Mapped[int]
    owner: Mapped[str]
    at: Mapped[str]
    until: Mapped[str]
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    body: Mapped[str | None]
    __table_args__ = (Index(None, "workspace", "until"),)


class AuditEntry(Base):
    """Who did what, in order. Each ``hash`` covers the entry before; the database refuses change and removal."""

    __tablename__ = "audit_trail"
    workspace: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[str]
    principal: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str]
    __table_args__ = (UniqueConstraint("workspace", "hash"),)
