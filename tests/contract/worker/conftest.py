from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from services.storage import ObjectStore, StoreSettings, open_store
from services.worker.settings import WorkerSettings
from tests.contract.servers.bench import Bench
from tests.contract.servers.redis_server import redis_port
from tests.contract.servers.workers import Workers, hasty_settings

__all__ = ["redis_port"]


def _settings(folder: Path, port: int, database: int) -> WorkerSettings:
    return hasty_settings(
        folder,
        database_url=f"sqlite:///{folder}/jobs.sqlite3",
        redis_url=f"redis://127.0.0.1:{port}/{database}",
        worker_retry_s=1.5,
    )


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Workers]:
    """One worker that lives as long as the session."""
    folder = tmp_path_factory.mktemp("worker")
    workers = Workers(_settings(folder, redis_port, 14), folder / "steps")
    workers.start()
    yield workers
    workers.stop()


@pytest.fixture
def workers(tmp_path: Path, redis_port: int) -> Iterator[Workers]:
    """None yet, for a test that stops some."""
    workers = Workers(_settings(tmp_path, redis_port, 15), tmp_path / "steps")
    yield workers
    workers.kill()


@pytest.fixture
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    """The gateway's side, of the session's worker or of the test's own."""
    name = "workers" if "workers" in request.fixturenames else "worker"
    bench = Bench.open(request.getfixturevalue(name).settings)
    yield bench
    await bench.close()


@pytest.fixture
def store(bench: Bench) -> ObjectStore:
    assert isinstance(bench.settings, StoreSettings)
    return open_store(bench.settings)
