"""Every end of a job is counted once, by the one who wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from services.errors import DeadlineExceededError, InternalError, InvalidArgumentError, UnavailableError
from services.jobs.job import JobState, Priority
from services.jobs.leases import Leases, Refusal
from services.jobs.ledger import now
from services.jobs.recovery import Recovery
from services.worker.tally import Tally
from tests.contract.servers.bench import spec
from tests.unit.services.worker.conftest import Shop


def late(shop: Shop, seconds: float) -> Leases:
    """Another worker's leases, whose clock is ahead."""
    clock = lambda: now() + timedelta(seconds=seconds)  # noqa: E731
    return Leases(shop.database, lease=timedelta(seconds=10), deliveries=3, clock=clock)


def test_a_picture_is_timed_by_its_classes_and_priority(shop: Shop) -> None:
    assert shop.make(spec(steps=4, priority=Priority.BATCH)).state is JobState.SUCCEEDED
    assert shop.metric("image_seconds_count", priority="batch", size="small", steps="few") == 1
    job = shop.ledger.add(spec(steps=100))
    Tally(shop.metrics).made(job, np.zeros((4, 128, 160), np.float32), job.created_at + timedelta(seconds=40))
    assert shop.metric("image_seconds_sum", priority="interactive", size="large", steps="many") == 40


def test_a_job_that_is_out_of_time_when_its_turn_comes_counts_once(shop: Shop) -> None:
    job = shop.ledger.add(spec(deadline=now() - timedelta(seconds=1)))
    for _ in range(2):
        shop.synthesizer.run(job.id)
    assert shop.metric("jobs_total", outcome="failed") == 1
    assert shop.metric("failures_total", cause="hurry") == 1


@pytest.mark.parametrize(("given_s", "cause"), [(59, "hurry"), (60, "deadline"), (None, "deadline")])
def test_only_a_caller_who_gave_a_minute_was_let_down(shop: Shop, given_s: float | None, cause: str) -> None:
    job = shop.ledger.add(spec())
    deadline = job.created_at + timedelta(seconds=given_s) if given_s else None
    Tally(shop.metrics).failed(replace(job, deadline=deadline), DeadlineExceededError("late"))
    assert shop.metric("failures_total", cause=cause) == 1


def test_a_job_whose_worker_was_lost_is_a_redelivery_and_a_strike(shop: Shop) -> None:
    job = shop.ledger.add(spec())
    shop.leases.claim(job.id)
    for lost in Recovery(shop.database, deliveries=3, clock=lambda: now() + timedelta(seconds=60)).abandoned().again:
        Tally(shop.metrics).swept(lost)
    shop.synthesizer.run(job.id)
    assert shop.metric("leases_lost_total", noticed="sweep") == 1
    assert shop.metric("redeliveries_total", strike="yes") == 1
    assert shop.metric("jobs_total", outcome="succeeded") == 1


def test_a_job_that_wore_its_workers_out_fails_by_that(shop: Shop) -> None:
    job = shop.ledger.add(spec())
    for turn in range(3):
        assert not isinstance(late(shop, 20 * turn).claim(job.id, suspect=True), Refusal)
    for ended in Recovery(shop.database, deliveries=3, clock=lambda: now() + timedelta(seconds=90)).abandoned().ended:
        Tally(shop.metrics).swept(ended)
    assert shop.metric("failures_total", cause="worn_out") == 1
    assert shop.metric("jobs_total", outcome="failed") == 1


def test_a_failure_has_its_cause(shop: Shop) -> None:
    tally, job = Tally(shop.metrics), shop.ledger.add(spec())
    errors = (
        DeadlineExceededError("late"),
        UnavailableError("triton", "gone"),
        InternalError("ours"),
        InvalidArgumentError("steps", "too many"),
        None,
    )
    for error in errors:
        tally.failed(job, error)
    causes = ("deadline", "dependency", "model", "refused", "fault")
    assert [shop.metric("failures_total", cause=cause) for cause in causes] == [1] * 5


def test_a_fault_of_the_workers_own_is_counted_too(shop: Shop) -> None:
    job = shop.ledger.add(spec(fault=True))
    with pytest.raises(RuntimeError):
        shop.synthesizer.run(job.id)
    assert shop.metric("failures_total", cause="fault") == 1
    assert shop.metric("jobs_total", outcome="failed") == 1
