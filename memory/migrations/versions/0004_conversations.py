"""Conversations: turns in their order, what was said, and the plans that a thread made.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Add the tables, and what a list of conversations shows of a thread."""
    op.add_column("threads", sa.Column("title", sa.String(), nullable=True))
    op.add_column("threads", sa.Column("surface", sa.String(), nullable=True))
    op.create_table(
        "turns",
        *_text("workspace", "thread"),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        *_text("said_by", "owner", "status", "began", "until", "ended?", "pipeline?"),
        sa.CheckConstraint("status IN ('waiting', 'running', 'done', 'cancelled', 'failed')", name="status"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "thread", "number"),
    )
    op.create_table(
        "messages",
        *_text("workspace", "thread"),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        *_text("at", "author", "body"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "thread", "seq"),
    )
    op.create_table(
        "thread_plans",
        *_text("workspace", "thread"),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        *_text("pipeline", "spec_digest", "status", "at", "by"),
        sa.CheckConstraint("status IN ('proposed', 'approved', 'rejected', 'replaced')", name="status"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "thread", "number"),
    )
    op.create_index("ix_thread_plans_workspace_pipeline", "thread_plans", ["workspace", "pipeline"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]
