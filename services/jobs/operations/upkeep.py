"""Operations that nobody works on though somebody should, and rows whose time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, exists, select

from services.jobs.database import Database
from services.jobs.job import JobState
from services.jobs.leases import TOO_LATE
from services.jobs.ledger import Clock, Ledger, now
from services.jobs.settling import settle, shift
from services.jobs.tables import JobRow, OperationRow
from services.jobs.transitions import TERMINAL

WORN_OUT = "{count} gateways in turn stopped while preparing these pictures"
_AT_ONCE = 200


class Upkeep:
    """One look at a time; any number of gateways may look. UnavailableError("database")."""

    def __init__(
        self, database: Database, ledger: Ledger, *, deliveries: int, retention: timedelta, clock: Clock = now
    ) -> None:
        self._database, self._ledger = database, ledger
        self._deliveries, self._retention, self._clock = deliveries, retention, clock

    def once(self) -> None:
        """Recover, complete what was half done, forget what is old."""
        self._recover()
        self._complete()
        self._forget()

    def _recover(self) -> None:
        at = self._clock()
        lost = (OperationRow.composed_at.is_(None), OperationRow.lease_until <= at)
        late = (OperationRow.state == JobState.QUEUED, OperationRow.deadline <= at)
        with self._database.write() as session:
            for row in session.scalars(select(OperationRow).where(*late).with_for_update(skip_locked=True)):
                shift(session, row.id, JobState.QUEUED, JobState.FAILED, at=at, error=TOO_LATE)
            for row in session.scalars(select(OperationRow).where(*lost).with_for_update(skip_locked=True)):
                target, error = self._after_loss(row)
                shift(session, row.id, row.state, target, *lost, at=at, error=error)

    def _complete(self) -> None:
        """Cancels and ends that somebody began and did not live to finish."""
        at = self._clock()
        unended = exists().where(JobRow.operation_id == OperationRow.id, JobRow.state.not_in(TERMINAL))
        open_ones = (OperationRow.composed_at.is_not(None), OperationRow.state.not_in(TERMINAL))
        with self._database.write() as session:
            for operation_id in session.scalars(select(OperationRow.id).where(*open_ones, ~unended)).all():
                settle(session, operation_id, at)
            doomed = (JobRow.operation_id == OperationRow.id, OperationRow.state == JobState.CANCELLING)
            running = (JobState.QUEUED, JobState.RUNNING)
            left = session.scalars(select(JobRow.id).where(*doomed, JobRow.state.in_(running))).all()
        for job_id in left:
            self._ledger.request_cancel(job_id)

    def _forget(self) -> None:
        """Operations that nobody has to be told of any more, and jobs once their operation is gone."""
        old = self._clock() - self._retention
        asked_for = exists().where(OperationRow.id == JobRow.operation_id)
        over = (
            (OperationRow, (OperationRow.finished_at < old, OperationRow.webhook_due_at.is_(None))),
            (JobRow, (JobRow.finished_at < old, ~asked_for)),
        )
        with self._database.write() as session:
            for table, conditions in over:
                few = select(table.id).where(*conditions).limit(_AT_ONCE)
                session.execute(
                    delete(table).where(table.id.in_(few)), execution_options={"synchronize_session": False}
                )

    def _after_loss(self, row: OperationRow) -> tuple[JobState, str | None]:
        if row.state is JobState.CANCELLING:
            return JobState.CANCELLED, None
        if row.deliveries >= self._deliveries:
            return JobState.FAILED, WORN_OUT.format(count=row.deliveries)
        return JobState.QUEUED, None
