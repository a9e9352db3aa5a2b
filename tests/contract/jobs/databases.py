"""An empty database of each kind, for tests that must hold on both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.servers.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.sqlite3"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()
