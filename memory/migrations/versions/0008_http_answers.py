"""Answers of the HTTP API under a client's own key, so that a request that is sent again is not done again.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "http_answers",
        *_text("workspace", "principal", "key", "request", "thread?"),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        *_text("owner", "at", "until"),
        sa.Column("status", sa.Integer(), nullable=True),
        *_text("media_type?", "body?"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "principal", "key"),
    )
    op.create_index("ix_http_answers_workspace_until", "http_answers", ["workspace", "until"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]
