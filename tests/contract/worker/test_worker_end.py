"""Workers that are told to stop; those that die are in tests/faults."""

from __future__ import annotations

import asyncio
import signal

import pytest

from services.jobs import Job, JobState
from tests.contract.servers.bench import Bench, spec
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


async def test_a_worker_told_to_stop_hands_back_what_takes_too_long(workers: Workers, bench: Bench) -> None:
    process = workers.start(worker_grace_s=0.5, worker_checkpoint_steps=2)
    job = await bench.service.submit(spec(steps=24, step_s=0.1))
    await _begun(bench, job)
    process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(process.wait, 20) == 0
    left = await bench.service.get(job.id)
    assert (left.state, left.deliveries) == (JobState.QUEUED, 0)
    assert left.checkpoint > 0
    workers.start()
    assert await _ended(bench, job) is JobState.SUCCEEDED
