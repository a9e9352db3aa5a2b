"""In which order a real worker takes what waits in a real Redis."""

from __future__ import annotations

import asyncio

import pytest

from services.jobs.job import Priority
from services.jobs.turns import SHARE
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.workers import Workers

pytestmark = pytest.mark.contract


async def test_batch_jobs_get_their_share_while_interactive_ones_wait(workers: Workers, bench: Bench) -> None:
    waiting = [Priority.BATCH] * 4 + [Priority.INTERACTIVE] * 12
    jobs = [await bench.service.submit(spec(steps=1, priority=priority)) for priority in waiting]
    workers.start(worker_threads=1, job_resend_s=600)
    rows = jobs
    async with asyncio.timeout(120):
        while not all(job.finished_at for job in rows):
            await asyncio.sleep(0.2)
            rows = [await bench.service.get(job.id) for job in jobs]
    begun = sorted(rows, key=lambda job: job.started_at or job.created_at)
    assert begun[0].priority is Priority.INTERACTIVE
    for first in range(0, len(begun), SHARE):
        turn = [job.priority for job in begun[first : first + SHARE]]
        assert turn.count(Priority.BATCH) == 1
