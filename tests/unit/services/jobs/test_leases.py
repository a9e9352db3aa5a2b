from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from services.errors import ResourceExhaustedError, UnavailableError
from services.jobs.database import Database
from services.jobs.job import JobState
from services.jobs.leases import Lease, LeaseLostError, Leases, Refusal
from services.jobs.ledger import Ledger
from tests.contract.servers.bench import spec
from tests.unit.services.jobs.conftest import Clock


@pytest.fixture
def ledger(database: Database, clock: Clock) -> Ledger:
    return Ledger(database, limit=3, clock=clock)


@pytest.fixture
def leases(database: Database, clock: Clock) -> Leases:
    return Leases(database, lease=timedelta(seconds=10), deliveries=2, clock=clock)


def _claimed(leases: Leases, job_id: str) -> Lease:
    lease = leases.claim(job_id, suspect=True)
    assert isinstance(lease, Lease)
    return lease


def test_of_many_claims_one_wins(ledger: Ledger, leases: Leases) -> None:
    job = ledger.add(spec())
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: leases.claim(job.id), range(8)))
    assert sum(isinstance(claim, Lease) for claim in claims) == 1


def test_the_limit_holds_against_many_at_once(ledger: Ledger) -> None:
    def add(_: int) -> bool:
        try:
            ledger.add(spec())
        except ResourceExhaustedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(16))) == 3


def test_a_lease_lasts_while_it_is_renewed(ledger: Ledger, leases: Leases, clock: Clock) -> None:
    job = ledger.add(spec())
    lease = _claimed(leases, job.id)
    for _ in range(3):
        clock.forward(9)
        assert leases.renew(lease) is JobState.RUNNING
        assert isinstance(leases.claim(job.id), Refusal)
    clock.forward(11)
    taken = _claimed(leases, job.id)
    with pytest.raises(LeaseLostError):
        leases.renew(lease)
    assert leases.renew(taken) is JobState.RUNNING


def test_a_job_is_begun_only_so_often(ledger: Ledger, leases: Leases, clock: Clock) -> None:
    job = ledger.add(spec())
    for _ in range(2):
        _claimed(leases, job.id)
        clock.forward(11)
    refusal = leases.claim(job.id, suspect=True)
    assert isinstance(refusal, Refusal)
    assert refusal.job is not None
    assert (refusal.job.state, refusal.job.error) == (
        JobState.FAILED,
        "2 workers in turn stopped while making this picture",
    )


def test_only_who_takes_a_suspect_gets_a_job_whose_worker_was_lost(
    ledger: Ledger, leases: Leases, clock: Clock
) -> None:
    job = ledger.add(spec())
    _claimed(leases, job.id)
    clock.forward(11)
    refusal = leases.claim(job.id)
    assert isinstance(refusal, Refusal)
    assert refusal.suspect
    assert _claimed(leases, job.id).job.deliveries == 2


def test_a_job_that_makes_progress_outlives_any_number_of_workers(ledger: Ledger, leases: Leases, clock: Clock) -> None:
    job = ledger.add(spec())
    for step in range(1, 5):
        lease = _claimed(leases, job.id)
        assert lease.job.step == step - 1
        leases.renew(lease, checkpoint=step, strikes=0)
        clock.forward(11)
    assert _claimed(leases, job.id).job.checkpoint == 4


def test_a_job_given_back_is_nobodys_fault(ledger: Ledger, leases: Leases) -> None:
    job = ledger.add(spec())
    for _ in range(3):
        lease = leases.claim(job.id)
        assert isinstance(lease, Lease)
        assert leases.give_back(lease).strikes == 0


def test_a_job_past_its_deadline_is_not_begun(ledger: Ledger, leases: Leases, clock: Clock) -> None:
    job = ledger.add(spec(deadline=clock() + timedelta(seconds=5)))
    clock.forward(6)
    refusal = leases.claim(job.id)
    assert isinstance(refusal, Refusal)
    assert refusal.job is not None
    assert refusal.job.state is JobState.FAILED


def test_a_worker_learns_of_a_cancel_and_its_success_comes_too_late(ledger: Ledger, leases: Leases) -> None:
    job = ledger.add(spec())
    lease = _claimed(leases, job.id)
    assert ledger.request_cancel(job.id).state is JobState.CANCELLING
    assert leases.renew(lease) is JobState.CANCELLING
    assert leases.succeed(lease, "a/images/1.png").state is JobState.CANCELLED


def test_an_unknown_job_is_refused(leases: Leases) -> None:
    assert leases.claim("none") == Refusal(None)


def test_a_database_that_is_away_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    database = Database(f"sqlite:///{tmp_path}/folder")
    with pytest.raises(UnavailableError) as down:
        Ledger(database, limit=1).get("any")
    assert down.value.dependency == "database"
    database.close()
