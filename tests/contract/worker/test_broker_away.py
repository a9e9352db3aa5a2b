"""Workers whose broker goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from services.jobs import Job, JobState
from services.jobs.events import JobEvent
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.ports import free_port
from tests.contract.servers.proxy import Wire
from tests.contract.servers.workers import Workers

pytestmark = pytest.mark.contract
ENDS = {JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED}


async def _seen(bench: Bench, job: Job, wanted: Callable[[JobEvent], bool]) -> JobEvent:
    async with asyncio.timeout(60):
        async for event in bench.service.watch(job.id):
            if wanted(event):
                return event
    raise AssertionError("the watch ended before")


async def test_a_worker_that_was_full_while_redis_was_away_takes_jobs_again(
    workers: Workers, bench: Bench, redis_port: int
) -> None:
    wire = Wire(free_port(), redis_port)
    workers.start(redis_url=f"redis://127.0.0.1:{wire.port}/15", worker_threads=2)
    full = [await bench.service.submit(spec(steps=20, step_s=0.1)) for _ in range(2)]
    for job in full:
        await _seen(bench, job, lambda event: event.step > 0)
    wire.cut()
    for job in full:
        assert (await _seen(bench, job, lambda event: event.state in ENDS)).state is JobState.SUCCEEDED
    # Their messages are acknowledged now, in vain.
    await asyncio.sleep(1)
    wire.join()
    for job in [await bench.service.submit(spec()) for _ in range(4)]:
        assert (await _seen(bench, job, lambda event: event.state in ENDS)).state is JobState.SUCCEEDED
        assert (await bench.service.get(job.id)).deliveries == 1
    wire.cut()
