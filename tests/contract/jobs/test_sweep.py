"""What is lost is found again, with a real Redis."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis

from services.jobs import JobState
from services.jobs.leases import LeaseLostError
from services.jobs.ledger import now
from tests.contract.servers.bench import Bench, spec

pytestmark = pytest.mark.contract


def _lose_messages(bench: Bench) -> None:
    with redis.Redis.from_url(bench.settings.redis_url) as client:
        client.flushdb()


async def test_a_lost_message_is_sent_again(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    _lose_messages(bench)
    assert bench.sweep.once().sent == 0  # it may be on its way
    bench.clock.forward(20)
    assert bench.sweep.once().sent == 1
    assert bench.queue.waiting() == 1
    assert bench.sweep.once().sent == 0
    assert bench.claimed(job).job.id == job.id


async def test_a_long_queue_is_not_sent_again(bench: Bench) -> None:
    for _ in range(4):
        await bench.service.submit(spec())
    bench.clock.forward(20)
    assert bench.sweep.once().sent == 0
    assert bench.queue.waiting() == 4


async def test_a_job_is_found_lost_once(bench: Bench) -> None:
    bench.claimed(await bench.service.submit(spec()))
    _lose_messages(bench)
    bench.clock.forward(20)
    assert [bench.sweep.once().sent for _ in range(3)] == [1, 0, 0]


async def test_a_lost_workers_job_is_begun_again_and_the_lost_one_writes_nothing(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    lost = bench.claimed(job)
    _lose_messages(bench)
    bench.clock.forward(20)
    assert bench.sweep.once().sent == 1
    assert (await bench.service.get(job.id)).state is JobState.QUEUED
    second = bench.claimed(job)
    assert second.fence > lost.fence
    for write in (lambda: bench.leases.renew(lost, step=9), lambda: bench.leases.succeed(lost, "acme/images/no.png")):
        with pytest.raises(LeaseLostError):
            write()
    assert bench.leases.succeed(second, "acme/images/yes.png").image == "acme/images/yes.png"


async def test_a_job_that_outlives_its_workers_fails_in_the_end(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    for _ in range(bench.settings.job_deliveries):
        bench.claimed(job)
        bench.clock.forward(20)
        bench.sweep.once()
    ended = await bench.service.get(job.id)
    assert (ended.state, ended.error) == (JobState.FAILED, "3 workers in turn stopped while making this picture")


async def test_a_cancel_whose_worker_is_lost_is_completed(bench: Bench) -> None:
    job = await bench.service.submit(spec())
    bench.claimed(job)
    await bench.service.cancel(job.id)
    assert (await bench.service.get(job.id)).state is JobState.CANCELLING
    bench.clock.forward(20)
    assert bench.sweep.once().ended == 1
    assert (await bench.service.get(job.id)).state is JobState.CANCELLED


async def test_a_job_whose_time_is_over_ends_without_a_worker(bench: Bench) -> None:
    job = await bench.service.submit(spec(deadline=now() + timedelta(seconds=10)))
    bench.clock.forward(20)
    assert bench.sweep.once().ended == 1
    ended = await bench.service.get(job.id)
    assert ended.state is JobState.FAILED
    assert ended.started_at is None
