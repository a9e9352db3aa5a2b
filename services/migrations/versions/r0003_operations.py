"""Operations: orders of several pictures, and the jobs that belong to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table, and tie jobs to it."""
    op.create_table(
        "operations",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("key", sa.String(128)),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False, server_default="interactive"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("lease_until", _TIME),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("composed_at", _TIME),
        sa.Column("finished_at", _TIME),
        sa.Column("deadline", _TIME),
        sa.UniqueConstraint("tenant", "key", name="operations_by_key"),
    )
    op.create_index("operations_by_state", "operations", ["state", "created_at"])
    op.create_index("operations_by_time", "operations", ["tenant", "created_at", "id"])
    op.add_column("jobs", sa.Column("operation_id", sa.String(64)))
    op.add_column("jobs", sa.Column("number", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("caption", sa.Text(), nullable=False, server_default=""))
    op.create_index("jobs_by_operation", "jobs", ["operation_id"])
