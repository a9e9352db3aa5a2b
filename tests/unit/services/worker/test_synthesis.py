from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from services.jobs import JobState
from services.jobs.leases import Lease
from services.jobs.ledger import now
from services.jobs.rows import move
from services.storage.naming import image
from tests.contract.servers.bench import spec
from tests.unit.services.worker.conftest import Shop


def test_a_store_that_comes_back_gets_the_picture(shop: Shop) -> None:
    shop.store.failures = 2
    made = shop.make(spec())
    assert made.state is JobState.SUCCEEDED
    assert shop.store.get(made.image or "")
    assert len(shop.denoiser.requests) == 1
    assert shop.metric("store_errors_total", call="put_new") == 2
    assert shop.metric("jobs_total", outcome="succeeded") == 1


def test_a_store_that_stays_away_is_named(hasty_shop: Shop) -> None:
    hasty_shop.store.failures = 1000
    made = hasty_shop.make(spec())
    assert (made.state, made.error) == (JobState.FAILED, "store is unavailable")
    assert hasty_shop.metric("jobs_total", outcome="failed") == 1


def test_a_broken_stream_goes_on_from_the_last_latents(shop: Shop) -> None:
    assert shop.make(spec(steps=6, preview_every=1, breaks=1)).state is JobState.SUCCEEDED
    assert [(request.start_step, request.latents is None) for request in shop.denoiser.requests] == [
        (0, True),
        (1, False),
    ]
    assert [event.step for event in shop.heard.events if event.kind == "step"] == [1, 2, 3, 4, 5, 6]


def test_steps_that_follow_too_soon_are_not_told_but_the_last_one_is(tmp_path: Path) -> None:
    shop = Shop(tmp_path, tell_s=1000)
    try:
        assert shop.make(spec(steps=6)).state is JobState.SUCCEEDED
        assert [event.step for event in shop.heard.events if event.kind == "step"] == [1, 6]
    finally:
        shop.close()


def test_work_goes_on_while_nobody_can_be_told(shop: Shop) -> None:
    shop.heard.down = True
    assert shop.make(spec()).state is JobState.SUCCEEDED


def test_a_cancel_found_in_the_row_stops_the_work(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=100, step_s=0.02))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    worker.start()
    while shop.ledger.get(job.id).step == 0:
        time.sleep(0.005)
    shop.ledger.request_cancel(job.id)
    worker.join(60)
    ended = shop.ledger.get(job.id)
    assert ended.state is JobState.CANCELLED
    assert ended.step < 100
    assert shop.heard.events[-1].state is JobState.CANCELLED


def test_a_cancel_that_is_told_stops_a_step_that_takes_long(shop: Shop) -> None:
    job = shop.ledger.add(spec(steps=2, step_s=60))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    worker.start()
    while not shop.desk.grips():
        time.sleep(0.005)
    shop.ledger.request_cancel(job.id)
    shop.desk.cancel(job.id)
    worker.join(60)
    assert shop.ledger.get(job.id).state is JobState.CANCELLED
    assert shop.desk.grips() == ()


def test_a_silent_stream_is_given_up_and_tried_again(hasty_shop: Shop) -> None:
    shop = hasty_shop
    job = shop.ledger.add(spec(steps=2, step_s=60))
    worker = threading.Thread(target=shop.synthesizer.run, args=(job.id,))
    worker.start()
    while worker.is_alive():
        for grip in shop.desk.grips():
            grip.break_silence(0.1)
        time.sleep(0.01)
    ended = shop.ledger.get(job.id)
    assert (ended.state, ended.error) == (JobState.FAILED, "triton is unavailable")
    assert len(shop.denoiser.requests) == 2


def test_a_picture_that_an_earlier_worker_stored_is_not_made_again(shop: Shop) -> None:
    job = shop.ledger.add(spec())
    assert isinstance(shop.leases.claim(job.id), Lease)
    shop.store.put(image(job.tenant, job.id), b"made before", "image/png")
    with shop.database.write() as session:
        assert move(session, job.id, JobState.RUNNING, JobState.QUEUED, at=now())
    shop.synthesizer.run(job.id)
    assert shop.ledger.get(job.id).state is JobState.SUCCEEDED
    assert shop.store.get(image(job.tenant, job.id)) == b"made before"
    assert shop.denoiser.requests == []


def test_a_job_that_another_worker_has_is_left_alone(shop: Shop) -> None:
    job = shop.ledger.add(spec())
    shop.leases.claim(job.id)
    shop.synthesizer.run(job.id)
    shop.synthesizer.run("unknown")
    assert shop.ledger.get(job.id).state is JobState.RUNNING
    assert shop.denoiser.requests == []


def test_a_fault_of_ours_is_shown_and_ends_the_job(shop: Shop) -> None:
    job = shop.ledger.add(spec(fault=True))
    with pytest.raises(RuntimeError, match="a bug"):
        shop.synthesizer.run(job.id)
    assert shop.ledger.get(job.id).state is JobState.FAILED


def test_a_job_that_cannot_go_on_is_given_back_when_the_process_ends(shop: Shop) -> None:
    shop.store.failures = 1000
    shop.desk.retire()
    job = shop.make(spec())
    assert (job.state, job.deliveries, job.error) == (JobState.QUEUED, 0, None)
    assert shop.heard.events[-1].state is JobState.QUEUED
    assert isinstance(shop.leases.claim(job.id), Lease)
