"""The tables' history, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect, text

from services.jobs.database import Database
from services.migrations import SchemaError, migrate, prepare
from services.migrations.metadata import METADATA
from services.migrations.runner import configured, newest

pytestmark = pytest.mark.contract
ROOT = Path(__file__).parents[3]


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def test_models_and_migrations_agree(database: Database) -> None:
    migrate(database)
    with database.definition() as connection:
        command.check(configured(connection))


def test_migrating_again_and_by_many_at_once_changes_nothing(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: migrate(database), range(4)))
    prepare(database)
    with database.definition() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]


def test_tables_from_before_there_were_revisions_are_taken_over(database: Database) -> None:
    migrate(database, "0001")
    with database.definition() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("INSERT INTO conversations VALUES ('c', 'default', '2026-01-01 00:00:00')"))
    migrate(database)
    with database.definition() as connection:
        assert connection.execute(text("SELECT id FROM conversations")).scalar_one() == "c"
        command.check(configured(connection))


def test_a_program_that_is_rolled_back_leaves_newer_tables_alone(database: Database) -> None:
    migrate(database)
    with database.definition() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    migrate(database)
    prepare(database)
    with database.definition() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "from_the_future"


def test_a_shared_database_is_migrated_by_its_operator_alone(database: Database) -> None:
    if database.embedded:
        prepare(database)
    else:
        with pytest.raises(SchemaError, match="at revision none, this program needs"):
            prepare(database)
    with database.definition() as connection:
        tables = set(inspect(connection).get_table_names())
    wanted = {name for metadata in METADATA for name in metadata.tables}
    assert wanted <= tables if database.embedded else not wanted & tables


def test_the_command_migrates_and_checks(database_url: str) -> None:
    def run(action: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "services.migrations", action]
        environment = {**os.environ, "WEGEN_DATABASE_URL": database_url}
        return subprocess.run(line, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert run("status").returncode == 1
    upgraded = run("upgrade")
    assert (upgraded.returncode, upgraded.stdout) == (0, f"revision {newest()}, newest {newest()}\n")
    assert run("check").returncode == 0


def test_who_waits_goes_on_when_the_tables_are_there(database_url: str, database: Database) -> None:
    line = [sys.executable, "-m", "services.migrations", "wait", "--seconds", "60"]
    environment = {**os.environ, "WEGEN_DATABASE_URL": database_url}
    with subprocess.Popen(line, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True) as waiting:
        assert waiting.stderr
        # The embedded database waits for nobody.
        if not database.embedded:
            assert "this program needs" in waiting.stderr.readline()
            migrate(database)
        assert waiting.wait(60) == 0
    prepare(database)
