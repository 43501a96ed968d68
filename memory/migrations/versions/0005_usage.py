"""What models took, and what they may take in a month.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "usage",
        sa.Column("workspace", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False, autoincrement=False),
        *_text("at", "principal", "thread?", "task", "provider", "model"),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        *_text("cost?"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name="fk_usage_workspace"),
        sa.PrimaryKeyConstraint("workspace", "seq", name="pk_usage"),
    )
    op.create_index("ix_usage_workspace_at", "usage", ["workspace", "at"])
    op.create_table(
        "budgets",
        *_text("workspace"),
        sa.Column("tokens", sa.Integer(), nullable=True),
        *_text("money?", "set_by", "set_at"),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"], name="fk_budgets_workspace"),
        sa.PrimaryKeyConstraint("workspace", name="pk_budgets"),
    )


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name.removesuffix("?"), sa.String(), nullable=name.endswith("?")) for name in names]
