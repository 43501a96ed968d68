"""Slack: what arrived, what is to be said there, and which thread there is which conversation here.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "slack_threads",
        *_text("workspace", "thread", "channel", "ts?", "at"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "thread"),
        sa.UniqueConstraint("workspace", "channel", "ts"),
    )
    op.create_table(
        "slack_inbox",
        *_text("workspace", "id"),
        sa.Column("number", sa.Integer(), nullable=False),
        *_text("thread", "body", "status", "owner", "at"),
        sa.Column("after_seq", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('new', 'begun', 'done', 'failed')", name="status"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "id"),
        sa.UniqueConstraint("workspace", "number"),
    )
    op.create_index("ix_slack_inbox_workspace_status", "slack_inbox", ["workspace", "status"])
    op.create_table(
        "slack_outbox",
        *_text("workspace", "key"),
        sa.Column("number", sa.Integer(), nullable=False),
        *_text("thread", "kind", "body", "target?", "waits?", "status", "owner", "at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *_text("channel?", "ts?", "file?", "error?"),
        sa.CheckConstraint("kind IN ('root', 'post', 'ephemeral', 'file', 'update')", name="kind"),
        sa.CheckConstraint("status IN ('queued', 'sending', 'sent', 'failed')", name="status"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "key"),
        sa.UniqueConstraint("workspace", "number"),
    )
    op.create_index("ix_slack_outbox_workspace_thread_status", "slack_outbox", ["workspace", "thread", "status"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]
