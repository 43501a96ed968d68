"""The store's first shape.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

SQLITE_GUARD = """
CREATE TRIGGER audit_trail_no_{verb} BEFORE {verb} ON audit_trail BEGIN
 SELECT RAISE(ABORT, 'the audit trail is append-only');
END"""
POSTGRES_GUARDS = (
    """
CREATE FUNCTION audit_trail_guard() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$""",
    """
CREATE TRIGGER audit_trail_no_change BEFORE UPDATE OR DELETE ON audit_trail
FOR EACH ROW EXECUTE FUNCTION audit_trail_guard()""",
    """
CREATE TRIGGER audit_trail_no_truncate BEFORE TRUNCATE ON audit_trail
FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_guard()""",
)


def upgrade() -> None:
    """Create all tables and the guards of the audit trail."""
    _people()
    _specs()
    _runs()
    _later()
    sqlite = tuple(SQLITE_GUARD.format(verb=verb).strip() for verb in ("update", "delete"))
    for guard in sqlite if op.get_bind().dialect.name == "sqlite" else POSTGRES_GUARDS:
        op.execute(guard)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]


def _workspace() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"])


def _people() -> None:
    op.create_table("workspaces", *_text("id", "name", "created_at"), sa.PrimaryKeyConstraint("id"))
    op.create_table(
        "counters",
        *_text("workspace", "series"),
        sa.Column("value", sa.Integer(), nullable=False),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "series"),
    )
    op.create_table(
        "principals",
        *_text("workspace", "name", "kind", "rights", "created_at"),
        sa.CheckConstraint("kind IN ('person', 'service')", name="kind"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "name"),
    )
    op.create_table(
        "connections",
        *_text("workspace", "name", "connector", "config", "secret?", "created_by", "created_at"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "name"),
    )


def _specs() -> None:
    op.create_table(
        "spec_versions",
        *_text("workspace", "digest", "pipeline", "spec", "created_by", "created_at"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "digest"),
    )
    op.create_index(
        "ix_spec_versions_workspace_pipeline_created_at", "spec_versions", ["workspace", "pipeline", "created_at"]
    )
    op.create_table(
        "approvals",
        *_text("workspace"),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        *_text("spec_digest", "approved_by", "approved_at", "entered_by"),
        sa.PrimaryKeyConstraint("workspace", "id"),
    )
    op.create_index("ix_approvals_workspace_spec_digest", "approvals", ["workspace", "spec_digest"])
    op.create_table(
        "threads",
        *_text("workspace", "id", "want", "request", "data", "answers", "question?", "history"),
        *_text("created_by", "created_at", "updated_at"),
        sa.CheckConstraint("want IN ('answer', 'pipeline')", name="want"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "id"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        *_text("workspace", "run_id", "pipeline", "spec_digest", "spec", "base", "parameters", "rebound", "out"),
        *_text("now", "status", "started", "finished?", "result?", "cancel_requested_by?", "cancel_requested_at?"),
        sa.CheckConstraint("status IN ('running', 'succeeded', 'blocked', 'failed', 'cancelled')", name="status"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "run_id"),
    )
    op.create_index("ix_runs_workspace_pipeline_status", "runs", ["workspace", "pipeline", "status"])
    op.create_table(
        "run_events",
        *_text("workspace", "run_id"),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        *_text("at", "event"),
        sa.PrimaryKeyConstraint("workspace", "run_id", "seq"),
    )
    op.create_table(
        "leases",
        *_text("workspace", "pipeline", "run_id", "owner", "expires"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "pipeline"),
    )
    op.create_table(
        "pipeline_state",
        *_text("workspace", "pipeline", "run_id", "state"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "pipeline"),
    )


def _later() -> None:
    op.create_table(
        "definitions",
        *_text("workspace", "name"),
        sa.Column("version", sa.Integer(), nullable=False, autoincrement=False),
        *_text("text", "expression?", "author", "created_at"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "name", "version"),
    )
    op.create_table(
        "schedules",
        *_text("workspace", "pipeline", "spec_digest", "base", "out"),
        sa.Column("paused", sa.Integer(), nullable=False),
        *_text("next_at?", "created_by", "created_at"),
        _workspace(),
        sa.PrimaryKeyConstraint("workspace", "pipeline"),
    )
    op.create_table(
        "audit_trail",
        *_text("workspace"),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        *_text("at", "principal", "action", "subject", "detail", "previous", "hash"),
        sa.PrimaryKeyConstraint("workspace", "seq"),
        sa.UniqueConstraint("workspace", "hash"),
    )
