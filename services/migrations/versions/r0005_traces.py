"""Jobs and operations know the trace of who ordered them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add where they are in it; what waits or runs has none."""
    op.add_column("jobs", sa.Column("trace", sa.String(568)))
    op.add_column("operations", sa.Column("trace", sa.String(568)))
