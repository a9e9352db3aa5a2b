"""Bringing a database to the newest revision, or saying that it is not there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from services.errors import FailedPreconditionError
from services.jobs.database import Database

FOLDER = Path(__file__).parent
# Any number that nobody else locks in this database.
_LOCK = 7_390_175_212


class SchemaError(FailedPreconditionError):
    """The database has not the tables that this program needs."""

    def __init__(self, found: str | None, needed: str) -> None:
        super().__init__(
            f"the database is at revision {found or 'none'}, this program needs {needed}: "
            "run `python -m services.migrations upgrade` once",
            reason="OLD_SCHEMA",
        )


def configured(connection: Connection | None = None) -> Config:
    """Alembic's configuration for the scripts beside this file."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this program is written for."""
    return str(ScriptDirectory.from_config(configured()).get_current_head())


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the tables to `revision`, in one transaction; of many callers one does it, the others find it done.

    Tables that are newer than this program stay as they are: it is rolled back, they are not. UnavailableError.
    """
    with database.definition() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None or found in _known():
            command.upgrade(configured(connection), revision)


def prepare(database: Database) -> None:
    """What a service does at its start: migrate the embedded database, and only look at one that others share.

    SchemaError where an operator has to migrate first; UnavailableError("database"). A database that is newer than
    this program is taken as it is: revisions add, so that services of two versions can run side by side.
    """
    if database.embedded:
        migrate(database)
        return
    with database.definition() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found is None or (found in _known() and found != newest()):
        raise SchemaError(found, newest())


def _known() -> frozenset[str]:
    """The revisions up to the newest of this program."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(configured()).walk_revisions())
