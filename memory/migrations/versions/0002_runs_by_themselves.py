"""What a worker needs: due times that are claimed, notices, withdrawn approvals, and which thread made a spec.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the tables and columns; what is there stays as it is."""
    for table, names in (
        ("spec_versions", ("thread",)),
        ("approvals", ("withdrawn_by", "withdrawn_at")),
        ("schedules", ("spec_file", "thread")),
    ):
        for name in names:
            op.add_column(table, sa.Column(name, sa.String(), nullable=True))
    op.create_table(
        "due_runs",
        *_text("workspace", "pipeline", "due_at", "spec_digest"),
        *_numbers("covers"),
        *_text("status"),
        *_numbers("attempt"),
        *_text("not_before", "claimed_by?", "claimed_until?"),
        *_numbers("fence"),
        *_text("run_id?", "message?", "finished_at?"),
        sa.CheckConstraint(
            "status IN ('waiting', 'running', 'succeeded', 'blocked', 'failed', 'cancelled', 'held', 'missed')",
            name="status",
        ),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "pipeline", "due_at"),
    )
    op.create_index("ix_due_runs_workspace_status_not_before", "due_runs", ["workspace", "status", "not_before"])
    op.create_table(
        "notices",
        *_text("workspace"),
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        *_text("thread?", "pipeline", "run_id?", "kind", "text", "hint", "cause"),
        *_numbers("times"),
        *_text("at", "delivered_at?", "delivered_by?"),
        sa.CheckConstraint("kind IN ('failed', 'held_back', 'not_run', 'recovered')", name="kind"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "id"),
    )
    op.create_index("ix_notices_workspace_thread_delivered_at", "notices", ["workspace", "thread", "delivered_at"])
    op.create_index("ix_notices_workspace_pipeline_id", "notices", ["workspace", "pipeline", "id"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]
