"""Operations may call a webhook when they have ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add where to call and when."""
    op.add_column("operations", sa.Column("webhook", sa.String(2048)))
    op.add_column("operations", sa.Column("webhook_due_at", sa.DateTime(timezone=True)))
    op.add_column("operations", sa.Column("webhook_tries", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("operations_by_webhook", "operations", ["webhook_due_at"])
