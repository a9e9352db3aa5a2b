from __future__ import annotations

import asyncio

from services.jobs import JobState
from services.jobs.ledger import now
from tests.faults.conftest import Plant

EACH = 20


async def test_cancels_of_waiting_and_of_running_jobs_stop_all_work(plant: Plant) -> None:
    """Half of those that run are in a step that would take an hour: a cancel does not wait for its end."""
    plant.changes["job_lease_s"] = 30  # on a starved machine no job is taken over meanwhile
    plant.start(1, threads=EACH)
    kept = {"steps": 100, "step_s": 0.5, "preview_every": 2}
    stuck = await plant.submit(EACH // 2, **kept | {"step_s": 0.02}, hangs=7)
    moving = await plant.submit(EACH // 2, **kept)
    await plant.reached(stuck, 7)
    await plant.reached(moving, 5)
    waiting = await plant.submit(EACH, **kept)
    jobs = [*stuck, *moving, *waiting]
    asked = now()
    # Those that wait first: a thread that is free again would take one of them.
    for some in (waiting, [*stuck, *moving]):
        await asyncio.gather(*(plant.bench.service.cancel(job.id) for job in some))
    await plant.until(jobs, len(jobs))
    begun = plant.workers.steps()
    rows = await plant.rows(jobs)
    assert {row.state for row in rows} == {JobState.CANCELLED}
    ends = [row.finished_at for row in rows if row.finished_at]
    print(f"{len(jobs)} jobs CANCELLED {(max(ends) - asked).total_seconds():.2f} s after that was asked for")
    seeds = {job.seed for job in waiting}
    assert not [step for _, seed, step in begun if seed in seeds]
    # The worker is free for another job, and none of the old ones takes a step beside it.
    last = await plant.submit(1)
    await plant.all_succeed_once(last)
    assert {seed for _, seed, _ in plant.workers.steps()[len(begun) :]} == {last[0].seed}
    await plant.cleared("previews", "checkpoints")
