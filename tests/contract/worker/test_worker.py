"""A real worker on a real Redis, with networks that are fakes."""

from __future__ import annotations

import asyncio

import pytest

from services.jobs import Job, JobEvent, JobState
from services.jobs.ledger import now
from services.storage import ObjectStore
from tests.contract.servers.bench import Bench, spec
from tests.fakes.denoising import PNG

pytestmark = [pytest.mark.contract, pytest.mark.usefixtures("worker")]


async def _follow(bench: Bench, job: Job, *, known: bool = False) -> list[JobEvent]:
    """Its events from where it stands when the watch begins; all of them where it is `known` as it was submitted."""
    async with asyncio.timeout(60):
        return [event async for event in bench.service.watch(job.id, job if known else None)]


async def test_a_job_becomes_a_picture(bench: Bench, store: ObjectStore) -> None:
    job = await bench.service.submit(spec(steps=6, step_s=0.05, preview_every=2, seed=100))
    events = await _follow(bench, job)
    steps = [event.step for event in events if event.kind == "step"]
    # The worker may be faster with the first step than we are with watching.
    assert steps == [*range(steps[0], 7)]
    assert steps[0] <= 2
    assert events[-1].state is JobState.SUCCEEDED
    assert events[-1].image == f"acme/images/{job.id}.png"
    assert store.get(events[-1].image) == PNG + b"106.0"
    previews = [event for event in events if event.kind == "preview"]
    assert [event.step for event in previews] == [2, 4]
    assert all(event.image == f"acme/previews/{job.id}/{event.step:04d}.png" for event in previews)
    assert store.get(previews[0].image or "") == PNG + b"102.0"
    row = await bench.service.get(job.id)
    assert (row.state, row.step, row.image, row.deliveries) == (JobState.SUCCEEDED, 6, events[-1].image, 1)


async def test_jobs_run_beside_each_other(bench: Bench) -> None:
    jobs = [await bench.service.submit(spec(steps=10, step_s=0.2)) for _ in range(8)]
    followed = await asyncio.gather(*(_follow(bench, job) for job in jobs))
    assert all(events[-1].state is JobState.SUCCEEDED for events in followed)
    rows = [await bench.service.get(job.id) for job in jobs]
    begun = max(row.started_at for row in rows if row.started_at)
    ended = min(row.finished_at for row in rows if row.finished_at)
    assert begun < ended


async def test_a_running_job_is_cancelled_before_its_next_step(bench: Bench, store: ObjectStore) -> None:
    job = await bench.service.submit(spec(steps=100, step_s=1))
    events = bench.service.watch(job.id)
    async for event in events:
        if event.step:
            break
    await bench.service.cancel(job.id)
    rest = [event async for event in events]
    assert rest[-1].state is JobState.CANCELLED
    assert rest[-1].step < 100
    assert list(store.list(f"acme/images/{job.id}")) == []


async def test_two_messages_make_one_picture(bench: Bench) -> None:
    job = await bench.service.submit(spec(steps=5, step_s=0.1))
    bench.queue.send(job.id)
    bench.queue.send(job.id)
    events = await _follow(bench, job)
    bench.queue.send(job.id)
    assert [event.step for event in events if event.kind == "step"] == [1, 2, 3, 4, 5]
    again = await bench.service.submit(spec())
    await _follow(bench, again)
    assert (await bench.service.get(job.id)).deliveries == 1


async def test_a_bad_request_fails_with_its_reason_and_is_not_repeated(bench: Bench) -> None:
    job = await bench.service.submit(spec(invalid=True))
    last = (await _follow(bench, job))[-1]
    assert (last.state, last.error) == (JobState.FAILED, "steps: 0 is not 1 to 100")
    assert (await bench.service.get(job.id)).deliveries == 1


async def test_our_own_fault_fails_the_job_and_not_the_worker(bench: Bench) -> None:
    job = await bench.service.submit(spec(fault=True))
    last = (await _follow(bench, job))[-1]
    assert (last.state, last.error) == (JobState.FAILED, "the worker met a fault of its own while making this picture")
    after = await bench.service.submit(spec())
    assert (await _follow(bench, after))[-1].state is JobState.SUCCEEDED


async def test_a_broken_stream_is_taken_up_again(bench: Bench) -> None:
    job = await bench.service.submit(spec(steps=6, breaks=2, preview_every=1, request_id="breaks-twice"))
    events = await _follow(bench, job, known=True)
    assert [event.step for event in events if event.kind == "step"] == [1, 2, 3, 4, 5, 6]
    assert events[-1].state is JobState.SUCCEEDED


async def test_a_dependency_that_stays_away_is_named(bench: Bench) -> None:
    job = await bench.service.submit(spec(breaks=10**6, request_id="breaks-always"))
    last = (await _follow(bench, job))[-1]
    assert last.state is JobState.FAILED
    assert last.error == "triton is unavailable"


async def test_a_lost_message_is_found_by_the_workers_sweep(bench: Bench) -> None:
    job = await asyncio.to_thread(bench.ledger.add, spec())
    assert (await _follow(bench, job))[-1].state is JobState.SUCCEEDED


async def test_a_job_whose_time_is_over_is_not_begun(bench: Bench) -> None:
    job = await bench.service.submit(spec(deadline=now()))
    last = (await _follow(bench, job))[-1]
    assert last.error == "the time given for this picture was over before its turn came"
