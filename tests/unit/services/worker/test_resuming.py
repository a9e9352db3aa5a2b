"""Going on where another worker stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.errors import UnavailableError
from services.jobs import Job, JobState
from services.jobs.leases import Lease
from services.jobs.ledger import now
from services.jobs.rows import move
from services.size import Size
from services.storage.naming import checkpoint, checkpoints_of
from tests.contract.servers.bench import spec
from tests.unit.services.worker.conftest import Shop


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _lost(shop: Shop, job: Job) -> None:
    with shop.database.write() as session:
        assert move(session, job.id, JobState.RUNNING, JobState.QUEUED, at=now())


def _checkpointed(shop: Shop, job: Job, worker: threading.Thread) -> int:
    worker.start()
    _until(lambda: shop.ledger.get(job.id).checkpoint)
    return shop.ledger.get(job.id).checkpoint


def test_a_lost_workers_latents_are_where_the_next_one_begins(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=100, step_s=0.02))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    _checkpointed(shop, job, worker)
    _lost(shop, job)
    worker.join(60)
    kept = shop.ledger.get(job.id).checkpoint
    shop.synthesizer.run(job.id)
    assert shop.ledger.get(job.id).state is JobState.SUCCEEDED
    assert [request.start_step for request in shop.denoiser.requests] == [0, kept]
    shop.leavings.close()
    assert list(shop.store.list(checkpoints_of(job.tenant, job.id))) == []


def test_a_job_goes_on_at_its_own_size(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=100, step_s=0.02, size=Size(24, 16)))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    _checkpointed(shop, job, worker)
    _lost(shop, job)
    worker.join(60)
    shop.synthesizer.run(job.id)
    assert shop.ledger.get(job.id).state is JobState.SUCCEEDED
    first, again = shop.denoiser.requests
    assert first.size == again.size == Size(24, 16)
    assert again.latents is not None
    assert again.latents.shape == (4, 2, 3)


def test_a_worker_that_must_leave_hands_its_job_back_with_what_it_has(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=1000 // 10, step_s=0.02))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    worker.start()
    _until(lambda: shop.ledger.get(job.id).step > 2)
    shop.desk.retire()
    shop.desk.hand_back()
    worker.join(60)
    left = shop.ledger.get(job.id)
    assert (left.state, left.deliveries, left.strikes) == (JobState.QUEUED, 0, 0)
    assert left.checkpoint >= 2
    assert shop.store.get(checkpoint(job.tenant, job.id, left.checkpoint))
    assert [one.id for one in shop.resent] == [job.id]


def test_a_checkpoint_that_cannot_be_read_costs_time_only(shop: Shop) -> None:
    job = shop.ledger.add(spec())
    lease = shop.leases.claim(job.id)
    assert isinstance(lease, Lease)
    shop.leases.renew(lease, checkpoint=2, strikes=0)
    shop.store.put(checkpoint(job.tenant, job.id, 2), b"not latents", "application/octet-stream")
    _lost(shop, job)
    shop.synthesizer.run(job.id)
    assert shop.ledger.get(job.id).state is JobState.SUCCEEDED
    assert shop.denoiser.requests[0].start_step == 0


def test_nothing_of_a_cancelled_job_stays_in_the_store(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=100, step_s=0.02, preview_every=2))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    _checkpointed(shop, job, worker)
    shop.ledger.request_cancel(job.id)
    worker.join(60)
    assert shop.ledger.get(job.id).state is JobState.CANCELLED
    for helper in (shop.previews, shop.checkpoints, shop.leavings):
        helper.close()
    assert [found.name for found in shop.store.list("")] == []


def test_a_picture_quickly_made_writes_no_checkpoint(tmp_path: Path) -> None:
    shop = Shop(tmp_path, checkpoint_s=60)
    try:
        job = shop.make(spec(steps=6))
        assert (job.state, job.checkpoint) == (JobState.SUCCEEDED, 0)
        assert [found.name for found in shop.store.list("")] == [job.image]
    finally:
        shop.close()


def test_a_job_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    shop = Shop(tmp_path, limit_s=0)
    try:
        job = shop.make(spec())
        assert (job.state, job.error) == (JobState.FAILED, "the time given for this picture is over")
    finally:
        shop.close()


def test_a_finished_picture_waits_for_the_database(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    succeed, failures = shop.leases.succeed, [UnavailableError("database", "restarting")] * 2

    def away(lease: Lease, image: str) -> Job:
        if failures:
            raise failures.pop()
        return succeed(lease, image)

    monkeypatch.setattr(shop.leases, "succeed", away)
    assert shop.make(spec()).state is JobState.SUCCEEDED
    assert failures == []


def test_suspects_do_not_run_beside_each_other(shop: Shop) -> None:
    jobs = [shop.ledger.add(spec(steps=5, step_s=0.02)) for _ in range(3)]
    for job in jobs:
        shop.leases.claim(job.id)
        _lost(shop, job)
    workers = [threading.Thread(target=shop.synthesizer.run, args=(job.id,)) for job in jobs]
    for worker in workers:
        worker.start()
    most = 0
    while any(worker.is_alive() for worker in workers):
        most = max(most, len(shop.desk.grips()))
        time.sleep(0.002)
    assert most == 1
    assert all(shop.ledger.get(job.id).state is JobState.SUCCEEDED for job in jobs)


def test_a_job_that_waits_for_triton_when_the_process_ends_keeps_what_it_has(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=6, preview_every=1, breaks=10**6))
    shop.desk.retire()
    shop.synthesizer.run(job.id)
    left = shop.ledger.get(job.id)
    assert (left.state, left.checkpoint) == (JobState.QUEUED, 1)
