from __future__ import annotations

import asyncio
import signal
from collections import Counter

import redis

from tests.faults.conftest import LONGEST_S, Plant


async def test_messages_given_out_again_while_their_jobs_run_make_no_step_twice(plant: Plant) -> None:
    """The broker's visibility timeout is far shorter than a job, and nothing else sends a message again."""
    plant.changes |= {"job_visibility_s": 1, "job_resend_s": 600, "job_lease_s": 30}
    with redis.Redis.from_url(plant.workers.settings.redis_url) as client:
        client.config_resetstat()
        jobs = await plant.submit(steps=40, step_s=0.1)
        plant.start()
        rows = await plant.all_succeed_once(jobs)
        told = client.info("commandstats")
    pushes = sum(told[name]["calls"] for name in ("cmdstat_lpush", "cmdstat_rpush") if name in told)
    assert pushes > len(jobs), "no message was given out again"
    assert {row.deliveries for row in rows} == {1}
    steps = Counter((seed, step) for _, seed, step in plant.workers.steps())
    assert steps == Counter((job.seed, step) for job in jobs for step in range(1, 41))


async def test_a_worker_that_slept_through_its_lease_ends_its_jobs_at_the_next_step(plant: Plant) -> None:
    plant.start(1)
    jobs = await plant.submit(4)
    await plant.reached(jobs, 5)
    sleeper = plant.living[0]
    sleeper.send_signal(signal.SIGSTOP)
    before = len(plant.workers.steps())
    plant.start(1)
    rows = await plant.all_succeed_once(jobs)
    sleeper.send_signal(signal.SIGCONT)
    sleeper.terminate()
    assert await asyncio.to_thread(sleeper.wait, LONGEST_S) == 0
    late = Counter(seed for process, seed, _ in plant.workers.steps()[before:] if process == sleeper.pid)
    assert all(count <= 1 for count in late.values())
    assert await plant.rows(jobs) == rows
    await plant.all_succeed_once(jobs)
