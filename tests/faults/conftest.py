"""Jobs under way while things break: small for continuous integration, at full size by `make faults`."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from services.jobs import Job, JobState
from services.jobs.database import Database
from services.migrations import migrate
from services.storage import open_store
from services.worker.settings import WorkerSettings
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.postgres_server import PostgresServer, postgres
from tests.contract.servers.radosgw import S3Server, s3_server
from tests.contract.servers.redis_server import redis_port
from tests.contract.servers.workers import Workers, hasty_settings

__all__ = ["postgres", "redis_port", "s3_server"]
JOBS = int(os.environ.get("WEGEN_FAULT_JOBS", "8"))
KILLS = int(os.environ.get("WEGEN_FAULT_KILLS", "2"))
AWAY_S = float(os.environ.get("WEGEN_FAULT_AWAY_S", "3"))
# Ample for a starved machine: nobody waits for a hundredth of it where all is well.
LONGEST_S = 240 + 5 * JOBS + 10 * KILLS + 3 * AWAY_S
_seeds = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.contract)
            item.add_marker(pytest.mark.timeout(2 * LONGEST_S))


@dataclass
class Plant:
    """Workers that are started again when they die, and the gateway's side of their jobs."""

    workers: Workers
    bench: Bench
    changes: dict[str, object] = field(default_factory=dict)
    living: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, count: int = 2, *, threads: int = 4) -> None:
        self.changes.setdefault("worker_threads", threads)
        self.living += [self._worker() for _ in range(count)]

    def kill(self, number: int) -> None:
        """As the kernel does; a supervisor starts another one."""
        self.living[number].send_signal(signal.SIGKILL)
        self.living[number].wait()
        self.living[number] = self._worker()

    async def submit(self, count: int = JOBS, **changes: object) -> list[Job]:
        """Jobs of forty steps and two seconds, unless `changes` say otherwise; each has a seed of its own."""
        values = {"steps": 40, "step_s": 0.05} | changes
        return [await self.bench.service.submit(spec(seed=next(_seeds), **values)) for _ in range(count)]  # type: ignore[arg-type]

    async def until(self, jobs: Sequence[Job], done: int) -> None:
        """Wait until that many of the jobs have ended."""
        async with asyncio.timeout(LONGEST_S):
            while sum(job.finished_at is not None for job in await self.rows(jobs)) < done:  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.2)

    async def begun(self, jobs: Sequence[Job]) -> None:
        async with asyncio.timeout(LONGEST_S):
            while not any(job.step for job in await self.rows(jobs)):  # noqa: ASYNC110 - a row
                await asyncio.sleep(0.05)

    async def reached(self, jobs: Sequence[Job], step: int) -> None:
        """Wait until each of the jobs has begun that step."""
        seeds = {job.seed for job in jobs}
        async with asyncio.timeout(LONGEST_S):
            while not seeds <= {seed for _, seed, begun in self.workers.steps() if begun == step}:  # noqa: ASYNC110 - a file
                await asyncio.sleep(0.05)

    async def rows(self, jobs: Sequence[Job]) -> list[Job]:
        return [await self.bench.service.get(job.id) for job in jobs]

    async def all_succeed_once(self, jobs: Sequence[Job]) -> list[Job]:
        """The rows in the end: each with its one picture, and nothing else in the store."""
        await self.until(jobs, len(jobs))
        rows = await self.rows(jobs)
        assert [(row.state, row.error) for row in rows] == [(JobState.SUCCEEDED, None)] * len(rows)
        names = {row.image for row in rows}
        assert len(names) == len(jobs)
        assert await self.objects("acme/images/") == names
        return rows

    async def objects(self, prefix: str) -> set[str]:
        """The names in the store that begin so."""
        store = open_store(self.workers.settings)
        return {found.name for found in await asyncio.to_thread(lambda: list(store.list(prefix)))}

    async def cleared(self, *kinds: str) -> None:
        """Wait until the store has no objects of these kinds any more: they are removed beside the jobs."""
        async with asyncio.timeout(LONGEST_S):
            for kind in kinds:
                while await self.objects(f"acme/{kind}/"):  # noqa: ASYNC110 - a store
                    await asyncio.sleep(0.1)

    def _worker(self) -> subprocess.Popen[bytes]:
        return self.workers.start(worker_checkpoint_steps=4, worker_checkpoint_s=0.2, **self.changes)


@pytest.fixture
def settings(tmp_path: Path, redis_port: int, postgres: PostgresServer) -> WorkerSettings:
    url = postgres.database()
    database = Database(url)
    migrate(database)
    database.close()
    return hasty_settings(
        tmp_path,
        database_url=url,
        redis_url=f"redis://127.0.0.1:{redis_port}/13",
        job_sweep_s=0.5,
        job_resend_s=2,
        worker_tell_s=0.1,
        worker_note_s=0.2,
        worker_retry_s=LONGEST_S,
    )


@pytest.fixture
def workers(settings: WorkerSettings, tmp_path: Path) -> Iterator[Workers]:
    workers = Workers(settings, tmp_path / "steps")
    yield workers
    workers.kill()


@pytest.fixture
async def plant(workers: Workers) -> AsyncIterator[Plant]:
    bench = Bench.open(workers.settings)
    yield Plant(workers, bench)
    await bench.close()


@pytest.fixture
def s3(s3_server: S3Server) -> S3Server:
    return s3_server
