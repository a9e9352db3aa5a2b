"""Finding jobs that nobody works on though somebody should: the database's side of the sweep."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.jobs.database import Database
from services.jobs.job import Job, JobState, Priority
from services.jobs.leases import TOO_LATE, WORN_OUT
from services.jobs.ledger import Clock, now
from services.jobs.rows import move
from services.jobs.tables import JobRow


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one look found: jobs to send again, and jobs that have ended by it."""

    again: tuple[Job, ...]
    ended: tuple[Job, ...]


class Recovery:
    """Blocking and thread-safe; any number of sweepers may look at the same time."""

    def __init__(self, database: Database, *, deliveries: int, clock: Clock = now) -> None:
        self._database = database
        self._deliveries = deliveries
        self._clock = clock

    def abandoned(self) -> Recovered:
        """Jobs whose lease is over: begun too often FAILED, being cancelled CANCELLED, others QUEUED again."""
        at = self._clock()
        again: list[Job] = []
        ended: list[Job] = []
        with self._database.write() as session:
            for row in self._rows(session, JobRow.lease_until <= at):
                expired = JobRow.lease_until <= at
                target = self._after_loss(row)
                error = WORN_OUT.format(count=row.strikes) if target is JobState.FAILED else None
                moved = move(session, row.id, row.state, target, expired, at=at, error=error, sent_at=at)
                if moved:
                    (again if target is JobState.QUEUED else ended).append(moved)
        return Recovered(tuple(again), tuple(ended))

    def overdue(self) -> tuple[Job, ...]:
        """Waiting jobs whose deadline has passed, FAILED now."""
        at = self._clock()
        with self._database.write() as session:
            rows = self._rows(session, JobRow.state == JobState.QUEUED, JobRow.deadline <= at)
            ended = [move(session, row.id, JobState.QUEUED, JobState.FAILED, at=at, error=TOO_LATE) for row in rows]
        return tuple(job for job in ended if job)

    def unsent(self, age: timedelta, limit: int, priority: Priority) -> tuple[Job, ...]:
        """Up to `limit` waiting jobs of a priority, oldest first, their message older than `age`; sent as of now."""
        at = self._clock()
        old = (JobRow.state == JobState.QUEUED, JobRow.sent_at <= at - age, JobRow.priority == priority)
        with self._database.write() as session:
            rows = self._rows(session, *old)[:limit]
            for row in rows:
                row.sent_at = at
            return tuple(row.job() for row in rows)

    @staticmethod
    def _rows(session: Session, *conditions: object) -> list[JobRow]:
        statement = select(JobRow).where(*conditions).order_by(JobRow.sent_at)  # type: ignore[arg-type]
        # Rows that another sweeper holds are its business (PostgreSQL; SQLite has one writer anyway).
        return list(session.scalars(statement.with_for_update(skip_locked=True)))

    def _after_loss(self, row: JobRow) -> JobState:
        if row.state is JobState.CANCELLING:
            return JobState.CANCELLED
        return JobState.FAILED if row.strikes >= self._deliveries else JobState.QUEUED
