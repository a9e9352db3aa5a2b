"""Jobs have a priority, a checkpoint to go on from, and a count of workers lost without progress."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what waits or runs counts as interactive and unharmed."""
    op.add_column("jobs", sa.Column("priority", sa.String(16), nullable=False, server_default="interactive"))
    op.add_column("jobs", sa.Column("strikes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("checkpoint", sa.Integer(), nullable=False, server_default="0"))
