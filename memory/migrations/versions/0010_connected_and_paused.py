"""Schedules that a refused connection has paused, and notices that say more than a sentence: what a new one can see.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Add the columns; what is there stays as it is."""
    op.add_column("schedules", sa.Column("paused_for", sa.String(), nullable=True))
    op.add_column("notices", sa.Column("replies", sa.String(), nullable=True))
