"""The operations as those see them who make their features: taken for a time, kept, turned into jobs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from services.jobs.database import Database
from services.jobs.job import Job, JobState, Priority
from services.jobs.leases import LeaseLostError
from services.jobs.ledger import Clock, now
from services.jobs.order import Operation, Picture
from services.jobs.rows import count
from services.jobs.settling import settle, shift
from services.jobs.tables import InputRow, JobRow, OperationRow


@dataclass(frozen=True, slots=True)
class OperationLease:
    """The right to compose one operation, fenced as a job's is."""

    operation: Operation
    fence: int


class Composing:
    """Blocking and thread-safe; UnavailableError("database") from every method."""

    def __init__(self, database: Database, *, lease: timedelta, room: int = 128, clock: Clock = now) -> None:
        self._database, self._lease, self._room, self._clock = database, lease, room, clock

    def due(self) -> tuple[Priority, ...]:
        """The priorities of operations that wait, if less than `room` jobs do; it only reads."""
        waiting = select(OperationRow.priority).where(OperationRow.state == JobState.QUEUED).distinct()
        with self._database.read() as session:
            found = set(session.scalars(waiting))
            if not found or count(session, JobState.QUEUED) >= self._room:
                return ()
        return tuple(priority for priority in Priority if priority in found)

    def claim(self, priority: Priority) -> OperationLease | None:
        """The oldest operation of this priority that waits; None if there is none."""
        at = self._clock()
        oldest = select(OperationRow.id, OperationRow.fence, OperationRow.deliveries).where(
            OperationRow.state == JobState.QUEUED, OperationRow.priority == priority
        )
        oldest = oldest.order_by(OperationRow.created_at).limit(1).with_for_update(skip_locked=True)
        with self._database.write() as session:
            found = session.execute(oldest).first()
            if found is None:
                return None
            operation_id, fence, deliveries = found
            begun = {"fence": fence + 1, "deliveries": deliveries + 1, "started_at": at}
            operation = shift(
                session,
                operation_id,
                JobState.QUEUED,
                JobState.RUNNING,
                at=at,
                lease_until=at + self._lease,
                **begun,
            )
            return OperationLease(operation, fence + 1) if operation else None

    def renew(self, lease: OperationLease) -> JobState:
        """Keep the lease; the state tells of a cancel. LeaseLostError."""
        statement = (
            update(OperationRow)
            .where(OperationRow.id == lease.operation.id, OperationRow.fence == lease.fence)
            .where(OperationRow.composed_at.is_(None))
            .where(or_(OperationRow.state == JobState.RUNNING, OperationRow.state == JobState.CANCELLING))
            .values(lease_until=self._clock() + self._lease)
            .returning(OperationRow.state)
        )
        with self._database.write() as session:
            state = session.execute(statement, execution_options={"synchronize_session": False}).scalar_one_or_none()
        if state is None:
            raise LeaseLostError(lease.operation.id)
        return state

    def complete(
        self, lease: OperationLease, pictures: Sequence[Picture], request_id: str, trace: str | None = None
    ) -> tuple[Job, ...]:
        """Turn the pictures into jobs, all at once; none if the operation was cancelled. LeaseLostError."""
        at, operation = self._clock(), lease.operation
        mine = (OperationRow.fence == lease.fence, OperationRow.composed_at.is_(None))
        composed = (
            update(OperationRow)
            .where(OperationRow.id == operation.id, OperationRow.state == JobState.RUNNING, *mine)
            .values(composed_at=at, lease_until=None)
            .returning(OperationRow.id)
        )
        with self._database.write() as session:
            if session.execute(composed, execution_options={"synchronize_session": False}).first() is None:
                if shift(session, operation.id, JobState.CANCELLING, JobState.CANCELLED, *mine, at=at) is None:
                    raise LeaseLostError(operation.id)
                return ()
            jobs = [
                _job(session, operation, picture, request_id=request_id, at=at, trace=trace) for picture in pictures
            ]
            settle(session, operation.id, at)
            return tuple(job for job in jobs if job.state is JobState.QUEUED)

    def fail(self, lease: OperationLease, error: str) -> None:
        """FAILED with a sentence, or CANCELLED if that was asked for. LeaseLostError."""
        self._end(lease, JobState.FAILED, error)

    def confirm_cancel(self, lease: OperationLease) -> None:
        """CANCELLED: nothing of it runs. LeaseLostError."""
        self._end(lease, JobState.CANCELLED, None)

    def give_back(self, lease: OperationLease) -> None:
        """QUEUED again, or CANCELLED if that was asked for. LeaseLostError."""
        self._end(lease, JobState.QUEUED, None)

    def _end(self, lease: OperationLease, target: JobState, error: str | None) -> None:
        operation, at = lease.operation, self._clock()
        mine = (OperationRow.fence == lease.fence, OperationRow.composed_at.is_(None))
        values: dict[str, object] = {"error": error}
        if target is JobState.QUEUED:
            values["deliveries"] = operation.deliveries - 1
        with self._database.write() as session:
            ended = None
            if target is not JobState.CANCELLED:
                ended = shift(session, operation.id, JobState.RUNNING, target, *mine, at=at, **values)
            ended = ended or shift(session, operation.id, JobState.CANCELLING, JobState.CANCELLED, *mine, at=at)
            if ended is None:
                raise LeaseLostError(operation.id)


def _job(
    session: Session, operation: Operation, picture: Picture, *, request_id: str, at: datetime, trace: str | None
) -> Job:
    """The picture's row; one without features has failed before it began."""
    failed = picture.features is None
    row = JobRow(
        id=uuid.uuid4().hex,
        tenant=operation.tenant,
        request_id=request_id,
        operation_id=operation.id,
        number=picture.number,
        caption=picture.caption,
        state=JobState.FAILED if failed else JobState.QUEUED,
        error=picture.error if failed else None,
        seed=picture.seed,
        steps=picture.steps,
        guidance=picture.guidance,
        preview_every=picture.preview_every,
        size=picture.size,
        priority=operation.priority,
        step=0,
        deliveries=0,
        strikes=0,
        checkpoint=0,
        fence=0,
        created_at=at,
        sent_at=at,
        finished_at=at if failed else None,
        deadline=operation.deadline,
        trace=trace,
    )
    session.add(row)
    session.flush()
    if picture.features is not None:
        session.add(InputRow.of(row.id, picture.features))
        session.flush()
    return row.job()
