"""Reading an operation's row and moving it from state to state, inside a transaction of the caller's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, literal, null, select, update
from sqlalchemy.orm import Session

from services.errors import NotFoundError
from services.jobs.columns import UtcTime
from services.jobs.job import JobState
from services.jobs.order import Operation
from services.jobs.tables import JobRow, OperationRow
from services.jobs.transitions import TERMINAL, require


def find_operation(session: Session, operation_id: str, *, lock: bool = False) -> OperationRow:
    """The row as it is now; with `lock` it stays so until the transaction ends. NotFoundError."""
    row = session.get(OperationRow, operation_id, populate_existing=True, with_for_update=lock or None)
    if row is None:
        raise NotFoundError(f"operation {operation_id!r} does not exist", reason="UNKNOWN_OPERATION")
    return row


def shift(
    session: Session,
    operation_id: str,
    source: JobState,
    target: JobState,
    *conditions: ColumnElement[bool],
    at: datetime,
    **values: Any,  # noqa: ANN401 - whatever columns the caller sets
) -> Operation | None:
    """Compare and set, as `services.jobs.rows.move` does for jobs; None: it was not in `source`."""
    require(source, target)
    if target in TERMINAL:
        due = case((OperationRow.webhook.is_not(None), literal(at, UtcTime())), else_=null())
        values |= {"finished_at": at, "webhook_due_at": due}
    if target in TERMINAL or target is JobState.QUEUED:
        values |= {"lease_until": None}
    statement = update(OperationRow).where(OperationRow.id == operation_id, OperationRow.state == source, *conditions)
    changed = session.execute(
        statement.values(state=target, **values).returning(OperationRow),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).scalar_one_or_none()
    return changed.operation() if changed else None


def settle(session: Session, operation_id: str, at: datetime) -> None:
    """End the operation if the job that has just ended was its last one."""
    # Locked: two last jobs at the same moment would each see the other one unfinished.
    row = session.get(OperationRow, operation_id, with_for_update=True, populate_existing=True)
    if row is None or row.composed_at is None or row.state in TERMINAL:
        return
    jobs = select(JobRow.state, JobRow.error).where(JobRow.operation_id == operation_id).order_by(JobRow.number)
    ends = session.execute(jobs).all()
    if any(state not in TERMINAL for state, _ in ends):
        return
    if row.state is JobState.CANCELLING:
        shift(session, operation_id, JobState.CANCELLING, JobState.CANCELLED, at=at)
    elif any(state is JobState.SUCCEEDED for state, _ in ends):
        shift(session, operation_id, JobState.RUNNING, JobState.SUCCEEDED, at=at)
    else:
        error = next((error for _, error in ends if error), "every picture was cancelled")
        shift(session, operation_id, JobState.RUNNING, JobState.FAILED, at=at, error=error)
