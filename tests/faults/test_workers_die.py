from __future__ import annotations

import asyncio

from services.jobs import JobState
from tests.faults.conftest import KILLS, Plant


async def test_killed_workers_lose_no_job_and_their_steps_are_not_made_again(plant: Plant) -> None:
    plant.start()
    jobs = await plant.submit()
    await plant.begun(jobs)
    for number in range(KILLS):
        await asyncio.sleep(1.5)
        plant.kill(number % 2)
    await plant.all_succeed_once(jobs)
    first: dict[tuple[int, int], int] = {}
    for process, seed, step in plant.workers.steps():
        first.setdefault((process, seed), step)
    # Some began behind a checkpoint, and nobody began a job anew that had one.
    assert max(first.values()) > 1


async def test_a_job_that_kills_its_worker_each_time_harms_no_other(plant: Plant) -> None:
    plant.start()
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


async def _supervise(plant: Plant) -> None:
    while True:
        await asyncio.sleep(0.1)
        for number, process in enumerate(plant.living):
            if process.poll() is not None:
                plant.kill(number)
