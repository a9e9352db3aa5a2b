"""The gateway's side of jobs, with a real Redis and no worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import numpy as np
import pytest

from services.errors import NotFoundError, ResourceExhaustedError, UnavailableError
from services.jobs import JobEvent, JobState
from services.jobs.ledger import now
from tests.contract.servers.bench import Bench, spec
from tests.contract.servers.proxy import Wire

pytestmark = pytest.mark.contract


async def _next(events: AsyncIterator[JobEvent]) -> JobEvent:
    return await asyncio.wait_for(anext(events), 60)


async def test_a_job_is_a_row_and_a_message(bench: Bench) -> None:
    job = await bench.service.submit(spec(seed=2**64 - 1))
    assert job.state is JobState.QUEUED
    assert bench.queue.waiting() == 1
    lease = bench.claimed(job)
    assert lease.job.seed == 2**64 - 1
    np.testing.assert_array_equal(lease.features, spec().features)


async def test_a_full_queue_refuses(bench: Bench) -> None:
    for _ in range(5):
        await bench.service.submit(spec())
    with pytest.raises(ResourceExhaustedError, match="5 pictures are waiting"):
        await bench.service.submit(spec())
    assert bench.queue.waiting() == 5


async def test_nothing_is_queued_while_redis_is_down(wired_bench: Bench, wire: Wire) -> None:
    before = await wired_bench.service.submit(spec())
    wire.cut()
    with pytest.raises(UnavailableError) as down:
        await wired_bench.service.submit(spec())
    assert down.value.dependency == "redis"
    assert wired_bench.ledger.queued() == 1
    wire.join()
    after = await wired_bench.service.submit(spec())
    assert {before.state, after.state} == {JobState.QUEUED}
    assert wired_bench.queue.waiting() == 2


async def test_a_waiting_job_is_cancelled_at_once(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    events = bench.service.watch(job.id)
    assert (await _next(events)).state is JobState.QUEUED
    await bench.service.cancel(job.id)
    assert (await _next(events)).state is JobState.CANCELLED
    assert [event async for event in events] == []


async def test_cancelling_twice_or_late_changes_nothing(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    bench.leases.succeed(bench.claimed(job), "acme/images/x.png")
    await bench.service.cancel(job.id)
    assert (await bench.service.get(job.id)).state is JobState.SUCCEEDED


async def test_unknown_jobs_are_not_found(bench: Bench) -> None:
    for call in (bench.service.get, bench.service.cancel):
        with pytest.raises(NotFoundError):
            await call("none")
    with pytest.raises(NotFoundError):
        await anext(bench.service.watch("none"))


async def test_a_watcher_hears_each_step_once_and_in_order(bench: Bench) -> None:
    job = await bench.service.submit(spec(steps=30))
    lease = bench.claimed(job)

    def work() -> None:
        bench.channel.publish(JobEvent.of(lease.job, "state", now()))
        for step in range(1, 31):
            bench.leases.renew(lease, step=step)
            bench.channel.publish(JobEvent.of(replace(lease.job, step=step), "step", now()))
        bench.channel.publish(JobEvent.of(bench.leases.succeed(lease, "acme/images/x.png"), "state", now()))

    working = asyncio.create_task(asyncio.to_thread(work))
    events = [event async for event in bench.service.watch(job.id)]
    await working
    steps = [event.step for event in events if event.kind == "step"]
    assert steps == sorted(set(steps))
    assert steps[-1] == 30
    assert events[0].state is JobState.RUNNING
    assert (events[-1].kind, events[-1].state, events[-1].image) == ("state", JobState.SUCCEEDED, "acme/images/x.png")


async def test_a_late_watcher_is_told_where_the_job_stands(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    lease = bench.claimed(job)
    bench.leases.renew(lease, step=3, preview="acme/previews/x/0002.png")
    events = bench.service.watch(job.id)
    told = [await _next(events) for _ in range(3)]
    assert [(event.kind, event.step) for event in told] == [("state", 3), ("step", 3), ("preview", 3)]
    assert told[2].image == "acme/previews/x/0002.png"


async def test_a_watcher_whose_messages_are_lost_ends_by_the_row(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    lease = bench.claimed(job)
    events = bench.service.watch(job.id)
    assert (await _next(events)).state is JobState.RUNNING
    bench.leases.fail(lease, "the lamp broke")
    last = await _next(events)
    assert (last.state, last.error) == (JobState.FAILED, "the lamp broke")


async def test_a_watcher_outlives_redis(wired_bench: Bench, wire: Wire) -> None:
    job = await wired_bench.service.submit(spec())
    events = wired_bench.service.watch(job.id)
    await _next(events)
    wire.cut()
    lease = wired_bench.claimed(job)
    assert (await _next(events)).state is JobState.RUNNING
    wired_bench.leases.renew(lease, step=2)
    assert (await _next(events)).step == 2
    await wired_bench.service.cancel(job.id)
    assert (await _next(events)).state is JobState.CANCELLING
    wired_bench.leases.confirm_cancel(lease)
    assert (await _next(events)).state is JobState.CANCELLED


async def test_health_names_what_is_down(wired_bench: Bench, wire: Wire) -> None:
    await wired_bench.service.check_redis()
    wire.cut()
    with pytest.raises(UnavailableError) as down:
        await wired_bench.service.check_redis()
    assert down.value.dependency == "redis"
    await wired_bench.service.check_database()
    wire.join()
    await wired_bench.service.check_redis()
