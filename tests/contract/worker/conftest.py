from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.storage import ObjectStore, StoreSettings, open_store
from services.worker.settings import WorkerSettings
from tests.contract.servers.bench import Bench
from tests.contract.servers.redis_server import redis_port

__all__ = ["redis_port"]
ROOT = Path(__file__).parents[3]


@dataclass
class Workers:
    """Worker processes on one database, one Redis and one store."""

    settings: WorkerSettings
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, **changes: object) -> subprocess.Popen[bytes]:
        values = self.settings.model_dump(include=_SHARED) | changes
        names = {f"WEGEN_{name.upper()}": str(value) for name, value in values.items()}
        module = "tests.contract.servers.fake_worker"
        process = subprocess.Popen([sys.executable, "-m", module], env={**os.environ, **names}, cwd=ROOT)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            process.wait(60)


_SHARED = {
    "database_url", "redis_url", "store_directory", "log_level", "job_lease_s", "job_sweep_s", "job_resend_s",
    "job_watch_s", "worker_tell_s", "worker_note_s", "worker_retry_s", "worker_metrics_port",
    "job_visibility_s", "worker_checkpoint_s", "store",
}  # fmt: skip


def _settings(folder: Path, port: int, database: int) -> WorkerSettings:
    return WorkerSettings(
        database_url=f"sqlite:///{folder}/jobs.sqlite3",
        redis_url=f"redis://127.0.0.1:{port}/{database}",
        store_directory=folder / "objects",
        log_level="WARNING",
        job_lease_s=3,
        job_sweep_s=0.3,
        job_resend_s=0.5,
        job_watch_s=0.2,
        worker_tell_s=0,
        worker_note_s=0.1,
        worker_retry_s=1.5,
        worker_metrics_port=0,
    )


@pytest.fixture(scope="session")
def worker(tmp_path_factory: pytest.TempPathFactory, redis_port: int) -> Iterator[Workers]:
    """One worker that lives as long as the session."""
    workers = Workers(_settings(tmp_path_factory.mktemp("worker"), redis_port, 14))
    workers.start()
    yield workers
    workers.stop()


@pytest.fixture
def workers(tmp_path: Path, redis_port: int) -> Iterator[Workers]:
    """None yet, for a test that kills some."""
    workers = Workers(_settings(tmp_path, redis_port, 15))
    yield workers
    workers.stop()


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
