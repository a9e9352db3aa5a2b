"""The life of a job, walked at random by an owner, workers that come and go, and the sweep."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, RuleBasedStateMachine, consumes, invariant, multiple, rule

from services.jobs.database import Database
from services.jobs.job import JobState
from services.jobs.leases import Lease, LeaseLostError, Leases
from services.jobs.ledger import Ledger
from services.jobs.recovery import Recovery
from services.jobs.transitions import TERMINAL, TransitionError, allowed, require
from services.migrations import migrate
from tests.contract.servers.bench import spec
from tests.unit.services.jobs.conftest import Clock

LEASE_S = 10
DELIVERIES = 3


@pytest.mark.parametrize("state", JobState)
def test_an_ended_job_stays_so(state: JobState) -> None:
    assert all(not allowed(end, state) for end in TERMINAL)


def test_a_cancel_wins_over_a_later_end() -> None:
    assert [state for state in JobState if allowed(JobState.CANCELLING, state)] == [JobState.CANCELLED]


def test_a_forbidden_change_is_a_fault_of_the_program() -> None:
    with pytest.raises(TransitionError, match="succeeded cannot become running"):
        require(JobState.SUCCEEDED, JobState.RUNNING)


class JobLife(RuleBasedStateMachine):
    leases: Bundle[Lease] = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.database = Database(f"sqlite:///{Path(self.folder.name)}/jobs.sqlite3")
        migrate(self.database)
        self.ledger = Ledger(self.database, limit=10, clock=self.clock)
        lease = timedelta(seconds=LEASE_S)
        self.workers = Leases(self.database, lease=lease, deliveries=DELIVERIES, clock=self.clock)
        self.recovery = Recovery(self.database, deliveries=DELIVERIES, clock=self.clock)
        self.job = self.ledger.add(spec())
        self.seen = [self.job.state]
        self.newest: Lease | None = None
        self.ends = 0

    def teardown(self) -> None:
        self.database.close()
        self.folder.cleanup()

    @rule(target=leases)
    def claim(self) -> MultipleResults[Lease]:
        claimed = self.workers.claim(self.job.id, suspect=True)
        if not isinstance(claimed, Lease):
            return multiple()
        assert self.newest is None or claimed.fence > self.newest.fence
        self.newest = claimed
        return multiple(claimed)

    @rule(lease=leases, step=st.integers(0, 4))
    def renew(self, lease: Lease, step: int) -> None:
        self._write(lease, lambda: self.workers.renew(lease, step=step))

    @rule(lease=leases, step=st.integers(1, 4))
    def checkpoint(self, lease: Lease, step: int) -> None:
        self._write(lease, lambda: self.workers.renew(lease, checkpoint=step, strikes=0))

    @rule(lease=consumes(leases), end=st.sampled_from(["succeed", "fail", "confirm_cancel", "give_back"]))
    def end(self, lease: Lease, end: str) -> None:
        if end == "confirm_cancel" and self.ledger.get(self.job.id).state is not JobState.CANCELLING:
            return  # workers confirm only what was asked for
        arguments = ("words",) if end in ("succeed", "fail") else ()
        self._write(lease, lambda: getattr(self.workers, end)(lease, *arguments), ends=end != "give_back")

    @rule()
    def cancel(self) -> None:
        self.ledger.request_cancel(self.job.id)

    @rule(seconds=st.sampled_from([1, LEASE_S + 1]))
    def wait(self, seconds: int) -> None:
        self.clock.forward(seconds)

    @rule()
    def sweep(self) -> None:
        self.recovery.overdue()
        self.recovery.abandoned()

    @invariant()
    def changes_are_allowed(self) -> None:
        job = self.ledger.get(self.job.id)
        if job.state is not self.seen[-1]:
            # One rule may make two changes: a claim of a lost job is RUNNING, QUEUED, RUNNING.
            steps = [state for state in JobState if allowed(self.seen[-1], state)]
            assert job.state in steps or any(allowed(state, job.state) for state in steps)
            self.seen.append(job.state)
        assert job.strikes <= min(job.deliveries, DELIVERIES)
        assert (job.finished_at is not None) == (job.state in TERMINAL)
        assert (job.error is not None) == (job.state is JobState.FAILED)
        assert (job.image is not None) == (job.state is JobState.SUCCEEDED)
        assert self.ends <= 1

    def _write(self, lease: Lease, write: object, *, ends: bool = False) -> None:
        current = lease is self.newest and self.ledger.get(self.job.id).state in (
            JobState.RUNNING,
            JobState.CANCELLING,
        )
        if current:
            write()  # type: ignore[operator]
            self.ends += ends
        else:
            with pytest.raises(LeaseLostError):
                write()  # type: ignore[operator]


JobLife.TestCase.settings = settings(max_examples=15, stateful_step_count=20, suppress_health_check=list(HealthCheck))
TestJobLife = JobLife.TestCase
