"""Workers that stop, gently or not."""

from __future__ import annotations

import asyncio
import signal

import pytest

from services.jobs import Job, JobState
from services.storage import ObjectStore
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.ports import free_port
from tests.contract.servers.proxy import Wire
from tests.contract.servers.workers import Workers

pytestmark = pytest.mark.contract


async def _begun(bench: Bench, job: Job) -> None:
    async with asyncio.timeout(60):
        async for event in bench.service.watch(job.id):
            if event.step:
                return


async def _ended(bench: Bench, job: Job) -> JobState:
    async with asyncio.timeout(90):
        return [event async for event in bench.service.watch(job.id)][-1].state


async def test_a_worker_told_to_stop_finishes_what_it_began(workers: Workers, bench: Bench) -> None:
    process = workers.start()
    job = await bench.service.submit(spec(steps=15, step_s=0.1))
    await _begun(bench, job)
    process.send_signal(signal.SIGTERM)
    assert await _ended(bench, job) is JobState.SUCCEEDED
    assert await asyncio.to_thread(process.wait, 60) == 0
    assert (await bench.service.get(job.id)).deliveries == 1


async def test_a_killed_workers_job_is_finished_by_another(workers: Workers, bench: Bench, store: ObjectStore) -> None:
    killed = workers.start()
    job = await bench.service.submit(spec(steps=20, step_s=0.1))
    await _begun(bench, job)
    killed.kill()
    workers.start()
    assert await _ended(bench, job) is JobState.SUCCEEDED
    row = await bench.service.get(job.id)
    assert row.deliveries == 2
    assert store.stat(row.image or "").size > 0


async def test_a_worker_outlives_redis(workers: Workers, bench: Bench, redis_port: int) -> None:
    wire = Wire(free_port(), redis_port)
    number = workers.settings.redis_url.rsplit("/", 1)[1]
    workers.start(redis_url=f"redis://127.0.0.1:{wire.port}/{number}")
    job = await bench.service.submit(spec(steps=20, step_s=0.05))
    await _begun(bench, job)
    wire.cut()
    assert await _ended(bench, job) is JobState.SUCCEEDED
    wire.join()
    after = await bench.service.submit(spec())
    assert await _ended(bench, after) is JobState.SUCCEEDED


async def test_a_job_that_kills_its_workers_fails_alone(workers: Workers, bench: Bench) -> None:
    async def supervise() -> None:
        process = workers.start()
        while True:
            await asyncio.sleep(0.05)
            if process.poll() is not None:
                process = workers.start()

    supervisor = asyncio.create_task(supervise())
    try:
        killer = await bench.service.submit(spec(steps=4, step_s=0.02, kills=3))
        others = [await bench.service.submit(spec(steps=4, step_s=0.02)) for _ in range(10)]
        assert [await _ended(bench, job) for job in others] == [JobState.SUCCEEDED] * 10
        assert await _ended(bench, killer) is JobState.FAILED
    finally:
        supervisor.cancel()
    row = await bench.service.get(killer.id)
    assert (row.deliveries, row.error) == (3, "3 workers in turn stopped while making this picture")


async def test_a_worker_told_to_stop_hands_back_what_takes_too_long(workers: Workers, bench: Bench) -> None:
    process = workers.start(worker_grace_s=0.5, worker_checkpoint_steps=2)
    job = await bench.service.submit(spec(steps=40, step_s=0.1))
    await _begun(bench, job)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0
    left = await bench.service.get(job.id)
    assert (left.state, left.deliveries) == (JobState.QUEUED, 0)
    assert left.checkpoint > 0
    workers.start()
    assert await _ended(bench, job) is JobState.SUCCEEDED


async def test_a_message_given_out_twice_makes_one_picture(workers: Workers, bench: Bench) -> None:
    """The broker's visibility timeout is shorter than the job."""
    for _ in range(2):
        workers.start(job_visibility_s=1)
    job = await bench.service.submit(spec(steps=40, step_s=0.1))
    assert await _ended(bench, job) is JobState.SUCCEEDED
    assert (await bench.service.get(job.id)).deliveries == 1
