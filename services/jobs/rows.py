"""Reading a job's row and moving it from state to state, inside a transaction of the caller's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from services.errors import NotFoundError
from services.jobs.job import Job, JobState
from services.jobs.settling import settle
from services.jobs.tables import JobRow
from services.jobs.transitions import TERMINAL, require


def find(session: Session, job_id: str, *, lock: bool = False) -> JobRow:
    """The row as it is now; with `lock` it stays so until the transaction ends. NotFoundError."""
    row = session.get(JobRow, job_id, populate_existing=True, with_for_update=lock or None)
    if row is None:
        raise NotFoundError("there is no job of this id", job_id=job_id)
    return row


def move(
    session: Session,
    job_id: str,
    source: JobState,
    target: JobState,
    *conditions: ColumnElement[bool],
    at: datetime,
    **values: Any,  # noqa: ANN401 - whatever columns the caller sets
) -> Job | None:
    """Compare and set: the job in `target` if it was in `source` and the conditions held. None: it was not.

    Every change of state goes through here, so `transitions` is obeyed everywhere.
    """
    require(source, target)
    if target in TERMINAL:
        values |= {"finished_at": at}
    if target in TERMINAL or target is JobState.QUEUED:
        values |= {"lease_until": None}
    statement = update(JobRow).where(JobRow.id == job_id, JobRow.state == source, *conditions)
    changed = session.execute(
        statement.values(state=target, **values).returning(JobRow),
        # What the session holds of the row becomes what is returned.
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).scalar_one_or_none()
    if changed is None:
        return None
    job = changed.job()
    if target in TERMINAL and job.operation_id:
        settle(session, job.operation_id, at)
    return job


def count(session: Session, state: JobState, *conditions: ColumnElement[bool]) -> int:
    """How many jobs are in `state` and meet the conditions."""
    statement = select(func.count()).select_from(JobRow).where(JobRow.state == state, *conditions)
    return session.execute(statement).scalar_one()
