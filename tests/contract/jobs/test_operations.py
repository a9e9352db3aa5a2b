"""Operations from order to end, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from services.errors import FailedPreconditionError, NotFoundError, ResourceExhaustedError
from services.jobs.job import JobState, Priority
from services.jobs.leases import TOO_LATE, LeaseLostError
from services.jobs.operations import Register
from services.jobs.order import ConflictError
from tests.contract.jobs.desk import Desk, order
from tests.contract.servers.office import LEASE_S, picture

pytestmark = pytest.mark.contract


def test_the_same_order_a_hundred_times_at_once_is_one_operation(office: Desk) -> None:
    with ThreadPoolExecutor(16) as pool:
        added = list(pool.map(lambda _: office.register.add([order("key")])[0].id, range(100)))
    assert len(set(added)) == 1
    assert len(office.register.page(size=10, after=None, done=None)) == 1


def test_a_key_used_for_another_order_is_a_conflict_and_nothing_is_added(office: Desk) -> None:
    office.register.add([order("key")])
    with pytest.raises(ConflictError, match="request_id"):
        office.register.add([order(), order("key", "other")])
    with pytest.raises(ConflictError):
        office.register.add([order("twice"), order("twice", "other")])
    assert len(office.register.page(size=10, after=None, done=None)) == 1


def test_a_batch_is_taken_whole_or_not_at_all(office: Desk) -> None:
    office.register.add([order(), order(), order()])
    with pytest.raises(ResourceExhaustedError) as full:
        office.register.add([order(), order(), order()])
    assert full.value.retry_after_s > 0
    assert len(office.register.page(size=10, after=None, done=None)) == 3
    assert office.register.get(office.register.add([order()])[0].id).ahead == 3


def test_an_operation_ends_with_its_last_job(office: Desk) -> None:
    operation_id, jobs = office.composed()
    office.leases.succeed(office.job_lease(jobs[0]), "acme/images/0.png")
    assert office.state(operation_id) is JobState.RUNNING
    office.leases.fail(office.job_lease(jobs[1]), "the lamp broke")
    snapshot = office.register.get(operation_id)
    assert snapshot.operation.state is JobState.SUCCEEDED
    assert [job.state for job in snapshot.jobs] == [JobState.SUCCEEDED, JobState.FAILED]


def test_last_jobs_that_end_at_once_end_the_operation(office: Desk) -> None:
    operation_id, jobs = office.composed(8)
    leases = [office.job_lease(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda lease: office.leases.succeed(lease, "acme/images/x.png"), leases))
    assert office.state(operation_id) is JobState.SUCCEEDED


def test_an_operation_without_any_picture_fails_with_the_first_cause(office: Desk) -> None:
    operation = office.register.add([order()])[0]
    assert office.composing.complete(office.claimed(), [picture(0, error="no words"), picture(1, error="x")], "r") == ()
    ended = office.register.get(operation.id).operation
    assert (ended.state, ended.error) == (JobState.FAILED, "no words")


def test_a_lost_composer_writes_nothing_and_another_one_begins(office: Desk) -> None:
    operation = office.register.add([order()])[0]
    lost = office.claimed()
    office.clock.forward(LEASE_S + 1)
    office.upkeep.once()
    second = office.claimed()
    for write in (
        lambda: office.composing.renew(lost),
        lambda: office.composing.complete(lost, [picture(0)], "r"),
        lambda: office.composing.fail(lost, "no"),
    ):
        with pytest.raises(LeaseLostError):
            write()
    assert len(office.composing.complete(second, [picture(0)], "r")) == 1
    assert office.state(operation.id) is JobState.RUNNING


def test_an_operation_that_outlives_its_composers_fails_in_the_end(office: Desk) -> None:
    operation = office.register.add([order()])[0]
    for _ in range(3):
        office.claimed()
        office.clock.forward(LEASE_S + 1)
        office.upkeep.once()
    ended = office.register.get(operation.id).operation
    assert (ended.state, ended.error) == (
        JobState.FAILED,
        "3 gateways in turn stopped while preparing these pictures",
    )


def test_cancelling_reaches_every_job_and_is_done_when_the_last_worker_says_so(office: Desk) -> None:
    operation_id, jobs = office.composed()
    lease = office.job_lease(jobs[0])
    cancelling, changed = office.register.request_cancel(operation_id)
    assert cancelling.state is JobState.CANCELLING
    assert [job.state for job in changed] == [JobState.CANCELLING, JobState.CANCELLED]
    office.leases.confirm_cancel(lease)
    assert office.state(operation_id) is JobState.CANCELLED


def test_cancels_before_and_while_composing(office: Desk) -> None:
    waiting, composing = office.register.add([order(), order()])
    assert office.register.request_cancel(waiting.id)[0].state is JobState.CANCELLED
    lease = office.claimed()
    assert lease.operation.id == composing.id
    assert office.register.request_cancel(composing.id)[0].state is JobState.CANCELLING
    assert office.composing.renew(lease) is JobState.CANCELLING
    assert office.composing.complete(lease, [picture(0)], "r") == ()
    assert office.state(composing.id) is JobState.CANCELLED


def test_pages_hold_everything_once(office: Desk) -> None:
    added = {office.register.add([order()])[0].id for _ in range(5)}
    seen: list[str] = []
    after = None
    while page := office.register.page(size=2, after=after, done=False):
        seen += [one.operation.id for one in page]
        after = (page[-1].operation.created_at, page[-1].operation.id)
    assert (len(seen), set(seen)) == (5, added)
    assert office.register.page(size=2, after=None, done=True) == ()


def test_only_what_has_ended_is_deleted(office: Desk) -> None:
    operation_id, jobs = office.composed(1)
    with pytest.raises(FailedPreconditionError):
        office.register.delete(operation_id)
    office.leases.succeed(office.job_lease(jobs[0]), "acme/images/0.png")
    assert [job.id for job in office.register.delete(operation_id)] == [jobs[0].id]
    with pytest.raises(NotFoundError):
        office.register.get(operation_id)


def test_another_tenants_operation_does_not_exist(office: Desk) -> None:
    operation_id, _ = office.composed()
    other = Register(office.database, office.ledger, tenant="other", limit=5)
    for call in (other.get, other.request_cancel, other.delete):
        with pytest.raises(NotFoundError):
            call(operation_id)


def test_what_is_old_is_forgotten(office: Desk) -> None:
    operation_id, jobs = office.composed(1)
    office.leases.succeed(office.job_lease(jobs[0]), "acme/images/0.png")
    office.clock.forward(8 * 86400)
    office.upkeep.once()
    with pytest.raises(NotFoundError):
        office.register.get(operation_id)
    with pytest.raises(NotFoundError):
        office.ledger.get(jobs[0].id)


def test_a_picture_is_not_forgotten_before_its_operation(office: Desk) -> None:
    operation_id, jobs = office.composed()
    office.leases.succeed(office.job_lease(jobs[0]), "acme/images/0.png")
    office.clock.forward(8 * 86400)
    office.upkeep.once()
    office.leases.succeed(office.job_lease(jobs[1]), "acme/images/1.png")
    office.upkeep.once()
    assert [job.image for job in office.register.get(operation_id).jobs] == ["acme/images/0.png", "acme/images/1.png"]
    office.clock.forward(8 * 86400)
    office.upkeep.once()
    with pytest.raises(NotFoundError):
        office.ledger.get(jobs[0].id)


def test_a_waiting_picture_knows_how_many_wait_before_it(office: Desk) -> None:
    first, jobs = office.composed()
    second, _ = office.composed()
    batch = office.register.add([order(priority=Priority.BATCH)])[0].id
    lease = office.composing.claim(Priority.BATCH)
    assert lease
    office.composing.complete(lease, [picture(0)], "r")
    assert [office.register.get(one).before for one in (first, second, batch)] == [0, 2, 4]
    office.job_lease(jobs[0])
    assert [office.register.get(one).before for one in (first, second, batch)] == [0, 1, 3]


def test_an_operation_whose_time_is_over_fails_with_what_waits_of_it(office: Desk) -> None:
    late = office.clock() + timedelta(seconds=60)
    composed = office.register.add([order(deadline=late)])[0].id
    running, waiting = office.composing.complete(office.claimed(), [picture(0), picture(1)], "r")
    queued = office.register.add([order(deadline=late)])[0].id
    lease = office.job_lease(running)
    office.clock.forward(61)
    office.upkeep.once()
    office.recovery.overdue()
    assert office.register.get(queued).operation.error == TOO_LATE
    assert office.ledger.get(waiting.id).error == TOO_LATE
    # What is under way is its worker's to end, which has the deadline too.
    office.leases.fail(lease, "the time given for this picture is over")
    ended = office.register.get(composed).operation
    assert (ended.state, ended.error) == (JobState.FAILED, "the time given for this picture is over")
