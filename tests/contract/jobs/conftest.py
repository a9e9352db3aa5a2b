from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from services.jobs import JobSettings
from services.jobs.database import Database
from services.migrations import migrate
from tests.contract.jobs.databases import database_url
from tests.contract.jobs.desk import Desk
from tests.contract.servers.bench import Bench, Clock
from tests.contract.servers.postgres_server import postgres
from tests.contract.servers.redis_server import redis_port, redis_url, wire

__all__ = ["database_url", "postgres", "redis_port", "redis_url", "wire"]


@pytest.fixture
def settings(database_url: str, redis_url: str) -> JobSettings:
    database = Database(database_url)
    migrate(database)
    database.close()
    return JobSettings(
        database_url=database_url,
        redis_url=redis_url,
        job_watch_s=0.1,
        job_queue_limit=5,
    )


@pytest.fixture
def office(database_url: str) -> Iterator[Desk]:
    database = Database(database_url)
    migrate(database)
    yield Desk(database, Clock())
    database.close()


@pytest.fixture
async def bench(settings: JobSettings) -> AsyncIterator[Bench]:
    bench = Bench.open(settings)
    yield bench
    await bench.close()


@pytest.fixture
async def wired_bench(settings: JobSettings, wire: object) -> AsyncIterator[Bench]:
    """A bench whose Redis goes away when the wire is cut."""
    number = settings.redis_url.rsplit("/", 1)[1]
    url = f"redis://127.0.0.1:{wire.port}/{number}"  # type: ignore[attr-defined]
    bench = Bench.open(settings.model_copy(update={"redis_url": url}))
    yield bench
    await bench.close()
