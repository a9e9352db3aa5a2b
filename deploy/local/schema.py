"""A database that the stack shares with others: migrated before the services start, which only look at it."""

from __future__ import annotations

from collections.abc import Mapping

from services.errors import WegenError
from services.jobs.database import Database
from services.migrations import migrate


class SchemaUpgradeError(RuntimeError):
    """The database cannot be migrated; the message says why in one sentence."""


def upgrade(environment: Mapping[str, str]) -> None:
    """Migrate WEGEN_DATABASE_URL unless it is embedded: that one the services migrate themselves."""
    database = Database(environment["WEGEN_DATABASE_URL"], connections=1)
    try:
        if not database.embedded:
            migrate(database)
    except WegenError as error:
        raise SchemaUpgradeError(f"WEGEN_DATABASE_URL: {error.message}") from error
    finally:
        database.close()
