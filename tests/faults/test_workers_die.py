from __future__ import annotations

import asyncio

import pytest

from services.jobs import JobState
from tests.faults.conftest import JOBS, KILLS, Plant

pytestmark = pytest.mark.contract


async def test_killed_workers_lose_no_job_and_their_steps_are_not_made_again(plant: Plant) -> None:
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    for number in range(KILLS):
        await asyncio.sleep(1.5)
        plant.kill(number % 2)
    rows = await plant.all_succeed_once(jobs)
    assert any(row.deliveries > 1 and row.checkpoint for row in rows)


async def test_a_job_that_kills_its_worker_each_time_harms_no_other(plant: Plant) -> None:
    plant.start(1)
    killer = (await plant.submit(1, kills=2))[0]
    others = await plant.submit()
    guard = asyncio.create_task(_supervise(plant))
    try:
        await plant.all_succeed_once(others)
        await plant.until([killer], 1)
    finally:
        guard.cancel()
    row = (await plant.rows([killer]))[0]
    assert (row.state, row.deliveries) == (JobState.FAILED, 3)
    assert row.error == "3 workers in turn stopped while making this picture"


async def test_cancels_take_effect_within_a_step(plant: Plant) -> None:
    plant.start(1)
    jobs = await plant.submit(steps=100, step_s=0.5)
    await plant.begun(jobs)
    await asyncio.sleep(1)
    for job in jobs:
        await plant.bench.service.cancel(job.id)
    asked = [row.step for row in await plant.rows(jobs)]
    await plant.until(jobs, JOBS)
    rows = await plant.rows(jobs)
    assert {row.state for row in rows} == {JobState.CANCELLED}
    assert all(row.step <= step + 2 for row, step in zip(rows, asked, strict=True))
    # The worker is free again.
    await plant.all_succeed_once(await plant.submit(1))


async def _supervise(plant: Plant) -> None:
    while True:
        await asyncio.sleep(0.1)
        if plant.living[0].poll() is not None:
            plant.kill(0)
