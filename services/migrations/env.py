"""Alembic's own entry: runs the revisions on the connection that `runner` hands over."""

from __future__ import annotations

from alembic import context

from services.migrations.metadata import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # One transaction for all, ours: SQLite can, though Alembic does not trust it to.
    transactional_ddl=True,
    transaction_per_migration=False,
    # SQLite alters a table by copying it.
    render_as_batch=True,
)
context.run_migrations()
