"""Notices that somebody is showing just now: told is what was shown, not what was taken to be shown.

This file is history: a change of the models gets a migration of its own.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Add the columns."""
    for name in ("shown_by", "shown_until"):
        op.add_column("notices", sa.Column(name, sa.String(), nullable=True))
