"""Logins: how people prove who they are.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "logins",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("workspace", "principal", "password", "changed_at")
        ),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "principal"),
    )
