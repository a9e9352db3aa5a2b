"""The operations as their owner sees them: added, read, listed, cancelled, deleted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.errors import FailedPreconditionError, NotFoundError, ResourceExhaustedError
from services.jobs.database import Database
from services.jobs.job import Job, JobState, Priority
from services.jobs.ledger import Clock, Ledger, now
from services.jobs.order import ConflictError, Operation, OperationSpec, Snapshot
from services.jobs.settling import find_operation, shift
from services.jobs.tables import JobRow, OperationRow
from services.jobs.transitions import TERMINAL

_RETRY_S = 5.0


class Register:
    """Blocking and thread-safe; UnavailableError("database") from every method. Each tenant sees its own."""

    def __init__(self, database: Database, ledger: Ledger, *, tenant: str, limit: int, clock: Clock = now) -> None:
        self._database, self._ledger = database, ledger
        self._tenant, self._limit, self._clock = tenant, limit, clock

    def add(self, specs: Sequence[OperationSpec]) -> tuple[Operation, ...]:
        """All of `specs` or none. One whose key is known is the operation that has it.

        ConflictError: the key belongs to another order. ResourceExhaustedError: too many operations wait.
        """
        try:
            return self._add(specs)
        except IntegrityError:
            # Another call with the same key was quicker; now it is seen.
            return self._add(specs)

    def get(self, operation_id: str) -> Snapshot:
        """The operation now; NotFoundError."""
        with self._database.read() as session:
            operation = self._own(session, operation_id)
            jobs = tuple(_jobs_of(session, [operation_id]).get(operation_id, ()))
            waiting = next((job for job in jobs if job.state is JobState.QUEUED), None)
            return Snapshot(
                operation,
                jobs,
                ahead=_waiting_before(session, OperationRow, operation) if operation.state is JobState.QUEUED else None,
                before=_waiting_before(session, JobRow, waiting) if waiting else None,
            )

    def page(self, *, size: int, after: tuple[datetime, str] | None, done: bool | None) -> tuple[Snapshot, ...]:
        """Up to `size` operations, the newest first, from the one created at and named `after` on."""
        statement = select(OperationRow).where(OperationRow.tenant == self._tenant)
        if after:
            statement = statement.where(tuple_(OperationRow.created_at, OperationRow.id) < after)
        if done is not None:
            ended = OperationRow.state.in_(TERMINAL)
            statement = statement.where(ended if done else ~ended)
        newest = (OperationRow.created_at.desc(), OperationRow.id.desc())
        with self._database.read() as session:
            found = [row.operation() for row in session.scalars(statement.order_by(*newest).limit(size))]
            jobs = _jobs_of(session, [operation.id for operation in found])
            return tuple(Snapshot(operation, tuple(jobs.get(operation.id, ()))) for operation in found)

    def request_cancel(self, operation_id: str) -> tuple[Operation, tuple[Job, ...]]:
        """CANCELLED at once if nothing runs, else CANCELLING; the operation and the jobs that changed. NotFoundError.

        The order of locks is a job's, then its operation's, everywhere: hence two transactions.
        """
        at = self._clock()
        with self._database.write() as session:
            operation = self._own(session, operation_id, lock=True)
            if operation.state in (JobState.QUEUED, JobState.RUNNING):
                target = JobState.CANCELLED if operation.state is JobState.QUEUED else JobState.CANCELLING
                operation = shift(session, operation_id, operation.state, target, at=at) or self._own(
                    session, operation_id
                )
        if operation.state is not JobState.CANCELLING:
            return operation, ()
        changed = tuple(self._ledger.request_cancel(job.id) for job in self.get(operation_id).jobs)
        return self.get(operation_id).operation, changed

    def delete(self, operation_id: str) -> tuple[Job, ...]:
        """Forget an ended operation and its jobs, which are returned. NotFoundError; FailedPreconditionError."""
        with self._database.write() as session:
            operation = self._own(session, operation_id)
            if operation.state not in TERMINAL:
                raise FailedPreconditionError(
                    f"operation {operation_id!r} has not ended: cancel it first", reason="OPERATION_RUNS"
                )
            jobs = _jobs_of(session, [operation_id]).get(operation_id, [])
            session.execute(delete(JobRow).where(JobRow.operation_id == operation_id))
            session.execute(delete(OperationRow).where(OperationRow.id == operation_id))
            return tuple(jobs)

    def _add(self, specs: Sequence[OperationSpec]) -> tuple[Operation, ...]:
        at = self._clock()
        with self._database.write() as session:
            known = self._known(session, specs)
            fresh = len(specs) - len(known)
            waiting = select(func.count()).where(OperationRow.state == JobState.QUEUED)
            if fresh and session.execute(waiting).scalar_one() + fresh > self._limit:
                raise ResourceExhaustedError(
                    f"no room for {fresh} more: at most {self._limit} operations wait",
                    retry_after_s=_RETRY_S,
                    limit=str(self._limit),
                )
            return tuple(_agreed(known, spec) or _inserted(session, known, spec, at) for spec in specs)

    def _known(self, session: Session, specs: Sequence[OperationSpec]) -> dict[str, Operation]:
        keys = [spec.key for spec in specs if spec.key]
        if not keys:
            return {}
        statement = select(OperationRow).where(OperationRow.tenant == self._tenant, OperationRow.key.in_(keys))
        return {row.key: row.operation() for row in session.scalars(statement) if row.key}

    def _own(self, session: Session, operation_id: str, *, lock: bool = False) -> Operation:
        operation = find_operation(session, operation_id, lock=lock).operation()
        if operation.tenant != self._tenant:
            raise NotFoundError(f"operation {operation_id!r} does not exist", reason="UNKNOWN_OPERATION")
        return operation


def _agreed(known: dict[str, Operation], spec: OperationSpec) -> Operation | None:
    found = known.get(spec.key) if spec.key else None
    if found and found.digest != spec.digest:
        raise ConflictError("request_id: it was used for another request", reason="REQUEST_ID_REUSED")
    return found


def _inserted(session: Session, known: dict[str, Operation], spec: OperationSpec, at: datetime) -> Operation:
    row = OperationRow(
        id=uuid.uuid4().hex,
        tenant=spec.tenant,
        key=spec.key,
        digest=spec.digest,
        request=spec.request,
        count=spec.count,
        priority=spec.priority,
        state=JobState.QUEUED,
        deliveries=0,
        fence=0,
        created_at=at,
        deadline=spec.deadline,
        webhook=spec.webhook,
        trace=spec.trace,
        webhook_tries=0,
    )
    session.add(row)
    session.flush()
    operation = row.operation()
    if spec.key:
        known[spec.key] = operation
    return operation


def _waiting_before(session: Session, table: type[OperationRow | JobRow], one: Operation | Job) -> int:
    """How many wait that came sooner, or go first."""
    sooner = (table.created_at < one.created_at) & (table.priority == one.priority)
    if one.priority is Priority.BATCH:
        sooner |= table.priority == Priority.INTERACTIVE
    waiting = select(func.count()).select_from(table).where(table.state == JobState.QUEUED, sooner)
    return session.execute(waiting).scalar_one()


def _jobs_of(session: Session, operations: Sequence[str]) -> dict[str, list[Job]]:
    found: dict[str, list[Job]] = {}
    statement = select(JobRow).where(JobRow.operation_id.in_(operations)).order_by(JobRow.number)
    for row in session.scalars(statement):
        found.setdefault(row.operation_id or "", []).append(row.job())
    return found
