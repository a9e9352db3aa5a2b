"""The jobs as a worker sees them: taken for a time, kept, ended.

A lease carries a fencing token. Every write names it, so a worker that was taken for dead and comes back changes
nothing: it gets LeaseLostError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, update

from services.errors import NotFoundError
from services.jobs.database import Database
from services.jobs.job import Features, Job, JobState
from services.jobs.ledger import Clock, now
from services.jobs.rows import find, move
from services.jobs.tables import InputRow, JobRow

TOO_LATE = "the time given for this picture was over before its turn came"
WORN_OUT = "{count} workers in turn stopped while making this picture"


class LeaseLostError(Exception):
    """The job belongs to another worker, or has ended."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The job is not this worker's to do; `job` as it is now, None if there is none.

    `suspect`: it is to be had, by a worker that has no other suspect. `ended`: this claim has made it FAILED.
    """

    job: Job | None
    suspect: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make one job, until `Leases` says otherwise. `waited_since` it was to be had."""

    job: Job
    fence: int
    features: Features = field(repr=False)
    waited_since: datetime | None = None


class Leases:
    """Blocking and thread-safe; UnavailableError("database") from every method."""

    def __init__(self, database: Database, *, lease: timedelta, deliveries: int, clock: Clock = now) -> None:
        self._database = database
        self._lease = lease
        self._deliveries = deliveries
        self._clock = clock

    def claim(self, job_id: str, *, suspect: bool = False) -> Lease | Refusal:
        """Take a waiting job, or one whose worker was lost. Of many callers one gets it.

        A job that is out of time or has cost too many workers becomes FAILED here. One whose last worker was lost
        before it made progress is given to callers that say they take a `suspect`.
        """
        at = self._clock()
        with self._database.write() as session:
            try:
                row = find(session, job_id)
            except NotFoundError:
                return Refusal(None)
            if row.state is JobState.RUNNING and row.lease_until is not None and row.lease_until <= at:
                move(session, job_id, JobState.RUNNING, JobState.QUEUED, at=at)
                row = find(session, job_id)
            if row.state is not JobState.QUEUED:
                return Refusal(row.job())
            error = self._hopeless(row)
            if error:
                failed = move(session, job_id, JobState.QUEUED, JobState.FAILED, at=at, error=error)
                return Refusal(failed or find(session, job_id).job(), ended=failed is not None)
            if row.strikes and not suspect:
                return Refusal(row.job(), suspect=True)
            fence, since = row.fence, row.sent_at if row.fence else row.created_at
            begun = {
                "fence": fence + 1,
                "deliveries": row.deliveries + 1,
                "strikes": row.strikes + 1,
                "lease_until": at + self._lease,
                "started_at": row.started_at or at,
                "step": row.checkpoint,
            }
            # The fence as a condition: in PostgreSQL two may have read the same row.
            begins = move(session, job_id, JobState.QUEUED, JobState.RUNNING, JobRow.fence == fence, at=at, **begun)
            if begins is None:
                return Refusal(find(session, job_id).job())
            return Lease(begins, fence + 1, session.get_one(InputRow, job_id).array(), since)

    def renew(self, lease: Lease, **progress: Any) -> JobState:  # noqa: ANN401 - columns: step, preview, checkpoint
        """Keep the lease and note progress; the state tells of a cancel. LeaseLostError."""
        statement = (
            update(JobRow)
            .where(JobRow.id == lease.job.id, JobRow.fence == lease.fence)
            .where(or_(JobRow.state == JobState.RUNNING, JobRow.state == JobState.CANCELLING))
            .values(lease_until=self._clock() + self._lease, **progress)
            .returning(JobRow.state)
        )
        with self._database.write() as session:
            state = session.execute(statement, execution_options={"synchronize_session": False}).scalar_one_or_none()
        if state is None:
            raise LeaseLostError(lease.job.id)
        return state

    def succeed(self, lease: Lease, image: str) -> Job:
        """SUCCEEDED with its picture's object name, or CANCELLED if that was asked for. LeaseLostError."""
        return self._end(lease, JobState.SUCCEEDED, image=image, step=lease.job.steps)

    def fail(self, lease: Lease, error: str) -> Job:
        """FAILED with a sentence, or CANCELLED if that was asked for. LeaseLostError."""
        return self._end(lease, JobState.FAILED, error=error)

    def confirm_cancel(self, lease: Lease) -> Job:
        """CANCELLED, the work has stopped. LeaseLostError."""
        return self._end(lease, JobState.CANCELLED)

    def give_back(self, lease: Lease) -> Job:
        """QUEUED again for another worker, as if this one had not begun; the sweep sends it. LeaseLostError.

        CANCELLED if that was asked for.
        """
        job = lease.job
        undone = {"deliveries": job.deliveries - 1, "strikes": job.strikes - 1}
        return self._end(lease, JobState.QUEUED, **undone, sent_at=self._clock())

    def _end(self, lease: Lease, target: JobState, **values: Any) -> Job:  # noqa: ANN401
        job_id, mine, at = lease.job.id, JobRow.fence == lease.fence, self._clock()
        with self._database.write() as session:
            ended = None
            if target is not JobState.CANCELLED:
                ended = move(session, job_id, JobState.RUNNING, target, mine, at=at, **values)
            ended = ended or move(session, job_id, JobState.CANCELLING, JobState.CANCELLED, mine, at=at)
            if ended is None:
                raise LeaseLostError(job_id)
            return ended

    def _hopeless(self, row: JobRow) -> str | None:
        if row.deadline is not None and row.deadline <= self._clock():
            return TOO_LATE
        if row.strikes >= self._deliveries:
            return WORN_OUT.format(count=row.strikes)
        return None
