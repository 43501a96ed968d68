"""What each person prefers."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "preferences",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("workspace", "principal", "name", "value", "at")),
        sa.ForeignKeyConstraint(["workspace"], ["workspaces.id"]),
        sa.PrimaryKeyConstraint("workspace", "principal", "name"),
    )
